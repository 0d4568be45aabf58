//! Running code: processes, the Python worker, the Rust compiler. The only part that starts
//! anything, and the only one with `unsafe` (each with its reason).
//!
//! It never sees slides or themes: a [`run::Request`] comes in, events go out
//! through one closure, which may block: that is what holds a flood back.

mod bench;
mod custom;
mod io;
mod languages;
mod limits;
mod module_index;
mod os;
mod probe;
mod process;
pub mod python;
mod registry;
mod rust;
mod sandbox;
mod shutdown;

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::deck::Fingerprint;
use crate::run::{self, Outcome, Preparation, Request, RunId, Snippet, Target, Variable};
use limits::process_limit::ProcessLimiter;
use module_index::ModuleIndex;
use os::process_tree::{self, ProcessTree};
use os::pty::PtyPool;
use os::temp_dir::TempRoot;
use process::background::BackgroundProcesses;
use process::{ProcessRuns, ProgramSource};
use python::{InterpreterSearch, Python};
use registry::Engine;
use rust::Rust;
use sandbox::{DeckSandbox, DenialWatcher};

pub use custom::{CustomExecutor, CustomRecipe};
pub use languages::{languages, why_not_run};
pub use limits::watchdog::Watchdog;
pub use os::signals::suspend;
pub use probe::{ProbeReport, PythonInfo};
pub use process::foreground::stop_foreground;
pub use python::{LikelyPython, likely_python};
pub use rust::Compiler;
pub use sandbox::{SandboxOptions, support as sandbox_support};
pub use shutdown::shut_down;

/// What this program does when it was started as a part of itself: the sandbox's launcher, a Python
/// worker, a warden; nothing if it was not.
pub fn entry() -> Option<ExitCode> {
    sandbox::entry().or_else(python::worker_entry).or_else(limits::watchdog::entry)
}

/// Starts a process that belongs to no run, by other means than those of this module: while one is
/// started for a run, whatever else starts would be taken for a part of it.
pub fn spawn_unowned<T>(start: impl FnOnce() -> T) -> T {
    process_tree::start_as(None, start)
}

/// What every run of a deck has in common.
#[derive(Clone, Debug)]
pub struct ExecOptions {
    /// The working directory: the deck's.
    pub directory: PathBuf,
    /// The front matter's Python, over `$VIRTUAL_ENV`, `.venv` and `python3`.
    pub python: Option<String>,
    /// Executors of the user's own, by language.
    pub custom: BTreeMap<String, CustomExecutor>,
    /// Where compiled snippets are kept: the user's cache directory, `livedeck` in it; a folder of its
    /// own for a sandboxed deck ([`SandboxOptions::cache`]).
    pub cache: PathBuf,
    /// The sandbox that all of it runs in, if any.
    pub sandbox: Option<SandboxOptions>,
}

impl ExecOptions {
    /// The same with absolute paths: children start in another directory than ours.
    fn absolute(self) -> Self {
        let absolute = |path: PathBuf| {
            // A deck named without its folder has the folder ``, which means the current one.
            let path = PathBuf::from(".").join(path);
            std::path::absolute(&path).unwrap_or(path)
        };
        let (directory, cache) = (absolute(self.directory), absolute(self.cache));
        Self { directory, cache, ..self }
    }
}

/// What the executor tells.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecEvent {
    /// Something happened to a run.
    Run(RunId, run::Event),
    /// Code is being compiled, or was, before anybody asked for it to run.
    Prepared(Fingerprint, Preparation),
    /// The names that a session has after a run, or why they cannot be told.
    Variables(RunId, Result<Vec<Variable>, String>),
    /// Something was ended that would have taken the machine: what, in words.
    Warning(String),
}

/// How hard to stop a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// As ctrl-c in a terminal would: SIGINT to the group.
    Interrupt,
    /// SIGKILL to all that it started.
    Kill,
}

/// Where what happens to one run goes. It may block, which holds the run back.
type RunSink = Arc<dyn Fn(run::Event) + Send + Sync>;

/// Runs code on request. Dropping it ends everything it started.
pub struct Executor {
    send: Arc<dyn Fn(ExecEvent) + Send + Sync>,
    tree: Arc<ProcessTree>,
    runs: ProcessRuns,
    rust: Rust,
    python: Python,
    temp_root: Arc<TempRoot>,
    customs: Arc<BTreeMap<String, CustomExecutor>>,
    cache: PathBuf,
    process_limiter: ProcessLimiter,
    background: Arc<BackgroundProcesses>,
    sandbox: Option<Arc<DeckSandbox>>,
}

