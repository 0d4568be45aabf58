//! The styles of blocks: lists, tables, titles, code, output, quotes and alerts.

use ratatui::style::{Color, Style};

use super::placement::{Alignment, Padding};
use crate::source::Span;

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

impl Default for ListStyle {
    fn default() -> Self {
        Self { indent: 3, gap: 2, marker: Style::new() }
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
