//! Keys in the slide index: letters narrow it, arrows select, enter goes to the selected slide.

use crossterm::event::KeyCode;

use crate::app::input::keys::Key;
use crate::app::nav::movement;
use crate::app::panels::actions;
use crate::app::state::{App, Mode};

/// Handles a key in the index.
pub(in crate::app) fn press(app: &mut App, key: Key) {
    let page = actions::max_rows(app).cast_signed();
    let Mode::Index(index) = &mut app.mode else { return };
    app.changed.paint = true;
    match key.code {
        KeyCode::Up | KeyCode::BackTab => index.step(-1),
        KeyCode::Down | KeyCode::Tab => index.step(1),
        KeyCode::PageUp => index.step(-page),
        KeyCode::PageDown => index.step(page),
        KeyCode::Home => index.step(isize::MIN),
        KeyCode::End => index.step(isize::MAX),
        KeyCode::Char(c) => {
            let query = format!("{}{c}", index.query);
            index.search(&app.deck, query);
        }
        KeyCode::Backspace => {
            let mut query = index.query.clone();
            query.pop();
            index.search(&app.deck, query);
        }
        KeyCode::Enter => {
            let choice = index.choice();
            app.mode = Mode::Slide;
            if let Some(at) = choice {
                movement::jump(app, at);
            }
        }
        KeyCode::Esc => app.mode = Mode::Slide,
        _ => {}
    }
}
