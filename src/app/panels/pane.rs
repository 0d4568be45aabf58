//! The pane: one cell's output on the whole screen. It scrolls, follows new output until the speaker
//! scrolls up, and can be searched.
//!
//! It replaces the slide, not what opens on top: a program in a terminal, a prompt or a panel gets the
//! keys as on the slide.

use crossterm::event::KeyCode;

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::input::keys::Key;
use crate::app::input::outcome::KeyOutcome;
use crate::app::input::{line_edit, passthrough, stdin_prompt};
use crate::app::runs::{output, schedule};
use crate::app::state::layout_info::LayoutInfo;
use crate::app::state::pane::Pane;
use crate::app::state::{App, Mode};
use crate::deck::CellId;
use crate::run::{Part, Prompt, State};

/// Rows that stay on the screen when a page is scrolled.
const PAGE_OVERLAP: u32 = 1;

/// Opens or closes the pane.
pub(in crate::app) fn toggle(app: &mut App) {
    if app.pane.is_some() {
        return close(app);
    }
    open(app);
}

/// Opens the pane to search in it.
pub(in crate::app) fn search(app: &mut App) {
    if app.pane.is_none() {
        open(app);
    }
    if let Some(pane) = &mut app.pane {
        pane.typed = Some(Prompt::default());
        pane.current = None;
        app.scene_changed();
    }
}

/// Opens the pane on the target cell: at the end of its output if it runs, else at the start.
fn open(app: &mut App) {
    let Some(cell) = output::target_cell(app) else { return };
    let is_running = app.runs.get(&cell).is_some_and(|run| run.shown().is_under_way());
    let top = if is_running { None } else { Some(0) };
    app.pane = Some(Pane { cell, top, left: 0, typed: None, current: None, search: String::new() });
    app.scene_changed();
}

fn close(app: &mut App) {
    app.pane = None;
    app.scene_changed();
}

/// Returns whether a search is being typed.
pub(in crate::app) fn is_searching(app: &App) -> bool {
    app.pane.as_ref().is_some_and(|pane| pane.typed.is_some())
}

/// Handles a key while the pane has the keys.
pub(in crate::app) fn press(app: &mut App, key: Key) -> KeyOutcome {
    if is_searching(app) {
        type_search(app, key);
        return KeyOutcome::default();
    }
    if !key.ctrl && !key.alt && scroll(app, key.code) {
        app.keymap.forget_typed();
        return KeyOutcome::default();
    }
    app.keymap.press(key).into()
}

/// Performs keys that always move in the pane; returns whether this is one.
fn scroll(app: &mut App, code: KeyCode) -> bool {
    let page = page(&app.layout);
    match code {
        KeyCode::Down | KeyCode::Char('j') => scroll_by(app, 1),
        KeyCode::Up | KeyCode::Char('k') => scroll_by(app, -1),
        KeyCode::PageDown | KeyCode::Char(' ') => scroll_by(app, page),
        KeyCode::PageUp => scroll_by(app, -page),
        KeyCode::Right | KeyCode::Char('l') => shift(app, 1),
        KeyCode::Left | KeyCode::Char('h') => shift(app, -1),
        KeyCode::Home => scroll_to(app, 0),
        KeyCode::End => follow(app),
        KeyCode::Char('n') => step(app, true),
        KeyCode::Char('N') => step(app, false),
        _ => return false,
    }
    true
}

/// Performs an action that has a meaning of its own in the pane; returns none if it means the same as
/// on the slide.
pub(in crate::app) fn act(
    app: &mut App,
    action: Action,
    number: Option<u32>,
) -> Option<Vec<Effect>> {
    let half = i64::from((app.layout.viewport / 2).max(1));
    let cell = app.pane.as_ref()?.cell;
    match action {
        Action::Next => scroll_by(app, page(&app.layout)),
        Action::Previous => scroll_by(app, -page(&app.layout)),
        Action::NextFast => step(app, true),
        Action::PreviousFast => step(app, false),
        Action::ScrollDown => scroll_by(app, half),
        Action::ScrollUp => scroll_by(app, -half),
        Action::FirstSlide => scroll_to(app, 0),
        Action::LastSlide => follow(app),
        Action::GoToSlide => scroll_to(app, number.unwrap_or(0).saturating_sub(1)),
        Action::Close | Action::Exit | Action::ZoomOutput => close(app),
        Action::Execute => return Some(schedule::run(app, vec![cell])),
        Action::RunFocused => enter(app, cell),
        // Where nothing runs, the stop key closes the pane; it does not quit.
        Action::Stop if !app.is_running() => close(app),
        // These apply to the slide.
        Action::FoldOutput
        | Action::FocusNext
        | Action::FocusPrevious
        | Action::SkipPauses
        | Action::ToggleGrid => {}
        Action::Edit => {
            close(app);
            return None;
        }
        _ => return None,
    }
    Some(Vec::new())
}

