//! Our end of the socket to the worker: orders go out; that it is ready, and which of its forks wait
//! for an order, comes in.
//!
//! A fork that waits gets its order from us, past the worker, which is told of it afterwards: that
//! saves waking the worker up between a key and what the block writes.

use std::collections::BTreeSet;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::io::{Errno, FdFlags};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};

use super::request::{FILE_COUNT, frame, send};

/// How much is read at a time.
const READ_SIZE: usize = 1024;

/// The full names of modules.
pub(in crate::exec::python) type LoadedModules = BTreeSet<String>;

/// Keeps what comes from children from the first instant on, where the system can.
#[cfg(target_os = "linux")]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::empty();

/// The socket, and what was heard there.
#[derive(Debug)]
pub(in crate::exec::python) struct Control {
    socket: Arc<UnixStream>,
    unread: Vec<u8>,
    loaded: Option<Arc<LoadedModules>>,
    fork: Option<WaitingFork>,
}

/// A process that waits for one order.
#[derive(Debug)]
struct WaitingFork {
    /// Its number, in digits.
    process: Vec<u8>,
    orders: UnixStream,
}

impl Control {
    /// Nothing was heard yet on this socket.
    pub(in crate::exec::python) fn new(socket: UnixStream) -> Self {
        Self { socket: Arc::new(socket), unread: Vec::new(), loaded: None, fork: None }
    }

    /// Gives an order to a fork that waits, or else to the worker.
    pub(in crate::exec::python) fn order(
        &mut self,
        frame: &[u8],
        files: [BorrowedFd<'_>; FILE_COUNT],
    ) -> io::Result<()> {
        if self.order_fork(frame, files) { Ok(()) } else { send(&self.socket, frame, files) }
    }

    /// Gives an order to a fork that waits; whether there is one. An order of up to 64 KiB never
    /// waits.
    pub(in crate::exec::python) fn order_fork(
        &mut self,
        order: &[u8],
        files: [BorrowedFd<'_>; FILE_COUNT],
    ) -> bool {
        self.hear();
        let Some(fork) = self.fork.take() else { return false };
        if send(&fork.orders, order, files).is_err() {
            return false;
        }
        // A worker that is gone shows when the run is followed.
        let _ = send(&self.socket, &frame([fork.process.as_slice()]), files);
        true
    }

    /// Whether a fork waits for an order.
    pub(in crate::exec::python) fn has_fork(&mut self) -> bool {
        self.hear();
        self.fork.is_some()
    }

    /// The modules that the worker has loaded, once it takes orders.
    pub(in crate::exec::python) fn loaded(&mut self) -> Option<Arc<LoadedModules>> {
        self.hear();
        self.loaded.clone()
    }

    /// What is readable when there is something to hear.
    pub(in crate::exec::python) fn socket(&self) -> Arc<UnixStream> {
        self.socket.clone()
    }

    /// Takes in what the worker has told. Never waits.
    fn hear(&mut self) {
        let mut bytes = [0; READ_SIZE];
        let mut came = None;
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
                    came = files.last().or(came);
                }
            }
            self.unread.extend(&bytes[..read]);
            self.take_lines(&mut came);
        }
    }

    /// Reads the lines that are whole; the file that came with the last of them.
    fn take_lines(&mut self, came: &mut Option<OwnedFd>) {
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            let line = line.trim_ascii_end();
            if let Some(names) = line.strip_prefix(b"ready") {
                let names = String::from_utf8_lossy(names);
                self.loaded = Some(Arc::new(names.split_whitespace().map(str::to_owned).collect()));
            }
            if let Some(process) = line.strip_prefix(b"waits ")
                && let Some(file) = came.take()
            {
                let _ = rustix::io::fcntl_setfd(&file, FdFlags::CLOEXEC);
                // One that was there before learns that it is not wanted any more.
                self.fork = Some(WaitingFork { process: process.to_vec(), orders: file.into() });
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

    /// Our end, and what the worker does at its own.
    fn control() -> (Control, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Control::new(ours), theirs)
    }

    fn tell(worker: &UnixStream, line: &str, fork: Option<&UnixStream>) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let files: Vec<_> = fork.iter().map(AsFd::as_fd).collect();
        if fork.is_some() {
            ancillary.push(SendAncillaryMessage::ScmRights(&files));
        }
        let parts = [std::io::IoSlice::new(line.as_bytes())];
        rustix::net::sendmsg(worker, &parts, &mut ancillary, SendFlags::NOSIGNAL).unwrap();
    }

    fn order(control: &mut Control) {
        let (_, file) = std::io::pipe().unwrap();
        control.order(b"order", [file.as_fd(); FILE_COUNT]).unwrap();
    }

    fn read(mut from: &UnixStream) -> Vec<u8> {
        from.set_nonblocking(true).unwrap();
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    }

    #[test]
    fn a_fork_that_waits_gets_the_order_and_the_worker_its_number() {
        let (mut control, worker) = control();
        let (orders, fork) = UnixStream::pair().unwrap();
        tell(&worker, "ready os\n", None);
        tell(&worker, "waits 77\n", Some(&orders));
        order(&mut control);
        assert_eq!(read(&fork), b"order");
        assert_eq!(read(&worker), frame([&b"77"[..]]));
        order(&mut control);
        assert_eq!(read(&worker), b"order");
    }

    #[test]
    fn an_order_for_a_fork_that_is_gone_goes_to_the_worker() {
        let (mut control, worker) = control();
        let (orders, fork) = UnixStream::pair().unwrap();
        tell(&worker, "waits 77\n", Some(&orders));
        assert!(control.has_fork());
        drop(fork);
        order(&mut control);
        assert_eq!(read(&worker), b"order");
    }

    #[test]
    fn the_newest_fork_is_the_one_and_the_others_learn_it() {
        let (mut control, worker) = control();
        let (old, older_fork) = UnixStream::pair().unwrap();
        let (new, fork) = UnixStream::pair().unwrap();
        tell(&worker, "waits 7\n", Some(&old));
        tell(&worker, "waits 8\n", Some(&new));
        drop((old, new));
        order(&mut control);
        assert_eq!(read(&fork), b"order");
        assert_eq!((&older_fork).read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn a_worker_is_ready_when_it_tells_what_it_has_loaded() {
        let (mut control, worker) = control();
        assert_eq!(control.loaded(), None);
        tell(&worker, "ready os o", None);
        assert_eq!(control.loaded(), None);
        tell(&worker, "s.path\n", None);
        for _ in 0..2 {
            let loaded = control.loaded().unwrap();
            assert!(loaded.iter().eq(["os", "os.path"]));
        }
    }
}
