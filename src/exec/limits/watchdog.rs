//! What happens when this program is killed outright and can end nothing itself: another process of
//! it, the warden, waits for its end, and then ends what its runs started and removes their files.
//!
//! The warden holds one end of a pipe whose other end only we hold. However we end, the system
//! closes ours. What is ours it knows by the control group that we are in, if there is one, by the
//! tag of each process, and by the mark in its environment.

//!
//! A process that is started here has us as its parent, and may stop us (`kill -STOP $PPID`) where it
//! cannot be stopped itself any more. So the warden is told while there is one, and continues us.

#![expect(clippy::disallowed_methods, reason = "reads its arguments, and waits")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use crate::exec::os::cgroup::{self, Cgroup};
use crate::exec::os::process_tree::{MARK, Owner};
use crate::exec::os::spawn::SpawnCommand;
use crate::exec::os::{process_tree, temp_dir};

/// The argument that makes this program a warden; whose follows.
const WARDEN: &str = "--warden";

/// How often it looks again for what may have been started while it looked.
const ROUNDS: usize = 500;

/// How many of these follow each other without a pause: what forks must not get one.
const HASTE: usize = 20;

/// The warden of this process, and what tells it that we live: never closed but by our end.
static STARTED: Mutex<Option<(Pid, OwnedFd)>> = Mutex::new(None);

/// The warden of this process was started.
#[derive(Clone, Copy, Debug)]
pub struct Watchdog;

/// How often the warden looks whether we were stopped, while a process of ours could have done it.
const LOOK_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };

/// What the warden is told when such a process starts, and when it has ended.
const STARTS: u8 = b'+';
const ENDS: u8 = b'-';

/// While it lives, the warden sees to it that this program goes on.
#[derive(Debug)]
pub(in crate::exec) struct ResumeGuard(());

impl ResumeGuard {
    /// From now on.
    pub(in crate::exec) fn start() -> Self {
        tell(STARTS);
        Self(())
    }
}

impl Drop for ResumeGuard {
    fn drop(&mut self) {
        tell(ENDS);
    }
}

/// Tells the warden, if there is one that can be told at once.
fn tell(what: u8) {
    let started = STARTED.lock();
    let _ = started.as_ref().map(|(_, alive)| rustix::io::write(alive, &[what]));
}

/// Whether a process is the warden of this one.
pub(in crate::exec) fn is_watchdog(process: Pid) -> bool {
    let started = STARTED.lock();
    started.as_ref().is_some_and(|(warden, _)| *warden == process)
}

impl Watchdog {
    /// Starts the warden of this process, if it has none. Where there is no `/proc` there is none.
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
        // Not an argument: any process may read those.
        alive.write_all(&Owner::kept().number().to_le_bytes())?;
        let nowhere = rustix::fs::open(
            "/dev/null",
            rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC,
            rustix::fs::Mode::empty(),
        )?;
        let library = "LD_LIBRARY_PATH";
        let mut command = SpawnCommand::new(std::env::current_exe()?, nowhere.as_fd())
            .input(waits.as_fd())
            .without_environment()
            .arg(WARDEN)
            .arg(std::process::id().to_string())
            .arg(std::env::temp_dir())
            .arg(temp_dir::prefix());
        if let Some(folders) = std::env::var_os(library) {
            command = command.env(library, folders);
        }
        let warden = command.spawn()?;
        rustix::io::ioctl_fionbio(&alive, true)?;
        *started = Some((warden, alive.into()));
        cgroup::enter_soon(temp_dir::prefix(), warden);
        Ok(Some(Self))
    }
}

/// What this program does when it was started as a warden; nothing if it was not.
pub(in crate::exec) fn entry() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != OsStr::new(WARDEN) {
        return None;
    }
    let whose: u32 = arguments.next()?.to_str()?.parse().ok()?;
    let (temporary, prefix) = (arguments.next()?, arguments.next()?.into_string().ok()?);
    let program = Pid::from_raw(i32::try_from(whose).ok()?)?;
    let session = process_tree::look(program).map(|program| program.session);
    if let Some(number) = read_number() {
        Owner::keep(number);
    }
    wait_for_end(program);
    end_all((program, session), &prefix);
    temp_dir::sweep(Path::new(&temporary), &prefix);
    Some(ExitCode::SUCCESS)
}

/// The number that a program has written first into the pipe that is our standard input. Standard
/// input's own buffer would take what comes after it, too.
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

/// Waits until a program has closed its end of the pipe that is our standard input, and continues it
/// meanwhile if it was stopped by what it has started. Where its shell has the terminal, that did it.
fn wait_for_end(program: Pid) {
    let (mut count, mut told) = (0_usize, [0; 64]);
    loop {
        let input = io::stdin();
        let mut files = [PollFd::new(&input, PollFlags::IN)];
        let limit = Some(&LOOK_INTERVAL).filter(|_| count > 0);
        match rustix::event::poll(&mut files, limit) {
            Ok(0) => {
                if process_tree::look(program).is_some_and(|it| it.is_stopped && it.is_foreground) {
                    let _ = rustix::process::kill_process(program, Signal::CONT);
                }
            }
            Ok(_) => match rustix::io::read(&input, &mut told) {
                Ok(0) => return,
                Ok(read) => {
                    count = told[..read].iter().fold(count, |count, what| match *what {
                        STARTS => count + 1,
                        ENDS => count.saturating_sub(1),
                        _ => count,
                    });
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return,
            },
            Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Kills what the program of this name started: all in its control group; whatever is tagged as its
/// own or carries a mark that starts like this, and all that shares a session with it.
fn end_all((whose, session): (Pid, Option<i32>), program: &str) {
    let mark = format!("{}.", whose.as_raw_nonzero());
    let scope = Cgroup::below_ours(program);
    let mut sessions = BTreeSet::new();
    for round in 0..ROUNDS {
        let is_scope_gone = scope.as_ref().is_none_or(Cgroup::end);
        let mut left = process_tree::marked(program, (MARK, &mark), &mut sessions);
        // The program itself is on its way out, and may be part of a job of its shell's.
        left.retain(|process| process.pid != whose && !process_tree::is_kept(process.pid));
        if left.is_empty() && is_scope_gone {
            return;
        }
        process_tree::kill_beside(session, &left);
        if round >= HASTE {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
