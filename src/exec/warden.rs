//! What happens when this program is killed outright and can end nothing itself: another process of
//! it, the warden, waits for its end, and then ends what its runs started and removes their files.
//!
//! The warden holds one end of a pipe whose other end only we hold. However we end, the system
//! closes ours. What is ours it knows by the mark in each process's environment.

#![expect(clippy::disallowed_methods, reason = "reads its arguments, and waits")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Pid, Signal};

use super::family::MARK;
use super::spawn::Command;
use super::{family, scratch};

/// The argument that makes this program a warden; whose follows.
const WARDEN: &str = "--warden";

/// How often it looks again for what may have been started while it looked.
const ROUNDS: usize = 50;

/// Keeps a warden for as long as it lives.
#[derive(Debug)]
pub struct Warden {
    _alive: OwnedFd,
}

impl Warden {
    /// Starts the warden of this process. Where there is no `/proc` there is none.
    ///
    /// # Errors
    /// It could not be started.
    pub fn start() -> io::Result<Option<Self>> {
        if !cfg!(target_os = "linux") {
            return Ok(None);
        }
        let (waits, alive) = io::pipe()?;
        let nowhere = rustix::fs::open(
            "/dev/null",
            rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC,
            rustix::fs::Mode::empty(),
        )?;
        let library = "LD_LIBRARY_PATH";
        let mut command = Command::new(std::env::current_exe()?, nowhere.as_fd())
            .input(waits.as_fd())
            .without_environment()
            .arg(WARDEN)
            .arg(std::process::id().to_string())
            .arg(std::env::temp_dir())
            .arg(scratch::prefix());
        if let Some(folders) = std::env::var_os(library) {
            command = command.env(library, folders);
        }
        command.spawn()?;
        Ok(Some(Self { _alive: alive.into() }))
    }
}

/// What this program does when it was started as a warden; nothing if it was not.
pub(super) fn entry() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != OsStr::new(WARDEN) {
        return None;
    }
    let whose: u32 = arguments.next()?.to_str()?.parse().ok()?;
    let (temporary, prefix) = (arguments.next()?, arguments.next()?.into_string().ok()?);
    // Nothing is ever written: this returns when the other end is closed.
    let _ = io::stdin().read(&mut [0]);
    end_all(&format!("{whose}."));
    scratch::sweep(Path::new(&temporary), &prefix);
    Some(ExitCode::SUCCESS)
}

/// Kills whatever carries a mark that starts like this, and all that shares a session with it.
fn end_all(mark: &str) {
    let mut sessions = BTreeSet::new();
    for _ in 0..ROUNDS {
        let left: Vec<Pid> = family::marked(MARK, mark, &mut sessions);
        if left.is_empty() {
            return;
        }
        for process in left {
            let _ = rustix::process::kill_process(process, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
