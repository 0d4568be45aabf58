//! Default styles of panels over the slide: the slide's background, tinted with its text colour, so
//! that a panel differs from what it covers.

use ratatui::style::{Color, Modifier, Style};

use crate::ansi;

/// Share of the text colour in a panel's background, in percent.
const PANEL_TINT_PERCENT: u16 = 8;

/// Share of the text colour in the selected row's background, in percent.
const SELECTION_TINT_PERCENT: u16 = 24;

/// Returns the styles of a panel and of its selected row; what the theme does not set is derived from
/// the slide's style.
pub(super) fn styles(base: Style, panel: Style, selection: Style) -> (Style, Style) {
    let shade = |percent| Some(blend(base.bg?, base.fg?, percent)).flatten();
    let panel = Style {
        fg: panel.fg.or(base.fg),
        bg: panel.bg.or_else(|| shade(PANEL_TINT_PERCENT)).or(base.bg),
        ..Style::new()
    };
    let row = Style {
        fg: selection.fg.or(panel.fg),
        bg: selection.bg.or_else(|| shade(SELECTION_TINT_PERCENT)),
        add_modifier: Modifier::BOLD,
        ..Style::new()
    };
    match row.bg {
        Some(_) => (panel, row),
        None => (panel, row.bg(panel.bg.unwrap_or(Color::Reset)).add_modifier(Modifier::REVERSED)),
    }
}

/// Mixes `percent` of `other` into `color`; `None` if either is a terminal colour.
fn blend(color: Color, other: Color, percent: u16) -> Option<Color> {
    let [r, g, b] = ansi::mix(ansi::fixed_rgb(color)?, ansi::fixed_rgb(other)?, percent);
    Some(Color::Rgb(r, g, b))
}
