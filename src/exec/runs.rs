//! The runs that are processes: starting one, stopping one, and the thread that sees each through.

#![expect(clippy::disallowed_methods, reason = "writes the code to a file, times it, and waits")]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use super::family::{Child, Family, Status};
use super::pty::Pty;
use super::registry::{self, Recipe};
use super::spawn::{self, Command};
use super::{Sink, Stop, stream};
use crate::run::{Event, Outcome, Request, RunId};

/// All runs that are processes.
#[derive(Debug)]
pub(super) struct Runs {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    family: Arc<Family>,
    running: Mutex<BTreeMap<RunId, Arc<Running>>>,
    folder: Mutex<Folder>,
}

/// The folder that holds each run's folder, so that one removal is enough at the end.
#[derive(Debug, Default)]
struct Folder {
    open: Option<TempDir>,
    is_closed: bool,
}

/// What is to be run.
#[derive(Clone, Debug)]
pub(super) enum Program {
    /// Code, by the commands of a recipe.
    Recipe(Recipe),
    /// A program that is ready.
    Binary(PathBuf),
}

/// A run's process, for whoever wants to stop it.
#[derive(Debug, Default)]
struct Running {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Why the run ends before its time.
    cut: Option<Cut>,
    child: Option<Arc<Child>>,
}

#[derive(Clone, Copy, Debug)]
enum Cut {
    Stopped,
    TimedOut,
}

impl Runs {
    /// No runs yet; they will start in `directory`, as members of this family.
    pub(super) fn new(directory: PathBuf, family: Arc<Family>) -> Self {
        let (running, folder) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { directory, family, running, folder }) }
    }

    /// Starts a run on a thread of its own.
    pub(super) fn start(&self, request: &Request, program: Program, sink: Sink) {
        let running = Arc::new(Running::default());
        lock(&self.shared.running).insert(request.run, running.clone());
        let shared = self.shared.clone();
        let run = Run { request: request.clone(), program, sink: sink.clone(), running, shared };
        let thread = std::thread::Builder::new().name(format!("run {}", request.run.0));
        if let Err(error) = thread.spawn(move || run.see_through()) {
            lock(&self.shared.running).remove(&request.run);
            not_started(format!("no thread could be started for it: {error}"), &sink);
        }
    }

    /// Stops a run; one that has ended is left alone.
    pub(super) fn stop(&self, run: RunId, how: Stop) {
        let running = lock(&self.shared.running).get(&run).cloned();
        if let Some(running) = running {
            running.cut(Cut::Stopped, how);
        }
    }

    /// Removes the folders of all runs; to be called when their processes have ended.
    pub(super) fn remove_folders(&self) {
        let mut folder = lock(&self.shared.folder);
        folder.is_closed = true;
        folder.open.take();
    }
}

impl Folder {
    /// A folder for one run.
    fn make(&mut self) -> io::Result<TempDir> {
        if self.is_closed {
            return Err(io::Error::other("the talk is over"));
        }
        let parent = match self.open.take() {
            Some(parent) => parent,
            None => tempfile::Builder::new().prefix("livedeck-").tempdir()?,
        };
        let parent = self.open.insert(parent);
        tempfile::Builder::new().prefix("run-").tempdir_in(parent.path())
    }
}

impl Running {
    /// Ends the run, for this reason unless there was one before.
    fn cut(&self, cut: Cut, how: Stop) {
        let mut state = lock(&self.state);
        state.cut.get_or_insert(cut);
        if let Some(child) = &state.child {
            child.signal(match how {
                Stop::Interrupt => Signal::INT,
                Stop::Kill => Signal::KILL,
            });
        }
    }

    /// Takes the process of the next step, which ends at once if the run was cut meanwhile.
    fn adopt(&self, child: &Arc<Child>) {
        let mut state = lock(&self.state);
        if state.cut.is_some() {
            child.signal(Signal::KILL);
        }
        state.child = Some(child.clone());
    }

    fn reason(&self) -> Option<Cut> {
        lock(&self.state).cut
    }
}

/// One run, on its thread.
struct Run {
    request: Request,
    program: Program,
    sink: Sink,
    running: Arc<Running>,
    shared: Arc<Shared>,
}

