//! Signals as events: a window that changed its size, a wish that we end or stop, from outside; and
//! how a talk ended, which the exit status reports.

#![expect(clippy::disallowed_methods, reason = "tells two signals of one wish from two wishes")]

use std::io;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use super::channel::EventSender;
use super::{LoopEvent, terminal};
use crate::exec;

/// How long the loop may take to end a talk before another signal ends the process at once. A window
/// that is closed sends more than one signal in a row.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// How a talk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The speaker left.
    Left,
    /// The signal with this number ended it.
    Signal(u8),
}

impl Ending {
    /// The terminal is gone, with or without the signal that says so.
    pub(super) const HANGUP: Self = Self::Signal(SIGHUP as u8);

    /// The exit status: 0, or what a shell reports for a program that a signal ended.
    pub fn status(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::Signal(number) => 128 + number,
        }
    }
}

/// Starts to listen.
pub(super) fn listen(sender: EventSender) -> io::Result<()> {
    let mut signals = Signals::new([SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut first: Option<Instant> = None;
        for signal in signals.forever() {
            sender.send(match signal {
                SIGWINCH => LoopEvent::Resized,
                SIGTSTP => LoopEvent::Suspend,
                SIGCONT => LoopEvent::Continued,
                _ => {
                    let ending = Ending::Signal(u8::try_from(signal).unwrap_or_default());
                    if first.get_or_insert_with(Instant::now).elapsed() > END_TIMEOUT {
                        end_at_once(ending);
                    }
                    // The loop does not hear of it while something else has the terminal.
                    exec::stop_foreground();
                    LoopEvent::Terminate(ending)
                }
            });
        }
    })?;
    Ok(())
}

/// Ends the process while the loop hangs, for example in a read from a network share that is gone.
/// Nothing that runs is left.
#[expect(clippy::exit, reason = "the main thread cannot return")]
fn end_at_once(ending: Ending) {
    terminal::restore();
    exec::shut_down();
    std::process::exit(ending.status().into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_what_shells_expect() {
        let status = |signal| Ending::Signal(u8::try_from(signal).unwrap()).status();
        assert_eq!([SIGHUP, SIGINT, SIGQUIT, SIGTERM].map(status), [129, 130, 131, 143]);
        assert_eq!(Ending::Left.status(), 0);
        assert_eq!(Ending::HANGUP.status(), 129);
    }
}
