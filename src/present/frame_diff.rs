//! Finds the cells that differ between two frames. Optimized for the usual case: most cells are
//! equal, and most others are one column wide. Wide characters and cells under pictures are left to
//! ratatui's own comparison, which is several times slower.

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

use crate::ansi::ChangedCell;

/// Returns the cells of `next` that differ from `shown`, with column and row, from top to bottom.
pub(super) fn changes<'next>(shown: &Buffer, next: &'next Buffer) -> Vec<ChangedCell<'next>> {
    let narrow = if shown.area == next.area { narrow(&shown.content, next) } else { None };
    narrow.unwrap_or_else(|| shown.diff(next))
}

/// Like [`changes`], for a screen of which each cell is `blank`.
pub(super) fn changes_of_blank<'next>(
    blank: &Cell,
    next: &'next Buffer,
) -> Vec<ChangedCell<'next>> {
    narrow(std::iter::repeat(blank), next)
        .unwrap_or_else(|| Buffer::filled(next.area, blank.clone()).diff(next))
}

/// Like [`changes`], but returns `None` if cells wider than one column differ.
fn narrow<'old, 'next>(
    shown: impl IntoIterator<Item = &'old Cell>,
    next: &'next Buffer,
) -> Option<Vec<ChangedCell<'next>>> {
    let width = usize::from(next.area.width).max(1);
    let mut shown = shown.into_iter();
    let mut found = Vec::new();
    for (y, row) in (next.area.y..).zip(next.content.chunks_exact(width)) {
        let mut left = None;
        for ((x, after), before) in (next.area.x..).zip(row).zip(&mut shown) {
            if !is_same(before, after) {
                let is_plain = |(before, after)| is_narrow(before) && is_narrow(after);
                if !is_plain((before, after)) || !left.is_none_or(is_plain) {
                    return None;
                }
                found.push((x, y, after));
            }
            left = Some((before, after));
        }
    }
    Some(found)
}

/// Returns whether two cells look the same.
fn is_same(one: &Cell, other: &Cell) -> bool {
    let (a, b) = (one.symbol(), other.symbol());
    // Cells that nothing was written to share one space. They are most of a slide.
    let is_same_text = std::ptr::eq(a.as_ptr(), b.as_ptr())
        || match (a.as_bytes(), b.as_bytes()) {
            ([a], [b]) => a == b,
            (a, b) => a == b,
        };
    is_same_text
        && one.bg == other.bg
        && one.modifier == other.modifier
        && one.diff_option == other.diff_option
        && one.underline_color == other.underline_color
        && (one.fg == other.fg || a == " " && !shows_foreground(one.modifier))
}

/// Returns whether a blank cell with these modifiers shows its foreground colour.
fn shows_foreground(modifier: Modifier) -> bool {
    modifier.intersects(Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT))
}

/// Returns whether a cell is an ordinary cell of one column.
fn is_narrow(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    matches!(cell.diff_option, CellDiffOption::None) && (symbol.len() == 1 || symbol.width() == 1)
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Style};
    use rstest::rstest;

    use super::*;

    fn buffer(rows: &[&str]) -> Buffer {
        Buffer::with_lines(rows.iter().copied())
    }

    #[rstest]
    #[case(&["one", "two"], &["one", "two"])]
    #[case(&["one", "two"], &["ore", "t o"])]
    #[case(&["—│•", "abc"], &["a│•", "ab—"])]
    #[case(&["中文x", "abcde"], &["中文y", "abcde"])]
    #[case(&["中文x", "abcde"], &["abcde", "中文x"])]
    #[case(&["ab中", "abcd"], &["a中d", "abcd"])]
    fn changes_equal_ratatuis_diff(#[case] shown: &[&str], #[case] next: &[&str]) {
        let (shown, mut next) = (buffer(shown), buffer(next));
        assert_eq!(changes(&shown, &next), shown.diff(&next));
        let area = next.area;
        next.set_style(area, Style::new().bg(Color::Red));
        assert_eq!(changes(&shown, &next), shown.diff(&next));
        for blank in [Cell::EMPTY, Cell::new("中")] {
            let filled = Buffer::filled(area, blank.clone());
            assert_eq!(changes_of_blank(&blank, &next), filled.diff(&next));
        }
    }

    #[rstest]
    #[case(Style::new().fg(Color::Red), &[(0, 0), (2, 0)])]
    #[case(Style::new().fg(Color::Red).underlined(), &[(0, 0), (1, 0), (2, 0)])]
    #[case(Style::new().fg(Color::Red).reversed(), &[(0, 0), (1, 0), (2, 0)])]
    #[case(Style::new().bg(Color::Red), &[(0, 0), (1, 0), (2, 0)])]
    fn foreground_of_blank_cells_is_no_change(
        #[case] style: Style,
        #[case] expected: &[(u16, u16)],
    ) {
        let (mut shown, mut next) = (buffer(&["a b"]), buffer(&["a b"]));
        next.set_style(next.area, style);
        let others = style.fg(Color::Blue).bg(style.bg.map_or(Color::Reset, |_| Color::Blue));
        shown.set_style(shown.area, others);
        let found: Vec<_> = changes(&shown, &next).iter().map(|&(x, y, _)| (x, y)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn f127_large_text_is_written_once() {
        use crate::layout::{Item, PlacedItem, Scene, Size};
        let mut scene = Scene::blank(Size::new(6, 3), Style::new());
        let line = ratatui::text::Line::raw("ab").into();
        scene.body = vec![PlacedItem { x: 1, y: 0, item: Item::LargeText { line, size: 2 } }];
        let blank = Buffer::empty(ratatui::layout::Rect::new(0, 0, 6, 3));
        let mut large = blank.clone();
        crate::view::paint(&scene, 0, &mut large);
        let places = |shown: &Buffer, next: &Buffer| -> Vec<(u16, u16)> {
            changes(shown, next).into_iter().map(|(x, y, _)| (x, y)).collect()
        };
        assert_eq!(places(&blank, &large), [(1, 0), (3, 0)]);
        assert_eq!(places(&large, &large), []);
        let back = places(&large, &blank);
        assert!(back.contains(&(1, 0)) && back.contains(&(3, 0)), "{back:?}");
    }

    #[test]
    fn covered_wide_characters_use_ratatuis_diff() {
        let (shown, mut next) = (buffer(&["a中b"]), buffer(&["a中b"]));
        next[(2, 0)].set_symbol("│");
        assert_eq!(narrow(&shown.content, &next), None);
    }
}
