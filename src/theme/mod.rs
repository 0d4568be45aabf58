//! Themes: what everything looks like. `layers` finds the YAML texts that make one, `raw` is what
//! they say, everything optional; `resolve` turns that into a [`Theme`], where nothing is.
//!
//! The schema is presenterm's, so that its themes and overrides work as they are. Nothing in a theme
//! is fatal: an unknown key or a bad value is a diagnostic, and what was there before stays.

mod builtin;
mod color;
mod css;
mod layers;
mod library;
mod panel_styles;
mod raw;
mod resolve;
mod values;

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};

use crate::source::Span;

pub use builtin::names;
pub use color::color;
pub use library::Library;
pub use resolve::{resolve, resolve_with_library};

/// Every style of a deck, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// The name it was chosen by.
    pub name: String,
    /// Text colours where nothing else says so; a missing colour is the terminal's own.
    pub base: Style,
    /// Where things stand that have no alignment of their own.
    pub alignment: Alignment,
    /// Room left free at both sides of the slide.
    pub margin: Margin,
    /// Slide titles.
    pub slide_title: TitleStyle,
    /// Headings, level 1 first.
    pub headings: [HeadingStyle; 6],
    /// Code blocks.
    pub code: CodeStyle,
    /// What runs write, and their status lines.
    pub output: OutputStyle,
    /// Inline code.
    pub inline_code: Style,
    /// Bold text (colours only; bold itself is always set).
    pub bold: Style,
    /// Italic text (colours only).
    pub italics: Style,
    /// Tables.
    pub table: Alignment,
    /// Block quotes.
    pub quote: QuoteStyle,
    /// GitHub alerts, in the order note, tip, important, warning, caution.
    pub alerts: AlertStyle,
    /// Room between columns.
    pub column_margin: Margin,
    /// The intro slide.
    pub intro: IntroStyle,
    /// The footer.
    pub footer: FooterStyle,
    /// Panels over the slide: index, help, questions.
    pub modal: Style,
    /// The chosen row in a panel.
    pub modal_selection: Style,
    /// Lines that show where columns start.
    pub grid: Style,
    /// Named colours and classes.
    pub palette: Palette,
}

/// Where an element stands, and how much room it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// From the left, with this margin at both sides.
    Left(Margin),
    /// From the right, with this margin at both sides.
    Right(Margin),
    /// In the middle.
    Center {
        /// The least margin at both sides.
        minimum_margin: Margin,
        /// The least width, in cells.
        minimum_size: u16,
    },
}

/// Room beside something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Margin {
    /// In cells.
    Fixed(u16),
    /// In percent of the width it stands in, rounded up.
    Percent(u16),
}

impl Default for Margin {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

impl Default for Alignment {
    fn default() -> Self {
        Self::Left(Margin::default())
    }
}

impl Margin {
    /// The margin in cells, in a room this wide.
    pub fn cells(self, width: u16) -> u16 {
        match self {
            Self::Fixed(cells) => cells,
            Self::Percent(percent) => (u32::from(width) * u32::from(percent)).div_ceil(100) as u16,
        }
    }
}

/// A slide title's look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TitleStyle {
    /// Where it stands.
    pub alignment: Alignment,
    /// Its colours and modifiers.
    pub style: Style,
    /// What stands before it, without the space.
    pub prefix: String,
    /// Size, 1 to 7.
    pub font_size: u8,
    /// Empty rows extending it.
    pub padding_top: u8,
    /// Empty rows below it.
    pub padding_bottom: u8,
    /// Whether a rule follows.
    pub separator: bool,
}

/// A heading's look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadingStyle {
    /// Where it stands.
    pub alignment: Alignment,
    /// Its colours and modifiers.
    pub style: Style,
    /// What stands before it, without the space.
    pub prefix: String,
    /// Size, 1 to 7.
    pub font_size: u8,
}

/// Empty cells inside a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Columns at both sides.
    pub horizontal: u8,
    /// Rows extending and below (presenterm takes any number extending 0 as 1).
    pub vertical: u8,
}

/// A code block's look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CodeStyle {
    /// Where it stands.
    pub alignment: Alignment,
    /// The highlight theme's name.
    pub highlight_theme: String,
    /// Where that name is written, for messages.
    pub highlight_theme_at: Span,
    /// The box's background; none means the highlight theme's.
    pub fill: Option<Color>,
    /// Empty cells around the code.
    pub padding: Padding,
    /// Whether the highlight theme's background is drawn.
    pub background: bool,
    /// Whether every block has line numbers.
    pub line_numbers: bool,
}

