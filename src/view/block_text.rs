//! Large text drawn from block characters: quadrants, four pixels per cell, or full blocks.

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::layout::{TextRow, bitmap};

/// Pixels of a character in each direction.
const PIXELS: u16 = 8;

/// The character for each set of filled quarters: upper left, upper right, lower left, lower right,
/// from the lowest bit.
const QUADRANTS: [&str; 16] =
    [" ", "▘", "▝", "▀", "▖", "▌", "▞", "▛", "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█"];

/// Writes a row whose characters have `size` columns and rows, without its first `skipped` rows.
pub(super) fn write(
    buffer: &mut Buffer,
    (area, skipped): (Rect, u32),
    x: u16,
    (text, size): (&TextRow, u8),
) {
    let size = u16::from(size);
    let mut x = x;
    for span in &text.spans {
        for character in span.content.chars() {
            if x.saturating_add(size) > area.right() {
                return;
            }
            let rows = bitmap(character).unwrap_or_default();
            for row in 0..area.height {
                let cell_row = u16::try_from(skipped).unwrap_or(u16::MAX).saturating_add(row);
                for column in 0..size {
                    let symbol = symbol(rows, (column, cell_row), size);
                    put(buffer, (x + column, area.y + row), symbol, span.format.style);
                }
            }
            x += size;
        }
    }
}

/// Returns the part of a character in one of its cells.
fn symbol(rows: [u8; 8], (column, row): (u16, u16), size: u16) -> &'static str {
    let is_set = |x: u16, y: u16| {
        let row = rows.get(usize::from(y)).copied().unwrap_or_default();
        x < PIXELS && row >> x & 1 == 1
    };
    if size >= PIXELS {
        return if is_set(column, row) { QUADRANTS[15] } else { QUADRANTS[0] };
    }
    let (x, y) = (column * 2, row * 2);
    let quarters = [is_set(x, y), is_set(x + 1, y), is_set(x, y + 1), is_set(x + 1, y + 1)];
    let set = quarters.iter().rev().fold(0, |bits, is_set| bits << 1 | usize::from(*is_set));
    QUADRANTS[set]
}

fn put(buffer: &mut Buffer, at: (u16, u16), symbol: &'static str, style: Style) {
    let marks = Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    if let Some(cell) = buffer.cell_mut(at) {
        cell.set_symbol(symbol).set_style(style).diff_option = CellDiffOption::None;
        cell.modifier.remove(marks);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::text::Line;

    use super::*;

    fn written(text: &'static str, size: u8, skipped: u32) -> String {
        let rows = u16::from(size) - skipped as u16;
        let width = u16::from(size) * text.chars().count() as u16;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, rows));
        let area = buffer.area;
        write(&mut buffer, (area, skipped), 0, (&Line::raw(text).into(), size));
        let rows = buffer.content.chunks(usize::from(width));
        let row = |row: &[ratatui::buffer::Cell]| {
            row.iter().map(|cell| cell.symbol().to_owned()).collect::<String>()
        };
        rows.map(row).map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn characters_are_drawn_from_quadrants() {
        insta::assert_snapshot!(written("Rü!", 4, 0), @"
        █▀▙ ▝▘▀  ▟▙
        █▄▛ █ █  ▜▛
        █▝▙ █ █  ▝▘
        ▀ ▀ ▝▀▀  ▝▘
        ");
        insta::assert_snapshot!(written("Rü!", 4, 2), @"
        █▝▙ █ █  ▝▘
        ▀ ▀ ▝▀▀  ▝▘
        ");
    }

    #[test]
    fn larger_characters_are_drawn_from_full_blocks() {
        insta::assert_snapshot!(written("L1", 8, 0), @"
        ██        ██
        ██       ███
        ██        ██
        ██        ██
        ██        ██
        ██        ██
        ██████  ██████
        ");
    }
}
