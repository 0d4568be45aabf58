//! The pane: one cell's output alone on the whole screen. It scrolls, follows what is written until
//! the speaker scrolls up, and is searched.
//!
//! It lies between the slide and what opens on top of that: a program in a terminal, a prompt or a
//! panel has the keys in it as on the slide.

use crossterm::event::KeyCode;

use crate::app::input::keys::Key;
use crate::app::input::{passthrough, stdin_prompt};
use crate::app::runs::{output, schedule};
use crate::app::{Action, App, Effect, KeyMatch, LayoutInfo, Mode, update};
use crate::deck::CellId;
use crate::run::{OutputValue, Part, Prompt, State};

/// Rows that stay on the screen when a page is scrolled.
const OVERLAP: u32 = 1;

/// The open pane.
#[derive(Clone, Debug)]
pub struct Pane {
    /// Whose output.
    pub cell: CellId,
    /// The first row that shows; none: the last one does, and goes on doing so.
    pub top: Option<u32>,
    /// Columns of tables that are scrolled away.
    pub left: usize,
    /// The line in which a search is being typed.
    pub typed: Option<Prompt>,
    /// Which match is the current one.
    pub current: Option<usize>,
    search: String,
}

impl Pane {
    /// What is searched for, as far as it is typed; nothing if it is empty.
    pub fn query(&self) -> &str {
        self.typed.as_ref().map_or(&self.search, Prompt::text)
    }

    /// The first row that shows.
    fn first(&self, layout: &LayoutInfo) -> u32 {
        let limit = layout.scroll_limit();
        self.top.map_or(limit, |top| top.min(limit))
    }
}

impl App {
    /// How many rows of what is laid out are scrolled away above the screen: of the pane if one is
    /// open, else of the slide.
    pub fn rows_above(&self) -> u32 {
        self.pane.as_ref().map_or(self.scroll, |pane| pane.first(&self.layout))
    }
}

/// Opens the pane, or closes it.
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

/// Opens the pane on the cell that is meant: what still runs at its end, all else at its beginning.
fn open(app: &mut App) {
    let Some(cell) = output::meant(app) else { return };
    let runs = app.runs.get(&cell).is_some_and(|run| run.shown().is_under_way());
    let top = if runs { None } else { Some(0) };
    app.pane = Some(Pane { cell, top, left: 0, typed: None, current: None, search: String::new() });
    app.scene_changed();
}

fn close(app: &mut App) {
    app.pane = None;
    app.scene_changed();
}

/// A cell runs anew: its pane follows it.
pub(in crate::app) fn started(app: &mut App, cell: CellId) {
    if let Some(pane) = app.pane.as_mut().filter(|pane| pane.cell == cell) {
        (pane.top, pane.left, pane.current) = (None, 0, None);
    }
}

/// Takes in a layout: keeps what shows within what there is.
pub(in crate::app) fn settle(pane: &mut Pane, layout: &LayoutInfo) {
    let found = layout.matches.len();
    pane.current = pane.current.filter(|_| found > 0).map(|at| at.min(found - 1));
    pane.left = pane.left.min(layout.left);
    pane.top = pane.top.map(|top| top.min(layout.scroll_limit()));
}

/// A key while the pane has the keys.
pub(in crate::app) fn press(app: &mut App, key: Key) -> Vec<Effect> {
    if app.pane.as_ref().is_some_and(|pane| pane.typed.is_some()) {
        type_search(app, key);
        return Vec::new();
    }
    if !key.ctrl && !key.alt && scroll(app, key.code) {
        app.keymap.forget_typed();
        return Vec::new();
    }
    match app.keymap.press(key) {
        KeyMatch::Action(action, number) => update::act(app, action, number),
        KeyMatch::Partial | KeyMatch::None => Vec::new(),
    }
}

/// Keys that always move in the pane; whether this is one.
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

/// What actions mean while the pane is open; none: what they mean on the slide.
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
        // Leaving the talk is not meant, where nothing runs that could be stopped.
        Action::Stop if !app.is_running() => close(app),
        // They are for what stands on the slide.
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

/// Gives the keys to the cell's program, if it has a terminal or reads its input.
fn enter(app: &mut App, cell: CellId) {
    let runs = app.runs.get(&cell).is_some_and(|run| run.state == State::Running);
    if runs {
        passthrough::begin(app, cell);
        stdin_prompt::begin(app, cell);
    } else {
        scroll_by(app, 1);
    }
}

/// A click in the pane: on a terminal, its program has the keys.
pub(in crate::app) fn click(app: &mut App) {
    let Some(cell) = app.pane.as_ref().map(|pane| pane.cell) else { return };
    if app.runs.get(&cell).is_some_and(|run| run.state == State::Running) {
        passthrough::begin(app, cell);
    }
}

/// Scrolls by rows, down if positive. At the end it follows again what is written.
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
            Part::Value(OutputValue::Table(table)) => Some(table.columns.len()),
            _ => None,
        });
        tables.max().unwrap_or(0)
    });
    pane.left = pane.left.saturating_add_signed(by).min(columns);
    app.scene_changed();
}

fn page(layout: &LayoutInfo) -> i64 {
    layout.viewport.saturating_sub(OVERLAP).max(1).into()
}

/// A key while a search is typed. What it finds so far is marked as it is typed.
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
            // The first one from here on, else the first of all.
            let here = app.layout.matches.iter().position(|row| *row >= first);
            show(app, here.or(Some(0)));
        }
        _ => {
            if let Some(edit) = stdin_prompt::edit(key) {
                prompt.edit(edit);
            }
        }
    }
}

/// To the next match, or to the one before; going round.
fn step(app: &mut App, forward: bool) {
    let Some(pane) = &app.pane else { return };
    if pane.search.is_empty() {
        app.notice = Some("nothing is searched for: `/`".to_owned());
        app.paint_changed();
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

/// Makes a match the current one, and brings it into the middle if it is not in view.
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

/// Where the pane is after the deck was read again: with its cell, or gone.
pub(in crate::app) fn carried(pane: Option<Pane>, cell: Option<CellId>) -> Option<Pane> {
    Some(Pane { cell: cell?, ..pane? })
}

/// Whether the pane hides this cell.
pub(in crate::app) fn hides(app: &App, cell: CellId) -> bool {
    app.pane.as_ref().is_some_and(|pane| pane.cell != cell)
}

/// Whether the pane has the keys.
pub(in crate::app) fn has_keys(app: &App) -> bool {
    app.pane.is_some() && matches!(app.mode, Mode::Slide)
}
