//! Running code: processes, the Python worker, the Rust compiler, Jupyter kernels, other machines. Nothing
//! else starts processes, and nothing else has `unsafe` code (each block with its reason).
//!
//! This module never sees slides or themes: a [`run::Request`] comes in, events go out through one
//! closure, which may block: that is the backpressure.

mod bench;
mod custom;
mod event;
mod io;
mod kernel;
mod languages;
mod limits;
mod module_index;
mod options;
mod os;
mod probe;
mod process;
pub mod python;
mod python_abi;
mod registry;
mod remote;
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

use crate::run::{self, Outcome, Preparation, Request, RunId, Snippet, Target};
use event::{ExecSink, RunSink};
use kernel::{KernelContext, Kernels};
use limits::process_limit::ProcessLimiter;
use module_index::ModuleIndex;
use os::process_tag::start_as;
use os::process_tree::ProcessTree;
use os::pty::PtyPool;
use os::temp_dir::TempRoot;
use process::background::BackgroundProcesses;
use process::{ProcessRuns, ProgramSource};
use python::{InterpreterSearch, Python};
use registry::Engine;
use remote::{RemoteProgram, Remotes};
use rust::{RemoteBuild, Rust};
use sandbox::{DeckSandbox, DenialWatcher};

pub use custom::{CustomExecutor, CustomRecipe};
pub use event::{ExecEvent, Stop};
pub use kernel::{KernelChoice, KernelSpec, KernelSpecs, ServerSpecs};
pub use languages::{languages, why_not_run};
pub use limits::watchdog::Watchdog;
pub use options::ExecOptions;
pub use os::signals::suspend;
pub use os::spawn::is_installed;
pub use probe::{ProbeReport, PythonInfo};
pub use process::foreground::stop_foreground;
pub use python::{LikelyPython, likely_python};
pub use remote::RemoteReport;
pub use rust::{Compiler, IncludedFile, included_files};
pub use sandbox::{SandboxOptions, support as sandbox_support};
pub use shutdown::shut_down;

/// Runs this program as one of its helper processes, if it was started as one: the sandbox's launcher,
/// a Python worker, the watchdog, or the keeper of a terminal.
pub fn entry() -> Option<ExitCode> {
    sandbox::entry()
        .or_else(python::worker_entry)
        .or_else(limits::watchdog::entry)
        .or_else(os::keeper::entry)
}

/// Starts a process that belongs to no run, by other means than this module's. It waits while a process
/// of a run starts: a process that starts at the same time would get the run's tag.
pub fn spawn_unowned<T>(start: impl FnOnce() -> T) -> T {
    start_as(None, start)
}

/// Why a kernel is not on another machine.
const KERNEL_IS_HERE: &str = "Jupyter kernels run on this machine: add `+local` to the block";

/// Why a sandboxed deck's block does not run on another machine.
const SANDBOX_IS_HERE: &str = "the sandbox does not reach other machines: start the talk without \
                               `--sandbox`, or add `+local` to the block";

/// Runs code on request. Dropping it ends all processes it started.
pub struct Executor {
    send: ExecSink,
    tree: Arc<ProcessTree>,
    runs: ProcessRuns,
    rust: Rust,
    python: Python,
    kernels: Kernels,
    remotes: Remotes,
    temp_root: Arc<TempRoot>,
    customs: Arc<BTreeMap<String, CustomExecutor>>,
    cache: PathBuf,
    process_limiter: ProcessLimiter,
    background: Arc<BackgroundProcesses>,
    sandbox: Option<Arc<DeckSandbox>>,
}

impl Executor {
    /// Creates an executor that reports through `send`, from its own threads. Starts no process.
    pub fn new(options: ExecOptions, send: impl Fn(ExecEvent) + Send + Sync + 'static) -> Self {
        let options = options.absolute();
        let temp_root = Arc::<TempRoot>::default();
        let ExecOptions { directory, cache, custom, python, sandbox } = options;
        let of_deck = (directory.clone(), python.clone());
        let interpreters = InterpreterSearch::of(directory.clone(), python);
        let is_offline = sandbox.is_some_and(|options| !options.has_network);
        let sandbox = sandbox.map(|options| {
            let folders = (&*directory, &*cache);
            Arc::new(DeckSandbox::new(options, folders, interpreters.programs(), temp_root.clone()))
        });
        let tree = Arc::new(ProcessTree::in_sandbox(sandbox.clone()));
        let send = with_denials(sandbox.clone(), send);
        let ptys = Arc::<PtyPool>::default();
        let background = Arc::<BackgroundProcesses>::default();
        let python_tree = ProcessTree::in_sandbox(sandbox.clone());
        let files = (temp_root.clone(), ptys);
        let python = Python::new(interpreters, python_tree, files, background.clone());
        let modules = ModuleIndex::new(temp_root.clone());
        let customs = Arc::new(custom);
        let shared = (tree.clone(), temp_root.clone());
        let kernels = KernelContext::new(of_deck, shared, send.clone(), is_offline);
        let kernels = Kernels::new(kernels);
        let places = (directory.clone(), &*cache);
        let rust = Rust::new(tree.clone(), places, modules, python.abi_source(), send.clone());
        let remotes =
            Remotes::new(directory.clone(), (tree.clone(), temp_root.clone()), send.clone());
        let shared = background.clone();
        let runs =
            ProcessRuns::new(directory, tree.clone(), temp_root.clone(), customs.clone(), shared);
        let warn = send.clone();
        let blocks = background.clone();
        let name = move |owner| blocks.location(owner);
        let process_limiter = ProcessLimiter::new(move |what| warn(ExecEvent::Warning(what)), name);
        Self {
            send,
            tree,
            runs,
            rust,
            python,
            kernels,
            remotes,
            temp_root,
            customs,
            cache,
            process_limiter,
            background,
            sandbox,
        }
    }

