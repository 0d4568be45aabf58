//! The terminal's sixteen named colours and the numbers that escape sequences and palettes use for
//! them.

use ratatui::style::Color;

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
