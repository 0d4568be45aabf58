//! Monitors one run from the request to its end, on a thread of its own: reads its output and reports,
//! stops it on request or at its time limit, and turns everything into events.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

mod deadline;
mod files;
pub(in crate::exec::python) mod handle;
mod output;
pub(in crate::exec::python) mod parent;
mod parent_watch;
mod reports;
pub(in crate::exec::python) mod values;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use self::handle::PythonRun;
use self::parent::RunParent;
use crate::exec::io::stdin::InputWatcher;
use crate::exec::os::pty::PtyPool;
use crate::exec::os::temp_dir::TempRoot;
use crate::exec::os::wait::{poll, readable};
use crate::exec::{RunSink, Stop};

use crate::exec::python::session::Snapshot;
use crate::exec::python::worker::report::{self, RunReport, Threads};
use crate::exec::python::worker::request::RunRequest;
use crate::run::{Event, Outcome, Request, StdinSource};
use deadline::Deadline;
use files::RunFiles;
use output::LeftoverOutput;
use parent_watch::ParentWatch;

/// How a monitored run ended.
#[derive(Debug)]
pub(in crate::exec::python) enum RunEnd {
    /// It ended with this outcome, after this time.
    Ended(Outcome, Duration),
    /// The worker ended before the run began.
    NotBegun,
}

/// A monitored run: its files, and its progress.
pub(in crate::exec::python) struct RunMonitor {
    run: Arc<PythonRun>,
    sink: RunSink,
    parent: RunParent,
    files: RunFiles,
    snapshot_threads: Option<Threads>,
    start_time: Option<Instant>,
    watch: Option<InputWatcher>,
    deadline: Deadline,
    parent_watch: ParentWatch,
}

/// The files that a wait found readable.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a file of its own")]
struct Readiness {
    reports: bool,
    worker_ended: bool,
    process_ended: bool,
    terminal: bool,
}

impl RunMonitor {
    /// Opens the files of a run. Fails if no terminal can be opened.
    pub(in crate::exec::python) fn new(
        parent: RunParent,
        request: &Request,
        (run, sink): (&Arc<PythonRun>, &RunSink),
        (ptys, temp_root): (&PtyPool, &Arc<TempRoot>),
    ) -> io::Result<Self> {
        let pty = ptys.open(request.columns, request.rows, &request.input)?;
        let watch = InputWatcher::new(&request.input, &pty, false);
        if request.input == StdinSource::Speaker {
            run.keyboard().attach(pty.master.try_clone()?);
        }
        Ok(Self {
            run: run.clone(),
            sink: sink.clone(),
            parent,
            files: RunFiles::open(request, pty, sink, temp_root)?,
            snapshot_threads: None,
            start_time: None,
            watch,
            deadline: Deadline::new(request.limits.timeout),
            parent_watch: ParentWatch::new(),
        })
    }

    /// Requests the run.
    pub(in crate::exec::python) fn dispatch(&mut self, request: &RunRequest<'_>) {
        // A failure shows as the end of the worker while the run is monitored.
        let _ = self.files.request(request, |dispatch| self.parent.dispatch(dispatch));
    }

    /// Requests the run if that does not block; returns whether it was requested.
    pub(in crate::exec::python) fn try_dispatch(&mut self, request: &RunRequest<'_>) -> bool {
        let sent = self.files.request(request, |dispatch| self.parent.try_dispatch(dispatch));
        sent.unwrap_or_default()
    }

    /// Sends events until the run has ended and all its output was read.
    pub(in crate::exec::python) fn run_to_end(&mut self) -> RunEnd {
        loop {
            let ready = self.wait();
            if (ready.reports || ready.worker_ended || self.files.has_unread_reports())
                && let Some(end) = self.handle_reports(ready.worker_ended)
            {
                return end;
            }
            if ready.terminal {
                self.files.read_output();
            }
            if ready.process_ended {
                self.parent_watch.exited();
            }
            self.parent_watch.check(&self.parent, self.run.is_killed());
            self.deadline.check(&self.run);
            self.watch();
        }
    }

    /// Checks whether the run waits for input, once it has started.
    fn watch(&mut self) {
        if let (Some(watch), Some(leader)) = (&mut self.watch, self.run.process()) {
            watch.check(leader, &self.sink);
        }
        if let Some(watch) = self.watch.take_if(|watch| watch.is_ignored()) {
            if let Some(text) = watch.stop_message() {
                (self.sink)(Event::Output(text.into()));
            }
            self.run.stop(Stop::Kill);
        }
    }

    /// Returns the process that was asked to start the run.
    pub(in crate::exec::python) fn into_parent(self) -> RunParent {
        self.parent
    }

    /// Keeps the picture that the run wrote to its standard output.
    pub(in crate::exec::python) fn keep_picture(
        &mut self,
        request: &Request,
        outcome: &Outcome,
        temp_root: &TempRoot,
    ) {
        self.files.keep_picture(request, outcome, temp_root, &self.sink);
    }

