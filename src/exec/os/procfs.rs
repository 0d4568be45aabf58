//! Processes as `/proc` shows them: our descendants, orphans included, and whose they are. Without
//! `/proc` nothing is found; a process tree then ends only the groups that it started.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use rustix::process::{Pid, Signal};

use super::process_tag::{self, MARK, Owner};
use super::temp_dir;

/// Bytes that most `/proc` files fit into.
const BUFFER_BYTES: usize = 4096;

/// What Python's resource tracker runs.
const TRACKER_CODE: &[u8] = b"from multiprocessing.resource_tracker import main";

/// A process.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec) struct Process {
    /// Its PID.
    pub(in crate::exec) pid: Pid,
    /// Its process group.
    pub(in crate::exec) group: i32,
    /// Its session.
    pub(in crate::exec) session: i32,
    /// Whether it has ended and was not reaped.
    pub(in crate::exec) is_dead: bool,
    /// Whether it is stopped, by a signal or a tracer.
    pub(in crate::exec) is_stopped: bool,
    /// Whether its group is the foreground of its terminal, or it has no terminal.
    pub(in crate::exec) is_foreground: bool,
    parent: i32,
    /// When it started, in clock ticks since boot: with the PID, this identifies a process.
    start: u64,
}

impl Process {
    /// Returns the owner that its tag names.
    pub(in crate::exec) fn owner(&self) -> Option<Owner> {
        process_tag::owner_of(temp_dir::prefix(), self.pid)
    }

