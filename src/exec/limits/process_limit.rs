//! The process limit: a block that starts ever more processes would take the whole machine, and the
//! talk with it. A run with too many processes is ended, whatever sessions they are in.
//!
//! A thread checks while something runs, and for a while after: a fork bomb outlives the shell that
//! started it. A check reads one line of `/proc/loadavg`; our processes are counted only if the machine
//! has clearly more tasks than after the last run or at the last count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

use super::watchdog::is_watchdog;
use crate::exec::os::process_tag::Owner;
use crate::exec::os::process_tree;
use crate::exec::os::procfs::{Process, descendants, groups_of_runs};

/// How many processes a run may have at a time by default.
const DEFAULT_LIMIT: usize = 1000;

/// How often to check.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// How many checks follow the end of the last run.
const CHECKS_AFTER_RUN: usize = 30;

/// How often the processes of a group are killed: more may start meanwhile.
const MAX_KILL_ROUNDS: usize = 200;

/// The work of the thread.
type Work = Box<dyn FnOnce() + Send>;

/// Enforces the limit for as long as it lives.
pub(in crate::exec) struct ProcessLimiter {
    limits: Sender<usize>,
    active: Arc<AtomicUsize>,
    /// What the first run starts.
    work: Mutex<Option<Work>>,
}

impl ProcessLimiter {
    /// Checks from the first run on. `report` receives a message when processes were ended; `name`
    /// returns the location of an owner's block.
    pub(in crate::exec) fn new(
        report: impl Fn(String) + Send + 'static,
        name: impl Fn(Owner) -> Option<String> + Send + 'static,
    ) -> Self {
        let (limits, received) = unbounded();
        let active = Arc::<AtomicUsize>::default();
        let watched = active.clone();
        let work: Work = Box::new(move || watch(&received, &watched, &report, &name));
        Self { limits, active, work: Mutex::new(Some(work)) }
    }

    /// Notes that a run begins, with this limit or the default.
    pub(in crate::exec) fn begin(&self, limit: Option<u16>) {
        self.active.fetch_add(1, Ordering::Relaxed);
        if let Some(work) = self.work.lock().take() {
            // Without the thread there is no limit, and nothing else is lost.
            let thread = std::thread::Builder::new().name("process-limit".to_owned());
            let _ = thread.spawn(work);
        }
        let _ = self.limits.send(limit.map_or(DEFAULT_LIMIT, usize::from));
    }

    /// Returns a function to call when a run has ended.
    pub(in crate::exec) fn end_notice(&self) -> impl Fn() + Send + Sync + 'static {
        let active = self.active.clone();
        move || {
            active.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn watch(
    limits: &Receiver<usize>,
    active: &AtomicUsize,
    report: &dyn Fn(String),
    name: &dyn Fn(Owner) -> Option<String>,
) {
    let Some(mut baseline) = tasks() else { return };
    while let Ok(mut limit) = limits.recv() {
        let mut checks = 0;
        while checks < CHECKS_AFTER_RUN {
            match limits.recv_timeout(CHECK_INTERVAL) {
                Ok(newest) => limit = newest,
                Err(RecvTimeoutError::Timeout) => checks += 1,
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if active.load(Ordering::Relaxed) > 0 {
                checks = 0;
            }
            let Some(now) = tasks() else { return };
            baseline = baseline.min(now);
            if now <= baseline + limit / 2 {
                continue;
            }
            let ended = end_oversized(limit, name);
            if ended.is_empty() {
                // The additional tasks are not ours.
                baseline = now;
            }
            for block in ended.into_values().collect::<BTreeSet<_>>() {
                let block = block.map_or("a block".to_owned(), |name| format!("the block {name}"));
                report(format!("ended {block}: it had more than {limit} processes"));
            }
        }
        // Measured now, so the next run does not have to wait for it.
        baseline = tasks().unwrap_or(baseline);
    }
}

/// Returns the number of tasks of the machine: 345 for `0.10 0.20 0.30 2/345 6789`. `None` on systems
/// without `/proc`.
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
    /// Those of a session without a tag.
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

/// Ends each group of our descendants with more processes than the limit. Returns those groups, each
/// with the location of its block.
fn end_oversized(
    limit: usize,
    name: &dyn Fn(Owner) -> Option<String>,
) -> BTreeMap<CountedGroup, Option<String>> {
    let mut found = BTreeMap::new();
    // A fork bomb leaves no CPU time to count it, so it is stopped for the count.
    let stopped = StoppedGroups::all_runs();
    for _ in 0..MAX_KILL_ROUNDS {
        let mut groups: BTreeMap<CountedGroup, Vec<Process>> = BTreeMap::new();
        for process in descendants() {
            groups.entry(CountedGroup::of(&process)).or_default().push(process);
        }
        let mut is_any_left = false;
        for (group, members) in groups {
            let living = members.iter().filter(|process| !process.is_dead).count();
            if living > limit {
                // Its run ends with it, and then its block is not known any more.
                found.entry(group).or_insert_with(|| group.owner().and_then(name));
            }
            if found.contains_key(&group) {
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

/// The process groups of all runs, stopped for as long as this lives.
struct StoppedGroups(Vec<Pid>);

impl StoppedGroups {
    fn all_runs() -> Self {
        let mut groups = Vec::new();
        // Groups that start during the first round are found by the second.
        for _ in 0..2 {
            // The watchdog must work if we are killed meanwhile.
            for group in groups_of_runs().into_iter().filter(|group| !is_watchdog(*group)) {
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
        // The leader of a session or a group may be a run's own process, which the run's thread reaps.
        let leads = [member.session, member.group].contains(&member.pid.as_raw_nonzero().get());
        if member.is_dead && !leads {
            let _ = waitpid(Some(member.pid), WaitOptions::NOHANG);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::exec::limits::watchdog;
    use crate::exec::os::process_tree::ProcessTree;
    use crate::exec::os::spawn::SpawnCommand;

    #[test]
    fn watchdog_is_not_stopped_for_the_count() {
        let tree = ProcessTree::new();
        let (_input, output) = std::io::pipe().unwrap();
        let start = || {
            let command = SpawnCommand::new("/bin/sleep", output.as_fd()).arg("1000");
            tree.spawn(command).unwrap().pid()
        };
        let (run, dog) = (start(), start());
        watchdog::pretend(Some(dog));
        // The system's list of processes may miss one while another ends.
        loop {
            let stopped = StoppedGroups::all_runs();
            assert!(!stopped.0.contains(&dog));
            if stopped.0.contains(&run) {
                break;
            }
        }
        watchdog::pretend(None);
    }
}
