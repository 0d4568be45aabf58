//! A pseudo-terminal for a run to write to: programs colour and flush as for a person, and stdout
//! and stderr keep their order. Bytes pass through as written: no `\r` is added, nothing is echoed.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::fs::{Mode, OFlags};
use rustix::io::FdFlags;
use rustix::pty::OpenptFlags;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Winsize,
};

use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::spawn::SpawnCommand;
use crate::run::StdinSource;

/// Keeps our end from children from the first instant on, where the system can.
#[cfg(target_os = "linux")]
const PRIVATE: OpenptFlags = OpenptFlags::CLOEXEC;
#[cfg(not(target_os = "linux"))]
const PRIVATE: OpenptFlags = OpenptFlags::empty();

/// A pseudo-terminal, open at both ends; neither end is inherited by a child.
#[derive(Debug)]
pub(in crate::exec) struct PtyPair {
    /// Our end: what the run writes is read here.
    pub(in crate::exec) master: OwnedFd,
    /// The run's end. While we hold it too, nothing written is lost when the run closes its own.
    pub(in crate::exec) slave: OwnedFd,
    /// Where the run's end can be opened again.
    pub(in crate::exec) path: PathBuf,
    /// Keeps it from becoming the run's own, if it is not to.
    pub(in crate::exec) holder: Option<PtyHolder>,
}

/// A process whose controlling terminal a pseudo-terminal is, and which does nothing else; it ends
/// when this is dropped.
///
/// bash opens the terminal that it reads from at its start. As the head of a session it would get it
/// as its controlling terminal, and with bash's end the system would hang up on what bash has left in
/// the background. One session has it already: so it does not become another's.
#[derive(Debug)]
pub(in crate::exec) struct PtyHolder {
    _alive: io::PipeWriter,
}

impl PtyHolder {
    /// Starts one; none where that fails.
    fn start(tree: &ProcessTree, path: &Path) -> io::Result<Self> {
        let (waits, alive) = io::pipe()?;
        let nowhere = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        let command = SpawnCommand::new("/bin/sh", nowhere.as_fd())
            .without_environment()
            .own_terminal(Some(path))
            .output(waits.as_fd())
            .args(["-c", "exec <&-; read -r nothing <&1"]);
        tree.spawn(command)?;
        Ok(Self { _alive: alive })
    }
}

impl PtyPair {
    /// A new pseudo-terminal of this size, for a run that has this to read. Reading the master
    /// never waits.
    pub(in crate::exec) fn open(columns: u16, rows: u16, input: &StdinSource) -> io::Result<Self> {
        let pty = Self::plain(columns, rows)?;
        set_up(&pty.slave, *input != StdinSource::Empty)?;
        Ok(pty)
    }

    /// The same as a person's own would be: it echoes, edits lines, and knows ctrl-c.
    pub(in crate::exec) fn plain(columns: u16, rows: u16) -> io::Result<Self> {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | PRIVATE)?;
        rustix::io::fcntl_setfd(&master, FdFlags::CLOEXEC)?;
        rustix::pty::grantpt(&master)?;
        rustix::pty::unlockpt(&master)?;
        rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
        let name = rustix::pty::ptsname(&master, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let slave = open_slave(&path, OFlags::empty())?;
        let pty = Self { master, slave, path, holder: None };
        pty.resize(columns, rows)?;
        Ok(pty)
    }

    /// Tells the run a new size.
    pub(in crate::exec) fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(rustix::termios::tcsetwinsize(&self.slave, size)?)
    }

    /// The run's end once more, for us to write to without waiting. A description of its own:
    /// the child's own must stay blocking.
    pub(in crate::exec) fn reopen(&self) -> io::Result<OwnedFd> {
        open_slave(&self.path, OFlags::NONBLOCK)
    }
}

/// A pseudo-terminal made ahead: making one takes longer than the rest of what a run's start takes of
/// our time.
#[derive(Debug, Default)]
pub(in crate::exec) struct PtyPool {
    waiting: Mutex<Option<PtyPair>>,
    /// Starts the holders, where there are any.
    tree: Option<Arc<ProcessTree>>,
}

impl PtyPool {
    /// Pseudo-terminals that do not become a run's own.
    pub(in crate::exec) fn held(tree: Arc<ProcessTree>) -> Self {
        Self { waiting: Mutex::default(), tree: Some(tree) }
    }

    fn fresh(&self, columns: u16, rows: u16, input: &StdinSource) -> io::Result<PtyPair> {
        let mut pty = PtyPair::open(columns, rows, input)?;
        // Without one, nothing is lost but what a shell leaves in the background.
        let holder = self.tree.as_ref().map(|tree| PtyHolder::start(tree, &pty.path));
        pty.holder = holder.and_then(Result::ok);
        Ok(pty)
    }

    /// A pseudo-terminal of this size, for a run that has this to read.
    pub(in crate::exec) fn open(
        &self,
        columns: u16,
        rows: u16,
        input: &StdinSource,
    ) -> io::Result<PtyPair> {
        let Some(pty) = self.waiting.lock().take() else { return self.fresh(columns, rows, input) };
        pty.resize(columns, rows)?;
        if *input == StdinSource::Empty {
            set_up(&pty.slave, false)?;
        }
        Ok(pty)
    }

    /// Makes one, if none waits. Where that fails, the next run learns why.
    pub(in crate::exec) fn refill(&self) {
        let mut waiting = self.waiting.lock();
        if waiting.is_none() {
            *waiting = self.fresh(80, 24, &StdinSource::Speaker).ok();
        }
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
        let pty = PtyPair::open(80, 24, &StdinSource::Empty).unwrap();
        rustix::io::write(&pty.slave, b"one\ntwo\xff\n").unwrap();
        let mut ready = [rustix::event::PollFd::new(&pty.master, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut ready, None).unwrap();
        let mut bytes = [0; 64];
        let read = rustix::io::read(&pty.master, &mut bytes).unwrap();
        assert_eq!(&bytes[..read], b"one\ntwo\xff\n");
    }

    #[test]
    fn the_size_is_told_and_told_again() {
        let pty = PtyPair::open(80, 24, &StdinSource::Empty).unwrap();
        pty.resize(132, 50).unwrap();
        let size = rustix::termios::tcgetwinsize(&pty.slave).unwrap();
        assert_eq!((size.ws_col, size.ws_row), (132, 50));
    }
}
