//! A kernel on its thread: starts it when it is needed, gives it one run after the other, and passes on
//! what it says. The thread waits for files only, and never for a sink.

#![expect(clippy::disallowed_methods, reason = "keeps time limits")]

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use serde_json::json;

use super::KernelContext;
use super::connection::KernelChannel;
use super::delivery::EventDelivery;
use super::input::InputAnswer;
use super::kernel_run::{ActiveRun, KernelOutput, WaitingRun};
use super::message::KernelMessage;
use super::origin::KernelOrigin;
use super::running::RunningKernel;
use crate::deck::Fingerprint;
use crate::exec::io::shown_values::ShownValues;
use crate::exec::os::child::ChildStatus;
use crate::exec::os::wait::{poll, readable};
use crate::exec::{ExecEvent, RunSink, Stop};
use crate::run::{Event, Outcome, Preparation, Request, RunId, StdinSource};

/// How long a run may go on after its time limit, when it was interrupted.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(3);

/// How many runs whose output may still come are remembered.
const MAX_OUTPUTS: usize = 8;

/// The language that is told how wide a block is. Otherwise its tables are wider than the slide.
const R: &str = "R";

/// What a kernel is to do.
pub(super) enum KernelCommand {
    /// Start, for code with this fingerprint.
    Prepare(Fingerprint),
    /// Run code.
    Run(Box<Request>, RunSink),
    /// Stop a run.
    Stop(RunId, Stop),
    /// Take input for a run.
    Type(RunId, Vec<u8>),
    /// End, and start again.
    Restart,
}

/// How a kernel's thread gets its commands. Dropping it ends the thread.
pub(super) struct KernelLink {
    commands: Sender<KernelCommand>,
    /// Its bytes, and its end, wake the thread.
    wake: OwnedFd,
}

impl KernelLink {
    /// Starts the thread of a kernel, but not its process.
    pub(super) fn start(origin: KernelOrigin, context: Arc<KernelContext>) -> io::Result<Self> {
        let (commands, receiver) = crossbeam_channel::unbounded();
        let (woken, wake) = io::pipe()?;
        rustix::io::ioctl_fionbio(&woken, true)?;
        rustix::io::ioctl_fionbio(&wake, true)?;
        let name = format!("kernel {}", origin.name());
        let delivery = EventDelivery::start(&name)?;
        let thread = KernelThread {
            origin,
            context,
            commands: receiver,
            woken: woken.into(),
            delivery,
            process: None,
            prepared: Vec::new(),
            waiting: VecDeque::new(),
            active: None,
            outputs: VecDeque::new(),
            restart: RestartState::default(),
            width: None,
        };
        std::thread::Builder::new().name(name).spawn(move || thread.serve())?;
        Ok(Self { commands, wake: wake.into() })
    }

    /// Passes on a command.
    pub(super) fn send(&self, command: KernelCommand) {
        // The thread ends only with this link. A full pipe wakes it as well.
        let _ = self.commands.send(command);
        let _ = rustix::io::write(&self.wake, &[0]);
    }
}

/// The thread of a kernel.
struct KernelThread {
    origin: KernelOrigin,
    context: Arc<KernelContext>,
    commands: Receiver<KernelCommand>,
    woken: OwnedFd,
    delivery: EventDelivery,
    process: Option<Box<dyn RunningKernel>>,
    /// Code that is shown as ready once the kernel is.
    prepared: Vec<Fingerprint>,
    waiting: VecDeque<WaitingRun>,
    active: Option<ActiveRun>,
    /// The outputs of the last runs, the newest last.
    outputs: VecDeque<KernelOutput>,
    restart: RestartState,
    /// The width that the process was told to print to, if any.
    width: Option<u16>,
}

/// What precedes a process, and what follows its end.
#[derive(Clone, Copy, Debug, Default)]
struct RestartState {
    /// Whether an earlier process, and its state, is gone.
    was_lost: bool,
    /// Whether it was asked to end: the runs that came later wait for the next process.
    is_asked_for: bool,
    /// How often it was.
    count: u64,
}

impl RestartState {
    /// The process is asked to end.
    fn ask(&mut self) {
        (self.is_asked_for, self.count) = (true, self.count + 1);
    }
}

impl KernelThread {
    fn serve(mut self) {
        while self.take_commands() {
            self.step();
            self.wait();
        }
        self.delivery.close();
    }

