//! Keys and mouse, read by the loop's own thread: a thread of their own would cost a second wake-up
//! between a key and its slide.
//!
//! At first the terminal's answers ([`terminal_probe`](super::terminal_probe)) are heard beside the keys; then
//! crossterm reads.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock and opens files")]

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event as Terminal, KeyEvent};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::LoopEvent;
use super::terminal_probe::{ANSWER_TIMEOUT, COLOR_QUESTIONS, QUESTIONS, TerminalProbe};
use crate::theme::Background;

/// No time for crossterm to wait; at none at all it does not look.
const POLL_TIMEOUT: Duration = Duration::from_micros(5);

/// How long after some keys it is looked for more of them. crossterm may hold keys that it has read
/// and yet say that there are none, when its thread was kept waiting for longer than [`POLL_TIMEOUT`].
const RECHECK_DELAY: Duration = Duration::from_millis(2);

/// The terminal's keyboard and mouse.
#[derive(Debug)]
pub(super) struct Input {
    keyboard: OwnedFd,
    /// The questions that are not all answered yet, and until when they may be.
    asking: Option<(TerminalProbe, Instant)>,
    /// The background that the terminal has told.
    background: Option<Background>,
    /// Keys were read a moment ago: there may be more, whatever the keyboard says.
    may_hold_more: bool,
}

impl Input {
    /// Asks the terminal what it can do, and if wanted how many colours it has. The answers come among
    /// the events.
    pub(super) fn open(asks_for_colors: bool) -> io::Result<Self> {
        let keyboard: OwnedFd = if io::stdin().is_terminal() {
            io::stdin().as_fd().try_clone_to_owned()?
        } else {
            File::open("/dev/tty")?.into()
        };
        let mut out = io::stdout();
        if asks_for_colors {
            out.write_all(COLOR_QUESTIONS.as_bytes())?;
        }
        out.write_all(QUESTIONS.as_bytes())?;
        out.flush()?;
        let asking = Some((TerminalProbe::default(), Instant::now() + ANSWER_TIMEOUT));
        Ok(Self { keyboard, asking, background: None, may_hold_more: false })
    }

    /// What to wait for.
    pub(super) fn keyboard(&self) -> &OwnedFd {
        &self.keyboard
    }

    /// Whether there is something to read.
    pub(super) fn has_some(&self) -> bool {
        state(&self.keyboard).is_ok_and(|state| !state.is_empty())
    }

    /// How long the loop may wait before it reads again, whether there is something or not.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let answers =
            self.asking.as_ref().map(|(_, until)| until.saturating_duration_since(Instant::now()));
        answers.into_iter().chain(self.may_hold_more.then_some(RECHECK_DELAY)).min()
    }

    /// Hands on what there is to read, without waiting.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn read(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        if self.asking.is_some() { self.answers(found) } else { self.keys(found) }
    }

    /// The terminal's background, as far as the terminal has told.
    pub(super) fn background(&self) -> Option<Background> {
        self.asking.as_ref().map_or(self.background, |(probe, _)| probe.answers.background)
    }

    /// Whether the terminal may still answer.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// Reads answers and the keys between them, until all is answered or the time is over.
    fn answers(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        let Some((probe, until)) = &mut self.asking else { return Ok(()) };
        while !probe.answers.complete && !state(&self.keyboard)?.is_empty() {
            found.extend(handle(probe, &self.keyboard)?.into_iter().map(LoopEvent::Key));
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
                Terminal::Mouse(mouse) => found.push(LoopEvent::Mouse(mouse)),
                _ => {}
            }
        }
        self.may_hold_more = any;
        // Something to read, and yet nothing there: the other end has hung up.
        if !any && before.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// Reads once; gives the keys among what was read.
fn handle(probe: &mut TerminalProbe, keyboard: &OwnedFd) -> io::Result<Vec<KeyEvent>> {
    let mut bytes = [0; 1024];
    let count = rustix::io::retry_on_intr(|| rustix::io::read(keyboard, &mut bytes))?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(probe.feed(&bytes[..count]))
}

/// What can be done with the keyboard without waiting.
fn state(keyboard: &OwnedFd) -> io::Result<PollFlags> {
    let mut waiting = [PollFd::new(keyboard, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut waiting, Some(&Timespec::default())))?;
    Ok(waiting[0].revents())
}
