//! One run, from the order to its end: a thread of its own reads what it writes and what is told
//! about it, stops it when asked or when its time is up, and passes everything on.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

mod deadline;
pub(in crate::exec::python) mod handle;
mod output;
pub(in crate::exec::python) mod parent;
mod parent_watch;
mod reports;
pub(in crate::exec::python) mod values;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal};

use self::handle::PythonRun;
use self::parent::RunParent;
use self::values::PendingValues;
use crate::exec::io::capture::StdoutSink;
use crate::exec::io::stdin::InputWatcher;
use crate::exec::os::pty::PtyPool;
use crate::exec::os::temp_dir::TempRoot;
use crate::exec::python::Sink;
use crate::exec::python::session::Snapshot;
use crate::exec::python::worker::report::{self, ReportReader, RunReport, Threads};
use crate::exec::python::worker::request::{Dispatch, RunRequest};
use crate::run::{Event, Outcome, Request, StdinSource};
use deadline::Deadline;
use output::{LeftoverOutput, RunOutput};
use parent_watch::ParentWatch;
use reports::PendingReports;

/// How long only the output of a run that was just ordered is waited for, and not what is told of it.
const OUTPUT_ONLY_WINDOW: Duration = Duration::from_millis(3);

/// How following a run went.
#[derive(Debug)]
pub(in crate::exec::python) enum RunEnd {
    /// It ended, like this.
    Ended(Outcome, Duration),
    /// The worker ended before the run began.
    NotBegun,
}

/// A run that is ordered: our ends of its files, and how far it is.
pub(in crate::exec::python) struct RunMonitor {
    run: Arc<PythonRun>,
    sink: Sink,
    starter: RunParent,
    written: RunOutput,
    ends: StdoutSink,
    /// The run's own files, until it is ordered.
    theirs: Option<(OwnedFd, UnixStream)>,
    told: PendingReports,
    /// Until when only its output is waited for.
    quiet: Instant,
    kept: Option<Threads>,
    began: Option<Instant>,
    watch: Option<InputWatcher>,
    deadline: Deadline,
    patience: ParentWatch,
}

/// What a wait has shown.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a file of its own")]
struct Readiness {
    reports: bool,
    worker_ended: bool,
    process_ended: bool,
    terminal: bool,
}

impl RunMonitor {
    /// Has all that a run needs to be ordered.
    pub(in crate::exec::python) fn new(
        starter: RunParent,
        request: &Request,
        (run, sink): (&Arc<PythonRun>, &Sink),
        (ptys, temp_root): (&PtyPool, &Arc<TempRoot>),
    ) -> io::Result<Self> {
        let pty = ptys.open(request.columns, request.rows, &request.input)?;
        let watch = InputWatcher::new(&request.input, &pty);
        if request.input == StdinSource::Speaker {
            run.keyboard().take(pty.master.try_clone()?);
        }
        let (ours, theirs) = UnixStream::pair()?;
        let values = PendingValues::new(request.run, temp_root.clone());
        Ok(Self {
            run: run.clone(),
            sink: sink.clone(),
            starter,
            written: RunOutput::new(sink.clone(), pty.master),
            ends: StdoutSink::open(request.target)?,
            theirs: Some((pty.slave, theirs)),
            told: PendingReports::new(ReportReader::new(ours).checked(), values),
            quiet: Instant::now(),
            kept: None,
            began: None,
            watch,
            deadline: Deadline::new(request.limits.timeout),
            patience: ParentWatch::new(),
        })
    }

    /// Orders the run; it is not followed yet.
    pub(in crate::exec::python) fn order(&mut self, order: &RunRequest<'_>) {
        let Some((terminal, reports)) = self.theirs.take() else { return };
        let written = self.ends.files(terminal.as_fd());
        // A worker that is gone shows when its run is followed.
        let _ = self.starter.run(&Dispatch { order, written, reports: reports.as_fd() });
        self.quiet = Instant::now() + OUTPUT_ONLY_WINDOW;
    }

    /// The same where nothing has to be waited for; whether it was.
    pub(in crate::exec::python) fn order_at_once(&mut self, order: &RunRequest<'_>) -> bool {
        let Some((terminal, reports)) = self.theirs.take() else { return false };
        let written = self.ends.files(terminal.as_fd());
        self.quiet = Instant::now() + OUTPUT_ONLY_WINDOW;
        self.starter.run_at_once(&Dispatch { order, written, reports: reports.as_fd() })
    }

    /// Passes on what happens until the run has ended and all it wrote was read.
    pub(in crate::exec::python) fn follow(&mut self) -> RunEnd {
        loop {
            let ready = self.wait();
            if (ready.reports || ready.worker_ended || self.told.has_news())
                && let Some(end) = self.take_reports(ready.worker_ended)
            {
                return end;
            }
            if ready.terminal {
                self.written.read(Some(&mut self.told));
            }
            if ready.process_ended {
                self.patience.exited();
            }
            self.patience.check(&self.starter, self.run.is_killed());
            self.deadline.check(&self.run);
            self.watch();
        }
    }

    /// Looks whether it waits for input, once it has started.
    fn watch(&mut self) {
        if let (Some(watch), Some(leader)) = (&mut self.watch, self.run.process()) {
            watch.look(leader, &self.sink);
        }
    }

    /// Who was to start it.
    pub(in crate::exec::python) fn starter(self) -> RunParent {
        self.starter
    }

