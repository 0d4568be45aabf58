//! The mark of blocks whose edit is not saved: at the top right of the block, left of the corner of its frame.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use crate::app::{App, Mode};
use crate::deck::CellId;
use crate::layout::{Item, Scene};
use crate::theme::Theme;

const MARK: &str = " ✎ unsaved ";

/// The columns of a frame's corner.
const CORNER: u16 = 1;

/// Marks the unsaved blocks of a slide whose body is scrolled down by `scroll` rows.
pub(super) fn draw(app: &App, scene: &Scene, scroll: u32, theme: &Theme, buffer: &mut Buffer) {
    let style = theme.output.failure.add_modifier(Modifier::BOLD);
    for placed in &scene.body {
        let Item::Cell { width, id, .. } = placed.item else { continue };
        let row = placed.y.checked_sub(scroll).and_then(|row| u16::try_from(row).ok());
        let Some(row) = row.filter(|row| *row < scene.viewport.height && is_marked(app, id)) else {
            continue;
        };
        let columns = width.saturating_sub(CORNER).min(MARK.chars().count() as u16);
        let right = placed.x.saturating_add(width.saturating_sub(CORNER));
        let area = Rect::new(right - columns, scene.viewport.y.saturating_add(row), columns, 1);
        let area = area.intersection(buffer.area);
        Line::styled(MARK, style).render(area, buffer);
    }
}

/// Returns whether a block is unsaved, and not in the editor, which says so itself.
fn is_marked(app: &App, cell: CellId) -> bool {
    let is_edited = matches!(app.mode(), Mode::Edit(editor) if editor.cell == cell);
    app.is_unsaved(cell) && !is_edited
}
