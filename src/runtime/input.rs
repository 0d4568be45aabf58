//! Keys and mouse: one thread that sleeps in `poll` until there is something to read.
//!
//! At first it listens for the terminal's answers ([`probe`](super::probe)) beside keys; then
//! crossterm reads.

#![expect(clippy::disallowed_methods, reason = "the shell starts threads and reads the clock")]

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event as Terminal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Event;
use super::probe::{PATIENCE, Probe, QUESTIONS};

/// No time for crossterm to wait; at none at all it does not look.
const AT_ONCE: Duration = Duration::from_micros(50);

/// Asks the terminal what it can do and starts to listen. `send` gets everything that happens.
pub(super) fn listen(send: impl Fn(Event) + Send + 'static) -> io::Result<()> {
    let keyboard: OwnedFd = if io::stdin().is_terminal() {
        io::stdin().as_fd().try_clone_to_owned()?
    } else {
        File::open("/dev/tty")?.into()
    };
    let mut out = io::stdout();
    out.write_all(QUESTIONS.as_bytes())?;
    out.flush()?;
    std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        let ended = answers(&keyboard, &send).and_then(|()| keys(&keyboard, &send));
        // The terminal is gone: there is nobody left to present to.
        if ended.is_err() {
            send(Event::Terminate);
        }
    })?;
    Ok(())
}

/// Reads until the terminal has answered, or for as long as it is given.
fn answers(keyboard: &OwnedFd, send: &impl Fn(Event)) -> io::Result<()> {
    let mut file = File::from(keyboard.try_clone()?);
    let mut probe = Probe::default();
    let until = Instant::now() + PATIENCE;
    let mut bytes = [0; 1024];
    while !probe.answers.complete {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || !readable(keyboard, Some(left))? {
            break;
        }
        let count = file.read(&mut bytes)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        probe.feed(&bytes[..count]).into_iter().for_each(|key| send(Event::Key(key)));
    }
    probe.finish().into_iter().for_each(|key| send(Event::Key(key)));
    send(Event::Answers(probe.answers));
    Ok(())
}

/// Hands on what crossterm reads, for ever.
fn keys(keyboard: &OwnedFd, send: &impl Fn(Event)) -> io::Result<()> {
    loop {
        readable(keyboard, None)?;
        let mut any = false;
        while event::poll(AT_ONCE)? {
            any = true;
            match event::read()? {
                Terminal::Key(key) if key.is_release() => {}
                Terminal::Key(key) => send(Event::Key(key)),
                Terminal::Mouse(mouse) => send(Event::Mouse(mouse)),
                _ => {}
            }
        }
        // Readable, and yet nothing there: the other end has hung up.
        if !any && hung_up(keyboard)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Waits until there is something to read; false if the time is over.
fn readable(keyboard: &OwnedFd, patience: Option<Duration>) -> io::Result<bool> {
    let limit = patience.and_then(|left| Timespec::try_from(left).ok());
    loop {
        let mut waiting = [PollFd::new(keyboard, PollFlags::IN)];
        match poll(&mut waiting, limit.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn hung_up(keyboard: &OwnedFd) -> io::Result<bool> {
    let mut waiting = [PollFd::new(keyboard, PollFlags::IN)];
    poll(&mut waiting, Some(&Timespec::default()))?;
    Ok(waiting[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL))
}
