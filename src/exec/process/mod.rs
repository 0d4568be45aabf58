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
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::exec::custom::CustomRecipe;
use crate::exec::io::capture::{Ends, Files};
use crate::exec::io::output;
use crate::exec::io::stdin::Watch;
use crate::exec::limits::watchdog::Watched;
use crate::exec::os::process_tree::{Child, Family, Status};
use crate::exec::os::pty::{Pty, Ptys};
use crate::exec::os::spawn::{self, Command};
use crate::exec::os::temp_dir::Scratch;
use crate::exec::process::background::Background;
use crate::exec::process::foreground::Foreground;
use crate::exec::process::handle::{Cut, Running};
use crate::exec::registry::{self, CustomExecutors};
use crate::exec::{Sink, Stop};
use crate::files;
use crate::panics::contain;
use crate::run::{Event, Input, Outcome, Request, RunId, Target};

/// All runs that are processes.
#[derive(Debug)]
pub(in crate::exec) struct Runs {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    family: Arc<Family>,
    running: Mutex<BTreeMap<RunId, Arc<Running>>>,
    scratch: Arc<Scratch>,
    ptys: Ptys,
    customs: Arc<CustomExecutors>,
    background: Arc<Background>,
}

/// What is to be run.
pub(in crate::exec) enum Program {
    /// Code, by the commands of a recipe.
    Recipe(CustomRecipe),
    /// Code, by a recipe that is found first, on the run's thread, or why there is none.
    Found(Box<dyn FnOnce() -> Result<CustomRecipe, String> + Send>),
    /// A program that is made first, on the run's thread, or why there is none.
    Made(Make),
}

/// Makes a program, on the run's thread, or tells how the run ends without one.
pub(in crate::exec) type Make = Box<dyn FnOnce(&Running, &Sink) -> Result<Made, Outcome> + Send>;

/// A program that was made, and what it needs in its environment.
pub(in crate::exec) struct Made {
    pub(in crate::exec) program: PathBuf,
    pub(in crate::exec) environment: BTreeMap<String, String>,
}

/// What a panic of a run's thread is called: it reads what the block writes.
pub(in crate::exec) const FOLLOWER: &str = "what follows this run";

