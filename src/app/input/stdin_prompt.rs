//! The prompt of a block that reads its standard input: while it is open, keys edit a line.

use std::time::Duration;

use crossterm::event::KeyCode;
use tui_input::InputRequest;

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::input::keys::Key;
use crate::app::input::line_edit;
use crate::app::input::outcome::KeyOutcome;
use crate::app::state::{App, Mode, ScrollTarget};
use crate::deck::{CellId, SlideNo, Start};
use crate::run::{CellRun, Prompt, RunId, State};

/// The end-of-transmission character, which ends a program's input at the start of a line.
const EOT: u8 = 4;

/// A cell's run waits for a line: opens its prompt if the speaker started the run, sees it, and has
/// nothing else open.
pub(in crate::app) fn wait(app: &mut App, cell: CellId, hidden: bool) {
    let is_at_hand = matches!(app.mode, Mode::Slide)
        && (app.internal.watched == Some(cell) || app.view.focus == Some(cell))
        && app.visible_cells().any(|it| it.id == cell)
        && app.pane.as_ref().is_none_or(|pane| pane.cell == cell);
    let Some(run) = app.runs.get_mut(&cell) else { return };
    let prompt = run.prompt.get_or_insert_default();
    if prompt.waits && prompt.hidden == hidden {
        return;
    }
    (prompt.waits, prompt.hidden) = (true, hidden);
    let opens = is_at_hand && !prompt.left;
    if opens {
        open(app, cell);
    }
    if app.visible_cells().any(|it| it.id == cell) {
        let target = app.internal.scroll_target.or(Some(ScrollTarget::Cell(cell)));
        app.internal.scroll_target = target;
    }
    app.scene_changed();
}

impl App {
    /// Returns the slide of a block that waits for input off the screen, if another block waits for
    /// it, or the speaker ran it and has not closed its prompt.
    pub fn offscreen_prompt(&self) -> Option<SlideNo> {
        let holds_up = |run: &CellRun| {
            let waits = |it: &CellRun| it.link.waits && it.link.base == Some(run.run);
            self.runs.values().any(waits)
        };
        let mut waiting = self.runs.iter().filter_map(|(id, run)| {
            let prompt = run.prompt.as_ref().filter(|prompt| prompt.waits)?;
            let cell = self.deck.cell(*id)?;
            let is_asked_for = cell.exec.start != Start::Auto && !prompt.left;
            (is_asked_for || holds_up(run)).then_some(cell)
        });
        let at = self.view.at;
        let unseen =
            waiting.find(|cell| cell.slide != at.slide || !self.deck.shows(cell, at.step))?;
        Some(unseen.slide)
    }
}

/// A cell's run no longer waits for a line.
pub(in crate::app) fn reads_on(app: &mut App, cell: CellId) {
    let Some(run) = app.runs.get_mut(&cell) else { return };
    if let Some(prompt) = &mut run.prompt {
        prompt.answered();
        app.scene_changed();
    }
}

/// Opens the prompt of a cell that runs and takes typed input.
pub(in crate::app) fn begin(app: &mut App, cell: CellId) {
    let is_given = app.deck.cell(cell).is_some_and(|cell| cell.exec.input.is_some());
    let Some(run) = app.runs.get_mut(&cell) else { return };
    if run.state != State::Running || run.output.screen.is_some() || is_given {
        return;
    }
    run.prompt.get_or_insert_with(Prompt::default).left = false;
    open(app, cell);
}

fn open(app: &mut App, cell: CellId) {
    if let Some(prompt) = app.runs.get_mut(&cell).and_then(|run| run.prompt.as_mut()) {
        prompt.open = true;
        app.mode = Mode::StdinPrompt(cell);
        app.scene_changed();
    }
}

/// Closes the prompt. The run still waits.
pub(in crate::app) fn leave(app: &mut App, cell: CellId) {
    if let Some(run) = app.runs.get_mut(&cell)
        && let Some(prompt) = &mut run.prompt
    {
        (prompt.open, prompt.left) = (false, true);
        if !prompt.waits && prompt.is_empty() {
            run.prompt = None;
        }
    }
    close(app, cell);
}

/// The cell's run has ended, or its input has: removes its prompt.
pub(in crate::app) fn end(app: &mut App, cell: CellId) {
    if let Some(run) = app.runs.get_mut(&cell) {
        run.prompt = None;
    }
    close(app, cell);
}

fn close(app: &mut App, cell: CellId) {
    if matches!(app.mode, Mode::StdinPrompt(open) if open == cell) {
        app.mode = Mode::Slide;
    }
    app.scene_changed();
}

/// Closes prompts whose program has not waited for a while.
pub(in crate::app) fn tick(app: &mut App, passed: Duration) {
    let is_over =
        |prompt: &mut Option<Prompt>| prompt.as_mut().is_some_and(|prompt| prompt.is_over(passed));
    let over: Vec<CellId> = app
        .runs
        .iter_mut()
        .filter_map(|(id, run)| is_over(&mut run.prompt).then_some(*id))
        .collect();
    for cell in over {
        end(app, cell);
    }
}

/// Handles a key while the prompt is open.
pub(in crate::app) fn press(app: &mut App, cell: CellId, key: Key) -> KeyOutcome {
    let is_release = app.keymap.is_bound(key, Action::ReleaseKeys);
    let Some((run, prompt)) = prompt(app, cell) else {
        close(app, cell);
        return KeyOutcome::default();
    };
    match key.code {
        KeyCode::Enter => {
            let line = prompt.take() + "\n";
            app.scene_changed();
            return KeyOutcome::Handled(vec![Effect::SendInput(run, line.into_bytes())]);
        }
        KeyCode::Char('d') if key.ctrl && prompt.is_empty() => {
            end(app, cell);
            return KeyOutcome::Handled(vec![Effect::SendInput(run, vec![EOT])]);
        }
        KeyCode::Char('c') if key.ctrl => return KeyOutcome::Pass(Action::Stop, None),
        _ => {}
    }
    if key.code == KeyCode::Esc || is_release {
        leave(app, cell);
    } else if let Some(request) = line_edit::request(key) {
        prompt.edit(request);
        app.scene_changed();
    } else if matches!(key.code, KeyCode::PageUp | KeyCode::PageDown) || is_chord(key) {
        // These keys mean the same as on the slide.
        leave(app, cell);
        return app.keymap.press(key).into();
    }
    KeyOutcome::default()
}

/// Inserts pasted text into the line. Each complete line of it is sent.
pub(in crate::app) fn paste(app: &mut App, cell: CellId, text: &str) -> Vec<Effect> {
    let Some((run, prompt)) = prompt(app, cell) else { return Vec::new() };
    let mut sent = String::new();
    for c in text.chars() {
        if c == '\n' {
            sent += &prompt.take();
            sent.push('\n');
        } else {
            prompt.edit(InputRequest::InsertChar(c));
        }
    }
    app.scene_changed();
    if sent.is_empty() { Vec::new() } else { vec![Effect::SendInput(run, sent.into_bytes())] }
}

fn prompt(app: &mut App, cell: CellId) -> Option<(RunId, &mut Prompt)> {
    let run = app.runs.get_mut(&cell)?;
    Some((run.run, run.prompt.as_mut()?))
}

/// Returns whether a chord is an action on the slide and does not edit a line.
fn is_chord(key: Key) -> bool {
    key.ctrl && matches!(key.code, KeyCode::Char('z' | 'p' | 'r'))
}
