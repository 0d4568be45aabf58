//! Requests to run code, and the events, outcomes and values that runs report. Plain data; `exec`
//! starts the processes.

mod table;
mod timing;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::deck::{Fingerprint, Module, RemoteHost, RustBuild};

pub use table::{DataColumn, DataTable, group_digits};
pub use timing::{OPTIMIZED_AWAY, Sampling, Timing};

/// The id of one run of one cell, unique within a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// What to run, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The id that the events carry.
    pub run: RunId,
    /// The code to run.
    pub code: Snippet,
    /// Columns of the terminal that the run sees.
    pub columns: u16,
    /// Rows of the terminal that the run sees.
    pub rows: u16,
    /// Resource limits.
    pub limits: RunLimits,
    /// Where standard output goes.
    pub target: Target,
    /// The state to start from, if the run is part of a session.
    pub session: Option<SessionStart>,
    /// Where standard input comes from, unless the run has its own terminal.
    pub input: StdinSource,
}

/// The state that a run in a session starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStart {
    /// A fresh state: the first block of a session.
    Fresh,
    /// The state left by this run.
    After(RunId),
}

/// The source of a run's standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StdinSource {
    /// End of file immediately.
    #[default]
    Empty,
    /// Lines typed by the speaker.
    Speaker,
    /// This text line by line, then end of file.
    Text(Box<str>),
}

/// Resource limits of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunLimits {
    /// Time after which the run is stopped.
    pub timeout: Option<Duration>,
    /// Maximum bytes of data memory per process. Not enforced where the system has no such limit.
    pub memory: Option<u64>,
    /// Maximum number of processes at a time; a run that exceeds it is killed. `None` is the
    /// default limit.
    pub processes: Option<u16>,
}

/// Where a run's standard output goes. Standard error always goes to the run's terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// To the run's terminal, line by line.
    #[default]
    Terminal,
    /// To a file that holds a picture when the run has ended.
    Picture,
    /// To the speaker's own terminal, like all of the run's input and output.
    Handover,
    /// To a terminal of its own that accepts keys and full-screen drawing.
    Screen,
}

/// Code and its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The executor's key: `python`, `rust`, `bash`.
    pub language: String,
    /// The executor's alternative, from `+exec:name`.
    pub alternative: Option<String>,
    /// The code.
    pub code: String,
    /// Rust build settings, if the block or its deck has any.
    pub rust: Option<Arc<RustBuild>>,
    /// The name of the session, if the block is part of one.
    pub session: Option<String>,
    /// The Python module to build instead of running the code.
    pub module: Option<Module>,
    /// The machine that runs it, if it is another one.
    pub remote: Option<Arc<RemoteHost>>,
    /// Whether to benchmark the last statement.
    pub is_timed: bool,
    /// Environment variables that override those of the executor.
    pub environment: Vec<(String, String)>,
    /// Equal for equal code; used as a cache key.
    pub fingerprint: Fingerprint,
    /// The deck's file, as shown in messages.
    pub file: PathBuf,
    /// The line in that file (from 1) on which the code starts.
    pub first_line: u32,
}

/// An event of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The run waits for its compiler.
    Compiling,
    /// The process has started.
    Started,
    /// The run is in the kernel with this language and version, such as `R 4.3`.
    Kernel(Box<str>),
    /// The run wrote these bytes.
    Output(Vec<u8>),
    /// The run displayed a value after its output so far, or under a name, which may be displayed already.
    Value(OutputValue, Option<DisplayName>),
    /// The run removes what it has shown so far.
    Clear {
        /// Whether it stays until something new is shown.
        waits: bool,
    },
    /// The benchmark has measured this so far.
    Sampled(Sampling),
    /// The run waits for a line of input.
    WaitsForInput {
        /// Whether the terminal does not echo input (as for a password).
        hidden: bool,
    },
    /// The run no longer waits for input.
    InputDone,
    /// The run wrote the picture file that it was started for.
    Picture(PathBuf),
    /// The run shares the process of the previous block of its session, whose threads keep running.
    SharesProcess,
    /// The run waits for this module to be compiled, or (`None`) no longer waits.
    WaitsForModule(Option<Box<str>>),
    /// The session snapshot to start from is lost; the run ends without having started.
    SnapshotLost,
    /// The session snapshot of this run is ready for the next block; the run ends now.
    SnapshotReady,
    /// The run has ended. Only late output of its background processes, and their number, may
    /// follow.
    Finished(Outcome, Duration),
    /// The number of background processes that are still running.
    Background(usize),
}

/// The name of a displayed value, by which code replaces it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName {
    /// The name that the code uses.
    pub id: Box<str>,
    /// Whether the value replaces the one that is displayed under this name, if there is one.
    pub is_update: bool,
}

/// A displayed value.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputValue {
    /// Text that is replaced by its name. Other text is output.
    Text(Box<str>),
    /// A picture file.
    Picture(PathBuf),
    /// A data table.
    Table(DataTable),
    /// A benchmark timing.
    Timing(Timing),
    /// The source text of Markdown.
    Markdown(Box<str>),
    /// A formula.
    Formula {
        /// Its LaTeX, in one row and without the signs around it.
        latex: Box<str>,
        /// What is shown where it cannot be drawn.
        plain: Box<str>,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The process exited with this status; 0 means success.
    Exited(i32),
    /// The process was terminated by this signal.
    Signaled(i32),
    /// Python code raised an uncaught exception (the traceback is in the output).
    Raised,
    /// The code did not compile (the errors are in the output).
    NotCompiled,
    /// The run could not be started, with the reason and a hint.
    NotStarted(String),
    /// The speaker stopped it.
    Stopped,
    /// It reached its time limit.
    TimedOut,
}

impl Outcome {
    /// Returns whether the run succeeded.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Exited(0))
    }
}

/// How far a compiled cell is prepared before it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// Compiling, or queued to compile.
    Compiling,
    /// Building the crates it depends on, with progress: `compiling 12/37 serde_json`.
    Building(Box<str>),
    /// Ready to start immediately.
    Ready,
    /// Its kernel waits for code: the kernel's language and version.
    Idle(Box<str>),
    /// Does not compile; running it shows the errors.
    Failed,
    /// Does not compile, with these errors, and will not be run.
    Refused(Arc<[u8]>),
}