    /// Signals this process, but no other that has its PID by now: PIDs are reused, also for threads,
    /// and a signal to one of our threads would end us.
    #[cfg(target_os = "linux")]
    pub(in crate::exec) fn signal(&self, signal: Signal) {
        use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
        let Ok(handle) = pidfd_open(self.pid, PidfdFlags::empty()) else { return };
        // Checked with the pidfd open: from here on the PID cannot be reused.
        if self.refresh().is_some() {
            let _ = pidfd_send_signal(handle, signal);
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(in crate::exec) fn signal(&self, signal: Signal) {
        let _ = rustix::process::kill_process(self.pid, signal);
    }

    /// Returns it as if it were an earlier process with the same PID.
    #[cfg(test)]
    pub(in crate::exec) fn started_earlier(self) -> Self {
        Self { start: self.start - 1, ..self }
    }

    /// Reads the process again. Returns `None` if it was reaped.
    pub(in crate::exec) fn refresh(&self) -> Option<Self> {
        find(self.pid).filter(|now| now.start == self.start)
    }

    /// Returns whether its environment has this variable with this value.
    pub(in crate::exec) fn has_variable(&self, name: &str, value: &str) -> bool {
        let wanted = format!("{name}={value}");
        self.environment().split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    }

    /// Returns whether its parent has ended, so that we have adopted it.
    pub(in crate::exec) fn is_adopted(&self) -> bool {
        self.parent == rustix::process::getpid().as_raw_nonzero().get()
    }

    fn belongs_to(&self, owner: Owner) -> bool {
        !self.is_dead && self.owner() == Some(owner)
    }

    /// Returns whether this is a resource tracker: Python's process that removes what others leave in shared
    /// memory. It exits on its own once they are gone, within a few milliseconds.
    pub(in crate::exec) fn is_resource_tracker(&self) -> bool {
        if self.group != self.pid.as_raw_nonzero().get() {
            return false;
        }
        let arguments = read(&format!("/proc/{}/cmdline", self.group)).unwrap_or_default();
        arguments.windows(TRACKER_CODE.len()).any(|part| part == TRACKER_CODE)
    }

    fn has_variable_prefix(&self, name: &str, value: &str) -> bool {
        let wanted = format!("{name}={value}");
        self.environment().split(|byte| *byte == 0).any(|it| it.starts_with(wanted.as_bytes()))
    }

    fn environment(&self) -> Vec<u8> {
        read(&format!("/proc/{}/environ", self.pid.as_raw_nonzero())).unwrap_or_default()
    }
}

/// Returns whether a process that claims to be a run of ours can be one: its environment has our mark.
/// A process that has ended has no environment; it only needs to descend from us.
pub(in crate::exec) fn is_own(pid: Pid) -> bool {
    let of_number = |number: i32| process(&number.to_string());
    let Some(named) = of_number(pid.as_raw_nonzero().get()) else { return true };
    let us = rustix::process::getpid().as_raw_nonzero().get();
    if !named.is_dead {
        return named.has_variable_prefix(MARK, &format!("{us}."));
    }
    let above = |process: &Process| of_number(process.parent);
    std::iter::successors(Some(named), above).any(|process| process.parent == us)
}

/// Makes orphaned descendants our children, to find and reap them.
pub(in crate::exec) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Returns our children, adopted ones included.
pub(in crate::exec) fn children_of_us() -> Vec<Process> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| read(thread.path().join("children").to_str()?));
    let numbers = lists.flat_map(|list| {
        String::from_utf8_lossy(&list).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    numbers.filter_map(|number| process(&number)).collect()
}

/// Returns the process groups of all runs without reading every process: those led by our children,
/// or, where a child starts leaders itself (the fork server), those led by its children.
pub(in crate::exec) fn groups_of_runs() -> Vec<Pid> {
    let leads = |process: &Pid| rustix::process::getpgid(Some(*process)) == Ok(*process);
    let group = |child: Process| {
        let below: Vec<Pid> = children(child.pid).into_iter().filter(leads).collect();
        if below.is_empty() { vec![child.pid] } else { below }
    };
    children_of_us().into_iter().flat_map(group).filter(leads).collect()
}

/// Returns the children of a process's main thread.
fn children(process: Pid) -> Vec<Pid> {
    let number = process.as_raw_nonzero();
    let list = read(&format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
    let list = String::from_utf8_lossy(&list);
    list.split_whitespace().filter_map(|it| Pid::from_raw(it.parse().ok()?)).collect()
}

/// Returns our descendants that belong to one of these sessions or owners or have the mark in their
/// environment, and the descendants of those.
pub(in crate::exec) fn descendants_of(
    sessions: &BTreeSet<i32>,
    owners: &BTreeSet<Owner>,
    (name, value): (&str, &str),
) -> Vec<Process> {
    walk(&|process| {
        sessions.contains(&process.session)
            || process.owner().is_some_and(|owner| owners.contains(&owner))
            || process.has_variable(name, value)
    })
}

/// Returns our living descendants with this owner's tag, without resource trackers.
pub(in crate::exec) fn owned_by(owner: Owner) -> Vec<Process> {
    let mut found = descendants();
    found.retain(|process| process.belongs_to(owner) && !process.is_resource_tracker());
    found
}

/// Returns an owner's resource trackers.
pub(in crate::exec) fn trackers_of(owner: Owner) -> Vec<Process> {
    let mut found = descendants();
    found.retain(|process| process.belongs_to(owner) && process.is_resource_tracker());
    found
}

/// Returns whether an owner has an orphaned process, which is our child then. Reads the children twice,
/// because the system's list may miss one while another ends; still cheaper than reading all processes.
pub(in crate::exec) fn has_orphans(owner: Owner) -> bool {
    let is_one = |it: Process| it.belongs_to(owner) && !it.is_resource_tracker();
    (0..2).any(|_| children_of_us().into_iter().any(is_one))
}

/// Returns all our descendants.
pub(in crate::exec) fn descendants() -> Vec<Process> {
    walk(&|_| true)
}

/// Returns our descendants that are wanted, and the descendants of those.
fn walk(is_wanted: &dyn Fn(&Process) -> bool) -> Vec<Process> {
    let mut children: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
    for process in all() {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let us = rustix::process::getpid().as_raw_nonzero().get();
    let mut to_visit = vec![(us, false)];
    while let Some((parent, is_ours)) = to_visit.pop() {
        for process in children.remove(&parent).unwrap_or_default() {
            let is_ours = is_ours || is_wanted(&process);
            to_visit.push((process.pid.as_raw_nonzero().get(), is_ours));
            if is_ours {
                found.push(process);
            }
        }
    }
    found
}

/// Returns processes that have this program's tag, or a variable with this value prefix in their
/// environment, and those in a session of such a process. `sessions` collects the sessions over calls.
pub(in crate::exec) fn marked(
    program: &str,
    (name, value): (&str, &str),
    sessions: &mut BTreeSet<i32>,
) -> Vec<Process> {
    let us = rustix::process::getpid();
    let processes: Vec<_> =
        all().into_iter().filter(|process| !process.is_dead && process.pid != us).collect();
    let is_marked = |process: &Process| {
        process_tag::is_from(program, process.pid) || process.has_variable_prefix(name, value)
    };
    let own = processes.iter().filter(|process| is_marked(process));
    let found: BTreeSet<i32> = own.map(|process| process.pid.as_raw_nonzero().get()).collect();
    let heads = processes.iter().filter(|process| found.contains(&process.session));
    sessions.extend(heads.map(|process| process.session));
    let is_ours = |process: &&Process| {
        found.contains(&process.pid.as_raw_nonzero().get()) || sessions.contains(&process.session)
    };
    processes.iter().filter(is_ours).copied().collect()
}

/// Returns the process with a PID, if there is one.
pub(in crate::exec) fn find(pid: Pid) -> Option<Process> {
    process(&pid.as_raw_nonzero().to_string())
}

fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| process(entry.file_name().to_str()?)).collect()
}

fn process(number: &str) -> Option<Process> {
    let pid = number.parse().ok().and_then(Pid::from_raw)?;
    let stat = read(&format!("/proc/{number}/stat"))?;
    // `1 (name) S 0 1 1 …`: the name may contain anything, so fields count from the last bracket.
    let stat = String::from_utf8_lossy(&stat);
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    let _terminal = fields.next()?;
    let foreground: i32 = fields.next()?.parse().ok()?;
    let is_foreground = foreground == group || foreground < 0;
    // The 22nd field; the foreground was the eighth.
    let started = fields.nth(13)?.parse().ok()?;
    let (is_dead, is_stopped) = (matches!(state, "Z" | "X"), matches!(state, "T" | "t"));
    Some(Process {
        pid,
        group,
        session,
        is_dead,
        is_stopped,
        is_foreground,
        parent,
        start: started,
    })
}

/// Reads a `/proc` file. Their reported size is 0, so without a buffer they would be read in many small
/// chunks.
#[expect(clippy::disallowed_methods, reason = "`/proc` is files")]
fn read(path: &str) -> Option<Vec<u8>> {
    let mut content = Vec::with_capacity(BUFFER_BYTES);
    std::fs::File::open(path).ok()?.read_to_end(&mut content).ok()?;
    Some(content)
}
