//! What is decided before a talk begins: by the command line, and by what it makes of the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::{Follow, Origin, Transition};
use crate::app::{Keymap, Policy, Trust};
use crate::exec::{Custom, Sandboxing};
use crate::media;
use crate::run::Limits;
use crate::view::ColorDepth;

/// What the command line decides about presenting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which deck.
    pub origin: Origin,
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
    pub patience: Duration,
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
    pub follow: Option<Follow>,
}

/// How a deck's code runs, in a talk and in an export.
#[derive(Clone, Debug, Default)]
pub struct Execution {
    /// Executors of the user's own, by language.
    pub custom: BTreeMap<String, Custom>,
    /// What one run may take.
    pub limits: Limits,
    /// Where compiled code is kept.
    pub cache: PathBuf,
    /// That folder, where it is removed with the last copy of this.
    pub temporary_cache: Option<Arc<TempDir>>,
    /// The sandbox that it runs in, if any.
    pub sandbox: Option<Sandboxing>,
}

impl Execution {
    /// What a deck may whose code runs because its user gave the command for it.
    pub(super) fn trust(&self) -> Trust {
        if self.sandbox.is_some() { Trust::Sandboxed } else { Trust::Once }
    }
}
