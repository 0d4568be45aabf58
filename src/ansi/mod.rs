//! What terminals understand: cells as escape sequences; the sixteen named colours, the numbers that escape
//! sequences and palettes use for them, their RGB values, and contrast.

mod cell_writer;
mod contrast;

use ratatui::style::Color;

pub use cell_writer::{ChangedCell, write_cells, write_clear};
pub use contrast::{Channels, contrast, mix, readable};

/// Ordered by number: the eight dark colours, then the eight bright ones.
const NAMED_COLORS: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The channel values in the 6×6×6 cube of the 256 colours.
pub const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The sixteen ANSI colours of xterm. Other terminals differ a little.
const XTERM: [Channels; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// Returns the colour with this number in the 256-colour palette. The first sixteen are named.
pub fn color(number: u8) -> Color {
    NAMED_COLORS.get(usize::from(number)).copied().unwrap_or(Color::Indexed(number))
}

/// Returns the palette number of a named or indexed colour.
pub fn number(color: Color) -> Option<u8> {
    match color {
        Color::Indexed(number) => Some(number),
        _ => (0..16).find(|number| NAMED_COLORS[usize::from(*number)] == color),
    }
}

/// Returns the RGB value of one of the 256 colours, in xterm.
pub fn indexed(index: u8) -> Channels {
    match index {
        0..=15 => XTERM[usize::from(index)],
        16..=231 => {
            let cube = index - 16;
            [cube / 36, cube / 6 % 6, cube % 6].map(|step| CUBE[usize::from(step)])
        }
        232.. => [8 + (index - 232) * 10; 3],
    }
}

/// Returns the RGB value of a colour, in xterm; none for the terminal's default.
pub fn rgb(color: Color) -> Option<Channels> {
    match color {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        _ => number(color).map(indexed),
    }
}

/// Returns the RGB value of a colour if it does not depend on the terminal's settings.
pub fn fixed_rgb(color: Color) -> Option<Channels> {
    match number(color) {
        Some(0..=15) => None,
        _ => rgb(color),
    }
}

/// Returns a line without its `ESC [ … m` sequences.
pub fn strip_colors(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once('m').map_or("", |(_, text)| text));
    [first].into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_colours_round_trip() {
        assert!((0..=255).all(|it| number(color(it)) == Some(it)));
        assert_eq!((color(9), color(16)), (Color::LightRed, Color::Indexed(16)));
        assert_eq!((number(Color::Reset), number(Color::Rgb(0, 0, 0))), (None, None));
    }

    #[test]
    fn colors_are_stripped() {
        assert_eq!(strip_colors("\x1b[1m\x1b[91merror\x1b[0m: no"), "error: no");
    }
}
