//! Translates mouse events into messages, using the current scene.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::app::{Action, App, Hit, Mode, Msg, OutputHit};
use crate::layout::{Item, Scene};
use crate::run::{MouseAction, Pointer};

/// Rows scrolled per wheel notch.
const WHEEL_ROWS: i32 = 3;

/// Returns the message for a mouse event, if it has a meaning.
pub(super) fn mouse_msg(app: &App, scene: &Scene, mouse: MouseEvent) -> Option<Msg> {
    if let Some(pointer) = over_terminal(app, scene, mouse) {
        return Some(Msg::Mouse(pointer));
    }
    if mouse.row >= scene.size.rows {
        return over_notes(mouse.kind);
    }
    let hit = hit(app, scene, mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Msg::Click(hit)),
        MouseEventKind::Drag(MouseButton::Left) => Some(Msg::Drag(hit)),
        MouseEventKind::Up(MouseButton::Left) => Some(Msg::Release),
        MouseEventKind::ScrollDown => Some(Msg::Wheel(WHEEL_ROWS, hit)),
        MouseEventKind::ScrollUp => Some(Msg::Wheel(-WHEEL_ROWS, hit)),
        _ => None,
    }
}

/// Returns the message for a mouse event over the notes under the slide.
fn over_notes(kind: MouseEventKind) -> Option<Msg> {
    match kind {
        MouseEventKind::ScrollDown => Some(Msg::Act(Action::NotesDown)),
        MouseEventKind::ScrollUp => Some(Msg::Act(Action::NotesUp)),
        _ => None,
    }
}

/// Returns the event for the program that has the focus, if the mouse is over its screen and the
/// program requested mouse events.
fn over_terminal(app: &App, scene: &Scene, mouse: MouseEvent) -> Option<Pointer> {
    let Mode::Passthrough(cell) = *app.mode() else { return None };
    app.runs().get(&cell)?.output.screen.as_ref().filter(|screen| screen.wants_mouse())?;
    let (column, row) = scene.place_in_screen(cell, (mouse.column, mouse.row), app.rows_above())?;
    let number = |button| match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    };
    let action = match mouse.kind {
        MouseEventKind::Down(button) => MouseAction::Press(number(button)),
        MouseEventKind::Up(button) => MouseAction::Release(number(button)),
        MouseEventKind::Drag(button) => MouseAction::Drag(number(button)),
        MouseEventKind::ScrollUp => MouseAction::Wheel { up: true },
        MouseEventKind::ScrollDown => MouseAction::Wheel { up: false },
        _ => return None,
    };
    let keys = [KeyModifiers::SHIFT, KeyModifiers::ALT, KeyModifiers::CONTROL];
    let held = keys.map(|key| mouse.modifiers.contains(key));
    Some(Pointer { action, column, row, held })
}

fn hit(app: &App, scene: &Scene, column: u16, row: u16) -> Hit {
    let viewport = scene.viewport;
    let inside = row.clamp(viewport.y, viewport.bottom().saturating_sub(1).max(viewport.y));
    Hit {
        at: (column, u32::from(inside - viewport.y).saturating_add(app.rows_above())),
        cell: scene.cell_at(column, row, app.rows_above()),
        output: scene.output_at(column, row, app.rows_above()).and_then(output_hit),
    }
}

fn output_hit(item: &Item) -> Option<OutputHit> {
    let &Item::Output { height, id, part, follows, first, total, .. } = item else { return None };
    Some(OutputHit { cell: id, part, follows, first, shown: height as usize, total })
}
