//! Key bindings: `bindings`, whose keys are the actions that `app` knows.

use std::ops::Range;

use serde_json::Value as Json;

use crate::app::{Action, Conflict, Keymap, Sequence, default_bindings, readable_keys};
use crate::diag::Diagnostic;
use crate::yaml::{KeyVisitor, Node, Slot, YamlSource};

/// Every action with its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bindings(Vec<BoundAction>);

/// One action and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BoundAction {
    action: Action,
    name: &'static str,
    help: &'static str,
    keys: Vec<String>,
    /// Whether a configuration file set the keys.
    chosen: bool,
    /// Position of the keys in the file that is being read.
    place: Option<Range<usize>>,
}

impl Default for Bindings {
    fn default() -> Self {
        let bound = |row: crate::app::Binding| BoundAction {
            action: row.action,
            name: row.name,
            help: row.help,
            keys: row.keys,
            chosen: false,
            place: None,
        };
        Self(default_bindings().into_iter().map(bound).collect())
    }
}

impl Bindings {
    /// Returns the keymap with these keys.
    pub fn keymap(&self) -> Keymap {
        // Conflicts were reported when the file was read.
        self.build().unwrap_or_default()
    }

    fn build(&self) -> Result<Keymap, Conflict> {
        let chosen = self.0.iter().filter(|bound| bound.chosen);
        let chosen: Vec<_> = chosen.map(|bound| (bound.action, bound.keys.clone())).collect();
        Keymap::with(&chosen)
    }

    /// Visits every action.
    pub(super) fn declare(&mut self, keys: &mut dyn KeyVisitor) {
        for bound in &mut self.0 {
            keys.key(bound.name, bound.help, bound);
        }
    }

    /// Prepares for reading another file.
    pub(super) fn start(&mut self) {
        self.0.iter_mut().for_each(|bound| bound.place = None);
    }

    /// Returns a conflict among the keys that were just read.
    pub(super) fn check(&self, place: YamlSource<'_>) -> Option<Diagnostic> {
        if self.0.iter().all(|bound| bound.place.is_none()) {
            return None;
        }
        let Conflict { one, other } = self.build().err()?;
        let at = |name| self.0.iter().find(|bound| bound.name == name)?.place.clone();
        let range = at(other.0).or_else(|| at(one.0)).unwrap_or_default();
        let (keys, others) = (readable_keys(&one.1), readable_keys(&other.1));
        let message = if keys == others {
            format!("`{keys}` is bound to both `{}` and `{}`", one.0, other.0)
        } else {
            let names = format!("`{keys}` (`{}`) and `{others}` (`{}`)", one.0, other.0);
            format!("{names}: one binding is a prefix of the other")
        };
        Some(place.error(range, message).hint("change one of them"))
    }
}

impl Slot for BoundAction {
    fn take(&mut self, node: &Node) -> Result<(), String> {
        let mut keys: Vec<String> = Vec::new();
        keys.take(node)?;
        for keys in &keys {
            let sequence = Sequence::read(keys).map_err(|why| format!("a list of keys: {why}"))?;
            if self.action == Action::GoToSlide && !sequence.has_number() {
                return Err("keys with `<number>` among them".to_owned());
            }
        }
        (self.keys, self.chosen, self.place) = (keys, true, Some(node.range.clone()));
        Ok(())
    }

    fn sample(&self) -> Option<String> {
        self.keys.sample()
    }

    fn schema(&self) -> Json {
        self.keys.schema()
    }
}
