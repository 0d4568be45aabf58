//! Draws a scene in a part of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::dim;
use super::slide::{Overlay, paint, paint_body};
use crate::layout::Scene;

/// Paints a scene that was laid out for the size of `area` there, without text that only the terminal can
/// enlarge. Returns its pictures.
pub fn paint_at(scene: &Scene, scroll: u32, area: Rect, buffer: &mut Buffer) -> Vec<Overlay> {
    copy_from(area, buffer, |part| paint(scene, scroll, part))
}

/// Paints only the body of a scene from row `first` on.
pub fn paint_body_at(scene: &Scene, first: u32, area: Rect, buffer: &mut Buffer) -> Vec<Overlay> {
    copy_from(area, buffer, |part| {
        super::slide::clear(part, scene.background);
        paint_body(scene, first, part)
    })
}

/// Paints a screen of its own and copies it to `area`.
fn copy_from(
    area: Rect,
    buffer: &mut Buffer,
    paint: impl FnOnce(&mut Buffer) -> Vec<Overlay>,
) -> Vec<Overlay> {
    let area = area.intersection(buffer.area);
    let mut part = Buffer::empty(Rect::new(0, 0, area.width, area.height));
    let mut overlays = paint(&mut part);
    dim::resolve(&mut part);
    let width = usize::from(area.width);
    if width > 0 {
        for (row, cells) in area.rows().zip(part.content.chunks(width)) {
            for (position, cell) in row.positions().zip(cells) {
                buffer[position] = cell.clone();
            }
        }
    }
    for overlay in &mut overlays {
        overlay.area.x += area.x;
        overlay.area.y += area.y;
    }
    overlays
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;
    use ratatui::text::Line;

    use super::*;
    use crate::layout::{Item, PlacedItem, Size};

    #[test]
    fn scene_stays_in_its_area() {
        let item = Item::Text(Line::raw("abcdef").into());
        let body = vec![PlacedItem { x: 0, y: 0, item }];
        let scene = Scene { height: 1, body, ..Scene::blank(Size::new(3, 1), Style::new()) };
        let mut buffer = Buffer::with_lines(["......", "......"]);
        paint_at(&scene, 0, Rect::new(2, 1, 3, 1), &mut buffer);
        assert_eq!(buffer, Buffer::with_lines(["......", "..abc."]));
        paint_body_at(&scene, 0, Rect::new(0, 0, 3, 1), &mut buffer);
        assert_eq!(buffer, Buffer::with_lines(["abc...", "..abc."]));
    }
}
