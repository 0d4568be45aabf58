//! The Rust engine: compiles blocks in the background before they are run, and runs the resulting
//! programs.
//!
//! A block that the speaker runs is compiled at once, in parallel with the background build.

#![expect(clippy::disallowed_methods, reason = "checks whether the user set RUST_TEST_THREADS")]

mod build;
mod builder;
mod cache;
mod cargo;
mod crates;
mod includes;
mod links;
mod pymodule;
mod remote;
mod rewrite;
mod rustc;
mod toolchain;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rustix::process::Signal;

use super::module_index::{ModuleIndex, ModuleState};
use super::os::child::Child;
use super::os::process_tree::ProcessTree;
use super::process::handle::RunHandle;
use super::process::{BuildFn, BuiltProgram};
use super::python_abi::PythonAbiSource;
use super::{ExecEvent, RunSink};
use crate::run::{self, Outcome, Preparation, Snippet};
use build::{BuildContext, BuildError, BuildPhase};
use builder::Builder;

pub(super) use build::BuildResult;
pub(super) use cargo::CargoMessages;
pub use includes::{IncludedFile, included_files};
pub(super) use remote::RemoteBuild;
pub use toolchain::Compiler;

/// Compiles Rust blocks, and knows which are ready.
#[derive(Clone)]
pub(super) struct Rust {
    queue: Arc<BuildQueue>,
}

struct BuildQueue {
    builder: Builder,
    modules: ModuleIndex,
    send: Arc<dyn Fn(ExecEvent) + Send + Sync>,
    /// The number of the latest call of `prepare`.
    latest: AtomicU64,
    /// Held by the thread that compiles in the background.
    background: Mutex<()>,
    /// What that thread compiles.
    current: Mutex<Option<CurrentBuild>>,
    /// The snippets of the latest call of `prepare`.
    wanted: Mutex<Vec<Snippet>>,
}

/// A process that compiles in the background.
struct CurrentBuild {
    snippet: Snippet,
    child: Arc<Child>,
    phase: BuildPhase,
}

impl Rust {
    /// Returns an engine that runs its compilers in `directory`, in this process tree, and builds modules
    /// for the Python that `python` returns. Starts nothing.
    pub(super) fn new(
        tree: Arc<ProcessTree>,
        (directory, cache): (PathBuf, &Path),
        modules: ModuleIndex,
        python: PythonAbiSource,
        send: Arc<dyn Fn(ExecEvent) + Send + Sync>,
    ) -> Self {
        let queue = BuildQueue {
            builder: Builder::new(tree, (directory, cache), python),
            modules,
            send,
            latest: AtomicU64::new(0),
            background: Mutex::default(),
            current: Mutex::default(),
            wanted: Mutex::default(),
        };
        Self { queue: Arc::new(queue) }
    }

    /// Compiles these snippets in the background, in order, and drops those of earlier calls. The
    /// modules among them become the deck's modules.
    pub(super) fn prepare(&self, snippets: Vec<Snippet>) {
        let snippets: Vec<_> = snippets.into_iter().map(pymodule::with_pyo3).collect();
        self.queue.modules.replace(&snippets);
        let call = self.queue.latest.fetch_add(1, Ordering::SeqCst) + 1;
        self.queue.cancel_unless_wanted(&snippets);
        self.queue.wanted.lock().clone_from(&snippets);
        if snippets.is_empty() {
            return;
        }
        let queue = self.queue.clone();
        let thread = std::thread::Builder::new().name("prepare".to_owned());
        // If no thread can be started, the snippets are compiled when they are run.
        let _ = thread.spawn(move || queue.prepare(call, &snippets));
    }

    /// Compiles a snippet on this thread, unless its result is known.
    pub(super) fn compile(
        &self,
        snippet: Snippet,
        on_progress: &dyn Fn(&str),
    ) -> Result<BuildResult, BuildError> {
        let cancelled = &crossbeam_channel::never();
        let context =
            BuildContext { is_background: false, on_start: &|_, _| {}, on_progress, cancelled };
        self.queue.builder.build(&pymodule::with_pyo3(snippet), &context)
    }

    /// Returns the toolchain.
    ///
    /// # Errors
    /// There is no `rustc`: what is missing, and how to install it.
    pub(super) fn compiler(&self) -> Result<Compiler, String> {
        self.queue.builder.compiler().map_err(|why| why.to_string())
    }

