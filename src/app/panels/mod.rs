//! Panels over the slide: moving scrolls them, or moves what is chosen in them.

pub(in crate::app) mod pane;
pub(in crate::app) mod problems;
pub(in crate::app) mod trust_prompt;
pub(in crate::app) mod variables;

use crate::app::{Action, App, Mode, Variables, update};

/// Rows of the screen that a panel has no text on: its frame.
const FRAME: u16 = 2;

/// How many rows a panel shows at most.
pub(in crate::app) fn rows(app: &App) -> usize {
    usize::from(app.layout.terminal.1.saturating_sub(FRAME)).max(1)
}

/// Does what an action means while a panel is open; `false` where it means what it does otherwise.
pub(in crate::app) fn act(app: &mut App, action: Action) -> bool {
    let half = (rows(app) / 2).max(1).cast_signed();
    let by = match (&app.mode, action) {
        (Mode::Problems(chosen), Action::RunFocused) => {
            let chosen = *chosen;
            problems::go_to(app, chosen);
            return true;
        }
        (Mode::Index(_), Action::ScrollDown) => half,
        (Mode::Index(_), Action::ScrollUp) => -half,
        (Mode::Help(_) | Mode::Problems(_) | Mode::Variables(_), _) => match action {
            Action::Next => 1,
            Action::Previous => -1,
            Action::ScrollDown => half,
            Action::ScrollUp => -half,
            Action::FirstSlide => isize::MIN,
            Action::LastSlide => isize::MAX,
            Action::Exit => {
                update::close(app);
                return true;
            }
            _ => return false,
        },
        _ => return false,
    };
    scroll(app, by);
    true
}

/// Scrolls the open panel by rows, or moves its choice, as far as there is something.
pub(in crate::app) fn scroll(app: &mut App, by: isize) {
    let room = rows(app);
    let bindings = app.keymap.bindings().iter().filter(|row| !row.keys.is_empty()).count();
    let problems = app.problems().count();
    // A problem takes some three rows.
    let by_problem = if by.abs_diff(0) > room { by } else { by.signum() * (by.abs() / 3).max(1) };
    match &mut app.mode {
        Mode::Index(index) => index.step(by),
        Mode::Help(row) => *row = moved(*row, by, bindings.saturating_sub(room)),
        Mode::Problems(chosen) => *chosen = moved(*chosen, by_problem, problems.saturating_sub(1)),
        Mode::Variables(Variables { row, found, .. }) => {
            let count = found.iter().flatten().map(Vec::len).sum::<usize>();
            *row = moved(*row, by, count.saturating_sub(room));
        }
        _ => return,
    }
    app.paint_changed();
}

fn moved(row: u16, by: isize, last: usize) -> u16 {
    u16::try_from(usize::from(row).saturating_add_signed(by).min(last)).unwrap_or(u16::MAX)
}
