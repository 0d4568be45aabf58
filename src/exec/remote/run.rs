//! A run on another machine, on a thread of its own: asks for it, turns the agent's frames into events, and
//! stops it on request or at its time limit.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, never, select};
use parking_lot::Mutex;
use rustix::process::Signal;
use serde_json::Value;

use super::RemoteShared;
use super::frame::AgentFrame;
use super::link::{Link, Machine};
use super::program::RemoteProgram;
use crate::exec::io::deck_lines::DeckLines;
use crate::exec::io::markers::StreamPart;
use crate::exec::python::{PendingValues, RunReport, RunReportParser, ValueScanner};
use crate::exec::rust::{CargoMessages, RemoteBuild};
use crate::exec::{ExecEvent, RunSink, Stop};
use crate::files;
use crate::run::{Event, Outcome, Preparation, Request, SessionStart};

/// How long a run may take to obey the interrupt at its time limit before it is killed.
const INTERRUPT_GRACE: Duration = Duration::from_millis(500);

/// How long the end of a killed run may take to be reported before it is not waited for.
const KILL_GRACE: Duration = Duration::from_secs(3);

/// The most bytes of a picture.
const MAX_PICTURE: usize = 64 << 20;

/// A run, as other threads see it.
#[derive(Debug)]
pub(super) struct RemoteRun {
    state: Mutex<RunControl>,
    /// Disconnected when the run is to stop.
    cancelled: Receiver<()>,
    /// Wakes the run's thread after a kill.
    killed: (Sender<()>, Receiver<()>),
}

#[derive(Debug, Default)]
struct RunControl {
    link: Option<Arc<Link>>,
    /// What was sent before it was requested.
    waiting: Vec<AgentFrame>,
    stop: Option<Stop>,
    is_forgotten: bool,
    alive: Option<Sender<()>>,
}

impl RemoteRun {
    /// Returns a run that is not connected yet.
    pub(super) fn new() -> Self {
        let (alive, cancelled) = bounded(0);
        let state = Mutex::new(RunControl { alive: Some(alive), ..RunControl::default() });
        Self { state, cancelled, killed: bounded(1) }
    }

    /// Sends a frame about it, now or when it was requested.
    pub(super) fn send(&self, frame: AgentFrame) {
        let mut state = self.state.lock();
        match &state.link {
            Some(link) => link.send(&frame),
            None => state.waiting.push(frame),
        }
    }

    /// Stops it, or kills what it has left behind.
    pub(super) fn stop(&self, id: u64, how: Stop) {
        let kind = match how {
            Stop::Interrupt => b'X',
            Stop::Kill => b'K',
        };
        self.send(AgentFrame::new(kind, id, []));
        let mut state = self.state.lock();
        if state.stop != Some(Stop::Kill) {
            state.stop = Some(how);
        }
        state.alive = None;
        if how == Stop::Kill {
            let _ = self.killed.0.try_send(());
        }
    }

    /// Records that no later run continues from it.
    pub(super) fn forget(&self) {
        self.state.lock().is_forgotten = true;
    }

    fn is_stopped(&self) -> bool {
        self.state.lock().stop.is_some()
    }

    fn is_killed(&self) -> bool {
        self.state.lock().stop == Some(Stop::Kill)
    }

    /// Requests it, and sends what was typed and asked for meanwhile.
    fn request(&self, link: &Arc<Link>, start: &AgentFrame) {
        let mut state = self.state.lock();
        link.send(start);
        state.waiting.drain(..).for_each(|frame| link.send(&frame));
        state.link = Some(link.clone());
    }
}

