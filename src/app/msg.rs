//! Everything that can happen to a presentation, grouped by source.

use std::sync::Arc;
use std::time::Duration;

use crate::app::input::bindings::Action;
use crate::app::input::keys::Key;
use crate::app::stage::command::RemoteCommand;
use crate::app::stage::served::ServeReport;
use crate::app::state::edits::UnsavedEdits;
use crate::app::state::layout_info::LayoutInfo;
use crate::app::state::permission::{Trust, TrustSummary};
use crate::deck::{CellId, Cursor, Deck, Fingerprint, SlideNo};
use crate::diag::Diagnostic;
use crate::run::{self, Pointer, Preparation, RunId, Runs};

/// One event.
#[derive(Clone, Debug)]
pub enum Msg {
    // The speaker.
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The left mouse button was pressed.
    Click(Hit),
    /// The mouse moved there while the button is down.
    Drag(Hit),
    /// The button was released.
    Release,
    /// A mouse event over the terminal of the program that has the keys.
    Mouse(Pointer),
    /// The wheel turned by this many rows, down if positive.
    Wheel(i32, Hit),

    // Other programs.
    /// A command of another program.
    Remote(RemoteCommand),
    /// What the audience can open, and who follows the talk.
    Served(ServeReport),

    // The terminal.
    /// It was resized.
    Resized,
    /// The program was resumed after a suspension.
    Resumed,
    /// The terminal was closed, or a signal asks the program to end.
    Terminate,
    /// A picture or terminal capability became available: draw again.
    Redraw,
    /// The state is on the screen.
    Painted,

    // Speaker notes.
    /// The presentation moved to this slide, after this many pauses.
    MovedTo(SlideNo, usize),
    /// The presentation is at this position.
    Follow(Cursor),
    /// The runs of the presentation, as far as they are known.
    Mirrored(Runs),

    // Layout.
    /// The current scene was laid out.
    LaidOut(LayoutInfo),
    /// The current slide is about to be shown.
    Shown,

    // The deck's files.
    /// The deck was reloaded.
    Loaded(Arc<Deck>),
    /// The deck was parsed with the speaker's edit.
    Edited(Arc<Deck>),
    /// Which of the speaker's edits are not saved.
    Unsaved(UnsavedEdits),
    /// Run the focused cell.
    RunFocused,
    /// The whole deck was reviewed: problems beyond those of parsing.
    Reviewed(Vec<Diagnostic>),
    /// Something outside failed: a line for the speaker.
    Failed(String),
    /// Something outside was done: a line for the speaker.
    Notice(String),
    /// The deck did not take an edit.
    EditFailed {
        /// The texts that the edit followed.
        previous: Vec<String>,
        /// The reason.
        why: String,
    },
    /// What is known about the deck's code; none if the deck was never trusted.
    Examined(Option<Arc<TrustSummary>>),

    // Runs.
    /// Problems with blocks marked `+validate`.
    Validated(Vec<Diagnostic>),
    /// The recorded outputs of the deck's cells.
    Recorded(Runs),
    /// An event of a run.
    Run(RunId, run::Event),
    /// A run displayed Markdown.
    Markdown(RunId, run::MarkdownOutput, Option<run::DisplayName>),
    /// The variables of a session after a run, or why they cannot be listed.
    Variables(RunId, Result<Vec<run::Variable>, String>),
    /// The progress of compiling code ahead of its run.
    Prepared(Fingerprint, Preparation),

    // Time.
    /// This much time passed while a cell runs.
    Tick(Duration),
    /// The notice has been shown long enough to be read.
    NoticeRead,

    // Runs without a terminal.
    /// Show this position, with nothing open on top.
    GoTo(Cursor),
    /// Perform an action, as its key does.
    Act(Action),
    /// Run these cells.
    RunCells(Vec<CellId>),
    /// Code may run as the command line says.
    SetTrust(Trust),
}

/// What is under the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// The cell.
    pub cell: Option<CellId>,
    /// The output.
    pub output: Option<OutputHit>,
    /// The position: column of the screen, row of the body.
    pub at: (u16, u32),
}

/// A cell's output under the mouse, in rows after wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputHit {
    /// The cell.
    pub cell: CellId,
    /// The index of the part of its output.
    pub part: usize,
    /// Whether it follows its end while it is not scrolled.
    pub follows: bool,
    /// The first row shown.
    pub first: usize,
    /// The number of rows shown.
    pub shown: usize,
    /// The number of rows in total.
    pub total: usize,
}