impl Executor {
    /// An executor that tells what happens through `send`, from threads of its own. Starts nothing.
    pub fn new(options: ExecOptions, send: impl Fn(ExecEvent) + Send + Sync + 'static) -> Self {
        let options = options.absolute();
        let temp_root = Arc::<TempRoot>::default();
        let ExecOptions { directory, cache, custom, python, sandbox } = options;
        let places = InterpreterSearch::of(directory.clone(), python);
        let sandbox = sandbox.map(|kind| {
            let folders = (&*directory, &*cache);
            Arc::new(DeckSandbox::new(kind, folders, places.programs(), temp_root.clone()))
        });
        let tree = Arc::new(ProcessTree::within(sandbox.clone()));
        let send = reporting(sandbox.clone(), send);
        let ptys = Arc::<PtyPool>::default();
        let background = Arc::<BackgroundProcesses>::default();
        let python_tree = ProcessTree::within(sandbox.clone());
        let files = (temp_root.clone(), ptys);
        let python = Python::new((places, cache.clone()), python_tree, files, background.clone());
        let modules = ModuleIndex::new(temp_root.clone());
        let customs = Arc::new(custom);
        let rust = Rust::new(tree.clone(), directory.clone(), &cache, modules, send.clone());
        let kept = background.clone();
        let runs =
            ProcessRuns::new(directory, tree.clone(), temp_root.clone(), customs.clone(), kept);
        let trouble = send.clone();
        let names = background.clone();
        let name = move |owner| names.place(owner);
        let process_limiter =
            ProcessLimiter::new(move |what| trouble(ExecEvent::Warning(what)), name);
        Self {
            send,
            tree,
            runs,
            rust,
            python,
            temp_root,
            customs,
            cache,
            process_limiter,
            background,
            sandbox,
        }
    }

    /// Gets ready for these snippets, the first ones first: starts the Python worker if one is
    /// Python, which imports these modules and what the snippets import; compiles Rust in the
    /// background. Called again, it forgets what it had not begun. Only for decks whose code the user
    /// trusts.
    pub fn prepare(&self, snippets: Vec<Snippet>, preload: &[String]) {
        let is_python = |snippet: &&Snippet| self.engine_of(snippet) == Ok(Engine::Python);
        let python: Vec<_> = snippets.iter().filter(is_python).collect();
        if !python.is_empty() {
            self.python.warm(preload, &python);
        }
        if python.len() < snippets.len() {
            self.runs.prepare();
        }
        self.rust.prepare(snippets.into_iter().filter(|it| self.is_compiled(it)).collect());
    }

    /// Starts a run.
    pub fn run(&self, request: &Request) {
        self.process_limiter.begin(request.limits.processes);
        let sink = self.sink(request.run);
        if request.code.is_timed {
            self.start(&bench::add_harness(request), bench::extract_timings(sink));
        } else {
            self.start(request, sink);
        }
    }

    fn start(&self, request: &Request, sink: RunSink) {
        match self.engine_of(&request.code) {
            _ if request.code.module.is_some() => {
                let program = ProgramSource::Build(self.rust.program(&request.code));
                self.runs.start(request, program, &sink);
            }
            Ok(_) if request.target == Target::Screen => match self.program(request) {
                Ok(program) => self.runs.start(request, program, &sink),
                Err(why) => process::refuse(why, sink),
            },
            Ok(Engine::Python) => {
                let sink = self.rust.build_awaited_modules(sink);
                self.python.start(request, self.rust.module_dir(), sink);
            }
            Ok(Engine::Rust) => {
                let program = ProgramSource::Build(self.rust.program(&request.code));
                self.runs.start(request, program, &sink);
            }
            Ok(Engine::Process(_)) if request.code.is_timed => {
                let why = "benchmarks need livedeck's own Python and `rustc`, but the configuration \
                           replaces them";
                process::refuse(why.to_owned(), sink);
            }
            Ok(Engine::Process(_)) if request.session.is_some() => {
                let why =
                    "a session needs livedeck's own Python, and the configuration has another";
                process::refuse(why.to_owned(), sink);
            }
            Ok(Engine::Process(recipe)) => {
                self.runs.start(request, ProgramSource::Recipe(recipe), &sink)
            }
            Err(why) => process::refuse(why, sink),
        }
    }

