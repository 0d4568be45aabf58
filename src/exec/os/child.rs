//! A process that we started: signalling it, waiting for its end, and reaping it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions};

use super::wait::wait_readable;

/// A process we started, the leader of its own session and process group.
#[derive(Debug)]
pub(in crate::exec) struct Child {
    pid: Pid,
    /// Readable once the process has ended.
    exit: Option<OwnedFd>,
    /// Set when the process was reaped: from then on its PID may name another process.
    status: Mutex<Option<ChildStatus>>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec) enum ChildStatus {
    /// It exited with this status.
    Exited(i32),
    /// This signal ended it.
    Signaled(i32),
}

impl Child {
    /// Takes charge of a process that was just started.
    pub(super) fn new(pid: Pid) -> Self {
        let exit = exit_fd(pid).or_else(|| exit_pipe(pid).ok());
        Self { pid, exit, status: Mutex::new(None) }
    }

    /// Returns the PID, which is also the number of its process group.
    pub(in crate::exec) fn pid(&self) -> Pid {
        self.pid
    }

    /// Returns a file that is readable once the process has ended. `None` if the system had no file
    /// left.
    pub(in crate::exec) fn exit(&self) -> Option<BorrowedFd<'_>> {
        self.exit.as_ref().map(AsFd::as_fd)
    }

    /// Returns how it ended, if it was reaped.
    pub(in crate::exec) fn status(&self) -> Option<ChildStatus> {
        *self.status.lock()
    }

    /// Signals its process group, unless it was reaped.
    pub(in crate::exec) fn signal(&self, signal: Signal) {
        if self.status.lock().is_none() {
            let _ = rustix::process::kill_process_group(self.pid, signal);
        }
    }

    /// Waits for its end and reaps it.
    pub(in crate::exec) fn wait(&self) -> ChildStatus {
        loop {
            if let Some(status) = self.reap() {
                return status;
            }
            match &self.exit {
                Some(exit) => drop(wait_readable(exit, None)),
                None => wait_unreaped(self.pid),
            }
        }
    }

    /// Reaps it if it has ended, and returns how.
    pub(in crate::exec) fn reap(&self) -> Option<ChildStatus> {
        let mut known = self.status.lock();
        if known.is_none() {
            *known = match rustix::process::waitpid(Some(self.pid), WaitOptions::NOHANG) {
                Ok(Some((_, status))) => Some(ChildStatus::from(status)),
                Ok(None) | Err(rustix::io::Errno::INTR) => None,
                // It was reaped elsewhere; its status is lost.
                Err(_) => Some(ChildStatus::Exited(-1)),
            };
        }
        *known
    }
}

impl From<rustix::process::WaitStatus> for ChildStatus {
    fn from(status: rustix::process::WaitStatus) -> Self {
        match status.terminating_signal() {
            Some(signal) => Self::Signaled(signal),
            None => Self::Exited(status.exit_status().unwrap_or(-1)),
        }
    }
}

/// Opens a file that is readable once a process has ended: its pidfd.
#[cfg(target_os = "linux")]
pub(in crate::exec) fn exit_fd(process: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
pub(in crate::exec) fn exit_fd(_: Pid) -> Option<OwnedFd> {
    None
}

/// Opens a pipe that is closed by a thread that waits for a process. For systems without pidfds.
fn exit_pipe(pid: Pid) -> io::Result<OwnedFd> {
    let (reader, writer) = io::pipe()?;
    std::thread::Builder::new().name("wait".to_owned()).spawn(move || {
        wait_unreaped(pid);
        drop(writer);
    })?;
    Ok(reader.into())
}

/// Waits for a process to end without reaping it.
fn wait_unreaped(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let wait = || rustix::process::waitid(WaitId::Pid(pid), options);
    while wait().is_err_and(|error| error == rustix::io::Errno::INTR) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::os::process_tree::ProcessTree;
    use crate::exec::os::spawn::SpawnCommand;

    #[test]
    fn end_is_detected_without_a_pidfd() {
        let tree = ProcessTree::new();
        let (_reader, writer) = io::pipe().unwrap();
        let command = SpawnCommand::new("/bin/sh", writer.as_fd()).args(["-c", "exit 3"]);
        let child = tree.spawn(command).unwrap();
        let exit = exit_pipe(child.pid()).unwrap();
        wait_readable(&exit, None);
        assert_eq!(child.reap(), Some(ChildStatus::Exited(3)));
    }
}
