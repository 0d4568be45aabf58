//! Finding processes that descend from us, orphans included. On systems without `/proc` nothing is
//! found: there, a family ends the groups that it started.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use rustix::process::{Pid, Signal};

use super::process_tag::{self, Owner};
use super::process_tree;
use crate::exec::os::temp_dir;

/// What most files of a process fit into, in bytes.
const PAGE: usize = 4096;

/// A process as `/proc` shows it.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec) struct Process {
    /// Its number.
    pub(in crate::exec) pid: Pid,
    /// Its process group's number.
    pub(in crate::exec) group: i32,
    /// Its session's number.
    pub(in crate::exec) session: i32,
    /// Whether it has ended and waits to be reaped.
    pub(in crate::exec) is_dead: bool,
    /// Whether it is stopped, by a signal or by who traces it.
    pub(in crate::exec) is_stopped: bool,
    /// Whether its group is the foreground of its terminal, or it has no terminal.
    pub(in crate::exec) is_foreground: bool,
    parent: i32,
    /// When it started, in clock ticks since the system did: with its number, it names one process.
    start: u64,
}

impl Process {
    /// The run that it is part of, as far as its tag says.
    pub(in crate::exec) fn owner(&self) -> Option<Owner> {
        process_tag::owner_of(temp_dir::prefix(), self.pid)
    }

