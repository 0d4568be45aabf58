//! Starts runs and monitors them to their end: chooses the process that a run starts from, requests it, and
//! keeps its snapshot. What the engine and the threads of its runs share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::interpreter_search::InterpreterSearch;
use super::preimport::Preimports;
use super::run::handle::PythonRun;
use super::run::parent::RunParent;
use super::run::{RunEnd, RunMonitor};
use super::session::{Sessions, Snapshot};
use super::worker::WorkerSlot;
use super::worker::request::{RequestKind, RunRequest};
use super::worker::zygote::Zygote;
use crate::exec::RunSink;
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::pty::PtyPool;
use crate::exec::os::temp_dir::TempRoot;
use crate::exec::process::background::BackgroundProcesses;
use crate::run::{Event, Outcome, Request, RunId, SessionStart, Snippet};

/// How often a run is requested if the worker ends before the run begins.
const MAX_ATTEMPTS: usize = 4;

/// What the engine and the threads of its runs share.
#[derive(Debug)]
pub(super) struct PythonShared {
    pub(super) search: InterpreterSearch,
    pub(super) tree: Arc<ProcessTree>,
    pub(super) temp_root: Arc<TempRoot>,
    pub(super) ptys: Arc<PtyPool>,
    pub(super) worker: Mutex<WorkerSlot>,
    pub(super) runs: Mutex<BTreeMap<RunId, Arc<PythonRun>>>,
    pub(super) sessions: Sessions,
    pub(super) preimports: Preimports,
    pub(super) background: Arc<BackgroundProcesses>,
    /// Whether no more events are sent.
    pub(super) is_shut_down: AtomicBool,
}

