//! The tag that marks a process as ours and as part of one run, whatever it does to its session, its
//! parents and its environment.
//!
//! Linux keeps a limit for resident memory (`ulimit -m`) that it has not enforced since 2.4.30. Every
//! child inherits it, through `setsid`, `env -i` and any number of forks, and a process of the same
//! user may read it. Its soft value holds the program that started the process, and the owner. If the
//! limit is already set, or the system is not Linux, nothing is tagged: then only sessions and the mark
//! in the environment identify processes.

#![cfg_attr(target_os = "linux", expect(unsafe_code, reason = "no safe call only reads a limit"))]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;
use rustix::process::Pid;

/// The variable that marks a process as ours; scripts may read it, too.
pub(in crate::exec) const MARK: &str = "LIVEDECK_RUN";

/// Set in every tag: more bytes than any process has.
const MAGIC: u64 = 1 << 62;

/// How many program numbers there are: a tag has 30 bits for them.
const PROGRAM_COUNT: u32 = (1 << 30) - 1;

/// Owner numbers from here on belong to no run.
const FIRST_SECRET: u32 = 1 << 31;

/// [`Owner::detached`].
static DETACHED: OnceLock<Owner> = OnceLock::new();

/// A run, or another part of the program that starts processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::exec) struct Owner(u32);

impl Owner {
    /// Returns the owner of processes that may outlive the talk: the speaker's editor. Its number is
    /// random, because a process may change its own tag: no block can guess the number.
    pub(in crate::exec) fn detached() -> Self {
        *DETACHED
            .get_or_init(|| Self(RandomState::new().build_hasher().finish() as u32 | FIRST_SECRET))
    }

    /// Sets the number of [`Owner::detached`] to that of another process, which the watchdog belongs to.
    pub(in crate::exec) fn set_detached(number: u32) {
        let _ = DETACHED.set(Self(number));
    }

    /// Returns an owner that was not used before in this process.
    pub(in crate::exec) fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1))
    }

    /// Returns its number, which is never 0.
    pub(in crate::exec) fn number(self) -> u32 {
        self.0
    }
}

/// The content of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec) struct ProcessTag {
    program: u32,
    owner: Option<Owner>,
}

impl ProcessTag {
    fn bits(self) -> u64 {
        MAGIC | u64::from(self.program) << 32 | self.owner.map_or(0, |owner| u64::from(owner.0))
    }

    fn from_bits(bits: u64) -> Option<Self> {
        let program = u32::try_from((bits ^ MAGIC) >> 32).ok()?;
        let owner = Some(bits as u32).filter(|owner| *owner > 0).map(Owner);
        (program < PROGRAM_COUNT).then_some(Self { program, owner })
    }
}

/// Returns the number of the program with this name.
fn program(name: &str) -> u32 {
    let hash = blake3::hash(name.as_bytes());
    let [first, second, third, fourth, ..] = *hash.as_bytes();
    // The largest number would be `RLIM_INFINITY` of other systems.
    u32::from_le_bytes([first, second, third, fourth]) % PROGRAM_COUNT
}

/// Tags this process. Processes that it starts from now on inherit the tag.
pub(in crate::exec) fn tag_this_process(name: &str) {
    set(rustix::process::getpid(), ProcessTag { program: program(name), owner: None });
}

/// Starts a child that has this owner's tag from the beginning: this process itself has the tag while
/// `start` runs, and starts nothing else meanwhile.
pub(in crate::exec) fn start_as<T>(owner: Option<Owner>, start: impl FnOnce() -> T) -> T {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let us = rustix::process::getpid();
    let own = tag_of(us).filter(|_| owner.is_some());
    if let Some(own) = own {
        set(us, ProcessTag { owner, ..own });
    }
    let started = start();
    if let Some(own) = own {
        set(us, own);
    }
    started
}

/// Returns the number of this owner's tag for a process that another process of ours starts, if this
/// process has a tag.
pub(super) fn number_for(owner: Owner) -> Option<u64> {
    let own = tag_of(rustix::process::getpid())?;
    Some(ProcessTag { owner: Some(owner), ..own }.bits())
}

/// Tags this process with such a number.
pub(super) fn set_own(number: u64) {
    if let Some(tag) = ProcessTag::from_bits(number) {
        set(rustix::process::getpid(), tag);
    }
}

/// Returns whether a process may outlive the program that started it.
pub(in crate::exec) fn is_detached(process: Pid) -> bool {
    tag_of(process).is_some_and(|tag| tag.owner == Some(Owner::detached()))
}

/// Returns the owner of a process that the program of this name has started, if it has one.
pub(in crate::exec) fn owner_of(name: &str, process: Pid) -> Option<Owner> {
    tag_of(process).filter(|tag| tag.program == program(name))?.owner
}

/// Returns whether a process descends from the program of this name.
pub(in crate::exec) fn is_from(name: &str, process: Pid) -> bool {
    tag_of(process).is_some_and(|tag| tag.program == program(name))
}

fn tag_of(process: Pid) -> Option<ProcessTag> {
    ProcessTag::from_bits(limit(process)?.rlim_cur)
}

/// Tags a process, unless it has a limit that is no tag.
#[cfg(target_os = "linux")]
fn set(process: Pid, tag: ProcessTag) {
    let Some(mut limits) = limit(process) else { return };
    let is_free =
        limits.rlim_cur == libc::RLIM_INFINITY || ProcessTag::from_bits(limits.rlim_cur).is_some();
    if !is_free || limits.rlim_max < tag.bits() {
        return;
    }
    limits.rlim_cur = tag.bits();
    let process = process.as_raw_nonzero().get();
    // SAFETY: the new limits are only read, and the old ones are not requested.
    unsafe {
        libc::prlimit(process, libc::RLIMIT_RSS, &raw const limits, std::ptr::null_mut());
    }
}

#[cfg(target_os = "linux")]
fn limit(process: Pid) -> Option<libc::rlimit> {
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let process = process.as_raw_nonzero().get();
    // SAFETY: no new limits are passed, and the old ones are written to our structure.
    let read =
        unsafe { libc::prlimit(process, libc::RLIMIT_RSS, std::ptr::null(), &raw mut limits) };
    (read == 0).then_some(limits)
}

#[cfg(not(target_os = "linux"))]
fn set(_: Pid, _: ProcessTag) {}

#[cfg(not(target_os = "linux"))]
fn limit(_: Pid) -> Option<libc::rlimit> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_survives_encoding() {
        let program = program("livedeck-1-a-");
        for owner in [None, Some(Owner(1)), Some(Owner(u32::MAX))] {
            let tag = ProcessTag { program, owner };
            assert_eq!(ProcessTag::from_bits(tag.bits()), Some(tag));
        }
    }

    #[test]
    fn detached_owner_is_not_a_run() {
        assert!(Owner::detached().number() >= FIRST_SECRET);
        assert_eq!(Owner::detached(), Owner::detached());
        assert!(Owner::new().number() < FIRST_SECRET);
    }

    #[test]
    fn other_limits_are_not_tags() {
        for bits in [0, 1 << 30, u64::MAX, u64::MAX >> 1, 1 << 63] {
            assert_eq!(ProcessTag::from_bits(bits), None, "{bits:x}");
        }
    }
}
