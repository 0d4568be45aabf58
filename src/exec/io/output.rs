//! Carrying what a run writes from its terminal to the sink, while it is written, and knowing when
//! the last of it was carried.
//!
//! The sink may block; then nothing is read, the terminal's buffer (64 KiB) fills, and the run
//! waits. That is all there is to holding a flood back.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use crate::exec::RunSink;
use crate::exec::io::stdin::InputWatcher;
use crate::exec::os::process_tree::{Child, ChildStatus};
use crate::exec::os::pty::{PtyHolder, PtyPair};
use crate::exec::process::background::OutputSource;
use crate::run::Event;

/// The most that one event carries.
const CHUNK: usize = 64 * 1024;

/// More than a terminal's buffers hold: what is read beyond it was written after the end.
const BUFFERED: usize = 256 * 1024;

/// A silence that tells the end while the fence cannot be written (output was stopped by `stty`).
const SILENCE: Duration = Duration::from_millis(50);

/// How long a fence that was written may take to come through on the busiest machine.
const PASSAGE: Duration = Duration::from_secs(2);

/// How often to look whether a process has ended when the system has no file left to tell it.
const LOOK: Duration = Duration::from_millis(20);

/// What a read of the terminal gave.
enum ReadResult {
    Bytes(Vec<u8>),
    Nothing,
    Closed,
}

/// Sends what is written until the process has ended and all that it wrote was sent. At the
/// deadline calls `expired` once, which is to end the process. Tells when the process waits for input.
pub(in crate::exec) fn follow(
    pty: &PtyPair,
    child: &Child,
    (mut deadline, mut watch): (Option<Instant>, Option<InputWatcher>),
    expired: impl Fn(),
    sink: &RunSink,
) -> ChildStatus {
    let mut buffer = vec![0; CHUNK];
    loop {
        let until_look = watch.as_ref().map(InputWatcher::left);
        let has_ended = wait(pty, child, deadline, until_look);
        match read(&pty.master, &mut buffer) {
            ReadResult::Bytes(bytes) => sink(Event::Output(bytes)),
            ReadResult::Nothing => {}
            // Somebody hung our terminal up: nothing more can come.
            ReadResult::Closed => return child.wait(),
        }
        if has_ended && let Some(status) = child.reap() {
            drain(pty, &mut buffer, sink);
            return status;
        }
        if deadline.is_some_and(|at| at <= now()) {
            deadline = None;
            expired();
        }
        if let Some(watch) = &mut watch {
            watch.look(child.pid(), sink);
        }
    }
}

/// The terminal of a run that has ended: what processes that it left behind write there is still
/// sent, until none holds it.
pub(in crate::exec) struct LeftoverTerminal {
    master: Option<OwnedFd>,
    buffer: Vec<u8>,
    sink: RunSink,
    _holder: Option<PtyHolder>,
}

impl LeftoverTerminal {
    /// What is left of a terminal, whose output goes to `sink`.
    pub(in crate::exec) fn of(pty: PtyPair, sink: RunSink) -> Self {
        let PtyPair { master, holder, .. } = pty;
        Self { master: Some(master), buffer: vec![0; CHUNK], sink, _holder: holder }
    }
}

