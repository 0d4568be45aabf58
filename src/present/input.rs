//! Reads keys and mouse events on the loop's thread. A separate thread would cost a second wake-up
//! between a key and its slide.
//!
//! At startup, answers of the terminal ([`terminal_probe`](super::terminal_probe)) arrive among the
//! keys and are parsed here; after that, crossterm reads.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock and opens files")]

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event as Terminal, KeyEvent};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::LoopEvent;
use super::terminal_probe::{ANSWER_TIMEOUT, COLOR_QUERIES, QUERIES, TerminalProbe};
use crate::theme::Background;

/// Poll timeout for crossterm, as short as possible: with zero, it does not poll at all.
const POLL_TIMEOUT: Duration = Duration::from_micros(5);

/// How long to keep checking for more keys after a key. crossterm can hold keys that it has read and
/// report none, if its thread was delayed for longer than [`POLL_TIMEOUT`].
const RECHECK_DELAY: Duration = Duration::from_millis(2);

/// The terminal's keyboard and mouse.
#[derive(Debug)]
pub(super) struct Input {
    keyboard: OwnedFd,
    /// The pending queries, and the deadline for their answers.
    asking: Option<(TerminalProbe, Instant)>,
    /// The background that the terminal reported.
    background: Option<Background>,
    /// Keys were just read: crossterm may hold more, even if the keyboard is not readable.
    may_hold_more: bool,
}

impl Input {
    /// Queries the terminal's capabilities and, if requested, its colours. The answers arrive as an
    /// event.
    pub(super) fn open(asks_for_colors: bool) -> io::Result<Self> {
        let keyboard: OwnedFd = if io::stdin().is_terminal() {
            io::stdin().as_fd().try_clone_to_owned()?
        } else {
            File::open("/dev/tty")?.into()
        };
        let mut out = io::stdout();
        if asks_for_colors {
            out.write_all(COLOR_QUERIES.as_bytes())?;
        }
        out.write_all(QUERIES.as_bytes())?;
        out.flush()?;
        let asking = Some((TerminalProbe::default(), Instant::now() + ANSWER_TIMEOUT));
        Ok(Self { keyboard, asking, background: None, may_hold_more: false })
    }

    /// Returns the file descriptor to poll.
    pub(super) fn keyboard(&self) -> &OwnedFd {
        &self.keyboard
    }

    /// Returns whether there is input to read.
    pub(super) fn is_readable(&self) -> bool {
        state(&self.keyboard).is_ok_and(|state| !state.is_empty())
    }

    /// Returns the maximum time until the next call of [`read`](Self::read), even without input.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let answers =
            self.asking.as_ref().map(|(_, until)| until.saturating_duration_since(Instant::now()));
        answers.into_iter().chain(self.may_hold_more.then_some(RECHECK_DELAY)).min()
    }

    /// Reads the available input without waiting.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn read(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        if self.asking.is_some() { self.answers(found) } else { self.keys(found) }
    }

    /// Returns the terminal's background, if reported.
    pub(super) fn background(&self) -> Option<Background> {
        self.asking.as_ref().map_or(self.background, |(probe, _)| probe.answers.background)
    }

    /// Returns whether answers are pending.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// Reads answers and the keys between them, until the last answer or the deadline.
    fn answers(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        let Some((probe, until)) = &mut self.asking else { return Ok(()) };
        while !probe.answers.complete && !state(&self.keyboard)?.is_empty() {
            found.extend(read_answers(probe, &self.keyboard)?.into_iter().map(LoopEvent::Key));
        }
        if probe.answers.complete || Instant::now() >= *until {
            found.extend(probe.finish().into_iter().map(LoopEvent::Key));
            found.push(LoopEvent::Answers(probe.answers));
            self.background = probe.answers.background;
            self.asking = None;
        }
        Ok(())
    }

    fn keys(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        let before = state(&self.keyboard)?;
        if before.is_empty() && !self.may_hold_more {
            return Ok(());
        }
        let mut any = false;
        while event::poll(POLL_TIMEOUT)? {
            any = true;
            match event::read()? {
                Terminal::Key(key) if key.is_release() => {}
                Terminal::Key(key) => found.push(LoopEvent::Key(key)),
                Terminal::Paste(text) => found.push(LoopEvent::Paste(text)),
                Terminal::Mouse(mouse) => found.push(LoopEvent::Mouse(mouse)),
                _ => {}
            }
        }
        self.may_hold_more = any;
        // Readable, but no data: the other end has closed.
        if !any && before.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// Reads once and returns the keys.
fn read_answers(probe: &mut TerminalProbe, keyboard: &OwnedFd) -> io::Result<Vec<KeyEvent>> {
    let mut bytes = [0; 1024];
    let count = rustix::io::retry_on_intr(|| rustix::io::read(keyboard, &mut bytes))?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(probe.feed(&bytes[..count]))
}

/// Polls the keyboard without waiting.
fn state(keyboard: &OwnedFd) -> io::Result<PollFlags> {
    let mut waiting = [PollFd::new(keyboard, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut waiting, Some(&Timespec::default())))?;
    Ok(waiting[0].revents())
}