/// A command of a run: the program as the table names it, and its arguments.
struct Step {
    program: OsString,
    arguments: Vec<OsString>,
}

impl Run {
    /// From its first process to the last byte of what it left behind.
    fn see_through(self) {
        let mut started = None;
        let pty = Pty::open(self.request.columns, self.request.rows);
        let outcome = match &pty {
            Ok(pty) => self.perform(pty, &mut started).unwrap_or_else(Outcome::NotStarted),
            Err(error) => Outcome::NotStarted(format!("there is no terminal for it: {error}")),
        };
        lock(&self.shared.running).remove(&self.request.run);
        let took = started.map_or(Duration::ZERO, |started: Instant| started.elapsed());
        (self.sink)(Event::Finished(outcome, took));
        if let Ok(pty) = pty {
            stream::linger(pty, &self.sink);
        }
        self.shared.family.bury();
    }

    /// Runs the steps until one fails. The run's folder is gone when this returns.
    fn perform(&self, pty: &Pty, started: &mut Option<Instant>) -> Result<Outcome, String> {
        let folder =
            self.folder().map_err(|error| format!("its code could not be saved: {error}"))?;
        let steps = self.steps(folder.as_ref().map(TempDir::path));
        let last = steps.len().saturating_sub(1);
        for (number, step) in steps.iter().enumerate() {
            if self.running.reason().is_some() {
                break;
            }
            let child = self.spawn(step, pty)?;
            if started.is_none() {
                *started = Some(Instant::now());
                (self.sink)(Event::Started);
            }
            let status = self.follow(pty, &child, *started);
            if let Some(outcome) = self.outcome(status, number == last) {
                return Ok(outcome);
            }
        }
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

    /// A folder with the code in it, for a recipe.
    fn folder(&self) -> io::Result<Option<TempDir>> {
        let Program::Recipe(recipe) = &self.program else { return Ok(None) };
        let folder = lock(&self.shared.folder).make()?;
        std::fs::write(folder.path().join(recipe.file), &self.request.code.code)?;
        Ok(Some(folder))
    }

    fn steps(&self, folder: Option<&Path>) -> Vec<Step> {
        let recipe = match &self.program {
            Program::Recipe(recipe) => recipe,
            Program::Binary(path) => {
                return vec![Step { program: path.into(), arguments: Vec::new() }];
            }
        };
        let folder = folder.unwrap_or(Path::new("."));
        let step = |step: &&[&str]| {
            let mut parts = step.iter().map(|part| fill(part, folder));
            Step { program: parts.next().unwrap_or_default(), arguments: parts.collect() }
        };
        recipe.steps.iter().map(step).collect()
    }

    fn spawn(&self, step: &Step, pty: &Pty) -> Result<Arc<Child>, String> {
        let directory = &self.shared.directory;
        let Some(program) = spawn::find_program(&step.program, directory) else {
            return Err(self.not_installed(&step.program));
        };
        let mut command =
            Command::new(program, pty.slave.as_fd()).args(&step.arguments).directory(directory);
        if let Program::Recipe(recipe) = &self.program {
            for (name, value) in recipe.environment {
                command = command.env(*name, *value);
            }
        }
        let child =
            self.shared.family.spawn(command).map_err(|error| self.refused(step, &error))?;
        self.running.adopt(&child);
        Ok(child)
    }

    fn follow(&self, pty: &Pty, child: &Child, started: Option<Instant>) -> Status {
        let limit = self.request.timeout;
        let deadline = started.zip(limit).and_then(|(started, limit)| started.checked_add(limit));
        let expired = || self.running.cut(Cut::TimedOut, Stop::Kill);
        stream::follow(pty, child, deadline, expired, &self.sink)
    }

    fn not_installed(&self, program: &OsStr) -> String {
        let directory = &self.shared.directory;
        let is_there = |name: &str| spawn::find_program(name.as_ref(), directory).is_some();
        let program = program.display();
        let others = registry::others(&self.request.code.language, is_there);
        match others.first() {
            Some(other) => format!("`{program}` is not installed: `+exec:{other}` would run it"),
            None => format!("`{program}` is not installed, or not on `PATH`"),
        }
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
pub(super) fn refuse(why: String, sink: Sink) {
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
