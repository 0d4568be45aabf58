//! Python blocks. A worker starts when a deck with Python blocks is opened. Each run is a fork of it:
//! it starts within a millisecond, shares no state with earlier runs, and can crash alone.
//!
//! The worker is this program started again, which loads the interpreter's library, or, where that is
//! not possible, the interpreter's own process; both run `boot.py`. No call here blocks: a run is
//! requested at once if a fork is ready, and otherwise on the run's own thread, which also monitors
//! it to its end.

mod interpreter;
mod interpreter_search;
mod preimport;
mod run;
mod session;
mod shared;
#[cfg(test)]
mod tests;
mod worker;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::custom::CustomRecipe;
use super::os::process_tree::ProcessTree;
use super::os::pty::PtyPool;
use super::os::temp_dir::TempRoot;
use super::process::FOLLOWER;
use super::process::background::BackgroundProcesses;
use super::python_abi::PythonAbiSource;
use super::{RunSink, Stop};
use crate::panics::contain;
use crate::run::{Outcome, Request, RunId, SessionStart, Snippet, Variable};
pub(super) use interpreter_search::InterpreterSearch;
pub use interpreter_search::{LikelyPython, likely_python};
use preimport::Preimports;
use run::handle::PythonRun;
use session::{Sessions, variables};
use shared::PythonShared;
use worker::zygote::LaunchMode;

pub(super) use run::values::{PendingValues, ValueScanner};
pub(super) use session::variables::parse as parse_variables;
pub(super) use worker::report::{RunReport, RunReportParser};
pub(super) use worker::zygote::{BOOT, WORKER_ARGUMENT};

/// Serves as a Python worker if this program was started as one; returns `None` otherwise.
pub fn worker_entry() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != WORKER_ARGUMENT {
        return None;
    }
    serve(&arguments.next()?)
}

/// Serves as a Python worker with the interpreter of `library` until the program that started it ends.
/// Returns `None` if this build embeds none.
#[cfg_attr(
    feature = "python",
    expect(clippy::unnecessary_wraps, reason = "a build without the feature returns `None`")
)]
pub(super) fn serve(library: &OsStr) -> Option<ExitCode> {
    #[cfg(feature = "python")]
    return Some(worker::embedded::serve(library));
    #[cfg(not(feature = "python"))]
    {
        let _ = library;
        None
    }
}

/// Runs Python blocks. Dropping it ends everything it started.
#[derive(Debug)]
pub(crate) struct Python {
    shared: Arc<PythonShared>,
}

impl Python {
    /// Returns an engine for the blocks of a deck. Starts no process.
    pub(super) fn new(
        search: InterpreterSearch,
        tree: ProcessTree,
        (temp_root, ptys): (Arc<TempRoot>, Arc<PtyPool>),
        background: Arc<BackgroundProcesses>,
    ) -> Self {
        Self {
            shared: Arc::new(PythonShared {
                search,
                tree: Arc::new(tree),
                temp_root,
                ptys,
                worker: Mutex::default(),
                runs: Mutex::default(),
                sessions: Sessions::default(),
                preimports: Preimports::default(),
                background,
                is_shut_down: AtomicBool::new(false),
            }),
        }
    }

    #[cfg(test)]
    fn at(
        search: InterpreterSearch,
        files: (Arc<TempRoot>, Arc<PtyPool>),
        background: Arc<BackgroundProcesses>,
    ) -> Self {
        Self::new(search, ProcessTree::new(), files, background)
    }

    /// Starts the worker in the background, writes the snippets' files, then imports the `preload`
    /// modules and those that the snippets import.
    pub(super) fn warm(&self, preload: &[String], snippets: &[&Snippet]) {
        let shared = self.shared.clone();
        shared.preimports.set_wanted(preload, snippets);
        let codes: Vec<_> = snippets.iter().map(|snippet| snippet.code.clone()).collect();
        let start = move || {
            drop(shared.zygote());
            for code in codes {
                let _ = shared.temp_root.script(&code);
            }
            shared.ptys.refill();
            shared.preimport();
        };
        // If no thread can be started, the first run starts the worker.
        let _ = thread::Builder::new().name("python worker".to_owned()).spawn(start);
    }

    /// Returns whether preimporting has finished.
    #[cfg(test)]
    pub(super) fn is_settled(&self) -> bool {
        self.shared.preimports.is_settled()
    }

