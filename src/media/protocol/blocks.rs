//! Half blocks: each cell shows two pixels, by its foreground and background colours.

use image::{Rgba, RgbaImage};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

/// Minimum alpha of visible pixels, used if there is no background to blend with.
const MIN_VISIBLE_ALPHA: u8 = 128;

/// Paints a picture into `area`, two pixels per cell, from row `skipped` of its cells on.
pub(in crate::media) fn paint(picture: &RgbaImage, area: Rect, skipped: u32, buffer: &mut Buffer) {
    for (row, y) in (area.top()..area.bottom()).enumerate() {
        let top = skipped.saturating_add(row as u32).saturating_mul(2);
        for (column, x) in (area.left()..area.right()).enumerate() {
            let pixel = |y: u32| picture.get_pixel_checked(column as u32, y).copied();
            if let Some(cell) = buffer.cell_mut((x, y)) {
                put(cell, pixel(top).and_then(color), pixel(top.saturating_add(1)).and_then(color));
            }
        }
    }
}

fn put(cell: &mut Cell, upper: Option<Color>, lower: Option<Color>) {
    let (symbol, foreground, background) = match (upper, lower) {
        (None, None) => return,
        (Some(upper), None) => ("▀", upper, None),
        (None, Some(lower)) => ("▄", lower, None),
        (Some(upper), Some(lower)) if upper == lower => (" ", upper, Some(upper)),
        (Some(upper), Some(lower)) => ("▀", upper, Some(lower)),
    };
    cell.set_symbol(symbol).set_fg(foreground);
    if let Some(background) = background {
        cell.set_bg(background);
    }
    cell.modifier = Modifier::empty();
}

fn color(Rgba([red, green, blue, alpha]): Rgba<u8>) -> Option<Color> {
    (alpha >= MIN_VISIBLE_ALPHA).then_some(Color::Rgb(red, green, blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
    const BLUE: Rgba<u8> = Rgba([0, 0, 255, 255]);
    const CLEAR: Rgba<u8> = Rgba([0, 0, 0, 0]);

    fn painted(picture: &RgbaImage, area: Rect, skipped: u32) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 3));
        paint(picture, area, skipped, &mut buffer);
        buffer
    }

    #[test]
    fn cell_shows_two_pixels() {
        let picture = RgbaImage::from_fn(2, 2, |x, y| if x == y { RED } else { BLUE });
        let buffer = painted(&picture, Rect::new(1, 1, 2, 1), 0);
        let cell = &buffer[(1, 1)];
        assert_eq!((cell.symbol(), cell.fg), ("▀", Color::Rgb(255, 0, 0)));
        assert_eq!(cell.bg, Color::Rgb(0, 0, 255));
        assert_eq!(buffer[(2, 1)].bg, Color::Rgb(255, 0, 0));
        assert_eq!(buffer[(0, 1)], Cell::EMPTY);
        assert_eq!(buffer[(3, 1)], Cell::EMPTY);
    }

    #[test]
    fn skipped_rows_are_not_painted() {
        let picture = RgbaImage::from_fn(1, 4, |_, y| if y < 2 { RED } else { BLUE });
        let buffer = painted(&picture, Rect::new(0, 0, 1, 1), 1);
        assert_eq!(buffer[(0, 0)].bg, Color::Rgb(0, 0, 255));
        let whole = painted(&picture, Rect::new(0, 0, 1, 2), 0);
        assert_eq!(whole[(0, 0)].bg, Color::Rgb(255, 0, 0));
        assert_eq!(whole[(0, 1)].bg, Color::Rgb(0, 0, 255));
    }

    #[test]
    fn transparent_pixels_keep_the_cell() {
        let picture = RgbaImage::from_fn(2, 2, |x, y| if x == 0 && y == 1 { RED } else { CLEAR });
        let buffer = painted(&picture, Rect::new(0, 0, 2, 1), 0);
        assert_eq!((buffer[(0, 0)].symbol(), buffer[(0, 0)].bg), ("▄", Color::Reset));
        assert_eq!(buffer[(1, 0)], Cell::EMPTY);
    }

    #[test]
    fn area_larger_than_picture_and_screen_is_clipped() {
        let picture = RgbaImage::from_pixel(1, 1, RED);
        painted(&picture, Rect::new(0, 0, 100, 100), u32::MAX);
    }
}