    /// Prepares these snippets in order: starts the Python worker if one is Python, which imports the
    /// `preload` modules and those that the snippets import; compiles Rust in the background. A later
    /// call drops work that was not begun. Only for decks whose code the user trusts.
    pub fn prepare(&self, snippets: Vec<Snippet>, preload: &[String]) {
        let (remote, snippets): (Vec<_>, Vec<_>) = snippets.into_iter().partition(is_for_ssh);
        self.prepare_remotes(&remote);
        let is_python = |snippet: &&Snippet| self.engine_of(snippet) == Ok(Engine::Python);
        let python: Vec<_> = snippets.iter().filter(is_python).collect();
        if !python.is_empty() {
            self.python.warm(preload, &python);
        }
        if python.len() < snippets.len() {
            self.runs.prepare();
        }
        self.kernels.prepare(snippets.iter().filter_map(|snippet| {
            let Ok(Engine::Kernel(choice)) = self.engine_of(snippet) else { return None };
            let is_allowed = self.sandbox.is_none() || snippet.remote.is_none();
            is_allowed.then(|| (snippet.remote.clone(), choice, snippet.fingerprint))
        }));
        self.rust.prepare(snippets.into_iter().filter(|it| self.is_compiled(it)).collect());
    }

    /// Connects to the machines that run these snippets.
    fn prepare_remotes(&self, snippets: &[Snippet]) {
        let mut hosts = BTreeMap::new();
        for snippet in snippets.iter().filter(|_| self.sandbox.is_none()) {
            let is_python = self.engine_of(snippet) == Ok(Engine::Python);
            if let Some(host) = &snippet.remote {
                *hosts.entry(host.clone()).or_insert(false) |= is_python;
            }
        }
        self.remotes.prepare(hosts);
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
        if request.code.remote.is_some() && self.sandbox.is_some() {
            return process::refuse(SANDBOX_IS_HERE.to_owned(), sink);
        }
        if is_for_ssh(&request.code) {
            return match self.remote_program(request) {
                Ok(program) => self.remotes.start(request, program, &sink),
                Err(why) => process::refuse(why, sink),
            };
        }
        match self.engine_of(&request.code) {
            _ if request.code.module.is_some() => {
                let program = ProgramSource::Build(self.rust.program(&request.code));
                self.runs.start(request, program, &sink);
            }
            Ok(Engine::Kernel(choice)) => self.kernels.start(request, choice, sink),
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
                self.runs.start(request, ProgramSource::Recipe(recipe), &sink);
            }
            Err(why) => process::refuse(why, sink),
        }
    }

    /// Returns the program of a run on another machine.
    fn remote_program(&self, request: &Request) -> Result<RemoteProgram, String> {
        let code = &request.code;
        let needs_own = code.is_timed || request.session.is_some();
        Ok(match self.engine_of(code)? {
            Engine::Python => RemoteProgram::Python,
            Engine::Rust => RemoteProgram::Rust(RemoteBuild::new(code)?),
            Engine::Process(_) if needs_own => {
                return Err(
                    "benchmarks and sessions need livedeck's own Python and `rustc`, but the \
                            configuration replaces them"
                        .to_owned(),
                );
            }
            Engine::Process(recipe) => RemoteProgram::Recipe(recipe),
            Engine::Kernel(_) => return Err(KERNEL_IS_HERE.to_owned()),
        })
    }

    /// Runs a program to its end in the speaker's terminal, which nothing else uses meanwhile. Returns its
    /// events.
    pub fn run_in(&self, terminal: BorrowedFd<'_>, request: &Request) -> Vec<run::Event> {
        let events = Arc::new(Mutex::new(Vec::new()));
        let received = events.clone();
        let sink: RunSink = Arc::new(move |event| received.lock().push(event));
        match self.program(request) {
            Ok(program) => self.runs.run_in(terminal, request, program, &sink),
            Err(why) => sink(run::Event::Finished(Outcome::NotStarted(why), Duration::ZERO)),
        }
        std::mem::take(&mut *events.lock())
    }

    /// Opens a file at a line (from 1) in the user's editor, which uses this terminal until it ends.
    ///
    /// # Errors
    /// There is no editor, or it failed: a message.
    pub fn edit(&self, terminal: BorrowedFd<'_>, file: &Path, line: u32) -> Result<(), String> {
        process::editor::open(&self.tree, terminal, file, line)
    }

    /// Returns the program to run a request as a process of its own, whatever engine its language has.
    fn program(&self, request: &Request) -> Result<ProgramSource, String> {
        Ok(match self.engine_of(&request.code)? {
            Engine::Python => ProgramSource::Found(self.python.recipe()),
            Engine::Rust => ProgramSource::Build(self.rust.program(&request.code)),
            Engine::Process(recipe) => ProgramSource::Recipe(recipe),
            Engine::Kernel(_) => {
                return Err("a kernel has no terminal: remove `:kernel`".to_owned());
            }
        })
    }

    /// Types into a run that has a terminal of its own or reads the speaker's input.
    pub fn type_in(&self, run: RunId, bytes: &[u8]) {
        self.python.type_in(run, bytes);
        self.kernels.type_in(run, bytes);
        self.remotes.type_in(run, bytes);
        self.runs.with(run, |handle| handle.keyboard().type_in(bytes));
    }

    /// Resizes a run's own terminal.
    pub fn resize(&self, run: RunId, (columns, rows): (u16, u16)) {
        self.remotes.resize(run, (columns, rows));
        self.runs.with(run, |handle| handle.keyboard().resize(columns, rows));
    }

    /// Requests the variables of a session after a run: [`ExecEvent::Variables`].
    pub fn variables(&self, run: RunId) {
        let send = self.send.clone();
        let tell = move |variables| send(ExecEvent::Variables(run, variables));
        if let Some(tell) = self.remotes.variables(run, tell) {
            self.python.variables(run, tell);
        }
    }

    /// Drops the state that a run of a session has left, or will leave: no run will continue from it.
    pub fn forget(&self, run: RunId) {
        self.python.forget(run);
        self.remotes.forget(run);
    }

    /// Ends all Jupyter kernels that run, and starts them again. Their runs stop.
    pub fn restart_kernels(&self) {
        self.kernels.restart();
    }

    /// Stops a run. A kill also ends the background processes of a run that has ended.
    pub fn stop(&self, run: RunId, how: Stop) {
        self.python.stop(run, how);
        self.kernels.stop(run, how);
        self.remotes.stop(run, how);
        self.runs.stop(run, how);
        if how == Stop::Kill {
            self.background.end(run);
        }
    }

    fn engine_of(&self, snippet: &Snippet) -> Result<Engine, String> {
        registry::find(&self.customs, &snippet.language, snippet.alternative.as_deref())
    }

    fn sink(&self, run: RunId) -> RunSink {
        let (send, end) = (self.send.clone(), self.process_limiter.end_notice());
        let (sandbox, watcher) = (self.sandbox.clone(), Mutex::new(None::<DenialWatcher>));
        Arc::new(move |event| {
            match &event {
                run::Event::Output(bytes) => {
                    if let Some(sandbox) = &sandbox {
                        let mut watcher = watcher.lock();
                        watcher.get_or_insert_with(|| sandbox.denial_watcher()).feed(bytes);
                    }
                }
                run::Event::Finished(..) => {
                    let watcher = watcher.lock().take();
                    if let Some(denials) = watcher.and_then(DenialWatcher::finish) {
                        send(ExecEvent::Run(run, run::Event::Output(denials)));
                    }
                    end();
                }
                _ => {}
            }
            send(ExecEvent::Run(run, event));
        })
    }
}

/// Returns whether a snippet runs on another machine that `ssh` reaches.
fn is_for_ssh(snippet: &Snippet) -> bool {
    snippet.remote.as_ref().is_some_and(|host| host.jupyter.is_none())
}

/// Returns a sink that adds denials to the compiler's errors about a sandboxed deck's block.
fn with_denials(
    sandbox: Option<Arc<DeckSandbox>>,
    send: impl Fn(ExecEvent) + Send + Sync + 'static,
) -> ExecSink {
    let Some(sandbox) = sandbox else { return Arc::new(send) };
    Arc::new(move |event| {
        let ExecEvent::Prepared(code, Preparation::Refused(errors)) = event else {
            return send(event);
        };
        let mut watcher = sandbox.denial_watcher();
        watcher.feed(&errors);
        let errors = match watcher.finish() {
            Some(denials) => [&errors, &*denials].concat().into(),
            None => errors,
        };
        send(ExecEvent::Prepared(code, Preparation::Refused(errors)));
    })
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.kernels.end();
        self.remotes.end();
        self.tree.end();
        self.rust.end();
        self.python.end();
        self.temp_root.remove();
    }
}

#[cfg(test)]
mod tests;
