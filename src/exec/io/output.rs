//! Reads a run's terminal and passes the output to the sink, until the process has ended and its
//! last byte was passed on.
//!
//! The sink may block. Then nothing is read, the terminal's buffer (64 KiB) fills, and the run waits:
//! this is the only backpressure there is.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::markers::{MarkerScanner, StreamPart, match_literal};
use super::stdin::InputWatcher;
use crate::exec::RunSink;
use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::keeper::Keeper;
use crate::exec::os::pty::PtyPair;
use crate::exec::os::wait::{poll, readable, wait_readable};
use crate::exec::process::background::BackgroundOutput;
use crate::exec::process::handle::RunStopReason;
use crate::run::Event;

/// Bytes of the largest event.
const CHUNK_BYTES: usize = 64 * 1024;

/// More than a terminal's buffers hold: what is read beyond it was written after the process ended.
const MAX_DRAIN_BYTES: usize = 256 * 1024;

/// How long the terminal must be silent to count as drained while the end marker cannot be written
/// (output was stopped by `stty`).
const SILENCE: Duration = Duration::from_millis(50);

/// How long the end marker may take from one end of the terminal to the other on a busy machine.
const MARKER_TIMEOUT: Duration = Duration::from_secs(2);

/// How often to check for the end of a process that has no pidfd.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The result of reading the terminal.
enum ReadResult {
    Bytes(Vec<u8>),
    Nothing,
    Closed,
}

/// Sends output until the process has ended and all its output was sent. Calls `end` once with a reason,
/// which must end the process: it reached the deadline, or reads on though its input has ended. Reports
/// when the process waits for input.
pub(in crate::exec) fn follow(
    pty: &PtyPair,
    child: &Child,
    (mut deadline, mut watcher): (Option<Instant>, Option<InputWatcher>),
    end: impl Fn(RunStopReason),
    sink: &RunSink,
) -> ChildStatus {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let until_check = watcher.as_ref().map(InputWatcher::until_check);
        let has_ended = wait(pty, child, deadline, until_check);
        match read(&pty.master, &mut buffer) {
            ReadResult::Bytes(bytes) => {
                if let Some(watcher) = &mut watcher {
                    watcher.see(&bytes);
                }
                sink(Event::Output(bytes));
            }
            ReadResult::Nothing => {}
            // The terminal was hung up: no more output can come.
            ReadResult::Closed => return child.wait(),
        }
        if has_ended && let Some(status) = child.reap() {
            drain(pty, &mut buffer, sink);
            return status;
        }
        if deadline.is_some_and(|at| at <= now()) {
            deadline = None;
            end(RunStopReason::TimedOut);
        }
        if let Some(watcher) = &mut watcher {
            watcher.check(child.pid(), sink);
        }
        if let Some(watcher) = watcher.take_if(|watcher| watcher.is_ignored()) {
            if let Some(text) = watcher.stop_message() {
                sink(Event::Output(text.into()));
            }
            end(RunStopReason::Stopped);
        }
    }
}

/// The terminal of a run that has ended. Sends what its background processes write, until no process
/// has the terminal open.
pub(in crate::exec) struct LeftoverTerminal {
    master: Option<OwnedFd>,
    buffer: Vec<u8>,
    sink: RunSink,
    _keeper: Option<Keeper>,
}

impl LeftoverTerminal {
    /// Takes over the terminal of a run; its output goes to `sink`.
    pub(in crate::exec) fn new(pty: PtyPair, sink: RunSink) -> Self {
        let PtyPair { master, keeper, .. } = pty;
        Self { master: Some(master), buffer: vec![0; CHUNK_BYTES], sink, _keeper: keeper }
    }
}

impl BackgroundOutput for LeftoverTerminal {
    fn file(&self) -> Option<BorrowedFd<'_>> {
        self.master.as_ref().map(AsFd::as_fd)
    }

    fn read(&mut self) {
        let Some(master) = &self.master else { return };
        match read(master, &mut self.buffer) {
            ReadResult::Bytes(bytes) => (self.sink)(Event::Output(bytes)),
            ReadResult::Nothing => {}
            ReadResult::Closed => self.master = None,
        }
    }
}

/// Waits for output, the end of the process, the deadline or the next input check. Returns whether
/// the process may have ended.
fn wait(
    pty: &PtyPair,
    child: &Child,
    deadline: Option<Instant>,
    until_check: Option<Duration>,
) -> bool {
    let left = deadline.map(|at| at.saturating_duration_since(now()));
    let left = left.into_iter().chain(until_check).min();
    let Some(exit) = child.exit() else {
        let left = left.map_or(POLL_INTERVAL, |left| left.min(POLL_INTERVAL));
        wait_readable(&pty.master, Some(left));
        return true;
    };
    let mut files = [readable(&pty.master), readable(&exit)];
    poll(&mut files, left);
    !files[1].revents().is_empty()
}

