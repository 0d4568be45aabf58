//! What `update` asks the shell to do.

use crate::app::input::block_editor::Edit;
use crate::app::stage::command::TimerCommand;
use crate::deck::CellId;
use crate::run::RunId;
use crate::source::Span;

/// One action to perform outside the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Run a cell.
    Run {
        /// The id that its events carry.
        run: RunId,
        /// The cell to run.
        cell: CellId,
        /// Columns and rows of its terminal.
        terminal: (u16, u16),
        /// The run whose state it continues from, in a session.
        base: Option<RunId>,
    },
    /// Write these bytes to the terminal or standard input of a run.
    SendInput(RunId, Vec<u8>),
    /// Resize the terminal of a run: columns and rows.
    ResizeRun(RunId, (u16, u16)),
    /// Interrupt a run, as ctrl-c does.
    Interrupt(RunId),
    /// Kill a run.
    Kill(RunId),
    /// List the variables of a session after a run.
    ListVariables(RunId),
    /// Drop the snapshot of a run: no later run will continue from it.
    DropSnapshot(RunId),
    /// End the Jupyter kernels, and start them again.
    RestartKernels,
    /// Compile and preimport what the deck's cells need: code may run now.
    Prepare,
    /// Look up whether the deck is trusted.
    CheckTrust,
    /// Collect what the trust prompt shows.
    Examine,
    /// Run all code of the deck in the sandbox from now on.
    EnterSandbox,
    /// Store that this deck's code may always run.
    RememberTrust,
    /// Store the speaker's edit of a deck whose code may always run.
    RememberEdit,
    /// Reload the deck and everything cached from it.
    Reload,
    /// Replace a part of the deck's text.
    Edit(Edit),
    /// Restore a part of the deck's text as it is saved.
    Revert {
        /// The part to restore.
        span: Span,
        /// The texts of the speaker's edits that are discarded.
        previous: Vec<String>,
    },
    /// Start or end reports of the mouse. Without them, the terminal selects text.
    SetMouse(bool),
    /// Copy this text to the clipboard.
    Copy(String),
    /// Open the deck's file in the speaker's editor at this position.
    OpenEditor(Span),
    /// Scroll the notes under the slide by rows, down if positive.
    ScrollNotes(i32),
    /// Change the timer.
    Timer(TimerCommand),
    /// Answer the program that sent a command.
    Answer(Result<(), String>),
    /// Suspend the program and give the terminal back to the shell.
    Suspend,
    /// Quit.
    Quit,
}
