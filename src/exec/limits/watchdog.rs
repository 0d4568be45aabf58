//! The watchdog: a second process of this program, for the case that livedeck is killed and cannot end
//! anything itself. It waits for our end, then ends the processes that our runs started and removes
//! their files, and deletes kernels on Jupyter servers (`farewell`).
//!
//! The watchdog has one end of a pipe whose other end only we have. However we end, the system closes
//! ours. The watchdog recognises our processes by our control group, if there is one, by their tag, and
//! by the mark in their environment.
//!
//! A process that is started here has us as its parent and may stop us (`kill -STOP $PPID`), even where
//! it cannot be stopped itself any more. So we report to the watchdog while there is such a process,
//! and it continues us.

#![expect(clippy::disallowed_methods, reason = "reads its arguments, and waits")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use super::watchdog_input::{ENDED_BYTE, STARTED_BYTE, WatchdogInput};
use crate::exec::os::cgroup::{self, Cgroup};
use crate::exec::os::process_tag::{MARK, Owner, is_detached};
use crate::exec::os::spawn::SpawnCommand;
use crate::exec::os::wait::{poll, readable};
use crate::exec::os::{process_tree, procfs, temp_dir};

/// The argument that makes this program a watchdog; the PID to watch follows.
const ARGUMENT: &str = "--warden";

/// How often to list and kill processes: more may be started meanwhile. With the pauses this takes more than a
/// minute; on a busy machine, killed processes take seconds to be gone.
const MAX_ROUNDS: usize = 1500;

/// How many of these rounds have no pause: a fork bomb must not get one.
const ROUNDS_WITHOUT_PAUSE: usize = 20;

/// The longest pause between two rounds.
const MAX_PAUSE: Duration = Duration::from_millis(50);

/// How many rounds in a row find nothing when nothing is left: the system's list of processes may miss one
/// that starts while another ends.
const EMPTY_ROUNDS: usize = 2;

/// The watchdog of this process, and our end of its pipe: closed only by our end.
static STARTED: Mutex<Option<(Pid, OwnedFd)>> = Mutex::new(None);

/// Proof that the watchdog of this process was started.
#[derive(Clone, Copy, Debug)]
pub struct Watchdog;

/// How often the watchdog checks whether we were stopped, while a process of ours could do that.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// How long the watchdog may take to connect, to send and to read, for each farewell.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(3);

/// Lets the watchdog continue this program if it is stopped, for as long as this lives.
#[derive(Debug)]
pub(in crate::exec) struct ResumeGuard(());

impl ResumeGuard {
    /// Starts the check.
    pub(in crate::exec) fn new() -> Self {
        send(&[STARTED_BYTE]);
        Self(())
    }
}

impl Drop for ResumeGuard {
    fn drop(&mut self) {
        send(&[ENDED_BYTE]);
    }
}

/// Sends a command to the watchdog, if there is one and its pipe has space: the system writes all or nothing
/// of so few bytes.
pub(super) fn send(command: &[u8]) {
    let started = STARTED.lock();
    let _ = started.as_ref().map(|(_, alive)| rustix::io::write(alive, command));
}

/// Makes a process the watchdog of this process, or none.
#[cfg(test)]
pub(super) fn pretend(process: Option<Pid>) {
    let (_, alive) = io::pipe().unwrap();
    *STARTED.lock() = process.map(|process| (process, alive.into()));
}

/// Returns whether a process is our watchdog.
pub(in crate::exec) fn is_watchdog(process: Pid) -> bool {
    let started = STARTED.lock();
    started.as_ref().is_some_and(|(watchdog, _)| *watchdog == process)
}

impl Watchdog {
    /// Starts the watchdog of this process, if there is none yet. Returns `None` on systems without
    /// `/proc`.
    ///
    /// # Errors
    /// It could not be started.
    pub fn start() -> io::Result<Option<Self>> {
        if !cfg!(target_os = "linux") {
            return Ok(None);
        }
        let mut started = STARTED.lock();
        if started.is_some() {
            return Ok(Some(Self));
        }
        let (waits, mut alive) = io::pipe()?;
        // Not as an argument: any process may read those.
        alive.write_all(&Owner::detached().number().to_le_bytes())?;
        let null = rustix::fs::open(
            "/dev/null",
            rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC,
            rustix::fs::Mode::empty(),
        )?;
        let library = "LD_LIBRARY_PATH";
        let mut command = SpawnCommand::new(std::env::current_exe()?, null.as_fd())
            .input(waits.as_fd())
            .without_environment()
            .arg(ARGUMENT)
            .arg(std::process::id().to_string())
            .arg(tempfile::env::temp_dir())
            .arg(temp_dir::prefix());
        if let Some(folders) = std::env::var_os(library) {
            command = command.env(library, folders);
        }
        let watchdog = command.spawn()?;
        rustix::io::ioctl_fionbio(&alive, true)?;
        *started = Some((watchdog, alive.into()));
        cgroup::enter_in_background(temp_dir::prefix(), watchdog);
        Ok(Some(Self))
    }
}