/// Sends what the process wrote before its end. Background processes may still be writing, so silence
/// proves nothing: a marker is written behind the last byte, and output is read up to the marker.
fn drain(pty: &PtyPair, buffer: &mut [u8], sink: &RunSink) {
    let mut marker = EndMarker::new(pty.reopen());
    let mut seen = 0;
    while seen < MAX_DRAIN_BYTES {
        let timeout = if marker.write() { MARKER_TIMEOUT } else { SILENCE };
        wait_readable(&pty.master, Some(timeout));
        let ReadResult::Bytes(bytes) = read(&pty.master, buffer) else { break };
        seen += bytes.len();
        let (output, is_complete) = marker.remove_from(&bytes);
        if !output.is_empty() {
            sink(Event::Output(output));
        }
        if is_complete {
            return;
        }
    }
    if let Some(held) = marker.scanner.finish() {
        sink(Event::Output(held));
    }
}

/// A marker in the byte stream that no one else writes.
struct EndMarker {
    marker: Vec<u8>,
    slave: Option<OwnedFd>,
    written: usize,
    scanner: MarkerScanner,
}

impl EndMarker {
    fn new(slave: io::Result<OwnedFd>) -> Self {
        use std::hash::{BuildHasher, RandomState};
        let nonce = RandomState::new().hash_one(0);
        let marker = format!("\x1b_{nonce:016x}\x1b\\").into_bytes();
        Self { marker, slave: slave.ok(), written: 0, scanner: MarkerScanner::default() }
    }

    /// Writes as much as the terminal takes. Returns whether the whole marker is written.
    fn write(&mut self) -> bool {
        let Some(slave) = &self.slave else { return false };
        let left = &self.marker[self.written..];
        if !left.is_empty() {
            self.written += rustix::io::write(slave, left).unwrap_or(0);
        }
        self.written == self.marker.len()
    }

    /// Returns the next bytes without the marker, and whether the marker was among them.
    fn remove_from(&mut self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let (mut output, mut is_complete) = (Vec::new(), false);
        for part in self.scanner.scan(bytes, |bytes| match_literal(bytes, &self.marker)) {
            match part {
                StreamPart::Text(bytes) => output.extend(bytes),
                StreamPart::Marker(()) => is_complete = true,
            }
        }
        if is_complete {
            output.extend(self.scanner.finish().unwrap_or_default());
        }
        (output, is_complete)
    }
}

/// Reads what is available, up to the size of the buffer.
fn read(master: impl AsFd, buffer: &mut [u8]) -> ReadResult {
    let mut filled = 0;
    while filled < buffer.len() {
        match rustix::io::read(&master, &mut buffer[filled..]) {
            Ok(0) if filled == 0 => return ReadResult::Closed,
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if filled == 0 => return ReadResult::Nothing,
            // `EIO`: no process has the other end open.
            Err(_) if filled == 0 => return ReadResult::Closed,
            Err(_) => break,
        }
    }
    ReadResult::Bytes(buffer[..filled].to_vec())
}

#[expect(clippy::disallowed_methods, reason = "keeps time limits")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_marker() -> EndMarker {
        EndMarker::new(Err(io::Error::other("not written in this test")))
    }

    #[test]
    fn end_marker_is_removed() {
        let mut marker = end_marker();
        let bytes = [b"before".as_slice(), &marker.marker, b"after"].concat();
        assert_eq!(marker.remove_from(&bytes), (b"beforeafter".to_vec(), true));
    }

    #[test]
    fn split_end_marker_is_found() {
        let mut marker = end_marker();
        let (start, end) = (marker.marker[..5].to_vec(), marker.marker[5..].to_vec());
        let first = [b"before".to_vec(), start].concat();
        assert_eq!(marker.remove_from(&first), (b"before".to_vec(), false));
        assert_eq!(marker.remove_from(&end), (Vec::new(), true));
    }

    #[test]
    fn start_of_another_sequence_is_kept() {
        let mut marker = end_marker();
        assert_eq!(marker.remove_from(b"red \x1b"), (b"red ".to_vec(), false));
        assert_eq!(marker.remove_from(b"[31m"), (b"\x1b[31m".to_vec(), false));
    }
}