    /// Runs something to its end in this terminal, which is the speaker's own and nobody else's in
    /// the meantime; what happened.
    pub fn run_in(&self, terminal: BorrowedFd<'_>, request: &Request) -> Vec<run::Event> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let lock = |told: &Mutex<Vec<run::Event>>| std::mem::take(&mut *told.lock());
        let sink: RunSink = Arc::new(move |event| {
            heard.lock().push(event);
        });
        match self.program(request) {
            Ok(program) => self.runs.run_in(terminal, request, program, &sink),
            Err(why) => sink(run::Event::Finished(Outcome::NotStarted(why), Duration::ZERO)),
        }
        lock(&told)
    }

    /// Opens a file at a line (from 1) in the user's editor, which has this terminal until it ends.
    ///
    /// # Errors
    /// There is no such editor, or it failed: what happened.
    pub fn edit(&self, terminal: BorrowedFd<'_>, file: &Path, line: u32) -> Result<(), String> {
        process::editor::open(&self.tree, terminal, file, line)
    }

    /// The program that a run is as a process of its own, whatever engine its language has.
    fn program(&self, request: &Request) -> Result<ProgramSource, String> {
        Ok(match self.engine_of(&request.code)? {
            Engine::Python => ProgramSource::Found(self.python.recipe()),
            Engine::Rust => ProgramSource::Build(self.rust.program(&request.code)),
            Engine::Process(recipe) => ProgramSource::Recipe(recipe),
        })
    }

    /// Types at a run that has a terminal of its own, or reads what is typed.
    pub fn type_in(&self, run: RunId, bytes: &[u8]) {
        self.python.type_in(run, bytes);
        self.runs.with(run, |running| running.keyboard().type_in(bytes));
    }

    /// Gives a run's own terminal another size.
    pub fn resize(&self, run: RunId, (columns, rows): (u16, u16)) {
        self.runs.with(run, |running| running.keyboard().resize(columns, rows));
    }

    /// Tells what names a session has after a run, soon.
    pub fn names(&self, run: RunId) {
        let send = self.send.clone();
        self.python.variables(run, move |variables| send(ExecEvent::Variables(run, variables)));
    }

    /// Drops the state that a run of a session left, or will leave: nothing will go on from it.
    pub fn forget(&self, run: RunId) {
        self.python.forget(run);
    }

    /// Stops a run. Of one that has ended a kill ends what it has left in the background.
    pub fn stop(&self, run: RunId, how: Stop) {
        self.python.stop(run, how);
        self.runs.stop(run, how);
        if how == Stop::Kill {
            self.background.end(run);
        }
    }

    fn engine_of(&self, snippet: &Snippet) -> Result<Engine, String> {
        registry::find(&self.customs, &snippet.language, snippet.alternative.as_deref())
    }

    fn sink(&self, run: RunId) -> RunSink {
        let (send, end) = (self.send.clone(), self.process_limiter.end());
        let (sandbox, watcher) = (self.sandbox.clone(), Mutex::new(None::<DenialWatcher>));
        Arc::new(move |event| {
            match &event {
                run::Event::Output(bytes) => {
                    if let Some(sandbox) = &sandbox {
                        let mut watcher = watcher.lock();
                        watcher.get_or_insert_with(|| sandbox.watcher()).feed(bytes);
                    }
                }
                run::Event::Finished(..) => {
                    let watcher = watcher.lock().take();
                    if let Some(said) = watcher.and_then(DenialWatcher::finish) {
                        send(ExecEvent::Run(run, run::Event::Output(said)));
                    }
                    end();
                }
                _ => {}
            }
            send(ExecEvent::Run(run, event));
        })
    }
}

/// Sends events on; what the compiler says of a sandboxed deck's block is said with what was refused.
fn reporting(
    sandbox: Option<Arc<DeckSandbox>>,
    send: impl Fn(ExecEvent) + Send + Sync + 'static,
) -> Arc<dyn Fn(ExecEvent) + Send + Sync> {
    let Some(sandbox) = sandbox else { return Arc::new(send) };
    Arc::new(move |event| {
        let ExecEvent::Prepared(code, Preparation::Refused(errors)) = event else {
            return send(event);
        };
        let mut watcher = sandbox.watcher();
        watcher.feed(&errors);
        let errors = match watcher.finish() {
            Some(said) => [&errors, &*said].concat().into(),
            None => errors,
        };
        send(ExecEvent::Prepared(code, Preparation::Refused(errors)));
    })
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.tree.end();
        self.rust.end();
        self.python.end();
        self.temp_root.remove();
    }
}

#[cfg(test)]
mod tests;
