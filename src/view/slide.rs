//! Paints a scene into a buffer. Pictures, which cells cannot hold, are returned as overlays.

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{block_text, dim, gradient, large_text};
use crate::layout::{
    Item, LargeText, MarkPlace, PictureKey, PlacedItem, Scene, TextFormat, TextRow,
};

/// The place of a picture on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The picture.
    pub key: PictureKey,
    /// The cells it covers on the screen.
    pub area: Rect,
    /// Columns and rows of the whole picture.
    pub whole: (u16, u32),
    /// Rows of it that are scrolled off above `area`.
    pub skipped: u32,
}

/// A link in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleLink {
    /// Its cells, from the corner of the buffer.
    pub cells: Rect,
    /// Where it leads.
    pub address: String,
}

/// Paints the scene, its body scrolled down by `scroll` rows, and returns its pictures.
pub fn paint(scene: &Scene, scroll: u32, buffer: &mut Buffer) -> Vec<Overlay> {
    let screen = screen(scene, buffer);
    let is_drawn = has_drawn_text(scene);
    clear(buffer, scene.background);
    if let Some(gradient) = scene.gradient {
        gradient::paint(gradient, buffer);
    }
    let body = BodyWindow { area: scene.viewport.intersection(screen), scroll, is_drawn };
    let mut overlays = body.paint_all(&scene.body, buffer);
    mark(scene, scroll, screen, buffer);
    overlays.extend(paint_frame(scene, buffer));
    overlays
}

/// Paints only the body from row `first` on, over the whole screen.
pub fn paint_body(scene: &Scene, first: u32, buffer: &mut Buffer) -> Vec<Overlay> {
    let area = screen(scene, buffer);
    let overlays = BodyWindow { area, scroll: first, is_drawn: has_drawn_text(scene) }
        .paint_all(&scene.body, buffer);
    dim::resolve(buffer);
    overlays
}

/// Paints only the frame, over what is in the buffer.
pub fn paint_frame(scene: &Scene, buffer: &mut Buffer) -> Vec<Overlay> {
    let area = screen(scene, buffer);
    let overlays = BodyWindow { area, scroll: 0, is_drawn: has_drawn_text(scene) }
        .paint_all(&scene.frame, buffer);
    dim::resolve(buffer);
    overlays
}

fn has_drawn_text(scene: &Scene) -> bool {
    scene.size.large_text == LargeText::Blocks
}

fn screen(scene: &Scene, buffer: &Buffer) -> Rect {
    Rect::new(0, 0, scene.size.columns, scene.size.rows).intersection(buffer.area)
}

/// Returns the columns that the mark takes at the end of the last row.
pub(super) fn mark_columns(scene: &Scene, scroll: u32) -> u16 {
    let last = scene.size.rows.saturating_sub(1);
    match scene.mark_place {
        MarkPlace::Row(row) if row == last => mark_text(scene, scroll).width() as u16,
        MarkPlace::Margin if scene.scroll_limit() > scroll => 1,
        _ => 0,
    }
}

/// Returns the text of the mark in a row; empty if there is nothing to mark.
fn mark_text(scene: &Scene, scroll: u32) -> &'static str {
    match (scroll > 0, scene.scroll_limit() > scroll) {
        (false, false) => "",
        (true, false) => "▲ ",
        (false, true) => "▼ more ",
        (true, true) => "▲ ▼ more ",
    }
}

/// Marks that there is more of the body below, above, or both.
fn mark(scene: &Scene, scroll: u32, screen: Rect, buffer: &mut Buffer) {
    let (above, below) = (scroll > 0, scene.scroll_limit() > scroll);
    let viewport = scene.viewport.intersection(screen);
    match scene.mark_place {
        MarkPlace::Row(row) => {
            let text = mark_text(scene, scroll);
            let x = viewport.right().saturating_sub(text.width() as u16);
            let row = Rect { y: row, height: 1, ..screen }.intersection(screen);
            if !row.is_empty() {
                write(buffer, row, x, &Line::styled(text, scene.mark).into());
            }
        }
        MarkPlace::Margin => {
            if above {
                mark_margin(viewport, viewport.rows(), ("▲", scene.mark), buffer);
            }
            if below {
                mark_margin(viewport, viewport.rows().rev(), ("▼", scene.mark), buffer);
            }
        }
        MarkPlace::Nowhere => {}
    }
}

