//! Finds the cells that differ between two frames. Optimized for the usual case: most cells are
//! equal, and most others are one column wide. Wide characters and cells under pictures are left to
//! ratatui's own comparison, which is several times slower.

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

/// Returns the cells of `next` that differ from `shown`, with column and row, from top to bottom.
pub(super) fn changes<'next>(shown: &Buffer, next: &'next Buffer) -> Vec<(u16, u16, &'next Cell)> {
    narrow(shown, next).unwrap_or_else(|| shown.diff(next))
}

/// Like [`changes`], but returns `None` if cells wider than one column differ.
fn narrow<'next>(shown: &Buffer, next: &'next Buffer) -> Option<Vec<(u16, u16, &'next Cell)>> {
    if shown.area != next.area {
        return None;
    }
    let width = usize::from(next.area.width).max(1);
    let rows = shown.content.chunks_exact(width).zip(next.content.chunks_exact(width));
    let mut found = Vec::new();
    for (y, (old, new)) in rows.enumerate() {
        for (x, (before, after)) in old.iter().zip(new).enumerate() {
            if is_same(before, after) {
                continue;
            }
            let is_first = x == 0;
            let is_plain = is_narrow(before)
                && is_narrow(after)
                && (is_first || is_narrow(&old[x - 1]) && is_narrow(&new[x - 1]));
            if !is_plain {
                return None;
            }
            found.push((next.area.x + x as u16, next.area.y + y as u16, after));
        }
    }
    Some(found)
}

/// Returns whether two cells look the same. Compares the most frequent difference first.
fn is_same(one: &Cell, other: &Cell) -> bool {
    let (a, b) = (one.symbol().as_bytes(), other.symbol().as_bytes());
    let symbol = match (a, b) {
        ([a], [b]) => a == b,
        _ => a == b,
    };
    symbol
        && (one.fg == other.fg || a == b" " && !shows_foreground(one.modifier))
        && one.bg == other.bg
        && one.modifier == other.modifier
        && one.underline_color == other.underline_color
        && one.diff_option == other.diff_option
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
        assert_eq!(narrow(&shown, &next), None);
    }
}
