//! What differs between two frames, found fast: most cells are equal, and most of the rest are one
//! column wide. Whatever else there is (wide characters, cells that pictures stand on) is left to
//! ratatui's own comparison, which knows all of it and takes several times as long.

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use unicode_width::UnicodeWidthStr;

/// The cells of `next` to write over `shown`, with column and row, from top to bottom.
pub(super) fn changes<'next>(shown: &Buffer, next: &'next Buffer) -> Vec<(u16, u16, &'next Cell)> {
    narrow(shown, next).unwrap_or_else(|| shown.diff(next))
}

/// The same where only cells of one column differ; none if others do.
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
            let left = x.checked_sub(1);
            let beside = left.map_or([before, after], |left| [&old[left], &new[left]]);
            if ![before, after].into_iter().chain(beside).all(is_narrow) {
                return None;
            }
            found.push((next.area.x + x as u16, next.area.y + y as u16, after));
        }
    }
    Some(found)
}

/// Whether two cells look the same: what differs most is compared first.
fn is_same(one: &Cell, other: &Cell) -> bool {
    let (a, b) = (one.symbol().as_bytes(), other.symbol().as_bytes());
    let symbol = match (a, b) {
        ([a], [b]) => a == b,
        _ => a == b,
    };
    symbol
        && one.fg == other.fg
        && one.bg == other.bg
        && one.modifier == other.modifier
        && one.underline_color == other.underline_color
        && one.diff_option == other.diff_option
}

/// Whether a cell is an ordinary one, of one column.
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
    fn they_are_what_ratatui_finds(#[case] shown: &[&str], #[case] next: &[&str]) {
        let (shown, mut next) = (buffer(shown), buffer(next));
        assert_eq!(changes(&shown, &next), shown.diff(&next));
        let area = next.area;
        next.set_style(area, Style::new().fg(Color::Red));
        assert_eq!(changes(&shown, &next), shown.diff(&next));
    }

    #[test]
    fn f127_large_text_is_written_once_and_written_over() {
        use crate::layout::{Item, PlacedItem, Scene, Size};
        let mut scene = Scene::blank(Size::new(6, 3), Style::new());
        let line = ratatui::text::Line::raw("ab");
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
    fn half_a_wide_character_under_a_panel_is_ratatuis_affair() {
        let (shown, mut next) = (buffer(&["a中b"]), buffer(&["a中b"]));
        next[(2, 0)].set_symbol("│");
        assert_eq!(narrow(&shown, &next), None);
    }
}
