//! The runs that are processes: starting one, stopping one, and the thread that sees each through.

#![expect(clippy::disallowed_methods, reason = "writes the code to a file, times it, and waits")]

pub(in crate::exec) mod background;
pub(in crate::exec) mod editor;
pub(in crate::exec) mod foreground;
pub(in crate::exec) mod handle;
pub(in crate::exec) mod pagers;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::ControlFlow::{self, Break, Continue};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::exec::custom::CustomRecipe;
use crate::exec::io::capture::{StdioFds, StdoutSink};
use crate::exec::io::output;
use crate::exec::io::stdin::InputWatcher;
use crate::exec::limits::watchdog::ResumeGuard;
use crate::exec::os::process_tree::{Child, ChildStatus, ProcessTree};
use crate::exec::os::pty::{PtyPair, PtyPool};
use crate::exec::os::spawn::{self, SpawnCommand};
use crate::exec::os::temp_dir::TempRoot;
use crate::exec::process::background::BackgroundProcesses;
use crate::exec::process::foreground::Foreground;
use crate::exec::process::handle::{RunHandle, StopReason};
use crate::exec::registry::{self, CustomExecutors};
use crate::exec::{RunSink, Stop};
use crate::files;
use crate::panics::contain;
use crate::run::{Event, Outcome, Request, RunId, StdinSource, Target};

/// All runs that are processes.
#[derive(Debug)]
pub(in crate::exec) struct ProcessRuns {
    shared: Arc<RunContext>,
}

#[derive(Debug)]
struct RunContext {
    directory: PathBuf,
    tree: Arc<ProcessTree>,
    running: Mutex<BTreeMap<RunId, Arc<RunHandle>>>,
    temp_root: Arc<TempRoot>,
    ptys: PtyPool,
    customs: Arc<CustomExecutors>,
    background: Arc<BackgroundProcesses>,
}

/// What is to be run.
pub(in crate::exec) enum ProgramSource {
    /// Code, by the commands of a recipe.
    Recipe(CustomRecipe),
    /// Code, by a recipe that is found first, on the run's thread, or why there is none.
    Found(Box<dyn FnOnce() -> Result<CustomRecipe, String> + Send>),
    /// A program that is made first, on the run's thread, or why there is none.
    Build(BuildFn),
}

/// Makes a program, on the run's thread, or tells how the run ends without one.
pub(in crate::exec) type BuildFn =
    Box<dyn FnOnce(&RunHandle, &RunSink) -> ControlFlow<Outcome, BuiltProgram> + Send>;

/// A program that was made, and what it needs in its environment.
pub(in crate::exec) struct BuiltProgram {
    pub(in crate::exec) program: PathBuf,
    pub(in crate::exec) environment: BTreeMap<String, String>,
}

/// What a panic of a run's thread is called: it reads what the block writes.
pub(in crate::exec) const FOLLOWER: &str = "what follows this run";

impl ProcessRuns {
    /// No runs yet; they will start in `directory`, as members of this family.
    pub(in crate::exec) fn new(
        directory: PathBuf,
        tree: Arc<ProcessTree>,
        temp_root: Arc<TempRoot>,
        customs: Arc<CustomExecutors>,
        background: Arc<BackgroundProcesses>,
    ) -> Self {
        let (running, ptys) = (Mutex::default(), PtyPool::held(tree.clone()));
        let shared = RunContext { directory, tree, running, temp_root, ptys, customs, background };
        Self { shared: Arc::new(shared) }
    }

    /// Makes ready what the next run needs, in the background.
    pub(in crate::exec) fn prepare(&self) {
        let shared = self.shared.clone();
        // Without a thread to spare now, the next run makes it.
        let thread = std::thread::Builder::new().name("terminal".to_owned());
        let _ = thread.spawn(move || shared.ptys.refill());
    }

