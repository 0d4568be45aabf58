//! Highlight themes in colours that are readable on their ground.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use ratatui::style::Color as TerminalColor;
use syntect::highlighting::{Color, Theme, ThemeItem};

use crate::ansi::{self, Channels, fixed_rgb};

/// The least contrast of code.
pub(super) const MIN_CODE_CONTRAST: f64 = 4.5;

/// The least contrast of comments.
pub(super) const MIN_COMMENT_CONTRAST: f64 = 3.5;

/// Returns the theme with every text colour readable on `ground`: the nearest lightness where it is
/// not. Themes are leaked and cached: one per theme and ground.
pub(super) fn on(theme: &'static Theme, ground: Option<TerminalColor>) -> &'static Theme {
    type Adjusted = BTreeMap<(usize, Channels), &'static Theme>;
    static ADJUSTED: Mutex<Adjusted> = Mutex::new(BTreeMap::new());
    let Some(ground) = ground.and_then(fixed_rgb) else { return theme };
    let mut adjusted = ADJUSTED.lock();
    let key = (std::ptr::from_ref(theme).addr(), ground);
    adjusted.entry(key).or_insert_with(|| Box::leak(Box::new(adjust(theme, ground))))
}

fn adjust(theme: &Theme, ground: Channels) -> Theme {
    let mut theme = theme.clone();
    let text = theme.settings.foreground.get_or_insert(Color::BLACK);
    *text = readable(*text, ground, MIN_CODE_CONTRAST);
    for item in &mut theme.scopes {
        let floor = if is_comment(item) { MIN_COMMENT_CONTRAST } else { MIN_CODE_CONTRAST };
        let text = &mut item.style.foreground;
        *text = text.map(|text| readable(text, ground, floor));
    }
    theme
}

/// Returns the nearest readable colour; colours of the terminal stay.
fn readable(color: Color, ground: Channels, floor: f64) -> Color {
    let Some(text) = super::line_parser::color(color).and_then(fixed_rgb) else { return color };
    let [r, g, b] = ansi::readable(text, ground, floor);
    Color { r, g, b, ..color }
}

/// Returns whether a rule is about comments only.
pub(super) fn is_comment(item: &ThemeItem) -> bool {
    let mut selectors = item.scope.selectors.iter();
    selectors.all(|selector| {
        let innermost = selector.path.as_slice().last();
        innermost.is_some_and(|scope| scope.build_string().contains("comment"))
    })
}
