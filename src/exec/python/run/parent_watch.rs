//! Looking after who starts a run and reports its end: a block may stop or trace its parent, which
//! then says nothing any more.

#![expect(clippy::disallowed_methods, reason = "looks from time to time, while an answer is due")]

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::process::Pid;

use super::parent::RunParent;
use crate::exec::process::background;

/// How often the starter is looked at while an answer of it is due.
const CHECK_INTERVAL: Duration = Duration::from_millis(300);

/// How long the end of a run that was killed may go unreported: longer than a busy machine takes.
const REPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// What is due from the starter.
#[derive(Debug)]
enum Due {
    /// That the run has begun.
    Start,
    /// Nothing: the run is under way, and this is readable when its process has ended.
    Nothing(Option<OwnedFd>),
    /// How the run's process ended, which it did at this time.
    End(Instant),
}

/// What is due from the starter, and when to look at it.
#[derive(Debug)]
pub(super) struct ParentWatch {
    due: Due,
    next: Instant,
    was_continued: bool,
}

impl ParentWatch {
    /// A run was ordered.
    pub(super) fn new() -> Self {
        Self { due: Due::Start, next: Instant::now() + CHECK_INTERVAL, was_continued: false }
    }

    /// The run has begun, as this process.
    pub(super) fn start(&mut self, process: Pid) {
        *self = Self { due: Due::Nothing(background::exit_of(process)), ..Self::new() };
    }

    /// What is readable when the run's process has ended, unless that was seen.
    pub(super) fn exit(&self) -> Option<&OwnedFd> {
        match &self.due {
            Due::Nothing(exit) => exit.as_ref(),
            Due::Start | Due::End(_) => None,
        }
    }

    /// The run's process has ended: the starter is to say how.
    pub(super) fn exited(&mut self) {
        *self = Self { due: Due::End(Instant::now()), ..Self::new() };
        // One that is stopped is not waited for.
        self.next = Instant::now();
    }

    /// How long to wait at most.
    pub(super) fn left(&self) -> Option<Timespec> {
        let left = self.next.saturating_duration_since(Instant::now());
        Timespec::try_from(left).ok().filter(|_| !matches!(self.due, Due::Nothing(_)))
    }

    /// Looks at the starter, if it is time to; `is_killed` says whether the run was.
    pub(super) fn check(&mut self, starter: &RunParent, is_killed: bool) {
        let is_due = !matches!(self.due, Due::Nothing(_)) && self.next <= Instant::now();
        if !is_due {
            return;
        }
        self.was_continued = starter.revive(self.was_continued);
        if let Due::End(since) = self.due
            && is_killed
            && since.elapsed() > REPORT_TIMEOUT
        {
            starter.kill();
        }
        self.next = Instant::now() + CHECK_INTERVAL;
    }
}
