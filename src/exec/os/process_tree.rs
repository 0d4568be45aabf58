//! All processes that were started, and their descendants. A [`ProcessTree`] kills them when it is
//! dropped, even those that have lost their parents.
//!
//! A process group is enough to stop a run, but not to leave nothing behind: a child may start a
//! session of its own and lose its parent. On Linux we adopt such orphans (as a subreaper), recognise
//! ours by their tag, their session or a mark in their environment, and find them in `/proc`.

#![expect(clippy::disallowed_methods, reason = "waits for processes, up to a time limit")]

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, WaitOptions};

use super::child::Child;
use super::process_tag::{self, MARK, Owner};
use super::procfs::{self, Process};
use super::spawn::{self, SpawnCommand};
use super::temp_dir;
use crate::exec::sandbox::DeckSandbox;

/// How long [`ProcessTree::end`] waits for killed processes to be gone, which takes a few milliseconds
/// unless the machine is busy. Processes left after that were killed all the same.
const END_TIMEOUT: Duration = Duration::from_millis(400);

/// How long the resource trackers of a killed owner have to end by themselves. They remove a file for each
/// object in shared memory, which takes milliseconds for thousands unless the machine is busy.
const TRACKER_TIMEOUT: Duration = Duration::from_secs(10);

/// How often an owner's processes are listed and killed: processes that escape one round are found in
/// the next.
const MAX_KILL_ROUNDS: usize = 10;

/// Starts processes, and kills all of them and their descendants when dropped.
#[derive(Debug)]
pub(in crate::exec) struct ProcessTree {
    mark: String,
    sandbox: Option<Arc<DeckSandbox>>,
    state: Mutex<TreeState>,
}

#[derive(Debug, Default)]
struct TreeState {
    /// Whether nothing can be started any more.
    has_ended: bool,
    /// Processes that were not reaped.
    children: Vec<Arc<Child>>,
    /// Sessions that were started, and those of orphans that were found.
    sessions: BTreeSet<i32>,
    /// Owners of processes of this tree.
    owners: BTreeSet<Owner>,
}

impl ProcessTree {
    /// Creates an empty tree.
    #[cfg(test)]
    pub(in crate::exec) fn new() -> Self {
        Self::in_sandbox(None)
    }

