//! Python blocks. A worker is kept warm from the moment a deck that has any is opened; each run is
//! a fork of it, so a run starts in a millisecond, knows nothing of the runs before it, and may
//! crash alone.
//!
//! The worker is this same program started again, with the interpreter linked in, or where that
//! cannot be, the interpreter's own process; both run `boot.py`. Nothing here waits: a run
//! is ordered at once where a fork waits for its order; every run has a thread that orders it otherwise,
//! and follows it to its end.

mod interpreter;
mod preimport;
mod run;
mod session;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::Stop;
use super::custom::CustomRecipe;
use super::os::process_tree::ProcessTree;
use super::os::pty::PtyPool;
use super::os::temp_dir::TempRoot;
use super::process::FOLLOWER;
use super::process::background::BackgroundProcesses;
use crate::panics::contain;
use crate::run::{Event, Outcome, Request, RunId, SessionStart, Snippet, Variable};
pub(super) use interpreter::InterpreterSearch;
pub use interpreter::{LikelyPython, likely_python};
use preimport::Preimports;
use run::handle::PythonRun;
use run::parent::RunParent;
use run::{RunEnd, RunMonitor};
use session::{Sessions, Snapshot, variables};
use worker::WorkerSlot;
use worker::request::{RequestKind, RunRequest};
use worker::zygote::{LaunchMode, Zygote};

pub(super) use worker::zygote::WORKER_ARGUMENT;

/// Where the events of a run go. It may block: that holds the run back.
pub(crate) type Sink = Arc<dyn Fn(Event) + Send + Sync>;

/// How often a run is ordered again when the worker ends before the run began.
const MAX_ATTEMPTS: usize = 4;

/// What this program does when it was started as a Python worker; nothing if it was not.
pub fn worker_entry() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != WORKER_ARGUMENT {
        return None;
    }
    serve()
}

/// Serves as a Python worker until the program that started it ends; nothing where none is embedded.
#[cfg_attr(embed, expect(clippy::unnecessary_wraps, reason = "without an interpreter it does not"))]
pub(super) fn serve() -> Option<ExitCode> {
    #[cfg(embed)]
    return Some(worker::embedded::serve());
    #[cfg(not(embed))]
    return None;
}

/// Runs Python blocks. Dropping it ends everything it started.
#[derive(Debug)]
pub(crate) struct Python {
    shared: Arc<PythonShared>,
}

#[derive(Debug)]
struct PythonShared {
    places: InterpreterSearch,
    cache: PathBuf,
    tree: Arc<ProcessTree>,
    temp_root: Arc<TempRoot>,
    ptys: Arc<PtyPool>,
    worker: Mutex<WorkerSlot>,
    runs: Mutex<BTreeMap<RunId, Arc<PythonRun>>>,
    sessions: Sessions,
    preimports: Preimports,
    background: Arc<BackgroundProcesses>,
    /// Nobody wants to hear of anything any more.
    over: AtomicBool,
}

impl Python {
    /// Ready to run the blocks of a deck. Starts nothing.
    pub(super) fn new(
        (places, cache): (InterpreterSearch, PathBuf),
        tree: ProcessTree,
        (temp_root, ptys): (Arc<TempRoot>, Arc<PtyPool>),
        background: Arc<BackgroundProcesses>,
    ) -> Self {
        Self {
            shared: Arc::new(PythonShared {
                places,
                cache,
                tree: Arc::new(tree),
                temp_root,
                ptys,
                worker: Mutex::default(),
                runs: Mutex::default(),
                sessions: Sessions::default(),
                preimports: Preimports::default(),
                background,
                over: AtomicBool::new(false),
            }),
        }
    }

    #[cfg(test)]
    fn at(
        places: InterpreterSearch,
        cache: PathBuf,
        files: (Arc<TempRoot>, Arc<PtyPool>),
        background: Arc<BackgroundProcesses>,
    ) -> Self {
        Self::new((places, cache), ProcessTree::new(), files, background)
    }

