//! A TCP connection to a kernel or its server. Reading never waits, and writing does not wait for long.

use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

use crate::exec::os::wait::poll;

/// How long the other side may take to accept bytes. It reads on a thread of its own.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes to read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// How many of them to read before other files get attention.
const MAX_CHUNKS: usize = 16;

/// A connection.
#[derive(Debug)]
pub(super) struct KernelStream(TcpStream);

impl KernelStream {
    /// Takes over a connection.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Passes on what is available. Returns why there will be no more, if the connection is closed or
    /// `accept` refuses something.
    pub(super) fn read(
        &self,
        mut accept: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Option<String> {
        let mut buffer = vec![0; CHUNK_BYTES];
        for _ in 0..MAX_CHUNKS {
            let end = match rustix::io::read(&self.0, &mut buffer) {
                Ok(0) => Some("it closed its connection".to_owned()),
                Ok(count) => accept(&buffer[..count]).err(),
                Err(Errno::INTR) => None,
                Err(Errno::AGAIN) => break,
                Err(error) => Some(error.to_string()),
            };
            if end.is_some() {
                return end;
            }
        }
        None
    }

    /// Writes bytes, and removes them from their buffer.
    pub(super) fn write(&self, outgoing: &mut Vec<u8>) -> io::Result<()> {
        while !outgoing.is_empty() {
            match rustix::io::write(&self.0, outgoing) {
                Ok(count) => drop(outgoing.drain(..count)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let mut file = [PollFd::new(&self.0, PollFlags::OUT)];
                    if poll(&mut file, Some(SEND_TIMEOUT)) == 0 {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl AsFd for KernelStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