    /// Returns the snapshot that the run has become, if it has, and the output of the processes that
    /// it left behind.
    pub(in crate::exec::python) fn into_parts(self) -> (Option<Snapshot>, LeftoverOutput) {
        let Self { run, parent, files, snapshot_threads, .. } = self;
        let parent = match parent {
            RunParent::Snapshot(snapshot) => Some(snapshot),
            RunParent::Worker(_) => None,
        };
        let (reports, output) = files.into_parts();
        let snapshot = snapshot_threads
            .zip(run.process())
            .map(|(threads, process)| Snapshot::new(process, reports, threads, parent));
        (snapshot, output)
    }

    /// Waits for something to do. Most blocks write output as soon as they start. The start is then
    /// handled together with the output, which saves one wake-up between a key and the first line.
    fn wait(&self) -> Readiness {
        if self.start_time.is_none()
            && let Some(terminal) = self.files.wait_for_output_alone()
        {
            return Readiness { reports: true, terminal, ..Readiness::default() };
        }
        let mut files = vec![readable(self.files.reports())];
        let worker = self.parent.exit();
        files.extend(worker.as_ref().map(readable));
        let process = self.parent_watch.exit();
        files.extend(process.map(readable));
        files.extend(self.files.terminal().map(readable));
        let until_input_check = self
            .watch
            .as_ref()
            .filter(|_| self.start_time.is_some())
            .map(InputWatcher::until_check);
        let limits = [self.deadline.left(), until_input_check, self.parent_watch.left()];
        let limit = limits.into_iter().flatten().min();
        poll(&mut files, limit);
        let mut ready = files.iter().map(|file| !file.revents().is_empty());
        Readiness {
            reports: ready.next().unwrap_or_default(),
            worker_ended: worker.is_some() && ready.next().unwrap_or_default(),
            process_ended: process.is_some() && ready.next().unwrap_or_default(),
            terminal: ready.next().unwrap_or_default(),
        }
    }

    /// Handles the reports of the worker; returns the end of the run if they contain it.
    fn handle_reports(&mut self, worker_ended: bool) -> Option<RunEnd> {
        let mut reports = self.files.drain_reports();
        if worker_ended {
            reports.push(RunReport::Disconnected);
        }
        for report in reports {
            match report {
                RunReport::Started(group, since) => self.start(group, report::ago(since)),
                RunReport::Snapshot(outcome, threads) => {
                    self.snapshot_threads = Some(threads);
                    self.files.drain_until_quiet();
                    return Some(self.end(outcome));
                }
                RunReport::Ended(outcome) => return Some(self.end(outcome)),
                RunReport::Awaits(module) => self.wait_for_module(module),
                RunReport::Value(..)
                | RunReport::Imports(_)
                | RunReport::Rejected(_)
                | RunReport::Loaded(_) => {}
                RunReport::Disconnected => return Some(self.worker_lost()),
            }
        }
        None
    }

    fn start(&mut self, group: Pid, ago: Duration) {
        let start_time = Instant::now().checked_sub(ago).unwrap_or_else(Instant::now);
        self.start_time = Some(start_time);
        self.deadline.start(start_time);
        (self.sink)(Event::Started);
        if self.run.is_stopped() {
            self.deadline.retry_interrupt();
        }
        self.parent_watch.start(group);
        self.run.start(group);
    }

    /// Pauses the deadline while the run waits for a module to be compiled.
    fn wait_for_module(&mut self, module: Option<Box<str>>) {
        match module {
            Some(_) => self.deadline.suspend(),
            None => self.deadline.start(Instant::now()),
        }
        (self.sink)(Event::WaitsForModule(module));
    }

    fn end(&mut self, outcome: Outcome) -> RunEnd {
        self.run.end();
        let took = self.start_time.map(|start_time| start_time.elapsed()).unwrap_or_default();
        self.files.finish(&self.sink);
        let outcome = match outcome {
            _ if self.deadline.was_reached() => Outcome::TimedOut,
            _ if self.run.is_stopped() => Outcome::Stopped,
            outcome => outcome,
        };
        RunEnd::Ended(outcome, took)
    }

    /// Ends the run, whose worker has ended.
    fn worker_lost(&mut self) -> RunEnd {
        if self.start_time.is_none() && !self.run.is_stopped() {
            return RunEnd::NotBegun;
        }
        if self.start_time.is_some() {
            if let Some(outcome) = self.parent.outcome_in_place() {
                return self.end(outcome);
            }
            self.run.kill();
            if !self.run.is_stopped() {
                let message = "\nthe Python worker was killed; the next run starts a new one\n";
                self.files.read_output();
                (self.sink)(Event::Output(message.into()));
            }
        }
        self.end(Outcome::Signaled(Signal::KILL.as_raw()))
    }
}
