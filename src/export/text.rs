//! A scene as rows of text: what scripts read, tests compare, and a reader without colours sees.
//! Pictures are blank rows.

use clap::ValueEnum;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::layout::Scene;
use crate::view::{self, LargeGlyph};

/// What stands between two pages.
pub const PAGE_BREAK: &str = "\n\u{c}";

/// What becomes of the rows that a slide has too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Overflow {
    /// They are written, and the footer below them.
    Show,
    /// They are left out.
    Hide,
}

/// The rows of a scene without the blanks at their ends, each but the last closed by a line feed.
/// Where the slide is too tall and the rest is hidden, its body may use the footer's rows, as
/// presenterm's does: less of it is lost.
pub fn text(scene: &Scene, overflow: Overflow) -> String {
    let tall = scene.height > u32::from(scene.viewport.height);
    let rows = if tall && overflow == Overflow::Show { all(scene) } else { screen(scene) };
    rows.join("\n")
}

/// The screen's rows.
fn screen(scene: &Scene) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, scene.size.columns, scene.size.rows));
    body(scene, 0, &mut buffer);
    view::paint_frame(scene, &mut buffer);
    rows(&buffer)
}

/// All rows of the body, a screen at a time so that no length is too much, then the footer's.
fn all(scene: &Scene) -> Vec<String> {
    let Rect { height, .. } = scene.viewport;
    let screen = Rect::new(0, 0, scene.size.columns, scene.size.rows);
    let mut text = Vec::new();
    for first in (0..scene.height).step_by(usize::from(screen.height.max(1))) {
        let mut buffer = Buffer::empty(screen);
        body(scene, first, &mut buffer);
        text.extend(rows(&buffer));
    }
    text.truncate(scene.height as usize);
    let mut buffer = Buffer::empty(screen);
    view::paint_frame(scene, &mut buffer);
    text.extend(rows(&buffer).split_off(height.into()));
    text
}

/// Paints the body, and nothing where its pictures are.
fn body(scene: &Scene, first: u32, buffer: &mut Buffer) {
    view::paint_body(scene, first, buffer);
    for position in view::picture_areas(scene, first, buffer).into_iter().flat_map(Rect::positions)
    {
        buffer[position].reset();
    }
}

fn rows(buffer: &Buffer) -> Vec<String> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1)).map(row).collect()
}

/// A row's characters; the cells that a wide one covers have none of their own. A line of large
/// ones is written closely, as its words are searched for; what follows it keeps its column.
fn row(cells: &[Cell]) -> String {
    let (mut text, mut at, mut missing) = (String::new(), 0, 0);
    while let Some(cell) = cells.get(at) {
        if let Some(LargeGlyph { grapheme, columns, .. }) = view::large_glyph(cell.symbol()) {
            text.push_str(grapheme);
            missing += columns - grapheme.width().min(columns);
            at += columns;
            continue;
        }
        text.extend(std::iter::repeat_n(' ', std::mem::take(&mut missing)));
        text.push_str(if cell.symbol().is_empty() { " " } else { cell.symbol() });
        at += cell.symbol().width().max(1);
    }
    text.truncate(text.trim_end_matches(' ').len());
    text
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;
    use ratatui::text::Line;

    use super::*;
    use crate::layout::{Item, PlacedItem, Size};

    fn scene() -> Scene {
        let row = |y, text| PlacedItem { x: 1, y, item: Item::Text(Line::raw(text)) };
        let mut scene = Scene::blank(Size::new(10, 4), Style::new());
        scene.viewport.height = 3;
        scene.height = 6;
        scene.body = vec![row(0, "one "), row(3, "中文 x"), row(5, "last")];
        scene.frame = vec![row(3, "1/2")];
        scene
    }

    #[test]
    fn rows_below_the_height_are_left_out() {
        assert_eq!(text(&scene(), Overflow::Hide), " one\n\n\n 1/2  x");
    }

    #[test]
    fn all_rows_are_written_and_the_footer_below_them() {
        assert_eq!(text(&scene(), Overflow::Show), " one\n\n\n 中文 x\n\n last\n 1/2");
    }
}
