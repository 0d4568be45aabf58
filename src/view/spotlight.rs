//! The spotlight: everything outside the lit area is dimmed.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::slide::Overlay;
use crate::ansi::{fixed_rgb, mix};
use crate::app::{App, LitArea};
use crate::layout::Scene;

/// How much of the slide's ground is in the text and the grounds outside the light, in percent.
const DIM_PERCENT: (u16, u16) = (72, 60);

/// Dims the slide outside the lit area, if the spotlight is on, and removes the pictures there.
pub(super) fn draw(
    app: &App,
    (scene, scroll): (&Scene, u32),
    overlays: &mut Vec<Overlay>,
    buffer: &mut Buffer,
) {
    let Some(lit) = app.lit_area() else { return };
    let lit = visible(lit, scene.viewport, scroll);
    let ground = scene.background;
    for position in buffer.area.positions() {
        if !lit.contains(position) {
            dim(&mut buffer[position], ground);
        }
    }
    overlays.retain(|overlay| overlay.area.intersects(lit));
}

/// Returns the part of an area that is on the screen.
fn visible(area: &LitArea, viewport: Rect, scroll: u32) -> Rect {
    let row = |row: u32| {
        let row = row.saturating_sub(scroll).min(viewport.height.into());
        viewport.y + u16::try_from(row).unwrap_or(viewport.height)
    };
    let (top, bottom) = (row(area.rows.start), row(area.rows.end));
    let width = area.columns.end.saturating_sub(area.columns.start);
    Rect { x: area.columns.start, y: top, width, height: bottom - top }
}

/// Dims a cell: by colours where they are known, otherwise by the terminal's attribute.
fn dim(cell: &mut Cell, ground: Style) {
    cell.modifier.remove(Modifier::BOLD);
    let own_ground = fixed_rgb(cell.bg);
    let slide_ground = ground.bg.and_then(fixed_rgb);
    if let (Some(own), Some(slide)) = (own_ground, slide_ground) {
        let faded = mix(own, slide, DIM_PERCENT.1);
        cell.bg = color(faded);
        if let Some(text) = fixed_rgb(cell.fg) {
            cell.fg = color(mix(text, faded, DIM_PERCENT.0));
            return;
        }
    }
    cell.modifier.insert(Modifier::DIM);
}

fn color([red, green, blue]: [u8; 3]) -> Color {
    Color::Rgb(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_dimmed_by_colour_or_attribute() {
        let ground = Style::new().bg(Color::Rgb(0, 0, 0));
        let mut known = Cell::EMPTY;
        known.set_style(Style::new().fg(Color::Rgb(200, 200, 200)).bg(Color::Rgb(0, 0, 0)));
        dim(&mut known, ground);
        assert_eq!(known.fg, Color::Rgb(56, 56, 56));
        let mut unknown = Cell::EMPTY;
        unknown.set_style(Style::new().add_modifier(Modifier::BOLD));
        dim(&mut unknown, Style::new());
        assert_eq!(unknown.modifier, Modifier::DIM);
    }

    #[test]
    fn lit_area_scrolls_with_the_slide() {
        let area = LitArea { columns: 2..8, rows: 3..9 };
        let viewport = Rect::new(0, 1, 20, 5);
        assert_eq!(visible(&area, viewport, 0), Rect::new(2, 4, 6, 2));
        assert_eq!(visible(&area, viewport, 4), Rect::new(2, 1, 6, 5));
        assert_eq!(visible(&area, viewport, 9).height, 0);
    }
}
