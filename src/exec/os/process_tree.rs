//! Every process that was started, and whatever those started: a `ProcessTree` ends them all when it is
//! dropped, however far they have run from their parents.
//!
//! A process group is enough to stop a run, not to leave nothing behind: a child may start a
//! session of its own and lose its parent. On Linux we ask to adopt such orphans, know ours by their
//! tag, by the session they were born in or by a mark in their environment, and find them in `/proc`.

#![expect(clippy::disallowed_methods, reason = "waits for processes, on a thread if it must")]

pub(in crate::exec) use super::process_tag::{Owner, is_kept, start_as};
pub(in crate::exec) use super::procfs::{
    Process, descendants, groups_of_runs, has_orphans, is_own, look, marked, owned_by,
};

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions};

use super::{process_tag, procfs};
use crate::exec::os::spawn::{self, SpawnCommand};
use crate::exec::os::temp_dir;
use crate::exec::sandbox::DeckSandbox;

/// The variable that marks a process as ours; scripts may look at it, too.
pub(in crate::exec) const MARK: &str = "LIVEDECK_RUN";

/// How long `end` may take on a machine too busy to let the killed go: they are gone in a few
/// milliseconds on any other. What has not gone by then was killed all the same.
const PATIENCE: Duration = Duration::from_millis(400);

/// How often the processes of an owner are looked for when they are killed: the killed may take a
/// moment to be gone, and what escaped one round is found in the next.
const KILL_ROUNDS: usize = 10;

/// Starts processes, and ends all of them and their descendants when dropped.
#[derive(Debug)]
pub(in crate::exec) struct ProcessTree {
    mark: String,
    sandbox: Option<Arc<DeckSandbox>>,
    members: Mutex<TreeState>,
}

#[derive(Debug, Default)]
struct TreeState {
    /// Nothing more is started.
    ended: bool,
    /// Processes that have not been reaped.
    children: Vec<Arc<Child>>,
    /// Sessions that were started, and those of orphans once seen.
    sessions: BTreeSet<i32>,
    /// Who of this family started processes.
    owners: BTreeSet<Owner>,
}

impl ProcessTree {
    /// A family without members.
    #[cfg(test)]
    pub(in crate::exec) fn new() -> Self {
        Self::within(None)
    }