/// Writes a mark in the last column, on the first of the rows that is blank there. If none is, it
/// covers the first row's cell.
fn mark_margin(
    viewport: Rect,
    rows: impl Iterator<Item = Rect>,
    (mark, style): (&'static str, Style),
    buffer: &mut Buffer,
) {
    let mut rows = rows.peekable();
    let (Some(first), Some(x)) = (rows.peek().copied(), viewport.right().checked_sub(1)) else {
        return;
    };
    let is_blank = |row: &Rect| {
        let before = buffer.cell((x.saturating_sub(1), row.y));
        buffer.cell((x, row.y)).is_some_and(|cell| cell.symbol() == " ")
            && before.is_none_or(|cell| x == 0 || cell.symbol().width() < 2)
    };
    let row = rows.find(is_blank).unwrap_or(first);
    write(buffer, row, x, &Line::styled(mark, style).into());
}

/// A part of the screen, and the rows scrolled off above it.
#[derive(Clone, Copy)]
struct BodyWindow {
    area: Rect,
    scroll: u32,
    /// Whether large text is drawn from block characters.
    is_drawn: bool,
}

impl BodyWindow {
    fn paint_all(self, items: &[PlacedItem], buffer: &mut Buffer) -> Vec<Overlay> {
        items.iter().filter_map(|placed| self.paint(placed, buffer)).collect()
    }

    fn paint(self, placed: &PlacedItem, buffer: &mut Buffer) -> Option<Overlay> {
        match &placed.item {
            Item::Text(text) => {
                let (row, _) = self.visible(placed, u16::MAX, 1)?;
                write(buffer, row, placed.x, text);
            }
            &Item::LargeText { ref line, size } if self.is_drawn => {
                let (area, skipped) = self.visible(placed, u16::MAX, size.into())?;
                block_text::write(buffer, (area, skipped), placed.x, (line, size));
            }
            &Item::LargeText { ref line, size } => self.write_large(placed, line, size, buffer),
            &Item::Fill { width, height, style } => {
                let (area, _) = self.visible(placed, width, height)?;
                blank(buffer, area, style);
            }
            &Item::Picture { width, height, ref key, .. } => {
                let (area, skipped) = self.visible(placed, width, height)?;
                return Some(Overlay { key: key.clone(), area, whole: (width, height), skipped });
            }
            Item::Diagram { .. }
            | Item::Cell { .. }
            | Item::Editor { .. }
            | Item::Column { .. }
            | Item::DetachedOutput { .. }
            | Item::Terminal { .. }
            | Item::Output { .. }
            | Item::Begin(_)
            | Item::End => {}
        }
        None
    }

    /// Returns the links in the text of these items.
    fn links(self, items: &[PlacedItem], buffer: &Buffer) -> Vec<VisibleLink> {
        let mut links: Vec<VisibleLink> = Vec::new();
        for placed in items {
            let Item::Text(text) = &placed.item else { continue };
            let Some((row, _)) = self.visible(placed, u16::MAX, 1) else { continue };
            let mut x = placed.x;
            for span in &text.spans {
                let width = span.width() as u16;
                let cells = Rect { x, width, ..row }.intersection(row);
                if let Some(address) = span.format.link.as_ref().filter(|_| !cells.is_empty())
                    && shows(buffer, cells.as_position(), &span.content)
                {
                    match links.last_mut() {
                        Some(last)
                            if last.cells.y == cells.y
                                && last.cells.right() == cells.x
                                && *last.address == **address =>
                        {
                            last.cells.width += cells.width;
                        }
                        _ => links.push(VisibleLink { cells, address: (**address).to_owned() }),
                    }
                }
                x = x.saturating_add(width);
            }
        }
        links
    }

    /// Writes a row `size` times as large as a cell; in normal size if it is not entirely visible.
    fn write_large(self, placed: &PlacedItem, text: &TextRow, size: u8, buffer: &mut Buffer) {
        let Some((area, skipped)) = self.visible(placed, u16::MAX, size.into()) else { return };
        if skipped > 0 || area.height < size.into() {
            return write(buffer, Rect { height: 1, ..area }, placed.x, text);
        }
        let mut x = placed.x;
        for span in &text.spans {
            let &TextFormat { style, is_raised, .. } = &span.format;
            for grapheme in graphemes(&span.content) {
                let width = (grapheme.width() as u16).saturating_mul(size.into());
                if x.saturating_add(width) > area.right() {
                    return;
                }
                if width == 0 && x > 0 {
                    let before = x.saturating_sub(size.into()).max(self.area.x);
                    large_text::join(buffer, Position::new(before, area.y), grapheme);
                    continue;
                }
                large_text::put(
                    buffer,
                    Rect { x, width, ..area },
                    grapheme,
                    (size, is_raised),
                    style,
                );
                x += width;
            }
        }
    }

    /// Returns the visible area of an item, and how many of its rows are scrolled off above it.
    fn visible(self, placed: &PlacedItem, width: u16, height: u32) -> Option<(Rect, u32)> {
        let on_screen = |row: u32| {
            let row = row.saturating_sub(self.scroll).min(self.area.height.into());
            u16::try_from(row).unwrap_or(self.area.height)
        };
        let (first, last) = (on_screen(placed.y), on_screen(placed.y.saturating_add(height)));
        let skipped = self.scroll.saturating_sub(placed.y);
        let left = placed.x.max(self.area.x);
        let right = placed.x.saturating_add(width).min(self.area.right());
        let visible = last > first && right > left;
        let area = Rect::new(left, self.area.y + first, right.saturating_sub(left), last - first);
        visible.then_some((area, skipped))
    }
}

/// Clears the whole buffer with one style.
pub(super) fn clear(buffer: &mut Buffer, style: Style) {
    let mut empty = Cell::EMPTY;
    empty.set_style(style);
    buffer.content.fill(empty);
}

/// Clears an area with one style.
pub fn clear_area(area: Rect, style: Style, buffer: &mut Buffer) {
    let mut empty = Cell::EMPTY;
    empty.set_style(style);
    for position in area.intersection(buffer.area).positions() {
        buffer[position] = empty.clone();
    }
}

/// Clears an area. Colours that `style` does not set are kept.
fn blank(buffer: &mut Buffer, area: Rect, style: Style) {
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.set_symbol(" ").set_style(style).diff_option = CellDiffOption::None;
        }
    }
}

