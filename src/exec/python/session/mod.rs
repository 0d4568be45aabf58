//! What the runs of sessions left: for each run a process that stands still, with the state after
//! its block, for the next block to go on from in a fork.
//!
//! A process is kept as long as a later run may go on from it, and as long as one that did is kept:
//! the system ends a fork with what forked it.

pub(in crate::exec::python) mod variables;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal};

use crate::exec::python::worker::report::{ReportReader, RunReport, Threads};
use crate::exec::python::worker::request::{Dispatch, send, send_at_once};
use crate::run::{Outcome, RunId};

/// Every state that a later run can go on from.
#[derive(Debug, Default)]
pub(in crate::exec::python) struct Sessions {
    bases: Mutex<BTreeMap<RunId, Arc<Snapshot>>>,
}

impl Sessions {
    /// Keeps what a run left.
    pub(in crate::exec::python) fn keep(&self, run: RunId, base: Snapshot) {
        self.bases.lock().insert(run, Arc::new(base));
    }

    /// What a run left, if it is still there. A process that cannot be forked is given away.
    pub(in crate::exec::python) fn take(&self, run: RunId) -> Option<Arc<Snapshot>> {
        let mut bases = self.bases.lock();
        if bases.get(&run)?.threads == Threads::Some {
            bases.remove(&run)
        } else {
            bases.get(&run).cloned()
        }
    }

    /// What a run left, to be looked at.
    pub(in crate::exec::python) fn look(&self, run: RunId) -> Option<Arc<Snapshot>> {
        self.bases.lock().get(&run).cloned()
    }

    /// Drops what a run left: nothing will go on from it.
    pub(in crate::exec::python) fn forget(&self, run: RunId) {
        let base = self.bases.lock().remove(&run);
        drop(base);
    }
}

/// A process that waits for orders with the state after one block. Dropping it ends the process.
#[derive(Debug)]
pub(in crate::exec::python) struct Snapshot {
    process: Pid,
    /// Its orders go there; of its end, whoever forked it tells there.
    reports: Mutex<ReportReader>,
    threads: Threads,
    /// The process is that of a later block now.
    moved_on: AtomicBool,
    /// What it is a fork of, or, where that had threads, what the process was before.
    before: Option<Arc<Self>>,
}

impl Snapshot {
    /// What a run left that has become a base.
    pub(in crate::exec::python) fn new(
        process: Pid,
        reports: ReportReader,
        threads: Threads,
        before: Option<Arc<Self>>,
    ) -> Self {
        let (reports, moved_on) = (Mutex::new(reports), AtomicBool::new(false));
        Self { process, reports, threads, moved_on, before }
    }

    /// Asks it to run something, or to tell something, in a fork; or in place, where it has threads.
    pub(in crate::exec::python) fn run(&self, errand: &Dispatch<'_>) -> io::Result<()> {
        send(self.reports.lock().orders(), &errand.order.frame(&[]), errand.files())
    }

    /// The same where nothing has to be waited for; whether it was asked.
    pub(in crate::exec::python) fn run_at_once(&self, errand: &Dispatch<'_>) -> bool {
        let Some(own) = self.reports.try_lock() else { return false };
        send_at_once(own.orders(), &errand.order.frame(&[]), errand.files())
    }

    /// The process.
    pub(in crate::exec::python) fn process(&self) -> Pid {
        self.process
    }

    /// Whether it is still there.
    pub(in crate::exec::python) fn is_there(&self) -> bool {
        self.reports.lock().is_silent()
    }

    /// Whether what goes on from it does so in the same process.
    pub(in crate::exec::python) fn runs_in_place(&self) -> bool {
        self.threads == Threads::Some
    }

    /// Notes that the process is another block's from now on.
    pub(in crate::exec::python) fn move_on(&self) {
        self.moved_on.store(true, Ordering::Relaxed);
    }

    /// How the process ended, if it was told within `patience`: that is told of its first block.
    pub(in crate::exec::python) fn end(&self, patience: Duration) -> Option<Outcome> {
        if let Some(earlier) = self.before.as_ref().filter(|before| before.runs_in_place()) {
            return earlier.end(patience);
        }
        self.reports.lock().wait(patience).into_iter().find_map(|report| match report {
            RunReport::Ended(outcome) => Some(outcome),
            _ => None,
        })
    }

    /// Ends it at once.
    pub(in crate::exec::python) fn kill(&self) {
        // Once it is buried, its number may be another process's.
        if self.is_there() {
            let _ = rustix::process::kill_process_group(self.process, Signal::KILL);
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if !self.moved_on.load(Ordering::Relaxed) {
            self.kill();
        }
    }
}
