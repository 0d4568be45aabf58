//! Syntax highlighting, with a cache. The syntaxes are syntect's and bat's.
//!
//! A [`Highlighter`] belongs to one highlight theme. It can be shared by threads, which prepare the
//! code of the next slides.

mod cache;
mod edited;
mod line_cache;
mod line_parser;
mod paint;
mod readable;
mod syntaxes;
mod themes;

use std::fmt;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use syntect::highlighting as colors;

use cache::HighlightCache;
use line_cache::{RulesId, with_lines_of};
use paint::PaintRules;
use themes::ThemeSource;

use crate::theme::Theme;

pub use edited::EditedCode;
pub use themes::{exists, names};

/// Code in colours.
#[derive(Clone, Debug, PartialEq)]
pub struct HighlightedCode {
    /// The styled lines, without line feeds and with tabs as four spaces.
    pub lines: Arc<[Line<'static>]>,
    /// The ends of the pieces of each line between which it may be wrapped, in bytes; empty if these
    /// are its spans.
    pub breaks: Arc<[Box<[usize]>]>,
}

impl HighlightedCode {
    fn plain(lines: Vec<Line<'static>>) -> Self {
        Self { lines: lines.into(), breaks: Arc::default() }
    }

    /// Returns the ends of the pieces of a line, if they are not its spans.
    pub fn breaks_of(&self, line: usize) -> Option<&[usize]> {
        self.breaks.get(line).map(|ends| &**ends).filter(|ends| !ends.is_empty())
    }
}

/// Highlights code in one theme, which is unpacked on first use: many decks have no code.
pub struct Highlighter {
    name: String,
    source: ThemeSource,
    ground: Option<CodeGround>,
    /// The theme whose colour changes are the places to wrap code at.
    breaks: Option<(String, ThemeSource)>,
    unpacked: OnceLock<UnpackedTheme>,
    cache: Mutex<HighlightCache>,
    rules_id: RulesId,
}

/// What is behind code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeGround {
    /// The highlight theme's own background.
    OfTheme,
    /// A colour; `None` is the terminal's background.
    Color(Option<Color>),
}

impl CodeGround {
    /// Returns what is behind code in a theme.
    pub fn in_theme(theme: &Theme) -> Self {
        match theme.code.fill {
            None if theme.code.background => Self::OfTheme,
            fill if theme.code.background => Self::Color(fill),
            _ => Self::Color(theme.base.bg),
        }
    }
}

/// A theme in the colours that are used, and its rules.
struct UnpackedTheme {
    theme: &'static colors::Theme,
    rules: colors::Highlighter<'static>,
    breaks: Option<colors::Highlighter<'static>>,
}

impl Highlighter {
    /// Creates a highlighter for a theme; `None` if there is no such theme.
    pub fn new(theme: &str) -> Option<Self> {
        Some(Self::of(theme, themes::find(theme)?))
    }

    fn of(name: &str, source: ThemeSource) -> Self {
        Self {
            name: name.to_owned(),
            source,
            ground: None,
            breaks: None,
            unpacked: OnceLock::new(),
            cache: Mutex::default(),
            rules_id: RulesId::unique(),
        }
    }

    /// Returns the highlighter that wraps code where its colours change in another theme, as decks
    /// written for that one expect; an unknown theme is ignored.
    #[must_use]
    pub fn breaking_like(self, theme: Option<&str>) -> Self {
        let breaks = theme.and_then(|name| Some((name.to_owned(), themes::find(name)?)));
        Self { breaks, unpacked: OnceLock::new(), rules_id: RulesId::unique(), ..self }
    }

    /// Returns the highlighter with colours that are readable on `ground`. For the terminal's background,
    /// they stay.
    #[must_use]
    pub fn readable_on(self, ground: CodeGround) -> Self {
        Self { ground: Some(ground), breaks: self.breaks, ..Self::of(&self.name, self.source) }
    }

    fn unpacked(&self) -> &UnpackedTheme {
        self.unpacked.get_or_init(|| {
            let own = self.source.theme();
            let ground = match self.ground {
                Some(CodeGround::OfTheme) => background_of(own),
                Some(CodeGround::Color(color)) => color,
                None => None,
            };
            let theme = readable::on(own, ground);
            let breaks = self.breaks.as_ref();
            UnpackedTheme {
                theme,
                rules: colors::Highlighter::new(theme),
                breaks: breaks.map(|(_, source)| colors::Highlighter::new(source.theme())),
            }
        })
    }

    /// Creates a highlighter for the theme in the bytes of a `.tmTheme` file.
    ///
    /// # Errors
    /// The bytes are not such a theme.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, String> {
        Ok(Self::of(name, ThemeSource::File(themes::read(name, bytes)?)))
    }

    /// Returns the theme's name, as requested.
    pub fn theme(&self) -> &str {
        &self.name
    }

    /// Returns the theme whose colour changes are the places to wrap at, if it is another one.
    pub fn break_theme(&self) -> Option<&str> {
        self.breaks.as_ref().map(|(name, _)| &**name)
    }

    /// Returns the colour behind code in a theme; none is the terminal's background.
    pub fn ground_in(&self, theme: &Theme) -> Option<Color> {
        match CodeGround::in_theme(theme) {
            CodeGround::OfTheme => self.background(),
            CodeGround::Color(color) => color,
        }
    }

    /// Returns the ground on which the colours were made readable.
    pub fn ground(&self) -> Option<CodeGround> {
        self.ground
    }

    /// Returns the theme's background.
    pub fn background(&self) -> Option<Color> {
        background_of(self.unpacked().theme)
    }

    /// Returns the style of text that no rule of the theme matches.
    pub fn foreground(&self) -> Style {
        line_parser::style(self.unpacked().rules.get_default())
    }

    /// Returns the style of lines outside the highlighted group: that of comments.
    pub fn dimmed(&self) -> Style {
        line_parser::style(self.unpacked().rules.style_for_stack(syntaxes::comment()))
    }

    /// Returns the code in colours.
    pub fn code(&self, language: &str, code: &str) -> HighlightedCode {
        if let Some(known) = self.cache().get(language, code) {
            return known;
        }
        // Not under the lock: at worst, two threads highlight the same code.
        let UnpackedTheme { rules, breaks, .. } = self.unpacked();
        let rules = PaintRules { colors: rules, breaks: breaks.as_ref() };
        let painted =
            with_lines_of(self.rules_id, |known| paint::highlight(rules, (language, code), known));
        self.cache().insert(language, code, painted.clone());
        painted
    }

    /// Returns the code's styled lines, without line feeds and with tabs as four spaces.
    pub fn lines(&self, language: &str, code: &str) -> Arc<[Line<'static>]> {
        self.code(language, code).lines
    }

    /// Returns the cached code, or unstyled code.
    pub fn cached_code(&self, language: &str, code: &str) -> HighlightedCode {
        let known = self.cache().get(language, code);
        known.unwrap_or_else(|| HighlightedCode::plain(paint::plain(code, self.foreground())))
    }

    /// Whether the cache has this code.
    pub fn is_cached(&self, language: &str, code: &str) -> bool {
        self.cache().get(language, code).is_some()
    }

    /// Locks the cache.
    fn cache(&self) -> parking_lot::MutexGuard<'_, HighlightCache> {
        self.cache.lock()
    }
}

fn background_of(theme: &colors::Theme) -> Option<Color> {
    theme.settings.background.and_then(line_parser::color)
}

impl fmt::Debug for Highlighter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Highlighter").field("theme", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod contrast_tests;
#[cfg(test)]
mod tests;