impl OutputSource for LeftoverTerminal {
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

/// Waits for output, the process's end, the deadline, or the next look at it; whether the process
/// may have ended.
fn wait(
    pty: &PtyPair,
    child: &Child,
    deadline: Option<Instant>,
    until_look: Option<Duration>,
) -> bool {
    let left = deadline.map(|at| at.saturating_duration_since(now()));
    let left = left.into_iter().chain(until_look).min();
    let Some(exit) = child.exit() else {
        let left = left.map_or(LOOK, |left| left.min(LOOK));
        poll(&mut [PollFd::new(&pty.master, PollFlags::IN)], Some(left));
        return true;
    };
    let mut ready =
        [PollFd::new(&pty.master, PollFlags::IN), PollFd::from_borrowed_fd(exit, PollFlags::IN)];
    poll(&mut ready, left);
    !ready[1].revents().is_empty()
}

/// Sends what the process wrote before its end. A process it left behind may be writing, too, so
/// silence would prove nothing: a fence is written behind the last byte, and read up to.
fn drain(pty: &PtyPair, buffer: &mut [u8], sink: &RunSink) {
    let mut fence = Fence::new(pty.reopen());
    let mut seen = 0;
    while seen < BUFFERED {
        let patience = if fence.write() { PASSAGE } else { SILENCE };
        poll(&mut [PollFd::new(&pty.master, PollFlags::IN)], Some(patience));
        let ReadResult::Bytes(bytes) = read(&pty.master, buffer) else { break };
        seen += bytes.len();
        let (output, is_complete) = fence.without(bytes);
        if !output.is_empty() {
            sink(Event::Output(output));
        }
        if is_complete {
            return;
        }
    }
    let held = std::mem::take(&mut fence.held);
    if !held.is_empty() {
        sink(Event::Output(held));
    }
}

/// A mark in the byte stream that nobody else writes.
struct Fence {
    mark: Vec<u8>,
    slave: Option<OwnedFd>,
    written: usize,
    /// The start of a mark, perhaps: kept until the next bytes tell.
    held: Vec<u8>,
}

impl Fence {
    fn new(slave: io::Result<OwnedFd>) -> Self {
        use std::hash::{BuildHasher, RandomState};
        let nonce = RandomState::new().hash_one(0);
        let mark = format!("\x1b_{nonce:016x}\x1b\\").into_bytes();
        Self { mark, slave: slave.ok(), written: 0, held: Vec::new() }
    }

    /// Writes what the terminal has room for; whether all of it is written.
    fn write(&mut self) -> bool {
        let Some(slave) = &self.slave else { return false };
        let left = &self.mark[self.written..];
        if !left.is_empty() {
            self.written += rustix::io::write(slave, left).unwrap_or(0);
        }
        self.written == self.mark.len()
    }

    /// These bytes, with those held before, without the mark; and whether the mark was there.
    fn without(&mut self, bytes: Vec<u8>) -> (Vec<u8>, bool) {
        let mut all = std::mem::take(&mut self.held);
        all.extend(bytes);
        let at = all.windows(self.mark.len()).position(|window| window == self.mark);
        if let Some(at) = at {
            all.drain(at..at + self.mark.len());
            return (all, true);
        }
        let longest = all.len().min(self.mark.len() - 1);
        let held = (1..=longest).rev().find(|len| all.ends_with(&self.mark[..*len])).unwrap_or(0);
        self.held = all.split_off(all.len() - held);
        (all, false)
    }
}

/// Reads all that is there, up to a chunk.
fn read(master: impl AsFd, buffer: &mut [u8]) -> ReadResult {
    let mut filled = 0;
    while filled < buffer.len() {
        match rustix::io::read(&master, &mut buffer[filled..]) {
            Ok(0) if filled == 0 => return ReadResult::Closed,
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if filled == 0 => return ReadResult::Nothing,
            // `EIO`: nobody holds the other end any more.
            Err(_) if filled == 0 => return ReadResult::Closed,
            Err(_) => break,
        }
    }
    ReadResult::Bytes(buffer[..filled].to_vec())
}

fn poll(files: &mut [PollFd<'_>], left: Option<Duration>) {
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    let _ = rustix::event::poll(files, left.as_ref());
}

#[expect(clippy::disallowed_methods, reason = "time limits are kept here")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence() -> Fence {
        Fence::new(Err(io::Error::other("not written in this test")))
    }

    #[test]
    fn a_fence_is_found_and_taken_out() {
        let mut fence = fence();
        let bytes = [b"before".as_slice(), &fence.mark, b"after"].concat();
        assert_eq!(fence.without(bytes), (b"beforeafter".to_vec(), true));
    }

    #[test]
    fn a_fence_in_two_pieces_is_found() {
        let mut fence = fence();
        let (start, end) = (fence.mark[..5].to_vec(), fence.mark[5..].to_vec());
        let first = [b"before".to_vec(), start].concat();
        assert_eq!(fence.without(first), (b"before".to_vec(), false));
        assert_eq!(fence.without(end), (Vec::new(), true));
    }

    #[test]
    fn what_only_looks_like_a_fence_is_not_lost() {
        let mut fence = fence();
        assert_eq!(fence.without(b"red \x1b".to_vec()), (b"red ".to_vec(), false));
        assert_eq!(fence.without(b"[31m".to_vec()), (b"\x1b[31m".to_vec(), false));
    }
}
