//! Who starts a run: the worker, or what an earlier run of its session left.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::Signal;

use crate::exec::os::process_tree;
use crate::exec::python::session::Snapshot;
use crate::exec::python::worker::request::Dispatch;
use crate::exec::python::worker::zygote::Zygote;
use crate::run::Outcome;

/// How long it may take until a process that ends has ended, and that is told.
const EXIT_TIMEOUT: Duration = Duration::from_millis(500);

/// Who starts a run.
#[derive(Clone, Debug)]
pub(in crate::exec::python) enum RunParent {
    /// The worker.
    Worker(Arc<Zygote>),
    /// What an earlier run of its session left.
    Snapshot(Arc<Snapshot>),
}

impl RunParent {
    /// Asks it for a run.
    pub(in crate::exec::python) fn run(&self, errand: &Dispatch<'_>) -> io::Result<()> {
        match self {
            Self::Worker(worker) => worker.run(errand),
            Self::Snapshot(base) => base.run(errand),
        }
    }

    /// Whether it would be asked at once, as far as can be told.
    pub(in crate::exec::python) fn is_free(&self) -> bool {
        match self {
            Self::Worker(worker) => worker.has_fork(),
            Self::Snapshot(_) => true,
        }
    }

    /// Continues a process that something has stopped, or ends one that stays stopped although it
    /// was continued `before`; whether it was stopped.
    pub(in crate::exec::python) fn revive(&self, before: bool) -> bool {
        let process = match self {
            Self::Worker(worker) => worker.process(),
            // It is the run itself.
            Self::Snapshot(base) if base.runs_in_place() => return false,
            Self::Snapshot(base) if base.is_there() => base.process(),
            Self::Snapshot(_) => return false,
        };
        if !process_tree::look(process).is_some_and(|process| process.is_stopped) {
            return false;
        }
        if before {
            self.kill();
        } else {
            let _ = rustix::process::kill_process(process, Signal::CONT);
        }
        true
    }

    /// Ends it at once.
    pub(in crate::exec::python) fn kill(&self) {
        match self {
            Self::Worker(worker) => worker.kill(),
            Self::Snapshot(base) => base.kill(),
        }
    }

    /// The same where nothing has to be waited for; whether it was asked.
    pub(in crate::exec::python) fn run_at_once(&self, errand: &Dispatch<'_>) -> bool {
        match self {
            Self::Worker(worker) => worker.run_at_once(errand),
            Self::Snapshot(base) => base.run_at_once(errand),
        }
    }

    /// A file that is readable once it has ended, where its end does not show by the run's reports.
    pub(in crate::exec::python) fn exit(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Worker(worker) => worker.exit(),
            Self::Snapshot(_) => None,
        }
    }

    /// Waits until a worker whose files are closed is gone, too.
    pub(in crate::exec::python) fn see_off(&self) {
        if let Some(exit) = self.exit() {
            let limit = Timespec::try_from(EXIT_TIMEOUT).ok();
            let mut file = [PollFd::from_borrowed_fd(exit, PollFlags::IN)];
            let _ = rustix::event::poll(&mut file, limit.as_ref());
        }
    }

    /// How the process ended that was the run's own already when the run began.
    pub(in crate::exec::python) fn end_in_place(&self) -> Option<Outcome> {
        match self {
            Self::Snapshot(base) if base.runs_in_place() => base.end(EXIT_TIMEOUT),
            _ => None,
        }
    }
}