    /// Creates an empty tree, whose processes run in this sandbox, if any.
    pub(in crate::exec) fn in_sandbox(sandbox: Option<Arc<DeckSandbox>>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        spawn::keep_inherited_files();
        procfs::adopt_orphans();
        process_tag::tag_this_process(temp_dir::prefix());
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}.{number}", std::process::id());
        Self { mark, sandbox, state: Mutex::default() }
    }

    /// Returns whether its processes run in a sandbox.
    pub(in crate::exec) fn is_sandboxed(&self) -> bool {
        self.sandbox.is_some()
    }

    /// Creates an owner for processes of this tree.
    pub(in crate::exec) fn new_owner(&self) -> Owner {
        let owner = Owner::new();
        self.state.lock().owners.insert(owner);
        owner
    }

    /// Starts a process. Fails when the tree has ended.
    pub(in crate::exec) fn spawn(&self, command: SpawnCommand<'_>) -> io::Result<Arc<Child>> {
        self.spawn_for(self.new_owner(), command)
    }

    /// Starts the speaker's editor, whose children may outlive the talk, outside of every sandbox.
    pub(in crate::exec) fn spawn_detached(
        &self,
        command: SpawnCommand<'_>,
    ) -> io::Result<Arc<Child>> {
        self.start(Owner::detached(), command)
    }

    /// Starts a process of our own that runs no code of the deck, outside of every sandbox.
    pub(super) fn spawn_own(&self, command: SpawnCommand<'_>) -> io::Result<Arc<Child>> {
        self.start(self.new_owner(), command.env(MARK, &self.mark))
    }

    /// Starts a process that belongs to this owner. Fails when the tree has ended.
    pub(in crate::exec) fn spawn_for(
        &self,
        owner: Owner,
        command: SpawnCommand<'_>,
    ) -> io::Result<Arc<Child>> {
        let command = command.env(MARK, &self.mark).sandboxed(self.sandbox.as_ref());
        self.start(owner, command)
    }

    fn start(&self, owner: Owner, command: SpawnCommand<'_>) -> io::Result<Arc<Child>> {
        let mut state = self.state.lock();
        if state.has_ended {
            return Err(io::Error::other("the talk is over"));
        }
        let pid = command.owner(owner).spawn()?;
        state.sessions.insert(pid.as_raw_nonzero().get());
        let child = Arc::new(Child::new(pid));
        state.children.retain(|child| child.status().is_none());
        state.children.push(child.clone());
        Ok(child)
    }

    /// Reaps dead orphans of ended runs. Cheap; called when a run ends.
    pub(in crate::exec) fn reap_orphans(&self) {
        let adopted = procfs::children_of_us();
        let mut state = self.state.lock();
        state.children.retain(|child| child.reap().is_none());
        let TreeState { children, sessions, owners, .. } = &mut *state;
        for process in adopted {
            if children.iter().any(|child| child.pid() == process.pid) {
                continue;
            }
            let is_owned = process.owner().is_some_and(|owner| owners.contains(&owner));
            if process.is_dead && (is_owned || sessions.contains(&process.session)) {
                let _ = rustix::process::waitpid(Some(process.pid), WaitOptions::NOHANG);
            } else if process.has_variable(MARK, &self.mark) {
                sessions.insert(process.session);
            }
        }
    }

    /// Kills and reaps all processes and their descendants. Nothing can be started afterwards.
    pub(in crate::exec) fn end(&self) {
        let give_up = Instant::now() + END_TIMEOUT;
        let mut pause = Duration::from_millis(1);
        let mut state = self.state.lock();
        state.has_ended = true;
        if state.sessions.is_empty() {
            // Nothing was started: there is no need to search all processes.
            return;
        }
        while !self.kill_all(&mut state, false) {
            if Instant::now() >= give_up {
                self.kill_all(&mut state, true);
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Kills and reaps once, resource trackers only if asked to. Returns whether no process was left before.
    fn kill_all(&self, state: &mut TreeState, kills_trackers: bool) -> bool {
        for child in &state.children {
            child.signal(Signal::KILL);
            child.reap();
        }
        state.children.retain(|child| child.status().is_none());
        let TreeState { sessions, owners, .. } = &*state;
        let others = procfs::descendants_of(sessions, owners, (MARK, &self.mark));
        let is_killed = |it: &&Process| kills_trackers || !it.is_resource_tracker();
        kill(&others.iter().filter(is_killed).copied().collect::<Vec<_>>());
        for process in &others {
            state.sessions.insert(process.session);
            if !state.children.iter().any(|child| child.pid() == process.pid) {
                let _ = rustix::process::waitpid(Some(process.pid), WaitOptions::NOHANG);
            }
        }
        state.children.is_empty() && others.is_empty()
    }
}

/// Kills all processes of an owner, and those they start in the meantime. Resource trackers are killed
/// later, unless they end before.
pub(in crate::exec) fn kill_owned(owner: Owner) {
    kill_rounds(|| procfs::owned_by(owner));
    if !procfs::trackers_of(owner).is_empty() {
        // Without a thread they are killed when the talk ends.
        let name = "resource trackers".to_owned();
        let _ = std::thread::Builder::new()
            .name(name)
            .spawn(move || end_trackers(owner, TRACKER_TIMEOUT));
    }
}

/// Waits until an owner's resource trackers have ended. Kills those that do not, except those whose
/// parents live: they belong to sessions.
fn end_trackers(owner: Owner, timeout: Duration) {
    let give_up = Instant::now() + timeout;
    let mut pause = Duration::from_millis(5);
    while !procfs::trackers_of(owner).is_empty() {
        if Instant::now() >= give_up {
            let left = || procfs::trackers_of(owner).into_iter().filter(Process::is_adopted);
            kill_rounds(|| left().collect());
            return;
        }
        std::thread::sleep(pause);
        pause *= 2;
    }
}

/// Kills listed processes until no more are found.
fn kill_rounds(list: impl Fn() -> Vec<Process>) {
    for _ in 0..MAX_KILL_ROUNDS {
        let processes = list();
        if processes.is_empty() {
            return;
        }
        kill(&processes);
    }
}

/// Kills processes that this program has started.
pub(in crate::exec) fn kill(processes: &[Process]) {
    let us = procfs::find(rustix::process::getpid());
    kill_beside(us.map(|us| us.session), processes);
}

/// Kills processes of a program in this session, each with its process group: a group is killed
/// atomically, so no member can start another in the meantime. Groups in the program's own session are
/// spared, because one of them is the shell's job that the program itself is in.
///
/// The list may be seconds old on a busy machine, so each process is checked again.
pub(in crate::exec) fn kill_beside(session: Option<i32>, processes: &[Process]) {
    let mut groups = BTreeSet::new();
    for process in
        processes.iter().filter(|process| session.is_some_and(|it| it != process.session))
    {
        let is_new = process.group > 1 && !groups.contains(&process.group);
        if is_new && process.refresh().is_some_and(|now| now.group == process.group) {
            groups.insert(process.group);
            let group = Pid::from_raw(process.group);
            let _ = group.map(|it| rustix::process::kill_process_group(it, Signal::KILL));
        }
    }
    for process in processes {
        process.signal(Signal::KILL);
    }
}

impl Drop for ProcessTree {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsFd;
    use std::path::Path;

    use super::*;
    use crate::exec::os::child::ChildStatus;

    /// Starts `bash -c script`. Returns it and the reading end of its output.
    fn bash(tree: &ProcessTree, script: &str) -> (Arc<Child>, io::PipeReader) {
        let (reader, writer) = io::pipe().unwrap();
        let program = spawn::find_program("bash".as_ref(), Path::new("/")).unwrap();
        let command = SpawnCommand::new(program, writer.as_fd()).arg("-c").arg(script);
        (tree.spawn(command).unwrap(), reader)
    }

    fn output(mut reader: io::PipeReader) -> String {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn process_leads_its_own_session() {
        let tree = ProcessTree::new();
        let (child, _reader) = bash(&tree, "exec sleep 1000");
        let session = procfs::find(child.pid()).unwrap().session;
        assert_eq!(session, child.pid().as_raw_nonzero().get());
        tree.end();
    }

    #[test]
    fn thread_id_is_not_killed() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (_keep, wait) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            sender.send(rustix::thread::gettid()).unwrap();
            let _ = wait.recv();
        });
        // A stale list may name a thread of ours by the PID of a process that has ended.
        kill(&[procfs::find(receiver.recv().unwrap()).unwrap()]);
    }

    #[test]
    fn reused_pid_is_not_killed() {
        let tree = ProcessTree::new();
        let (child, _reader) = bash(&tree, "exec sleep 1000");
        let before = procfs::find(child.pid()).unwrap().started_earlier();
        kill(&[before]);
        assert_eq!(child.reap(), None);
        kill(&[procfs::find(child.pid()).unwrap()]);
        assert_eq!(child.wait(), ChildStatus::Signaled(9));
    }

    #[test]
    fn process_inherits_no_file_of_ours() {
        let tree = ProcessTree::new();
        let _ours = std::fs::File::open("/dev/null").unwrap();
        let (_, reader) = bash(&tree, "ls /proc/self/fd");
        // 3 is the folder that `ls` reads.
        assert_eq!(output(reader).split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    }

    #[test]
    fn signal_reaches_the_whole_group() {
        let tree = ProcessTree::new();
        let (child, mut reader) = bash(&tree, "sleep 1000 & echo started; wait");
        reader.read_exact(&mut [0; 8]).unwrap();
        child.signal(Signal::KILL);
        assert_eq!(child.wait(), ChildStatus::Signaled(9));
        // The pipe closes once `sleep` is gone, too.
        assert_eq!(output(reader), "");
    }

    #[test]
    fn dropped_tree_leaves_no_process() {
        let tree = ProcessTree::new();
        let script =
            "setsid sleep 1000 & (setsid sleep 1000 &) ; sleep 1000 & disown; echo started";
        let (child, mut reader) = bash(&tree, script);
        reader.read_exact(&mut [0; 8]).unwrap();
        child.wait();
        drop(tree);
        assert_eq!(output(reader), "");
    }

    /// Starts a process that looks like a resource tracker but never exits.
    fn false_tracker(tree: &ProcessTree) -> io::PipeReader {
        let code = "from multiprocessing.resource_tracker import main";
        let sleep = format!("echo started; exec -a '{code}' sleep 1000");
        let script = format!("setsid bash -c \"{sleep}\" & disown");
        let (child, mut reader) = bash(tree, &script);
        reader.read_exact(&mut [0; 8]).unwrap();
        child.wait();
        reader
    }

    #[test]
    fn resource_tracker_is_killed_last() {
        let tree = ProcessTree::new();
        let reader = false_tracker(&tree);
        let owner = *tree.state.lock().owners.first().unwrap();
        kill_rounds(|| procfs::owned_by(owner));
        assert_eq!(procfs::trackers_of(owner).len(), 1);
        end_trackers(owner, Duration::ZERO);
        assert_eq!(output(reader), "");
        let reader = false_tracker(&tree);
        drop(tree);
        assert_eq!(output(reader), "");
    }

    #[test]
    fn trees_are_independent() {
        let (one, other) = (ProcessTree::new(), ProcessTree::new());
        let (child, _reader) = bash(&one, "sleep 1000");
        drop(other);
        assert_eq!(child.reap(), None);
    }

    #[test]
    fn ended_tree_starts_nothing() {
        let tree = ProcessTree::new();
        tree.end();
        let (_reader, writer) = io::pipe().unwrap();
        assert!(tree.spawn(SpawnCommand::new("/bin/true", writer.as_fd())).is_err());
    }
}