/// Runs this program as a watchdog, if it was started as one.
pub(in crate::exec) fn entry() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != OsStr::new(ARGUMENT) {
        return None;
    }
    let pid: u32 = arguments.next()?.to_str()?.parse().ok()?;
    let (temporary, prefix) = (arguments.next()?, arguments.next()?.into_string().ok()?);
    let program = Pid::from_raw(i32::try_from(pid).ok()?)?;
    let session = procfs::find(program).map(|program| program.session);
    if let Some(number) = read_number() {
        Owner::set_detached(number);
    }
    let farewells = wait_for_end(program);
    end_all((program, session), &prefix);
    temp_dir::remove_leftovers(Path::new(&temporary), &prefix);
    for (address, bytes) in farewells {
        // The other program may be gone as well.
        let _ = say_farewell(address, &bytes);
    }
    Some(ExitCode::SUCCESS)
}

/// Reads the number that the watched program writes first into the pipe that is our standard input.
/// Unbuffered: the buffer of `stdin` would swallow the bytes behind it.
fn read_number() -> Option<u32> {
    let mut bytes = [0; 4];
    let mut filled = 0;
    while filled < bytes.len() {
        match rustix::io::read(io::stdin(), &mut bytes[filled..]) {
            Ok(0) => return None,
            Ok(read) => filled += read,
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    Some(u32::from_le_bytes(bytes))
}

/// Waits until a program has closed its end of the pipe that is our standard input. Continues it if a
/// process that it started has stopped it; if its shell has the terminal, the shell did. Returns what is to be
/// sent now, and where to.
fn wait_for_end(program: Pid) -> Vec<(SocketAddr, Vec<u8>)> {
    let (mut known, mut bytes) = (WatchdogInput::default(), [0; 1024]);
    loop {
        let input = io::stdin();
        let timeout = (known.stoppers > 0).then_some(STOP_CHECK_INTERVAL);
        match poll(&mut [readable(&input)], timeout) {
            0 => {
                if procfs::find(program).is_some_and(|it| it.is_stopped && it.is_foreground) {
                    let _ = rustix::process::kill_process(program, Signal::CONT);
                }
            }
            _ => match rustix::io::read(&input, &mut bytes) {
                Ok(0) => return known.farewells.into_values().collect(),
                Ok(read) => known.take(&bytes[..read]),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return known.farewells.into_values().collect(),
            },
        }
    }
}

/// Sends bytes to an address, and waits until the other program has taken them.
fn say_farewell(address: SocketAddr, bytes: &[u8]) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, FAREWELL_TIMEOUT)?;
    stream.set_write_timeout(Some(FAREWELL_TIMEOUT))?;
    stream.set_read_timeout(Some(FAREWELL_TIMEOUT))?;
    stream.write_all(bytes)?;
    stream.read(&mut [0; 64]).map(drop)
}

/// Kills the processes that a program started: all in its control group, all with its tag or its mark,
/// and all in a session of one of these.
fn end_all((pid, session): (Pid, Option<i32>), program: &str) {
    let mark = format!("{}.", pid.as_raw_nonzero());
    let cgroup = Cgroup::below_ours(program);
    let mut sessions = BTreeSet::new();
    let (mut empty_rounds, mut pause) = (0, Duration::from_millis(1));
    for round in 0..MAX_ROUNDS {
        let is_cgroup_gone = cgroup.as_ref().is_none_or(Cgroup::kill);
        let mut left = procfs::marked(program, (MARK, &mark), &mut sessions);
        // The program itself is ending, and may be part of a job of its shell.
        left.retain(|process| process.pid != pid && !is_detached(process.pid));
        if left.is_empty() && is_cgroup_gone {
            empty_rounds += 1;
            if empty_rounds == EMPTY_ROUNDS {
                return;
            }
            continue;
        }
        empty_rounds = 0;
        process_tree::kill_beside(session, &left);
        if round >= ROUNDS_WITHOUT_PAUSE {
            std::thread::sleep(pause);
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}
