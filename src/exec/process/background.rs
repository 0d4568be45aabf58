//! What a run has left behind when it ended: processes in the background, a server, say. They live
//! until the run's block runs again, the speaker ends them, or the talk does.
//!
//! Their output is still passed on, and how many there are is told whenever one has ended. Nothing
//! is looked at from time to time: the wait is for their terminal and for their ends.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::Pid;

use crate::exec::RunSink;
use crate::exec::os::process_tree::{self, Owner, ProcessTree};
use crate::run::{Event, RunId, Snippet};

/// Processes whose ends are waited for at a time: each takes a file.
const MAX_WATCHED: usize = 64;

/// How often to count again while there are processes whose ends cannot be waited for.
const COUNT_INTERVAL: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// How long the killed may take to be gone: a few milliseconds, as a rule. Their block, which runs
/// next, finds their ports free then.
const END_TIMEOUT: Duration = Duration::from_millis(200);

/// The runs that have processes in the background, or may have some when they end.
#[derive(Debug, Default)]
pub(in crate::exec) struct BackgroundProcesses {
    runs: Mutex<BTreeMap<RunId, BackgroundRun>>,
}

/// A run that may have processes in the background.
#[derive(Debug)]
struct BackgroundRun {
    owner: Owner,
    /// Where its block is: `talk.md:12`.
    place: String,
}

/// Our end of a run's terminal, when the run has ended.
pub(in crate::exec) trait OutputSource {
    /// The file, until no process has the other end any more.
    fn file(&self) -> Option<BorrowedFd<'_>>;

    /// Passes on what there is to read.
    fn read(&mut self);
}

impl BackgroundProcesses {
    /// Notes that a run begins.
    pub(in crate::exec) fn begin(&self, run: RunId, owner: Owner, code: &Snippet) {
        let place = format!("{}:{}", code.file.display(), code.first_line);
        self.runs.lock().insert(run, BackgroundRun { owner, place });
    }

    /// Notes that a run has ended and left nothing.
    pub(in crate::exec) fn forget(&self, run: RunId) {
        self.runs.lock().remove(&run);
    }

    /// Where the block is whose run an owner is.
    pub(in crate::exec) fn place(&self, owner: Owner) -> Option<String> {
        let runs = self.runs.lock();
        runs.values().find(|run| run.owner == owner).map(|run| run.place.clone())
    }

    /// Passes on what the processes of a run write and how many there are, until none is left. Their
    /// terminal may be open for longer: another process may hold it. Unless the run's own process is
    /// still `alive`, what it has left are orphans.
    pub(in crate::exec) fn follow(
        &self,
        run: RunId,
        (tree, owner): (&Arc<ProcessTree>, Owner),
        alive: bool,
        (leftover, sink): (&mut dyn OutputSource, &RunSink),
    ) {
        let (mut reported, mut may_have_some) = (0, alive || process_tree::has_orphans(owner));
        loop {
            let processes = if may_have_some { process_tree::owned_by(owner) } else { Vec::new() };
            may_have_some = true;
            if processes.len() != reported {
                reported = processes.len();
                sink(Event::Background(reported));
            }
            if processes.is_empty() && leftover.file().is_none() {
                break;
            }
            wait(&processes.iter().map(|it| it.pid).collect::<Vec<_>>(), leftover);
            tree.reap_orphans();
        }
        self.forget(run);
    }

    /// Ends what a run has left behind, and waits a little until it is gone.
    pub(in crate::exec) fn end(&self, run: RunId) {
        let owner = self.runs.lock().get(&run).map(|run| run.owner);
        let Some(owner) = owner else { return };
        let exits: Vec<_> =
            process_tree::owned_by(owner).iter().filter_map(|it| exit_of(it.pid)).collect();
        process_tree::kill_owned(owner);
        let limit = Timespec::try_from(END_TIMEOUT).ok();
        for exit in exits {
            let mut file = [PollFd::new(&exit, PollFlags::IN)];
            let _ = rustix::event::poll(&mut file, limit.as_ref());
        }
    }
}

/// Passes on output until one of these processes has ended, or the terminal is closed.
fn wait(processes: &[Pid], leftover: &mut dyn OutputSource) {
    let exits: Vec<_> =
        processes.iter().take(MAX_WATCHED).filter_map(|process| exit_of(*process)).collect();
    // One that has ended since it was counted has no file any more, or none could be opened.
    let limit = (exits.len() < processes.len().min(MAX_WATCHED)).then_some(COUNT_INTERVAL);
    loop {
        let Some(terminal) = leftover.file() else {
            let mut files: Vec<_> = exits.iter().map(readable).collect();
            let _ = rustix::event::poll(&mut files, limit.as_ref());
            return;
        };
        let mut files = vec![PollFd::from_borrowed_fd(terminal, PollFlags::IN)];
        files.extend(exits.iter().map(readable));
        let ready = rustix::event::poll(&mut files, limit.as_ref());
        let has_output = !files[0].revents().is_empty();
        let has_ended = files[1..].iter().any(|file| !file.revents().is_empty());
        if has_output {
            leftover.read();
        }
        if has_ended || ready == Ok(0) || leftover.file().is_none() {
            return;
        }
    }
}

fn readable(file: &OwnedFd) -> PollFd<'_> {
    PollFd::from_borrowed_fd(file.as_fd(), PollFlags::IN)
}

/// A file that is readable once the process has ended.
#[cfg(target_os = "linux")]
pub(in crate::exec) fn exit_of(process: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
pub(in crate::exec) fn exit_of(_: Pid) -> Option<OwnedFd> {
    None
}
