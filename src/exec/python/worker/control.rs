//! Our end of the control socket: requests go out; the worker announces that it is ready, and each
//! fork that waits for a request.
//!
//! A waiting fork gets its request directly from us, and the worker hears of it afterwards. This saves
//! waking up the worker between a key and the block's output.

use std::collections::BTreeSet;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::io::{Errno, FdFlags};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};

use super::request::{FILE_COUNT, frame, send};

/// The most bytes read at a time.
const READ_SIZE: usize = 1024;

/// The full names of modules.
pub(in crate::exec::python) type LoadedModules = BTreeSet<String>;

/// Marks received files close-on-exec at once, where the system can.
#[cfg(target_os = "linux")]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::empty();

/// The control socket and what the worker has announced on it.
#[derive(Debug)]
pub(in crate::exec::python) struct Control {
    socket: Arc<UnixStream>,
    unread: Vec<u8>,
    loaded: Option<Arc<LoadedModules>>,
    fork: Option<WaitingFork>,
}

/// A fork that waits for one request.
#[derive(Debug)]
struct WaitingFork {
    /// Its process number, in digits.
    process: Vec<u8>,
    requests: UnixStream,
}

impl Control {
    /// Returns the control of a worker on this socket.
    pub(in crate::exec::python) fn new(socket: UnixStream) -> Self {
        Self { socket: Arc::new(socket), unread: Vec::new(), loaded: None, fork: None }
    }

    /// Sends a request to a waiting fork, or else to the worker.
    pub(in crate::exec::python) fn send(
        &mut self,
        frame: &[u8],
        files: [BorrowedFd<'_>; FILE_COUNT],
    ) -> io::Result<()> {
        if self.send_to_fork(frame, files) { Ok(()) } else { send(&self.socket, frame, files) }
    }

    /// Sends a request to a waiting fork; returns whether there is one. Does not block if the request
    /// has up to [`MAX_NONBLOCKING_LEN`](super::request::MAX_NONBLOCKING_LEN) bytes.
    pub(in crate::exec::python) fn send_to_fork(
        &mut self,
        request: &[u8],
        files: [BorrowedFd<'_>; FILE_COUNT],
    ) -> bool {
        self.read();
        let Some(fork) = self.fork.take() else { return false };
        if send(&fork.requests, request, files).is_err() {
            return false;
        }
        // A failure shows as the end of the worker while the run is monitored.
        let _ = send(&self.socket, &frame([fork.process.as_slice()]), files);
        true
    }

    /// Returns whether a fork waits for a request.
    pub(in crate::exec::python) fn has_fork(&mut self) -> bool {
        self.read();
        self.fork.is_some()
    }

    /// Returns the modules that the worker has loaded, once it is ready.
    pub(in crate::exec::python) fn loaded(&mut self) -> Option<Arc<LoadedModules>> {
        self.read();
        self.loaded.clone()
    }

    /// Returns the socket, which is readable when the worker has written.
    pub(in crate::exec::python) fn socket(&self) -> Arc<UnixStream> {
        self.socket.clone()
    }

    /// Reads what the worker has written. Never blocks.
    fn read(&mut self) {
        let mut bytes = [0; READ_SIZE];
        let mut received = None;
        loop {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let (parts, how) =
                (&mut [IoSliceMut::new(&mut bytes)], RecvFlags::DONTWAIT | CLOSE_ON_EXEC);
            let read = match rustix::net::recvmsg(&self.socket, parts, &mut ancillary, how) {
                Err(Errno::INTR) => continue,
                Ok(message) if message.bytes > 0 => message.bytes,
                Ok(_) | Err(_) => return,
            };
            for message in ancillary.drain() {
                if let RecvAncillaryMessage::ScmRights(files) = message {
                    received = files.last().or(received);
                }
            }
            self.unread.extend(&bytes[..read]);
            self.handle_lines(&mut received);
        }
    }

    /// Handles complete lines. `received` is the file that came with the last of them.
    fn handle_lines(&mut self, received: &mut Option<OwnedFd>) {
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            let line = line.trim_ascii_end();
            if let Some(names) = line.strip_prefix(b"ready") {
                let names = String::from_utf8_lossy(names);
                self.loaded = Some(Arc::new(names.split_whitespace().map(str::to_owned).collect()));
            }
            if let Some(process) = line.strip_prefix(b"waits ")
                && let Some(file) = received.take()
            {
                let _ = rustix::io::fcntl_setfd(&file, FdFlags::CLOEXEC);
                // Closing its socket ends the previous waiting fork.
                self.fork = Some(WaitingFork { process: process.to_vec(), requests: file.into() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsFd;

    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

    use super::*;

    /// Returns our end and the worker's end of a control socket.
    fn control() -> (Control, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Control::new(ours), theirs)
    }

    fn announce(worker: &UnixStream, line: &str, fork: Option<&UnixStream>) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let files: Vec<_> = fork.iter().map(AsFd::as_fd).collect();
        if fork.is_some() {
            ancillary.push(SendAncillaryMessage::ScmRights(&files));
        }
        let parts = [std::io::IoSlice::new(line.as_bytes())];
        rustix::net::sendmsg(worker, &parts, &mut ancillary, SendFlags::NOSIGNAL).unwrap();
    }

    fn send_request(control: &mut Control) {
        let (_, file) = std::io::pipe().unwrap();
        control.send(b"request", [file.as_fd(); FILE_COUNT]).unwrap();
    }

    fn read(mut from: &UnixStream) -> Vec<u8> {
        from.set_nonblocking(true).unwrap();
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    }

    #[test]
    fn waiting_fork_gets_the_request_and_the_worker_its_number() {
        let (mut control, worker) = control();
        let (requests, fork) = UnixStream::pair().unwrap();
        announce(&worker, "ready os\n", None);
        announce(&worker, "waits 77\n", Some(&requests));
        send_request(&mut control);
        assert_eq!(read(&fork), b"request");
        assert_eq!(read(&worker), frame([&b"77"[..]]));
        send_request(&mut control);
        assert_eq!(read(&worker), b"request");
    }

    #[test]
    fn request_for_a_dead_fork_goes_to_the_worker() {
        let (mut control, worker) = control();
        let (requests, fork) = UnixStream::pair().unwrap();
        announce(&worker, "waits 77\n", Some(&requests));
        assert!(control.has_fork());
        drop(fork);
        send_request(&mut control);
        assert_eq!(read(&worker), b"request");
    }

    #[test]
    fn newest_fork_replaces_the_older_ones() {
        let (mut control, worker) = control();
        let (old, older_fork) = UnixStream::pair().unwrap();
        let (new, fork) = UnixStream::pair().unwrap();
        announce(&worker, "waits 7\n", Some(&old));
        announce(&worker, "waits 8\n", Some(&new));
        drop((old, new));
        send_request(&mut control);
        assert_eq!(read(&fork), b"request");
        assert_eq!((&older_fork).read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn worker_is_ready_when_it_reports_its_modules() {
        let (mut control, worker) = control();
        assert_eq!(control.loaded(), None);
        announce(&worker, "ready os o", None);
        assert_eq!(control.loaded(), None);
        announce(&worker, "s.path\n", None);
        for _ in 0..2 {
            let loaded = control.loaded().unwrap();
            assert!(loaded.iter().eq(["os", "os.path"]));
        }
    }
}