impl Runs {
    /// No runs yet; they will start in `directory`, as members of this family.
    pub(in crate::exec) fn new(
        directory: PathBuf,
        family: Arc<Family>,
        scratch: Arc<Scratch>,
        customs: Arc<CustomExecutors>,
        background: Arc<Background>,
    ) -> Self {
        let (running, ptys) = (Mutex::default(), Ptys::held(family.clone()));
        let shared = Shared { directory, family, running, scratch, ptys, customs, background };
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
    pub(in crate::exec) fn start(&self, request: &Request, program: Program, sink: &Sink) {
        let owner = self.shared.family.owner();
        self.shared.background.begin(request.run, owner, &request.code);
        let running = Arc::new(Running::new(owner));
        lock(&self.shared.running).insert(request.run, running.clone());
        let shared = self.shared.clone();
        let run = Run { request: request.clone(), sink: sink.clone(), running, shared };
        let thread = std::thread::Builder::new().name(format!("run {}", request.run.0));
        let (id, told, shared) = (request.run, sink.clone(), self.shared.clone());
        let follow = move || {
            if let Err(panicked) = contain(FOLLOWER, || run.see_through(program)) {
                lock(&shared.running).remove(&id);
                not_started(panicked.to_string(), &told);
            }
        };
        if let Err(error) = thread.spawn(follow) {
            lock(&self.shared.running).remove(&request.run);
            not_started(format!("no thread could be started for it: {error}"), sink);
        }
    }

    /// Runs something to its end in the speaker's own terminal.
    pub(in crate::exec) fn run_in(
        &self,
        terminal: BorrowedFd<'_>,
        request: &Request,
        program: Program,
        sink: &Sink,
    ) {
        let (request, sink) = (request.clone(), sink.clone());
        let running = Arc::new(Running::new(self.shared.family.owner()));
        let _foreground = Foreground::of(&running);
        let run = Run { request, sink, running, shared: self.shared.clone() };
        let mut started = None;
        let files = Files { input: Some(terminal), ..Files::all(terminal) };
        let outcome = run.perform(program, &Place::Terminal(terminal), &|_| files, &mut started);
        let took = started.map_or(Duration::ZERO, |started: Instant| started.elapsed());
        (run.sink)(Event::Finished(outcome.unwrap_or_else(|outcome| outcome), took));
        self.shared.family.bury();
    }

    /// What is missing where a language's program is not there, and what to try.
    pub(in crate::exec) fn lack(&self, program: &OsStr, language: &str) -> Option<String> {
        let is_missing = self.shared.find(program).is_none();
        is_missing.then(|| self.shared.not_installed(program, language))
    }

    /// Does something to a run that is under way.
    pub(in crate::exec) fn with(&self, run: RunId, act: impl FnOnce(&Running)) {
        let running = lock(&self.shared.running).get(&run).cloned();
        if let Some(running) = running {
            act(&running);
        }
    }

    /// Stops a run; one that has ended is left alone.
    pub(in crate::exec) fn stop(&self, run: RunId, how: Stop) {
        self.with(run, |running| running.cut(Cut::Stopped, how));
    }
}

impl Shared {
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
enum Place<'a> {
    /// In a terminal of its own, which is followed.
    Pty(&'a Pty),
    /// In the speaker's.
    Terminal(BorrowedFd<'a>),
}

/// One run, on its thread.
struct Run {
    request: Request,
    sink: Sink,
    running: Arc<Running>,
    shared: Arc<Shared>,
}

/// What a run executes: commands with their environment, and the folder that their code lies in.
struct Plan {
    steps: Vec<Step>,
    environment: BTreeMap<String, String>,
    folder: Option<TempDir>,
}

/// A command of a run: the program as the table names it, and its arguments.
struct Step {
    program: OsString,
    arguments: Vec<OsString>,
}

impl Run {
    /// From its first process to the last byte of what it left behind.
    fn see_through(self, program: Program) {
        let mut started = None;
        let watched = Watched::start();
        let pty = self.open();
        let outcome = match &pty {
            Ok(pty) => self.make(program, pty, &mut started).unwrap_or_else(|outcome| outcome),
            Err(error) => Outcome::NotStarted(format!("there is no terminal for it: {error}")),
        };
        lock(&self.shared.running).remove(&self.request.run);
        let took = started.map_or(Duration::ZERO, |started: Instant| started.elapsed());
        (self.sink)(Event::Finished(outcome, took));
        drop(watched);
        self.shared.family.bury();
        self.shared.ptys.refill();
        if pty.is_err() {
            self.shared.background.forget(self.request.run);
        }
        if let Ok(pty) = pty {
            let mut rest = output::Rest::of(pty, self.sink.clone());
            let ours = (&self.shared.family, self.running.owner());
            self.shared.background.follow(self.request.run, ours, false, (&mut rest, &self.sink));
        }
    }

    /// The run's terminal: one that can be typed at where it is to have that.
    fn open(&self) -> io::Result<Pty> {
        let Request { columns, rows, target, ref input, .. } = self.request;
        let pty = match target {
            Target::Screen => Pty::plain(columns, rows)?,
            _ => self.shared.ptys.open(columns, rows, input)?,
        };
        if target == Target::Screen || *input == Input::Speaker {
            self.running.keyboard().take(pty.master.try_clone()?);
        }
        Ok(pty)
    }

    /// Runs the program, and keeps the picture that it was to make.
    fn make(
        &self,
        program: Program,
        pty: &Pty,
        started: &mut Option<Instant>,
    ) -> Result<Outcome, Outcome> {
        let mut ends = Ends::open(self.request.target).map_err(|error| {
            Outcome::NotStarted(format!("there is no pipe for its picture: {error}"))
        })?;
        let terminal = pty.slave.as_fd();
        // What compiles the run writes no picture.
        let own_terminal =
            Some(pty.path.as_path()).filter(|_| self.request.target == Target::Screen);
        let files = |is_last| {
            let files = if is_last { ends.files(terminal) } else { Files::all(terminal) };
            let reads = self.request.input != Input::Nothing && own_terminal.is_none() && is_last;
            Files { own_terminal, reads: reads.then_some(terminal), ..files }
        };
        let outcome = self.perform(program, &Place::Pty(pty), &files, started)?;
        ends.keep(&self.request, &outcome, &self.shared.scratch, &self.sink);
        Ok(outcome)
    }

    /// Runs the steps until one fails. The run's folder is gone when this returns.
    fn perform<'f>(
        &self,
        program: Program,
        place: &Place<'_>,
        files: &dyn Fn(bool) -> Files<'f>,
        started: &mut Option<Instant>,
    ) -> Result<Outcome, Outcome> {
        let plan = self.plan(program)?;
        let last = plan.steps.len().saturating_sub(1);
        for (number, step) in plan.steps.iter().enumerate() {
            if self.running.reason().is_some() {
                break;
            }
            let is_last = number == last;
            let child = self.spawn(step, &plan, files(is_last)).map_err(Outcome::NotStarted)?;
            if started.is_none() {
                *started = Some(Instant::now());
                (self.sink)(Event::Started);
            }
            let status = match place {
                Place::Pty(pty) => self.follow(pty, &child, *started),
                Place::Terminal(terminal) => {
                    foreground::wait(*terminal, &child, &self.running, self.request.limits.timeout)
                }
            };
            if let Some(outcome) = self.outcome(status, is_last) {
                return Ok(outcome);
            }
        }
        drop(plan.folder);
        Ok(Outcome::Stopped)
    }

    /// What a step's end means for the run; nothing if the next step is to follow.
    fn outcome(&self, status: Status, is_last: bool) -> Option<Outcome> {
        match (self.running.reason(), status) {
            (Some(Cut::Stopped), _) => Some(Outcome::Stopped),
            (Some(Cut::TimedOut), _) => Some(Outcome::TimedOut),
            (None, Status::Exited(0)) if !is_last => None,
            (None, Status::Exited(_)) if !is_last => Some(Outcome::NotCompiled),
            (None, Status::Exited(status)) => Some(Outcome::Exited(status)),
            (None, Status::Signaled(signal)) => Some(Outcome::Signaled(signal)),
        }
    }

    /// Makes the program, or lays the code out for its recipe.
    fn plan(&self, program: Program) -> Result<Plan, Outcome> {
        match program {
            Program::Made(make) => {
                let Made { program, environment } = make(&self.running, &self.sink)?;
                let steps = vec![Step { program: program.into(), arguments: Vec::new() }];
                Ok(Plan { steps, environment, folder: None })
            }
            Program::Found(find) => {
                let recipe = find().map_err(Outcome::NotStarted)?;
                self.plan(Program::Recipe(recipe))
            }
            Program::Recipe(recipe) => self.lay_out(recipe).map_err(|error| {
                Outcome::NotStarted(format!("its code could not be saved: {error}"))
            }),
        }
    }

    fn lay_out(&self, recipe: CustomRecipe) -> io::Result<Plan> {
        let folder = self.shared.scratch.folder()?;
        files::write_private(&folder.path().join(recipe.filename), &*self.request.code.code)?;
        let step = |step: &Vec<String>| {
            let mut parts = step.iter().map(|part| fill(part, folder.path()));
            Step { program: parts.next().unwrap_or_default(), arguments: parts.collect() }
        };
        let steps = recipe.commands.iter().map(step).collect();
        Ok(Plan { steps, environment: recipe.environment, folder: Some(folder) })
    }

    fn spawn(&self, step: &Step, plan: &Plan, files: Files<'_>) -> Result<Arc<Child>, String> {
        let directory = &self.shared.directory;
        let Some(program) = self.shared.find(&step.program) else {
            let language = &self.request.code.language;
            return Err(self.shared.not_installed(&step.program, language));
        };
        let shares_terminal = files.own_terminal.is_none() && files.input.is_none();
        let mut command = Command::new(program, files.terminal)
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
            .family
            .spawn_for(self.running.owner(), command)
            .map_err(|error| self.refused(step, &error))?;
        self.running.adopt(&child);
        Ok(child)
    }

    fn follow(&self, pty: &Pty, child: &Child, started: Option<Instant>) -> Status {
        let limit = self.request.limits.timeout;
        let deadline = started.zip(limit).and_then(|(started, limit)| started.checked_add(limit));
        let expired = || self.running.cut(Cut::TimedOut, Stop::Kill);
        let input = Some(&self.request.input).filter(|_| self.request.target != Target::Screen);
        let watch = input.and_then(|input| Watch::new(input, pty));
        output::follow(pty, child, (deadline, watch), expired, &self.sink)
    }

    fn refused(&self, step: &Step, error: &io::Error) -> String {
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
pub(in crate::exec) fn refuse(why: String, sink: Sink) {
    let thread = std::thread::Builder::new().name("refuse".to_owned());
    // Where not even a thread can be started there is nothing left to report with.
    let _ = thread.spawn(move || not_started(why, &sink));
}

fn not_started(why: String, sink: &Sink) {
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

/// A poisoned lock guards nothing that a panic could have left half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