    /// Starts the worker in the background, so that the first run need not wait for it; then it
    /// imports these modules, and what these blocks import.
    pub(super) fn warm(&self, preload: &[String], snippets: &[&Snippet]) {
        let shared = self.shared.clone();
        shared.preimports.want(preload, snippets);
        let start = move || {
            drop(shared.zygote());
            shared.ptys.refill();
            shared.import();
        };
        // Without a thread to spare now, the first run starts the worker.
        let _ = thread::Builder::new().name("python worker".to_owned()).spawn(start);
    }

    /// Whether all was imported that is to be imported ahead.
    #[cfg(test)]
    pub(super) fn is_settled(&self) -> bool {
        self.shared.preimports.is_settled()
    }

    /// Starts a run whose events go to `sink`. The deck's modules are told of in a folder, if there are any.
    pub(crate) fn start(&self, request: &Request, modules: Option<PathBuf>, sink: Sink) {
        let base = match request.session {
            Some(SessionStart::After(base)) => self.shared.sessions.take(base),
            Some(SessionStart::Fresh) | None => None,
        };
        let owner = self.shared.tree.owner();
        self.shared.background.begin(request.run, owner, &request.code);
        let run = Arc::new(PythonRun::on(base, modules, owner));
        self.shared.runs.lock().insert(request.run, run.clone());
        let over = self.shared.clone();
        let heard: Sink = Arc::new(move |event| {
            if !over.over.load(Ordering::Relaxed) {
                sink(event);
            }
        });
        let ordered = self.shared.order_at_once(request, &run, &heard);
        let (shared, wanted, told) = (self.shared.clone(), request.clone(), heard.clone());
        let follow = move || {
            let panicked = contain(FOLLOWER, || shared.run(&wanted, &run, &told, ordered)).err();
            if let Some(why) = panicked.map(|panicked| panicked.to_string()) {
                shared.finish(wanted.run, &told, Outcome::NotStarted(why), Duration::ZERO);
            }
        };
        if let Err(error) = thread::Builder::new().name("python run".to_owned()).spawn(follow) {
            let why = format!("no thread to follow the run: {error}");
            self.shared.finish(request.run, &heard, Outcome::NotStarted(why), Duration::ZERO);
        }
    }

    /// How a block runs in a Python of its own, outside the worker: one that wants a terminal.
    /// It is asked for on the run's thread: choosing an interpreter takes its time.
    pub(super) fn recipe(&self) -> Box<dyn FnOnce() -> Result<CustomRecipe, String> + Send> {
        let shared = self.shared.clone();
        Box::new(move || {
            let interpreter =
                shared.worker.lock().interpreter(&shared.places, &shared.tree, &shared.cache)?;
            let program = interpreter.executable.to_string_lossy().into_owned();
            Ok(CustomRecipe {
                filename: "snippet.py".to_owned(),
                commands: vec![vec![program, "-u".to_owned(), "$pwd/snippet.py".to_owned()]],
                ..CustomRecipe::default()
            })
        })
    }

    /// The interpreter, and whether it is the embedded one, as far as it was tried; or what is missing.
    pub(super) fn found(&self) -> Result<(PathBuf, bool), String> {
        let shared = &self.shared;
        let mut worker = shared.worker.lock();
        let found = worker.interpreter(&shared.places, &shared.tree, &shared.cache)?;
        let is_embedded = matches!(worker.ways.front(), Some(LaunchMode::Embedded { .. }));
        Ok((found.executable, is_embedded))
    }

    /// Ends everything it started; nobody hears of it.
    pub(crate) fn end(&self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.shared.tree.end();
    }

    /// Drops what a run left, or will leave: nothing will go on from it.
    pub(super) fn forget(&self, run: RunId) {
        if let Some(run) = self.shared.runs.lock().get(&run) {
            run.forget();
        }
        self.shared.sessions.forget(run);
    }

    /// Tells what names the session has after a run, or why that cannot be told, in a while.
    pub(super) fn names(
        &self,
        run: RunId,
        tell: impl FnOnce(Result<Vec<Variable>, String>) + Send + 'static,
    ) {
        let shared = self.shared.clone();
        let ask = move || {
            let base = shared.sessions.look(run).filter(|base| base.is_there());
            let gone = || "what this block left is gone: run it again".to_owned();
            let names = base.ok_or_else(gone);
            tell(names.and_then(|base| variables::ask(&base, &shared.places.directory)));
        };
        // Without a thread to spare nobody is told, and the panel goes on waiting.
        let _ = thread::Builder::new().name("names".to_owned()).spawn(ask);
    }

