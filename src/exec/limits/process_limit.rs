//! Counting processes: a block that starts ever more of them would take the whole machine, and the
//! talk with it. A run that has too many is ended, whatever sessions they are in.
//!
//! A thread looks while something runs, and a while longer: a fork bomb outlives the shell that threw
//! it. A look is one line of `/proc/loadavg`; only when the machine has clearly more tasks than after
//! the last run, or at the last count, are ours counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

use crate::exec::os::process_tree::{self, Owner, Process, descendants};

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
pub(in crate::exec) struct ProcessLimiter {
    limits: Sender<usize>,
    running: Arc<AtomicUsize>,
}

impl ProcessLimiter {
    /// Counts from the first run on; `tell` receives what was ended; `name` names the block
    /// of an owner.
    pub(in crate::exec) fn new(
        tell: impl Fn(String) + Send + 'static,
        name: impl Fn(Owner) -> Option<String> + Send + 'static,
    ) -> Self {
        let (limits, heard) = unbounded();
        let running = Arc::<AtomicUsize>::default();
        let counted = running.clone();
        // Without the thread nothing is counted, and nothing else is lost.
        let thread = std::thread::Builder::new().name("census".to_owned());
        let _ = thread.spawn(move || keep(&heard, &counted, &tell, &name));
        Self { limits, running }
    }

    /// A run begins that may have so many processes.
    pub(in crate::exec) fn begin(&self, limit: Option<u16>) {
        self.running.fetch_add(1, Ordering::Relaxed);
        let _ = self.limits.send(limit.map_or(MOST, usize::from));
    }

    /// What tells that a run has ended.
    pub(in crate::exec) fn end(&self) -> impl Fn() + Send + Sync + 'static {
        let running = self.running.clone();
        move || {
            running.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn keep(
    heard: &Receiver<usize>,
    running: &AtomicUsize,
    tell: &dyn Fn(String),
    name: &dyn Fn(Owner) -> Option<String>,
) {
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
            let ended = end_crowds(limit, name);
            if ended.is_empty() {
                // Others have begun them.
                usual = now;
            }
            for block in ended.into_values().collect::<BTreeSet<_>>() {
                let block = block.map_or("a block".to_owned(), |name| format!("the block {name}"));
                tell(format!("ended {block}: it had more than {limit} processes"));
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

/// Processes that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CountedGroup {
    /// Those of a run.
    Owner(Owner),
    /// Those of a session, where no tag says whose they are.
    Session(i32),
}

impl CountedGroup {
    fn of(process: &Process) -> Self {
        process.owner().map_or(Self::Session(process.session), Self::Owner)
    }

    fn owner(self) -> Option<Owner> {
        match self {
            Self::Owner(owner) => Some(owner),
            Self::Session(_) => None,
        }
    }
}

/// Ends each crowd of our descendants that has more than so many processes; which there were, and
/// what their blocks are called.
fn end_crowds(
    limit: usize,
    name: &dyn Fn(Owner) -> Option<String>,
) -> BTreeMap<CountedGroup, Option<String>> {
    let mut found = BTreeMap::new();
    // A crowd leaves no processor time to count it: it waits until that is done.
    let stopped = StoppedGroups::all_runs();
    for _ in 0..ROUNDS {
        let mut crowds: BTreeMap<CountedGroup, Vec<Process>> = BTreeMap::new();
        for process in descendants() {
            crowds.entry(CountedGroup::of(&process)).or_default().push(process);
        }
        let mut is_any_left = false;
        for (crowd, members) in crowds {
            let living = members.iter().filter(|process| !process.is_dead).count();
            if living > limit {
                // Its run ends with it, and its name is then not known any more.
                found.entry(crowd).or_insert_with(|| crowd.owner().and_then(name));
            }
            if found.contains_key(&crowd) {
                is_any_left |= living > 0;
                end(&members);
            }
        }
        if !is_any_left {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(stopped);
    found
}

/// The groups of runs, stopped for as long as this lives.
struct StoppedGroups(Vec<Pid>);

impl StoppedGroups {
    fn all_runs() -> Self {
        let mut groups = Vec::new();
        // What has begun during the first look is found by the second.
        for _ in 0..2 {
            for group in process_tree::groups_of_runs() {
                let _ = kill_process_group(group, Signal::STOP);
                groups.push(group);
            }
        }
        Self(groups)
    }
}

impl Drop for StoppedGroups {
    fn drop(&mut self) {
        for group in &self.0 {
            let _ = kill_process_group(*group, Signal::CONT);
        }
    }
}

fn end(members: &[Process]) {
    process_tree::kill(members);
    for member in members {
        // The head of a session may be a run's own process, and waited for.
        if member.is_dead && member.pid.as_raw_nonzero().get() != member.session {
            let _ = waitpid(Some(member.pid), WaitOptions::NOHANG);
        }
    }
}
