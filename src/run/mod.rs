//! The data model of running code: requests and events (`protocol`), captured output (`output`),
//! the terminal emulator (`terminal`), values in HTML and LaTeX (`html_table`, `html_text`, `latex`), and the
//! state shown on a slide (`state`). Nothing here starts a process; `exec` does.

mod characters;
mod duration;
pub mod html_table;
pub mod html_text;
pub mod latex;
mod output;
mod protocol;
mod state;
mod terminal;
mod traceback;

pub use duration::{format_duration, format_elapsed};
pub use output::{MarkdownOutput, Output, OutputRow, Part, TextOutput};
pub use protocol::{
    DataColumn, DataTable, DisplayName, Event, OPTIMIZED_AWAY, Outcome, OutputValue, Preparation,
    Request, RunId, RunLimits, Sampling, SessionStart, Snippet, StdinSource, Target, Timing,
    group_digits,
};
pub use state::{
    CellRun, OutputOrigin, OutputView, PendingBuild, Prompt, PromptView, RunProcesses, Runs,
    STATUS_DELAY, SessionLink, State, Variable, cells_to_run, is_current,
};
pub use terminal::{Emulator, MouseAction, Pointer};
pub use traceback::short_traceback;