    /// Sends a signal to this process, and to no other that has its number by now: numbers are used
    /// again, by threads too, and a signal to a thread of ours would end us.
    #[cfg(target_os = "linux")]
    pub(in crate::exec) fn signal(&self, signal: Signal) {
        use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
        let Ok(handle) = pidfd_open(self.pid, PidfdFlags::empty()) else { return };
        // Looked at with the handle open: from here on the number cannot change hands unnoticed.
        if self.now().is_some() {
            let _ = pidfd_send_signal(handle, signal);
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(in crate::exec) fn signal(&self, signal: Signal) {
        let _ = rustix::process::kill_process(self.pid, signal);
    }

    /// As a list would have it that named another process of the same number.
    #[cfg(test)]
    pub(in crate::exec) fn started_earlier(self) -> Self {
        Self { start: self.start - 1, ..self }
    }

    /// The same process as it is now; none if it has been reaped.
    pub(in crate::exec) fn now(&self) -> Option<Self> {
        look(self.pid).filter(|now| now.start == self.start)
    }

    /// Whether its environment holds this variable with this value.
    pub(in crate::exec) fn carries(&self, name: &str, value: &str) -> bool {
        let wanted = format!("{name}={value}");
        self.environment().split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    }

    fn carries_start(&self, name: &str, value: &str) -> bool {
        let wanted = format!("{name}={value}");
        self.environment().split(|byte| *byte == 0).any(|it| it.starts_with(wanted.as_bytes()))
    }

    fn environment(&self) -> Vec<u8> {
        read(&format!("/proc/{}/environ", self.pid.as_raw_nonzero())).unwrap_or_default()
    }
}

/// Whether a process that says of itself that it is a run of ours can be one: it carries our mark. One
/// that has ended has nothing to carry; that it is gone harms no one, as long as it was below us.
pub(in crate::exec) fn is_own(pid: Pid) -> bool {
    let of_number = |number: i32| process(&number.to_string());
    let Some(named) = of_number(pid.as_raw_nonzero().get()) else { return true };
    let us = rustix::process::getpid().as_raw_nonzero().get();
    if !named.is_dead {
        return named.carries_start(process_tree::MARK, &format!("{us}."));
    }
    let above = |process: &Process| of_number(process.parent);
    std::iter::successors(Some(named), above).any(|process| process.parent == us)
}

/// Makes orphans among our descendants our children, so that they can be found and reaped.
pub(in crate::exec) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Our own children, those adopted among them.
pub(in crate::exec) fn adopted() -> Vec<Process> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| read(thread.path().join("children").to_str()?));
    let numbers = lists.flat_map(|list| {
        String::from_utf8_lossy(&list).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    numbers.filter_map(|number| process(&number)).collect()
}

/// The groups of all runs, found without a look at every process: those that our children lead, or,
/// of a child that starts leaders itself as the fork server does, those that these lead.
pub(in crate::exec) fn groups_of_runs() -> Vec<Pid> {
    let leads = |process: &Pid| rustix::process::getpgid(Some(*process)) == Ok(*process);
    let group = |child: Process| {
        let below: Vec<Pid> = children(child.pid).into_iter().filter(leads).collect();
        if below.is_empty() { vec![child.pid] } else { below }
    };
    adopted().into_iter().flat_map(group).filter(leads).collect()
}

/// The children of a process's first thread.
fn children(process: Pid) -> Vec<Pid> {
    let number = process.as_raw_nonzero();
    let list = read(&format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
    let list = String::from_utf8_lossy(&list);
    list.split_whitespace().filter_map(|it| Pid::from_raw(it.parse().ok()?)).collect()
}

/// Our descendants that belong to one of these sessions or owners, carry the mark, or descend from
/// one that does.
pub(in crate::exec) fn of_us(
    sessions: &BTreeSet<i32>,
    owners: &BTreeSet<Owner>,
    (name, value): (&str, &str),
) -> Vec<Process> {
    walk(&|process| {
        sessions.contains(&process.session)
            || process.owner().is_some_and(|owner| owners.contains(&owner))
            || process.carries(name, value)
    })
}

/// Our living descendants that are tagged as this owner's.
pub(in crate::exec) fn owned_by(owner: Owner) -> Vec<Process> {
    let all = descendants().into_iter();
    all.filter(|process| !process.is_dead && process.owner() == Some(owner)).collect()
}

/// Whether an owner has a process that has lost its parents: it is our own child then. Two looks, as
/// the system's list may miss one while another ends; cheaper than to look through all processes.
pub(in crate::exec) fn has_orphans(owner: Owner) -> bool {
    let is_one = |process: Process| !process.is_dead && process.owner() == Some(owner);
    (0..2).any(|_| adopted().into_iter().any(is_one))
}

/// All our descendants.
pub(in crate::exec) fn descendants() -> Vec<Process> {
    walk(&|_| true)
}

/// Our descendants that are wanted, or descend from one that is.
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

/// Processes that are tagged as those of this program, or whose environment has this variable with a
/// value that starts like this, and those that share a session with one that had; the sessions are
/// kept for the next look.
pub(in crate::exec) fn marked(
    program: &str,
    (name, value): (&str, &str),
    sessions: &mut BTreeSet<i32>,
) -> Vec<Process> {
    let us = rustix::process::getpid();
    let processes: Vec<_> =
        all().into_iter().filter(|process| !process.is_dead && process.pid != us).collect();
    let is_marked = |process: &Process| {
        process_tag::is_from(program, process.pid) || process.carries_start(name, value)
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

/// A process by its number, if there is one.
pub(in crate::exec) fn look(pid: Pid) -> Option<Process> {
    process(&pid.as_raw_nonzero().to_string())
}

fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| process(entry.file_name().to_str()?)).collect()
}

fn process(number: &str) -> Option<Process> {
    let pid = number.parse().ok().and_then(Pid::from_raw)?;
    let stat = read(&format!("/proc/{number}/stat"))?;
    // `1 (name) S 0 1 1 …`: the name may hold anything, so fields count from its last bracket.
    let stat = String::from_utf8_lossy(&stat);
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    let _terminal = fields.next()?;
    let foreground: i32 = fields.next()?.parse().ok()?;
    let is_foreground = foreground == group || foreground < 0;
    // The 22nd field of all; the foreground was the eighth.
    let start = fields.nth(13)?.parse().ok()?;
    let (is_dead, is_stopped) = (matches!(state, "Z" | "X"), matches!(state, "T" | "t"));
    Some(Process { pid, group, session, is_dead, is_stopped, is_foreground, parent, start })
}

/// A file of `/proc`. They say that they are empty, so without room for all of it they are read in
/// many small pieces.
#[expect(clippy::disallowed_methods, reason = "`/proc` is files")]
fn read(path: &str) -> Option<Vec<u8>> {
    let mut content = Vec::with_capacity(PAGE);
    std::fs::File::open(path).ok()?.read_to_end(&mut content).ok()?;
    Some(content)
}
