//! Doing what the app asks for: runs, reloads, the terminal given back and taken again.

use std::time::Duration;

use super::channel::EventSender;
use super::validate::Validation;
use super::{Ending, LoopEvent, Settings, Talk, clipboard, terminal};
use crate::app::{Effect, Msg, Trust, update};
use crate::deck::CellId;
use crate::exec::{self, Executor, Stop};
use crate::project::{LoadedDeck, options, read_markdown, request, snippet};
use crate::run::{self, Outcome, Request, StdinSource, Target};

/// An executor for a talk.
pub(super) fn executor(settings: &Settings, loaded: &LoadedDeck, sender: &EventSender) -> Executor {
    let options = options(&settings.execution, &settings.load_options.path, loaded);
    let sender = sender.clone();
    Executor::new(options, move |event| sender.send_run(read_markdown(event)))
}

/// Does one thing; true when it is to leave.
pub(super) fn perform(talk: &mut Talk, effect: &Effect) -> bool {
    match *effect {
        Effect::Run { run, cell, terminal, base } => {
            let limits = talk.settings.execution.limits;
            if let Some(request) = request(&talk.loaded.deck, (run, cell, base), terminal, limits) {
                talk.guard();
                talk.start(request, cell);
            }
        }
        Effect::SendInput(run, ref bytes) => talk.executor.type_in(run, bytes),
        Effect::ResizeRun(run, size) => talk.executor.resize(run, size),
        Effect::Interrupt(run) => talk.executor.stop(run, Stop::Interrupt),
        Effect::Kill(run) => talk.executor.stop(run, Stop::Kill),
        Effect::DropSnapshot(run) => talk.executor.forget(run),
        Effect::ListVariables(run) => talk.executor.names(run),
        Effect::Prepare => talk.prepare(),
        Effect::EnterSandbox => talk.sandbox(),
        Effect::CheckTrust => talk.keeper.check(&talk.loaded.deck),
        Effect::Examine => talk.keeper.examine(&talk.loaded.deck),
        Effect::RememberTrust => talk.keeper.remember(&talk.loaded.deck),
        Effect::RememberEdit => talk.remember_edit(),
        Effect::Reload => {
            talk.media.forget();
            talk.media.repaint();
            talk.screen.refresh();
            talk.watch.reload();
        }
        Effect::Edit(ref edit) => return talk.edit(edit),
        Effect::Revert(span) => return talk.revert(span),
        Effect::Copy(ref text) => clipboard::copy(text, &talk.sender),
        Effect::OpenEditor(span) => talk.open_editor(span),
        Effect::Suspend => talk.suspend(),
        Effect::Quit => return true,
    }
    false
}

impl Talk {
    /// Gets the executor ready for the deck's cells: those ahead first, then those behind.
    pub(super) fn prepare(&mut self) {
        if self.app.only_replays() {
            return;
        }
        let deck = &self.loaded.deck;
        let allowed = deck.cells.iter().filter(|cell| self.app.may_run(cell));
        let (behind, ahead): (Vec<_>, Vec<_>) =
            allowed.partition(|cell| cell.slide < self.app.at.slide);
        let snippets: Vec<_> =
            ahead.into_iter().chain(behind).map(|cell| snippet(deck, cell)).collect();
        if !snippets.is_empty() {
            self.guard();
        }
        self.executor.prepare(snippets, &self.loaded.deck.options.python_preload);
    }

    /// Runs all of the deck's code in the sandbox from now on, and ends what runs outside.
    fn sandbox(&mut self) {
        let kind = self.settings.execution.sandbox.unwrap_or_default();
        self.settings.execution.sandbox = Some(kind);
        self.executor = executor(&self.settings, &self.loaded, &self.sender);
        if self.validation.is_some() {
            let path = self.settings.load_options.path.clone();
            let execution = self.settings.execution.clone();
            // Without a thread for it, nothing is validated, rather than outside.
            self.validation = Validation::start(path, execution, self.sender.clone()).ok();
        }
    }

    /// Has a watchdog, from the first run on.
    fn guard(&mut self) {
        if self.watchdog.is_none() {
            // Without one, nothing is lost but what it does when this program is killed.
            self.watchdog = exec::Watchdog::start().ok().flatten();
        }
    }

    fn start(&mut self, mut request: Request, cell: CellId) {
        match request.target {
            Target::Handover => return self.hand_over(&request),
            Target::Screen => {
                // Its room is known once it is laid out: a program that asks at once gets it right.
                self.lay_out();
                let room = self.app.layout.screens.iter().find(|(id, _)| *id == cell);
                if let Some(&(_, size)) = room {
                    (request.columns, request.rows) = size;
                }
            }
            Target::Terminal | Target::Picture if request.input == StdinSource::Empty => {
                request.input = StdinSource::Speaker;
            }
            Target::Terminal | Target::Picture => {}
        }
        self.frame_pacing.hold();
        self.executor.run(&request);
    }

    /// Remembers a trusted deck as its file reads now.
    pub(super) fn remember_edit(&mut self) {
        // What was edited and not saved is nothing that the deck's file will say.
        let is_saved = self.settings.load_options.unsaved.drafts().is_empty();
        if is_saved && self.app.trust == Trust::Always {
            self.keeper.edited(&self.loaded.deck);
        }
    }

    /// Takes the terminal's pictures away, where it keeps them itself.
    pub(super) fn clear_pictures(&mut self) {
        let bytes = self.media.quit();
        // A terminal that is gone keeps nothing.
        let _ = terminal::write(&bytes);
    }

    /// Gives the terminal to a run until it has ended.
    fn hand_over(&mut self, request: &Request) {
        self.clear_pictures();
        let executor = &self.executor;
        let told = terminal::lend(|terminal| executor.run_in(terminal, request));
        self.media.repaint();
        self.retake();
        let failed = |error: std::io::Error| {
            let why = format!("the terminal cannot be given to it: {error}");
            vec![run::Event::Finished(Outcome::NotStarted(why), Duration::ZERO)]
        };
        for event in told.unwrap_or_else(failed) {
            update(&mut self.app, Msg::Run(request.run, event));
        }
    }

    /// Gives the terminal to the shell until it continues us.
    pub(super) fn suspend(&mut self) {
        self.clear_pictures();
        terminal::restore();
        self.was_suspended = exec::suspend();
        self.media.repaint();
        self.retake();
    }

    /// Takes the terminal back as a shell left it that had it meanwhile.
    pub(super) fn take_back(&mut self) {
        terminal::restore();
        self.media.repaint();
        self.retake();
    }

    /// Takes the terminal back; if it is gone, there is nobody left to present to.
    pub(super) fn retake(&mut self) {
        if self.screen.retake().is_err() {
            self.sender.send(LoopEvent::Terminate(Ending::HANGUP));
        }
    }
}