    /// Starts a run whose events go to `sink`, which may block to slow the run down. `modules` is the
    /// folder with the states of the deck's modules, if there are any.
    pub(crate) fn start(&self, request: &Request, modules: Option<PathBuf>, sink: RunSink) {
        let snapshot = match request.session {
            Some(SessionStart::After(base)) => self.shared.sessions.take(base),
            Some(SessionStart::Fresh) | None => None,
        };
        let owner = self.shared.tree.new_owner();
        self.shared.background.begin(request.run, owner, &request.code);
        let run = Arc::new(PythonRun::new(snapshot, modules, owner));
        self.shared.runs.lock().insert(request.run, run.clone());
        let shared = self.shared.clone();
        let events: RunSink = Arc::new(move |event| {
            if !shared.is_shut_down.load(Ordering::Relaxed) {
                sink(event);
            }
        });
        let monitor = self.shared.try_dispatch(request, &run, &events);
        let (shared, owned_request, sink) = (self.shared.clone(), request.clone(), events.clone());
        let follow = move || {
            let panicked = contain(FOLLOWER, || shared.run(&owned_request, &run, &sink, monitor));
            if let Err(panicked) = panicked {
                let why = Outcome::NotStarted(panicked.to_string());
                shared.finish(owned_request.run, &sink, why, Duration::ZERO);
            }
        };
        if let Err(error) = thread::Builder::new().name("python run".to_owned()).spawn(follow) {
            let why = format!("cannot start a thread for the run: {error}");
            self.shared.finish(request.run, &events, Outcome::NotStarted(why), Duration::ZERO);
        }
    }

    /// Returns how to run a block in a Python of its own, outside the worker: one that wants a
    /// terminal. Call it on the run's thread: choosing an interpreter is slow.
    pub(super) fn recipe(&self) -> Box<dyn FnOnce() -> Result<CustomRecipe, String> + Send> {
        let shared = self.shared.clone();
        Box::new(move || {
            let interpreter = shared.worker.lock().interpreter(&shared.search, &shared.tree)?;
            let program = interpreter.executable.to_string_lossy().into_owned();
            Ok(CustomRecipe {
                filename: "snippet.py".to_owned(),
                commands: vec![vec![program, "-u".to_owned(), "$pwd/snippet.py".to_owned()]],
                ..CustomRecipe::default()
            })
        })
    }

    /// Returns the interpreter, why it is chosen, and whether it is embedded, or an error that says what is
    /// missing.
    pub(super) fn chosen_interpreter(&self) -> Result<(PathBuf, String, bool), String> {
        let shared = &self.shared;
        let mut worker = shared.worker.lock();
        let interpreter = worker.interpreter(&shared.search, &shared.tree)?;
        let is_embedded = matches!(worker.launch_modes.front(), Some(LaunchMode::Embedded(_)));
        Ok((interpreter.executable, interpreter.origin.to_string(), is_embedded))
    }

    /// Returns a function that returns what modules for this Python are compiled for. It may start the
    /// interpreter to ask it.
    pub(super) fn abi_source(&self) -> PythonAbiSource {
        let shared = self.shared.clone();
        Arc::new(move || {
            let mut worker = shared.worker.lock();
            Ok(worker.interpreter(&shared.search, &shared.tree)?.abi)
        })
    }

    /// Ends all processes that it started, without further events.
    pub(crate) fn end(&self) {
        self.shared.is_shut_down.store(true, Ordering::Relaxed);
        self.shared.tree.end();
    }

    /// Drops the snapshot of a run, now or when it ends.
    pub(super) fn forget(&self, run: RunId) {
        if let Some(run) = self.shared.runs.lock().get(&run) {
            run.forget();
        }
        self.shared.sessions.forget(run);
    }

    /// Passes the variables of a session after a run, or an error, to `tell` on another thread.
    pub(super) fn variables(
        &self,
        run: RunId,
        tell: impl FnOnce(Result<Vec<Variable>, String>) + Send + 'static,
    ) {
        let shared = self.shared.clone();
        let list = move || {
            let snapshot = shared.sessions.get(run).filter(|snapshot| snapshot.is_alive());
            let gone = || "the state after this block is gone: run it again".to_owned();
            let snapshot = snapshot.ok_or_else(gone);
            tell(snapshot.and_then(|it| variables::list(&it, &shared.search.directory)));
        };
        // If no thread can be started, the panel keeps waiting.
        let _ = thread::Builder::new().name("variables".to_owned()).spawn(list);
    }

    /// Sends the speaker's input to a run.
    pub(super) fn type_in(&self, run: RunId, bytes: &[u8]) {
        let run = self.shared.runs.lock().get(&run).cloned();
        if let Some(run) = run {
            run.keyboard().type_in(bytes);
        }
    }

    /// Stops a run; does nothing if it has ended.
    pub(crate) fn stop(&self, run: RunId, how: Stop) {
        let Some(run) = self.shared.runs.lock().get(&run).cloned() else { return };
        let had_started = run.stop(how);
        if had_started || how == Stop::Interrupt {
            return;
        }
        // The parent that has not started the run is stuck. A worker whose start is under way has no
        // run to start yet.
        if let Some(snapshot) = run.snapshot() {
            return snapshot.kill();
        }
        self.shared.preimports.kill();
        if let Some(zygote) = self.shared.worker.try_lock().and_then(|it| it.zygote.clone()) {
            zygote.kill();
        }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        self.end();
    }
}