    /// Takes all commands. Returns whether there may be more.
    fn take_commands(&mut self) -> bool {
        let mut bytes = [0; 64];
        while matches!(rustix::io::read(&self.woken, &mut bytes), Ok(1..)) {}
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.take(command),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn take(&mut self, command: KernelCommand) {
        match command {
            KernelCommand::Prepare(code) => self.prepare(code),
            KernelCommand::Run(request, sink) => {
                let restarts = self.restart.count;
                self.enqueue(WaitingRun { request: *request, sink, restarts });
            }
            KernelCommand::Stop(run, how) => self.stop(run, how),
            KernelCommand::Type(run, bytes) => {
                let active = self.active.as_mut().filter(|active| active.run == run);
                if let Some(answer) = active.and_then(|active| active.input.type_in(&bytes)) {
                    self.answer(answer);
                }
            }
            KernelCommand::Restart => {
                if let Some(process) = &mut self.process {
                    self.restart.ask();
                    process.kill();
                }
                if let Some(active) = &mut self.active {
                    active.stop_reason.get_or_insert(Outcome::Stopped);
                }
            }
        }
    }

    fn prepare(&mut self, code: Fingerprint) {
        if !self.prepared.contains(&code) {
            self.prepared.push(code);
        }
        match &self.process {
            Some(process) if process.is_ready() => {
                let state = Preparation::Idle(self.label().into());
                self.report(code, state);
            }
            Some(_) => self.report_start(code),
            None => {
                self.report_start(code);
                if let Err(why) = self.start() {
                    self.fail(&why);
                }
            }
        }
    }

    fn enqueue(&mut self, run: WaitingRun) {
        if !self.process.as_ref().is_some_and(|it| it.is_ready()) {
            self.report_start(run.request.code.fingerprint);
            self.delivery.send(&run.sink, Event::Compiling);
        }
        self.waiting.push_back(run);
    }

    /// Shows that the kernel is being started.
    fn report_start(&self, code: Fingerprint) {
        self.report(code, Preparation::Compiling);
        let words = format!("starting {}", self.origin.name());
        self.report(code, Preparation::Building(words.into()));
    }

    fn report(&self, code: Fingerprint, preparation: Preparation) {
        let context = self.context.clone();
        self.delivery.report(move || {
            if !context.is_shut_down.load(Ordering::Relaxed) {
                (context.send)(ExecEvent::Prepared(code, preparation));
            }
        });
    }

    /// Starts the process.
    fn start(&mut self) -> Result<(), String> {
        self.width = None;
        self.process = Some(self.origin.start(&self.context)?);
        Ok(())
    }

    /// Stops a run: removes it, interrupts it or kills the kernel.
    fn stop(&mut self, run: RunId, how: Stop) {
        if let Some(active) = self.active.as_mut().filter(|active| active.run == run) {
            active.stop_reason.get_or_insert(Outcome::Stopped);
            if active.input.cancel() {
                self.delivery.send(&active.sink, Event::InputDone);
            }
            match (&mut self.process, how) {
                (Some(process), Stop::Interrupt) if active.interrupt() => process.interrupt(),
                (Some(process), Stop::Kill) => {
                    self.restart.ask();
                    process.kill();
                }
                _ => {}
            }
        } else if let Some(at) = self.waiting.iter().position(|it| it.request.run == run) {
            if let Some(removed) = self.waiting.remove(at) {
                finish(&self.delivery, &removed.sink, Outcome::Stopped, Duration::ZERO);
            }
            let is_starting = self.process.as_ref().is_some_and(|it| !it.is_ready());
            if let Some(process) =
                self.process.as_mut().filter(|_| is_starting && how == Stop::Kill)
            {
                process.kill();
            }
        }
    }

    /// Does what is due.
    fn step(&mut self) {
        if self.process.is_none()
            && !self.waiting.is_empty()
            && let Err(why) = self.start()
        {
            self.fail(&why);
        }
        self.step_process();
        self.check_deadline();
        self.ask_again();
        self.begin();
    }

    /// Reads what the process sends, and handles its end.
    fn step_process(&mut self) {
        let Some(process) = &mut self.process else { return };
        let was_ready = process.is_ready();
        let ended = process.end();
        match process.step() {
            Ok(messages) => {
                for (channel, message) in messages {
                    self.handle(channel, &message);
                }
            }
            Err(why) => {
                process.kill();
                let what = if was_ready { "is lost" } else { "cannot be started" };
                let what = format!("the kernel `{}` {what}: {why}", self.origin.name());
                return self.lose(&what, None);
            }
        }
        if let Some(status) = ended {
            let how = match status {
                ChildStatus::Exited(status) => format!("exited with status {status}"),
                ChildStatus::Signaled(signal) => format!("was killed by signal {signal}"),
            };
            return self.lose(&format!("the kernel `{}` {how}", self.origin.name()), Some(status));
        }
        if !was_ready && self.process.as_ref().is_some_and(|it| it.is_ready()) {
            let label = self.label();
            for code in self.prepared.clone() {
                self.report(code, Preparation::Idle(label.as_str().into()));
            }
        }
    }

    /// Handles a message of the kernel.
    fn handle(&mut self, channel: KernelChannel, message: &KernelMessage) {
        let KernelMessage { kind, parent, header, content } = message;
        let Some(output) = self.outputs.iter_mut().find(|output| output.id == *parent) else {
            return;
        };
        match channel {
            KernelChannel::Iopub => output.publish((kind, content), &self.delivery),
            KernelChannel::Stdin if kind == "input_request" => {
                output.text(content["prompt"].as_str().unwrap_or_default(), &self.delivery);
            }
            _ => {}
        }
        let is_active = self.outputs.back().is_some_and(|newest| newest.id == *parent);
        let Some(active) = self.active.as_mut().filter(|_| is_active) else { return };
        if kind == "input_request" && channel == KernelChannel::Stdin {
            let is_hidden = content["password"] == true;
            if let Some(answer) = active.input.ask(header.clone(), is_hidden) {
                self.answer(answer);
            } else {
                let event = Event::WaitsForInput { hidden: is_hidden };
                self.delivery.send(&active.sink, event);
            }
        } else if active.note((kind, content)) {
            if active.is_refused() {
                return;
            }
            let outcome = active.outcome(self.outputs.back_mut(), &self.delivery);
            self.end_active(outcome);
        } else if let (true, Some(process)) = (active.take_interrupt(), &mut self.process) {
            process.interrupt();
        }
    }

    /// Gives the kernel a line of input, and shows it as a terminal does.
    fn answer(&mut self, answer: InputAnswer) {
        let InputAnswer { request, line, is_hidden } = answer;
        if let Some(output) = self.outputs.back_mut() {
            let shown = if is_hidden || line == "\u{4}" { "" } else { &line };
            output.text(&format!("{shown}\n"), &self.delivery);
        }
        if let Some(active) = &self.active {
            self.delivery.send(&active.sink, Event::InputDone);
        }
        if let Some(process) = &mut self.process {
            let content = json!({ "value": line });
            // If the kernel is gone, its end is reported anyway.
            let _ = process.request(KernelChannel::Stdin, "input_reply", &content, Some(&request));
        }
    }

    /// Begins the next run, if the kernel is free.
    fn begin(&mut self) {
        let Some(process) = self.process.as_mut().filter(|process| process.is_ready()) else {
            return;
        };
        if self.active.is_some() {
            return;
        }
        let Some(run) = self.waiting.pop_front() else { return };
        let request = json!({
            "code": run.request.code.code,
            "silent": false,
            "store_history": true,
            "user_expressions": {},
            "allow_stdin": run.request.input != StdinSource::Empty,
            // There is never more than one request that waits.
            "stop_on_error": false,
        });
        let columns = run.request.columns;
        if process.label().is_some_and(|label| label.split(' ').next() == Some(R))
            && self.width.replace(columns) != Some(columns)
        {
            // Its outcome does not matter, and a broken connection is noticed below.
            let _ = process.request(KernelChannel::Shell, "execute_request", &width(columns), None);
        }
        // The code is sent before anything is reported: it starts as early as it can.
        let sent = process.request(KernelChannel::Shell, "execute_request", &request, None);
        let WaitingRun { request: Request { run: id, .. }, sink, .. } = &run;
        match sent {
            Ok(message) => {
                let label = self.label();
                self.delivery.send(sink, Event::Started);
                self.delivery.send(sink, Event::Kernel(label.into()));
                self.active = Some(ActiveRun::begin(&run, request));
                let values = ShownValues::new(*id, self.context.temp_root.clone());
                self.outputs.push_back(KernelOutput::new(message, sink.clone(), values));
                if self.outputs.len() > MAX_OUTPUTS {
                    self.outputs.pop_front();
                }
            }
            Err(why) => {
                let why = format!("the kernel `{}` cannot be reached: {why}", self.origin.name());
                finish(&self.delivery, sink, Outcome::NotStarted(why), Duration::ZERO);
            }
        }
    }

    /// Asks the kernel again to run what it has refused.
    fn ask_again(&mut self) {
        let (Some(active), Some(process)) = (&mut self.active, &mut self.process) else { return };
        let Some(content) = active.take_retry() else { return };
        match process.request(KernelChannel::Shell, "execute_request", &content, None) {
            Ok(message) => {
                if let Some(output) = self.outputs.back_mut() {
                    output.id = message;
                }
            }
            Err(why) => {
                let why = format!("the kernel `{}` cannot be reached: {why}", self.origin.name());
                self.end_active(Outcome::NotStarted(why));
            }
        }
    }

    /// Interrupts a run that has reached its time limit, and kills the kernel if that does not help.
    fn check_deadline(&mut self) {
        let (Some(active), Some(process)) = (&mut self.active, &mut self.process) else { return };
        if active.deadline.is_none_or(|at| at > Instant::now()) {
            return;
        }
        if active.stop_reason == Some(Outcome::TimedOut) {
            active.deadline = None;
            return process.kill();
        }
        active.stop_reason.get_or_insert(Outcome::TimedOut);
        active.deadline = Instant::now().checked_add(INTERRUPT_TIMEOUT);
        if active.input.cancel() {
            self.delivery.send(&active.sink, Event::InputDone);
        }
        if active.interrupt() {
            process.interrupt();
        }
    }

    /// The kernel could not be started: no run can begin.
    fn fail(&mut self, why: &str) {
        for run in std::mem::take(&mut self.waiting) {
            let why = Outcome::NotStarted(why.to_owned());
            finish(&self.delivery, &run.sink, why, Duration::ZERO);
        }
        for code in std::mem::take(&mut self.prepared) {
            self.report(code, Preparation::Failed);
        }
    }

    /// The kernel is gone, and all state with it.
    fn lose(&mut self, what: &str, status: Option<ChildStatus>) {
        let Some(mut process) = self.process.take() else { return };
        process.kill();
        self.context.tree.reap_orphans();
        let log = process.log();
        let log = if log.is_empty() { String::new() } else { format!(":\n{log}") };
        let restart = self.restart;
        self.restart.is_asked_for = false;
        if !process.is_ready() && !restart.is_asked_for {
            let when = status.map_or("", |_| " before it was ready");
            return self.fail(&format!("{what}{when}{log}"));
        }
        self.restart.was_lost |= process.is_ready();
        let had_run = self.active.is_some();
        let hint = "run the block again to start a new one, without the state of this one";
        if let Some(active) = &self.active {
            let outcome = match (&active.stop_reason, status) {
                (Some(reason), _) => reason.clone(),
                (None, Some(ChildStatus::Signaled(signal))) => Outcome::Signaled(signal),
                (None, Some(ChildStatus::Exited(status))) => Outcome::Exited(status.max(1)),
                (None, None) => Outcome::Exited(1),
            };
            if active.stop_reason.is_none()
                && let Some(output) = self.outputs.back_mut()
            {
                output.text(&format!("\x1b[?7z{what}{log}\n{hint}\n"), &self.delivery);
            }
            self.end_active(outcome);
        }
        // They were requested while the state was still there.
        let is_later = |run: &WaitingRun| restart.is_asked_for && run.restarts == restart.count;
        let (later, refused): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(is_later);
        self.waiting = later.into();
        for run in refused {
            let why = Outcome::NotStarted(format!("{what} before this block ran; run it again"));
            finish(&self.delivery, &run.sink, why, Duration::ZERO);
        }
        self.outputs.clear();
        // If it ended while nothing ran, it may do so again and again: the next run starts it.
        let restarts = had_run || restart.is_asked_for;
        let is_over = self.context.is_shut_down.load(Ordering::Relaxed);
        if restarts
            && !is_over
            && let Err(why) = self.start()
        {
            self.fail(&why);
        }
    }

    fn end_active(&mut self, outcome: Outcome) {
        let Some(active) = self.active.take() else { return };
        finish(&self.delivery, &active.sink, outcome, active.elapsed());
    }

    /// Returns the name of the kernel for a block's status.
    fn label(&self) -> String {
        let known = self.process.as_ref().and_then(|it| it.label());
        let label = known.unwrap_or(self.origin.display_name());
        if self.restart.was_lost { format!("{label}, restarted") } else { label.to_owned() }
    }

    /// Waits until something is due.
    fn wait(&self) {
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        let deadline = self.active.as_ref().and_then(|active| active.deadline).map(until);
        let timeout = self.process.as_ref().and_then(|it| it.timeout());
        let mut files = self.process.as_ref().map(|it| it.files()).unwrap_or_default();
        files.push(readable(&self.woken));
        let retry = self.active.as_ref().and_then(ActiveRun::retry).map(until);
        poll(&mut files, deadline.into_iter().chain(timeout).chain(retry).min());
    }
}

/// Returns the request by which R prints to the width of a block, without a trace in its history.
fn width(columns: u16) -> serde_json::Value {
    json!({
        "code": format!("options(width = {columns}L)"),
        "silent": true,
        "store_history": false,
        "user_expressions": {},
        "allow_stdin": false,
        "stop_on_error": false,
    })
}

/// Reports the end of a run.
fn finish(delivery: &EventDelivery, sink: &RunSink, outcome: Outcome, took: Duration) {
    delivery.send(sink, Event::Finished(outcome, took));
}
