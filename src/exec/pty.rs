//! A pseudo-terminal for a run to write to: programs colour and flush as for a person, and stdout
//! and stderr keep their order. Bytes pass through as written: no `\r` is added, nothing is echoed.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{Mode, OFlags};
use rustix::io::FdFlags;
use rustix::pty::OpenptFlags;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Winsize,
};

use crate::run::Input;

/// Keeps our end from children from the first instant on, where the system can.
#[cfg(target_os = "linux")]
const PRIVATE: OpenptFlags = OpenptFlags::CLOEXEC;
#[cfg(not(target_os = "linux"))]
const PRIVATE: OpenptFlags = OpenptFlags::empty();

/// A pseudo-terminal, open at both ends; neither end is inherited by a child.
#[derive(Debug)]
pub(super) struct Pty {
    /// Our end: what the run writes is read here.
    pub(super) master: OwnedFd,
    /// The run's end. While we hold it too, nothing written is lost when the run closes its own.
    pub(super) slave: OwnedFd,
    /// Where the run's end can be opened again.
    pub(super) path: PathBuf,
}

impl Pty {
    /// A new pseudo-terminal of this size, for a run that has this to read. Reading the master
    /// never waits.
    pub(super) fn open(columns: u16, rows: u16, input: &Input) -> io::Result<Self> {
        let pty = Self::plain(columns, rows)?;
        set_up(&pty.slave, *input != Input::Nothing)?;
        Ok(pty)
    }

    /// The same as a person's own would be: it echoes, edits lines, and knows ctrl-c.
    pub(super) fn plain(columns: u16, rows: u16) -> io::Result<Self> {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | PRIVATE)?;
        rustix::io::fcntl_setfd(&master, FdFlags::CLOEXEC)?;
        rustix::pty::grantpt(&master)?;
        rustix::pty::unlockpt(&master)?;
        rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
        let name = rustix::pty::ptsname(&master, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let pty = Self { master, slave: open_slave(&path, OFlags::empty())?, path };
        pty.resize(columns, rows)?;
        Ok(pty)
    }

    /// Tells the run a new size.
    pub(super) fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(rustix::termios::tcsetwinsize(&self.slave, size)?)
    }

    /// The run's end once more, for us to write to without waiting. A description of its own:
    /// the child's own must stay blocking.
    pub(super) fn reopen(&self) -> io::Result<OwnedFd> {
        open_slave(&self.path, OFlags::NONBLOCK)
    }
}

/// A pseudo-terminal made ahead: making one takes longer than the rest of what a run's start takes of
/// our time.
#[derive(Debug, Default)]
pub(super) struct Ptys {
    waiting: Mutex<Option<Pty>>,
}

impl Ptys {
    /// A pseudo-terminal of this size, for a run that has this to read.
    pub(super) fn open(&self, columns: u16, rows: u16, input: &Input) -> io::Result<Pty> {
        let Some(pty) = self.lock().take() else { return Pty::open(columns, rows, input) };
        pty.resize(columns, rows)?;
        if *input == Input::Nothing {
            set_up(&pty.slave, false)?;
        }
        Ok(pty)
    }

    /// Makes one, if none waits. Where that fails, the next run learns why.
    pub(super) fn refill(&self) {
        let mut waiting = self.lock();
        if waiting.is_none() {
            *waiting = Pty::open(80, 24, &Input::Speaker).ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pty>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the run's end without making it the terminal of our own session.
fn open_slave(path: &PathBuf, more: OFlags) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | more;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// No `\n` → `\r\n` on the way out. Whole lines are read, and echoed as they are typed; where nothing
/// is, every read is at the end at once.
fn set_up(slave: impl AsFd, is_read: bool) -> io::Result<()> {
    let mut modes = rustix::termios::tcgetattr(&slave)?;
    modes.output_modes.remove(OutputModes::OPOST);
    modes.input_modes.insert(InputModes::IUTF8);
    if !is_read {
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON);
        modes.special_codes[SpecialCodeIndex::VMIN] = 0;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    }
    Ok(rustix::termios::tcsetattr(&slave, OptionalActions::Now, &modes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pass_through_as_written() {
        let pty = Pty::open(80, 24, &Input::Nothing).unwrap();
        rustix::io::write(&pty.slave, b"one\ntwo\xff\n").unwrap();
        let mut ready = [rustix::event::PollFd::new(&pty.master, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut ready, None).unwrap();
        let mut bytes = [0; 64];
        let read = rustix::io::read(&pty.master, &mut bytes).unwrap();
        assert_eq!(&bytes[..read], b"one\ntwo\xff\n");
    }

    #[test]
    fn the_size_is_told_and_told_again() {
        let pty = Pty::open(80, 24, &Input::Nothing).unwrap();
        pty.resize(132, 50).unwrap();
        let size = rustix::termios::tcgetwinsize(&pty.slave).unwrap();
        assert_eq!((size.ws_col, size.ws_row), (132, 50));
    }
}
