//! Dim text in a colour of its own. How terminals draw dim text differs, down to invisible on light
//! grounds; where both colours are known, a readable mixture replaces it.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::ansi::{contrast, fixed_rgb, mix, readable};

/// The least contrast of dim text.
const MIN_CONTRAST: f64 = 3.5;

/// Share of the ground in dim text, in percent.
const GROUND_PERCENT: u16 = 40;

/// Replaces the modifier by a colour where both colours of a cell are known.
pub fn resolve(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.modifier.contains(Modifier::DIM) || cell.modifier.contains(Modifier::REVERSED) {
            continue;
        }
        let (Some(text), Some(ground)) = (fixed_rgb(cell.fg), fixed_rgb(cell.bg)) else { continue };
        cell.modifier.remove(Modifier::DIM);
        let floor = MIN_CONTRAST.min(contrast(text, ground));
        let [red, green, blue] = readable(mix(text, ground, GROUND_PERCENT), ground, floor);
        cell.fg = Color::Rgb(red, green, blue);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    /// Returns a dim cell of these colours after [`resolve`].
    fn resolved(fg: Color, bg: Color) -> (Color, Modifier) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
        buffer.set_style(buffer.area, Style::new().fg(fg).bg(bg).add_modifier(Modifier::DIM));
        resolve(&mut buffer);
        (buffer.content[0].fg, buffer.content[0].modifier)
    }

    #[test]
    fn dim_text_is_paler_and_readable() {
        let [white, black] = [[255; 3], [0; 3]].map(|[r, g, b]: [u8; 3]| Color::Rgb(r, g, b));
        assert_eq!(resolved(white, black), (Color::Rgb(153, 153, 153), Modifier::empty()));
        let (fg, _) = resolved(Color::Rgb(100, 100, 100), white);
        let ratio = contrast(fixed_rgb(fg).unwrap(), [255; 3]);
        assert!((3.5..3.6).contains(&ratio), "{ratio}");
        let pale = Color::Rgb(200, 200, 200);
        assert_eq!(resolved(pale, white), (pale, Modifier::empty()), "no clearer than it was");
    }

    #[test]
    fn colours_of_the_terminal_stay_dim() {
        assert_eq!(resolved(Color::Reset, Color::Reset), (Color::Reset, Modifier::DIM));
        assert_eq!(resolved(Color::Red, Color::Rgb(0, 0, 0)), (Color::Red, Modifier::DIM));
    }
}
