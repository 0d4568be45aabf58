//! Applies the app's effects: starts runs, reloads the deck, hands over and takes back the terminal.

use std::time::Duration;

use super::channel::EventSender;
use super::validate::Validation;
use super::{Ending, LoopEvent, Settings, Talk, clipboard, terminal};
use crate::app::{Effect, Msg, Trust, update};
use crate::deck::CellId;
use crate::exec::{self, Executor};
use crate::headless::control_run;
use crate::layout::Size;
use crate::project::{LoadedDeck, RequestOptions, options, request, snippet, to_msg};
use crate::run::{self, Outcome, Request, RunId, Target};

/// Rows of a slide that a figure leaves: the title, the footer and what is between them.
const ROWS_BESIDE_PICTURES: u16 = 8;

/// Creates the executor of a presentation.
pub(super) fn executor(settings: &Settings, loaded: &LoadedDeck, sender: &EventSender) -> Executor {
    let options = options(&settings.execution, &settings.load_options.path, loaded);
    let sender = sender.clone();
    Executor::new(options, move |event| sender.send_run(to_msg(event)))
}

/// Applies an effect. Returns true if the presentation ends.
pub(super) fn apply(talk: &mut Talk, effect: &Effect) -> bool {
    match *effect {
        Effect::Run { run, cell, terminal, base } => talk.start((run, cell, base), terminal),
        Effect::SendInput(..)
        | Effect::ResizeRun(..)
        | Effect::Interrupt(_)
        | Effect::Kill(_)
        | Effect::DropSnapshot(_)
        | Effect::RestartKernels
        | Effect::ListVariables(_) => control_run(&talk.executor, effect),
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
        Effect::Revert { span, ref previous } => return talk.revert(span, previous),
        Effect::SetMouse(has_mouse) => talk.screen.set_mouse(has_mouse),
        Effect::Copy(ref text) => clipboard::copy(text, &talk.sender),
        Effect::OpenEditor(span) => talk.open_editor(span),
        Effect::ScrollNotes(rows) => {
            talk.notes.scroll(rows);
            update(&mut talk.app, Msg::Redraw);
        }
        Effect::Timer(command) => talk.set_timer(command),
        // Only a program that sent a command gets an answer.
        Effect::Answer(_) => {}
        Effect::Suspend => talk.suspend(),
        Effect::Quit => return true,
    }
    false
}

impl Talk {
    /// Prepares the deck's cells in the executor: the following slides first, then the previous ones.
    pub(super) fn prepare(&mut self) {
        if self.app.only_replays() {
            return;
        }
        let deck = &self.loaded.deck;
        let allowed = deck.cells.iter().filter(|cell| self.app.may_run(cell));
        let (behind, ahead): (Vec<_>, Vec<_>) =
            allowed.partition(|cell| cell.slide < self.app.at().slide);
        let snippets: Vec<_> =
            ahead.into_iter().chain(behind).map(|cell| snippet(deck, cell)).collect();
        if !snippets.is_empty() {
            self.guard();
        }
        self.executor.prepare(snippets, &self.loaded.deck.options.python_preload);
    }

    /// Runs all code in the sandbox from now on. Ends runs outside it.
    fn sandbox(&mut self) {
        let kind = self.settings.execution.sandbox.unwrap_or_default();
        self.settings.execution.sandbox = Some(kind);
        self.executor = executor(&self.settings, &self.loaded, &self.sender);
        if self.validation.is_some() {
            let path = self.settings.load_options.path.clone();
            let execution = self.settings.execution.clone();
            // If the thread cannot start, nothing is validated.
            self.validation = Validation::start(path, execution, self.sender.clone()).ok();
        }
    }

    /// Has a watchdog, from the first run on.
    fn guard(&mut self) {
        if self.watchdog.is_none() {
            // Optional: it only matters if this program is killed.
            self.watchdog = exec::Watchdog::start().ok().flatten();
        }
    }

    /// Starts a run of a cell, on top of another run. `terminal` is its size in columns and rows.
    fn start(&mut self, cell: (RunId, CellId, Option<RunId>), terminal: (u16, u16)) {
        let terminal = self.screen_size(cell.1).unwrap_or(terminal);
        let options = RequestOptions {
            limits: self.settings.execution.limits,
            is_interactive: true,
            theme: Some(self.loaded.theme_of(cell.1)),
            figures: self.loaded.figure_colors(cell.1),
            picture_rows: self.picture_rows(),
            ..RequestOptions::default()
        };
        let Some(request) = request(&self.loaded.deck, cell, terminal, &options) else { return };
        self.guard();
        if request.target == Target::Handover {
            return self.hand_over(&request);
        }
        self.frame_pacing.wait_for_output();
        self.executor.run(&request);
    }

    /// Returns the rows that a figure has beside a title, if pictures are drawn from characters.
    fn picture_rows(&self) -> Option<u16> {
        let Size { rows, is_coarse, .. } = self.screen.size();
        is_coarse.then(|| rows.saturating_sub(ROWS_BESIDE_PICTURES).max(1))
    }

    /// Lays out the slide to get the final size of the screen of a program that draws on it. Returns
    /// `None` for other cells.
    fn screen_size(&mut self, cell: CellId) -> Option<(u16, u16)> {
        self.loaded.deck.cell(cell).filter(|cell| cell.exec.pty.is_some())?;
        self.lay_out();
        let screens = &self.app.layout().screens;
        screens.iter().find(|(id, _)| *id == cell).map(|&(_, size)| size)
    }

    /// Updates the stored record of a trusted deck with its saved text.
    pub(super) fn remember_edit(&mut self) {
        // Unsaved edits are not in the deck's file.
        let is_saved = self.settings.load_options.unsaved.drafts().is_empty();
        if is_saved && self.app.trust() == Trust::Always {
            self.keeper.edited(&self.loaded.deck);
        }
    }

    /// Removes pictures that the terminal itself stores.
    pub(super) fn clear_pictures(&mut self) {
        let bytes = self.media.quit();
        // Ignored: the terminal is gone.
        let _ = terminal::write(&bytes);
    }

    /// Hands the terminal over to a run until it ends.
    fn hand_over(&mut self, request: &Request) {
        self.clear_pictures();
        let executor = &self.executor;
        let events = terminal::lend(|terminal| executor.run_in(terminal, request));
        self.media.repaint();
        self.retake();
        let failed = |error: std::io::Error| {
            let why = format!("cannot hand over the terminal: {error}");
            vec![run::Event::Finished(Outcome::NotStarted(why), Duration::ZERO)]
        };
        for event in events.unwrap_or_else(failed) {
            update(&mut self.app, Msg::Run(request.run, event));
        }
    }

    /// Suspends the program until the shell continues it.
    pub(super) fn suspend(&mut self) {
        self.clear_pictures();
        terminal::restore();
        self.was_suspended = exec::suspend();
        self.media.repaint();
        self.retake();
    }

    /// Takes the terminal back after the program was stopped from outside.
    pub(super) fn take_back(&mut self) {
        terminal::restore();
        self.media.repaint();
        self.retake();
    }

    /// Takes the terminal back. If it is gone, the presentation ends.
    pub(super) fn retake(&mut self) {
        if self.screen.retake().is_err() {
            self.sender.send(LoopEvent::Terminate(Ending::HANGUP));
        }
    }
}
