//! What a drawn block's picture depends on: its language, its text, and the colours of its slide.

use std::sync::Arc;

use ratatui::style::Color;

use crate::ansi::{self, Channels, contrast, mix, readable};
use crate::deck::{CodeBlock, Deck, DrawingLanguage, RenderSpec};
use crate::source::Span;
use crate::theme::Theme;

/// Everything that the picture of a drawn block depends on, except for its size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drawing {
    /// What the text is.
    pub language: DrawingLanguage,
    /// What is drawn.
    pub text: Box<str>,
    /// The colours.
    pub colors: DrawingColors,
}

/// The colours of kinds of things, where the theme has none.
const SERIES: [Channels; 5] = [
    [0x58, 0xa6, 0xff],
    [0x3f, 0xb9, 0x50],
    [0xbc, 0x8c, 0xff],
    [0xd2, 0x99, 0x22],
    [0xf8, 0x51, 0x49],
];

/// The colours of a drawing, from its slide's theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DrawingColors {
    /// Text and lines.
    pub foreground: Channels,
    /// What is behind the drawing, which itself is transparent.
    pub background: Channels,
    /// Filled shapes: a little off the background.
    pub surface: Channels,
    /// Borders and other things of interest.
    pub accent: Channels,
    /// Kinds of things, by the colours of notes, tips, important, warnings and cautions.
    pub series: [Channels; 5],
}

impl DrawingColors {
    /// Whether the text is lighter than its ground.
    pub fn is_dark(&self) -> bool {
        contrast(self.background, [255; 3]) > contrast(self.background, [0; 3])
    }

    /// Chooses the colours for a theme. A colour that is the terminal's own is guessed from the other.
    pub fn of(theme: &Theme) -> Self {
        const LIGHT: Channels = [0xe6, 0xe6, 0xe6];
        const DARK: Channels = [0x1a, 0x1a, 0x1a];
        let color = |color: Option<Color>| color.and_then(ansi::rgb);
        let is_light = |color: Channels| contrast(color, [0; 3]) > contrast(color, [255; 3]);
        let opposite = |color: Channels| if is_light(color) { DARK } else { LIGHT };
        let (foreground, background) = match (color(theme.base.fg), color(theme.base.bg)) {
            (Some(foreground), Some(background)) => (foreground, background),
            (Some(foreground), None) => (foreground, opposite(foreground)),
            (None, Some(background)) => (opposite(background), background),
            (None, None) if theme.name.contains("light") => (DARK, LIGHT),
            (None, None) => (LIGHT, DARK),
        };
        let titles = [theme.slide_title.style.fg, theme.headings[0].style.fg];
        let accent = titles.into_iter().find_map(color).unwrap_or(foreground);
        let accent = readable(accent, background, 3.0);
        let mut series = SERIES;
        for (kind, alert) in series.iter_mut().zip(&theme.alerts.kinds) {
            *kind = readable(color(alert.color).unwrap_or(*kind), background, 3.0);
        }
        Self { foreground, background, surface: mix(background, foreground, 12), accent, series }
    }
}

/// Returns the drawing of a block, if it is drawn.
pub fn drawing(code: &CodeBlock, theme: &Theme) -> Option<Arc<Drawing>> {
    let is_picture = |spec: &RenderSpec| spec.language != DrawingLanguage::Qr;
    let RenderSpec { language, .. } =
        code.render.filter(|spec| code.cell.is_none() && is_picture(spec))?;
    let (text, colors) = (code.text.clone(), DrawingColors::of(theme));
    Some(Arc::new(Drawing { language, text, colors }))
}

/// Returns the place of a line and column, from 1, of a block's code; of the block, if its code is not
/// below its first line.
pub fn place_in_code(deck: &Deck, block: Span, code: &CodeBlock, at: (usize, usize)) -> Span {
    let (line, column) = at;
    let found = || {
        let file = deck.sources.get(block.file)?.text();
        let start = block.range().start;
        let wanted = code.text.lines().nth(line.checked_sub(1)?)?;
        let mut at = start;
        for (number, text) in file.get(start..)?.split_inclusive('\n').enumerate() {
            if number == line {
                let text = text.trim_end_matches(['\r', '\n']);
                let indent = text.strip_suffix(wanted)?.len();
                let before: usize =
                    wanted.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
                let start = at + indent + before;
                let rest = wanted.get(before..)?.chars().next().map_or(0, char::len_utf8);
                return Some(Span::new(block.file, start..start + rest));
            }
            at += text.len();
        }
        None
    };
    found().unwrap_or(block)
}
