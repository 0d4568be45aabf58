//! What is decided before a talk begins: by the command line, and by what it makes of the configuration.

use std::time::Duration;

use super::{SpeakerSync, TerminalAnswers, Transition};
use crate::app::{Keymap, Policy};
use crate::media::{self, Capabilities, Protocol};
use crate::project::{Execution, LoadOptions};
use crate::view::ColorDepth;

/// What the command line decides about presenting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which deck.
    pub load_options: LoadOptions,
    /// Whether the deck is read again when it is saved.
    pub reload: bool,
    /// What may run without a question.
    pub policy: Policy,
    /// The forced way to show pictures.
    pub protocol: Option<media::Protocol>,
    /// The forced number of colours.
    pub color_depth: Option<ColorDepth>,
    /// The keys.
    pub keymap: Keymap,
    /// How long the terminal may take to tell its background, where the theme depends on it.
    pub background_timeout: Duration,
    /// Whether slides that do not fit are told of.
    pub validate_overflows: bool,
    /// Whether the blocks that carry `+validate` are run when the deck is read.
    pub validate_snippets: bool,
    /// A cell in pixels, width and height, where the terminal does not tell.
    pub cell: (u16, u16),
    /// How the deck's code runs.
    pub execution: Execution,
    /// What is shown between two slides.
    pub transition: Option<Transition>,
    /// Whether there is another window of the same talk.
    pub speaker_sync: Option<SpeakerSync>,
}

/// How pictures are shown: as forced, else the best the terminal knows.
pub(super) fn protocol(settings: &Settings, answers: TerminalAnswers) -> Protocol {
    settings.protocol.unwrap_or_else(|| {
        Protocol::choose(&Capabilities {
            kitty: answers.kitty,
            sixel: answers.sixel,
            ..Capabilities::from_env()
        })
    })
}
