//! Running a cell, as values: what is asked (`protocol`), what it has written (`output`, and
//! `terminal` for programs that draw), and the state that a slide shows (`state`). Nothing here starts
//! a process; `exec` does.

mod duration;
mod output;
mod protocol;
mod state;
mod terminal;

pub use duration::spoken_time;
pub use output::{Output, OutputRow, Part, Value, Written};
pub use protocol::{
    DataColumn, DataTable, Event, Input, Limits, NOTHING_LEFT, Outcome, Preparation, Request,
    RunId, Snippet, Target, Timing, grouped,
};
pub use state::{
    Base, CellRun, Prompt, Runs, SessionLink, Shown, State, Variable, due, is_current,
};
pub use terminal::{Emulator, MouseAction, Pointer};
