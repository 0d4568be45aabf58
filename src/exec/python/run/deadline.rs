//! When a run is to be stopped: at its time limit, and once more where the first interrupt may have
//! been overlooked.

#![expect(clippy::disallowed_methods, reason = "a run has a time limit")]

use std::time::{Duration, Instant};

use rustix::event::Timespec;

use super::handle::PythonRun;
use crate::exec::Stop;

/// How long a run that reached its time limit has to obey the interrupt.
const INTERRUPT_GRACE: Duration = Duration::from_millis(500);

/// When a run is interrupted again that was to be stopped before it began. Python overlooks a signal
/// that comes between the last look for one and a wait: at the begin of a run that is most likely, and
/// there is nothing yet that a second interrupt could disturb.
const INTERRUPT_RETRY: Duration = Duration::from_millis(20);

/// When a run is to be stopped, and how far that has gone.
pub(super) struct Deadline {
    timeout: Option<Duration>,
    next: Option<(Instant, Stop)>,
    reached: bool,
    /// When to interrupt it once more.
    again: Option<Instant>,
}

impl Deadline {
    /// Of a run that may take so long, if it may not take for ever. It has not begun.
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        Self { timeout, next: None, reached: false, again: None }
    }

    /// Its time runs from `now` on.
    pub(super) fn start(&mut self, now: Instant) {
        let end = self.timeout.and_then(|timeout| now.checked_add(timeout));
        self.next = end.map(|end| (end, Stop::Interrupt));
    }

    /// Its time stands still until it starts anew.
    pub(super) fn suspend(&mut self) {
        self.next = None;
    }

    /// Interrupts once more in a while.
    pub(super) fn interrupt_again(&mut self) {
        self.again = Some(Instant::now() + INTERRUPT_RETRY);
    }

    /// Whether its time was up.
    pub(super) fn was_reached(&self) -> bool {
        self.reached
    }

    /// How long to wait at most.
    pub(super) fn left(&self) -> Option<Timespec> {
        let next = self.next.map(|(due, _)| due).into_iter().chain(self.again).min()?;
        Timespec::try_from(next.saturating_duration_since(Instant::now())).ok()
    }

    /// Does what is due: an interrupt first, then a kill.
    pub(super) fn check(&mut self, run: &PythonRun) {
        if self.again.take_if(|due| *due <= Instant::now()).is_some() {
            run.stop(Stop::Interrupt);
        }
        let Some((_, how)) = self.next.filter(|(due, _)| *due <= Instant::now()) else { return };
        self.reached = true;
        run.stop(how);
        self.next = match how {
            Stop::Interrupt => Some((Instant::now() + INTERRUPT_GRACE, Stop::Kill)),
            Stop::Kill => None,
        };
    }
}
