//! Themes: every style of a deck. `layers` reads the YAML files that make up a theme into a
//! `raw` theme, in which everything is optional; `resolve` turns that into a [`Theme`], in which
//! everything is set.
//!
//! The schema is presenterm's: its themes and overrides work unchanged. Nothing in a theme is fatal:
//! an unknown key or a bad value is a diagnostic, and the previous value stays.

mod builtin;
mod color;
mod css;
mod figure_colors;
mod layers;
mod library;
mod output_colors;
mod panel_styles;
mod raw;
mod resolve;
mod values;

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};

use crate::ansi::Channels;
use crate::source::Span;

pub use builtin::names;
pub use color::color;
pub use figure_colors::FigureColors;
pub use layers::{overrides_schema, schema};
pub use library::{Library, searched};
pub use output_colors::OutputColors;
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
    /// Named colours and classes.
    pub palette: Palette,
}

/// A gradient behind slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gradient {
    /// Its direction.
    pub direction: GradientDirection,
    /// The colour at the top, at the left, or in the middle.
    pub from: Channels,
    /// The colour at the other end.
    pub to: Channels,
}

/// The direction in which a gradient changes its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GradientDirection {
    /// From top to bottom.
    #[default]
    Vertical,
    /// From left to right.
    Horizontal,
    /// From the middle to the corners.
    Radial,
}

/// Style of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListStyle {
    /// Columns before the bullets of the first level.
    pub indent: u8,
    /// Columns between a bullet and its text.
    pub gap: u8,
    /// The colours of bullets and numbers.
    pub marker: Style,
}

/// Style of tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableStyle {
    /// Their alignment.
    pub alignment: Alignment,
    /// Their frame.
    pub frame: FrameShape,
    /// The colours of frames and lines.
    pub lines: Style,
    /// The style of the header's text.
    pub header: Style,
    /// The background of every second row.
    pub stripe: Option<Color>,
}

/// The frame of a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameShape {
    /// No frame.
    #[default]
    None,
    /// Thin lines with round corners.
    Rounded,
}

/// Horizontal alignment of an element, with its margins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// Left, with this margin at both sides.
    Left(Margin),
    /// Right, with this margin at both sides.
    Right(Margin),
    /// Centred.
    Center {
        /// Minimum margin at both sides.
        minimum_margin: Margin,
        /// Minimum width, in cells.
        minimum_size: u16,
    },
}

/// Space beside an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Margin {
    /// In cells.
    Fixed(u16),
    /// In percent of the available width, rounded up.
    Percent(u16),
}

impl Default for ListStyle {
    fn default() -> Self {
        Self { indent: 3, gap: 2, marker: Style::new() }
    }
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
    /// Returns the margin in cells for an available width.
    pub fn cells(self, width: u16) -> u16 {
        match self {
            Self::Fixed(cells) => cells,
            Self::Percent(percent) => (u32::from(width) * u32::from(percent)).div_ceil(100) as u16,
        }
    }
}

/// Style of slide titles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TitleStyle {
    /// Its alignment.
    pub alignment: Alignment,
    /// Its colours and modifiers.
    pub style: Style,
    /// Text before it, without the space between.
    pub prefix: String,
    /// Size, 1 to 7.
    pub font_size: u8,
    /// Empty rows above.
    pub padding_top: u8,
    /// Empty rows below.
    pub padding_bottom: u8,
    /// Whether the deck itself asks for the size.
    pub is_size_asked: bool,
    /// Whether a rule is drawn below.
    pub separator: bool,
    /// The colour of that rule, which is then a thin line.
    pub separator_color: Option<Color>,
}

/// Style of a heading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadingStyle {
    /// Its alignment.
    pub alignment: Alignment,
    /// Its colours and modifiers.
    pub style: Style,
    /// Text before it, without the space between.
    pub prefix: String,
    /// Size, 1 to 7.
    pub font_size: u8,
}

/// Empty cells inside the edges of a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Columns at both sides.
    pub horizontal: u8,
    /// Rows above and below (presenterm treats any number above 0 as 1).
    pub vertical: u8,
}

/// Style of code blocks.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of a theme, on its own")]
pub struct CodeStyle {
    /// Its alignment.
    pub alignment: Alignment,
    /// The highlight theme's name.
    pub highlight_theme: String,
    /// Where that name is set, for diagnostics.
    pub highlight_theme_at: Span,
    /// The highlight theme at whose colour changes lines wrap, if it is another one.
    pub break_theme: Option<(String, Span)>,
    /// The box's background; `None` means the highlight theme's.
    pub fill: Option<Color>,
    /// Empty cells around the code.
    pub padding: Padding,
    /// Whether the highlight theme's background is drawn.
    pub background: bool,
    /// Whether all blocks show line numbers.
    pub line_numbers: bool,
    /// The frame, drawn on the padding.
    pub frame: FrameShape,
    /// The colours of the frame and the language in it.
    pub frame_style: Style,
    /// Whether boxes of code are as wide as the text.
    pub is_full_width: bool,
    /// Whether wrapped lines keep their indentation, after a mark.
    pub has_wrap_marks: bool,
}

