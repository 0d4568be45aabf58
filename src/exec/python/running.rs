//! One run, from the order to its end: a thread of its own reads what it writes and what is told
//! about it, stops it when asked or when its time is up, and passes everything on.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal};

use super::Sink;
use super::report::{Report, Reports, Threads};
use super::sessions::Base;
use super::shown::{Marks, Piece, Values};
use super::zygote::{Order, Zygote};
use crate::exec::Stop;
use crate::exec::catch::{Ends, Files};
use crate::exec::input::{Keyboard, Watch};
use crate::exec::pty::Pty;
use crate::exec::scratch::Scratch;
use crate::run::{Event, Input, Outcome, Request};

/// How long a run that reached its time limit has to obey the interrupt.
const GRACE: Duration = Duration::from_millis(500);

/// How much is read before it is passed on.
const CHUNK: usize = 64 * 1024;

/// More than a terminal holds: what a run has written when it ends is within this.
const MOST_LEFT: usize = 256 * 1024;

/// How long the terminal of a run that stays may take to tell that nobody writes to it any more: it
/// may be that of a process that the run has left behind.
const SILENCE: Duration = Duration::from_millis(5);

/// How long it may take until a process that ends has ended, and that is told.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What others may know of a run and do to it.
#[derive(Debug, Default)]
pub(super) struct Run {
    state: Mutex<State>,
    /// What it goes on from.
    base: Option<Arc<Base>>,
    /// Where it is told of the deck's modules.
    modules: Option<PathBuf>,
    keyboard: Keyboard,
}

#[derive(Debug, Default)]
struct State {
    group: Option<Pid>,
    asked: Option<Stop>,
    ended: bool,
    forgotten: bool,
}

impl Run {
    /// One that goes on from this, if from anything, and is told of the deck's modules there.
    pub(super) fn on(base: Option<Arc<Base>>, modules: Option<PathBuf>) -> Self {
        Self { state: Mutex::default(), base, modules, keyboard: Keyboard::default() }
    }

    /// Where it is told of the deck's modules, if there are any.
    pub(super) fn modules(&self) -> Option<&Path> {
        self.modules.as_deref()
    }

    /// What it goes on from.
    pub(super) fn base(&self) -> Option<&Arc<Base>> {
        self.base.as_ref()
    }

    /// Notes that nothing will go on from it.
    pub(super) fn forget(&self) {
        self.state().forgotten = true;
    }

    /// Whether nothing will go on from it.
    pub(super) fn is_forgotten(&self) -> bool {
        self.state().forgotten
    }

    /// Its process, once it has started.
    pub(super) fn process(&self) -> Option<Pid> {
        self.state().group
    }

    /// Stops it, now or as soon as it has started. Whether it was there to be signalled.
    pub(super) fn stop(&self, how: Stop) -> bool {
        let mut state = self.state();
        if state.ended {
            return true;
        }
        if state.asked != Some(Stop::Kill) {
            state.asked = Some(how);
        }
        state.group.map(|group| signal(group, how)).is_some()
    }

    /// The terminal that it can be typed at.
    pub(super) fn keyboard(&self) -> &Keyboard {
        &self.keyboard
    }

    /// Whether somebody asked to stop it.
    pub(super) fn is_stopped(&self) -> bool {
        self.state().asked.is_some()
    }

    /// Whether somebody asked for its end at once.
    pub(super) fn is_killed(&self) -> bool {
        self.state().asked == Some(Stop::Kill)
    }

    fn start(&self, group: Pid) {
        let mut state = self.state();
        state.group = Some(group);
        if let Some(how) = state.asked {
            signal(group, how);
        }
    }

    /// Kills what is left of it, which nobody asked for.
    fn kill(&self) {
        if let Some(group) = self.state().group {
            signal(group, Stop::Kill);
        }
    }

    fn end(&self) {
        self.state().ended = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signal(group: Pid, how: Stop) {
    let signal = match how {
        Stop::Interrupt => Signal::INT,
        Stop::Kill => Signal::KILL,
    };
    let _ = rustix::process::kill_process_group(group, signal);
}

/// How following a run went.
#[derive(Debug)]
pub(super) enum Followed {
    /// It ended, like this.
    Ended(Outcome, Duration),
    /// The worker ended before the run began.
    NotBegun,
}

/// Who starts a run.
#[derive(Debug)]
pub(super) enum Starter {
    /// The worker.
    Worker(Arc<Zygote>),
    /// What an earlier run of its session left.
    Base(Arc<Base>),
}

impl Starter {
    fn order(
        &self,
        order: &Order<'_>,
        written: Files<'_>,
        reports: BorrowedFd<'_>,
    ) -> io::Result<()> {
        match self {
            Self::Worker(worker) => worker.run(order, written, reports),
            Self::Base(base) => base.run(order, written, reports),
        }
    }

    /// A file that is readable once it has ended, where its end does not show by the run's reports.
    fn exit(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Worker(worker) => worker.exit(),
            Self::Base(_) => None,
        }
    }

    /// Waits until a worker whose files are closed is gone, too.
    pub(super) fn see_off(&self) {
        if let Some(exit) = self.exit() {
            let limit = Timespec::try_from(LAST_WORDS).ok();
            let mut file = [PollFd::from_borrowed_fd(exit, PollFlags::IN)];
            let _ = rustix::event::poll(&mut file, limit.as_ref());
        }
    }

    /// How the process ended that was the run's own already when the run began.
    fn end_in_place(&self) -> Option<Outcome> {
        match self {
            Self::Base(base) if base.runs_in_place() => base.end(LAST_WORDS),
            _ => None,
        }
    }
}

/// A run that was ordered: our ends of its files, and how far it is.
pub(super) struct Follower<'a> {
    run: &'a Run,
    sink: &'a Sink,
    starter: &'a Starter,
    written: Written<'a>,
    ends: Ends,
    told: Told<'a>,
    kept: Option<Threads>,
    began: Option<Instant>,
    watch: Option<Watch>,
    limits: Limits,
}

