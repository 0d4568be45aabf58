//! The keeper of a terminal: a process of ours that leads the session which the terminal controls, and
//! starts a run's programs in it, so that `/dev/tty` is the run's terminal for them.
//!
//! The program itself must not lead that session: when a leader ends, the system takes the terminal away
//! and hangs up on what the program left behind. A process cannot enter a session either, so the keeper
//! starts the program, but as a child of the keeper's parent, which waits for it as for any other.

#![expect(unsafe_code, reason = "no safe call starts a sibling")]

use std::ffi::{CStr, CString};
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::ptr;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use rustix::process::{Pid, WaitOptions};

use super::process_tag;

/// The argument that makes this program a keeper.
pub(super) const ARGUMENT: &str = "--terminal-keeper";

/// The most files of a program: the standard ones, and one for the sandbox.
const MAX_FILES: usize = 4;

/// Files of the keeper itself have numbers from here on, or are standard ones.
const FIRST_OWN_FILE: i32 = 10;

/// The bytes of an answer: the process and the error, four each.
const ANSWER_LEN: usize = 8;

/// A program for the keeper to start.
pub(super) struct KeptProgram<'a> {
    /// The program and its arguments; not empty.
    pub(super) line: &'a [CString],
    /// Its environment, as `NAME=value`.
    pub(super) environment: &'a [CString],
    /// Its directory; empty for the keeper's.
    pub(super) directory: &'a CStr,
    /// Its files, from number 0 on.
    pub(super) files: &'a [BorrowedFd<'a>],
    /// Its tag, if it has one.
    pub(super) tag: Option<u64>,
}

/// Our end of the socket to a keeper, which ends when this is dropped.
#[derive(Debug)]
pub(in crate::exec) struct Keeper {
    socket: UnixStream,
}

impl Keeper {
    /// Returns the keeper at the other end of a socket.
    pub(super) fn new(socket: UnixStream) -> Self {
        Self { socket }
    }

    /// Starts a program as a child of this process, in the keeper's session. Returns `None` if there is no
    /// keeper any more.
    pub(super) fn start(&self, program: &KeptProgram<'_>) -> Option<io::Result<Pid>> {
        let mut answer = [0; ANSWER_LEN];
        let answered = send(&self.socket, &program.encode(), program.files)
            .and_then(|()| (&self.socket).read_exact(&mut answer));
        answered.ok()?;
        let [process, error] = *answer.as_chunks::<4>().0 else { return None };
        let (process, error) = (i32::from_ne_bytes(process), i32::from_ne_bytes(error));
        let pid = Pid::from_raw(process);
        if error == 0 {
            return pid.map(Ok);
        }
        if let Some(pid) = pid {
            // It has ended without becoming the program.
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
        }
        Some(Err(io::Error::from_raw_os_error(error)))
    }
}

impl KeptProgram<'_> {
    /// Encodes it: the length of all, the tag, the number of words in the line, then zero-terminated
    /// strings.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        bytes.extend(self.tag.unwrap_or(0).to_ne_bytes());
        bytes.extend((self.line.len() as u64).to_ne_bytes());
        bytes.extend(self.directory.to_bytes_with_nul());
        for text in self.line.iter().chain(self.environment) {
            bytes.extend(text.as_bytes_with_nul());
        }
        let length = bytes.len() as u64 - 8;
        bytes[..8].copy_from_slice(&length.to_ne_bytes());
        bytes
    }
}

fn send(mut to: &UnixStream, bytes: &[u8], files: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(files));
    let sent =
        rustix::net::sendmsg(to, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL)?;
    to.write_all(&bytes[sent..])
}

/// A decoded [`KeptProgram`].
struct KeptRequest {
    tag: Option<u64>,
    directory: CString,
    line: Vec<CString>,
    environment: Vec<CString>,
    files: Vec<OwnedFd>,
}

impl KeptRequest {
    /// Waits for the next request. Returns `None` when the other end is gone.
    fn receive(mut socket: &UnixStream) -> Option<Self> {
        let mut head = [0; 24];
        let (read, files) = receive_files(socket, &mut head).ok()?;
        (read > 0).then_some(())?;
        socket.read_exact(&mut head[read..]).ok()?;
        let [length, tag, words] = *head.as_chunks::<8>().0 else { return None };
        let mut texts = vec![0; usize::try_from(u64::from_ne_bytes(length)).ok()?.checked_sub(16)?];
        socket.read_exact(&mut texts).ok()?;
        let texts = texts.strip_suffix(&[0])?;
        let mut texts = texts.split(|byte| *byte == 0).map(|text| CString::new(text).ok());
        let directory = texts.next()??;
        let mut line: Vec<CString> = texts.collect::<Option<_>>()?;
        let environment = line.split_off(usize::try_from(u64::from_ne_bytes(words)).ok()?);
        let tag = Some(u64::from_ne_bytes(tag)).filter(|tag| *tag > 0);
        Some(Self { tag, directory, line, environment, files })
    }