    /// Starts a run on a thread of its own.
    pub(in crate::exec) fn start(&self, request: &Request, program: ProgramSource, sink: &RunSink) {
        let owner = self.shared.tree.owner();
        self.shared.background.begin(request.run, owner, &request.code);
        let running = Arc::new(RunHandle::new(owner));
        self.shared.running.lock().insert(request.run, running.clone());
        let shared = self.shared.clone();
        let run = ProcessRun { request: request.clone(), sink: sink.clone(), running, shared };
        let thread = std::thread::Builder::new().name(format!("run {}", request.run.0));
        let (id, told, shared) = (request.run, sink.clone(), self.shared.clone());
        let follow = move || {
            if let Err(panicked) = contain(FOLLOWER, || run.see_through(program)) {
                shared.running.lock().remove(&id);
                not_started(panicked.to_string(), &told);
            }
        };
        if let Err(error) = thread.spawn(follow) {
            self.shared.running.lock().remove(&request.run);
            not_started(format!("no thread could be started for it: {error}"), sink);
        }
    }

    /// Runs something to its end in the speaker's own terminal.
    pub(in crate::exec) fn run_in(
        &self,
        terminal: BorrowedFd<'_>,
        request: &Request,
        program: ProgramSource,
        sink: &RunSink,
    ) {
        let (request, sink) = (request.clone(), sink.clone());
        let running = Arc::new(RunHandle::new(self.shared.tree.owner()));
        let _foreground = Foreground::of(&running);
        let run = ProcessRun { request, sink, running, shared: self.shared.clone() };
        let mut started = None;
        let files = StdioFds { input: Some(terminal), ..StdioFds::all(terminal) };
        let outcome =
            run.perform(program, &RunTerminal::Speaker(terminal), &|_| files, &mut started);
        let took = started.map_or(Duration::ZERO, |started: Instant| started.elapsed());
        (run.sink)(Event::Finished(outcome, took));
        self.shared.tree.reap_orphans();
    }

    /// What is missing where a language's program is not there, and what to try.
    pub(in crate::exec) fn missing_tool(&self, program: &OsStr, language: &str) -> Option<String> {
        let is_missing = self.shared.find(program).is_none();
        is_missing.then(|| self.shared.not_installed(program, language))
    }

    /// Does something to a run that is under way.
    pub(in crate::exec) fn with(&self, run: RunId, act: impl FnOnce(&RunHandle)) {
        let running = self.shared.running.lock().get(&run).cloned();
        if let Some(running) = running {
            act(&running);
        }
    }

    /// Stops a run; one that has ended is left alone.
    pub(in crate::exec) fn stop(&self, run: RunId, how: Stop) {
        self.with(run, |running| running.cut(StopReason::Stopped, how));
    }
}

impl RunContext {
    fn find(&self, program: &OsStr) -> Option<PathBuf> {
        spawn::find_program(program, &self.directory)
    }

    /// What to say of a program that is not there, and what else there is for its language.
    fn not_installed(&self, program: &OsStr, language: &str) -> String {
        let is_there = |name: &str| self.find(name.as_ref()).is_some();
        let program = program.display();
        match registry::others(&self.customs, language, is_there).first() {
            Some(other) => format!("`{program}` is not installed: `+exec:{other}` would run it"),
            None => format!("`{program}` is not installed, or not on `PATH`"),
        }
    }
}

