//! Pseudo-terminals for runs: programs colour and flush their output as for a person, and stdout and
//! stderr keep their order. Output passes unchanged: no `\r` is added, nothing is echoed.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::fs::{Mode, OFlags};
use rustix::io::FdFlags;
use rustix::pty::OpenptFlags;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Winsize,
};

use super::keeper::{self, Keeper};
use super::process_tree::ProcessTree;
use super::spawn::SpawnCommand;
use crate::run::StdinSource;

/// Opens our end close-on-exec at once, if the system can.
#[cfg(target_os = "linux")]
const PRIVATE: OpenptFlags = OpenptFlags::CLOEXEC;
#[cfg(not(target_os = "linux"))]
const PRIVATE: OpenptFlags = OpenptFlags::empty();

/// A pseudo-terminal, open at both ends. Children inherit neither.
#[derive(Debug)]
pub(in crate::exec) struct PtyPair {
    /// Our end: the run's output is read here.
    pub(in crate::exec) master: OwnedFd,
    /// The run's end. While we have it open, no output is lost when the run closes it.
    pub(in crate::exec) slave: OwnedFd,
    /// The path by which the run's end can be opened again.
    pub(in crate::exec) path: PathBuf,
    /// Leads its session, and starts programs in it, if the terminal is for programs that lead none.
    pub(in crate::exec) keeper: Option<Keeper>,
}

/// Starts the process that leads the session of a pseudo-terminal.
///
/// bash opens the terminal that it reads from. As a session leader it would get it as its controlling
/// terminal, and when bash ends the system would hang up on bash's background processes. A terminal
/// that already controls a session does not become another session's.
fn start_keeper(tree: &ProcessTree, path: &Path) -> io::Result<Keeper> {
    let (ours, theirs) = UnixStream::pair()?;
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    let command = SpawnCommand::new(std::env::current_exe()?, null.as_fd())
        .arg(keeper::ARGUMENT)
        .own_terminal(Some(path))
        .output(theirs.as_fd());
    tree.spawn_own(command)?;
    Ok(Keeper::new(ours))
}

impl PtyPair {
    /// Opens a pseudo-terminal of this size, for a run with this input. Reads of the master do not
    /// block.
    pub(in crate::exec) fn open(columns: u16, rows: u16, input: &StdinSource) -> io::Result<Self> {
        let pty = Self::interactive(columns, rows)?;
        configure(&pty.slave, *input != StdinSource::Empty)?;
        Ok(pty)
    }

    /// Opens a pseudo-terminal like a person's: it echoes, edits lines and handles ctrl-c.
    pub(in crate::exec) fn interactive(columns: u16, rows: u16) -> io::Result<Self> {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | PRIVATE)?;
        rustix::io::fcntl_setfd(&master, FdFlags::CLOEXEC)?;
        rustix::pty::grantpt(&master)?;
        rustix::pty::unlockpt(&master)?;
        rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
        let name = rustix::pty::ptsname(&master, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let slave = open_slave(&path, OFlags::empty())?;
        let pty = Self { master, slave, path, keeper: None };
        pty.resize(columns, rows)?;
        Ok(pty)
    }

    /// Resizes the terminal.
    pub(in crate::exec) fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(rustix::termios::tcsetwinsize(&self.slave, size)?)
    }

    /// Stops echoing what the run reads.
    pub(in crate::exec) fn hide_input(&self) -> io::Result<()> {
        let mut modes = rustix::termios::tcgetattr(&self.slave)?;
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        Ok(rustix::termios::tcsetattr(&self.slave, OptionalActions::Now, &modes)?)
    }

    /// Opens the run's end again, for non-blocking writes of ours. It is a file description of its own,
    /// because the child's must stay blocking.
    pub(in crate::exec) fn reopen(&self) -> io::Result<OwnedFd> {
        open_slave(&self.path, OFlags::NONBLOCK)
    }
}

/// Keeps one open pseudo-terminal ready: opening one takes longer than the rest of a run's start.
#[derive(Debug, Default)]
pub(in crate::exec) struct PtyPool {
    spare: Mutex<Option<PtyPair>>,
    /// Starts the keepers, if there are to be any.
    keepers: Option<Arc<ProcessTree>>,
}

impl PtyPool {
    /// Creates a pool of pseudo-terminals that have keepers.
    pub(in crate::exec) fn kept(tree: Arc<ProcessTree>) -> Self {
        Self { spare: Mutex::default(), keepers: Some(tree) }
    }

    fn open_new(&self, columns: u16, rows: u16, input: &StdinSource) -> io::Result<PtyPair> {
        let mut pty = PtyPair::open(columns, rows, input)?;
        // Without a keeper, a shell's background processes are hung up on.
        let keeper = self.keepers.as_ref().map(|tree| start_keeper(tree, &pty.path));
        pty.keeper = keeper.and_then(Result::ok);
        Ok(pty)
    }

    /// Returns a pseudo-terminal of this size, for a run with this input.
    pub(in crate::exec) fn open(
        &self,
        columns: u16,
        rows: u16,
        input: &StdinSource,
    ) -> io::Result<PtyPair> {
        let Some(pty) = self.spare.lock().take() else {
            return self.open_new(columns, rows, input);
        };
        pty.resize(columns, rows)?;
        if *input == StdinSource::Empty {
            configure(&pty.slave, false)?;
        }
        Ok(pty)
    }

    /// Opens a spare one, if there is none. If that fails, the next run reports why.
    pub(in crate::exec) fn refill(&self) {
        let mut spare = self.spare.lock();
        if spare.is_none() {
            *spare = self.open_new(80, 24, &StdinSource::Speaker).ok();
        }
    }
}

/// Opens the run's end without making it our controlling terminal.
fn open_slave(path: &Path, more: OFlags) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | more;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Turns off `\n` → `\r\n`. A run with input reads whole lines, echoed as they are typed; for one
/// without, every read returns the end of input at once.
fn configure(slave: impl AsFd, is_read: bool) -> io::Result<()> {
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
    use crate::exec::os::wait::wait_readable;

    #[test]
    fn output_passes_unchanged() {
        let pty = PtyPair::open(80, 24, &StdinSource::Empty).unwrap();
        rustix::io::write(&pty.slave, b"one\ntwo\xff\n").unwrap();
        wait_readable(&pty.master, None);
        let mut bytes = [0; 64];
        let read = rustix::io::read(&pty.master, &mut bytes).unwrap();
        assert_eq!(&bytes[..read], b"one\ntwo\xff\n");
    }

    #[test]
    fn size_can_change() {
        let pty = PtyPair::open(80, 24, &StdinSource::Empty).unwrap();
        pty.resize(132, 50).unwrap();
        let size = rustix::termios::tcgetwinsize(&pty.slave).unwrap();
        assert_eq!((size.ws_col, size.ws_row), (132, 50));
    }
}
