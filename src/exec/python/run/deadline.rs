//! Stops a run at its time limit, and repeats an early interrupt that Python may have missed.

#![expect(clippy::disallowed_methods, reason = "a run has a time limit")]

use std::time::{Duration, Instant};

use super::handle::PythonRun;
use crate::exec::Stop;

/// How long a run may take to obey the interrupt at its time limit before it is killed.
const INTERRUPT_GRACE: Duration = Duration::from_millis(500);

/// When to repeat the interrupt of a run that was stopped before it began. Python misses a signal that
/// arrives between its last check and a blocking call, which is most likely at the start of a run,
/// when a second interrupt cannot disturb anything.
const INTERRUPT_RETRY: Duration = Duration::from_millis(20);

/// The time limit of a run, and the next step to enforce it.
pub(super) struct Deadline {
    timeout: Option<Duration>,
    next: Option<(Instant, Stop)>,
    reached: bool,
    /// When to repeat an interrupt.
    retry: Option<Instant>,
}

impl Deadline {
    /// Returns the deadline of a run that has not begun; `None` is no limit.
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        Self { timeout, next: None, reached: false, retry: None }
    }

    /// Starts the clock at `now`.
    pub(super) fn start(&mut self, now: Instant) {
        let end = self.timeout.and_then(|timeout| now.checked_add(timeout));
        self.next = end.map(|end| (end, Stop::Interrupt));
    }

    /// Stops the clock until the next [`Self::start`].
    pub(super) fn suspend(&mut self) {
        self.next = None;
    }

    /// Schedules a second interrupt.
    pub(super) fn retry_interrupt(&mut self) {
        self.retry = Some(Instant::now() + INTERRUPT_RETRY);
    }

    /// Returns whether the time limit was reached.
    pub(super) fn was_reached(&self) -> bool {
        self.reached
    }

    /// Returns the time until the next step, if one is planned.
    pub(super) fn left(&self) -> Option<Duration> {
        let next = self.next.map(|(due, _)| due).into_iter().chain(self.retry).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// Takes the step that is due: an interrupt first, then a kill.
    pub(super) fn check(&mut self, run: &PythonRun) {
        if self.retry.take_if(|due| *due <= Instant::now()).is_some() {
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
