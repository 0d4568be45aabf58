//! Everything that can happen to a talk, grouped by where it comes from.

use std::sync::Arc;
use std::time::Duration;

use crate::app::{Key, LayoutInfo, TrustSummary};
use crate::deck::{CellId, Deck, Fingerprint, SlideNo};
use crate::diag::Diagnostic;
use crate::run::{self, Pointer, Preparation, RunId, Runs};

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Msg {
    // The speaker.
    /// A key was pressed.
    Key(Key),
    /// The mouse was clicked.
    Click(Hit),
    /// The mouse did this over the terminal of the program that has the keys.
    Mouse(Pointer),
    /// The wheel turned by this many rows, down if positive.
    Wheel(i32, Hit),

    // The terminal.
    /// Its size changed.
    Resized,
    /// It is ours again after a suspension.
    Resumed,
    /// It is gone, or somebody wants us to go.
    Terminate,
    /// A picture can be drawn, or the terminal said what it can.
    Redraw,

    // The other window of the same talk.
    /// It shows this slide, with so many pauses over.
    MovedTo(SlideNo, usize),

    // Layout.
    /// The current scene was laid out.
    LaidOut(LayoutInfo),
    /// The current slide is about to be shown.
    Shown,

    // The deck's files.
    /// The deck was read again.
    Loaded(Arc<Deck>),
    /// The deck was read as the speaker has edited it.
    Edited(Arc<Deck>),
    /// The focused cell is to run.
    RunFocused,
    /// The whole deck was looked over: what is wrong beyond what reading it saw.
    Reviewed(Vec<Diagnostic>),
    /// Something outside did not work, and what follows: a line for the speaker.
    Failed(String),

    /// This was found out about the deck before it may run; nothing if it is unknown.
    Examined(Option<Arc<TrustSummary>>),

    // Runs.
    /// This is wrong with blocks that carry `+validate`.
    Validated(Vec<Diagnostic>),
    /// This was recorded of the deck's cells.
    Recorded(Runs),
    /// Something happened to a run.
    Run(RunId, run::Event),
    /// What names a session has after a run, or why that cannot be told.
    Variables(RunId, Result<Vec<run::Variable>, String>),
    /// Code is compiled, or being compiled, ahead of its run.
    Prepared(Fingerprint, Preparation),

    // Time.
    /// So much time went by while something runs.
    Tick(Duration),
}

/// What the mouse pointed at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// The cell there.
    pub cell: Option<CellId>,
    /// The output there.
    pub output: Option<OutputHit>,
}

/// A cell's output under the mouse, in rows after wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputHit {
    /// Whose output.
    pub cell: CellId,
    /// Which part of it.
    pub part: usize,
    /// Whether it follows its end, where it is not scrolled.
    pub follows: bool,
    /// The first row shown.
    pub first: usize,
    /// How many rows are shown.
    pub shown: usize,
    /// How many there are.
    pub total: usize,
}
