//! Everything the runtime may be asked to do.

use crate::app::Edit;
use crate::deck::CellId;
use crate::run::RunId;
use crate::source::Span;

/// One thing to do outside the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Run a cell in a terminal this wide and high.
    Run {
        /// The id its events shall carry.
        run: RunId,
        /// What to run.
        cell: CellId,
        /// Columns and rows.
        terminal: (u16, u16),
        /// The run whose state it goes on from, in a session that has run before.
        base: Option<RunId>,
    },
    /// Type these bytes at a run that has a terminal of its own.
    SendInput(RunId, Vec<u8>),
    /// Give a run's own terminal another size: columns and rows.
    ResizeRun(RunId, (u16, u16)),
    /// Stop a run as ctrl-c does.
    Interrupt(RunId),
    /// Kill a run.
    Kill(RunId),
    /// Ask what names a session has after a run.
    ListVariables(RunId),
    /// Drop the state that a run left in its session: no later one will go on from it.
    DropSnapshot(RunId),
    /// Get ready for the deck's cells: code may run now.
    Prepare,
    /// Find out whether the deck was trusted before.
    CheckTrust,
    /// Find out what the question about the deck says.
    Examine,
    /// Run all of the deck's code in the sandbox from now on.
    EnterSandbox,
    /// Remember that this deck's code may always run.
    RememberTrust,
    /// Remember what the speaker has changed in a deck whose code may always run.
    RememberEdit,
    /// Read everything again, and drop what was kept of it.
    Reload,
    /// Have a piece of the deck read otherwise.
    Edit(Edit),
    /// Have a piece of the deck read as it is saved.
    Revert(Span),
    /// Put this text on the clipboard.
    Copy(String),
    /// Open the deck's file in the speaker's editor, where this stands.
    OpenEditor(Span),
    /// Give the terminal back until we are continued.
    Suspend,
    /// End.
    Quit,
}
