//! The timer of the talk. It starts when the talk leaves its first slide, or by key.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::app::TimerCommand;
use crate::control::TimerReport;
use crate::deck::Cursor;
use crate::run::format_duration;

/// The timer.
#[derive(Debug, Default)]
pub(super) struct TalkTimer {
    /// Time counted until it last started or paused.
    counted: Duration,
    /// When it last started; none while it is paused.
    since: Option<SystemTime>,
    /// It was started, paused or reset by command: moving does not start it any more.
    is_manual: bool,
    /// The position that was shown last.
    at: Option<Cursor>,
}

impl TalkTimer {
    /// Changes the timer. Returns a line for the speaker.
    pub(super) fn command(&mut self, command: TimerCommand) -> String {
        self.is_manual = true;
        match command {
            TimerCommand::Reset => {
                self.counted = Duration::ZERO;
                self.since = self.since.map(|_| SystemTime::now());
                "timer at zero".to_owned()
            }
            TimerCommand::Pause => self.pause(),
            TimerCommand::Toggle if self.since.is_some() => self.pause(),
            TimerCommand::Start | TimerCommand::Toggle => self.start(),
        }
    }

    fn start(&mut self) -> String {
        self.since.get_or_insert_with(SystemTime::now);
        "timer started".to_owned()
    }

    fn pause(&mut self) -> String {
        let passed = self.since.take().and_then(|since| since.elapsed().ok());
        self.counted += passed.unwrap_or_default();
        let seconds = Duration::from_secs(self.counted.as_secs());
        format!("timer paused at {}", format_duration(seconds))
    }

    /// Returns the time counted so far.
    pub(super) fn elapsed(&self) -> Duration {
        let running = self.since.and_then(|since| since.elapsed().ok());
        self.counted + running.unwrap_or_default()
    }

    /// Returns whether the speaker has paused it.
    pub(super) fn is_paused(&self) -> bool {
        self.is_manual && self.since.is_none()
    }

    /// The talk shows this position: the first move starts the timer.
    pub(super) fn moved(&mut self, at: Cursor) {
        let before = self.at.replace(at);
        if !self.is_manual && before.is_some_and(|before| before != at) {
            self.is_manual = true;
            self.start();
        }
    }

    /// Returns the timer as other programs see it.
    pub(super) fn report(&self, duration: Option<Duration>) -> TimerReport {
        TimerReport {
            elapsed_ms: millis(self.counted),
            running_since_ms: self.since.map(millis_since_epoch),
            duration_ms: duration.map(millis),
        }
    }
}

/// Returns a time in milliseconds since 1970.
pub(super) fn millis_since_epoch(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, millis)
}

/// Returns the current time in milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    millis_since_epoch(SystemTime::now())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::{SlideNo, Step};

    #[test]
    fn first_move_starts_the_timer() {
        let at = |slide| Cursor { slide: SlideNo::new(slide), step: Step(0) };
        let mut timer = TalkTimer::default();
        timer.moved(at(0));
        timer.moved(at(0));
        assert_eq!(timer.report(None).running_since_ms, None);
        timer.moved(at(1));
        assert!(timer.report(None).running_since_ms.is_some());
        assert!(timer.command(TimerCommand::Toggle).starts_with("timer paused"));
        timer.moved(at(2));
        assert_eq!(timer.report(None).running_since_ms, None, "the speaker paused it");
        timer.command(TimerCommand::Start);
        timer.command(TimerCommand::Reset);
        let report = timer.report(Some(Duration::from_mins(30)));
        assert_eq!((report.elapsed_ms, report.duration_ms), (0, Some(1_800_000)));
        assert!(report.running_since_ms.is_some(), "a reset does not stop it");
    }
}
