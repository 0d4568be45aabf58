//! What is asked of a run, and what it reports: requests, events, outcomes, and the values that it
//! can show. Plain data; `exec` starts the processes.

mod table;
mod timing;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::deck::{Fingerprint, Module, RustBuild};
use crate::run::{OutputValue, SessionStart};

pub use table::{DataColumn, DataTable, group_digits};
pub use timing::{OPTIMIZED_AWAY, Timing};

/// One run of one cell; never used twice in a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// What to run, and where its messages should say it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The id that the answers carry.
    pub run: RunId,
    /// What is to be run.
    pub code: Snippet,
    /// Columns of the terminal the run sees.
    pub columns: u16,
    /// Rows of the terminal the run sees.
    pub rows: u16,
    /// What it may take.
    pub limits: RunLimits,
    /// Where its standard output goes.
    pub target: Target,
    /// The state that it goes on from, if it is part of a session.
    pub session: Option<SessionStart>,
    /// What it reads, where it has no terminal of its own for that.
    pub input: StdinSource,
}

/// What a run reads from its standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StdinSource {
    /// Nothing: it is at its end at once.
    #[default]
    Empty,
    /// What the speaker types.
    Speaker,
    /// This text, line by line, then its end.
    Text(Box<str>),
}

/// What one run may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunLimits {
    /// When to stop it.
    pub timeout: Option<Duration>,
    /// Bytes of memory that each of its processes may have for its data; where the system knows no
    /// such limit, nothing holds.
    pub memory: Option<u64>,
    /// How many processes it may have at a time; with more, all of it is killed. None: the usual
    /// number.
    pub processes: Option<u16>,
}

/// Where a run's standard output goes. Standard error always goes to its terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// To its terminal, line by line.
    #[default]
    Terminal,
    /// Into a file, which is a picture when the run has ended.
    Picture,
    /// To the speaker's own terminal, as everything else of it.
    Handover,
    /// To a terminal that is wholly its own: it can be typed at, and draws where it likes.
    Screen,
}

/// A piece of code and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The executor's key: `python`, `rust`, `bash`.
    pub language: String,
    /// The executor's alternative, from `+exec:name`.
    pub alternative: Option<String>,
    /// What runs.
    pub code: String,
    /// What it is built with, if it is Rust and its deck says.
    pub rust: Option<Arc<RustBuild>>,
    /// The name of the session that it is part of, if it is.
    pub session: Option<String>,
    /// The Python module that it becomes, in place of being run.
    pub module: Option<Module>,
    /// Whether its last statement is timed.
    pub is_timed: bool,
    /// Variables that are set for it, over those that its executor sets.
    pub environment: Vec<(String, String)>,
    /// Equal for equal code, for caches.
    pub fingerprint: Fingerprint,
    /// The deck's file, as messages name it.
    pub file: PathBuf,
    /// The line of that file (from 1) on which the code starts.
    pub first_line: u32,
}

/// Something that happened to a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// It waits for its compiler.
    Compiling,
    /// Its process has started.
    Started,
    /// It wrote these bytes.
    Output(Vec<u8>),
    /// It showed a value, behind what it wrote so far.
    Value(OutputValue),
    /// It waits for a line to be typed, which is not to be seen where it is hidden.
    WaitsForInput {
        /// Whether its terminal shows nothing of what is typed.
        hidden: bool,
    },
    /// It does not wait any more.
    InputDone,
    /// It wrote this file: the picture it was run for.
    Picture(PathBuf),
    /// It runs where the block before it in its session ran, whose threads go on.
    SharesProcess,
    /// It waits until this module is compiled; nothing: it does not wait any more.
    WaitsForModule(Option<Box<str>>),
    /// The state that it was to go on from is gone; it ends without having started.
    SnapshotLost,
    /// The state that it leaves is there for the next block of its session; it ends now.
    SnapshotReady,
    /// It has ended; nothing follows but late output of processes it left behind, and how many they
    /// are.
    Finished(Outcome, Duration),
    /// So many processes that it left behind are running.
    Background(usize),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The process exited with this status; 0 is success.
    Exited(i32),
    /// The process died of this signal.
    Signaled(i32),
    /// Python code ended with an uncaught exception (its traceback is in the output).
    Raised,
    /// The compiler refused the code (its errors are in the output).
    NotCompiled,
    /// It could not be started: why, and what to try.
    NotStarted(String),
    /// The speaker stopped it.
    Stopped,
    /// It reached its time limit.
    TimedOut,
}

impl Outcome {
    /// Whether the run did what it was meant to do.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Exited(0))
    }
}

/// How far a compiled cell is prepared, before anybody asks for it to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// The compiler is at work on it, or will be.
    Compiling,
    /// The crates that it needs are being built, and are so far: `compiling 12/37 serde_json`.
    Building(Box<str>),
    /// A key press starts it at once.
    Ready,
    /// The compiler refused it; running it will show why.
    Failed,
    /// The compiler refused it, with these words, and nothing will run it.
    Refused(Arc<[u8]>),
}
