//! The look of panels over the slide where a theme does not say: the slide's own colours, a shade
//! nearer to each other, so that a panel stands out from what it covers.

use ratatui::style::{Color, Modifier, Style};

/// How much of the text colour a panel's background takes, in percent.
const PANEL_TINT_PERCENT: u16 = 8;

/// How much of it the chosen row's background takes.
const SELECTION_TINT_PERCENT: u16 = 24;

/// The styles of a panel and of its chosen row, from the slide's and what the theme says of both.
pub(super) fn styles(base: Style, panel: Style, chosen: Style) -> (Style, Style) {
    let shade = |percent| Some(blend(base.bg?, base.fg?, percent)).flatten();
    let panel = Style {
        fg: panel.fg.or(base.fg),
        bg: panel.bg.or_else(|| shade(PANEL_TINT_PERCENT)).or(base.bg),
        ..Style::new()
    };
    let row = Style {
        fg: chosen.fg.or(panel.fg),
        bg: chosen.bg.or_else(|| shade(SELECTION_TINT_PERCENT)),
        add_modifier: Modifier::BOLD,
        ..Style::new()
    };
    match row.bg {
        Some(_) => (panel, row),
        None => (panel, row.bg(panel.bg.unwrap_or(Color::Reset)).add_modifier(Modifier::REVERSED)),
    }
}

/// `percent` of `other` in `color`; none where one of them is the terminal's own.
fn blend(color: Color, other: Color, percent: u16) -> Option<Color> {
    let (Color::Rgb(r, g, b), Color::Rgb(to_r, to_g, to_b)) = (color, other) else { return None };
    let mix = |from: u8, to: u8| {
        ((u16::from(from) * (100 - percent) + u16::from(to) * percent + 50) / 100) as u8
    };
    Some(Color::Rgb(mix(r, to_r), mix(g, to_g), mix(b, to_b)))
}
