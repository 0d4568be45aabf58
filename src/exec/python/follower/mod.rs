//! One run, from the order to its end: a thread of its own reads what it writes and what is told
//! about it, stops it when asked or when its time is up, and passes everything on.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal};

use super::Sink;
use super::order::{Errand, Order};
use super::report::{self, Report, Reports, Threads};
use super::running::Run;
use super::sessions::Base;
use super::shown::{Marks, Piece, Values};
use super::starter::Starter;
use crate::exec::Stop;
use crate::exec::catch::Ends;
use crate::exec::input::Watch;
use crate::exec::pty::Ptys;
use crate::exec::scratch::Scratch;
use crate::run::{Event, Input, Outcome, Request};

/// How long a run that reached its time limit has to obey the interrupt.
const GRACE: Duration = Duration::from_millis(500);

/// How long only the output of a run that was just ordered is waited for, and not what is told of it.
const QUIET: Duration = Duration::from_millis(3);

/// When a run is interrupted again that was to be stopped before it began. Python overlooks a signal
/// that comes between the last look for one and a wait: at the begin of a run that is most likely, and
/// there is nothing yet that a second interrupt could disturb.
const AGAIN: Duration = Duration::from_millis(20);

/// How much is read before it is passed on.
const CHUNK: usize = 64 * 1024;

/// More than a terminal holds: what a run has written when it ends is within this.
const MOST_LEFT: usize = 256 * 1024;

/// How long the terminal of a run that stays may take to tell that nobody writes to it any more: it
/// may be that of a process that the run has left behind.
const SILENCE: Duration = Duration::from_millis(5);

/// How following a run went.
#[derive(Debug)]
pub(super) enum Followed {
    /// It ended, like this.
    Ended(Outcome, Duration),
    /// The worker ended before the run began.
    NotBegun,
}

/// A run that is ordered: our ends of its files, and how far it is.
pub(super) struct Follower {
    run: Arc<Run>,
    sink: Sink,
    starter: Starter,
    written: Written,
    ends: Ends,
    /// The run's own files, until it is ordered.
    theirs: Option<(OwnedFd, UnixStream)>,
    told: Told,
    /// Until when only its output is waited for.
    quiet: Instant,
    kept: Option<Threads>,
    began: Option<Instant>,
    watch: Option<Watch>,
    limits: Limits,
}

/// What a run writes: our end of its terminal, until nobody holds the other one any more.
struct Written {
    sink: Sink,
    terminal: Option<OwnedFd>,
    buffer: Vec<u8>,
    marks: Marks,
}

/// What is told of a run: the values among it are kept until their marks are seen.
struct Told {
    reports: Reports,
    /// All else that was heard and not yet taken note of.
    heard: Vec<Report>,
    values: Values,
}

/// When a run is to be stopped, and how far that has gone.
struct Limits {
    timeout: Option<Duration>,
    next: Option<(Instant, Stop)>,
    reached: bool,
    /// When to interrupt it once more.
    again: Option<Instant>,
}

impl Limits {
    fn start(&mut self, now: Instant) {
        let end = self.timeout.and_then(|timeout| now.checked_add(timeout));
        self.next = end.map(|end| (end, Stop::Interrupt));
    }

    /// How long to wait at most.
    fn left(&self) -> Option<Timespec> {
        let next = self.next.map(|(due, _)| due).into_iter().chain(self.again).min()?;
        Timespec::try_from(next.saturating_duration_since(Instant::now())).ok()
    }

    /// Does what is due: an interrupt first, then a kill.
    fn check(&mut self, run: &Run) {
        if self.again.take_if(|due| *due <= Instant::now()).is_some() {
            run.stop(Stop::Interrupt);
        }
        let Some((_, how)) = self.next.filter(|(due, _)| *due <= Instant::now()) else { return };
        self.reached = true;
        run.stop(how);
        self.next = match how {
            Stop::Interrupt => Some((Instant::now() + GRACE, Stop::Kill)),
            Stop::Kill => None,
        };
    }
}

/// What a wait has shown.
#[derive(Default)]
struct Ready {
    reports: bool,
    worker_ended: bool,
    terminal: bool,
}

impl Follower {
    /// Has all that a run needs to be ordered.
    pub(super) fn new(
        starter: Starter,
        request: &Request,
        (run, sink): (&Arc<Run>, &Sink),
        (ptys, scratch): (&Ptys, &Arc<Scratch>),
    ) -> io::Result<Self> {
        let pty = ptys.open(request.columns, request.rows, &request.input)?;
        let watch = Watch::new(&request.input, &pty);
        if request.input == Input::Speaker {
            run.keyboard().take(pty.master.try_clone()?);
        }
        let (ours, theirs) = UnixStream::pair()?;
        let values = Values::new(request.run, scratch.clone());
        Ok(Self {
            run: run.clone(),
            sink: sink.clone(),
            starter,
            written: Written::new(sink.clone(), pty.master),
            ends: Ends::open(request.target)?,
            theirs: Some((pty.slave, theirs)),
            told: Told::new(Reports::new(ours), values),
            quiet: Instant::now(),
            kept: None,
            began: None,
            watch,
            limits: Limits {
                timeout: request.limits.timeout,
                next: None,
                reached: false,
                again: None,
            },
        })
    }

