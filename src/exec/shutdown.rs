//! The last thing that this program does: nothing that descends from it is left.
//!
//! A family ends what it knows. What no family knows (a process that lost its parents, its session
//! and its environment) has become a child of ours, since we adopt orphans, and is ended here, when
//! no other part of the program starts anything any more.

#![expect(clippy::disallowed_methods, reason = "waits for processes, and not for ever")]

use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions};

use super::limits::watchdog;
use super::os::{process_tree, spawn};

/// How long it may take: what forks faster than it is killed is left to the warden.
const LIMIT: Duration = Duration::from_secs(2);

/// How many rounds follow each other without a pause: what forks must not get one.
const HASTE: usize = 20;

/// The pause between later rounds.
const PAUSE: Duration = Duration::from_millis(1);

/// Ends every process that descends from this one, but the warden and what may outlive the talk. To
/// be called once, at the very end.
pub fn shut_down() {
    if !spawn::has_started_any() {
        return;
    }
    let give_up = Instant::now() + LIMIT;
    for round in 0.. {
        let mut left = process_tree::descendants();
        let is_any_dead = left.iter().any(|process| process.is_dead);
        left.retain(|it| {
            !it.is_dead && !watchdog::is_watchdog(it.pid) && !process_tree::is_kept(it.pid)
        });
        if is_any_dead {
            reap_all();
        }
        if left.is_empty() || Instant::now() >= give_up {
            return;
        }
        process_tree::kill(&left);
        if round >= HASTE {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Reaps what has ended. No other part of the program waits for a process any more.
fn reap_all() {
    while let Ok(Some(_)) = rustix::process::waitpid(None::<Pid>, WaitOptions::NOHANG) {}
}
