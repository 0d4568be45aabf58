//! Translates signals into events (stop, continue, terminate; `channel` has the one of a changed size),
//! and defines how a presentation ended, which determines the exit status.

#![expect(clippy::disallowed_methods, reason = "measures the time between signals")]

use std::io;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

use super::channel::EventSender;
use super::{LoopEvent, terminal};
use crate::exec;

/// How long the loop may take to end after the first signal; later signals then exit immediately. A
/// window that is closed sends several signals in a row.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// How a presentation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The speaker quit.
    Left,
    /// A signal with this number.
    Signal(u8),
}

impl Ending {
    /// The terminal is gone, with or without SIGHUP.
    pub(super) const HANGUP: Self = Self::Signal(SIGHUP as u8);

    /// Returns the exit status: 0, or 128 + n for signal n.
    pub fn status(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::Signal(number) => 128 + number,
        }
    }
}

/// Starts the thread that receives signals.
pub(super) fn listen(sender: EventSender) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut first: Option<Instant> = None;
        for signal in signals.forever() {
            sender.send(match signal {
                SIGTSTP => LoopEvent::Suspend,
                SIGCONT => LoopEvent::Continued,
                _ => {
                    let ending = Ending::Signal(u8::try_from(signal).unwrap_or_default());
                    if first.get_or_insert_with(Instant::now).elapsed() > END_TIMEOUT {
                        exit_now(ending);
                    }
                    // The loop receives no events while another program has the terminal.
                    exec::stop_foreground();
                    LoopEvent::Terminate(ending)
                }
            });
        }
    })?;
    Ok(())
}

/// Exits while the loop hangs, for example in a read from a lost network share. Ends all runs.
#[expect(clippy::exit, reason = "the main thread cannot return")]
fn exit_now(ending: Ending) {
    terminal::restore();
    exec::shut_down();
    std::process::exit(ending.status().into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_status_follows_shells() {
        let status = |signal| Ending::Signal(u8::try_from(signal).unwrap()).status();
        assert_eq!([SIGHUP, SIGINT, SIGQUIT, SIGTERM].map(status), [129, 130, 131, 143]);
        assert_eq!(Ending::Left.status(), 0);
        assert_eq!(Ending::HANGUP.status(), 129);
    }
}
