//! What it means to run a cell, as values: what is asked, what is answered, and the state that a
//! block shows. Nothing here starts anything; `exec` does.
//!
//! `output` keeps what a run writes and shows in order; `written` folds bytes into bounded styled
//! lines, by way of `terminal`.

mod emulator;
mod output;
mod pointer;
mod prompt;
mod session;
mod table;
mod terminal;
mod time;
mod timing;
mod written;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::deck::{CellId, Fingerprint, Module, RustBuild};

pub use emulator::Emulator;
pub use output::{Output, Part, Value};
pub use pointer::{Did, Pointer};
pub use prompt::{Prompt, Shown};
pub use session::{Base, Name, Standing, due, is_current};
pub use table::{DataColumn, DataTable, grouped};
pub use time::spoken_time;
pub use timing::{NOTHING_LEFT, Timing};
pub use written::{OutputRow, Written};

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
    pub limits: Limits,
    /// Where its standard output goes.
    pub target: Target,
    /// The state that it goes on from, if it is part of a session.
    pub session: Option<Base>,
    /// What it reads, where it has no terminal of its own for that.
    pub input: Input,
}

/// What a run reads from its standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Nothing: it is at its end at once.
    #[default]
    Nothing,
    /// What the speaker types.
    Speaker,
    /// This text, line by line, then its end.
    Given(Box<str>),
}

/// What one run may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
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
    Shown(Value),
    /// It waits for a line to be typed, which is not to be seen where it is hidden.
    Waits {
        /// Whether its terminal shows nothing of what is typed.
        hidden: bool,
    },
    /// It does not wait any more.
    ReadsOn,
    /// It wrote this file: the picture it was run for.
    Picture(PathBuf),
    /// It runs where the block before it in its session ran, whose threads go on.
    InPlace,
    /// It waits until this module is compiled; nothing: it does not wait any more.
    Awaits(Option<Box<str>>),
    /// The state that it was to go on from is gone; it ends without having started.
    BaseGone,
    /// The state that it leaves is there for the next block of its session; it ends now.
    Kept,
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

/// What a block's status line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    /// Nothing asked for it yet.
    #[default]
    NotRun,
    /// It would run by itself, and nobody has allowed that.
    NotAllowed,
    /// Asked for; others run first.
    Queued,
    /// The compiler is at work.
    Compiling,
    /// Compiled, not run yet.
    Ready,
    /// Running.
    Running,
    /// Ended.
    Ended(Outcome),
}

impl State {
    /// Whether something is under way that a stop would end.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// One cell's run as the slide shows it.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is true or not on its own")]
pub struct CellRun {
    /// The run the output belongs to.
    pub run: RunId,
    /// Where it stands.
    pub state: State,
    /// Whether a run was asked for; a `Compiling` cell then runs when it is ready.
    pub wanted: bool,
    /// While it compiles, how far the crates are that it needs.
    pub progress: Option<Box<str>>,
    /// How long it ran, or has been running.
    pub elapsed: Duration,
    /// What it wrote.
    pub output: Output,
    /// The module that it waits for, which is being compiled.
    pub awaits: Option<Box<str>>,
    /// The line that is typed for it, while it reads.
    pub prompt: Option<Prompt>,
    /// The terminal that it draws on, if it does.
    pub screen: Option<Emulator>,
    /// The picture that it made.
    pub picture: Option<PathBuf>,
    /// The first row to show of the parts of its output that were scrolled; text follows its end
    /// otherwise, a table begins at its head.
    pub scroll: BTreeMap<usize, usize>,
    /// Whether a line stands in the place of its output.
    pub folded: bool,
    /// Whether the code changed since this output was written.
    pub stale: bool,
    /// Whether the output is the last run's still: the first that this one writes takes its place.
    pub kept: bool,
    /// What was recorded, where that is shown in its place.
    pub replay: Option<Box<Self>>,
    /// The day on which it was recorded, where it is no run of this talk.
    pub recorded: Option<Box<str>>,
    /// Where it stands in its session, if it is part of one.
    pub standing: Standing,
    /// How many processes it left running when it ended.
    pub background: usize,
    /// Whether it runs, or ran, in the sandbox.
    pub is_sandboxed: bool,
}

impl CellRun {
    /// What of it the slide shows.
    pub fn shown(&self) -> &Self {
        self.replay.as_deref().unwrap_or(self)
    }

    /// Whether it has made something that can be looked at.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty() || self.picture.is_some() || self.screen.is_some()
    }

    /// Whether it is asked for, and has not ended.
    pub fn is_under_way(&self) -> bool {
        self.wanted || self.state.is_active()
    }
}

/// Every cell that has something to show.
pub type Runs = BTreeMap<CellId, CellRun>;