    /// A family without members, whose processes all run in this sandbox, if there is one.
    pub(in crate::exec) fn within(sandbox: Option<Arc<DeckSandbox>>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        spawn::keep_inherited_files();
        procfs::adopt_orphans();
        process_tag::tag_this_process(temp_dir::prefix());
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}.{number}", std::process::id());
        Self { mark, sandbox, members: Mutex::default() }
    }

    /// Whether its processes run in a sandbox.
    pub(in crate::exec) fn is_sandboxed(&self) -> bool {
        self.sandbox.is_some()
    }

    /// A new owner of processes of this family.
    pub(in crate::exec) fn owner(&self) -> Owner {
        let owner = Owner::fresh();
        self.members.lock().owners.insert(owner);
        owner
    }

    /// Starts a process; refused when the family has ended.
    pub(in crate::exec) fn spawn(&self, command: SpawnCommand<'_>) -> io::Result<Arc<Child>> {
        self.spawn_for(self.owner(), command)
    }

    /// Starts a process whose own children may outlive the talk, outside of every sandbox: the speaker's
    /// editor.
    pub(in crate::exec) fn spawn_to_keep(
        &self,
        command: SpawnCommand<'_>,
    ) -> io::Result<Arc<Child>> {
        self.start(Owner::kept(), command)
    }

    /// Starts a process that belongs to this owner; refused when the family has ended.
    pub(in crate::exec) fn spawn_for(
        &self,
        owner: Owner,
        command: SpawnCommand<'_>,
    ) -> io::Result<Arc<Child>> {
        let command = command.env(MARK, &self.mark).sandboxed(self.sandbox.as_ref());
        self.start(owner, command)
    }

    fn start(&self, owner: Owner, command: SpawnCommand<'_>) -> io::Result<Arc<Child>> {
        let mut members = self.members.lock();
        if members.ended {
            return Err(io::Error::other("the talk is over"));
        }
        let pid = command.owner(owner).spawn()?;
        members.sessions.insert(pid.as_raw_nonzero().get());
        let child = Arc::new(Child::new(pid));
        members.children.retain(|child| child.status().is_none());
        members.children.push(child.clone());
        Ok(child)
    }

    /// Reaps orphans of ended runs that have ended, too. Cheap; called when a run ends.
    pub(in crate::exec) fn reap_orphans(&self) {
        let adopted = procfs::adopted();
        let mut members = self.members.lock();
        members.children.retain(|child| child.reap().is_none());
        let TreeState { children, sessions, owners, .. } = &mut *members;
        for process in adopted {
            if children.iter().any(|child| child.pid == process.pid) {
                continue;
            }
            let is_owned = process.owner().is_some_and(|owner| owners.contains(&owner));
            if process.is_dead && (is_owned || sessions.contains(&process.session)) {
                let _ = rustix::process::waitpid(Some(process.pid), WaitOptions::NOHANG);
            } else if process.carries(MARK, &self.mark) {
                sessions.insert(process.session);
            }
        }
    }

    /// Kills and reaps every member and descendant. Nothing can be started afterwards.
    pub(in crate::exec) fn end(&self) {
        let give_up = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(1);
        let mut members = self.members.lock();
        members.ended = true;
        if members.sessions.is_empty() {
            // It never started anything: nobody has to be looked for among all processes.
            return;
        }
        while !self.kill_all(&mut members) && Instant::now() < give_up {
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// One round of killing and reaping; whether nobody was left before it.
    fn kill_all(&self, members: &mut TreeState) -> bool {
        for child in &members.children {
            child.signal(Signal::KILL);
            child.reap();
        }
        members.children.retain(|child| child.status().is_none());
        let TreeState { sessions, owners, .. } = &*members;
        let strangers = procfs::of_us(sessions, owners, (MARK, &self.mark));
        kill(&strangers);
        for process in &strangers {
            members.sessions.insert(process.session);
            if !members.children.iter().any(|child| child.pid == process.pid) {
                let _ = rustix::process::waitpid(Some(process.pid), WaitOptions::NOHANG);
            }
        }
        members.children.is_empty() && strangers.is_empty()
    }
}

/// Kills all processes of an owner, and those that they start meanwhile.
pub(in crate::exec) fn kill_owned(owner: Owner) {
    for _ in 0..KILL_ROUNDS {
        let processes = owned_by(owner);
        if processes.is_empty() {
            return;
        }
        kill(&processes);
    }
}

/// Kills these processes, which this program has started.
pub(in crate::exec) fn kill(processes: &[Process]) {
    let us = look(rustix::process::getpid());
    kill_beside(us.map(|us| us.session), processes);
}

/// Kills processes of a program that is in this session, each with its whole group: a group is killed
/// at once, so that none of it can start another in the meantime. In the program's own session a
/// group may not be its own to end: that of the shell's job, which the program itself is in.
///
/// A list of processes may be seconds old on a busy machine: each is looked at again.
pub(in crate::exec) fn kill_beside(session: Option<i32>, processes: &[Process]) {
    let mut groups = BTreeSet::new();
    for process in
        processes.iter().filter(|process| session.is_some_and(|it| it != process.session))
    {
        let is_new = process.group > 1 && !groups.contains(&process.group);
        if is_new && process.now().is_some_and(|now| now.group == process.group) {
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

/// A process we started, at the head of its own session and process group.
#[derive(Debug)]
pub(in crate::exec) struct Child {
    pid: Pid,
    /// Readable once the process has ended.
    exit: Option<OwnedFd>,
    /// Set when it was reaped: from then on its number may mean another process.
    status: Mutex<Option<ChildStatus>>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec) enum ChildStatus {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
}

impl Child {
    fn new(pid: Pid) -> Self {
        let exit = exit_notice(pid).ok();
        Self { pid, exit, status: Mutex::new(None) }
    }

    /// The process and group id.
    pub(in crate::exec) fn pid(&self) -> Pid {
        self.pid
    }

    /// A file that is readable once the process has ended; none if the system had none left.
    pub(in crate::exec) fn exit(&self) -> Option<BorrowedFd<'_>> {
        self.exit.as_ref().map(AsFd::as_fd)
    }

    /// How it ended, if it was reaped.
    pub(in crate::exec) fn status(&self) -> Option<ChildStatus> {
        *self.status.lock()
    }

    /// Signals its whole group, unless it was reaped.
    pub(in crate::exec) fn signal(&self, signal: Signal) {
        if self.status.lock().is_none() {
            let _ = rustix::process::kill_process_group(self.pid, signal);
        }
    }

    /// Waits for its end and reaps it.
    pub(in crate::exec) fn wait(&self) -> ChildStatus {
        loop {
            if let Some(status) = self.reap() {
                return status;
            }
            self.wait_for_exit();
        }
    }

    /// How it ended, if it has; reaps it then.
    pub(in crate::exec) fn reap(&self) -> Option<ChildStatus> {
        let mut known = self.status.lock();
        if known.is_none() {
            *known = match rustix::process::waitpid(Some(self.pid), WaitOptions::NOHANG) {
                Ok(Some((_, status))) => Some(ChildStatus::from(status)),
                Ok(None) | Err(rustix::io::Errno::INTR) => None,
                // Somebody else reaped it; how it ended is lost.
                Err(_) => Some(ChildStatus::Exited(-1)),
            };
        }
        *known
    }

    fn wait_for_exit(&self) {
        match &self.exit {
            Some(exit) => {
                let _ = rustix::event::poll(&mut [PollFd::new(exit, PollFlags::IN)], None);
            }
            None => wait_unreaped(self.pid),
        }
    }
}

impl From<rustix::process::WaitStatus> for ChildStatus {
    fn from(status: rustix::process::WaitStatus) -> Self {
        match status.terminating_signal() {
            Some(signal) => Self::Signaled(signal),
            None => Self::Exited(status.exit_status().unwrap_or(-1)),
        }
    }
}

/// A file that becomes readable when the process ends: its pidfd, or where the system has none,
/// a pipe closed by a thread that waits for it.
fn exit_notice(pid: Pid) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    if let Ok(fd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        return Ok(fd);
    }
    exit_pipe(pid)
}

fn exit_pipe(pid: Pid) -> io::Result<OwnedFd> {
    let (reader, writer) = io::pipe()?;
    std::thread::Builder::new().name("wait".to_owned()).spawn(move || {
        wait_unreaped(pid);
        drop(writer);
    })?;
    Ok(reader.into())
}

/// Waits for a process to end and leaves it to be reaped.
fn wait_unreaped(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let wait = || rustix::process::waitid(WaitId::Pid(pid), options);
    while wait().is_err_and(|error| error == rustix::io::Errno::INTR) {}
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::path::Path;

    use super::*;

    /// Starts `bash -c script`; gives its output's reading end.
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
    fn a_process_leads_a_session_of_its_own() {
        let tree = ProcessTree::new();
        let (child, _reader) = bash(&tree, "exec sleep 1000");
        let session = look(child.pid()).unwrap().session;
        assert_eq!(session, child.pid().as_raw_nonzero().get());
        tree.end();
    }

    #[test]
    fn number_of_a_thread_is_not_killed() {
        let (tell, heard) = std::sync::mpsc::channel();
        let (_keep, wait) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            tell.send(rustix::thread::gettid()).unwrap();
            let _ = wait.recv();
        });
        // A list made before names a process that has this number no more.
        kill(&[look(heard.recv().unwrap()).unwrap()]);
    }

    #[test]
    fn number_that_was_used_again_is_not_killed() {
        let tree = ProcessTree::new();
        let (child, _reader) = bash(&tree, "exec sleep 1000");
        let before = look(child.pid()).unwrap().started_earlier();
        kill(&[before]);
        assert_eq!(child.reap(), None);
        kill(&[look(child.pid()).unwrap()]);
        assert_eq!(child.wait(), ChildStatus::Signaled(9));
    }

    #[test]
    fn no_file_of_ours_reaches_a_process() {
        let tree = ProcessTree::new();
        let _ours = std::fs::File::open("/dev/null").unwrap();
        let (_, reader) = bash(&tree, "ls /proc/self/fd");
        // The fourth is the folder that `ls` reads.
        assert_eq!(output(reader).split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    }

    #[test]
    fn how_a_process_ended_is_known_without_a_pidfd() {
        let tree = ProcessTree::new();
        let (child, _reader) = bash(&tree, "exit 3");
        let notice = exit_pipe(child.pid()).unwrap();
        rustix::event::poll(&mut [PollFd::new(&notice, PollFlags::IN)], None).unwrap();
        assert_eq!(child.reap(), Some(ChildStatus::Exited(3)));
    }

    #[test]
    fn a_signal_reaches_the_whole_group() {
        let tree = ProcessTree::new();
        let (child, mut reader) = bash(&tree, "sleep 1000 & echo started; wait");
        reader.read_exact(&mut [0; 8]).unwrap();
        child.signal(Signal::KILL);
        assert_eq!(child.wait(), ChildStatus::Signaled(9));
        // The pipe closes only when `sleep` is gone, too.
        assert_eq!(output(reader), "");
    }

    #[test]
    fn nothing_is_left_of_a_family_that_ended() {
        let tree = ProcessTree::new();
        let script =
            "setsid sleep 1000 & (setsid sleep 1000 &) ; sleep 1000 & disown; echo started";
        let (child, mut reader) = bash(&tree, script);
        reader.read_exact(&mut [0; 8]).unwrap();
        child.wait();
        drop(tree);
        assert_eq!(output(reader), "");
    }

    #[test]
    fn two_families_leave_each_other_alone() {
        let (one, other) = (ProcessTree::new(), ProcessTree::new());
        let (child, _reader) = bash(&one, "sleep 1000");
        drop(other);
        assert_eq!(child.reap(), None);
    }

    #[test]
    fn an_ended_family_starts_nothing() {
        let tree = ProcessTree::new();
        tree.end();
        let (_reader, writer) = io::pipe().unwrap();
        assert!(tree.spawn(SpawnCommand::new("/bin/true", writer.as_fd())).is_err());
    }
}
