//! Runs that get the speaker's own terminal: `+acquire_terminal`. The caller has given the terminal
//! up and waits here until the program has ended.
//!
//! The program stays in our session, since another one could not have our terminal, in a process
//! group of its own, which is made the terminal's foreground: ctrl-c reaches it and not us. There
//! is no shell that could continue it after ctrl-z, so it is continued at once. When this program is
//! to end, or the terminal is closed, the program that has the terminal ends first.

#![expect(unsafe_code, reason = "signal dispositions have no safe interface")]
#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Signal, WaitId, WaitIdOptions};

use crate::exec::Stop;
use crate::exec::os::process_tree::{Child, ChildStatus};
use crate::exec::process::handle::{RunHandle, StopReason};

/// How often is looked whether the program was stopped, or its time is over.
const LOOK: Duration = Duration::from_millis(100);

/// How long a program that has the terminal may take to end when we are to.
const GRACE: Duration = Duration::from_millis(400);

/// Whether this program is to end.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// What has the terminal, if something has.
static FOREGROUND: Mutex<Option<Arc<RunHandle>>> = Mutex::new(None);

/// Ends what has the terminal, since this program is to end. May be called from any thread.
pub fn stop_foreground() {
    IS_ENDING.store(true, Ordering::SeqCst);
    let running = foreground().clone();
    if let Some(running) = running {
        running.cut(StopReason::Stopped, Stop::Interrupt);
    }
}

/// While it lives, this run has the terminal.
pub(in crate::exec) struct Foreground;

impl Foreground {
    /// Notes that the run has it.
    pub(in crate::exec) fn of(running: &Arc<RunHandle>) -> Self {
        *foreground() = Some(running.clone());
        if IS_ENDING.load(Ordering::SeqCst) {
            running.cut(StopReason::Stopped, Stop::Kill);
        }
        Self
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        *foreground() = None;
    }
}

fn foreground() -> MutexGuard<'static, Option<Arc<RunHandle>>> {
    FOREGROUND.lock()
}

/// Makes the program's group the terminal's foreground until it has ended; how it ended.
pub(in crate::exec) fn wait(
    terminal: BorrowedFd<'_>,
    child: &Child,
    running: &RunHandle,
    timeout: Option<Duration>,
) -> ChildStatus {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let _ignoring = IgnoreSigttou::background_writes();
    let _ = rustix::termios::tcsetpgrp(terminal, child.pid());
    // It may have asked for the terminal before it was its own, and was stopped.
    child.signal(Signal::CONT);
    let mut kill_at = None;
    let status = loop {
        if let Some(status) = child.reap() {
            break status;
        }
        if deadline.is_some_and(|at| at <= Instant::now()) {
            running.cut(StopReason::TimedOut, Stop::Kill);
        }
        if IS_ENDING.load(Ordering::SeqCst) || is_closed(terminal) {
            end(child, running, &mut kill_at);
        }
        wait_a_little(child, terminal, kill_at.is_none());
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        if matches!(rustix::process::waitid(WaitId::Pid(child.pid()), stopped), Ok(Some(_))) {
            child.signal(Signal::CONT);
        }
    };
    let _ = rustix::termios::tcsetpgrp(terminal, rustix::process::getpgrp());
    status
}

/// Asks the program to end, and kills it if it has not by then.
fn end(child: &Child, running: &RunHandle, kill_at: &mut Option<Instant>) {
    match kill_at {
        None => {
            // Shells ignore the one, few programs ignore both.
            for signal in [Signal::TERM, Signal::HUP, Signal::CONT] {
                child.signal(signal);
            }
            *kill_at = Instant::now().checked_add(GRACE);
        }
        Some(at) if *at <= Instant::now() => running.cut(StopReason::Stopped, Stop::Kill),
        Some(_) => {}
    }
}

/// Whether the other end of a terminal is closed.
fn is_closed(terminal: BorrowedFd<'_>) -> bool {
    let mut file = [PollFd::from_borrowed_fd(terminal, PollFlags::empty())];
    let looked = rustix::event::poll(&mut file, Some(&Timespec::default()));
    looked.is_ok() && file[0].revents().contains(PollFlags::HUP)
}

/// Waits for the program's end, or, where that is news, for that of the terminal.
fn wait_a_little(child: &Child, terminal: BorrowedFd<'_>, watches_terminal: bool) {
    let Some(exit) = child.exit() else { return std::thread::sleep(LOOK) };
    let limit = Timespec::try_from(LOOK).ok();
    let mut files = vec![PollFd::from_borrowed_fd(exit, PollFlags::IN)];
    if watches_terminal {
        files.push(PollFd::from_borrowed_fd(terminal, PollFlags::empty()));
    }
    let _ = rustix::event::poll(&mut files, limit.as_ref());
}

/// While it lives, SIGTTOU is ignored: who is not the foreground may take the terminal back.
struct IgnoreSigttou {
    before: libc::sighandler_t,
}

impl IgnoreSigttou {
    fn background_writes() -> Self {
        // SAFETY: ignoring a signal installs no handler of ours.
        Self { before: unsafe { libc::signal(libc::SIGTTOU, libc::SIG_IGN) } }
    }
}

impl Drop for IgnoreSigttou {
    fn drop(&mut self) {
        // SAFETY: this is the disposition that was there.
        unsafe { libc::signal(libc::SIGTTOU, self.before) };
    }
}