/// Style of run output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputStyle {
    /// The output's colours.
    pub style: Style,
    /// Empty cells around it.
    pub padding: Padding,
    /// The least contrast of text on its ground, 1 to 21; 1 leaves colours as they are.
    pub minimum_contrast: f64,
    /// How status and output are attached to their block.
    pub shape: OutputShape,
    /// Status: not started.
    pub not_started: Style,
    /// Status: running, compiling, queued.
    pub running: Style,
    /// Status: done.
    pub success: Style,
    /// Status: failed, stopped; also hints and diagnostics on slides.
    pub failure: Style,
}

/// How status and output are attached to their block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputShape {
    /// One card with the code: the status in its corner, a coloured rule beside the output.
    #[default]
    Card,
    /// The status on a rule between code and output, as in presenterm.
    Rule,
}

/// Style of panels over the slide (index, help, questions, the editor) and of notices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PanelStyle {
    /// Text and ground.
    pub text: Style,
    /// The selected row.
    pub selection: Style,
    /// The frame.
    pub frame: Style,
    /// Titles, keys and marks.
    pub accent: Style,
    /// Notices that are information.
    pub notice: Style,
    /// The kind of frame.
    pub border: PanelBorder,
}

/// The frame of panels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PanelBorder {
    /// With round corners.
    #[default]
    Rounded,
    /// With square corners.
    Plain,
}

/// Style of block quotes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuoteStyle {
    /// Its alignment.
    pub alignment: Alignment,
    /// Text at the start of each row.
    pub prefix: String,
    /// The text's colours.
    pub style: Style,
    /// The prefix's colours.
    pub prefix_style: Style,
    /// Empty cells around the text.
    pub padding: Padding,
}

/// Style of GitHub alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertStyle {
    /// Their alignment.
    pub alignment: Alignment,
    /// Text at the start of each row.
    pub prefix: String,
    /// The text's colours.
    pub style: Style,
    /// Note, tip, important, warning, caution.
    pub kinds: [AlertKindStyle; 5],
    /// Empty cells around the text.
    pub padding: Padding,
}

/// Style of one kind of alert.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertKindStyle {
    /// Colour of its prefix and title.
    pub color: Option<Color>,
    /// Its default title.
    pub title: String,
    /// Icon before the title.
    pub icon: String,
}

/// Style of one line of the intro slide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntroLine {
    /// Its alignment.
    pub alignment: Alignment,
    /// Its colours and modifiers.
    pub style: Style,
    /// Size, 1 to 7 (used by the title only).
    pub font_size: u8,
}

/// Style of the intro slide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntroStyle {
    /// The title.
    pub title: IntroLine,
    /// The subtitle.
    pub subtitle: IntroLine,
    /// The event.
    pub event: IntroLine,
    /// The location.
    pub location: IntroLine,
    /// The date.
    pub date: IntroLine,
    /// The authors.
    pub author: IntroLine,
    /// Whether the authors follow the title, instead of being at the bottom.
    pub author_below_title: bool,
    /// Whether the footer is drawn.
    pub footer: bool,
}

/// Style of the footer.
#[derive(Clone, Debug, PartialEq)]
pub enum FooterStyle {
    /// Three parts, each a template.
    Template {
        /// Left part.
        left: Option<FooterPart>,
        /// Middle part.
        center: Option<FooterPart>,
        /// Right part.
        right: Option<FooterPart>,
        /// Colours.
        style: Style,
        /// Rows.
        height: u16,
        /// Space at both ends.
        margin: Margin,
    },
    /// A bar that grows with each slide.
    ProgressBar {
        /// The character it is made of.
        character: char,
        /// Colours.
        style: Style,
    },
    /// No footer.
    Empty,
}

/// Space at both ends of a footer.
const DEFAULT_FOOTER_MARGIN: Margin = Margin::Fixed(1);

impl Default for FooterStyle {
    fn default() -> Self {
        Self::Template {
            left: None,
            center: None,
            right: None,
            style: Style::new(),
            height: 3,
            margin: DEFAULT_FOOTER_MARGIN,
        }
    }
}

/// One part of a template footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FooterPart {
    /// Unparsed text with `{variables}`, and its location; `parse::footer` parses it.
    Text(String, Span),
    /// A picture's path, relative to the deck or the themes folder, and its location.
    Image(String, Span),
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