    /// Cancels background builds and removes unfinished ones. Call it after the compilers have ended.
    pub(super) fn end(&self) {
        self.queue.latest.fetch_add(1, Ordering::SeqCst);
        self.queue.builder.remove_unfinished();
    }

    /// Returns whether a snippet's program is built.
    #[cfg(test)]
    pub(super) fn has_binary(&self, snippet: &Snippet) -> bool {
        matches!(self.queue.builder.known(snippet), Ok(Some(BuildResult::Binary(_))))
    }

    /// Returns the folder of the module index, if the deck has modules.
    pub(super) fn module_dir(&self) -> Option<PathBuf> {
        self.queue.modules.directory()
    }

    /// Returns a sink that passes events on to `sink`, and compiles a module at once when a run waits
    /// for it.
    pub(super) fn build_awaited_modules(&self, sink: RunSink) -> RunSink {
        let queue = self.queue.clone();
        Arc::new(move |event| {
            if let run::Event::WaitsForModule(Some(module)) = &event {
                queue.build_now(module);
            }
            sink(event);
        })
    }

    /// Returns a function that builds a run's program on the run's thread, unless it is built. A run
    /// of a module ends when the module is built.
    pub(super) fn program(&self, snippet: &Snippet) -> BuildFn {
        let (queue, snippet) = (self.queue.clone(), pymodule::with_pyo3(snippet.clone()));
        queue.modules.add(&snippet);
        Box::new(move |running, sink| {
            let result = queue.build_for_run(&snippet, running, sink);
            queue.record_module(&snippet, &result);
            match result {
                Ok(BuildResult::Binary(_)) if snippet.module.is_some() => {
                    ControlFlow::Break(Outcome::Exited(0))
                }
                Ok(BuildResult::Binary(program)) => {
                    let environment = environment_of(&snippet);
                    ControlFlow::Continue(BuiltProgram { program, environment })
                }
                Ok(BuildResult::Errors(errors)) => {
                    sink(run::Event::Output(errors.to_vec()));
                    ControlFlow::Break(Outcome::NotCompiled)
                }
                Err(error) => {
                    if let BuildError::Crates(why) = &error {
                        sink(run::Event::Output(why.as_bytes().to_vec()));
                    }
                    ControlFlow::Break(error.into_outcome(running))
                }
            }
        })
    }
}

impl BuildQueue {
    /// Compiles a module on a thread of its own, in parallel with the background build.
    fn build_now(self: &Arc<Self>, module: &str) {
        let Some(snippet) = self.modules.snippet(module) else { return };
        let queue = self.clone();
        let thread = std::thread::Builder::new().name("module".to_owned());
        // If no thread can be started, the background build gets to it.
        let _ = thread.spawn(move || {
            let cancelled = &crossbeam_channel::never();
            let on_progress = |progress: &str| queue.report_progress(&snippet, progress);
            let context = BuildContext {
                is_background: false,
                on_start: &|_, _| {},
                on_progress: &on_progress,
                cancelled,
            };
            let result = queue.builder.build(&snippet, &context);
            queue.record_module(&snippet, &result);
            queue.report(&snippet, preparation_of(&snippet, &result));
        });
    }

    fn build_for_run(
        &self,
        snippet: &Snippet,
        running: &RunHandle,
        sink: &RunSink,
    ) -> Result<BuildResult, BuildError> {
        if let Some(result) = self.builder.known(snippet)? {
            return Ok(result);
        }
        sink(run::Event::Compiling);
        let on_start = |child: &Arc<Child>, _| running.adopt(child);
        let on_progress = |progress: &str| self.report_progress(snippet, progress);
        let context = BuildContext {
            is_background: false,
            on_start: &on_start,
            on_progress: &on_progress,
            cancelled: running.cancelled(),
        };
        self.builder.build(snippet, &context)
    }

    /// Compiles the snippets of one call of `prepare`, until the next call.
    fn prepare(&self, call: u64, snippets: &[Snippet]) {
        let unknown: Vec<_> =
            snippets.iter().filter(|snippet| !self.report_if_known(snippet)).collect();
        for snippet in &unknown {
            self.report(snippet, Preparation::Compiling);
        }
        let _background = self.background.lock();
        for snippet in unknown {
            if self.latest.load(Ordering::SeqCst) != call {
                return;
            }
            self.compile(call, snippet);
        }
        self.builder.prune();
    }

    fn report_if_known(&self, snippet: &Snippet) -> bool {
        let Some(result) = self.builder.known(snippet).transpose().filter(Result::is_ok) else {
            return false;
        };
        self.record_module(snippet, &result);
        self.report(snippet, preparation_of(snippet, &result));
        true
    }

