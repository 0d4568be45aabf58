//! Syntax highlighting, with a cache. The syntaxes are syntect's and bat's.
//!
//! A [`Highlighter`] belongs to one highlight theme. It can be shared by threads, which prepare the
//! code of the next slides.

mod cache;
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

use crate::theme::Theme;

pub use themes::names;

/// Highlights code in one theme.
pub struct Highlighter {
    name: String,
    theme: &'static colors::Theme,
    ground: Option<Color>,
    rules: colors::Highlighter<'static>,
    cache: Mutex<HighlightCache>,
}

impl Highlighter {
    /// Creates a highlighter for a theme; `None` if there is no such theme.
    pub fn new(theme: &str) -> Option<Self> {
        Some(Self::of(theme, themes::find(theme)?))
    }

    fn of(name: &str, theme: &'static colors::Theme) -> Self {
        let rules = colors::Highlighter::new(theme);
        Self { name: name.to_owned(), theme, ground: None, rules, cache: Mutex::default() }
    }

    /// Returns the highlighter with colours that are readable on `ground`; `None` is the terminal's
    /// background, for which they stay.
    #[must_use]
    pub fn readable_on(self, ground: Option<Color>) -> Self {
        let theme = readable::on(self.theme, ground);
        Self { ground, ..Self::of(&self.name, theme) }
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

    /// Returns the code's styled lines, without line feeds and with tabs as four spaces.
    pub fn lines(&self, language: &str, code: &str) -> Arc<[Line<'static>]> {
        if let Some(lines) = self.cache().get(language, code) {
            return lines;
        }
        // Not under the lock: at worst, two threads highlight the same code.
        let lines: Arc<[_]> = paint::lines(&self.rules, language, code).into();
        self.cache().insert(language, code, Arc::clone(&lines));
        lines
    }

    /// Returns the cached lines, or unstyled ones.
    pub fn cached_lines(&self, language: &str, code: &str) -> Arc<[Line<'static>]> {
        let known = self.cache().get(language, code);
        known.unwrap_or_else(|| paint::plain(code, self.foreground()).into())
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
