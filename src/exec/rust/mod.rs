//! Rust snippets: compiled before anybody asks, in the background, and run as the programs that
//! they become.
//!
//! What the speaker asks for is compiled at once, beside whatever the background is at.

#![expect(clippy::disallowed_methods, reason = "looks whether the user chose how tests run")]

mod builder;
mod cache;
mod cargo;
mod crates;
mod pymodule;
mod rewrite;
mod toolchain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rustix::process::Signal;

use super::module_index::{ModuleIndex, ModuleState};
use super::os::process_tree::{Child, ProcessTree};
use super::process::handle::RunHandle;
use super::process::{BuildFn, BuiltProgram};
use super::{ExecEvent, RunSink};
use crate::run::{self, Outcome, Preparation, Snippet};
use builder::{BuildContext, BuildError, BuildPhase, Builder};

pub(super) use cache::BuildResult;
pub use toolchain::Compiler;

/// Compiles snippets, and knows which are ready.
#[derive(Clone)]
pub(super) struct Rust {
    shared: Arc<BuildQueue>,
}

struct BuildQueue {
    builds: Builder,
    modules: ModuleIndex,
    send: Arc<dyn Fn(ExecEvent) + Send + Sync>,
    /// Which call of `prepare` was the last.
    latest: AtomicU64,
    /// Held by the one that compiles in the background.
    turn: Mutex<()>,
    /// What the background is compiling.
    current: Mutex<Option<CurrentBuild>>,
    /// What the last call of `prepare` asked for.
    wanted: Mutex<Vec<Snippet>>,
}

/// A process that works in the background, what for, and at what.
struct CurrentBuild {
    snippet: Snippet,
    child: Arc<Child>,
    work: BuildPhase,
}

impl Rust {
    /// Nothing is compiled yet; compilers run in `directory`, as members of this family.
    pub(super) fn new(
        tree: Arc<ProcessTree>,
        directory: PathBuf,
        cache: &Path,
        modules: ModuleIndex,
        send: Arc<dyn Fn(ExecEvent) + Send + Sync>,
    ) -> Self {
        let builds = Builder::new(tree, directory, cache);
        let (turn, current, wanted) = (Mutex::default(), Mutex::default(), Mutex::default());
        let shared =
            BuildQueue { builds, modules, send, latest: AtomicU64::new(0), turn, current, wanted };
        Self { shared: Arc::new(shared) }
    }

    /// Compiles these in the background, the first ones first, and nothing else that was prepared
    /// before. The modules among them are the deck's.
    pub(super) fn prepare(&self, snippets: Vec<Snippet>) {
        let snippets: Vec<_> = snippets.into_iter().map(pymodule::complete).collect();
        self.shared.modules.expect(&snippets);
        let number = self.shared.latest.fetch_add(1, Ordering::SeqCst) + 1;
        self.shared.give_up_unless(&snippets);
        self.shared.wanted.lock().clone_from(&snippets);
        if snippets.is_empty() {
            return;
        }
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new().name("prepare".to_owned());
        // Without a thread for it they are compiled when they are asked for.
        let _ = thread.spawn(move || shared.prepare(number, &snippets));
    }

    /// Compiles a snippet on this thread, unless it is compiled already; tells how far its crates are.
    pub(super) fn compile(
        &self,
        snippet: Snippet,
        progress: &dyn Fn(&str),
    ) -> Result<BuildResult, BuildError> {
        let is_cancelled = &crossbeam_channel::never();
        let how = BuildContext { is_background: false, begun: &|_, _| {}, progress, is_cancelled };
        self.shared.builds.build(&pymodule::complete(snippet), &how)
    }

    /// What compiles, or what is missing and how to get it.
    pub(super) fn compiler(&self) -> Result<Compiler, String> {
        self.shared.builds.compiler().map_err(|why| why.to_string())
    }

    /// Prepares nothing more and leaves nothing half built; to be called when the compilers have
    /// ended.
    pub(super) fn end(&self) {
        self.shared.latest.fetch_add(1, Ordering::SeqCst);
        self.shared.builds.abandon();
    }

