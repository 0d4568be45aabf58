//! The last action of this program: it ends all its descendants.
//!
//! A process tree ends the processes it can recognise. Those it cannot (a process that lost its parents,
//! its session and its environment) have become our children, because we adopt orphans. They are ended
//! here, when no other part of the program starts processes any more.

#![expect(clippy::disallowed_methods, reason = "waits for processes, up to a time limit")]

use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions};

use super::limits::watchdog;
use super::os::process_tag::is_detached;
use super::os::{process_tree, procfs, spawn};

/// How long this may take. Processes that fork faster than they are killed are left to the watchdog.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How many rounds have no pause: a fork bomb must not get one.
const ROUNDS_WITHOUT_PAUSE: usize = 20;

/// The pause between later rounds.
const PAUSE: Duration = Duration::from_millis(1);

/// Ends all descendants of this process, except the watchdog and processes that may outlive the talk.
/// Call it once, at the very end.
pub fn shut_down() {
    if !spawn::has_started_any() {
        return;
    }
    let give_up = Instant::now() + TIMEOUT;
    for round in 0.. {
        let mut left = procfs::descendants();
        let is_any_dead = left.iter().any(|process| process.is_dead);
        left.retain(|it| !it.is_dead && !watchdog::is_watchdog(it.pid) && !is_detached(it.pid));
        if is_any_dead {
            reap_all();
        }
        if left.is_empty() || Instant::now() >= give_up {
            return;
        }
        process_tree::kill(&left);
        if round >= ROUNDS_WITHOUT_PAUSE {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Reaps dead children. No other part of the program waits for a process any more.
fn reap_all() {
    while let Ok(Some(_)) = rustix::process::waitpid(None::<Pid>, WaitOptions::NOHANG) {}
}
