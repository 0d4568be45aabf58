//! Colours of what programs print: the theme's own sixteen instead of the terminal's, and a lightness
//! that is readable on the theme's ground.

use ratatui::style::{Color, Style};

use super::Theme;
use crate::ansi::{self, Channels, fixed_rgb};

/// Converts the colours of output to those that the theme shows.
#[derive(Clone, Copy, Debug)]
pub struct OutputColors {
    ansi: Option<[Color; 16]>,
    /// The colours of output that sets none, if they are not the terminal's.
    text: Option<Channels>,
    ground: Option<Channels>,
    minimum_contrast: f64,
}

impl Theme {
    /// Returns the colours of output, which has a box of its own or is directly on the slide.
    pub fn output_colors(&self, has_box: bool) -> OutputColors {
        let own = if has_box { self.base.patch(self.output.style) } else { self.base };
        OutputColors {
            ansi: self.palette.ansi,
            text: own.fg.and_then(fixed_rgb),
            ground: own.bg.and_then(fixed_rgb),
            minimum_contrast: self.output.minimum_contrast,
        }
    }
}

impl OutputColors {
    /// Returns the style in which the theme shows text that a program printed in `style`.
    pub fn style(&self, style: Style, text: &str) -> Style {
        let own = |color: Option<Color>| color.map(|color| self.own(color));
        let mut style = Style { fg: own(style.fg), bg: own(style.bg), ..style };
        style.underline_color = own(style.underline_color);
        let is_hidden = style.fg.is_some() && style.fg == style.bg;
        if self.minimum_contrast <= 1.0 || is_hidden || is_drawing(text) {
            return style;
        }
        let (Some(color), Some(ground)) = (seen(style.fg, self.text), seen(style.bg, self.ground))
        else {
            return style;
        };
        let [red, green, blue] = ansi::readable(color, ground, self.minimum_contrast);
        if [red, green, blue] != color {
            style.fg = Some(Color::Rgb(red, green, blue));
        }
        style
    }

    /// Returns the theme's colour for one of the sixteen.
    fn own(&self, color: Color) -> Color {
        let number = ansi::number(color).map(usize::from);
        self.ansi.zip(number).and_then(|(ansi, number)| ansi.get(number).copied()).unwrap_or(color)
    }
}

/// Returns the RGB value of a colour, if it is known; `default` is that of the terminal's default.
fn seen(color: Option<Color>, default: Option<Channels>) -> Option<Channels> {
    match color {
        None | Some(Color::Reset) => default,
        Some(color) => fixed_rgb(color),
    }
}

/// Returns whether text is made of block characters only: part of a picture, whose colours stay.
fn is_drawing(text: &str) -> bool {
    let is_block = |c| matches!(c, '\u{2580}'..='\u{259f}' | '\u{1fb00}'..='\u{1fbaf}');
    text.contains(is_block) && text.chars().all(|c| c == ' ' || is_block(c))
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;
    use crate::source::Span;
    use crate::theme::{Choice, names, resolve};

    fn colors(name: &str, overrides: &str) -> OutputColors {
        let overrides = Some((overrides, Span::default()));
        let choice =
            Choice { forced: Some(name), name: None, file: None, default: "dark", overrides };
        let (theme, problems) = resolve(&choice);
        assert_eq!(problems, []);
        theme.output_colors(true)
    }

    #[test]
    fn sixteen_colours_are_the_themes_own() {
        let mocha = colors("catppuccin-mocha", "");
        let red = Style::new().fg(Color::Red);
        assert_eq!(mocha.style(red, "x").fg, Some(Color::Rgb(0xf3, 0x8b, 0xa8)));
        assert_eq!(mocha.style(Style::new().fg(Color::Indexed(1)), "x"), mocha.style(red, "x"));
        let ground = Style::new().bg(Color::LightYellow);
        assert_eq!(mocha.style(ground, "x").bg, Some(Color::Rgb(0xeb, 0xd3, 0x91)));
        assert_eq!(mocha.style(Style::new(), "x"), Style::new());
    }

    #[test]
    fn terminal_themes_pass_colours_through() {
        for name in ["terminal-dark", "terminal-light"] {
            for color in (0..=255).map(ansi::color) {
                let style = Style::new().fg(color).add_modifier(Modifier::DIM);
                assert_eq!(colors(name, "").style(style, "x"), style, "{name}");
            }
        }
    }

    #[test]
    fn every_colour_is_readable_in_every_theme() {
        for name in names().filter(|name| !name.starts_with("terminal")) {
            let colors = colors(name, "");
            let ground = colors.ground.unwrap();
            for color in (0..=255).map(ansi::color) {
                for style in [Style::new().fg(color), Style::new().fg(color).bold()] {
                    let shown = fixed_rgb(colors.style(style, "x").fg.unwrap()).unwrap();
                    assert!(ansi::contrast(shown, ground) >= 3.0, "{name}: {color} as {shown:?}");
                }
                let shown = colors.style(Style::new().bg(color), "x");
                let text = seen(shown.fg, colors.text).unwrap();
                let ground = seen(shown.bg, None).unwrap();
                assert!(ansi::contrast(text, ground) >= 3.0, "{name}: text on {color}");
            }
        }
    }

    #[test]
    fn contrast_floor_can_be_changed() {
        let black = Style::new().fg(Color::Rgb(0, 0, 0));
        let off = colors("dark", "execution_output: {minimum_contrast: 1}");
        assert_eq!(off.style(black, "x"), black);
        let high = colors("dark", "execution_output: {minimum_contrast: 4.5}");
        let shown = fixed_rgb(high.style(black, "x").fg.unwrap()).unwrap();
        assert!(ansi::contrast(shown, high.ground.unwrap()) >= 4.5);
    }

    #[test]
    fn pictures_and_hidden_text_keep_their_colours() {
        let dark = colors("dark", "");
        let black = Style::new().fg(Color::Rgb(0, 0, 0));
        assert_eq!(dark.style(black, "▀▄ █"), black);
        assert_ne!(dark.style(black, "▀ text"), black);
        let hidden = black.bg(Color::Rgb(0, 0, 0));
        assert_eq!(dark.style(hidden, "x"), hidden);
    }
}
