//! `posix_spawn` and its structures, called directly.

#![expect(unsafe_code, reason = "posix_spawn has no safe wrapper that can start a session")]

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;
use std::ptr;
use std::sync::Once;

use rustix::process::Pid;

use super::c_string;

/// Makes the child the leader of a new session, and so of a new process group.
#[cfg(target_os = "macos")]
const START_SESSION: libc::c_short = 0x0400;
#[cfg(not(target_os = "macos"))]
const START_SESSION: libc::c_short = libc::POSIX_SPAWN_SETSID as libc::c_short;

/// The session of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A new one.
    NewSession,
    /// Ours, in a new process group.
    Ours,
}

/// Starts a process. `line` is the program and its arguments, and must not be empty; `environment`
/// has lines `NAME=value`.
pub(super) fn spawn(
    line: &[CString],
    environment: &[CString],
    actions: &FileActions,
    place: Place,
) -> io::Result<Pid> {
    let program = line.first().ok_or(io::ErrorKind::InvalidInput)?;
    let attributes = SpawnAttributes::new(place)?;
    let mut pid = 0;
    // SAFETY: the line and the environment are NUL-terminated and outlive the call, both lists end
    // with a null pointer, and actions and attributes are initialised.
    check(unsafe {
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            &raw const actions.0,
            &raw const attributes.0,
            pointers(line).as_ptr(),
            pointers(environment).as_ptr(),
        )
    })?;
    Pid::from_raw(pid).ok_or_else(|| io::Error::other("posix_spawn returned no process"))
}

/// Keeps files that we were started with from being inherited by children. Files that we open have the
/// flag already; those that a shell or `cargo run` left open for us do not.
pub(in crate::exec) fn keep_inherited_files() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for fd in inherited_files() {
            // SAFETY: only sets a flag on a descriptor that was open a moment ago; if it is not any more,
            // the call fails and changes nothing.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    });
}

fn inherited_files() -> Vec<libc::c_int> {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else { return (3..256).collect() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|fd| *fd > 2).collect()
}

fn pointers(strings: &[CString]) -> Vec<*mut libc::c_char> {
    strings.iter().map(|string| string.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect()
}

/// Converts a result: the calls return an error number instead of setting `errno`.
fn check(error: libc::c_int) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

/// A list of file actions, freed when dropped.
pub(super) struct FileActions(libc::posix_spawn_file_actions_t);

impl FileActions {
    /// Creates an empty list.
    pub(super) fn new() -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: `init` fills what the pointer points to, unless it reports an error.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: it reported none.
        Ok(Self(unsafe { actions.assume_init() }))
    }

    /// Gives the child a copy of a descriptor.
    pub(super) fn duplicate(&mut self, from: BorrowedFd<'_>, to: libc::c_int) -> io::Result<()> {
        // SAFETY: the list is initialised; the descriptor is borrowed until the child has started.
        check(unsafe {
            libc::posix_spawn_file_actions_adddup2(&raw mut self.0, from.as_raw_fd(), to)
        })
    }

    /// Opens a file in the child.
    pub(super) fn open(
        &mut self,
        path: &CStr,
        to: libc::c_int,
        flags: libc::c_int,
    ) -> io::Result<()> {
        let path = path.as_ptr();
        // SAFETY: the list is initialised and copies the path.
        check(unsafe {
            libc::posix_spawn_file_actions_addopen(&raw mut self.0, to, path, flags, 0)
        })
    }

    /// Changes the child's directory.
    pub(super) fn change_directory(&mut self, directory: &Path) -> io::Result<()> {
        let path = c_string(directory.as_os_str())?;
        // SAFETY: the list is initialised and copies the path.
        check(unsafe { libc::posix_spawn_file_actions_addchdir_np(&raw mut self.0, path.as_ptr()) })
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// The child's attributes, freed when dropped: its session, and no signal blocked or ignored (we
/// ignore SIGPIPE, and our parent may have blocked others).
struct SpawnAttributes(libc::posix_spawnattr_t);

impl SpawnAttributes {
    fn new(place: Place) -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: `init` fills what the pointer points to, unless it reports an error.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: it reported none.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let session = match place {
            Place::NewSession => START_SESSION,
            Place::Ours => libc::POSIX_SPAWN_SETPGROUP as libc::c_short,
        };
        let flags = session
            | libc::POSIX_SPAWN_SETSIGMASK as libc::c_short
            | libc::POSIX_SPAWN_SETSIGDEF as libc::c_short;
        let (none, all) = signal_sets();
        // SAFETY: the attributes are initialised; the sets are copied.
        unsafe {
            check(libc::posix_spawnattr_setsigmask(&raw mut attributes.0, &raw const none))?;
            check(libc::posix_spawnattr_setsigdefault(&raw mut attributes.0, &raw const all))?;
            check(libc::posix_spawnattr_setflags(&raw mut attributes.0, flags))?;
        }
        Ok(attributes)
    }
}

impl Drop for SpawnAttributes {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

/// Returns the empty set, and the set of all signals whose handling can be changed.
fn signal_sets() -> (libc::sigset_t, libc::sigset_t) {
    let (mut none, mut all) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: both calls fill the set they are given and cannot fail, and the removed signal numbers
    // are valid.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigfillset(all.as_mut_ptr());
        libc::sigdelset(all.as_mut_ptr(), libc::SIGKILL);
        libc::sigdelset(all.as_mut_ptr(), libc::SIGSTOP);
        (none.assume_init(), all.assume_init())
    }
}
