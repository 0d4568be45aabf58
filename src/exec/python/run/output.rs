//! What a run writes, as it is read and passed on: while it runs, when it has ended, and from what it
//! has left behind.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};

use super::reports::PendingReports;
use super::values::{MarkScanner, OutputPart};
use crate::exec::process::background;
use crate::exec::python::Sink;
use crate::run::Event;

/// How much is read before it is passed on.
const READ_SIZE: usize = 64 * 1024;

/// More than a terminal holds: what a run has written when it ends is within this.
const MAX_REMAINING: usize = 256 * 1024;

/// How long the terminal of a run that stays may take to tell that nobody writes to it any more: it
/// may be that of a process that the run has left behind.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(5);

/// What a run writes: our end of its terminal, until nobody holds the other one any more.
pub(super) struct RunOutput {
    sink: Sink,
    terminal: Option<OwnedFd>,
    buffer: Vec<u8>,
    marks: MarkScanner,
}

/// What is left of a run that has ended.
pub(in crate::exec::python) struct LeftoverOutput(pub(super) RunOutput);

impl background::OutputSource for LeftoverOutput {
    fn file(&self) -> Option<BorrowedFd<'_>> {
        self.0.terminal().map(AsFd::as_fd)
    }

    fn read(&mut self) {
        self.0.read(None);
    }
}

impl RunOutput {
    /// What comes out of our end of a terminal, and goes to `sink`.
    pub(super) fn new(sink: Sink, terminal: OwnedFd) -> Self {
        let buffer = vec![0; READ_SIZE];
        Self { sink, terminal: Some(terminal), buffer, marks: MarkScanner::default() }
    }

    /// Our end of its terminal.
    pub(super) fn terminal(&self) -> Option<&OwnedFd> {
        self.terminal.as_ref()
    }

    /// Reads until nobody can write any more, or nothing was written for a while.
    pub(super) fn read_to_the_end(&mut self, told: &mut PendingReports) {
        let mut left = MAX_REMAINING;
        while self.wait(Timespec::try_from(DRAIN_TIMEOUT).ok()) && left > 0 {
            let Some(read @ 1..) = self.read(Some(told)) else { return };
            left = left.saturating_sub(read);
        }
    }

    /// Reads what is there when the run has ended, and passes all of it on.
    pub(super) fn finish(&mut self, told: &mut PendingReports) {
        let mut left = MAX_REMAINING;
        while let Some(read @ 1..) = self.read(Some(told)) {
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
        self.release();
    }

    /// Waits for something to read; whether there may be something.
    pub(super) fn wait(&self, limit: Option<Timespec>) -> bool {
        let Some(terminal) = &self.terminal else { return false };
        loop {
            let mut files = [PollFd::new(terminal, PollFlags::IN)];
            match rustix::event::poll(&mut files, limit.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                Err(_) | Ok(0) => return false,
                Ok(_) => return true,
            }
        }
    }

    /// Passes on what was written, and the values that were told at their marks; how much, or none
    /// when nobody can write any more.
    pub(super) fn read(&mut self, mut told: Option<&mut PendingReports>) -> Option<usize> {
        let terminal = self.terminal.as_ref()?;
        let mut filled = 0;
        while filled < self.buffer.len() {
            match rustix::io::read(terminal, &mut self.buffer[filled..]) {
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => break,
                Ok(0) | Err(_) => {
                    self.terminal = None;
                    break;
                }
                Ok(read) => filled += read,
            }
        }
        for piece in self.marks.cut(&self.buffer[..filled]) {
            let event = match piece {
                OutputPart::Text(bytes) => Some(Event::Output(bytes)),
                OutputPart::Mark(number) => told.as_mut().and_then(|told| told.value(number)),
            };
            if let Some(event) = event {
                (self.sink)(event);
            }
        }
        if self.terminal.is_none() {
            self.release();
        }
        Some(filled)
    }

    /// Passes on what looked like the beginning of a mark.
    fn release(&mut self) {
        if let Some(rest) = self.marks.rest() {
            (self.sink)(Event::Output(rest));
        }
    }
}
