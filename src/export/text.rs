//! A scene as plain text, for scripts, tests and terminals without colours.

use clap::ValueEnum;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::layout::Scene;
use crate::view::{self, LargeGlyph};

/// Separates two pages.
pub const PAGE_BREAK: &str = "\n\u{c}";

/// What to do with rows below the screen's height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Overflow {
    /// Include them, above the footer.
    Show,
    /// Omit them.
    Hide,
}

/// Returns the rows of a scene without trailing blanks, separated by line feeds.
///
/// If the rest of a tall slide is hidden, its body may use the footer's rows, as in presenterm.
pub fn text(scene: &Scene, overflow: Overflow) -> String {
    let tall = scene.height > u32::from(scene.viewport.height);
    let rows = if tall && overflow == Overflow::Show { all(scene) } else { screen(scene) };
    rows.join("\n")
}

/// Returns the screen's rows.
fn screen(scene: &Scene) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, scene.size.columns, scene.size.rows));
    view::paint_body(scene, 0, &mut buffer);
    view::paint_frame(scene, &mut buffer);
    rows(&buffer)
}

/// Returns all rows of the body, painted one screen at a time, then the footer's.
fn all(scene: &Scene) -> Vec<String> {
    let Rect { height, .. } = scene.viewport;
    let screen = Rect::new(0, 0, scene.size.columns, scene.size.rows);
    let mut text = Vec::new();
    for first in (0..scene.height).step_by(usize::from(screen.height.max(1))) {
        let mut buffer = Buffer::empty(screen);
        view::paint_body(scene, first, &mut buffer);
        text.extend(rows(&buffer));
    }
    text.truncate(scene.height as usize);
    let mut buffer = Buffer::empty(screen);
    view::paint_frame(scene, &mut buffer);
    text.extend(rows(&buffer).split_off(height.into()));
    text
}

fn rows(buffer: &Buffer) -> Vec<String> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1)).map(row).collect()
}

/// Returns a row's text. Large characters are written without gaps, so that their words can be searched
/// for; text after them keeps its column.
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
        let row = |y, text| PlacedItem { x: 1, y, item: Item::Text(Line::raw(text).into()) };
        let mut scene = Scene::blank(Size::new(10, 4), Style::new());
        scene.viewport.height = 3;
        scene.height = 6;
        scene.body = vec![row(0, "one "), row(3, "中文 x"), row(5, "last")];
        scene.frame = vec![row(3, "1/2")];
        scene
    }

    #[test]
    fn hidden_rows_are_omitted() {
        assert_eq!(text(&scene(), Overflow::Hide), " one\n\n\n 1/2  x");
    }

    #[test]
    fn all_rows_are_shown_above_the_footer() {
        assert_eq!(text(&scene(), Overflow::Show), " one\n\n\n 中文 x\n\n last\n 1/2");
    }
}
