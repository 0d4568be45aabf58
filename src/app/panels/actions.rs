//! Actions while a panel is open: opening, closing, scrolling, and moving the selection.

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::nav::index::Index;
use crate::app::panels::problems;
use crate::app::state::{App, Mode, Variables};

/// Rows of a panel's frame.
const FRAME_ROWS: u16 = 2;

/// The approximate number of rows that a problem takes.
const ROWS_PER_PROBLEM: isize = 3;

/// Returns the maximum number of rows that a panel shows.
pub(super) fn max_rows(app: &App) -> usize {
    usize::from(app.layout.terminal.1.saturating_sub(FRAME_ROWS)).max(1)
}

/// Performs an action that has a meaning of its own in the open panel; returns whether it has one.
pub(in crate::app) fn act(app: &mut App, action: Action) -> bool {
    let half = (max_rows(app) / 2).max(1).cast_signed();
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
                close(app);
                return true;
            }
            _ => return false,
        },
        _ => return false,
    };
    scroll(app, by);
    true
}

/// Takes the mouse or leaves it to the terminal, and says so.
pub(in crate::app) fn toggle_mouse(app: &mut App) -> Vec<Effect> {
    let has_mouse = !app.view.has_mouse;
    app.view.has_mouse = has_mouse;
    app.notify(if has_mouse {
        "mouse on: clicks and the wheel work"
    } else {
        "mouse off: the terminal selects text"
    });
    vec![Effect::SetMouse(has_mouse)]
}

/// Opens or closes the index, the help, or the list of problems.
pub(in crate::app) fn toggle(app: &mut App, action: Action) {
    app.mode = match (action, &app.mode) {
        (Action::ToggleIndex, Mode::Index(_))
        | (Action::ToggleHelp, Mode::Help(_))
        | (Action::ToggleProblems, Mode::Problems(_)) => Mode::Slide,
        (Action::ToggleIndex, _) => Mode::Index(Index::open(&app.deck, app.view.at.slide)),
        (Action::ToggleHelp, _) => Mode::Help(0),
        _ => Mode::Problems(0),
    };
    app.paint_changed();
}

/// Closes what is open on top of the slide; clears the focus if nothing is.
pub(in crate::app) fn close(app: &mut App) {
    match app.mode {
        Mode::Slide if app.view.focus.take().is_some() => app.scene_changed(),
        Mode::Slide => {}
        _ => {
            app.mode = Mode::Slide;
            app.paint_changed();
        }
    }
}

/// Scrolls the open panel by rows, or moves its selection, within its bounds.
pub(in crate::app) fn scroll(app: &mut App, by: isize) {
    let rows = max_rows(app);
    let sections = app.keymap.sections();
    let bindings: usize = sections.iter().map(|(_, bindings)| bindings.len() + 1).sum();
    let problems = app.problems().count();
    let by_problem =
        if by.abs_diff(0) > rows { by } else { by.signum() * (by.abs() / ROWS_PER_PROBLEM).max(1) };
    match &mut app.mode {
        Mode::Index(index) => index.step(by),
        Mode::Help(row) => *row = moved(*row, by, bindings.saturating_sub(rows)),
        Mode::Problems(chosen) => *chosen = moved(*chosen, by_problem, problems.saturating_sub(1)),
        Mode::Variables(Variables { row, found, .. }) => {
            let count = found.iter().flatten().map(Vec::len).sum::<usize>();
            *row = moved(*row, by, count.saturating_sub(rows));
        }
        _ => return,
    }
    app.paint_changed();
}

fn moved(row: u16, by: isize, last: usize) -> u16 {
    u16::try_from(usize::from(row).saturating_add_signed(by).min(last)).unwrap_or(u16::MAX)
}