    /// Starts the program as a child of our parent. Returns its number, and the error that kept it from
    /// becoming the program.
    fn start(&self) -> (i32, i32) {
        let Ok((mut failed, failure)) = io::pipe() else { return (0, libc::EMFILE) };
        let Ok(failure) = out_of_the_way(&failure.into()) else { return (0, libc::EMFILE) };
        // SAFETY: this process has one thread, and the child shares no memory with it.
        let pid = unsafe { clone_as_sibling() };
        match i32::try_from(pid) {
            Ok(0) => self.become_program(&failure),
            Ok(pid @ 1..) => {
                drop(failure);
                let mut error = [0; 4];
                let has_failed = failed.read_exact(&mut error).is_ok();
                (pid, if has_failed { i32::from_ne_bytes(error) } else { 0 })
            }
            _ => (0, io::Error::last_os_error().raw_os_error().unwrap_or(libc::EAGAIN)),
        }
    }

    /// Becomes the program, in the foreground of the terminal.
    fn become_program(&self, failure: &OwnedFd) -> ! {
        let pointers = |texts: &[CString]| -> Vec<*const libc::c_char> {
            texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
        };
        let (line, environment) = (pointers(&self.line), pointers(&self.environment));
        if let Some(tag) = self.tag {
            process_tag::set_own(tag);
        }
        // SAFETY: all pointers are to zero-terminated strings and lists that live to the end of the
        // process, and the files are open.
        unsafe {
            libc::setpgid(0, 0);
            let terminal = libc::open(c"/dev/tty".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
            libc::tcsetpgrp(terminal, libc::getpid());
            libc::close(terminal);
            for signal in CHANGED_SIGNALS {
                libc::signal(signal, libc::SIG_DFL);
            }
            for (number, file) in (0..).zip(&self.files) {
                libc::dup2(file.as_raw_fd(), number);
            }
            if self.directory.is_empty() || libc::chdir(self.directory.as_ptr()) == 0 {
                libc::execve(line[0], line.as_ptr(), environment.as_ptr());
            }
            let error = io::Error::last_os_error().raw_os_error().unwrap_or(libc::ENOEXEC);
            libc::write(failure.as_raw_fd(), (&raw const error).cast(), 4);
            libc::_exit(127)
        }
    }
}

/// Signals that this program, as a keeper, does not handle as programs expect to.
const CHANGED_SIGNALS: [libc::c_int; 2] = [libc::SIGPIPE, libc::SIGTTOU];

/// Forks, but the child is a sibling of this process.
///
/// # Safety
/// As for `fork`.
#[cfg(target_os = "linux")]
unsafe fn clone_as_sibling() -> libc::c_long {
    let flags = libc::c_long::from(libc::CLONE_PARENT | libc::SIGCHLD);
    let none = ptr::null::<libc::c_void>();
    // SAFETY: without a stack and without shared memory it is a fork.
    unsafe { libc::syscall(libc::SYS_clone, flags, none, none, none, none) }
}

#[cfg(not(target_os = "linux"))]
unsafe fn clone_as_sibling() -> libc::c_long {
    -1
}

/// Runs this program as a keeper, if it was started as one: its standard input is the terminal, its
/// standard output the socket.
pub(in crate::exec) fn entry() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != ARGUMENT {
        return None;
    }
    // SAFETY: changes this process's own files, which nothing else uses: standard error is `/dev/null`.
    let socket = unsafe {
        libc::signal(libc::SIGTTOU, libc::SIG_IGN);
        libc::dup2(2, 0);
        let socket = libc::fcntl(1, libc::F_DUPFD_CLOEXEC, FIRST_OWN_FILE);
        libc::dup2(2, 1);
        UnixStream::from_raw_fd(socket)
    };
    while let Some(request) = KeptRequest::receive(&socket) {
        let (process, error) = request.start();
        let answer = [process.to_ne_bytes(), error.to_ne_bytes()].concat();
        if (&socket).write_all(&answer).is_err() {
            break;
        }
    }
    Some(ExitCode::SUCCESS)
}

/// Moves a file to a number that no program's files have.
fn out_of_the_way(file: &OwnedFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(file, FIRST_OWN_FILE)?)
}

fn receive_files(socket: &UnixStream, head: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(head)];
    let read = rustix::net::recvmsg(socket, &mut parts, &mut ancillary, RecvFlags::empty())?.bytes;
    let mut files = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            for file in received {
                files.push(out_of_the_way(&file)?);
            }
        }
    }
    Ok((read, files))
}
