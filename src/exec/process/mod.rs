//! Runs that are processes of their own: starts and stops them, each on its own thread.

pub(in crate::exec) mod background;
pub(in crate::exec) mod editor;
pub(in crate::exec) mod foreground;
pub(in crate::exec) mod handle;
pub(in crate::exec) mod pagers;
mod plan;
mod run;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use self::background::BackgroundProcesses;
use self::handle::{RunHandle, RunStopReason};
use self::run::ProcessRun;
use super::custom::CustomRecipe;
use super::os::process_tree::ProcessTree;
use super::os::pty::PtyPool;
use super::os::spawn::find_program;
use super::os::temp_dir::TempRoot;
use super::registry::{self, CustomExecutors};
use super::{RunSink, Stop};
use crate::panics::contain;
use crate::run::{Event, Outcome, Request, RunId};

/// All runs that are processes.
#[derive(Debug)]
pub(super) struct ProcessRuns {
    context: Arc<RunContext>,
}

/// What all runs share.
#[derive(Debug)]
struct RunContext {
    directory: PathBuf,
    tree: Arc<ProcessTree>,
    active: Mutex<BTreeMap<RunId, Arc<RunHandle>>>,
    temp_root: Arc<TempRoot>,
    ptys: PtyPool,
    customs: Arc<CustomExecutors>,
    background: Arc<BackgroundProcesses>,
}

/// The program of a run.
pub(super) enum ProgramSource {
    /// Code, run by the commands of a recipe.
    Recipe(CustomRecipe),
    /// Code, run by a recipe that is looked up on the run's thread. The error is a message.
    Found(Box<dyn FnOnce() -> Result<CustomRecipe, String> + Send>),
    /// A program that is built on the run's thread.
    Build(BuildFn),
}

/// Builds a program on the run's thread, or returns how the run ends without one.
pub(super) type BuildFn =
    Box<dyn FnOnce(&RunHandle, &RunSink) -> ControlFlow<Outcome, BuiltProgram> + Send>;

/// A program that was built, and variables for its environment.
pub(super) struct BuiltProgram {
    pub(super) program: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
}

/// What panicked, in messages about a run's thread, which reads what the block writes.
pub(super) const FOLLOWER: &str = "what follows this run";

impl ProcessRuns {
    /// Creates the runner. Runs start in `directory`, as part of this process tree.
    pub(super) fn new(
        directory: PathBuf,
        tree: Arc<ProcessTree>,
        temp_root: Arc<TempRoot>,
        customs: Arc<CustomExecutors>,
        background: Arc<BackgroundProcesses>,
    ) -> Self {
        let (active, ptys) = (Mutex::default(), PtyPool::kept(tree.clone()));
        let context = RunContext { directory, tree, active, temp_root, ptys, customs, background };
        Self { context: Arc::new(context) }
    }

    /// Opens the terminal of the next run, on a thread of its own.
    pub(super) fn prepare(&self) {
        let context = self.context.clone();
        // Without a thread, the next run opens its terminal itself.
        let thread = std::thread::Builder::new().name("terminal".to_owned());
        let _ = thread.spawn(move || context.ptys.refill());
    }

    /// Starts a run on a thread of its own.
    pub(super) fn start(&self, request: &Request, program: ProgramSource, sink: &RunSink) {
        let owner = self.context.tree.new_owner();
        self.context.background.begin(request.run, owner, &request.code);
        let handle = Arc::new(RunHandle::new(owner));
        self.context.active.lock().insert(request.run, handle.clone());
        let context = self.context.clone();
        let run = ProcessRun { request: request.clone(), sink: sink.clone(), handle, context };
        let thread = std::thread::Builder::new().name(format!("run {}", request.run.0));
        let (id, events, context) = (request.run, sink.clone(), self.context.clone());
        let follow = move || {
            if let Err(panicked) = contain(FOLLOWER, || run.run_to_end(program)) {
                context.active.lock().remove(&id);
                report_not_started(panicked.to_string(), &events);
            }
        };
        if let Err(error) = thread.spawn(follow) {
            self.context.active.lock().remove(&request.run);
            report_not_started(format!("cannot start a thread for it: {error}"), sink);
        }
    }

    /// Runs a program to its end in the speaker's own terminal.
    pub(super) fn run_in(
        &self,
        terminal: BorrowedFd<'_>,
        request: &Request,
        program: ProgramSource,
        sink: &RunSink,
    ) {
        let (request, sink) = (request.clone(), sink.clone());
        let handle = Arc::new(RunHandle::new(self.context.tree.new_owner()));
        let run = ProcessRun { request, sink, handle, context: self.context.clone() };
        run.run_in(terminal, program);
    }

    /// Returns what is missing if a language's program is not installed, and what to try instead.
    pub(super) fn missing_tool(&self, program: &OsStr, language: &str) -> Option<String> {
        let is_missing = self.context.find(program).is_none();
        is_missing.then(|| self.context.not_installed(program, language))
    }

    /// Calls `act` with a run, if it is active.
    pub(super) fn with(&self, run: RunId, act: impl FnOnce(&RunHandle)) {
        let handle = self.context.active.lock().get(&run).cloned();
        if let Some(handle) = handle {
            act(&handle);
        }
    }

    /// Stops a run, if it is active.
    pub(super) fn stop(&self, run: RunId, how: Stop) {
        self.with(run, |handle| handle.stop(RunStopReason::Stopped, how));
    }
}

impl RunContext {
    fn find(&self, program: &OsStr) -> Option<PathBuf> {
        find_program(program, &self.directory)
    }

    /// Says that a program is not installed, and names an alternative for its language, if any.
    fn not_installed(&self, program: &OsStr, language: &str) -> String {
        let is_there = |name: &str| self.find(name.as_ref()).is_some();
        let program = program.display();
        match registry::others(&self.customs, language, is_there).first() {
            Some(other) => format!("`{program}` is not installed: `+exec:{other}` would run it"),
            None => format!("`{program}` is not installed, or not on `PATH`"),
        }
    }
}

/// Reports a run that cannot be started, on a thread of its own: the caller may be the one who
/// drains the sink.
pub(super) fn refuse(why: String, sink: RunSink) {
    let thread = std::thread::Builder::new().name("refuse".to_owned());
    // If not even a thread can be started, there is no way to report it.
    let _ = thread.spawn(move || report_not_started(why, &sink));
}

fn report_not_started(why: String, sink: &RunSink) {
    sink(Event::Finished(Outcome::NotStarted(why), Duration::ZERO));
}
