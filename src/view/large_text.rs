//! Large and small text in a buffer of cells (kitty's text sizing protocol, OSC 66): the first cell of a
//! grapheme holds the escape sequence, the others that it covers are empty and are not drawn.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// The start of text of size `s`.
const OPEN: &str = "\x1b]66;s=";
/// Halves the size, at the top of the area: superscript.
const HALF: &str = ":n=1:d=2";
/// The end of the text.
const CLOSE: &str = "\x1b\\";

/// Puts one grapheme, `size` times as large as a cell, in `area`, which it fills. If raised, it is half
/// as large, at the top of the area.
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

/// Adds a zero-width character, such as an accent, to the large character at a position.
pub(super) fn join(buffer: &mut Buffer, position: Position, mark: &str) {
    let Some(cell) = buffer.cell_mut(position) else { return };
    let symbol = match cell.symbol().strip_suffix(CLOSE) {
        Some(open) => format!("{open}{mark}{CLOSE}"),
        None => format!("{}{mark}", cell.symbol()),
    };
    cell.set_symbol(&symbol);
}

/// A grapheme of another size than one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargeGlyph<'a> {
    /// The grapheme.
    pub grapheme: &'a str,
    /// The columns it covers.
    pub columns: usize,
    /// The rows it covers: its size.
    pub rows: usize,
    /// Whether it is half as large, at the top of its area.
    pub is_raised: bool,
}

/// Returns the large glyph that a cell holds, if any.
pub fn large_glyph(symbol: &str) -> Option<LargeGlyph<'_>> {
    let (how, grapheme) = symbol.strip_prefix(OPEN)?.strip_suffix(CLOSE)?.split_once(';')?;
    let (size, is_raised) = how.strip_suffix(HALF).map_or((how, false), |size| (size, true));
    let rows = size.parse().ok()?;
    Some(LargeGlyph { grapheme, columns: rows * grapheme.width().max(1), rows, is_raised })
}

/// Removes large glyphs that are partly drawn over, as a terminal does.
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

/// Resets all text to the size of one cell, for frames that mix the cells of two others.
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
    fn f127_large_glyphs_are_recognized() {
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
    fn f127_partly_covered_glyphs_are_removed() {
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
    fn f127_flattened_text_keeps_its_first_columns() {
        let mut buffer = buffer();
        flatten(&mut buffer);
        assert_eq!(text(&buffer), ".A 中   ....      ...........n.");
    }
}
