//! The state of every cell's run as a slide shows it.

mod prompt;
mod session;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::output::Output;
use super::protocol::{Outcome, RunId};
use super::terminal::Emulator;
use crate::deck::CellId;

pub use prompt::{Prompt, PromptView};
pub use session::{Variable, SessionStart, SessionLink, cells_to_run, is_current};

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
    pub link: SessionLink,
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
