//! The focus: the cell that keys for one cell apply to.

use crate::app::state::{App, ScrollTarget};
use crate::deck::CellId;

/// Focuses the next or previous visible cell, wrapping around.
pub(in crate::app) fn step(app: &mut App, forward: bool) {
    let cells: Vec<CellId> = app.visible_cells().map(|cell| cell.id).collect();
    if cells.is_empty() {
        return;
    }
    let at = app.view.focus.and_then(|id| cells.iter().position(|&cell| cell == id));
    let count = cells.len();
    let next = match (at, forward) {
        (None, true) => 0,
        (None, false) => count - 1,
        (Some(at), true) => (at + 1) % count,
        (Some(at), false) => (at + count - 1) % count,
    };
    app.view.focus = Some(cells[next]);
    app.internal.scroll_target = Some(ScrollTarget::Cell(cells[next]));
    app.scene_changed();
}

/// Removes the focus from a cell whose place another block has taken.
pub(in crate::app) fn forget_replaced(app: &mut App) {
    let cell = app.view.focus.and_then(|id| app.deck.cell(id));
    let is_replaced = cell.is_some_and(|cell| {
        let block = app.deck.block_of(cell);
        block.is_some_and(|block| block.is_replaced(app.view.at.step))
    });
    if is_replaced {
        app.view.focus = None;
    }
}
