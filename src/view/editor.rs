//! The editor on the slide: the edited lines in the place of the block's code, with a cursor, and a title on
//! the block's padding. The keys are in the last row of the screen.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::panel::BOLD;
use crate::app::{App, BlockEditor};
use crate::layout::{Item, Scene};
use crate::source::visible_code;
use crate::theme::Theme;

/// Columns of a tab in highlighted lines.
const TAB_COLUMNS: usize = 4;

/// Draws the editor in the place of its block. `lines` returns a range of the edited lines, highlighted,
/// over the style `base`.
pub fn edit(
    app: &App,
    editing: &BlockEditor,
    lines: &mut dyn FnMut(Range<usize>) -> Vec<Line<'static>>,
    (scene, scroll): (&Scene, u32),
    (theme, base): (&Theme, Style),
    buffer: &mut Buffer,
) {
    let base = theme.base.patch(base);
    let place = EditorPlace::find(editing, scene, scroll);
    let area = place.area.intersection(buffer.area);
    Clear.render(area, buffer);
    buffer.set_style(area, base);
    let (line, character) = editing.cursor();
    let column = columns(editing.lines().get(line).map_or("", String::as_str), character);
    let (top, left) = (first(line, area.height), first(column, area.width));
    let shown = lines(top..top + usize::from(area.height));
    for (row, line) in area.rows().zip(shown) {
        let mut wide = Buffer::empty(Rect { width: width(&line), ..row });
        wide.set_style(wide.area, base);
        line.render(wide.area, &mut wide);
        copy(&wide, left, row, buffer);
    }
    let at = (area.x + cut(column - left), area.y + cut(line - top));
    if let Some(cell) = buffer.cell_mut(at).filter(|_| area.contains(at.into())) {
        cell.modifier.toggle(Modifier::REVERSED);
    }
    let is_unsaved = editing.has_changes() || app.is_unsaved(editing.cell);
    let title = if is_unsaved { " ✎ editing · unsaved " } else { " ✎ editing " };
    let style = theme.output.running.patch(BOLD);
    if let Some(row) = place.above.filter(|row| *row < buffer.area.bottom()) {
        let row = Rect { y: row, height: 1, ..area };
        Line::from(Span::styled(title, style)).render(row.intersection(buffer.area), buffer);
    }
}

/// Where the editor is on the screen.
struct EditorPlace {
    /// The area of the lines.
    area: Rect,
    /// The row above them, if it is free for a title.
    above: Option<u16>,
}

impl EditorPlace {
    /// Finds the area that the layout reserved, cut to the viewport; without one, the viewport.
    fn find(editing: &BlockEditor, scene: &Scene, scroll: u32) -> Self {
        let screen = scene.viewport;
        let reserved = scene.body.iter().find_map(|placed| match placed.item {
            Item::Editor { width, height, id } if id == editing.cell => {
                Some((placed.x, placed.y, width, height))
            }
            _ => None,
        });
        let Some((x, y, width, height)) = reserved else {
            return Self { area: screen, above: None };
        };
        let on_screen = |row: u32| {
            let row = row.checked_sub(scroll).filter(|row| *row < screen.height.into())?;
            Some(screen.y + cut(row as usize))
        };
        let clamped = |row: u32| cut(row.saturating_sub(scroll) as usize).min(screen.height);
        // At least one row, for the cursor.
        let top = clamped(y).min(screen.height.saturating_sub(1));
        let bottom = clamped(y.saturating_add(height)).clamp(top + 1, screen.height.max(top + 1));
        let area = Rect { x, y: screen.y + top, width, height: bottom - top };
        // Without padding, the row above belongs to another block.
        let has_padding = scene.body.iter().any(|placed| match placed.item {
            Item::Fill { width: columns, height: rows, .. } => {
                placed.y.checked_add(1) == Some(y)
                    && placed.x <= x
                    && u32::from(columns) >= u32::from(width)
                    && rows > height
            }
            _ => false,
        });
        let above = y.checked_sub(1).filter(|_| has_padding).and_then(on_screen);
        Self { area, above }
    }
}

/// Copies as much of a row as fits, from column `left` on.
fn copy(from: &Buffer, left: usize, to: Rect, buffer: &mut Buffer) {
    for (cell, x) in from.content.iter().skip(left).zip(to.left()..to.right()) {
        buffer[(x, to.y)] = cell.clone();
    }
}

/// Returns the first row or column to show so that the cursor is in view.
fn first(cursor: usize, length: u16) -> usize {
    (cursor + 1).saturating_sub(usize::from(length.max(1)))
}

/// Returns the columns of the first characters of a line, as the highlighter draws them.
fn columns(line: &str, characters: usize) -> usize {
    let end = line.char_indices().nth(characters).map_or(line.len(), |(at, _)| at);
    let shown = visible_code(&line[..end]);
    shown.split('\t').map(UnicodeWidthStr::width).sum::<usize>()
        + shown.matches('\t').count() * TAB_COLUMNS
}

fn width(line: &Line<'_>) -> u16 {
    // One more for the cursor after the line.
    cut(line.width() + 1)
}

fn cut(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}
