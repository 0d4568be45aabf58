//! Runs that get the speaker's own terminal: `+acquire_terminal`. The caller has given the terminal
//! up and waits here until the program has ended.
//!
//! The program stays in our session, since another one could not have our terminal, in a process
//! group of its own, which is made the terminal's foreground: ctrl-c reaches it and not us. There
//! is no shell that could continue it after ctrl-z, so it is continued at once.

#![expect(unsafe_code, reason = "signal dispositions have no safe interface")]
#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Signal, WaitId, WaitIdOptions};

use super::Stop;
use super::family::{Child, Status};
use super::running::{Cut, Running};

/// How often is looked whether the program was stopped, or its time is over.
const LOOK: Duration = Duration::from_millis(100);

/// Makes the program's group the terminal's foreground until it has ended; how it ended.
pub(super) fn wait(
    terminal: BorrowedFd<'_>,
    child: &Child,
    running: &Running,
    timeout: Option<Duration>,
) -> Status {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let _ignoring = Ignoring::background_writes();
    let _ = rustix::termios::tcsetpgrp(terminal, child.pid());
    // It may have asked for the terminal before it was its own, and was stopped.
    child.signal(Signal::CONT);
    let status = loop {
        if let Some(status) = child.reap() {
            break status;
        }
        if deadline.is_some_and(|at| at <= Instant::now()) {
            running.cut(Cut::TimedOut, Stop::Kill);
        }
        wait_a_little(child);
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        if matches!(rustix::process::waitid(WaitId::Pid(child.pid()), stopped), Ok(Some(_))) {
            child.signal(Signal::CONT);
        }
    };
    let _ = rustix::termios::tcsetpgrp(terminal, rustix::process::getpgrp());
    status
}

fn wait_a_little(child: &Child) {
    let Some(exit) = child.exit() else { return std::thread::sleep(LOOK) };
    let limit = Timespec::try_from(LOOK).ok();
    let _ =
        rustix::event::poll(&mut [PollFd::from_borrowed_fd(exit, PollFlags::IN)], limit.as_ref());
}

/// While it lives, SIGTTOU is ignored: who is not the foreground may take the terminal back.
struct Ignoring {
    before: libc::sighandler_t,
}

impl Ignoring {
    fn background_writes() -> Self {
        // SAFETY: ignoring a signal installs no handler of ours.
        Self { before: unsafe { libc::signal(libc::SIGTTOU, libc::SIG_IGN) } }
    }
}

impl Drop for Ignoring {
    fn drop(&mut self) {
        // SAFETY: this is the disposition that was there.
        unsafe { libc::signal(libc::SIGTTOU, self.before) };
    }
}
