//! Runs that use the speaker's own terminal: `+acquire_terminal`. The caller has released the terminal
//! and waits here until the program has ended.
//!
//! The program stays in our session, because another session cannot have our terminal. Its process
//! group becomes the terminal's foreground: ctrl-c reaches the program and not us. No shell could
//! continue it after ctrl-z, so it is continued at once. When livedeck is to exit, or the terminal is
//! closed, the program ends first.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Signal, WaitId, WaitIdOptions};

use super::handle::{RunHandle, RunStopReason};
use crate::exec::Stop;
use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::signals::IgnoreSigttou;
use crate::exec::os::wait::{poll, readable};

/// How often to check whether the program was suspended or its time is up.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How long the program may take to end when livedeck is to exit.
const EXIT_TIMEOUT: Duration = Duration::from_millis(400);

/// Whether livedeck is to exit.
static IS_EXITING: AtomicBool = AtomicBool::new(false);

/// The run that has the terminal, if any.
static FOREGROUND: Mutex<Option<Arc<RunHandle>>> = Mutex::new(None);

/// Stops the run that has the terminal, because livedeck is to exit. May be called from any thread.
pub fn stop_foreground() {
    IS_EXITING.store(true, Ordering::SeqCst);
    let handle = FOREGROUND.lock().clone();
    if let Some(handle) = handle {
        handle.stop(RunStopReason::Stopped, Stop::Interrupt);
    }
}

/// Marks a run as the one that has the terminal, for as long as this lives.
pub(super) struct Foreground;

impl Foreground {
    /// Marks this run.
    pub(super) fn take(handle: &Arc<RunHandle>) -> Self {
        *FOREGROUND.lock() = Some(handle.clone());
        if IS_EXITING.load(Ordering::SeqCst) {
            handle.stop(RunStopReason::Stopped, Stop::Kill);
        }
        Self
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        *FOREGROUND.lock() = None;
    }
}

/// Makes the program's group the terminal's foreground and waits for the program to end.
pub(super) fn wait(
    terminal: BorrowedFd<'_>,
    child: &Child,
    handle: &RunHandle,
    timeout: Option<Duration>,
) -> ChildStatus {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    // Without this, taking the terminal back as a background group would stop us.
    let _ignore = IgnoreSigttou::new();
    let _ = rustix::termios::tcsetpgrp(terminal, child.pid());
    // It may have used the terminal before it was the foreground, and was stopped.
    child.signal(Signal::CONT);
    let mut kill_at = None;
    let status = loop {
        if let Some(status) = child.reap() {
            break status;
        }
        if deadline.is_some_and(|at| at <= Instant::now()) {
            handle.stop(RunStopReason::TimedOut, Stop::Kill);
        }
        if IS_EXITING.load(Ordering::SeqCst) || is_closed(terminal) {
            end(child, handle, &mut kill_at);
        }
        wait_for_change(child, terminal, kill_at.is_none());
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        if matches!(rustix::process::waitid(WaitId::Pid(child.pid()), stopped), Ok(Some(_))) {
            child.signal(Signal::CONT);
        }
    };
    let _ = rustix::termios::tcsetpgrp(terminal, rustix::process::getpgrp());
    status
}

/// Asks the program to end, and kills it after the timeout.
fn end(child: &Child, handle: &RunHandle, kill_at: &mut Option<Instant>) {
    match kill_at {
        None => {
            // Shells ignore SIGTERM, few programs ignore both.
            for signal in [Signal::TERM, Signal::HUP, Signal::CONT] {
                child.signal(signal);
            }
            *kill_at = Instant::now().checked_add(EXIT_TIMEOUT);
        }
        Some(at) if *at <= Instant::now() => handle.stop(RunStopReason::Stopped, Stop::Kill),
        Some(_) => {}
    }
}

/// Returns whether the other end of a terminal is closed.
fn is_closed(terminal: BorrowedFd<'_>) -> bool {
    let mut file = [hangup_of(&terminal)];
    poll(&mut file, Some(Duration::ZERO));
    file[0].revents().contains(PollFlags::HUP)
}

/// Waits for the end of the program and, if asked to, for the terminal to be closed; at most
/// [`POLL_INTERVAL`].
fn wait_for_change(child: &Child, terminal: BorrowedFd<'_>, watches_terminal: bool) {
    let Some(exit) = child.exit() else { return std::thread::sleep(POLL_INTERVAL) };
    let mut files = vec![readable(&exit)];
    if watches_terminal {
        files.push(hangup_of(&terminal));
    }
    poll(&mut files, Some(POLL_INTERVAL));
}

fn hangup_of<'f>(terminal: &'f BorrowedFd<'_>) -> PollFd<'f> {
    PollFd::new(terminal, PollFlags::empty())
}
