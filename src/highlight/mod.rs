//! Syntax highlighting, with a cache. The syntaxes are syntect's and bat's.
//!
//! A [`Highlighter`] belongs to one highlight theme. It can be shared by threads, which prepare the
//! code of the next slides.

mod cache;
mod edited;
mod paint;
mod readable;
mod syntaxes;
mod themes;

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use syntect::highlighting as colors;

use cache::HighlightCache;
use paint::PaintRules;

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

/// Highlights code in one theme.
pub struct Highlighter {
    name: String,
    theme: &'static colors::Theme,
    ground: Option<Color>,
    rules: colors::Highlighter<'static>,
    /// The theme whose colour changes are the places to wrap code at.
    breaks: Option<(String, colors::Highlighter<'static>)>,
    cache: Mutex<HighlightCache>,
}

impl Highlighter {
    /// Creates a highlighter for a theme; `None` if there is no such theme.
    pub fn new(theme: &str) -> Option<Self> {
        Some(Self::of(theme, themes::find(theme)?))
    }

    fn of(name: &str, theme: &'static colors::Theme) -> Self {
        let rules = colors::Highlighter::new(theme);
        let cache = Mutex::default();
        Self { name: name.to_owned(), theme, ground: None, rules, breaks: None, cache }
    }

    /// Returns the highlighter that wraps code where its colours change in another theme, as decks
    /// written for that one expect; an unknown theme is ignored.
    #[must_use]
    pub fn breaking_like(self, theme: Option<&str>) -> Self {
        let other = theme.and_then(|name| Some((name, themes::find(name)?)));
        let breaks = other.map(|(name, it)| (name.to_owned(), colors::Highlighter::new(it)));
        Self { breaks, ..self }
    }

    /// Returns the highlighter with colours that are readable on `ground`; `None` is the terminal's
    /// background, for which they stay.
    #[must_use]
    pub fn readable_on(self, ground: Option<Color>) -> Self {
        let theme = readable::on(self.theme, ground);
        Self { ground, breaks: self.breaks, ..Self::of(&self.name, theme) }
    }

    /// Creates a highlighter for the theme in the bytes of a `.tmTheme` file.
    ///
    /// # Errors
    /// The bytes are not such a theme.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, String> {
        Ok(Self::of(name, themes::read(name, bytes)?))
    }

    /// Returns the theme's name, as requested.
    pub fn theme(&self) -> &str {
        &self.name
    }

    /// Returns the theme whose colour changes are the places to wrap at, if it is another one.
    pub fn break_theme(&self) -> Option<&str> {
        self.breaks.as_ref().map(|(name, _)| &**name)
    }

    /// Returns the colour behind code in a theme; `None` is the terminal's background.
    pub fn ground_in(&self, theme: &Theme) -> Option<Color> {
        if theme.code.background {
            theme.code.fill.or_else(|| self.background())
        } else {
            theme.base.bg
        }
    }

    /// Returns the ground on which the colours are readable.
    pub fn ground(&self) -> Option<Color> {
        self.ground
    }

    /// Returns the theme's background.
    pub fn background(&self) -> Option<Color> {
        self.theme.settings.background.and_then(paint::color)
    }

    /// Returns the style of text that no rule of the theme matches.
    pub fn foreground(&self) -> Style {
        paint::style(self.rules.get_default())
    }

    /// Returns the style of lines outside the highlighted group: that of comments.
    pub fn dimmed(&self) -> Style {
        paint::style(self.rules.style_for_stack(syntaxes::comment()))
    }

    /// Returns the code in colours.
    pub fn code(&self, language: &str, code: &str) -> HighlightedCode {
        if let Some(known) = self.cache().get(language, code) {
            return known;
        }
        // Not under the lock: at worst, two threads highlight the same code.
        let breaks = self.breaks.as_ref().map(|(_, rules)| rules);
        let painted = paint::highlight(PaintRules { colors: &self.rules, breaks }, language, code);
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

impl fmt::Debug for Highlighter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Highlighter").field("theme", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod contrast_tests;
#[cfg(test)]
mod tests;