/// Runs a program to its end, and passes on the output of its background processes until none is left.
pub(super) fn run_to_end(
    shared: &RemoteShared,
    request: &Request,
    run: &RemoteRun,
    program: RemoteProgram,
    sink: &RunSink,
) {
    let finish = |outcome| {
        sink(Event::Finished(outcome, Duration::ZERO));
        shared.end(request.run);
    };
    let host = request.code.remote.as_ref().expect("the run is for another machine");
    let link = shared.link(host);
    let machine = match link.machine(&run.cancelled) {
        None => return finish(Outcome::Stopped),
        Some(Err(why)) => return finish(Outcome::NotStarted(why)),
        Some(Ok(machine)) => machine,
    };
    if let Err(why) = link.sync(&shared.directory) {
        return finish(Outcome::NotStarted(why));
    }
    if let Some(SessionStart::After(base)) = request.session {
        match link.kept(base) {
            Some(false) => {}
            Some(true) => sink(Event::SharesProcess),
            None => {
                sink(Event::SnapshotLost);
                let why = "the state after the previous block of the session is gone";
                return finish(Outcome::NotStarted(why.to_owned()));
            }
        }
    }
    let program = program.for_target(request, &machine);
    let program = match program.with_files(request, &shared.directory) {
        Ok(program) => program,
        Err(why) => return finish(Outcome::NotStarted(why)),
    };
    if matches!(program, RemoteProgram::Python) {
        link.start_worker();
    }
    let frames = link.add(request.run);
    run.request(&link, &AgentFrame::json(b'S', request.run.0, &program.fields(request)));
    let mut follower = RunFollower::new(shared, request, (run, &link), (&program, &machine), sink);
    follower.follow(&frames);
    link.remove(request.run);
    shared.end(request.run);
}

/// Turns the frames of a run into events.
struct RunFollower<'a> {
    shared: &'a RemoteShared,
    request: &'a Request,
    run: &'a RemoteRun,
    link: &'a Arc<Link>,
    sink: &'a RunSink,
    lines: Option<DeckLines>,
    python: PythonOutput,
    /// What cargo says, if it builds the crates of the block.
    cargo: Option<CargoMessages>,
    picture: Vec<u8>,
    started: Option<Instant>,
    deadline: RunDeadline,
    is_over: bool,
}

/// What the worker has reported, and the values that its output has marks for.
struct PythonOutput {
    parser: RunReportParser,
    scanner: ValueScanner,
    values: PendingValues,
    outcome: Option<Outcome>,
}

impl<'a> RunFollower<'a> {
    fn new(
        shared: &'a RemoteShared,
        request: &'a Request,
        (run, link): (&'a RemoteRun, &'a Arc<Link>),
        (program, machine): (&RemoteProgram, &Machine),
        sink: &'a RunSink,
    ) -> Self {
        let code = &request.code;
        let is_shown_as_text = request.target != crate::run::Target::Screen;
        let file = program.file().filter(|_| is_shown_as_text);
        let file = file.map(|name| format!("{}/run-{}/{name}", machine.temp, request.run.0));
        let lines = file.and_then(|it| DeckLines::new(Path::new(&it), &code.file, code.first_line));
        let python = PythonOutput {
            parser: RunReportParser::default(),
            scanner: ValueScanner::default(),
            values: PendingValues::new(request.run, shared.temp_root.clone()),
            outcome: None,
        };
        let deadline = RunDeadline::default();
        let (picture, started) = (Vec::new(), None);
        Self {
            shared,
            request,
            run,
            link,
            sink,
            lines,
            python,
            cargo: None,
            picture,
            started,
            deadline,
            is_over: false,
        }
    }

    /// Sends events until nothing more is to come.
    fn follow(&mut self, frames: &Receiver<AgentFrame>) {
        let mut killed = self.run.killed.1.clone();
        loop {
            let due = self.deadline.next.map_or_else(never, |(at, _)| crossbeam_channel::at(at));
            select! {
                recv(frames) -> frame => match frame {
                    Ok(frame) if frame.kind == b'z' && self.is_over => return,
                    Ok(frame) => self.receive(&frame),
                    Err(_) => return self.disconnected(),
                },
                recv(killed) -> _ => {
                    killed = never();
                    if !self.is_over {
                        self.deadline.next = Some((Instant::now() + KILL_GRACE, DeadlineStep::GiveUp));
                    }
                }
                recv(due) -> _ => if self.deadline_reached() {
                    return;
                },
            }
        }
    }