/// Where a run takes place.
enum RunTerminal<'a> {
    /// In a terminal of its own, which is followed.
    Own(&'a PtyPair),
    /// In the speaker's.
    Speaker(BorrowedFd<'a>),
}

/// One run, on its thread.
struct ProcessRun {
    request: Request,
    sink: RunSink,
    running: Arc<RunHandle>,
    shared: Arc<RunContext>,
}

/// What a run executes: commands with their environment, and the folder that their code lies in.
struct Plan {
    steps: Vec<PlanStep>,
    environment: BTreeMap<String, String>,
    folder: Option<TempDir>,
}

/// A command of a run: the program as the table names it, and its arguments.
struct PlanStep {
    program: OsString,
    arguments: Vec<OsString>,
}

impl ProcessRun {
    /// From its first process to the last byte of what it left behind.
    fn see_through(self, program: ProgramSource) {
        let mut started = None;
        let watched = ResumeGuard::start();
        let pty = self.open();
        let outcome = match &pty {
            Ok(pty) => self.make(program, pty, &mut started),
            Err(error) => Outcome::NotStarted(format!("there is no terminal for it: {error}")),
        };
        self.shared.running.lock().remove(&self.request.run);
        let took = started.map_or(Duration::ZERO, |started: Instant| started.elapsed());
        (self.sink)(Event::Finished(outcome, took));
        drop(watched);
        self.shared.tree.reap_orphans();
        self.shared.ptys.refill();
        if pty.is_err() {
            self.shared.background.forget(self.request.run);
        }
        if let Ok(pty) = pty {
            let mut rest = output::LeftoverTerminal::of(pty, self.sink.clone());
            let ours = (&self.shared.tree, self.running.owner());
            self.shared.background.follow(self.request.run, ours, false, (&mut rest, &self.sink));
        }
    }

    /// The run's terminal: one that can be typed at where it is to have that.
    fn open(&self) -> io::Result<PtyPair> {
        let Request { columns, rows, target, ref input, .. } = self.request;
        let pty = match target {
            Target::Screen => PtyPair::plain(columns, rows)?,
            _ => self.shared.ptys.open(columns, rows, input)?,
        };
        if target == Target::Screen || *input == StdinSource::Speaker {
            self.running.keyboard().take(pty.master.try_clone()?);
        }
        Ok(pty)
    }

    /// Runs the program, and keeps the picture that it was to make.
    fn make(
        &self,
        program: ProgramSource,
        pty: &PtyPair,
        started: &mut Option<Instant>,
    ) -> Outcome {
        let mut ends = match StdoutSink::open(self.request.target) {
            Ok(sink) => sink,
            Err(error) => {
                return Outcome::NotStarted(format!("there is no pipe for its picture: {error}"));
            }
        };
        let terminal = pty.slave.as_fd();
        // What compiles the run writes no picture.
        let own_terminal =
            Some(pty.path.as_path()).filter(|_| self.request.target == Target::Screen);
        let files = |is_last| {
            let files = if is_last { ends.files(terminal) } else { StdioFds::all(terminal) };
            let reads =
                self.request.input != StdinSource::Empty && own_terminal.is_none() && is_last;
            StdioFds { own_terminal, reads: reads.then_some(terminal), ..files }
        };
        let outcome = self.perform(program, &RunTerminal::Own(pty), &files, started);
        if started.is_some() {
            ends.keep(&self.request, &outcome, &self.shared.temp_root, &self.sink);
        }
        outcome
    }

    /// Runs the steps until one fails. The run's folder is gone when this returns.
    fn perform<'f>(
        &self,
        program: ProgramSource,
        place: &RunTerminal<'_>,
        files: &dyn Fn(bool) -> StdioFds<'f>,
        started: &mut Option<Instant>,
    ) -> Outcome {
        let plan = match self.plan(program) {
            Continue(plan) => plan,
            Break(outcome) => return outcome,
        };
        let last = plan.steps.len().saturating_sub(1);
        for (number, step) in plan.steps.iter().enumerate() {
            if self.running.reason().is_some() {
                break;
            }
            let is_last = number == last;
            let child = match self.spawn(step, &plan, files(is_last)) {
                Ok(child) => child,
                Err(why) => return Outcome::NotStarted(why),
            };
            if started.is_none() {
                *started = Some(Instant::now());
                (self.sink)(Event::Started);
            }
            let status = match place {
                RunTerminal::Own(pty) => self.follow(pty, &child, *started),
                RunTerminal::Speaker(terminal) => {
                    foreground::wait(*terminal, &child, &self.running, self.request.limits.timeout)
                }
            };
            if let Some(outcome) = self.outcome(status, is_last) {
                return outcome;
            }
        }
        drop(plan.folder);
        Outcome::Stopped
    }

    /// What a step's end means for the run; nothing if the next step is to follow.
    fn outcome(&self, status: ChildStatus, is_last: bool) -> Option<Outcome> {
        match (self.running.reason(), status) {
            (Some(StopReason::Stopped), _) => Some(Outcome::Stopped),
            (Some(StopReason::TimedOut), _) => Some(Outcome::TimedOut),
            (None, ChildStatus::Exited(0)) if !is_last => None,
            (None, ChildStatus::Exited(_)) if !is_last => Some(Outcome::NotCompiled),
            (None, ChildStatus::Exited(status)) => Some(Outcome::Exited(status)),
            (None, ChildStatus::Signaled(signal)) => Some(Outcome::Signaled(signal)),
        }
    }

    /// Makes the program, or lays the code out for its recipe.
    fn plan(&self, program: ProgramSource) -> ControlFlow<Outcome, Plan> {
        match program {
            ProgramSource::Build(make) => {
                let BuiltProgram { program, environment } = make(&self.running, &self.sink)?;
                let steps = vec![PlanStep { program: program.into(), arguments: Vec::new() }];
                Continue(Plan { steps, environment, folder: None })
            }
            ProgramSource::Found(find) => match find() {
                Ok(recipe) => self.plan(ProgramSource::Recipe(recipe)),
                Err(why) => Break(Outcome::NotStarted(why)),
            },
            ProgramSource::Recipe(recipe) => match self.lay_out(recipe) {
                Ok(plan) => Continue(plan),
                Err(error) => {
                    Break(Outcome::NotStarted(format!("its code could not be saved: {error}")))
                }
            },
        }
    }

    fn lay_out(&self, recipe: CustomRecipe) -> io::Result<Plan> {
        let folder = self.shared.temp_root.folder()?;
        files::write_private(&folder.path().join(recipe.filename), &*self.request.code.code)?;
        let step = |step: &Vec<String>| {
            let mut parts = step.iter().map(|part| fill(part, folder.path()));
            PlanStep { program: parts.next().unwrap_or_default(), arguments: parts.collect() }
        };
        let steps = recipe.commands.iter().map(step).collect();
        Ok(Plan { steps, environment: recipe.environment, folder: Some(folder) })
    }

    fn spawn(
        &self,
        step: &PlanStep,
        plan: &Plan,
        files: StdioFds<'_>,
    ) -> Result<Arc<Child>, String> {
        let directory = &self.shared.directory;
        let Some(program) = self.shared.find(&step.program) else {
            let language = &self.request.code.language;
            return Err(self.shared.not_installed(&step.program, language));
        };
        let shares_terminal = files.own_terminal.is_none() && files.input.is_none();
        let mut command = SpawnCommand::new(program, files.terminal)
            .own_terminal(files.own_terminal)
            .ignoring_hangup(files.own_terminal.is_some())
            .terminal(files.input)
            .input_from(files.reads)
            .output(files.output)
            .args(&step.arguments)
            .directory(directory)
            .memory(self.request.limits.memory);
        if let Some(folder) = &plan.folder {
            command = command.writes(folder.path());
        }
        for (name, value) in pagers::none().filter(|_| shares_terminal) {
            command = command.env(name, value);
        }
        for (name, value) in &plan.environment {
            command = command.env(name, value);
        }
        for (name, value) in &self.request.code.environment {
            command = command.env(name, value);
        }
        let child = self
            .shared
            .tree
            .spawn_for(self.running.owner(), command)
            .map_err(|error| self.refused(step, &error))?;
        self.running.adopt(&child);
        Ok(child)
    }

    fn follow(&self, pty: &PtyPair, child: &Child, started: Option<Instant>) -> ChildStatus {
        let limit = self.request.limits.timeout;
        let deadline = started.zip(limit).and_then(|(started, limit)| started.checked_add(limit));
        let expired = || self.running.cut(StopReason::TimedOut, Stop::Kill);
        let input = Some(&self.request.input).filter(|_| self.request.target != Target::Screen);
        let watch = input.and_then(|input| InputWatcher::new(input, pty));
        output::follow(pty, child, (deadline, watch), expired, &self.sink)
    }

    fn refused(&self, step: &PlanStep, error: &io::Error) -> String {
        let directory = &self.shared.directory;
        if directory.is_dir() {
            format!("`{}` could not be started: {error}", step.program.display())
        } else {
            format!("the deck's folder `{}` is gone: code runs in it", directory.display())
        }
    }
}

/// Reports a run that cannot be started, from a thread of its own: the caller may be the one who
/// empties the sink.
pub(in crate::exec) fn refuse(why: String, sink: RunSink) {
    let thread = std::thread::Builder::new().name("refuse".to_owned());
    // Where not even a thread can be started there is nothing left to report with.
    let _ = thread.spawn(move || not_started(why, &sink));
}

fn not_started(why: String, sink: &RunSink) {
    sink(Event::Finished(Outcome::NotStarted(why), Duration::ZERO));
}

/// A word of a command, with the run's folder for `$pwd`.
fn fill(part: &str, folder: &Path) -> OsString {
    let mut filled = OsString::new();
    for (number, piece) in part.split("$pwd").enumerate() {
        if number > 0 {
            filled.push(folder);
        }
        filled.push(piece);
    }
    filled
}