/// An output's look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputStyle {
    /// The output's colours.
    pub style: Style,
    /// Empty cells around it.
    pub padding: Padding,
    /// Status: not started.
    pub not_started: Style,
    /// Status: running, compiling, queued.
    pub running: Style,
    /// Status: done.
    pub success: Style,
    /// Status: failed, stopped; also hints and diagnostics on slides.
    pub failure: Style,
}

/// A block quote's look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuoteStyle {
    /// Where it stands.
    pub alignment: Alignment,
    /// What starts each row.
    pub prefix: String,
    /// The text's colours.
    pub style: Style,
    /// The prefix's colours.
    pub prefix_style: Style,
}

/// The look of GitHub alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertStyle {
    /// Where they stand.
    pub alignment: Alignment,
    /// What starts each row.
    pub prefix: String,
    /// The text's colours.
    pub style: Style,
    /// Note, tip, important, warning, caution.
    pub kinds: [AlertKindStyle; 5],
}

/// The look of one kind of alert.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertKindStyle {
    /// Colour of prefix and title.
    pub color: Option<Color>,
    /// Its title where the author gives none.
    pub title: String,
    /// What stands before the title.
    pub icon: String,
}

/// Where one line of the intro slide stands, and its look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntroLine {
    /// Where it stands.
    pub alignment: Alignment,
    /// Its colours and modifiers.
    pub style: Style,
    /// Size, 1 to 7 (the title's only).
    pub font_size: u8,
}

/// The intro slide's look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntroStyle {
    /// The title.
    pub title: IntroLine,
    /// The sub title.
    pub subtitle: IntroLine,
    /// The event.
    pub event: IntroLine,
    /// The location.
    pub location: IntroLine,
    /// The date.
    pub date: IntroLine,
    /// The authors.
    pub author: IntroLine,
    /// Whether authors stand right below the title, not at the bottom.
    pub author_below_title: bool,
    /// Whether the footer is drawn there.
    pub footer: bool,
}

/// The footer's look.
#[derive(Clone, Debug, PartialEq)]
pub enum FooterStyle {
    /// Three parts, each a template.
    Template {
        /// What stands at the left.
        left: Option<FooterPart>,
        /// What stands in the middle.
        center: Option<FooterPart>,
        /// What stands at the right.
        right: Option<FooterPart>,
        /// Colours.
        style: Style,
        /// Rows.
        height: u16,
    },
    /// A bar that grows with the talk.
    ProgressBar {
        /// What it is made of.
        character: char,
        /// Colours.
        style: Style,
    },
    /// No footer.
    Empty,
}

impl Default for FooterStyle {
    fn default() -> Self {
        Self::Template { left: None, center: None, right: None, style: Style::new(), height: 3 }
    }
}

/// One part of a template footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FooterPart {
    /// A text with `{variables}`, as written, and where; `parse::footer` reads it.
    Text(String, Span),
    /// A picture's path, and where it stands: beside the deck first, then in the themes folder.
    Image(String, Span),
}

/// Named colours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// `palette:name`
    pub colors: BTreeMap<String, Color>,
    /// `<span class="name">`: foreground and background.
    pub classes: BTreeMap<String, (Option<Color>, Option<Color>)>,
}

/// What the terminal's own background is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// Dark, or not known.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// A theme's name for each background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByBackground<T> {
    /// On a dark one.
    pub dark: T,
    /// On a light one.
    pub light: T,
}

impl<T> ByBackground<T> {
    /// The one for this background.
    pub fn on(&self, background: Background) -> &T {
        match background {
            Background::Dark => &self.dark,
            Background::Light => &self.light,
        }
    }
}

/// Which theme is asked for, and by whom: the strongest first.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// `--theme`: name and path of the deck then do not count, overrides do.
    pub forced: Option<&'a str>,
    /// The deck's `theme.name`.
    pub name: Option<(&'a str, Span)>,
    /// The text of the deck's `theme.path` file, with the span of all of it, or of the path in the
    /// deck: messages then give the line themselves.
    pub file: Option<(&'a str, Span)>,
    /// What is used where nothing is asked for.
    pub default: &'a str,
    /// The deck's `theme.override` as YAML text, with the span from its first key on: word for word,
    /// or with the indent of its further lines taken away.
    pub overrides: Option<(&'a str, Span)>,
}

#[cfg(test)]
mod tests;
