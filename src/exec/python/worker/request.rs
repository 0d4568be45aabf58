//! What the worker is asked for, as bytes on a socket, with the files that go along.

use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

use crate::exec::io::capture::StdioFds;
use crate::exec::os::process_tree::Owner;
use crate::run::Snippet;

/// The files that go along with an order.
pub(in crate::exec::python) const FILE_COUNT: usize = 3;

/// The longest order that is given at once: a socket that can be written to takes so much without
/// waiting for its reader.
pub(in crate::exec::python) const MAX_NONBLOCKING_LEN: usize = 64 << 10;

/// What the worker, or what an earlier run left, is sent to do: an order and the files that go along.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec::python) struct Dispatch<'a> {
    /// What to run.
    pub(in crate::exec::python) order: &'a RunRequest<'a>,
    /// What the run writes to.
    pub(in crate::exec::python) written: StdioFds<'a>,
    /// Where it is reported about.
    pub(in crate::exec::python) reports: BorrowedFd<'a>,
}

impl Dispatch<'_> {
    /// Its files, in the order in which they are sent.
    pub(in crate::exec::python) fn files(&self) -> [BorrowedFd<'_>; FILE_COUNT] {
        [self.written.output, self.written.terminal, self.reports]
    }
}

/// What a run is asked to be.
#[derive(Clone, Debug)]
pub(in crate::exec::python) struct RunRequest<'a> {
    /// The code, and where it comes from.
    pub(in crate::exec::python) snippet: &'a Snippet,
    /// Its working directory, absolute.
    pub(in crate::exec::python) directory: &'a Path,
    /// Bytes that it may have for its data.
    pub(in crate::exec::python) memory: Option<u64>,
    /// What it is to a session.
    pub(in crate::exec::python) kind: RequestKind,
    /// Where it is told of the deck's modules, if there are any.
    pub(in crate::exec::python) modules: Option<&'a Path>,
    /// Whose processes it, and what it starts, are.
    pub(in crate::exec::python) owner: Option<Owner>,
}

/// What a run is to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec::python) enum RequestKind {
    /// None: it ends with its code.
    Alone,
    /// The first of one.
    First,
    /// One that goes on from another.
    Next,
    /// A look at the names that another left.
    Variables,
    /// No block at all: it imports what blocks will.
    Preimport,
}

impl RequestKind {
    /// As the worker reads it.
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
    /// Its bytes. `environment` is what it has over that of the process that gets it, as `NAME=value`
    /// or `NAME`.
    pub(in crate::exec::python) fn frame(&self, environment: &[Vec<u8>]) -> Vec<u8> {
        let Snippet { code, first_line, file, .. } = self.snippet;
        let path = std::path::absolute(file).unwrap_or_else(|_| file.clone());
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

/// ValueFields as the worker reads them: all of them after their length, each after its own.
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

/// Sends such bytes with the files of a run.
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

/// The same where nothing has to be waited for, not even a reader that is stuck; whether it was sent.
pub(in crate::exec::python) fn send_at_once(
    to: &UnixStream,
    frame: &[u8],
    files: [BorrowedFd<'_>; FILE_COUNT],
) -> bool {
    let mut file = [PollFd::new(to, PollFlags::OUT)];
    let is_free = rustix::event::poll(&mut file, Some(&Timespec::default())).is_ok()
        && file[0].revents() == PollFlags::OUT;
    is_free && frame.len() <= MAX_NONBLOCKING_LEN && send(to, frame, files).is_ok()
}

/// A field's length as the worker reads it.
fn length(field: &[u8]) -> [u8; 4] {
    u32::try_from(field.len()).unwrap_or(u32::MAX).to_le_bytes()
}