/// Writes a row from column `x` on, cut to `row`. A wide character that would cross the edge is
/// skipped.
fn write(buffer: &mut Buffer, row: Rect, x: u16, text: &TextRow) {
    let mut x = x;
    for span in &text.spans {
        let &TextFormat { style, is_raised, .. } = &span.format;
        if !is_raised && is_printable_ascii(&span.content) {
            write_ascii(
                buffer,
                Rect { x, width: row.right().saturating_sub(x), ..row },
                (&span.content, style),
            );
            x = x.saturating_add(u16::try_from(span.content.len()).unwrap_or(u16::MAX));
            if x > row.right() {
                return;
            }
            continue;
        }
        for grapheme in graphemes(&span.content) {
            let width = grapheme.width() as u16;
            if x.saturating_add(width) > row.right() {
                return;
            }
            if width == 0 && x > 0 {
                join(buffer, Position::new(x - 1, row.y), grapheme);
            }
            if is_raised {
                let area = Rect { x, width, height: 1, ..row };
                large_text::put(buffer, area, grapheme, (1, true), style);
                x += width;
                continue;
            }
            for covered in x..x + width {
                if let Some(cell) = buffer.cell_mut(Position::new(covered, row.y)) {
                    cell.set_symbol(if covered == x { grapheme } else { " " }).set_style(style);
                    cell.diff_option = CellDiffOption::None;
                }
            }
            x += width;
        }
    }
}

/// Returns whether each byte of a text is a character of one column.
fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Writes text of [printable ASCII](is_printable_ascii) from the start of `row` on, cut to it.
fn write_ascii(buffer: &mut Buffer, row: Rect, (text, style): (&str, Style)) {
    let row = row.intersection(buffer.area);
    if row.is_empty() {
        return;
    }
    let start = usize::from(row.y - buffer.area.y) * usize::from(buffer.area.width)
        + usize::from(row.x - buffer.area.x);
    let Some(cells) = buffer.content.get_mut(start..start + usize::from(row.width)) else { return };
    for (cell, at) in cells.iter_mut().zip(0..text.len()) {
        cell.set_symbol(&text[at..=at]).set_style(style);
        cell.diff_option = CellDiffOption::None;
    }
}

/// Returns the links of a painted scene, its body scrolled down by `scroll` rows. Those that are covered by
/// something else are left out.
pub(super) fn text_links(scene: &Scene, scroll: u32, buffer: &Buffer) -> Vec<VisibleLink> {
    let screen = screen(scene, buffer);
    let body = BodyWindow { area: scene.viewport.intersection(screen), scroll, is_drawn: false };
    let frame = BodyWindow { area: screen, scroll: 0, is_drawn: false };
    let mut links = body.links(&scene.body, buffer);
    links.extend(frame.links(&scene.frame, buffer));
    links
}

/// Returns whether the cells from a position on show this text.
fn shows(buffer: &Buffer, mut at: Position, text: &str) -> bool {
    graphemes(text).filter(|grapheme| grapheme.width() > 0).all(|grapheme| {
        let is_here = buffer.cell(at).is_none_or(|cell| cell.symbol().starts_with(grapheme));
        at.x = at.x.saturating_add(grapheme.width() as u16);
        is_here
    })
}

/// Adds a zero-width character, such as an accent, to the character at a position.
fn join(buffer: &mut Buffer, position: Position, mark: &str) {
    if let Some(cell) = buffer.cell_mut(position) {
        let symbol = format!("{}{mark}", cell.symbol());
        cell.set_symbol(&symbol);
    }
}

