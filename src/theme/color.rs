//! Parses colours: presenterm's sixteen names, CSS names, hex digits, and palette references.

use ratatui::style::Color;

use super::css::rgb;
use super::{Palette, css};

/// A parsed colour, or a reference to one of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ColorRef {
    /// A colour.
    Literal(Color),
    /// `palette:name` or `p:name`.
    Palette(String),
}

/// Parses a colour of a slide (`<span style="color: …">`): a name, `#` and three or six hex digits, or
/// `palette:name`, which is looked up in `palette`.
pub fn color(text: &str, palette: &Palette) -> Option<Color> {
    match parse(text)? {
        ColorRef::Literal(color) => Some(color),
        ColorRef::Palette(name) => palette.colors.get(&name).copied(),
    }
}

/// Parses a colour of a theme file, where hex digits need no `#`.
pub(super) fn parse_in_theme(text: &str) -> Option<ColorRef> {
    parse(text).or_else(|| hex(text).map(ColorRef::Literal))
}

fn parse(text: &str) -> Option<ColorRef> {
    let text = text.trim();
    if let Some(name) = text.strip_prefix("palette:").or_else(|| text.strip_prefix("p:")) {
        return Some(ColorRef::Palette(name.to_owned()));
    }
    let color = match text.strip_prefix('#') {
        Some(digits) => hex(digits),
        None => named(text).or_else(|| css::color(text)),
    };
    color.map(ColorRef::Literal)
}

/// Parses presenterm's names, which are the terminal's sixteen colours.
fn named(name: &str) -> Option<Color> {
    let color = match name {
        "black" => Color::Black,
        "white" => Color::White,
        "grey" | "gray" => Color::Gray,
        "dark_grey" | "dark_gray" => Color::DarkGray,
        "red" => Color::LightRed,
        "dark_red" => Color::Red,
        "green" => Color::LightGreen,
        "dark_green" => Color::Green,
        "blue" => Color::LightBlue,
        "dark_blue" => Color::Blue,
        "yellow" => Color::LightYellow,
        "dark_yellow" => Color::Yellow,
        "magenta" => Color::LightMagenta,
        "dark_magenta" => Color::Magenta,
        "cyan" => Color::LightCyan,
        "dark_cyan" => Color::Cyan,
        _ => return None,
    };
    Some(color)
}

/// Parses three or six hex digits.
fn hex(digits: &str) -> Option<Color> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        3 => Some(rgb(((number & 0xf00) << 8 | (number & 0xf0) << 4 | number & 0xf) * 0x11)),
        6 => Some(rgb(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slide_colours_are_names_hex_or_palette_names() {
        let mut palette = Palette::default();
        palette.colors.insert("accent".to_owned(), Color::Rgb(1, 2, 3));
        let color = |text| color(text, &palette);
        assert_eq!(color("red"), Some(Color::LightRed));
        assert_eq!(color("dark_red"), Some(Color::Red));
        assert_eq!(color("rebeccapurple"), Some(Color::Rgb(0x66, 0x33, 0x99)));
        assert_eq!(color("#f0a"), Some(Color::Rgb(255, 0, 170)));
        assert_eq!(color(" #BEEEFF "), Some(Color::Rgb(0xbe, 0xee, 0xff)));
        assert_eq!(color("palette:accent"), Some(Color::Rgb(1, 2, 3)));
        assert_eq!(color("p:accent"), Some(Color::Rgb(1, 2, 3)));
        for wrong in ["", "#", "#ff", "#ffff", "#gggggg", "ff0000", "p:other", "+fffff", "#+fffff"]
        {
            assert_eq!(color(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn theme_file_hex_digits_need_no_hash() {
        let is = |r, g, b| Some(ColorRef::Literal(Color::Rgb(r, g, b)));
        assert_eq!(parse_in_theme("ff0000"), is(255, 0, 0));
        assert_eq!(parse_in_theme("000000"), is(0, 0, 0));
        assert_eq!(parse_in_theme("f00"), is(255, 0, 0));
        assert_eq!(parse_in_theme("p:x"), Some(ColorRef::Palette("x".to_owned())));
        assert_eq!(parse_in_theme("ff00"), None);
    }
}
