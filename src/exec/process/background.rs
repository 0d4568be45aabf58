//! Processes that a run has left in the background when it ended: a server, for example. They live
//! until the run's block runs again, the speaker ends them, or the talk ends.
//!
//! Their output is still passed on, and their number is reported whenever one has ended. Nothing is
//! polled: the thread waits for their terminal and for their ends.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::Pid;

use crate::exec::RunSink;
use crate::exec::os::child::exit_fd;
use crate::exec::os::process_tag::Owner;
use crate::exec::os::process_tree::{self, ProcessTree};
use crate::exec::os::procfs;
use crate::exec::os::wait::{poll, readable, wait_readable};
use crate::run::{Event, RunId, Snippet};

/// How many processes are waited for at a time: each takes a file.
const MAX_WATCHED: usize = 64;

/// How often to count processes that cannot be waited for.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);

/// How long to wait for each killed process to be gone, which usually takes a few milliseconds. The
/// block runs again after that and needs their ports.
const END_TIMEOUT: Duration = Duration::from_millis(200);

/// The runs that have background processes, or may have some when they end.
#[derive(Debug, Default)]
pub(in crate::exec) struct BackgroundProcesses {
    runs: Mutex<BTreeMap<RunId, BackgroundRun>>,
}

/// A run that may have background processes.
#[derive(Debug)]
struct BackgroundRun {
    owner: Owner,
    /// Where its block is: `talk.md:12`.
    location: String,
}

/// Output of a run that has ended.
pub(in crate::exec) trait BackgroundOutput {
    /// Returns the file to read, until no process has the other end open.
    fn file(&self) -> Option<BorrowedFd<'_>>;

    /// Passes on the available output.
    fn read(&mut self);
}

impl BackgroundProcesses {
    /// Adds a run that begins.
    pub(in crate::exec) fn begin(&self, run: RunId, owner: Owner, code: &Snippet) {
        let location = format!("{}:{}", code.file.display(), code.first_line);
        self.runs.lock().insert(run, BackgroundRun { owner, location });
    }

    /// Removes a run that has ended without background processes.
    pub(in crate::exec) fn forget(&self, run: RunId) {
        self.runs.lock().remove(&run);
    }

    /// Returns the location of the block whose run has this owner.
    pub(in crate::exec) fn location(&self, owner: Owner) -> Option<String> {
        let runs = self.runs.lock();
        runs.values().find(|run| run.owner == owner).map(|run| run.location.clone())
    }

    /// Passes on the output and the number of a run's processes until none is left. Their terminal may
    /// stay open for longer: another process may have it open. Unless the run's own process is still
    /// `alive`, all of them are orphans.
    pub(in crate::exec) fn follow(
        &self,
        run: RunId,
        (tree, owner): (&Arc<ProcessTree>, Owner),
        alive: bool,
        (source, sink): (&mut dyn BackgroundOutput, &RunSink),
    ) {
        let (mut reported, mut may_have_some) = (0, alive || procfs::has_orphans(owner));
        loop {
            let processes = if may_have_some { procfs::owned_by(owner) } else { Vec::new() };
            may_have_some = true;
            if processes.len() != reported {
                reported = processes.len();
                sink(Event::Background(reported));
            }
            if processes.is_empty() && source.file().is_none() {
                break;
            }
            wait(&processes.iter().map(|it| it.pid).collect::<Vec<_>>(), source);
            tree.reap_orphans();
        }
        self.forget(run);
    }

    /// Kills a run's background processes, and waits briefly until they are gone.
    pub(in crate::exec) fn end(&self, run: RunId) {
        let owner = self.runs.lock().get(&run).map(|run| run.owner);
        let Some(owner) = owner else { return };
        let exits: Vec<_> =
            procfs::owned_by(owner).iter().filter_map(|it| exit_fd(it.pid)).collect();
        process_tree::kill_owned(owner);
        for exit in exits {
            wait_readable(&exit, Some(END_TIMEOUT));
        }
    }
}

/// Passes on output until one of these processes has ended or the terminal is closed.
fn wait(processes: &[Pid], source: &mut dyn BackgroundOutput) {
    let exits: Vec<_> =
        processes.iter().take(MAX_WATCHED).filter_map(|process| exit_fd(*process)).collect();
    // A process that has ended since it was counted has no pidfd.
    let timeout = (exits.len() < processes.len().min(MAX_WATCHED)).then_some(COUNT_INTERVAL);
    loop {
        let Some(terminal) = source.file() else {
            poll(&mut exits.iter().map(readable).collect::<Vec<_>>(), timeout);
            return;
        };
        let mut files = vec![readable(&terminal)];
        files.extend(exits.iter().map(readable));
        let ready = poll(&mut files, timeout);
        let has_output = !files[0].revents().is_empty();
        let has_ended = files[1..].iter().any(|file| !file.revents().is_empty());
        if has_output {
            source.read();
        }
        if has_ended || ready == 0 || source.file().is_none() {
            return;
        }
    }
}