/// Returns the graphemes of a text. ASCII text, the common case, is split by bytes.
fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    let (plain, rest) = if text.is_ascii() { (text, "") } else { ("", text) };
    (0..plain.len()).map(|at| &plain[at..=at]).chain(rest.graphemes(true))
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;
    use crate::layout::Size;

    fn scene(columns: u16, rows: u16, body: Vec<(u16, u32, Item)>) -> Scene {
        let size = Size::new(columns, rows);
        let body: Vec<_> = body.into_iter().map(|(x, y, item)| PlacedItem { x, y, item }).collect();
        let height = body.iter().map(|placed| placed.y + 1).max().unwrap_or(0);
        Scene { height, body, ..Scene::blank(size, Style::new()) }
    }

    fn text(text: &'static str) -> Item {
        Item::Text(Line::raw(text).into())
    }

    fn painted(scene: &Scene, scroll: u32) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, scene.size.columns, scene.size.rows));
        paint(scene, scroll, &mut buffer);
        let rows = buffer.content.chunks(usize::from(scene.size.columns));
        rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect()).collect()
    }

    #[test]
    fn rows_are_cut_at_the_screen_edge() {
        let scene = scene(4, 2, vec![(2, 0, text("abc")), (1, 1, text("中文"))]);
        assert_eq!(painted(&scene, 0), ["  ab", " 中  "]);
    }

    #[test]
    fn hidden_rows_are_marked() {
        let rows = ["a", "b", "c", "d", "e"].iter().enumerate();
        let mut scene = scene(9, 4, rows.map(|(y, row)| (0, y as u32, text(row))).collect());
        scene.viewport.height = 3;
        scene.mark_place = MarkPlace::Row(3);
        assert_eq!(painted(&scene, 0), ["a        ", "b        ", "c        ", "  ▼ more "]);
        assert_eq!(painted(&scene, 1), ["b        ", "c        ", "d        ", "▲ ▼ more "]);
        assert_eq!(painted(&scene, 2), ["c        ", "d        ", "e        ", "       ▲ "]);
    }

    #[test]
    fn columns_of_the_mark_in_the_last_row() {
        let rows = (0..9).map(|y| (0, y, text("a"))).collect();
        let mut scene = scene(20, 4, rows);
        scene.viewport.height = 3;
        scene.mark_place = MarkPlace::Row(3);
        assert_eq!((mark_columns(&scene, 0), mark_columns(&scene, 2)), (7, 9));
        scene.mark_place = MarkPlace::Row(2);
        assert_eq!(mark_columns(&scene, 0), 0);
        scene.mark_place = MarkPlace::Margin;
        assert_eq!((mark_columns(&scene, 0), mark_columns(&scene, 6)), (1, 0));
    }

    #[test]
    fn mark_in_the_margin_covers_no_text() {
        let rows = ["a", "bbb", "c", "d中", "eee"].iter().enumerate();
        let mut scene = scene(3, 3, rows.map(|(y, row)| (0, y as u32, text(row))).collect());
        assert_eq!(painted(&scene, 0), ["a  ", "bbb", "c ▼"]);
        assert_eq!(painted(&scene, 2), ["c ▲", "d中 ", "eee"]);
        scene.viewport.height = 1;
        assert_eq!(painted(&scene, 1)[0], "bb▼");
    }

    #[test]
    fn fill_keeps_colors_it_does_not_set() {
        let fill = |style| Item::Fill { width: 1, height: 1, style };
        let under = fill(Style::new().fg(Color::Red).bg(Color::Blue));
        let over = fill(Style::new().bg(Color::Green));
        let scene = scene(1, 1, vec![(0, 0, under), (0, 0, text("x")), (0, 0, over)]);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
        paint(&scene, 0, &mut buffer);
        let cell = &buffer[(0, 0)];
        assert_eq!((cell.symbol(), cell.fg, cell.bg), (" ", Color::Red, Color::Green));
    }

    #[test]
    fn picture_overlay_covers_its_visible_rows() {
        let key = PictureKey::File { base: "".into(), source: "a.png".into() };
        let picture = Item::Picture { width: 10, height: 6, key: key.clone(), alt: "".into() };
        let mut scene = scene(8, 4, vec![(1, 2, picture)]);
        scene.height = 8;
        let overlay = |scroll| paint(&scene, scroll, &mut Buffer::empty(Rect::new(0, 0, 8, 4)));
        let at = |area, skipped| vec![Overlay { key: key.clone(), area, whole: (10, 6), skipped }];
        assert_eq!(overlay(0), at(Rect::new(1, 2, 7, 2), 0));
        assert_eq!(overlay(4), at(Rect::new(1, 0, 7, 4), 2));
        assert_eq!(overlay(8), []);
    }
}
