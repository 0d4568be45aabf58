//! What an executor reports, and how runs are stopped.

use std::sync::Arc;

use crate::deck::Fingerprint;
use crate::run::{self, Preparation, RunId, Variable};

/// What the executor reports.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecEvent {
    /// An event of a run.
    Run(RunId, run::Event),
    /// Code is being compiled, or was, before it is to run.
    Prepared(Fingerprint, Preparation),
    /// The variables of a session after a run, or why they are not available.
    Variables(RunId, Result<Vec<Variable>, String>),
    /// A message: processes were ended because they would have taken the machine.
    Warning(String),
}

/// How to stop a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// As ctrl-c in a terminal: SIGINT to the process group.
    Interrupt,
    /// SIGKILL to all its processes.
    Kill,
}

/// Receives the events of one run. It may block, which holds the run back.
pub(super) type RunSink = Arc<dyn Fn(run::Event) + Send + Sync>;

/// Receives all events of an executor. It may block.
pub(super) type ExecSink = Arc<dyn Fn(ExecEvent) + Send + Sync>;
