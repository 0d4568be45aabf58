//! Keys for a block that reads its input: while its prompt is open, they edit a line.

use std::time::Duration;

use crossterm::event::KeyCode;
use tui_input::InputRequest;

use crate::app::input::keys::Key;
use crate::app::input::passthrough::leaves;
use crate::app::panels::pane;
use crate::app::runs::schedule;
use crate::app::{App, Effect, KeyMatch, Mode, ScrollTarget};
use crate::deck::{CellId, SlideNo, Start};
use crate::run::{CellRun, Prompt, State};

/// What ends a program's input where a line would start.
const END: u8 = 4;

/// A cell's run waits for a line: its prompt opens, if the speaker started it, sees it, and is at
/// nothing else.
pub(in crate::app) fn wait(app: &mut App, cell: CellId, hidden: bool) {
    let is_at_hand = matches!(app.mode, Mode::Slide)
        && (app.internal.watched == Some(cell) || app.focus == Some(cell))
        && app.visible_cells().any(|it| it.id == cell)
        && !pane::hides(app, cell);
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
        app.internal.scroll_target = app.internal.scroll_target.or(Some(ScrollTarget::Cell(cell)));
    }
    app.scene_changed();
}

impl App {
    /// The slide of a block that waits for input where nobody sees it: one that another block waits
    /// for, or one that was asked to run and not left to wait.
    pub fn waits_elsewhere(&self) -> Option<SlideNo> {
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
        let unseen =
            waiting.find(|cell| cell.slide != self.at.slide || cell.step > self.at.step)?;
        Some(unseen.slide)
    }
}

/// A cell's run reads on: it was given a line, or somebody else reads.
pub(in crate::app) fn read_on(app: &mut App, cell: CellId) {
    let Some(run) = app.runs.get_mut(&cell) else { return };
    if let Some(prompt) = &mut run.prompt {
        prompt.answered();
        app.scene_changed();
    }
}

/// Opens the prompt of a cell that runs and can be typed at.
pub(in crate::app) fn begin(app: &mut App, cell: CellId) {
    let is_given = app.deck.cell(cell).is_some_and(|cell| cell.exec.input.is_some());
    let Some(run) = app.runs.get_mut(&cell) else { return };
    if run.state != State::Running || run.screen.is_some() || is_given {
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

/// Gives the keys back to the talk. The run waits on.
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

/// The cell's run has ended, or gets no more input: its prompt is gone, and the keys are the talk's.
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

/// Closes prompts that nobody waits for any more.
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

/// A key while the prompt is open.
pub(in crate::app) fn press(app: &mut App, cell: CellId, key: Key) -> Vec<Effect> {
    let Some((run, prompt)) = prompt(app, cell) else {
        close(app, cell);
        return Vec::new();
    };
    match key.code {
        KeyCode::Enter => {
            let line = prompt.take() + "\n";
            app.scene_changed();
            return vec![Effect::SendInput(run, line.into_bytes())];
        }
        KeyCode::Char('d') if key.ctrl && prompt.is_empty() => {
            end(app, cell);
            return vec![Effect::SendInput(run, vec![END])];
        }
        KeyCode::Char('c') if key.ctrl => return schedule::stop(app),
        _ => {}
    }
    if key.code == KeyCode::Esc || leaves(key) {
        leave(app, cell);
    } else if let Some(edit) = edit(key) {
        prompt.edit(edit);
        app.scene_changed();
    } else if matches!(key.code, KeyCode::PageUp | KeyCode::PageDown) || is_chord(key) {
        // What turns pages turns them here, too.
        leave(app, cell);
        if let KeyMatch::Action(action, number) = app.keymap.press(key) {
            return crate::app::update::act(app, action, number);
        }
    }
    Vec::new()
}

fn prompt(app: &mut App, cell: CellId) -> Option<(crate::run::RunId, &mut Prompt)> {
    let run = app.runs.get_mut(&cell)?;
    Some((run.run, run.prompt.as_mut()?))
}

/// Chords that mean something to the talk and nothing to a line.
fn is_chord(key: Key) -> bool {
    key.ctrl && matches!(key.code, KeyCode::Char('z' | 'p' | 'r'))
}

/// What a key does to the line.
pub(in crate::app) fn edit(key: Key) -> Option<InputRequest> {
    use InputRequest as Do;
    Some(match key.code {
        KeyCode::Char(c) if key.ctrl => match c {
            'a' => Do::GoToStart,
            'e' => Do::GoToEnd,
            'b' => Do::GoToPrevChar,
            'f' => Do::GoToNextChar,
            'd' => Do::DeleteNextChar,
            'h' => Do::DeletePrevChar,
            'k' => Do::DeleteTillEnd,
            'u' => Do::DeleteFromStart,
            'w' => Do::DeletePrevWord,
            'y' => Do::Yank,
            _ => return None,
        },
        KeyCode::Char('b') if key.alt => Do::GoToPrevWord,
        KeyCode::Char('f') if key.alt => Do::GoToNextWord,
        KeyCode::Char(c) if !key.alt => Do::InsertChar(c),
        KeyCode::Tab => Do::InsertChar('\t'),
        KeyCode::Backspace if key.alt => Do::DeletePrevWord,
        KeyCode::Backspace => Do::DeletePrevChar,
        KeyCode::Delete => Do::DeleteNextChar,
        KeyCode::Left if key.ctrl => Do::GoToPrevWord,
        KeyCode::Right if key.ctrl => Do::GoToNextWord,
        KeyCode::Left => Do::GoToPrevChar,
        KeyCode::Right => Do::GoToNextChar,
        KeyCode::Home => Do::GoToStart,
        KeyCode::End => Do::GoToEnd,
        _ => return None,
    })
}