    /// Whether a program is there already.
    #[cfg(test)]
    pub(super) fn knows(&self, snippet: &Snippet) -> bool {
        matches!(self.shared.builds.known(snippet), Ok(Some(BuildResult::Binary(_))))
    }

    /// The modules that runs may import are told of in this folder, if there are any.
    pub(super) fn modules(&self) -> Option<PathBuf> {
        self.shared.modules.directory()
    }

    /// Compiles a module that a run waits for beside whatever the background is at.
    pub(super) fn hurry(&self, module: &str) {
        let Some(snippet) = self.shared.modules.snippet(module) else { return };
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new().name("module".to_owned());
        // Without a thread for it the background will get there.
        let _ = thread.spawn(move || {
            let is_cancelled = &crossbeam_channel::never();
            let progress = |how_far: &str| shared.tell_progress(&snippet, how_far);
            let how = BuildContext {
                is_background: false,
                begun: &|_, _| {},
                progress: &progress,
                is_cancelled,
            };
            let built = shared.builds.build(&snippet, &how);
            shared.settle(&snippet, &built);
            shared.tell(&snippet, outcome_of(&snippet, &built));
        });
    }

    /// What gives a run its program, on the run's thread: the one that is ready, else a new one. A
    /// module is nothing to be run: with it the run is at its end.
    pub(super) fn program(&self, snippet: &Snippet) -> BuildFn {
        let (shared, snippet) = (self.shared.clone(), pymodule::complete(snippet.clone()));
        shared.modules.add(&snippet);
        Box::new(move |running, sink| {
            let built = shared.built(&snippet, running, sink);
            shared.settle(&snippet, &built);
            if let Err(BuildError::Crates(why)) = &built {
                sink(run::Event::Output(why.as_bytes().to_vec()));
            }
            match built.map_err(|why| why.into_outcome(running))? {
                BuildResult::Binary(_) if snippet.module.is_some() => Err(Outcome::Exited(0)),
                BuildResult::Binary(program) => {
                    Ok(BuiltProgram { program, environment: environment_of(&snippet) })
                }
                BuildResult::Errors(errors) => {
                    sink(run::Event::Output(errors.to_vec()));
                    Err(Outcome::NotCompiled)
                }
            }
        })
    }
}

impl BuildQueue {
    fn built(
        &self,
        snippet: &Snippet,
        running: &RunHandle,
        sink: &RunSink,
    ) -> Result<BuildResult, BuildError> {
        if let Some(built) = self.builds.known(snippet)? {
            return Ok(built);
        }
        sink(run::Event::Compiling);
        let begun = |child: &Arc<Child>, _| running.adopt(child);
        let progress = |how_far: &str| self.tell_progress(snippet, how_far);
        let is_cancelled = running.is_cut();
        let how =
            BuildContext { is_background: false, begun: &begun, progress: &progress, is_cancelled };
        self.builds.build(snippet, &how)
    }

    /// One call of `prepare`, until the next.
    fn prepare(&self, number: u64, snippets: &[Snippet]) {
        let unknown: Vec<_> =
            snippets.iter().filter(|snippet| !self.tell_if_known(snippet)).collect();
        for snippet in &unknown {
            self.tell(snippet, Preparation::Compiling);
        }
        let _turn = self.turn.lock();
        for snippet in unknown {
            if self.latest.load(Ordering::SeqCst) != number {
                return;
            }
            self.compile(number, snippet);
        }
        self.builds.prune();
    }

    fn tell_if_known(&self, snippet: &Snippet) -> bool {
        let Some(built) = self.builds.known(snippet).transpose().filter(Result::is_ok) else {
            return false;
        };
        self.settle(snippet, &built);
        self.tell(snippet, outcome_of(snippet, &built));
        true
    }

