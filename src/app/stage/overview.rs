//! The overview: all slides as a grid of miniatures. Letters jump, arrows select, `/` searches.

use crossterm::event::KeyCode;

use crate::app::input::keys::Key;
use crate::app::nav::index::Index;
use crate::app::nav::movement;
use crate::app::stage::overview_grid::{Overview, OverviewGrid};
use crate::app::state::{App, Mode};

/// Opens the overview with the current slide selected, or closes it.
pub(in crate::app) fn toggle(app: &mut App) {
    app.mode = if let Mode::Overview(_) = app.mode {
        Mode::Slide
    } else {
        let index = Index::open(&app.deck, app.view.at.slide);
        Mode::Overview(Box::new(Overview { index, ..Overview::default() }))
    };
    app.paint_changed();
}

/// Handles a key in the overview.
pub(in crate::app) fn press(app: &mut App, key: Key) {
    let grid = OverviewGrid::of(app.layout.terminal);
    let (columns, page) = (grid.columns.cast_signed(), grid.per_page().cast_signed());
    let Mode::Overview(overview) = &mut app.mode else { return };
    app.changed.paint = true;
    let code = std::mem::take(&mut overview.typed);
    let index = &mut overview.index;
    match key.code {
        KeyCode::Left | KeyCode::BackTab => index.step(-1),
        KeyCode::Right | KeyCode::Tab => index.step(1),
        KeyCode::Up => index.step(-columns),
        KeyCode::Down => index.step(columns),
        KeyCode::PageUp => index.step(-page),
        KeyCode::PageDown => index.step(page),
        KeyCode::Home => index.step(isize::MIN),
        KeyCode::End => index.step(isize::MAX),
        KeyCode::Enter => choose(app),
        KeyCode::Esc if overview.is_searching => {
            overview.is_searching = false;
            index.search(&app.deck, String::new());
            index.select(app.view.at.slide);
        }
        KeyCode::Esc => app.mode = Mode::Slide,
        KeyCode::Char(c) if overview.is_searching => {
            let query = format!("{}{c}", index.query);
            index.search(&app.deck, query);
        }
        KeyCode::Backspace if overview.is_searching => {
            let mut query = index.query.clone();
            query.pop();
            index.search(&app.deck, query);
        }
        KeyCode::Char('/') => overview.is_searching = true,
        KeyCode::Char(c) => jump(app, format!("{code}{}", c.to_lowercase())),
        _ => {}
    }
}

/// Goes to the slide with this code, or waits for its second letter.
fn jump(app: &mut App, typed: String) {
    let Mode::Overview(overview) = &mut app.mode else { return };
    let codes = (0..overview.index.found.len()).map(|place| overview.code(place));
    let mut is_start = false;
    for (place, code) in codes.enumerate() {
        let Some(code) = code else { break };
        if code == typed {
            overview.index.chosen = place;
            return choose(app);
        }
        is_start |= code.starts_with(&typed);
    }
    if is_start {
        overview.typed = typed;
    }
}

/// Goes to the selected slide.
fn choose(app: &mut App) {
    let Mode::Overview(overview) = &app.mode else { return };
    let choice = overview.index.choice();
    app.mode = Mode::Slide;
    if let Some(at) = choice {
        movement::jump(app, at);
    }
    app.scene_changed();
}

/// Moves the selection by rows.
pub(in crate::app) fn step_rows(app: &mut App, rows: isize) {
    let columns = OverviewGrid::of(app.layout.terminal).columns.cast_signed();
    if let Mode::Overview(overview) = &mut app.mode {
        overview.index.step(rows * columns);
        app.changed.paint = true;
    }
}
