//! Limits how long a run's parent may take to answer. A block can stop or trace its parent, which
//! then reports neither the start nor the end of a run.

#![expect(clippy::disallowed_methods, reason = "checks the parent at intervals")]

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::parent::RunParent;
use crate::exec::os::child;

/// How often the parent is checked while an answer is due.
const CHECK_INTERVAL: Duration = Duration::from_millis(300);

/// How long the end of a killed run may go unreported. Longer than a busy machine needs.
const REPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// The answer that is due from the parent.
#[derive(Debug)]
enum DueReport {
    /// The start of the run.
    Start,
    /// None: the run is under way. The file becomes readable when its process exits.
    None(Option<OwnedFd>),
    /// The end of the run, whose process exited at this time.
    End(Instant),
}

/// Checks the parent of a run while an answer is due.
#[derive(Debug)]
pub(super) struct ParentWatch {
    due: DueReport,
    next: Instant,
    was_continued: bool,
}

impl ParentWatch {
    /// Returns a watch for a run that was just requested.
    pub(super) fn new() -> Self {
        Self { due: DueReport::Start, next: Instant::now() + CHECK_INTERVAL, was_continued: false }
    }

    /// Records that the run has started as this process.
    pub(super) fn start(&mut self, process: Pid) {
        *self = Self { due: DueReport::None(child::exit_fd(process)), ..Self::new() };
    }

    /// Returns a file that becomes readable when the run's process exits, until that was seen.
    pub(super) fn exit(&self) -> Option<&OwnedFd> {
        match &self.due {
            DueReport::None(exit) => exit.as_ref(),
            DueReport::Start | DueReport::End(_) => None,
        }
    }

    /// Records that the run's process has exited: the parent must report how.
    pub(super) fn exited(&mut self) {
        *self = Self { due: DueReport::End(Instant::now()), ..Self::new() };
        // Check now: the parent may be stopped already.
        self.next = Instant::now();
    }

    /// Returns the time until the next check, if one is planned.
    pub(super) fn left(&self) -> Option<Duration> {
        let left = self.next.saturating_duration_since(Instant::now());
        (!matches!(self.due, DueReport::None(_))).then_some(left)
    }

    /// Checks the parent if it is time to. `is_killed` tells whether the run was killed.
    pub(super) fn check(&mut self, parent: &RunParent, is_killed: bool) {
        let is_due = !matches!(self.due, DueReport::None(_)) && self.next <= Instant::now();
        if !is_due {
            return;
        }
        self.was_continued = parent.resume_if_stopped(self.was_continued);
        if let DueReport::End(since) = self.due
            && is_killed
            && since.elapsed() > REPORT_TIMEOUT
        {
            parent.kill();
        }
        self.next = Instant::now() + CHECK_INTERVAL;
    }
}
