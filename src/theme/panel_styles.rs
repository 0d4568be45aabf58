//! Styles of panels over the slide and of notices: the slide's background, tinted with its text colour, so
//! that a panel differs from what it covers, and an accent for frames, titles and keys.

use ratatui::style::{Color, Modifier, Style};

use super::{PanelBorder, PanelStyle};
use crate::ansi::{self, fixed_rgb};

/// Share of the text colour in a panel's background, in percent.
const PANEL_TINT_PERCENT: u16 = 8;

/// Share of the text colour in the selected row's background, in percent.
const SELECTION_TINT_PERCENT: u16 = 20;

/// Share of the panel's background in its frame, in percent.
const FRAME_GROUND_PERCENT: u16 = 35;

/// Share of the accent in a notice's background, in percent.
const NOTICE_TINT_PERCENT: u16 = 25;

/// The least contrast of frames, of the accent, and of a notice's text.
const MIN_CONTRAST: (f64, f64, f64) = (3.0, 4.5, 7.0);

/// Returns the styles of panels from those that a theme sets; `base` is the slide's style, `title` that
/// of its title.
pub(super) fn styles(
    (base, title): (Style, Style),
    (panel, selection): (Style, Style),
    (accent, border): (Option<Color>, PanelBorder),
) -> PanelStyle {
    let shade = |percent| Some(blend(base.bg?, base.fg?, percent)).flatten();
    let text = Style {
        fg: panel.fg.or(base.fg),
        bg: panel.bg.or_else(|| shade(PANEL_TINT_PERCENT)).or(base.bg),
        ..Style::new()
    };
    let row = Style {
        fg: selection.fg.or(text.fg),
        bg: selection.bg.or_else(|| shade(SELECTION_TINT_PERCENT)),
        add_modifier: Modifier::BOLD,
        ..Style::new()
    };
    let selection = match row.bg {
        Some(_) => row,
        None => row.bg(text.bg.unwrap_or(Color::Reset)).add_modifier(Modifier::REVERSED),
    };
    let color = accent.or(title.fg).or(text.fg);
    let on_panel = |color: Option<Color>, floor| color.map(|color| readable(color, text.bg, floor));
    let faded = color.map(|color| {
        text.bg.and_then(|ground| blend(color, ground, FRAME_GROUND_PERCENT)).unwrap_or(color)
    });
    let notice = match color
        .zip(base.bg)
        .and_then(|(color, ground)| blend(ground, color, NOTICE_TINT_PERCENT))
    {
        Some(ground) => {
            let fg = base.fg.map(|color| readable(color, Some(ground), MIN_CONTRAST.2));
            Style { fg, bg: Some(ground), ..Style::new() }
        }
        None => Style { fg: color, ..Style::new() }.add_modifier(Modifier::REVERSED),
    };
    PanelStyle {
        text,
        selection,
        frame: Style { fg: on_panel(faded, MIN_CONTRAST.0), ..Style::new() },
        accent: Style { fg: on_panel(color, MIN_CONTRAST.1), ..Style::new() },
        notice,
        border,
    }
}

impl PanelStyle {
    /// Returns a style in a lightness that is readable on the selected row.
    #[must_use]
    pub fn on_selection(&self, style: Style) -> Style {
        let fg = style.fg.map(|color| readable(color, self.selection.bg, MIN_CONTRAST.1));
        Style { fg, ..style }
    }
}

/// Returns a colour in a lightness that is readable on a ground, if both are known.
fn readable(color: Color, ground: Option<Color>, floor: f64) -> Color {
    let (Some(text), Some(ground)) = (fixed_rgb(color), ground.and_then(fixed_rgb)) else {
        return color;
    };
    let [r, g, b] = ansi::readable(text, ground, floor);
    Color::Rgb(r, g, b)
}

/// Mixes `percent` of `other` into `color`; `None` if either is a terminal colour.
fn blend(color: Color, other: Color, percent: u16) -> Option<Color> {
    let [r, g, b] = ansi::mix(fixed_rgb(color)?, fixed_rgb(other)?, percent);
    Some(Color::Rgb(r, g, b))
}
