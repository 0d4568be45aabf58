//! Counting processes: a block that starts ever more of them would take the whole machine, and the
//! talk with it. What has too many in one session is ended.
//!
//! A thread looks while something runs, and a while longer: a fork bomb outlives the shell that threw
//! it. A look is one line of `/proc/loadavg`; only when the machine has clearly more tasks than after
//! the last run, or at the last count, are ours counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};

use super::family::{Process, descendants};

/// How many processes a run may have at a time, where nobody says.
const MOST: usize = 1000;

/// How often is looked.
const PACE: Duration = Duration::from_millis(100);

/// How many looks are taken after the last run has ended.
const LOOKS_AFTER: usize = 30;

/// How often a crowd is killed, at most: more may be born while it is.
const ROUNDS: usize = 200;

/// Keeps count for as long as it lives.
#[derive(Debug)]
pub(super) struct Census {
    limits: Sender<usize>,
    running: Arc<AtomicUsize>,
}

impl Census {
    /// Counts from the first run on; `tell` hears of what was ended, in words.
    pub(super) fn new(tell: impl Fn(String) + Send + 'static) -> Self {
        let (limits, heard) = unbounded();
        let running = Arc::<AtomicUsize>::default();
        let counted = running.clone();
        // Without the thread nothing is counted, and nothing else is lost.
        let thread = std::thread::Builder::new().name("census".to_owned());
        let _ = thread.spawn(move || keep(&heard, &counted, &tell));
        Self { limits, running }
    }

    /// A run begins that may have so many processes.
    pub(super) fn begin(&self, limit: Option<u16>) {
        self.running.fetch_add(1, Ordering::Relaxed);
        let _ = self.limits.send(limit.map_or(MOST, usize::from));
    }

    /// What tells that a run has ended.
    pub(super) fn end(&self) -> impl Fn() + Send + Sync + 'static {
        let running = self.running.clone();
        move || {
            running.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn keep(heard: &Receiver<usize>, running: &AtomicUsize, tell: &dyn Fn(String)) {
    let Some(mut usual) = tasks() else { return };
    while let Ok(mut limit) = heard.recv() {
        let mut looks = 0;
        while looks < LOOKS_AFTER {
            match heard.recv_timeout(PACE) {
                Ok(newest) => limit = newest,
                Err(RecvTimeoutError::Timeout) => looks += 1,
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if running.load(Ordering::Relaxed) > 0 {
                looks = 0;
            }
            let Some(now) = tasks() else { return };
            usual = usual.min(now);
            if now <= usual + limit / 2 {
                continue;
            }
            if end_crowds(limit) {
                tell(format!("ended a block that had more than {limit} processes"));
            } else {
                // Others have begun them.
                usual = now;
            }
        }
        // Measured now, the next run need not wait for it.
        usual = tasks().unwrap_or(usual);
    }
}

/// Tasks of the whole machine: `0.10 0.20 0.30 2/345 6789` are 345. None where nobody says.
#[expect(clippy::disallowed_methods, reason = "`/proc` is files")]
fn tasks() -> Option<usize> {
    let line = std::fs::read_to_string("/proc/loadavg").ok()?;
    line.split('/').nth(1)?.split_whitespace().next()?.parse().ok()
}

/// Ends each session of our descendants that has more than so many processes; whether there was one.
fn end_crowds(limit: usize) -> bool {
    let mut crowds = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut sessions: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
        for process in descendants() {
            sessions.entry(process.session).or_default().push(process);
        }
        let mut is_any_left = false;
        for (session, members) in sessions {
            let living = members.iter().filter(|process| !process.is_dead).count();
            if living > limit {
                crowds.insert(session);
            }
            if crowds.contains(&session) {
                is_any_left |= living > 0;
                end(session, &members);
            }
        }
        if !is_any_left {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    !crowds.is_empty()
}

fn end(session: i32, members: &[Process]) {
    if let Some(group) = Pid::from_raw(session) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    for member in members {
        let _ = kill_process(member.pid, Signal::KILL);
        // Its head is somebody's child, and waited for.
        if member.is_dead && member.pid.as_raw_nonzero().get() != session {
            let _ = waitpid(Some(member.pid), WaitOptions::NOHANG);
        }
    }
}