    /// Takes the step that is due. Returns whether the run is given up.
    fn deadline_reached(&mut self) -> bool {
        let Some((_, step)) = self.deadline.next.take() else { return false };
        let id = self.request.run.0;
        let now = Instant::now();
        match step {
            DeadlineStep::Interrupt => {
                self.deadline.was_reached = true;
                self.run.send(AgentFrame::new(b'X', id, []));
                self.deadline.next = Some((now + INTERRUPT_GRACE, DeadlineStep::Kill));
            }
            DeadlineStep::Kill => {
                self.run.send(AgentFrame::new(b'K', id, []));
                self.deadline.next = Some((now + KILL_GRACE, DeadlineStep::GiveUp));
            }
            DeadlineStep::GiveUp => {
                let name = &self.request.code.remote.as_ref().map_or("", |host| &host.name);
                self.message(&format!("`{name}` does not answer: it may still run there"));
                self.end(Outcome::Stopped);
                return true;
            }
        }
        false
    }

    fn receive(&mut self, frame: &AgentFrame) {
        match frame.kind {
            b'c' => (self.sink)(Event::Compiling),
            b'u' => self.cargo(&frame.payload),
            b's' => self.start(),
            b'o' => self.output(&frame.payload),
            b'r' => self.reports(&frame.payload),
            b'b' if self.picture.len() <= MAX_PICTURE => self.picture.extend(&frame.payload),
            b'w' => {
                let fields = frame.fields();
                let hidden = fields["hidden"] == true;
                let waits = fields["waits"] == true;
                (self.sink)(if waits { Event::WaitsForInput { hidden } } else { Event::InputDone });
            }
            b'g' => {
                let count = frame.fields()["count"].as_u64().unwrap_or_default();
                (self.sink)(Event::Background(usize::try_from(count).unwrap_or_default()));
            }
            b'x' => self.ended(&frame.fields()),
            _ => {}
        }
    }

