//! Signals as events: a window that changed its size, a wish that we end or stop, from outside.

use std::io;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use super::Event;
use super::mailbox::Mailbox;

/// Starts to listen.
pub(super) fn listen(mailbox: Mailbox) -> io::Result<()> {
    let mut signals = Signals::new([SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            mailbox.send(match signal {
                SIGWINCH => Event::Resized,
                SIGTSTP => Event::Suspend,
                _ => Event::Terminate,
            });
        }
    })?;
    Ok(())
}