    fn compile(&self, number: u64, snippet: &Snippet) {
        let begun = |child: &Arc<Child>, work| {
            let (snippet, child) = (snippet.clone(), child.clone());
            *self.current.lock() = Some(CurrentBuild { snippet, child: child.clone(), work });
            if self.latest.load(Ordering::SeqCst) != number {
                // The next call may have looked before there was anything to give up; it will
                // find this one cheaply again if it still wants it.
                child.signal(Signal::KILL);
            }
        };
        let is_cancelled = &crossbeam_channel::never();
        let progress = |how_far: &str| self.tell_progress(snippet, how_far);
        let how =
            BuildContext { is_background: true, begun: &begun, progress: &progress, is_cancelled };
        let built = self.builds.build(snippet, &how);
        *self.current.lock() = None;
        if matches!(built, Err(BuildError::Cancelled | BuildError::Killed(_))) {
            // It was given up.
            return;
        }
        self.settle(snippet, &built);
        self.tell(snippet, outcome_of(snippet, &built));
    }

    /// Tells runs what came of a module.
    fn settle(&self, snippet: &Snippet, built: &Result<BuildResult, BuildError>) {
        if snippet.module.is_none() {
            return;
        }
        let why = match built {
            Ok(BuildResult::Binary(library)) => {
                return self.modules.settle(snippet, ModuleState::Ready(library));
            }
            Err(BuildError::Cancelled) => return,
            Ok(BuildResult::Errors(said)) => pymodule::first_mistake(said),
            Err(why) => pymodule::first_mistake(why.to_string().as_bytes()),
        };
        self.modules.settle(snippet, ModuleState::Failed(&why));
    }

    /// Ends what the background compiles, unless it is for one of these.
    fn give_up_unless(&self, wanted: &[Snippet]) {
        let Some(CurrentBuild { snippet, child, work }) = &*self.current.lock() else { return };
        let is_wanted = match work {
            BuildPhase::Program => wanted.contains(snippet),
            BuildPhase::Crates => wanted.iter().any(|it| it.rust == snippet.rust),
        };
        if !is_wanted {
            child.signal(Signal::KILL);
        }
    }

    /// Tells how far the crates of a snippet are, which are those of others, too.
    fn tell_progress(&self, snippet: &Snippet, how_far: &str) {
        let others: Vec<_> = {
            let wanted = self.wanted.lock();
            let same = wanted.iter().filter(|it| it.rust == snippet.rust && *it != snippet);
            same.map(|it| it.fingerprint).collect()
        };
        for code in others.into_iter().chain([snippet.fingerprint]) {
            (self.send)(ExecEvent::Prepared(code, Preparation::Building(how_far.into())));
        }
    }

    fn tell(&self, snippet: &Snippet, preparation: Preparation) {
        (self.send)(ExecEvent::Prepared(snippet.fingerprint, preparation));
    }
}

impl BuildError {
    /// What it means for a run that wanted it.
    fn into_outcome(self, running: &RunHandle) -> Outcome {
        match self {
            _ if running.reason().is_some() => Outcome::Stopped,
            Self::Cancelled => Outcome::Stopped,
            Self::Killed(_) | Self::Unavailable(_) => Outcome::NotStarted(self.to_string()),
            Self::Crates(_) => Outcome::NotCompiled,
        }
    }
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cancelled => f.write_str("it was stopped"),
            Self::Killed(signal) => write!(f, "`rustc` died of signal {signal}: run it again"),
            Self::Unavailable(why) => f.write_str(why),
            Self::Crates(why) => f.write_str(why),
        }
    }
}

/// What a snippet's program needs in its environment. Tests are reported in the same order each time.
fn environment_of(snippet: &Snippet) -> BTreeMap<String, String> {
    const THREADS: &str = "RUST_TEST_THREADS";
    let in_order = builder::is_tests(snippet) && std::env::var_os(THREADS).is_none();
    in_order.then(|| (THREADS.to_owned(), "1".to_owned())).into_iter().collect()
}

/// What is told of a snippet. Nobody will run a module to see why it is none.
fn outcome_of(snippet: &Snippet, built: &Result<BuildResult, BuildError>) -> Preparation {
    match built {
        Ok(BuildResult::Binary(_)) => Preparation::Ready,
        _ if snippet.module.is_none() => Preparation::Failed,
        Ok(BuildResult::Errors(errors)) => Preparation::Refused(errors.clone()),
        Err(why) => Preparation::Refused(why.to_string().into_bytes().into()),
    }
}
