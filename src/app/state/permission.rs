//! Which code may run: what the command line, the configuration and the user have allowed.

use std::sync::Arc;

use crate::deck::{CellId, OutputMode};

/// Which code may run.
#[derive(Debug)]
pub(in crate::app) struct Permission {
    /// What the command line and the configuration allow.
    pub(in crate::app) policy: Policy,
    /// What the user has answered.
    pub(in crate::app) trust: Trust,
    /// What the sandbox cannot restrict on this machine, or why there is no sandbox.
    pub(in crate::app) sandbox: Result<Vec<&'static str>, &'static str>,
    /// What is known about the deck's code; none until it was examined, and after an edit.
    pub(in crate::app) summary: Option<Arc<TrustSummary>>,
    /// Cells to run once it is known whether the deck is trusted.
    pub(in crate::app) waiting: Vec<CellId>,
}

/// What the command line and the configuration allow to run without a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Code whose output is shown below it: `-x`, `snippet.exec.enable`.
    pub exec: bool,
    /// Code whose output replaces it: `-X`, `snippet.exec_replace.enable`.
    pub replace: bool,
}

impl Policy {
    /// Returns whether it allows all code.
    pub fn allows_all(self) -> bool {
        self.exec && self.replace
    }

    /// Returns whether code with this output mode may run.
    pub fn allows(self, output_mode: OutputMode) -> bool {
        if output_mode.replaces_code() { self.replace } else { self.exec }
    }
}

/// What the user has allowed to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The user was not asked yet.
    #[default]
    Unknown,
    /// The trust store is being read.
    Checking,
    /// All code, for this session: `-x`, or the answer *once*.
    Once,
    /// All code of this deck, in every session.
    Always,
    /// All code, for this session, in the sandbox: `--sandbox`, or the answer *sandboxed*.
    Sandboxed,
    /// No code, for this session.
    No,
}

impl Trust {
    /// Returns whether code may run.
    pub fn allows(self) -> bool {
        matches!(self, Self::Once | Self::Always | Self::Sandboxed)
    }
}

/// What is known about a deck's code without running it. The texts are safe to display.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustSummary {
    /// Whether the deck is trusted and nothing that decides what runs has changed since.
    pub is_trusted: bool,
    /// What has changed since the deck was trusted.
    pub changes: Vec<String>,
    /// The Python interpreter that will most likely run its blocks; none if it has no Python blocks.
    pub interpreter: Option<String>,
    /// The Jupyter kernels that its blocks run in, and their commands.
    pub kernels: Vec<String>,
    /// The other machines that run its blocks, each with the number of blocks and what is copied there.
    pub machines: Vec<String>,
    /// The crates that its blocks depend on, and which of them have a build script.
    pub crates: Vec<String>,
    /// Files in its folder that affect what runs.
    pub files: Vec<String>,
    /// Why trust in this deck cannot be stored.
    pub unrememberable: Option<String>,
}

/// The open question whether the deck's code may run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustPrompt {
    /// The cells to run if the answer allows it.
    pub cells: Vec<CellId>,
    /// The number of rows scrolled.
    pub row: u16,
}