    /// Keeps the picture that the run was to make.
    pub(in crate::exec::python) fn keep_picture(
        &mut self,
        request: &Request,
        outcome: &Outcome,
        temp_root: &TempRoot,
    ) {
        self.ends.keep(request, outcome, temp_root, &self.sink);
    }

    /// What the run left for others to go on from, if it did.
    pub(in crate::exec::python) fn part(self) -> (Option<Snapshot>, LeftoverOutput) {
        let Self { run, starter, told, kept, written, .. } = self;
        // What was imported ahead is a base, too.
        let before = match starter {
            RunParent::Snapshot(base) => Some(base),
            RunParent::Worker(_) => None,
        };
        let base = kept.zip(run.process());
        let base = base
            .map(|(threads, process)| Snapshot::new(process, told.into_reports(), threads, before));
        (base, LeftoverOutput(written))
    }

    /// Waits for something to do. Most blocks write something as soon as they have begun: that they
    /// have is heard with it, so that nothing is woken up twice between a key and the first line.
    fn wait(&self) -> Readiness {
        let left = self.quiet.saturating_duration_since(Instant::now());
        if self.began.is_none() && !left.is_zero() {
            let terminal = self.written.wait(Timespec::try_from(left).ok());
            return Readiness { reports: true, terminal, ..Readiness::default() };
        }
        let mut files = vec![PollFd::new(self.told.reports(), PollFlags::IN)];
        let worker = self.starter.exit();
        files.extend(worker.as_ref().map(|exit| PollFd::new(exit, PollFlags::IN)));
        let process = self.patience.exit();
        files.extend(process.map(|exit| PollFd::new(exit, PollFlags::IN)));
        files.extend(self.written.terminal().map(|it| PollFd::new(it, PollFlags::IN)));
        let until_look =
            self.watch.as_ref().filter(|_| self.began.is_some()).map(InputWatcher::left);
        let until_look = until_look.and_then(|left| Timespec::try_from(left).ok());
        let limits = [self.deadline.left(), until_look, self.patience.left()];
        let limit = limits.into_iter().flatten().min();
        if rustix::event::poll(&mut files, limit.as_ref()).is_err() {
            return Readiness::default();
        }
        let mut ready = files.iter().map(|file| !file.revents().is_empty());
        Readiness {
            reports: ready.next().unwrap_or_default(),
            worker_ended: worker.is_some() && ready.next().unwrap_or_default(),
            process_ended: process.is_some() && ready.next().unwrap_or_default(),
            terminal: ready.next().unwrap_or_default(),
        }
    }

    /// Takes note of what the worker tells; the end, if this was it.
    fn take_reports(&mut self, worker_ended: bool) -> Option<RunEnd> {
        let mut reports = self.told.news();
        if worker_ended {
            reports.push(RunReport::Lost);
        }
        for report in reports {
            match report {
                RunReport::Started(group, since) => self.start(group, report::ago(since)),
                RunReport::Snapshot(outcome, threads) => {
                    self.kept = Some(threads);
                    self.written.read_to_the_end(&mut self.told);
                    return Some(self.end(outcome));
                }
                RunReport::Ended(outcome) => return Some(self.end(outcome)),
                RunReport::Awaits(module) => self.wait_for_module(module),
                RunReport::Shown(..)
                | RunReport::Imports(_)
                | RunReport::Rejected(_)
                | RunReport::Loaded(_) => {}
                RunReport::Lost => return Some(self.lose()),
            }
        }
        None
    }

    fn start(&mut self, group: Pid, ago: Duration) {
        let began = Instant::now().checked_sub(ago).unwrap_or_else(Instant::now);
        self.began = Some(began);
        self.deadline.start(began);
        (self.sink)(Event::Started);
        if self.run.is_stopped() {
            self.deadline.interrupt_again();
        }
        self.patience.start(group);
        self.run.start(group);
    }

    /// It waits for a module, or does so no more: what the compiler takes is none of its own time.
    fn wait_for_module(&mut self, module: Option<Box<str>>) {
        match module {
            Some(_) => self.deadline.suspend(),
            None => self.deadline.start(Instant::now()),
        }
        (self.sink)(Event::WaitsForModule(module));
    }

    fn end(&mut self, outcome: Outcome) -> RunEnd {
        self.run.end();
        let took = self.began.map(|began| began.elapsed()).unwrap_or_default();
        self.written.finish(&mut self.told);
        self.told.rest().into_iter().for_each(&*self.sink);
        let outcome = match outcome {
            _ if self.deadline.was_reached() => Outcome::TimedOut,
            _ if self.run.is_stopped() => Outcome::Stopped,
            outcome => outcome,
        };
        RunEnd::Ended(outcome, took)
    }

    /// The worker ended, and the run with it.
    fn lose(&mut self) -> RunEnd {
        if self.began.is_none() && !self.run.is_stopped() {
            return RunEnd::NotBegun;
        }
        if self.began.is_some() {
            if let Some(outcome) = self.starter.end_in_place() {
                return self.end(outcome);
            }
            self.run.kill();
            if !self.run.is_stopped() {
                let what = "\nthe Python worker was killed; the next run starts a new one\n";
                self.written.read(Some(&mut self.told));
                (self.sink)(Event::Output(what.into()));
            }
        }
        self.end(Outcome::Signaled(Signal::KILL.as_raw()))
    }
}
