//! The editor on the slide: a frame over the edited block, its highlighted lines, and a cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Padding, Widget};
use unicode_width::UnicodeWidthStr;

use crate::app::{Action, App, BlockEditor};
use crate::layout::{Item, Scene};
use crate::source::visible_code;
use crate::theme::Theme;

/// Columns of a tab in highlighted lines.
const TAB_COLUMNS: usize = 4;

/// The minimum columns of the frame, so that the keys fit on its edge.
const MIN_COLUMNS: u16 = 68;

const DISCARD: &str = " discard the changes? y discards, any other key keeps them ";

/// Draws the editor over its block. `lines` are the edited lines, highlighted, over the style `base`.
pub fn edit(
    app: &App,
    editing: &BlockEditor,
    lines: &[Line<'_>],
    (scene, scroll): (&Scene, u32),
    (theme, base): (&Theme, Style),
    buffer: &mut Buffer,
) {
    let area = area(editing, scene, scroll);
    Clear.render(area, buffer);
    let title = if editing.has_changes() || app.is_unsaved(editing.cell) {
        " editing · unsaved "
    } else {
        " editing "
    };
    let frame = Block::bordered()
        .border_type(BorderType::Rounded)
        .padding(Padding::horizontal(1))
        .title(Line::from(title).style(Modifier::BOLD))
        .title_bottom(Line::from(keys(app, editing)).right_aligned())
        .style(theme.modal.patch(base));
    let inside = frame.inner(area);
    frame.render(area, buffer);
    let (line, character) = editing.cursor();
    let column = columns(editing.lines().get(line).map_or("", String::as_str), character);
    let (top, left) = (first(line, inside.height), first(column, inside.width));
    for (row, line) in inside.rows().zip(lines.iter().skip(top)) {
        let mut wide = Buffer::empty(Rect { width: width(line), ..row });
        wide.set_style(wide.area, theme.modal.patch(base));
        line.render(wide.area, &mut wide);
        copy(&wide, left, row, buffer);
    }
    let at = (inside.x + cut(column - left), inside.y + cut(line - top));
    if let Some(cell) = buffer.cell_mut(at).filter(|_| inside.contains(at.into())) {
        cell.modifier.toggle(Modifier::REVERSED);
    }
}

/// Returns the line at the bottom of the frame.
fn keys(app: &App, editing: &BlockEditor) -> String {
    if editing.is_asking() {
        return DISCARD.to_owned();
    }
    let close = app.keymap().first_two_of(Action::ReleaseKeys);
    format!(" ctrl-e run · ctrl-s save · {close} close · esc discard ")
}

/// Copies as much of a row as fits, from column `left` on.
fn copy(from: &Buffer, left: usize, to: Rect, buffer: &mut Buffer) {
    for (cell, x) in from.content.iter().skip(left).zip(to.left()..to.right()) {
        buffer[(x, to.y)] = cell.clone();
    }
}

/// Returns the area of the editor: over its block and its padding, as high as its lines need and the
/// screen allows.
fn area(editing: &BlockEditor, scene: &Scene, scroll: u32) -> Rect {
    let screen = scene.viewport;
    let place = scene.body.iter().find_map(|placed| match placed.item {
        Item::Cell { width, id, .. } if id == editing.cell => Some((placed.x, placed.y, width)),
        _ => None,
    });
    let (x, y, columns) = place.unwrap_or((screen.x, scroll, screen.width));
    let widest = columns.max(MIN_COLUMNS).min(screen.width);
    let x = x.min(screen.right().saturating_sub(widest)).max(screen.x);
    let height = cut(editing.lines().len() + 2).max(3).min(screen.height);
    let y = cut(y.saturating_sub(scroll) as usize);
    let y = screen.y.saturating_add(y).min(screen.bottom() - height).max(screen.y);
    Rect { x, y, width: widest, height }
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