    /// Types at a run that reads what is typed.
    pub(super) fn type_in(&self, run: RunId, bytes: &[u8]) {
        let run = self.shared.runs.lock().get(&run).cloned();
        if let Some(run) = run {
            run.keyboard().type_in(bytes);
        }
    }

    /// Stops a run; one that has ended is left alone.
    pub(crate) fn stop(&self, run: RunId, how: Stop) {
        let Some(run) = self.shared.runs.lock().get(&run).cloned() else { return };
        let was_there = run.stop(how);
        if was_there || how == Stop::Interrupt {
            return;
        }
        // What has not even begun the run is stuck; a worker that is only being started has no run
        // to begin.
        if let Some(base) = run.base() {
            return base.kill();
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

impl PythonShared {
    /// The life of one run, on a thread of its own.
    fn run(
        self: &Arc<Self>,
        request: &Request,
        run: &Arc<PythonRun>,
        sink: &Sink,
        mut ordered: Option<RunMonitor>,
    ) {
        let mut why = String::new();
        for _ in 0..MAX_ATTEMPTS {
            // In a session, what was interrupted before it began still leaves the state before it.
            let leaves_state = request.session.is_some() && !run.is_killed();
            if run.is_stopped() && !leaves_state {
                self.background.forget(request.run);
                return self.finish(request.run, sink, Outcome::Stopped, Duration::ZERO);
            }
            let follower = ordered.take().map_or_else(|| self.order(request, run, sink), Ok);
            match follower.map(|follower| self.follow(request, run, follower, sink)) {
                Ok(Some(starter)) => starter.see_off(),
                Ok(None) => return,
                Err(missing) => {
                    why = missing;
                    break;
                }
            }
            "the Python worker ended before the run began".clone_into(&mut why);
        }
        self.background.forget(request.run);
        self.finish(request.run, sink, Outcome::NotStarted(why), Duration::ZERO);
    }

    /// Who is to start a run; the base of one that goes on from something is told of if it is gone.
    fn starter(
        self: &Arc<Self>,
        request: &Request,
        run: &PythonRun,
        sink: &Sink,
    ) -> Result<RunParent, String> {
        let Some(SessionStart::After(_)) = request.session else {
            return self.fresh_starter(request, run);
        };
        let Some(base) = run.base().filter(|base| base.is_there()) else {
            sink(Event::SnapshotLost);
            return Err("what the block before it in its session left is gone".to_owned());
        };
        if base.runs_in_place() {
            base.move_on();
            sink(Event::SharesProcess);
        }
        Ok(RunParent::Snapshot(base.clone()))
    }

    /// Who is to start a run that goes on from nothing: what has imported modules ahead, or the worker.
    fn fresh_starter(
        self: &Arc<Self>,
        request: &Request,
        run: &PythonRun,
    ) -> Result<RunParent, String> {
        let (base, work) = self.preimports.base(request, &self.places.directory, run.modules());
        if work {
            let shared = self.clone();
            // Without a thread to spare now, a later run sees to it.
            let _ = thread::Builder::new()
                .name("python imports".to_owned())
                .spawn(move || shared.import());
        }
        base.map_or_else(
            || self.zygote().map(RunParent::Worker),
            |base| Ok(RunParent::Snapshot(base)),
        )
    }

    /// Imports what is to be imported ahead.
    fn import(&self) {
        self.preimports.work(&self.places.directory, &|| self.zygote());
    }

    /// Orders a run, if that can be done in no time: the thread that follows it is not needed for
    /// that, and would have to wake up first.
    fn order_at_once(
        &self,
        request: &Request,
        run: &Arc<PythonRun>,
        sink: &Sink,
    ) -> Option<RunMonitor> {
        let starter = match request.session {
            Some(SessionStart::After(_)) => {
                let base = run.base().filter(|base| base.is_there() && !base.runs_in_place())?;
                RunParent::Snapshot(base.clone())
            }
            _ if self.preimports.is_for(request) => return None,
            _ => RunParent::Worker(self.worker.try_lock()?.zygote.clone()?),
        };
        if !starter.is_free() {
            return None;
        }
        let files = (&*self.ptys, &self.temp_root);
        let mut follower = RunMonitor::new(starter, request, (run, sink), files).ok()?;
        follower.order_at_once(&self.as_order(request, run)).then_some(follower)
    }

    /// Orders a run.
    fn order(
        self: &Arc<Self>,
        request: &Request,
        run: &Arc<PythonRun>,
        sink: &Sink,
    ) -> Result<RunMonitor, String> {
        let starter = self.starter(request, run, sink)?;
        let files = (&*self.ptys, &self.temp_root);
        let mut follower = RunMonitor::new(starter, request, (run, sink), files)
            .map_err(|error| format!("no terminal for the run: {error}"))?;
        if run.is_stopped() {
            let code = Snippet { code: String::new(), ..request.code.clone() };
            let nothing = Request { code, ..request.clone() };
            follower.order(&self.as_order(&nothing, run));
        } else {
            follower.order(&self.as_order(request, run));
        }
        Ok(follower)
    }

    fn as_order<'a>(&'a self, request: &'a Request, run: &'a PythonRun) -> RunRequest<'a> {
        let kind = match request.session {
            None => RequestKind::Alone,
            Some(SessionStart::Fresh) => RequestKind::First,
            Some(SessionStart::After(_)) => RequestKind::Next,
        };
        let (memory, modules) = (request.limits.memory, run.modules());
        let (snippet, owner) = (&request.code, Some(run.owner()));
        RunRequest { snippet, directory: &self.places.directory, memory, kind, modules, owner }
    }

    /// Follows a run to the last byte of what it left behind; who was to start it, if it never began.
    fn follow(
        &self,
        request: &Request,
        run: &PythonRun,
        mut follower: RunMonitor,
        sink: &Sink,
    ) -> Option<RunParent> {
        let RunEnd::Ended(outcome, took) = follower.follow() else {
            return Some(follower.starter());
        };
        self.tree.reap_orphans();
        follower.keep_picture(request, &outcome, &self.temp_root);
        let (base, mut leftover) = follower.part();
        let is_kept = base.is_some();
        self.keep(request.run, run, base, sink);
        self.finish(request.run, sink, outcome, took);
        // The next run is not to wait for what this one leaves.
        self.ptys.refill();
        let ours = (&self.tree, run.owner());
        self.background.follow(request.run, ours, is_kept, (&mut leftover, sink));
        None
    }

    /// Keeps what a run left, if somebody may still want it.
    fn keep(&self, id: RunId, run: &PythonRun, base: Option<Snapshot>, sink: &Sink) {
        let Some(base) = base else { return };
        self.sessions.keep(id, base);
        // It may have been forgotten before there was anything to forget.
        if run.is_forgotten() {
            self.sessions.forget(id);
        }
        sink(Event::SnapshotReady);
    }

    fn finish(&self, id: RunId, sink: &Sink, outcome: Outcome, took: Duration) {
        self.runs.lock().remove(&id);
        sink(Event::Finished(outcome, took));
    }

    /// The worker, started if there is none that lives.
    fn zygote(&self) -> Result<Arc<Zygote>, String> {
        let mut worker = self.worker.lock();
        if let Some(zygote) = worker.zygote.take_if(|zygote| zygote.has_ended()) {
            worker.learn_from(&zygote);
        }
        if let Some(zygote) = &worker.zygote {
            return Ok(zygote.clone());
        }
        let interpreter = worker.interpreter(&self.places, &self.tree, &self.cache)?;
        let way = worker.ways.front().ok_or_else(|| worker.refusal(&interpreter))?;
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let zygote = Zygote::start(&self.tree, &interpreter, way, &program)
            .map_err(|error| format!("`{}`: {error}", interpreter.executable.display()))?;
        Ok(worker.zygote.insert(Arc::new(zygote)).clone())
    }
}
