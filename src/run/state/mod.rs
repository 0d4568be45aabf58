//! The state of each cell's run, as a slide shows it.

mod prompt;
mod session;

use std::collections::BTreeMap;
use std::time::Duration;

use super::output::Output;
use super::protocol::{Outcome, RunId};
use crate::deck::CellId;

pub use prompt::{Prompt, PromptView};
pub use session::{SessionLink, Variable, cells_to_run, is_current};

/// Time before a run that replaces its code shows a status line.
pub const STATUS_DELAY: Duration = Duration::from_millis(300);

/// The state shown in a block's status line.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    /// Not requested yet.
    #[default]
    NotRun,
    /// Would start automatically, but code has not been allowed to run.
    NotAllowed,
    /// Requested; waits for other runs.
    Queued,
    /// Compiling.
    Compiling,
    /// Compiled, not run yet.
    Ready,
    /// Running.
    Running,
    /// Ended.
    Ended(Outcome),
}

impl State {
    /// Returns whether stopping would end something.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// The run of one cell, as the slide shows it.
#[derive(Clone, Debug, Default)]
pub struct CellRun {
    /// The run that the output belongs to.
    pub run: RunId,
    /// The state of the run.
    pub state: State,
    /// Whether a run was requested; a `Compiling` cell then runs when ready.
    pub wanted: bool,
    /// What it waits for the compiler to build.
    pub build: PendingBuild,
    /// How long it ran, or has been running.
    pub elapsed: Duration,
    /// The output.
    pub output: Output,
    /// The input line, while it reads input.
    pub prompt: Option<Prompt>,
    /// Which part of the output is visible.
    pub view: OutputView,
    /// Which code and which run the output is of.
    pub origin: OutputOrigin,
    /// The recorded run shown in place of this one.
    pub replay: Option<Box<Self>>,
    /// Its link to its session, if it is part of one.
    pub link: SessionLink,
    /// Its processes.
    pub processes: RunProcesses,
}

/// What a run waits for the compiler to build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingBuild {
    /// Progress of building the required crates, while compiling.
    pub crates: Option<Box<str>>,
    /// The module being compiled that the run imports.
    pub module: Option<Box<str>>,
}

/// Which part of an output is visible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputView {
    /// The first visible row of each scrolled output part. By default, text follows its end and a
    /// table starts at its head.
    pub scroll: BTreeMap<usize, usize>,
    /// Whether the output is folded into one line.
    pub is_folded: bool,
}

/// Which code and which run an output is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputOrigin {
    /// Whether the code has changed since the output was written.
    pub is_stale: bool,
    /// Whether the output is still that of the previous run, and is replaced by the first new
    /// output.
    pub is_kept: bool,
    /// The date of recording, if it is recorded output.
    pub recorded: Option<Box<str>>,
}

/// The processes of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunProcesses {
    /// The language and version of the kernel that it runs in.
    pub kernel: Option<Box<str>>,
    /// How many were left running in the background at its end.
    pub background: usize,
    /// Whether they run, or ran, in the sandbox.
    pub is_sandboxed: bool,
}

impl CellRun {
    /// Returns the run to show: the recorded one, if it is being replayed.
    pub fn shown(&self) -> &Self {
        self.replay.as_deref().unwrap_or(self)
    }

    /// Returns whether there is anything to show.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty() || self.output.picture.is_some() || self.output.screen.is_some()
    }

    /// Returns whether it was requested and has not ended.
    pub fn is_under_way(&self) -> bool {
        self.wanted || self.state.is_active()
    }

    /// Returns how long until the time that it shows changes: its status appears, the next second begins,
    /// or its prompt closes.
    pub fn next_change(&self) -> Duration {
        let passed = Duration::from_nanos(self.elapsed.subsec_nanos().into());
        let second = Duration::from_secs(1).saturating_sub(passed);
        let shown = match STATUS_DELAY.saturating_sub(self.elapsed) {
            Duration::ZERO => second,
            left => left,
        };
        self.prompt.as_ref().and_then(Prompt::closes_in).map_or(shown, |left| left.min(shown))
    }
}

/// The run of every cell that has one.
pub type Runs = BTreeMap<CellId, CellRun>;
