//! The styles of what is around the blocks: the gradient, the intro slide, the footer and panels.

use ratatui::style::Style;

use super::placement::{Alignment, Margin};
use crate::ansi::Channels;
use crate::source::Span;

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
pub(super) const DEFAULT_FOOTER_MARGIN: Margin = Margin::Fixed(1);

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
