//! Colours as RGB values. [`TerminalColors`] supplies those that terminals let their users choose (the
//! default and the sixteen named colours); the other 240 are xterm's.

use std::fmt;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier, Style};

use crate::ansi;

/// An RGB colour; displays as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Whether light text is easier to read on it than dark text.
    pub(super) fn is_dark(self) -> bool {
        let Self(red, green, blue) = self;
        u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114 < 128_000
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// The colours to use for terminal colours.
#[derive(Clone, Copy, Debug)]
pub struct TerminalColors {
    /// The default foreground.
    pub foreground: Rgb,
    /// The default background.
    pub background: Rgb,
    /// Black, red, green, yellow, blue, magenta, cyan, grey, then their bright variants.
    pub named: [Rgb; 16],
}

impl TerminalColors {
    /// Creates a palette with these defaults, and named colours readable on light and on dark.
    pub fn new(foreground: Rgb, background: Rgb) -> Self {
        Self { foreground, background, named: DEFAULT_NAMED }
    }

    /// Creates a palette for a theme's base style. Without colours of its own, it is light on dark.
    pub fn of_style(base: Style) -> Self {
        let rgb = |color: Option<Color>, own| match color {
            Some(Color::Rgb(red, green, blue)) => Rgb(red, green, blue),
            _ => own,
        };
        Self::new(rgb(base.fg, Rgb(230, 230, 230)), rgb(base.bg, Rgb(24, 24, 24)))
    }

    /// Resolves a colour; `None` for the terminal's default.
    fn resolve(&self, color: Color) -> Option<Rgb> {
        let index = match color {
            Color::Rgb(red, green, blue) => return Some(Rgb(red, green, blue)),
            color => ansi::number(color)?,
        };
        Some(self.named.get(usize::from(index)).copied().unwrap_or_else(|| xterm(index)))
    }

    /// Returns the style of a cell, with reverse video applied.
    pub(super) fn cell_style(&self, cell: &Cell) -> CellStyle {
        let has = |modifier| cell.modifier.contains(modifier);
        let mut text = self.resolve(cell.fg).unwrap_or(self.foreground);
        let mut background = self.resolve(cell.bg).unwrap_or(self.background);
        if has(Modifier::REVERSED) {
            std::mem::swap(&mut text, &mut background);
        }
        CellStyle {
            text,
            background,
            line: self.resolve(cell.underline_color).unwrap_or(text),
            bold: has(Modifier::BOLD),
            italic: has(Modifier::ITALIC),
            dim: has(Modifier::DIM),
            underlined: has(Modifier::UNDERLINED),
            struck: has(Modifier::CROSSED_OUT),
            hidden: has(Modifier::HIDDEN),
        }
    }
}

/// A cell's resolved style.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is one of a cell's modifiers")]
pub(super) struct CellStyle {
    /// Colour of the text.
    pub(super) text: Rgb,
    /// Colour behind the text.
    pub(super) background: Rgb,
    /// Colour of the underline.
    pub(super) line: Rgb,
    /// Bold text.
    pub(super) bold: bool,
    /// Italic text.
    pub(super) italic: bool,
    /// Dimmed text.
    pub(super) dim: bool,
    /// Underlined text.
    pub(super) underlined: bool,
    /// Struck-through text.
    pub(super) struck: bool,
    /// Hidden text.
    pub(super) hidden: bool,
}

/// Returns a colour of xterm's 6×6×6 cube or grey ramp.
fn xterm(index: u8) -> Rgb {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index.checked_sub(16) {
        Some(cube) if index < 232 => Rgb(level(cube / 36), level(cube / 6 % 6), level(cube % 6)),
        _ => {
            let grey = index.saturating_sub(232).saturating_mul(10).saturating_add(8);
            Rgb(grey, grey, grey)
        }
    }
}

/// Named colours that are readable on light and on dark backgrounds.
const DEFAULT_NAMED: [Rgb; 16] = [
    Rgb(0x1c, 0x1f, 0x26),
    Rgb(0xc4, 0x2b, 0x3a),
    Rgb(0x2f, 0x8f, 0x3c),
    Rgb(0xb5, 0x7a, 0x0b),
    Rgb(0x2b, 0x62, 0xd6),
    Rgb(0x9a, 0x3f, 0xc0),
    Rgb(0x12, 0x85, 0x94),
    Rgb(0xb4, 0xb8, 0xc2),
    Rgb(0x6c, 0x72, 0x80),
    Rgb(0xe8, 0x4d, 0x5b),
    Rgb(0x4c, 0xb4, 0x5a),
    Rgb(0xdb, 0xa0, 0x2f),
    Rgb(0x5a, 0x8d, 0xf5),
    Rgb(0xbd, 0x6b, 0xe0),
    Rgb(0x35, 0xab, 0xba),
    Rgb(0xf4, 0xf5, 0xf8),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn colors() -> TerminalColors {
        TerminalColors::new(Rgb(1, 2, 3), Rgb(250, 251, 252))
    }

    #[test]
    fn indexed_colours_are_xterm_colours() {
        assert_eq!(xterm(16), Rgb(0, 0, 0));
        assert_eq!(xterm(196), Rgb(255, 0, 0));
        assert_eq!(xterm(110), Rgb(135, 175, 215));
        assert_eq!(xterm(231), Rgb(255, 255, 255));
        assert_eq!(xterm(232), Rgb(8, 8, 8));
        assert_eq!(xterm(255), Rgb(238, 238, 238));
    }

    #[test]
    fn first_sixteen_indices_are_named_colours() {
        let colors = colors();
        assert_eq!(colors.resolve(Color::Indexed(1)), colors.resolve(Color::Red));
        assert_eq!(colors.resolve(Color::Indexed(15)), colors.resolve(Color::White));
        assert_ne!(colors.resolve(Color::Red), colors.resolve(Color::LightRed));
    }

    #[test]
    fn reverse_video_swaps_default_colours() {
        let mut cell = Cell::new("x");
        cell.modifier = Modifier::REVERSED;
        let style = colors().cell_style(&cell);
        assert_eq!((style.text, style.background), (Rgb(250, 251, 252), Rgb(1, 2, 3)));
    }
}
