//! Text of other sizes than a cell's, in a buffer of cells: its first cell holds what a terminal is
//! told to write (kitty's text sizing, OSC 66), the others that it covers hold nothing and are left
//! alone.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// What opens a piece of text of size `s`.
const OPEN: &str = "\x1b]66;s=";
/// What makes it half as high, at the top of its room: superscript.
const HALF: &str = ":n=1:d=2";
/// What closes it.
const CLOSE: &str = "\x1b\\";

/// Puts one grapheme, `size` times as large as a cell, with its corner at that of `area`, which it
/// fills; raised, half as large at the top of that.
pub(super) fn put(
    buffer: &mut Buffer,
    area: Rect,
    grapheme: &str,
    (size, is_raised): (u8, bool),
    style: Style,
) {
    for position in area.positions() {
        let Some(cell) = buffer.cell_mut(position) else { continue };
        cell.set_symbol("").set_style(style).diff_option = CellDiffOption::Skip;
    }
    let width = NonZeroU16::new(area.width).unwrap_or(NonZeroU16::MIN);
    if let Some(cell) = buffer.cell_mut(area.as_position()) {
        let half = if is_raised { HALF } else { "" };
        cell.set_symbol(&format!("{OPEN}{size}{half};{grapheme}{CLOSE}"));
        cell.diff_option = CellDiffOption::ForcedWidth(width);
    }
}

/// Adds what takes no column of its own, as an accent, to the large character at a place.
pub(super) fn join(buffer: &mut Buffer, position: Position, mark: &str) {
    let Some(cell) = buffer.cell_mut(position) else { return };
    let symbol = match cell.symbol().strip_suffix(CLOSE) {
        Some(open) => format!("{open}{mark}{CLOSE}"),
        None => format!("{}{mark}", cell.symbol()),
    };
    cell.set_symbol(&symbol);
}

/// A grapheme of another size than a cell's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargeGlyph<'a> {
    /// What is written.
    pub grapheme: &'a str,
    /// Columns that it takes.
    pub columns: usize,
    /// Rows that it takes: its size.
    pub rows: usize,
    /// Whether it is but half as large, at the top of its room.
    pub is_raised: bool,
}

/// What a cell holds, if that is a grapheme of another size.
pub fn large_glyph(symbol: &str) -> Option<LargeGlyph<'_>> {
    let (how, grapheme) = symbol.strip_prefix(OPEN)?.strip_suffix(CLOSE)?.split_once(';')?;
    let (size, is_raised) = how.strip_suffix(HALF).map_or((how, false), |size| (size, true));
    let rows = size.parse().ok()?;
    Some(LargeGlyph { grapheme, columns: rows * grapheme.width().max(1), rows, is_raised })
}

/// Takes away what another thing was drawn over in part: a terminal takes all of it away then.
pub(super) fn mend(buffer: &mut Buffer) {
    for position in buffer.area.positions() {
        let Some(LargeGlyph { columns, rows, .. }) = large_glyph(buffer[position].symbol()) else {
            continue;
        };
        let Position { x, y } = position;
        let area = Rect::new(x, y, columns as u16, rows as u16).intersection(buffer.area);
        let is_covered = |at: &Position| buffer[*at].diff_option == CellDiffOption::Skip;
        if area.positions().skip(1).all(|at| is_covered(&at)) {
            continue;
        }
        for at in area.positions() {
            let cell = &mut buffer[at];
            if at == position || cell.diff_option == CellDiffOption::Skip {
                cell.set_symbol(" ").diff_option = CellDiffOption::None;
            }
        }
    }
}

/// Makes all text as large as a cell, which is where it stands most plainly: for frames that are
/// made of cells of others.
pub fn flatten(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.diff_option == CellDiffOption::Skip && cell.symbol().is_empty() {
            cell.set_symbol(" ").diff_option = CellDiffOption::None;
        } else if let Some(large) = large_glyph(cell.symbol()) {
            let grapheme = large.grapheme.to_owned();
            cell.set_symbol(&grapheme).diff_option = CellDiffOption::None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer() -> Buffer {
        let mut buffer = Buffer::with_lines(["..........", "..........", ".........."]);
        put(&mut buffer, Rect::new(1, 0, 2, 2), "A", (2, false), Style::new());
        put(&mut buffer, Rect::new(3, 0, 4, 2), "中", (2, false), Style::new());
        put(&mut buffer, Rect::new(8, 2, 1, 1), "n", (1, true), Style::new());
        buffer
    }

    fn text(buffer: &Buffer) -> String {
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn f127_a_large_grapheme_is_known_again() {
        let buffer = buffer();
        let known = |x, y| {
            let large = large_glyph(buffer[(x, y)].symbol()).unwrap();
            (large.grapheme, large.columns, large.rows, large.is_raised)
        };
        assert_eq!(known(1, 0), ("A", 2, 2, false));
        assert_eq!(known(3, 0), ("中", 4, 2, false));
        assert_eq!(known(8, 2), ("n", 1, 1, true));
        assert_eq!(buffer[(8, 2)].symbol(), "\x1b]66;s=1:n=1:d=2;n\x1b\\");
        assert_eq!(large_glyph("A"), None);
    }

    #[test]
    fn f127_what_is_drawn_over_in_part_goes_as_a_whole() {
        let mut buffer = buffer();
        buffer[(2, 1)].reset();
        buffer[(2, 1)].set_symbol("│");
        mend(&mut buffer);
        assert_eq!(large_glyph(buffer[(1, 0)].symbol()), None);
        assert_eq!(buffer[(2, 1)].symbol(), "│");
        assert!(large_glyph(buffer[(3, 0)].symbol()).is_some());
        assert_eq!(buffer[(1, 1)].diff_option, CellDiffOption::None);
    }

    #[test]
    fn f127_flat_text_keeps_its_first_columns() {
        let mut buffer = buffer();
        flatten(&mut buffer);
        assert_eq!(text(&buffer), ".A 中   ....      ...........n.");
    }
}
