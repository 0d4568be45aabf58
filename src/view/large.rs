//! Text larger than a cell, in a buffer of cells: its first cell holds what a terminal is told to
//! write (kitty's text sizing, OSC 66), the others that it covers hold nothing and are left alone.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// What opens a piece of text of size `s`.
const OPEN: &str = "\x1b]66;s=";
/// What closes it.
const CLOSE: &str = "\x1b\\";

/// Puts one grapheme, `size` times as large as a cell, with its corner at that of `area`, which it
/// fills.
pub(super) fn put(buffer: &mut Buffer, area: Rect, grapheme: &str, size: u8, style: Style) {
    for position in area.positions() {
        let Some(cell) = buffer.cell_mut(position) else { continue };
        cell.set_symbol("").set_style(style).diff_option = CellDiffOption::Skip;
    }
    let width = NonZeroU16::new(area.width).unwrap_or(NonZeroU16::MIN);
    if let Some(cell) = buffer.cell_mut(area.as_position()) {
        cell.set_symbol(&format!("{OPEN}{size};{grapheme}{CLOSE}"));
        cell.diff_option = CellDiffOption::ForcedWidth(width);
    }
}

/// The grapheme of a cell that holds a large one, and how many columns it takes.
pub fn large(symbol: &str) -> Option<(&str, usize)> {
    let (size, grapheme) = symbol.strip_prefix(OPEN)?.strip_suffix(CLOSE)?.split_once(';')?;
    Some((grapheme, size.parse::<usize>().ok()? * grapheme.width().max(1)))
}
