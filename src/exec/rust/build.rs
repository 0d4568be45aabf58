//! What a build takes and what it yields: its context, its result, and why there is none.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError};

use crate::exec::os::child::Child;

/// What the compiler made of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) enum BuildResult {
    /// A program, or the library of a Python module.
    Binary(PathBuf),
    /// The compiler's errors.
    Errors(Arc<[u8]>),
}

/// Why a build has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) enum BuildError {
    /// The build was cancelled.
    Cancelled,
    /// This signal killed the compiler.
    Killed(i32),
    /// There is no compiler, or no space for its output.
    Unavailable(String),
    /// The block's crates cannot be built: cargo's message.
    Crates(Arc<str>),
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the build was stopped"),
            Self::Killed(signal) => write!(f, "signal {signal} killed `rustc`: run it again"),
            Self::Unavailable(why) => f.write_str(why),
            Self::Crates(why) => f.write_str(why),
        }
    }
}

/// What a process of a build does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BuildPhase {
    /// It builds the block's crates.
    Crates,
    /// It compiles the block.
    Program,
}

/// The priority of background builds, as `nice` counts it.
const BACKGROUND_NICE: i32 = 10;

/// How to build, and whom to notify.
pub(super) struct BuildContext<'a> {
    /// Whether to run at low priority.
    pub(super) is_background: bool,
    /// Called with each process that the build starts.
    pub(super) on_start: &'a dyn Fn(&Arc<Child>, BuildPhase),
    /// Called with the progress of the block's crates.
    pub(super) on_progress: &'a dyn Fn(&str),
    /// Disconnects when the build is cancelled.
    pub(super) cancelled: &'a Receiver<()>,
}

impl BuildContext<'_> {
    /// Reports a process that the build has started, and sets its priority.
    pub(super) fn process_started(&self, child: &Arc<Child>, phase: BuildPhase) {
        if self.is_background {
            let _ = rustix::process::setpriority_process(Some(child.pid()), BACKGROUND_NICE);
        }
        (self.on_start)(child, phase);
    }

    /// Returns whether the build is cancelled.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.try_recv() == Err(TryRecvError::Disconnected)
    }
}