    /// Orders the run; it is not followed yet.
    pub(super) fn order(&mut self, order: &Order<'_>) {
        let Some((terminal, reports)) = self.theirs.take() else { return };
        let written = self.ends.files(terminal.as_fd());
        // A worker that is gone shows when its run is followed.
        let _ = self.starter.run(&Errand { order, written, reports: reports.as_fd() });
        self.quiet = Instant::now() + QUIET;
    }

    /// The same where nothing has to be waited for; whether it was.
    pub(super) fn order_at_once(&mut self, order: &Order<'_>) -> bool {
        let Some((terminal, reports)) = self.theirs.take() else { return false };
        let written = self.ends.files(terminal.as_fd());
        self.quiet = Instant::now() + QUIET;
        self.starter.run_at_once(&Errand { order, written, reports: reports.as_fd() })
    }

    /// Passes on what happens until the run has ended and all it wrote was read.
    pub(super) fn follow(&mut self) -> Followed {
        loop {
            let ready = self.wait();
            if (ready.reports || ready.worker_ended || !self.told.heard.is_empty())
                && let Some(end) = self.take_reports(ready.worker_ended)
            {
                return end;
            }
            if ready.terminal {
                self.written.read(Some(&mut self.told));
            }
            self.limits.check(&self.run);
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
    pub(super) fn starter(self) -> Starter {
        self.starter
    }

    /// Keeps the picture that the run was to make.
    pub(super) fn keep_picture(&mut self, request: &Request, outcome: &Outcome, scratch: &Scratch) {
        self.ends.keep(request, outcome, scratch, &self.sink);
    }

    /// What the run left for others to go on from, if it did.
    pub(super) fn part(self) -> (Option<Base>, Leftover) {
        let Self { run, starter, told: Told { reports, .. }, kept, written, .. } = self;
        // What was imported ahead is a base, too.
        let before = match starter {
            Starter::Base(base) => Some(base),
            Starter::Worker(_) => None,
        };
        let base = kept.zip(run.process());
        let base = base.map(|(threads, process)| Base::new(process, reports, threads, before));
        (base, Leftover(written))
    }

    /// Waits for something to do. Most blocks write something as soon as they have begun: that they
    /// have is heard with it, so that nothing is woken up twice between a key and the first line.
    fn wait(&self) -> Ready {
        let left = self.quiet.saturating_duration_since(Instant::now());
        if self.began.is_none() && !left.is_zero() {
            let terminal = self.written.wait(Timespec::try_from(left).ok());
            return Ready { reports: true, worker_ended: false, terminal };
        }
        let mut files = vec![PollFd::new(&self.told.reports, PollFlags::IN)];
        let worker = self.starter.exit();
        files.extend(worker.as_ref().map(|exit| PollFd::new(exit, PollFlags::IN)));
        files.extend(self.written.terminal.as_ref().map(|it| PollFd::new(it, PollFlags::IN)));
        let until_look = self.watch.as_ref().filter(|_| self.began.is_some()).map(Watch::left);
        let until_look = until_look.and_then(|left| Timespec::try_from(left).ok());
        let limit = self.limits.left().into_iter().chain(until_look).min();
        if rustix::event::poll(&mut files, limit.as_ref()).is_err() {
            return Ready::default();
        }
        let mut ready = files.iter().map(|file| !file.revents().is_empty());
        Ready {
            reports: ready.next().unwrap_or_default(),
            worker_ended: worker.is_some() && ready.next().unwrap_or_default(),
            terminal: ready.next().unwrap_or_default(),
        }
    }

    /// Takes note of what the worker tells; the end, if this was it.
    fn take_reports(&mut self, worker_ended: bool) -> Option<Followed> {
        self.told.listen();
        let mut reports = std::mem::take(&mut self.told.heard);
        if worker_ended {
            reports.push(Report::Lost);
        }
        for report in reports {
            match report {
                Report::Started(group, since) => self.start(group, report::ago(since)),
                Report::Kept(outcome, threads) => {
                    self.kept = Some(threads);
                    self.written.read_to_the_end(&mut self.told);
                    return Some(self.end(outcome));
                }
                Report::Ended(outcome) => return Some(self.end(outcome)),
                Report::Awaits(module) => self.wait_for_module(module),
                Report::Shown(number, value) => self.told.values.add(number, value),
                Report::Imports(_) | Report::Unfit(_) | Report::Loaded(_) => {}
                Report::Lost => return Some(self.lose()),
            }
        }
        None
    }

    fn start(&mut self, group: Pid, ago: Duration) {
        let began = Instant::now().checked_sub(ago).unwrap_or_else(Instant::now);
        self.began = Some(began);
        self.limits.start(began);
        (self.sink)(Event::Started);
        self.limits.again = self.run.is_stopped().then(|| Instant::now() + AGAIN);
        self.run.start(group);
    }

    /// It waits for a module, or does so no more: what the compiler takes is none of its own time.
    fn wait_for_module(&mut self, module: Option<Box<str>>) {
        match module {
            Some(_) => self.limits.next = None,
            None => self.limits.start(Instant::now()),
        }
        (self.sink)(Event::Awaits(module));
    }

    fn end(&mut self, outcome: Outcome) -> Followed {
        self.run.end();
        let took = self.began.map(|began| began.elapsed()).unwrap_or_default();
        let mut left = MOST_LEFT;
        while let Some(read) = self.written.read(Some(&mut self.told)).filter(|read| *read > 0) {
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
        self.written.release();
        for number in self.told.values.left() {
            if let Some(event) = self.told.values.show(number) {
                (self.sink)(event);
            }
        }
        if let Some(crash) = self.told.reports.crash() {
            (self.sink)(Event::Output(crash.into_bytes()));
        }
        let outcome = match outcome {
            _ if self.limits.reached => Outcome::TimedOut,
            _ if self.run.is_stopped() => Outcome::Stopped,
            outcome => outcome,
        };
        Followed::Ended(outcome, took)
    }

    /// The worker ended, and the run with it.
    fn lose(&mut self) -> Followed {
        if self.began.is_none() && !self.run.is_stopped() {
            return Followed::NotBegun;
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

/// What is left of a run that has ended.
pub(super) struct Leftover(Written);

impl Leftover {
    /// Passes on what processes that the run left behind still write.
    pub(super) fn follow(mut self) {
        while self.0.wait(None) {
            self.0.read(None);
        }
    }
}

impl Told {
    fn new(reports: Reports, values: Values) -> Self {
        Self { reports, heard: Vec::new(), values }
    }

    /// Hears what there is to hear.
    fn listen(&mut self) {
        for report in self.reports.take() {
            match report {
                Report::Shown(number, value) => self.values.add(number, value),
                other => self.heard.push(other),
            }
        }
    }

    /// What is to be passed on at a mark. Its value went ahead of it, so it is there by now.
    fn value(&mut self, number: u64) -> Option<Event> {
        if !self.values.has(number) {
            self.listen();
        }
        self.values.show(number)
    }
}

impl Written {
    fn new(sink: Sink, terminal: OwnedFd) -> Self {
        let buffer = vec![0; CHUNK];
        Self { sink, terminal: Some(terminal), buffer, marks: Marks::default() }
    }

    /// Reads until nobody can write any more, or nothing was written for a while.
    fn read_to_the_end(&mut self, told: &mut Told) {
        let mut left = MOST_LEFT;
        while self.wait(Timespec::try_from(SILENCE).ok()) && left > 0 {
            let Some(read @ 1..) = self.read(Some(told)) else { return };
            left = left.saturating_sub(read);
        }
    }

    /// Waits for something to read; whether there may be something.
    fn wait(&self, limit: Option<Timespec>) -> bool {
        let Some(terminal) = &self.terminal else { return false };
        loop {
            let mut files = [PollFd::new(terminal, PollFlags::IN)];
            match rustix::event::poll(&mut files, limit.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                Err(_) | Ok(0) => return false,
                Ok(_) => return true,
            }
        }
    }

    /// Passes on what was written, and the values that were told at their marks; how much, or none
    /// when nobody can write any more.
    fn read(&mut self, mut told: Option<&mut Told>) -> Option<usize> {
        let terminal = self.terminal.as_ref()?;
        let mut filled = 0;
        while filled < self.buffer.len() {
            match rustix::io::read(terminal, &mut self.buffer[filled..]) {
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => break,
                Ok(0) | Err(_) => {
                    self.terminal = None;
                    break;
                }
                Ok(read) => filled += read,
            }
        }
        for piece in self.marks.cut(&self.buffer[..filled]) {
            let event = match piece {
                Piece::Text(bytes) => Some(Event::Output(bytes)),
                Piece::Mark(number) => told.as_mut().and_then(|told| told.value(number)),
            };
            if let Some(event) = event {
                (self.sink)(event);
            }
        }
        if self.terminal.is_none() {
            self.release();
        }
        Some(filled)
    }

    /// Passes on what looked like the beginning of a mark.
    fn release(&mut self) {
        if let Some(rest) = self.marks.rest() {
            (self.sink)(Event::Output(rest));
        }
    }
}