    fn compile(&self, call: u64, snippet: &Snippet) {
        let on_start = |child: &Arc<Child>, phase| {
            let (snippet, child) = (snippet.clone(), child.clone());
            *self.current.lock() = Some(CurrentBuild { snippet, child: child.clone(), phase });
            if self.latest.load(Ordering::SeqCst) != call {
                // The next call may have looked for a build to cancel before this one started. If it
                // wants the same snippet, it starts again.
                child.signal(Signal::KILL);
            }
        };
        let on_progress = |progress: &str| self.report_progress(snippet, progress);
        let context = BuildContext {
            is_background: true,
            on_start: &on_start,
            on_progress: &on_progress,
            cancelled: &crossbeam_channel::never(),
        };
        let result = self.builder.build(snippet, &context);
        *self.current.lock() = None;
        if matches!(result, Err(BuildError::Cancelled | BuildError::Killed(_))) {
            return;
        }
        self.record_module(snippet, &result);
        self.report(snippet, preparation_of(snippet, &result));
    }

    /// Writes the result of a module's build to the module index.
    fn record_module(&self, snippet: &Snippet, result: &Result<BuildResult, BuildError>) {
        if snippet.module.is_none() {
            return;
        }
        let why = match result {
            Ok(BuildResult::Binary(library)) => {
                return self.modules.set_state(snippet, ModuleState::Ready(library));
            }
            Err(BuildError::Cancelled) => return,
            Ok(BuildResult::Errors(errors)) => pymodule::first_error(errors),
            Err(why) => pymodule::first_error(why.to_string().as_bytes()),
        };
        self.modules.set_state(snippet, ModuleState::Failed(&why));
    }

    /// Kills the background build, unless it is for one of these snippets.
    fn cancel_unless_wanted(&self, wanted: &[Snippet]) {
        let Some(CurrentBuild { snippet, child, phase }) = &*self.current.lock() else { return };
        let is_wanted = match phase {
            BuildPhase::Program => wanted.contains(snippet),
            BuildPhase::Crates => wanted.iter().any(|it| it.rust == snippet.rust),
        };
        if !is_wanted {
            child.signal(Signal::KILL);
        }
    }

    /// Reports the progress of a snippet's crates, also to other snippets with the same crates.
    fn report_progress(&self, snippet: &Snippet, progress: &str) {
        let others: Vec<_> = {
            let wanted = self.wanted.lock();
            let same = wanted.iter().filter(|it| it.rust == snippet.rust && *it != snippet);
            same.map(|it| it.fingerprint).collect()
        };
        for code in others.into_iter().chain([snippet.fingerprint]) {
            (self.send)(ExecEvent::Prepared(code, Preparation::Building(progress.into())));
        }
    }

    fn report(&self, snippet: &Snippet, preparation: Preparation) {
        (self.send)(ExecEvent::Prepared(snippet.fingerprint, preparation));
    }
}

impl BuildError {
    /// Returns how a run ends that needed the build.
    fn into_outcome(self, running: &RunHandle) -> Outcome {
        match self {
            _ if running.stop_reason().is_some() => Outcome::Stopped,
            Self::Cancelled => Outcome::Stopped,
            Self::Killed(_) | Self::Unavailable(_) => Outcome::NotStarted(self.to_string()),
            Self::Crates(_) => Outcome::NotCompiled,
        }
    }
}

/// Returns the environment variables of a snippet's program. Tests run one at a time, which gives
/// the same output each time, unless the user has set `RUST_TEST_THREADS`.
fn environment_of(snippet: &Snippet) -> BTreeMap<String, String> {
    const THREADS: &str = "RUST_TEST_THREADS";
    let in_order = rustc::is_tests(snippet) && std::env::var_os(THREADS).is_none();
    in_order.then(|| (THREADS.to_owned(), "1".to_owned())).into_iter().collect()
}

/// Returns what to report of a build. A module's errors are included, because no run shows them.
fn preparation_of(snippet: &Snippet, result: &Result<BuildResult, BuildError>) -> Preparation {
    match result {
        Ok(BuildResult::Binary(_)) => Preparation::Ready,
        _ if snippet.module.is_none() => Preparation::Failed,
        Ok(BuildResult::Errors(errors)) => Preparation::Refused(errors.clone()),
        Err(why) => Preparation::Refused(why.to_string().into_bytes().into()),
    }
}
