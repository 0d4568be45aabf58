//! Suspending ourselves as ctrl-z in a shell would: the whole process group, and not at all where
//! nobody could continue it (the kernel ignores SIGTSTP's default action in an orphaned group).

#![expect(unsafe_code, reason = "signal dispositions have no safe interface")]

/// Stops this process and its group until a SIGCONT; whether it was stopped at all. The terminal must
/// have been given back.
pub fn suspend() -> bool {
    let parent = rustix::process::getppid();
    // A group whose parents are all in other sessions, or in itself, is not stopped.
    let is_orphaned = parent.is_none_or(|parent| {
        session_of(parent) != session_of(rustix::process::getpid())
            || rustix::process::getpgid(Some(parent)).ok() == Some(rustix::process::getpgrp())
    });
    // SAFETY: `sigaction` is given valid pointers to initialized structures, and `kill` takes none.
    // The handler put back is the one that was there.
    unsafe {
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        let mut before: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGTSTP, &raw const default, &raw mut before);
        libc::kill(0, libc::SIGTSTP);
        libc::sigaction(libc::SIGTSTP, &raw const before, std::ptr::null_mut());
    }
    !is_orphaned
}

/// The number of a process's session, or -1. It is 0 where its leader is outside of our namespace of
/// processes, as in a container, which the safe call takes for impossible.
fn session_of(process: rustix::process::Pid) -> i32 {
    // SAFETY: takes a number and gives one.
    unsafe { libc::getsid(process.as_raw_nonzero().get()) }
}
