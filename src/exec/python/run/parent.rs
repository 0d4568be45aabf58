//! The process that starts a run: the worker, or the snapshot left by an earlier run of its session.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use crate::exec::os::procfs;
use crate::exec::os::wait::wait_readable;
use crate::exec::python::session::Snapshot;
use crate::exec::python::worker::request::Dispatch;
use crate::exec::python::worker::zygote::Zygote;
use crate::run::Outcome;

/// How long to wait for the exit of a process that is ending.
const EXIT_TIMEOUT: Duration = Duration::from_millis(500);

/// The process that starts a run.
#[derive(Clone, Debug)]
pub(in crate::exec::python) enum RunParent {
    /// The worker.
    Worker(Arc<Zygote>),
    /// The snapshot left by an earlier run of the session, or by preimporting.
    Snapshot(Arc<Snapshot>),
}

impl RunParent {
    /// Sends it a request to start a run.
    pub(in crate::exec::python) fn dispatch(&self, dispatch: &Dispatch<'_>) -> io::Result<()> {
        match self {
            Self::Worker(worker) => worker.dispatch(dispatch),
            Self::Snapshot(snapshot) => snapshot.dispatch(dispatch),
        }
    }

    /// Sends the request if that does not block; returns whether it was sent.
    pub(in crate::exec::python) fn try_dispatch(&self, dispatch: &Dispatch<'_>) -> bool {
        match self {
            Self::Worker(worker) => worker.try_dispatch(dispatch),
            Self::Snapshot(snapshot) => snapshot.try_dispatch(dispatch),
        }
    }

    /// Returns whether [`Self::try_dispatch`] is likely to succeed.
    pub(in crate::exec::python) fn is_ready(&self) -> bool {
        match self {
            Self::Worker(worker) => worker.has_fork(),
            Self::Snapshot(_) => true,
        }
    }

    /// Continues the process if it is stopped, or kills it if it was already continued once. Returns
    /// whether it was stopped.
    pub(in crate::exec::python) fn resume_if_stopped(&self, was_continued: bool) -> bool {
        let process = match self {
            Self::Worker(worker) => worker.process(),
            // The process is the run itself.
            Self::Snapshot(snapshot) if snapshot.runs_in_place() => return false,
            Self::Snapshot(snapshot) if snapshot.is_alive() => snapshot.process(),
            Self::Snapshot(_) => return false,
        };
        if !procfs::find(process).is_some_and(|process| process.is_stopped) {
            return false;
        }
        if was_continued {
            self.kill();
        } else {
            let _ = rustix::process::kill_process(process, Signal::CONT);
        }
        true
    }

    /// Kills the process.
    pub(in crate::exec::python) fn kill(&self) {
        match self {
            Self::Worker(worker) => worker.kill(),
            Self::Snapshot(snapshot) => snapshot.kill(),
        }
    }

    /// Returns a file that becomes readable when the worker exits. A snapshot's exit shows in the
    /// run's reports instead.
    pub(in crate::exec::python) fn exit(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Worker(worker) => worker.exit(),
            Self::Snapshot(_) => None,
        }
    }

    /// Waits for the exit of a worker that has closed its files.
    pub(in crate::exec::python) fn wait_for_exit(&self) {
        if let Some(exit) = self.exit() {
            wait_readable(exit, Some(EXIT_TIMEOUT));
        }
    }

    /// Returns how the process ended if the run shared it with an earlier block.
    pub(in crate::exec::python) fn outcome_in_place(&self) -> Option<Outcome> {
        match self {
            Self::Snapshot(snapshot) if snapshot.runs_in_place() => snapshot.outcome(EXIT_TIMEOUT),
            _ => None,
        }
    }
}
