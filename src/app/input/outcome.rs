//! What becomes of a key.

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::input::keymap::KeyMatch;

/// What becomes of a key.
#[derive(Debug)]
pub(in crate::app) enum KeyOutcome {
    /// It was handled, with these effects.
    Handled(Vec<Effect>),
    /// It is bound to this action, with the number typed before it; the caller performs it.
    Pass(Action, Option<u32>),
}

impl Default for KeyOutcome {
    fn default() -> Self {
        Self::Handled(Vec::new())
    }
}

impl From<KeyMatch> for KeyOutcome {
    fn from(key: KeyMatch) -> Self {
        match key {
            KeyMatch::Action(action, number) => Self::Pass(action, number),
            KeyMatch::Partial | KeyMatch::None => Self::default(),
        }
    }
}
