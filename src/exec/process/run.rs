//! One run of a process, on its thread: from its first command to the last byte of the processes that
//! it leaves in the background.

#![expect(clippy::disallowed_methods, reason = "measures how long a run takes")]

use std::io;
use std::ops::ControlFlow::{Break, Continue};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::foreground::{self, Foreground};
use super::handle::{RunHandle, RunStopReason};
use super::plan::{Plan, PlanStep};
use super::{ProgramSource, RunContext, pagers};
use crate::exec::io::capture::{StdioFds, StdoutSink};
use crate::exec::io::deck_lines::DeckLines;
use crate::exec::io::output::{self, LeftoverTerminal};
use crate::exec::io::stdin::InputWatcher;
use crate::exec::limits::watchdog::ResumeGuard;
use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::pty::PtyPair;
use crate::exec::os::spawn::SpawnCommand;
use crate::exec::{RunSink, Stop};
use crate::run::{Event, Outcome, Request, Snippet, StdinSource, Target};

/// One run, on its thread.
pub(super) struct ProcessRun {
    pub(super) request: Request,
    pub(super) sink: RunSink,
    pub(super) handle: Arc<RunHandle>,
    pub(super) context: Arc<RunContext>,
}

/// The terminal that a run uses.
enum RunTerminal<'a> {
    /// Its own, whose output goes to the sink.
    Own(&'a PtyPair),
    /// The speaker's.
    Speaker(BorrowedFd<'a>),
}

impl ProcessRun {
    /// Runs the program, and passes on the output of its background processes until none is left.
    pub(super) fn run_to_end(self, program: ProgramSource) {
        let mut started = None;
        let resume_guard = ResumeGuard::new();
        let pty = self.open_terminal();
        let outcome = match &pty {
            Ok(pty) => self.run_in_own(program, pty, &mut started),
            Err(error) => Outcome::NotStarted(format!("cannot open a terminal for it: {error}")),
        };
        self.context.active.lock().remove(&self.request.run);
        (self.sink)(Event::Finished(outcome, elapsed(started)));
        drop(resume_guard);
        self.context.tree.reap_orphans();
        self.context.ptys.refill();
        let Ok(pty) = pty else { return self.context.background.forget(self.request.run) };
        let mut leftover = LeftoverTerminal::new(pty, self.sink.clone());
        let processes = (&self.context.tree, self.handle.owner());
        let output = (&mut leftover as _, &self.sink);
        self.context.background.follow(self.request.run, processes, false, output);
    }

    /// Runs the program to its end in the speaker's terminal.
    pub(super) fn run_in(self, terminal: BorrowedFd<'_>, program: ProgramSource) {
        let _foreground = Foreground::take(&self.handle);
        let mut started = None;
        let files = StdioFds { input: Some(terminal), ..StdioFds::all(terminal) };
        let place = RunTerminal::Speaker(terminal);
        let outcome = self.run_steps(program, &place, &|_| files, &mut started);
        (self.sink)(Event::Finished(outcome, elapsed(started)));
        self.context.tree.reap_orphans();
    }

    /// Opens the run's terminal, and attaches the keyboard if the speaker may type there.
    fn open_terminal(&self) -> io::Result<PtyPair> {
        let Request { columns, rows, target, ref input, .. } = self.request;
        let pty = match target {
            Target::Screen => PtyPair::interactive(columns, rows)?,
            _ => self.context.ptys.open(columns, rows, input)?,
        };
        if target == Target::Picture && matches!(input, StdinSource::Text(_)) {
            // Below a message of what is wrong, its own text is no help.
            pty.hide_input()?;
        }
        if target == Target::Screen || *input == StdinSource::Speaker {
            self.handle.keyboard().attach(pty.master.try_clone()?);
        }
        Ok(pty)
    }

    /// Runs the program in a terminal of its own, and keeps the picture that it makes.
    fn run_in_own(
        &self,
        program: ProgramSource,
        pty: &PtyPair,
        started: &mut Option<Instant>,
    ) -> Outcome {
        let mut stdout = match StdoutSink::open(self.request.target) {
            Ok(stdout) => stdout,
            Err(error) => {
                return Outcome::NotStarted(format!("cannot open a pipe for its picture: {error}"));
            }
        };
        let terminal = pty.slave.as_fd();
        let own_terminal =
            Some(pty.path.as_path()).filter(|_| self.request.target == Target::Screen);
        // Only the last command makes the picture: those before it compile.
        let files = |is_last| {
            let files = if is_last { stdout.files(terminal) } else { StdioFds::all(terminal) };
            let reads =
                self.request.input != StdinSource::Empty && own_terminal.is_none() && is_last;
            let (reads, keeper) = (reads.then_some(terminal), pty.keeper.as_ref());
            StdioFds { reads, own_terminal, keeper, ..files }
        };
        let outcome = self.run_steps(program, &RunTerminal::Own(pty), &files, started);
        stdout.keep(&self.request, &outcome, &self.context.temp_root, &self.sink);
        outcome
    }

    /// Runs the commands until one fails. The run's folder is removed when this returns.
    fn run_steps<'f>(
        &self,
        program: ProgramSource,
        terminal: &RunTerminal<'_>,
        files: &dyn Fn(bool) -> StdioFds<'f>,
        started: &mut Option<Instant>,
    ) -> Outcome {
        let (code, temp_root) = (&*self.request.code.code, &self.context.temp_root);
        let plan = match Plan::new(program, code, temp_root, (&self.handle, &self.sink)) {
            Continue(plan) => plan,
            Break(outcome) => return outcome,
        };
        let lines = self.deck_lines(&plan);
        let sink = lines.as_ref().map_or_else(|| self.sink.clone(), DeckLinesSink::sink);
        let last = plan.steps.len().saturating_sub(1);
        for (number, step) in plan.steps.iter().enumerate() {
            if self.handle.stop_reason().is_some() {
                break;
            }
            let is_last = number == last;
            let child = match self.spawn(step, &plan, files(is_last)) {
                Ok(child) => child,
                Err(why) => return Outcome::NotStarted(why),
            };
            if started.is_none() {
                *started = Some(Instant::now());
                (self.sink)(Event::Started);
            }
            let status = match terminal {
                RunTerminal::Own(pty) => self.follow(pty, &child, *started, &sink),
                RunTerminal::Speaker(terminal) => {
                    foreground::wait(*terminal, &child, &self.handle, self.request.limits.timeout)
                }
            };
            if let Some(outcome) = self.outcome(status, is_last) {
                return outcome;
            }
        }
        drop(plan.folder);
        Outcome::Stopped
    }

    /// Returns the run's outcome after a command, or `None` if the next command follows.
    fn outcome(&self, status: ChildStatus, is_last: bool) -> Option<Outcome> {
        match (self.handle.stop_reason(), status) {
            (Some(RunStopReason::Stopped), _) => Some(Outcome::Stopped),
            (Some(RunStopReason::TimedOut), _) => Some(Outcome::TimedOut),
            (None, ChildStatus::Exited(0)) if !is_last => None,
            (None, ChildStatus::Exited(_)) if !is_last => Some(Outcome::NotCompiled),
            (None, ChildStatus::Exited(status)) => Some(Outcome::Exited(status)),
            (None, ChildStatus::Signaled(signal)) => Some(Outcome::Signaled(signal)),
        }
    }

    fn spawn(
        &self,
        step: &PlanStep,
        plan: &Plan,
        files: StdioFds<'_>,
    ) -> Result<Arc<Child>, String> {
        let Some(program) = self.context.find(&step.program) else {
            let language = &self.request.code.language;
            return Err(self.context.not_installed(&step.program, language));
        };
        let shares_terminal = files.own_terminal.is_none() && files.input.is_none();
        let mut command = SpawnCommand::new(program, files.terminal)
            .own_terminal(files.own_terminal)
            .kept_by(files.keeper)
            .ignoring_hangup(files.own_terminal.is_some())
            .speaker_terminal(files.input)
            .input_from(files.reads)
            .output(files.output)
            .args(&step.arguments)
            .directory(&self.context.directory)
            .memory(self.request.limits.memory);
        if let Some(folder) = &plan.folder {
            command = command.writes(folder.path());
        }
        for (name, value) in pagers::disabled().filter(|_| shares_terminal) {
            command = command.env(name, value);
        }
        for (name, value) in &plan.environment {
            command = command.env(name, value);
        }
        for (name, value) in &self.request.code.environment {
            command = command.env(name, value);
        }
        let child = self
            .context
            .tree
            .spawn_for(self.handle.owner(), command)
            .map_err(|error| self.spawn_error(step, &error))?;
        self.handle.adopt(&child);
        Ok(child)
    }

    /// Returns a sink that names the deck's lines in messages about a file of the run's folder.
    fn deck_lines(&self, plan: &Plan) -> Option<DeckLinesSink> {
        let Snippet { file, first_line, .. } = &self.request.code;
        let lines = DeckLines::new(plan.file.as_deref()?, file, *first_line)?;
        let (lines, to) = (Arc::new(Mutex::new(lines)), self.sink.clone());
        (self.request.target != Target::Screen).then_some(DeckLinesSink { lines, to })
    }

    fn follow(
        &self,
        pty: &PtyPair,
        child: &Child,
        started: Option<Instant>,
        sink: &RunSink,
    ) -> ChildStatus {
        let timeout = self.request.limits.timeout;
        let deadline =
            started.zip(timeout).and_then(|(started, timeout)| started.checked_add(timeout));
        let end = |why| self.handle.stop(why, Stop::Kill);
        output::follow(pty, child, (deadline, self.watcher(pty)), end, sink)
    }

    /// Returns what watches the input of a run, unless the speaker sees its terminal and types there.
    fn watcher(&self, pty: &PtyPair) -> Option<InputWatcher> {
        let has_screen = self.request.target == Target::Screen;
        let is_watched = !has_screen || self.request.input != StdinSource::Speaker;
        is_watched.then(|| InputWatcher::new(&self.request.input, pty, has_screen)).flatten()
    }

    fn spawn_error(&self, step: &PlanStep, error: &io::Error) -> String {
        let directory = &self.context.directory;
        if directory.is_dir() {
            format!("cannot start `{}`: {error}", step.program.display())
        } else {
            format!("the deck's folder `{}` is gone: code runs in it", directory.display())
        }
    }
}

/// Names the deck's lines in the output of a run. Sends the rest of the output when it is dropped.
struct DeckLinesSink {
    lines: Arc<Mutex<DeckLines>>,
    to: RunSink,
}

impl DeckLinesSink {
    /// Returns a sink whose events go on to the run's sink.
    fn sink(&self) -> RunSink {
        let (lines, to) = (self.lines.clone(), self.to.clone());
        Arc::new(move |event| match event {
            Event::Output(bytes) => send(&to, lines.lock().push(bytes)),
            event => {
                send(&to, lines.lock().flush());
                to(event);
            }
        })
    }
}

impl Drop for DeckLinesSink {
    fn drop(&mut self) {
        send(&self.to, self.lines.lock().flush());
    }
}

fn send(sink: &RunSink, bytes: Vec<u8>) {
    if !bytes.is_empty() {
        sink(Event::Output(bytes));
    }
}

fn elapsed(started: Option<Instant>) -> Duration {
    started.map_or(Duration::ZERO, |started| started.elapsed())
}
