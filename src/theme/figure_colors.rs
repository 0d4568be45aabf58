//! The colours of figures that code draws: those of the theme, so that a figure belongs to its slide.

use std::fmt;

use super::Theme;
use crate::ansi::{self, Channels, fixed_rgb};

/// The numbers of the colours for lines and bars, in order: blue, yellow, green, red, magenta, cyan.
const CYCLE: [usize; 6] = [4, 3, 2, 1, 5, 6];

/// The least contrast of lines and bars on the ground.
const MIN_CONTRAST: f64 = 3.0;

/// The colours of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FigureColors {
    /// The ground.
    pub ground: Channels,
    /// Texts and axes.
    pub text: Channels,
    /// Lines and bars, in order.
    pub cycle: [Channels; 6],
}

impl Theme {
    /// Returns the colours of figures; none if the terminal chooses those of the slide.
    pub fn figure_colors(&self) -> Option<FigureColors> {
        let [text, ground] = [self.base.fg, self.base.bg].map(|color| color.and_then(fixed_rgb));
        let (text, ground) = (text?, ground?);
        let number = |number: usize| {
            let own = self.palette.ansi.map(|colors| colors[number]);
            let color = own.unwrap_or(ansi::color(number as u8));
            ansi::readable(ansi::rgb(color).unwrap_or(text), ground, MIN_CONTRAST)
        };
        Some(FigureColors { ground, text, cycle: CYCLE.map(number) })
    }
}

/// Hex digits: ground, text, then the colours of the cycle.
impl fmt::Display for FigureColors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ground, text, cycle } = self;
        for (number, [red, green, blue]) in [ground, text].into_iter().chain(cycle).enumerate() {
            let gap = if number == 0 { "" } else { " " };
            write!(f, "{gap}#{red:02x}{green:02x}{blue:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Choice, names, resolve};

    fn colors(name: &str) -> Option<FigureColors> {
        let choice =
            Choice { forced: Some(name), name: None, file: None, default: "dark", overrides: None };
        resolve(&choice).0.figure_colors()
    }

    #[test]
    fn figures_have_the_colours_of_the_theme() {
        let mocha = colors("catppuccin-mocha").unwrap().to_string();
        let expected = "#1e1e2e #cdd6f4 #89b4fa #f9e2af #a6e3a1 #f38ba8 #f5c2e7 #94e2d5";
        assert_eq!(mocha, expected);
        assert_eq!(colors("terminal-dark"), None);
    }

    #[test]
    fn lines_are_visible_in_every_theme() {
        for name in names() {
            let Some(colors) = colors(name) else { continue };
            for color in colors.cycle {
                let ratio = ansi::contrast(color, colors.ground);
                assert!(ratio >= 3.0, "{name}: {color:?}");
            }
        }
    }
}