/// What a run writes: our end of its terminal, until nobody holds the other one any more.
struct Written<'a> {
    sink: &'a Sink,
    terminal: Option<OwnedFd>,
    buffer: Vec<u8>,
    marks: Marks,
}

/// What is told of a run: the values among it are kept until their marks are seen.
struct Told<'a> {
    reports: Reports,
    /// All else that was heard and not yet taken note of.
    heard: Vec<Report>,
    values: Values<'a>,
}

/// When a run is to be stopped, and how far that has gone.
struct Limits {
    timeout: Option<Duration>,
    next: Option<(Instant, Stop)>,
    reached: bool,
}

impl Limits {
    fn start(&mut self, now: Instant) {
        let end = self.timeout.and_then(|timeout| now.checked_add(timeout));
        self.next = end.map(|end| (end, Stop::Interrupt));
    }

    /// How long to wait at most.
    fn left(&self) -> Option<Timespec> {
        let left = self.next?.0.saturating_duration_since(Instant::now());
        Timespec::try_from(left).ok()
    }

    /// Does what is due: an interrupt first, then a kill.
    fn check(&mut self, run: &Run) {
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

impl<'a> Follower<'a> {
    /// Orders a run; it is not followed yet.
    pub(super) fn order(
        starter: &'a Starter,
        order: &Order<'_>,
        request: &Request,
        (run, sink): (&'a Run, &'a Sink),
        scratch: &'a Scratch,
    ) -> io::Result<Self> {
        let pty = Pty::open(request.columns, request.rows, &request.input)?;
        let watch = Watch::new(&request.input, &pty);
        if request.input == Input::Speaker {
            run.keyboard.take(pty.master.try_clone()?);
        }
        let (ours, theirs) = UnixStream::pair()?;
        let ends = Ends::open(request.target)?;
        // A worker that is gone shows when its run is followed.
        let _ = starter.order(order, ends.files(pty.slave.as_fd()), theirs.as_fd());
        Ok(Self {
            run,
            sink,
            starter,
            written: Written::new(sink, pty.master),
            ends,
            told: Told::new(Reports::new(ours), Values::new(request.run, scratch)),
            kept: None,
            began: None,
            watch,
            limits: Limits { timeout: request.limits.timeout, next: None, reached: false },
        })
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
            self.limits.check(self.run);
            self.watch();
        }
    }

    /// Looks whether it waits for input, once it has started.
    fn watch(&mut self) {
        let leader = self.run.state().group;
        if let (Some(watch), Some(leader)) = (&mut self.watch, leader) {
            watch.look(leader, self.sink);
        }
    }

    /// Keeps the picture that the run was to make.
    pub(super) fn keep_picture(&mut self, request: &Request, outcome: &Outcome, scratch: &Scratch) {
        self.ends.keep(request, outcome, scratch, self.sink);
    }

    /// What the run left for others to go on from, if it did.
    pub(super) fn part(self) -> (Option<Base>, Leftover<'a>) {
        let Self { run, starter, told: Told { reports, .. }, kept, written, .. } = self;
        // What was imported ahead is a base, too.
        let before = match starter {
            Starter::Base(base) => Some(base.clone()),
            Starter::Worker(_) => None,
        };
        let base = kept.zip(run.process());
        let base = base.map(|(threads, process)| Base::new(process, reports, threads, before));
        (base, Leftover(written))
    }

    fn wait(&self) -> Ready {
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
                Report::Started(group) => self.start(group),
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

    fn start(&mut self, group: Pid) {
        let now = Instant::now();
        self.began = Some(now);
        self.limits.start(now);
        (self.sink)(Event::Started);
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
pub(super) struct Leftover<'a>(Written<'a>);

impl Leftover<'_> {
    /// Passes on what processes that the run left behind still write.
    pub(super) fn follow(mut self) {
        while self.0.wait(None) {
            self.0.read(None);
        }
    }
}

impl<'a> Told<'a> {
    fn new(reports: Reports, values: Values<'a>) -> Self {
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

impl<'a> Written<'a> {
    fn new(sink: &'a Sink, terminal: OwnedFd) -> Self {
        let buffer = vec![0; CHUNK];
        Self { sink, terminal: Some(terminal), buffer, marks: Marks::default() }
    }

    /// Reads until nobody can write any more, or nothing was written for a while.
    fn read_to_the_end(&mut self, told: &mut Told<'_>) {
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
    fn read(&mut self, mut told: Option<&mut Told<'_>>) -> Option<usize> {
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