impl PythonShared {
    /// Starts a run, unless `monitor` already has, and monitors it to its end.
    pub(super) fn run(
        self: &Arc<Self>,
        request: &Request,
        run: &Arc<PythonRun>,
        sink: &RunSink,
        mut monitor: Option<RunMonitor>,
    ) {
        let mut why = String::new();
        for _ in 0..MAX_ATTEMPTS {
            // In a session, a block interrupted before it began still keeps the state before it.
            let keeps_state = request.session.is_some() && !run.is_killed();
            if run.is_stopped() && !keeps_state {
                self.background.forget(request.run);
                return self.finish(request.run, sink, Outcome::Stopped, Duration::ZERO);
            }
            let monitor = monitor.take().map_or_else(|| self.dispatch(request, run, sink), Ok);
            match monitor.map(|monitor| self.monitor(request, run, monitor, sink)) {
                Ok(Some(parent)) => parent.wait_for_exit(),
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

    /// Returns the process that will start a run. Reports a missing snapshot as an event.
    fn parent(
        self: &Arc<Self>,
        request: &Request,
        run: &PythonRun,
        sink: &RunSink,
    ) -> Result<RunParent, String> {
        let Some(SessionStart::After(_)) = request.session else {
            return self.fresh_parent(request, run);
        };
        let Some(snapshot) = run.snapshot().filter(|snapshot| snapshot.is_alive()) else {
            sink(Event::SnapshotLost);
            return Err("the state after the previous block of the session is gone".to_owned());
        };
        if snapshot.runs_in_place() {
            snapshot.mark_reused();
            sink(Event::SharesProcess);
        }
        Ok(RunParent::Snapshot(snapshot.clone()))
    }

    /// Returns the process that will start a run with a fresh state: the one with preimported modules,
    /// or the worker.
    fn fresh_parent(
        self: &Arc<Self>,
        request: &Request,
        run: &PythonRun,
    ) -> Result<RunParent, String> {
        let (snapshot, has_work) =
            self.preimports.snapshot_for(request, &self.search.directory, run.modules());
        if has_work {
            let shared = self.clone();
            // If no thread can be started, a later run tries again.
            let _ = thread::Builder::new()
                .name("python imports".to_owned())
                .spawn(move || shared.preimport());
        }
        snapshot.map_or_else(
            || self.zygote().map(RunParent::Worker),
            |snapshot| Ok(RunParent::Snapshot(snapshot)),
        )
    }

    /// Imports the wanted modules ahead of the blocks that need them.
    pub(super) fn preimport(&self) {
        self.preimports.run_pending(&self.search.directory, &|| self.zygote());
    }

    /// Requests a run if that does not block. This saves waking up the run's thread first.
    pub(super) fn try_dispatch(
        &self,
        request: &Request,
        run: &Arc<PythonRun>,
        sink: &RunSink,
    ) -> Option<RunMonitor> {
        let parent = match request.session {
            Some(SessionStart::After(_)) => {
                let is_usable = |it: &&Arc<Snapshot>| it.is_alive() && !it.runs_in_place();
                RunParent::Snapshot(run.snapshot().filter(is_usable)?.clone())
            }
            _ if self.preimports.applies_to(request) => return None,
            _ => RunParent::Worker(self.worker.try_lock()?.zygote.clone()?),
        };
        if !parent.is_ready() {
            return None;
        }
        let files = (&*self.ptys, &self.temp_root);
        let mut monitor = RunMonitor::new(parent, request, (run, sink), files).ok()?;
        monitor.try_dispatch(&self.run_request(request, run)).then_some(monitor)
    }

    /// Requests a run.
    fn dispatch(
        self: &Arc<Self>,
        request: &Request,
        run: &Arc<PythonRun>,
        sink: &RunSink,
    ) -> Result<RunMonitor, String> {
        let parent = self.parent(request, run, sink)?;
        let files = (&*self.ptys, &self.temp_root);
        let mut monitor = RunMonitor::new(parent, request, (run, sink), files)
            .map_err(|error| format!("cannot open a terminal for the run: {error}"))?;
        if run.is_stopped() {
            let code = Snippet { code: String::new(), ..request.code.clone() };
            let empty = Request { code, ..request.clone() };
            monitor.dispatch(&self.run_request(&empty, run));
        } else {
            monitor.dispatch(&self.run_request(request, run));
        }
        Ok(monitor)
    }

    fn run_request<'a>(&'a self, request: &'a Request, run: &'a PythonRun) -> RunRequest<'a> {
        let kind = match request.session {
            None => RequestKind::Alone,
            Some(SessionStart::Fresh) => RequestKind::First,
            Some(SessionStart::After(_)) => RequestKind::Next,
        };
        let (memory, modules) = (request.limits.memory, run.modules());
        let (snippet, owner) = (&request.code, Some(run.owner()));
        // Without a file, `__file__` is the deck.
        let script = self.temp_root.script(&snippet.code).ok();
        RunRequest {
            snippet,
            script,
            directory: &self.search.directory,
            memory,
            kind,
            modules,
            owner,
        }
    }

    /// Monitors a run until it and the processes that it left behind have ended. Returns its parent
    /// if it never began.
    fn monitor(
        &self,
        request: &Request,
        run: &PythonRun,
        mut monitor: RunMonitor,
        sink: &RunSink,
    ) -> Option<RunParent> {
        let RunEnd::Ended(outcome, took) = monitor.run_to_end() else {
            return Some(monitor.into_parent());
        };
        self.tree.reap_orphans();
        monitor.keep_picture(request, &outcome, &self.temp_root);
        let (snapshot, mut leftover) = monitor.into_parts();
        let is_kept = snapshot.is_some();
        self.keep_snapshot(request.run, run, snapshot, sink);
        self.finish(request.run, sink, outcome, took);
        // The next run must not wait for the processes that this one left behind.
        self.ptys.refill();
        let ours = (&self.tree, run.owner());
        self.background.follow(request.run, ours, is_kept, (&mut leftover, sink));
        None
    }

    /// Keeps the snapshot of a run, unless the run was forgotten.
    fn keep_snapshot(
        &self,
        id: RunId,
        run: &PythonRun,
        snapshot: Option<Snapshot>,
        sink: &RunSink,
    ) {
        let Some(snapshot) = snapshot else { return };
        self.sessions.keep(id, snapshot);
        // Checked after keeping it: the run may be forgotten at any time.
        if run.is_forgotten() {
            self.sessions.forget(id);
        }
        sink(Event::SnapshotReady);
    }

    pub(super) fn finish(&self, id: RunId, sink: &RunSink, outcome: Outcome, took: Duration) {
        self.runs.lock().remove(&id);
        sink(Event::Finished(outcome, took));
    }

    /// Returns the worker, and starts one if none is alive.
    pub(super) fn zygote(&self) -> Result<Arc<Zygote>, String> {
        let mut worker = self.worker.lock();
        if let Some(zygote) = worker.zygote.take_if(|zygote| zygote.has_ended()) {
            worker.record_failure(&zygote);
        }
        if let Some(zygote) = &worker.zygote {
            return Ok(zygote.clone());
        }
        let interpreter = worker.interpreter(&self.search, &self.tree)?;
        let mode = worker.launch_modes.front().ok_or_else(|| worker.startup_error(&interpreter))?;
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let zygote = Zygote::start(&self.tree, &interpreter, mode, &program)
            .map_err(|error| format!("`{}`: {error}", interpreter.executable.display()))?;
        Ok(worker.zygote.insert(Arc::new(zygote)).clone())
    }
}
