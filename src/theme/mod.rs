//! Themes: every style of a deck. `layers` reads the YAML files that make up a theme into a
//! `raw` theme, in which everything is optional; `resolve` turns that into a [`Theme`], in which
//! everything is set.
//!
//! The schema is presenterm's: its themes and overrides work unchanged. Nothing in a theme is fatal:
//! an unknown key or a bad value is a diagnostic, and the previous value stays.

mod block_styles;
mod builtin;
mod color;
mod css;
mod drawing_style;
mod figure_colors;
mod layers;
mod library;
mod output_colors;
mod page_styles;
mod panel_styles;
mod placement;
mod raw;
mod resolve;
mod values;

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};

use crate::source::Span;

pub use block_styles::{
    AlertKindStyle, AlertStyle, CodeStyle, FrameShape, HeadingStyle, ListStyle, OutputShape,
    OutputStyle, QuoteStyle, TableStyle, TitleStyle,
};
pub use builtin::names;
pub use color::color;
pub use drawing_style::{DEFAULT_DRAWING_MARGIN, DrawingSettings, DrawingStyle, MermaidConfigFile};
pub use figure_colors::FigureColors;
pub use layers::{overrides_schema, schema};
pub use library::{Library, searched};
pub use output_colors::OutputColors;
pub use page_styles::{
    FooterPart, FooterStyle, Gradient, GradientDirection, IntroLine, IntroStyle, PanelBorder,
    PanelStyle,
};
pub use placement::{Alignment, Margin, Padding};
pub use resolve::{resolve, resolve_with_library};

/// Every style of a deck, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Its name, as requested.
    pub name: String,
    /// Default text colours; a missing colour is the terminal's default.
    pub base: Style,
    /// Default alignment.
    pub alignment: Alignment,
    /// Space at both sides of the slide.
    pub margin: Margin,
    /// Whether what is below the title is in the middle of the page.
    pub is_centered: bool,
    /// The gradient behind slides, for terminals with 24-bit colour.
    pub gradient: Option<Gradient>,
    /// Lists.
    pub list: ListStyle,
    /// Slide titles.
    pub slide_title: TitleStyle,
    /// Headings, level 1 first.
    pub headings: [HeadingStyle; 6],
    /// Code blocks.
    pub code: CodeStyle,
    /// Output of runs, and their status lines.
    pub output: OutputStyle,
    /// Inline code.
    pub inline_code: Style,
    /// Bold text (colours only; bold itself is always set).
    pub bold: Style,
    /// Italic text (colours only).
    pub italics: Style,
    /// Tables.
    pub table: TableStyle,
    /// Block quotes.
    pub quote: QuoteStyle,
    /// GitHub alerts, in the order note, tip, important, warning, caution.
    pub alerts: AlertStyle,
    /// Space between columns.
    pub column_margin: Margin,
    /// The intro slide.
    pub intro: IntroStyle,
    /// The footer.
    pub footer: FooterStyle,
    /// Panels over the slide, and notices.
    pub panel: PanelStyle,
    /// Lines of the column grid.
    pub grid: Style,
    /// Formulas and diagrams.
    pub drawings: DrawingStyle,
    /// Named colours and classes.
    pub palette: Palette,
}

/// Named colours and classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// `palette:name`
    pub colors: BTreeMap<String, Color>,
    /// `<span class="name">`: foreground and background.
    pub classes: BTreeMap<String, (Option<Color>, Option<Color>)>,
    /// The sixteen colours of terminals, for output; `None` means the terminal's own.
    pub ansi: Option<[Color; 16]>,
}

/// Brightness of the terminal's background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// Dark, or unknown.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// A value for each kind of terminal background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByBackground<T> {
    /// For dark backgrounds.
    pub dark: T,
    /// For light backgrounds.
    pub light: T,
}

impl<T> ByBackground<T> {
    /// Returns the value for a background.
    pub fn on(&self, background: Background) -> &T {
        match background {
            Background::Dark => &self.dark,
            Background::Light => &self.light,
        }
    }
}

/// The requested theme, by source; earlier fields take precedence.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// `--theme`: replaces the deck's `name` and `path`, but not its overrides.
    pub forced: Option<&'a str>,
    /// The deck's `theme.name`.
    pub name: Option<(&'a str, Span)>,
    /// The text of the deck's `theme.path` file, with its span. If the span is that of the path in
    /// the deck, diagnostics name the line in their message.
    pub file: Option<(&'a str, Span)>,
    /// The theme of decks that request none.
    pub default: &'a str,
    /// The deck's `theme.override` as YAML text, with the span from its first key on; verbatim, or
    /// with its other lines unindented.
    pub overrides: Option<(&'a str, Span)>,
}

#[cfg(test)]
mod tests;
