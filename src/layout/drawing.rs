//! What a drawn block's picture depends on: its language, its text, and the colours of its slide.

use std::sync::Arc;

use ratatui::style::Color;

use crate::ansi::{self, Channels, contrast, mix, readable};
use crate::deck::{CodeBlock, Deck, DrawingLanguage, LineFormula, RenderSpec};
use crate::source::Span;
use crate::theme::{DEFAULT_DRAWING_MARGIN, DrawingStyle, MermaidConfigFile, Theme};

/// Everything that the picture of a drawn block depends on, except for its size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drawing {
    /// What the text is.
    pub language: DrawingLanguage,
    /// What is drawn.
    pub text: Box<str>,
    /// The colours.
    pub colors: DrawingColors,
    /// How it differs from the usual look.
    pub look: DrawingLook,
}

/// How drawings differ from the usual look, where a theme or the configuration says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DrawingLook {
    /// The text, where it is not the slide's.
    pub text: Option<Channels>,
    /// The ground.
    pub ground: Option<Channels>,
    /// Space at the left and right, and above and below, in points of a text with 11.
    pub margin: (u16, u16),
    /// The name of one of mermaid's own themes.
    pub mermaid_theme: Option<Box<str>>,
    /// Whether it is a formula in a line of text.
    pub is_in_line: bool,
    /// The configuration of mermaid.
    pub mermaid_config: Option<Arc<MermaidConfigFile>>,
}

impl DrawingLook {
    /// Returns the look that a theme sets for a language.
    pub fn of(style: &DrawingStyle, language: DrawingLanguage) -> Self {
        match language {
            DrawingLanguage::Latex | DrawingLanguage::Typst => {
                let ground = style.typst.1.and_then(ansi::rgb);
                let (across, down) = match (ground, language) {
                    (None, DrawingLanguage::Latex) => (0, 0),
                    _ => DEFAULT_DRAWING_MARGIN,
                };
                let margin = (style.margin.0.unwrap_or(across), style.margin.1.unwrap_or(down));
                let text = style.typst.0.and_then(ansi::rgb);
                Self { text, ground, margin, ..Self::default() }
            }
            DrawingLanguage::Mermaid => Self {
                ground: style.mermaid_ground.and_then(ansi::rgb),
                mermaid_theme: style.mermaid_theme.clone(),
                mermaid_config: style.settings.mermaid_config.clone(),
                ..Self::default()
            },
            DrawingLanguage::D2 | DrawingLanguage::Qr => Self::default(),
        }
    }
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
    let look = DrawingLook::of(&theme.drawings, language);
    let colors = DrawingColors::of(theme);
    let colors = DrawingColors { foreground: look.text.unwrap_or(colors.foreground), ..colors };
    Some(Arc::new(Drawing { language, text: code.text.clone(), colors, look }))
}

/// Returns the drawing of a formula in a line, in the colour of the theme's text.
pub fn line_drawing(formula: &LineFormula, theme: &Theme) -> Arc<Drawing> {
    let look = DrawingLook { is_in_line: true, ..DrawingLook::default() };
    let (language, text) = (DrawingLanguage::Latex, formula.source.clone());
    Arc::new(Drawing { language, text, colors: DrawingColors::of(theme), look })
}

/// Returns the place of a line and column, from 1, of a formula in a line; of the formula, if it has
/// several lines.
pub fn place_in_formula(deck: &Deck, formula: &LineFormula, at: Option<(usize, usize)>) -> Span {
    let LineFormula { source, span, .. } = formula;
    let found = || {
        let (line, column) = at?;
        let written = deck.sources.get(span.file)?.text().get(span.range())?;
        let before = written.find(&**source).filter(|_| line == 1)?;
        let mut chars = source.char_indices().skip(column.saturating_sub(1));
        let (offset, length) = chars.next().map_or((source.len(), 0), |(at, c)| (at, c.len_utf8()));
        let start = span.range().start + before + offset;
        Some(Span::new(span.file, start..start + length))
    };
    found().unwrap_or(*span)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Choice, resolve};

    fn look(overrides: &str, language: DrawingLanguage) -> DrawingLook {
        let overrides = Some((overrides, Span::default()));
        let choice = Choice { forced: None, name: None, file: None, default: "dark", overrides };
        let (theme, problems) = resolve(&choice);
        assert_eq!(problems, []);
        DrawingLook::of(&theme.drawings, language)
    }

    #[test]
    fn formulas_have_the_look_of_typst() {
        use DrawingLanguage::{Latex, Mermaid, Typst};
        assert_eq!(look("", Latex), DrawingLook::default());
        assert_eq!(look("", Typst).margin, (5, 7));
        let keys = "typst: {colors: {foreground: f00, background: 0f0}, vertical_margin: 2}";
        for language in [Latex, Typst] {
            let look = look(keys, language);
            assert_eq!((look.text, look.ground), (Some([255, 0, 0]), Some([0, 255, 0])));
            assert_eq!(look.margin, (5, 2));
        }
        assert_eq!(look(keys, Mermaid), DrawingLook::default());
        assert_eq!(look("typst: {horizontal_margin: 4}", Latex).margin, (4, 0));
    }

    #[test]
    fn mermaid_has_its_own_keys() {
        let keys = |theme: &str, background: &str| {
            let keys = format!("mermaid: {{theme: {theme}, background: {background}}}");
            let look = look(&keys, DrawingLanguage::Mermaid);
            (look.mermaid_theme.unwrap().into_string(), look.ground)
        };
        assert_eq!(keys("forest", "'#102030'"), ("forest".to_owned(), Some([16, 32, 48])));
        assert_eq!(keys("dark", "transparent"), ("dark".to_owned(), None));
        assert_eq!(keys("dark", "tomato").1, Some([0xff, 0x63, 0x47]));
    }
}
