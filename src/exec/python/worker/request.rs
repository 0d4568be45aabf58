//! Requests to the worker: bytes on a socket, with the files of a run.

use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use crate::exec::io::capture::StdioFds;
use crate::exec::os::process_tag::Owner;
use crate::exec::os::wait::poll;
use crate::run::Snippet;

/// The number of files sent with a request.
pub(in crate::exec::python) const FILE_COUNT: usize = 3;

/// The longest request that can be sent without blocking, in bytes: a writable socket accepts this
/// much.
pub(in crate::exec::python) const MAX_NONBLOCKING_LEN: usize = 64 << 10;

/// A request and the files sent with it.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec::python) struct Dispatch<'a> {
    /// What to run.
    pub(in crate::exec::python) request: &'a RunRequest<'a>,
    /// The files that the run writes to.
    pub(in crate::exec::python) output: StdioFds<'a>,
    /// The socket for reports about the run.
    pub(in crate::exec::python) reports: BorrowedFd<'a>,
}

impl Dispatch<'_> {
    /// Returns the files in the order in which they are sent.
    pub(in crate::exec::python) fn files(&self) -> [BorrowedFd<'_>; FILE_COUNT] {
        [self.output.output, self.output.terminal, self.reports]
    }
}

/// What to run, and how.
#[derive(Clone, Debug)]
pub(in crate::exec::python) struct RunRequest<'a> {
    /// The code and its place in the deck.
    pub(in crate::exec::python) snippet: &'a Snippet,
    /// The file with the code, if there is one: `__file__`.
    pub(in crate::exec::python) script: Option<PathBuf>,
    /// The absolute working directory.
    pub(in crate::exec::python) directory: &'a Path,
    /// The memory limit for data, in bytes.
    pub(in crate::exec::python) memory: Option<u64>,
    /// The kind of run.
    pub(in crate::exec::python) kind: RequestKind,
    /// The folder with the states of the deck's modules, if there are any.
    pub(in crate::exec::python) modules: Option<&'a Path>,
    /// The owner of the run's processes.
    pub(in crate::exec::python) owner: Option<Owner>,
}

/// The kind of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec::python) enum RequestKind {
    /// A block without a session: the process ends with its code.
    Alone,
    /// The first block of a session.
    First,
    /// A later block of a session.
    Next,
    /// A list of a session's variables.
    Variables,
    /// Imports ahead of the blocks that need them.
    Preimport,
}

impl RequestKind {
    /// Returns the name that the worker reads.
    fn word(self) -> &'static [u8] {
        match self {
            Self::Alone => b"alone",
            Self::First => b"first",
            Self::Next => b"next",
            Self::Variables => b"variables",
            Self::Preimport => b"preimport",
        }
    }
}

impl RunRequest<'_> {
    /// Returns the bytes to send. `environment` holds changes to the environment of the receiving
    /// process: `NAME=value` sets a variable, `NAME` removes it.
    pub(in crate::exec::python) fn frame(&self, environment: &[Vec<u8>]) -> Vec<u8> {
        let Snippet { code, first_line, file, .. } = self.snippet;
        let deck = || std::path::absolute(file).unwrap_or_else(|_| file.clone());
        let path = self.script.clone().unwrap_or_else(deck);
        let first_line = first_line.to_string();
        let memory = self.memory.unwrap_or(0).to_string();
        let owner = self.owner.map_or(0, Owner::number).to_string();
        let fields = [
            code.as_bytes(),
            first_line.as_bytes(),
            file.as_os_str().as_bytes(),
            path.as_os_str().as_bytes(),
            self.directory.as_os_str().as_bytes(),
            memory.as_bytes(),
            self.kind.word(),
            self.modules.map_or(&[][..], |folder| folder.as_os_str().as_bytes()),
            owner.as_bytes(),
        ];
        let own = self.snippet.environment.iter();
        let own: Vec<_> = own.map(|(name, value)| format!("{name}={value}").into_bytes()).collect();
        let environment = environment.iter().chain(&own).map(Vec::as_slice);
        frame(fields.into_iter().chain(environment))
    }
}

/// Encodes fields for the worker: the total length, then each field after its own length.
pub(in crate::exec::python) fn frame<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut frame = vec![0; 4];
    for field in fields {
        frame.extend(length(field));
        frame.extend(field);
    }
    let total = length(&frame[4..]);
    frame[..4].copy_from_slice(&total);
    frame
}

/// Sends a frame with the files of a run.
pub(in crate::exec::python) fn send(
    mut to: &UnixStream,
    frame: &[u8],
    files: [BorrowedFd<'_>; FILE_COUNT],
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILE_COUNT))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&files));
    let parts = [IoSlice::new(frame)];
    let sent = rustix::net::sendmsg(to, &parts, &mut ancillary, SendFlags::NOSIGNAL)?;
    to.write_all(&frame[sent..])
}

/// Sends a frame if that does not block, not even on a stuck reader; returns whether it was sent.
pub(in crate::exec::python) fn try_send(
    to: &UnixStream,
    frame: &[u8],
    files: [BorrowedFd<'_>; FILE_COUNT],
) -> bool {
    let mut file = [PollFd::new(to, PollFlags::OUT)];
    poll(&mut file, Some(Duration::ZERO));
    let is_writable = file[0].revents() == PollFlags::OUT;
    is_writable && frame.len() <= MAX_NONBLOCKING_LEN && send(to, frame, files).is_ok()
}

/// Encodes the length of a field.
fn length(field: &[u8]) -> [u8; 4] {
    u32::try_from(field.len()).unwrap_or(u32::MAX).to_le_bytes()
}