/// Gives the keys to the cell's program if it runs; scrolls otherwise.
fn enter(app: &mut App, cell: CellId) {
    if app.runs.get(&cell).is_some_and(|run| run.state == State::Running) {
        passthrough::begin(app, cell);
        stdin_prompt::begin(app, cell);
    } else {
        scroll_by(app, 1);
    }
}

/// Handles a click in the pane: gives the keys to a program in a terminal.
pub(in crate::app) fn click(app: &mut App) {
    let Some(cell) = app.pane.as_ref().map(|pane| pane.cell) else { return };
    if app.runs.get(&cell).is_some_and(|run| run.state == State::Running) {
        passthrough::begin(app, cell);
    }
}

/// Scrolls by rows, down if positive. At the end, new output is followed again.
pub(in crate::app) fn scroll_by(app: &mut App, rows: i64) {
    let to = i64::from(app.rows_above()).saturating_add(rows);
    scroll_to(app, u32::try_from(to.max(0)).unwrap_or(u32::MAX));
}

fn scroll_to(app: &mut App, row: u32) {
    let limit = app.layout.scroll_limit();
    if let Some(pane) = &mut app.pane {
        pane.top = Some(row).filter(|row| *row < limit);
        app.scene_changed();
    }
}

fn follow(app: &mut App) {
    scroll_to(app, u32::MAX);
}

/// Scrolls tables by columns, right if positive.
fn shift(app: &mut App, by: isize) {
    let Some(pane) = &mut app.pane else { return };
    let columns = app.runs.get(&pane.cell).map_or(0, |run| {
        let tables = run.shown().output.parts().iter().filter_map(|part| match part {
            Part::Table(table) => Some(table.columns.len()),
            _ => None,
        });
        tables.max().unwrap_or(0)
    });
    pane.left = pane.left.saturating_add_signed(by).min(columns);
    app.scene_changed();
}

fn page(layout: &LayoutInfo) -> i64 {
    layout.viewport.saturating_sub(PAGE_OVERLAP).max(1).into()
}

/// Handles a key while a search is typed.
fn type_search(app: &mut App, key: Key) {
    let first = app.rows_above();
    let Some(pane) = &mut app.pane else { return };
    let Some(prompt) = &mut pane.typed else { return };
    app.changed.scene = true;
    app.changed.paint = true;
    match key.code {
        KeyCode::Esc => pane.typed = None,
        KeyCode::Char('c' | 'g') if key.ctrl => pane.typed = None,
        KeyCode::Backspace if prompt.is_empty() => pane.typed = None,
        KeyCode::Enter => {
            pane.search = prompt.text().to_owned();
            pane.typed = None;
            // The first match from here on, or else the first of all.
            let here = app.layout.matches.iter().position(|row| *row >= first);
            show(app, here.or(Some(0)));
        }
        _ => {
            if let Some(request) = line_edit::request(key) {
                prompt.edit(request);
            }
        }
    }
}

/// Goes to the next or previous match, wrapping around.
fn step(app: &mut App, forward: bool) {
    let Some(pane) = &app.pane else { return };
    if pane.search.is_empty() {
        app.notify("no search yet; start one with `/`");
        return;
    }
    let count = app.layout.matches.len().max(1);
    let to = match (pane.current, forward) {
        (None, true) => 0,
        (Some(at), true) => (at + 1) % count,
        (at, false) => (at.unwrap_or(0) + count - 1) % count,
    };
    show(app, Some(to));
}

/// Makes a match the current one, and scrolls it to the middle if it is not in view.
fn show(app: &mut App, at: Option<usize>) {
    let first = app.rows_above();
    let row = at.and_then(|at| app.layout.matches.get(at)).copied();
    let Some(pane) = &mut app.pane else { return };
    pane.current = at.filter(|_| row.is_some());
    let rows = app.layout.viewport;
    if let Some(row) = row.filter(|row| !(first..first.saturating_add(rows)).contains(row)) {
        scroll_to(app, row.saturating_sub(rows / 2));
    }
    app.scene_changed();
}

/// Returns whether the pane has the keys.
pub(in crate::app) fn has_keys(app: &App) -> bool {
    app.pane.is_some() && matches!(app.mode, Mode::Slide)
}
