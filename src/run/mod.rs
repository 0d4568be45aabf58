//! Running a cell, as values: what is asked (`protocol`), what it has written (`output`, and
//! `terminal` for programs that draw), and the state that a slide shows (`state`). Nothing here starts
//! a process; `exec` does.

mod duration;
mod output;
mod protocol;
mod state;
mod terminal;

pub use duration::format_duration;
pub use output::{Output, OutputRow, OutputValue, Part, TextOutput};
pub use protocol::{
    DataColumn, DataTable, Event, OPTIMIZED_AWAY, Outcome, Preparation, Request, RunId, RunLimits,
    Snippet, StdinSource, Target, Timing, group_digits,
};
pub use state::{
    CellRun, Variable, Prompt, PromptView, Runs, SessionStart, SessionLink, State, cells_to_run,
    is_current,
};
pub use terminal::{MouseAction, Emulator, Pointer};
