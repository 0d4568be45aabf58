//! Our own signals: suspending as ctrl-z in a shell would, and ignoring SIGTTOU.

#![expect(unsafe_code, reason = "signal dispositions have no safe interface")]

/// Stops this process and its group until SIGCONT. Returns whether it was stopped: in an orphaned
/// group no one could continue it, so the kernel ignores SIGTSTP's default action there. The terminal
/// must have been released.
pub fn suspend() -> bool {
    let parent = rustix::process::getppid();
    // A group is orphaned if all parents are in other sessions, or in the group itself.
    let is_orphaned = parent.is_none_or(|parent| {
        session_of(parent) != session_of(rustix::process::getpid())
            || rustix::process::getpgid(Some(parent)).ok() == Some(rustix::process::getpgrp())
    });
    // SAFETY: `sigaction` is given valid pointers to initialised structures, and `kill` takes none.
    // The restored handler is the previous one.
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

/// Returns a process's session, or -1. It is 0 if the leader is outside of our PID namespace, as in a
/// container; the safe call takes 0 for impossible.
fn session_of(process: rustix::process::Pid) -> i32 {
    // SAFETY: takes a number and returns one.
    unsafe { libc::getsid(process.as_raw_nonzero().get()) }
}

/// Ignores SIGTTOU for as long as it lives: a background process may then take the terminal.
pub(in crate::exec) struct IgnoreSigttou {
    before: libc::sighandler_t,
}

impl IgnoreSigttou {
    /// Ignores the signal from now on.
    pub(in crate::exec) fn new() -> Self {
        // SAFETY: ignoring a signal installs no handler of ours.
        Self { before: unsafe { libc::signal(libc::SIGTTOU, libc::SIG_IGN) } }
    }
}

impl Drop for IgnoreSigttou {
    fn drop(&mut self) {
        // SAFETY: restores the previous disposition.
        unsafe { libc::signal(libc::SIGTTOU, self.before) };
    }
}
