//! Reads the output of a run from its terminal: while it runs, after it has ended, and from the
//! processes that it left behind.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::reports::PendingReports;
use super::values::ValueScanner;
use crate::exec::RunSink;
use crate::exec::io::markers::StreamPart;
use crate::exec::os::wait::wait_readable;
use crate::exec::process::background;
use crate::run::Event;

/// The most bytes read before they are passed on.
const READ_SIZE: usize = 64 * 1024;

/// The most bytes read once a run has ended. More than a terminal buffers.
const MAX_REMAINING: usize = 256 * 1024;

/// How long a terminal must be quiet to count as drained when its run stays as a snapshot: a process
/// that the run left behind may keep the terminal open.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(5);

/// The output of a run: our end of its terminal, until no process holds the other end.
pub(super) struct RunOutput {
    sink: RunSink,
    terminal: Option<OwnedFd>,
    buffer: Vec<u8>,
    scanner: ValueScanner,
}

/// The output of processes that an ended run left behind.
pub(in crate::exec::python) struct LeftoverOutput(pub(super) RunOutput);

impl background::BackgroundOutput for LeftoverOutput {
    fn file(&self) -> Option<BorrowedFd<'_>> {
        self.0.terminal().map(AsFd::as_fd)
    }

    fn read(&mut self) {
        self.0.read(None);
    }
}

impl RunOutput {
    /// Returns a reader of our end of a terminal that sends its events to `sink`.
    pub(super) fn new(sink: RunSink, terminal: OwnedFd) -> Self {
        let buffer = vec![0; READ_SIZE];
        Self { sink, terminal: Some(terminal), buffer, scanner: ValueScanner::default() }
    }

    /// Returns our end of the terminal while the other end is open.
    pub(super) fn terminal(&self) -> Option<&OwnedFd> {
        self.terminal.as_ref()
    }

    /// Reads until the terminal is closed or quiet.
    pub(super) fn drain_until_quiet(&mut self, reports: &mut PendingReports) {
        let mut left = MAX_REMAINING;
        while self.wait(Some(DRAIN_TIMEOUT)) && left > 0 {
            let Some(read @ 1..) = self.read(Some(reports)) else { return };
            left = left.saturating_sub(read);
        }
    }

    /// Reads and passes on what the terminal holds when the run has ended.
    pub(super) fn finish(&mut self, reports: &mut PendingReports) {
        let mut left = MAX_REMAINING;
        while let Some(read @ 1..) = self.read(Some(reports)) {
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
        self.flush_partial_mark();
    }

    /// Waits for output; returns whether there may be some.
    pub(super) fn wait(&self, limit: Option<Duration>) -> bool {
        self.terminal.as_ref().is_some_and(|terminal| wait_readable(terminal, limit))
    }

    /// Reads the output and passes it on, with the reported values at their marks. Returns the
    /// number of bytes, or `None` once the terminal is closed. Never blocks.
    pub(super) fn read(&mut self, mut reports: Option<&mut PendingReports>) -> Option<usize> {
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
        for part in self.scanner.split(&self.buffer[..filled]) {
            let event = match part {
                StreamPart::Text(bytes) => Some(Event::Output(bytes)),
                StreamPart::Marker(number) => reports.as_mut().and_then(|it| it.value(number)),
            };
            if let Some(event) = event {
                (self.sink)(event);
            }
        }
        if self.terminal.is_none() {
            self.flush_partial_mark();
        }
        Some(filled)
    }

    /// Passes on bytes that looked like the start of a mark.
    fn flush_partial_mark(&mut self) {
        if let Some(rest) = self.scanner.take_partial() {
            (self.sink)(Event::Output(rest));
        }
    }
}
