//! The snapshots of sessions: for each run an idle process with the state after its block, from which
//! the next block continues in a fork.
//!
//! A process is kept as long as a later run may continue from it, or while a run that did is kept:
//! the kernel ends a fork with its parent.

pub(in crate::exec::python) mod variables;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal};

use crate::exec::python::worker::report::{ReportReader, RunReport, Threads};
use crate::exec::python::worker::request::{Dispatch, send, try_send};
use crate::run::{Outcome, RunId};

/// Every state that a later run can continue from.
#[derive(Debug, Default)]
pub(in crate::exec::python) struct Sessions {
    snapshots: Mutex<BTreeMap<RunId, Arc<Snapshot>>>,
}

impl Sessions {
    /// Keeps the snapshot of a run.
    pub(in crate::exec::python) fn keep(&self, run: RunId, snapshot: Snapshot) {
        self.snapshots.lock().insert(run, Arc::new(snapshot));
    }

    /// Returns the snapshot of a run, to continue from it. One that cannot be forked is removed.
    pub(in crate::exec::python) fn take(&self, run: RunId) -> Option<Arc<Snapshot>> {
        let mut snapshots = self.snapshots.lock();
        if snapshots.get(&run)?.threads == Threads::Running {
            snapshots.remove(&run)
        } else {
            snapshots.get(&run).cloned()
        }
    }

    /// Returns the snapshot of a run, to inspect it.
    pub(in crate::exec::python) fn get(&self, run: RunId) -> Option<Arc<Snapshot>> {
        self.snapshots.lock().get(&run).cloned()
    }

    /// Drops the snapshot of a run.
    pub(in crate::exec::python) fn forget(&self, run: RunId) {
        let snapshot = self.snapshots.lock().remove(&run);
        drop(snapshot);
    }
}

/// A process that holds the state after one block and waits for requests. Dropping it kills the
/// process.
#[derive(Debug)]
pub(in crate::exec::python) struct Snapshot {
    process: Pid,
    /// The socket for requests, on which its parent reports its end.
    reports: Mutex<ReportReader>,
    threads: Threads,
    /// The process has been taken over by a later block.
    is_reused: AtomicBool,
    /// The snapshot that it was forked from or, if that had threads, that shared its process.
    parent: Option<Arc<Self>>,
}

impl Snapshot {
    /// Returns the snapshot that a run has become.
    pub(in crate::exec::python) fn new(
        process: Pid,
        reports: ReportReader,
        threads: Threads,
        parent: Option<Arc<Self>>,
    ) -> Self {
        let (reports, is_reused) = (Mutex::new(reports), AtomicBool::new(false));
        Self { process, reports, threads, is_reused, parent }
    }

    /// Sends a request that it serves in a fork, or in place if it has threads.
    pub(in crate::exec::python) fn dispatch(&self, dispatch: &Dispatch<'_>) -> io::Result<()> {
        send(self.reports.lock().request_socket(), &dispatch.request.frame(&[]), dispatch.files())
    }

    /// Sends the request if that does not block; returns whether it was sent.
    pub(in crate::exec::python) fn try_dispatch(&self, dispatch: &Dispatch<'_>) -> bool {
        let Some(reports) = self.reports.try_lock() else { return false };
        try_send(reports.request_socket(), &dispatch.request.frame(&[]), dispatch.files())
    }

    /// Returns the process.
    pub(in crate::exec::python) fn process(&self) -> Pid {
        self.process
    }

    /// Returns whether the process is alive.
    pub(in crate::exec::python) fn is_alive(&self) -> bool {
        self.reports.lock().is_silent()
    }

    /// Returns whether the next block runs in this process instead of a fork.
    pub(in crate::exec::python) fn runs_in_place(&self) -> bool {
        self.threads == Threads::Running
    }

    /// Records that a later block takes over the process.
    pub(in crate::exec::python) fn mark_reused(&self) {
        self.is_reused.store(true, Ordering::Relaxed);
    }

    /// Returns how the process ended, if that is reported within `timeout`. The report goes to the
    /// first block of the process.
    pub(in crate::exec::python) fn outcome(&self, timeout: Duration) -> Option<Outcome> {
        if let Some(earlier) = self.parent.as_ref().filter(|parent| parent.runs_in_place()) {
            return earlier.outcome(timeout);
        }
        self.reports.lock().wait(timeout).into_iter().find_map(|report| match report {
            RunReport::Ended(outcome) => Some(outcome),
            _ => None,
        })
    }

    /// Kills the process.
    pub(in crate::exec::python) fn kill(&self) {
        // Once it is reaped, its number may belong to another process.
        if self.is_alive() {
            let _ = rustix::process::kill_process_group(self.process, Signal::KILL);
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if !self.is_reused.load(Ordering::Relaxed) {
            self.kill();
        }
    }
}