    /// Shows the progress of cargo, and keeps its messages.
    fn cargo(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            // It starts again.
            self.cargo = None;
        }
        let cargo = self.cargo.get_or_insert_default();
        cargo.push(bytes, |progress| {
            let building = Preparation::Building(progress.into());
            (self.shared.send)(ExecEvent::Prepared(self.request.code.fingerprint, building));
        });
    }

    /// Replaces the progress of cargo by its result.
    fn crates_built(&mut self, result: Preparation) -> Option<CargoMessages> {
        let messages = self.cargo.take()?;
        (self.shared.send)(ExecEvent::Prepared(self.request.code.fingerprint, result));
        Some(messages)
    }

    fn start(&mut self) {
        self.crates_built(Preparation::Ready);
        let now = Instant::now();
        self.started = Some(now);
        let end = self.request.limits.timeout.and_then(|limit| now.checked_add(limit));
        if self.deadline.next.is_none() {
            self.deadline.next = end.map(|end| (end, DeadlineStep::Interrupt));
        }
        (self.sink)(Event::Started);
    }

    fn output(&mut self, bytes: &[u8]) {
        if self.run.is_killed() && !self.is_over {
            // What is still on its way must not delay the end.
            return;
        }
        if let Some(lines) = &mut self.lines {
            let bytes = lines.push(bytes.to_vec());
            return self.text(bytes);
        }
        for part in self.python.scanner.split(bytes) {
            match part {
                StreamPart::Text(text) => self.text(text),
                StreamPart::Marker(number) => {
                    self.python.values.take(number).into_iter().for_each(&**self.sink);
                }
            }
        }
    }

    fn text(&self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            (self.sink)(Event::Output(bytes));
        }
    }

    fn reports(&mut self, bytes: &[u8]) {
        for report in self.python.parser.push(bytes) {
            match report {
                RunReport::Value(number, value) => self.python.values.add(number, value),
                RunReport::Ended(outcome) | RunReport::Snapshot(outcome, _) => {
                    self.python.outcome.get_or_insert(outcome);
                }
                _ => {}
            }
        }
    }

    /// Ends the run as the agent reports.
    fn ended(&mut self, fields: &Value) {
        let outcome = self.outcome(fields);
        self.crates_built(Preparation::Failed);
        if fields["kept"] == true {
            self.link.keep(self.request.run, fields["threads"] == true);
            if self.run.state.lock().is_forgotten {
                self.link.forget(self.request.run);
            }
            self.flush();
            (self.sink)(Event::SnapshotReady);
        }
        self.end(outcome);
    }

    fn outcome(&mut self, fields: &Value) -> Outcome {
        if self.deadline.was_reached {
            return Outcome::TimedOut;
        }
        if self.run.is_stopped() {
            return Outcome::Stopped;
        }
        if fields["lost"] == true {
            (self.sink)(Event::SnapshotLost);
            let why = "the state after the previous block of the session is gone";
            return Outcome::NotStarted(why.to_owned());
        }
        if let Some(why) = fields["why"].as_str() {
            let host = self.request.code.remote.as_ref().map_or("", |host| &host.name);
            return Outcome::NotStarted(format!("on `{host}`: {why}"));
        }
        if fields["crates"] == true {
            let messages = self.crates_built(Preparation::Failed).unwrap_or_default().kept;
            self.text(RemoteBuild::crate_errors(&messages).into_bytes());
            return Outcome::NotCompiled;
        }
        if let Some(messages) = fields["errors"].as_str() {
            return match RemoteBuild::errors(messages) {
                Ok(errors) => {
                    self.text(errors);
                    Outcome::NotCompiled
                }
                Err(why) => Outcome::NotStarted(why),
            };
        }
        if fields["gone"] == true {
            self.message("the Python worker was killed; the next run starts a new one");
            return Outcome::Signaled(Signal::KILL.as_raw());
        }
        if let Some(outcome) = self.python.outcome.take() {
            return outcome;
        }
        let status = fields["status"].as_i64().and_then(|status| i32::try_from(status).ok());
        let status = ExitStatus::from_raw(status.unwrap_or_default());
        match (status.code(), fields["last"] == true) {
            (Some(0) | None, _) | (Some(_), true) => match status.code() {
                Some(code) => Outcome::Exited(code),
                None => Outcome::Signaled(status.signal().unwrap_or_default()),
            },
            (Some(_), false) => Outcome::NotCompiled,
        }
    }

    /// Ends the run, whose connection has broken. A run that has ended has lost its background processes.
    fn disconnected(&mut self) {
        if self.is_over {
            return (self.sink)(Event::Background(0));
        }
        let outcome = if self.run.is_stopped() {
            Outcome::Stopped
        } else {
            self.message(&format!(
                "{}\nrun it again to reconnect; `r` shows its recording, if there is one",
                self.link.failure()
            ));
            Outcome::Signaled(Signal::HUP.as_raw())
        };
        self.end(outcome);
    }

    /// Shows a message on lines of its own.
    fn message(&mut self, text: &str) {
        self.flush();
        self.text(format!("\x1b[?7z{text}\n").into_bytes());
    }

    /// Passes on what may have been the start of something.
    fn flush(&mut self) {
        let rest = self.lines.as_mut().map(DeckLines::flush).unwrap_or_default();
        self.text(rest);
        let rest = self.python.scanner.take_partial().unwrap_or_default();
        self.text(rest);
    }

    fn end(&mut self, outcome: Outcome) {
        self.is_over = true;
        self.deadline.next = None;
        self.flush();
        let values = &mut self.python.values;
        let numbers = values.numbers();
        let rest: Vec<Event> = numbers.into_iter().filter_map(|it| values.take(it)).collect();
        rest.into_iter().for_each(&**self.sink);
        if let Some(crash) = self.python.parser.crash() {
            self.text(crash.into_bytes());
        }
        self.keep_picture(&outcome);
        let took = self.started.map(|started| started.elapsed()).unwrap_or_default();
        (self.sink)(Event::Finished(outcome, took));
    }

    /// Keeps the picture that a successful run has written.
    fn keep_picture(&mut self, outcome: &Outcome) {
        let is_picture = self.request.target == crate::run::Target::Picture;
        if !is_picture || !outcome.is_success() {
            return;
        }
        let file = self.shared.temp_root.picture(self.request.run);
        let kept = file.and_then(|file| files::write_private(&file, &self.picture).map(|()| file));
        (self.sink)(match kept {
            Ok(file) => Event::Picture(file),
            Err(error) => Event::Output(format!("cannot keep the picture: {error}\n").into()),
        });
    }
}

/// When a run is stopped, and how.
#[derive(Debug, Default)]
struct RunDeadline {
    next: Option<(Instant, DeadlineStep)>,
    was_reached: bool,
}

#[derive(Clone, Copy, Debug)]
enum DeadlineStep {
    Interrupt,
    Kill,
    /// Waits no longer for a machine that does not answer.
    GiveUp,
}
