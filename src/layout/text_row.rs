//! A row of text as a scene has it: laid out, with the format of each of its parts.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use ratatui::style::Style;
use ratatui::text::Line;

use super::inputs::PictureKey;
use super::wrap;

/// How text is shown, and what it links to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextFormat {
    /// Its colours and modifiers.
    pub style: Style,
    /// The address that it links to.
    pub link: Option<Arc<str>>,
    /// Whether it is half as high as other text, at the top of its row: superscript.
    pub is_raised: bool,
    /// The picture that covers it: the text is blank.
    pub picture: Option<Arc<LinePicture>>,
}

/// A picture in a row of text, which may extend to the rows above and below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePicture {
    /// The picture.
    pub key: PictureKey,
    /// Its columns.
    pub columns: u16,
    /// The rows that it extends above the text.
    pub above: u16,
    /// The rows that it extends below the text.
    pub below: u16,
    /// The alternative text.
    pub alt: Box<str>,
}

impl LinePicture {
    /// Returns its number of rows.
    pub fn rows(&self) -> u32 {
        u32::from(self.above) + 1 + u32::from(self.below)
    }
}

impl From<Style> for TextFormat {
    fn from(style: Style) -> Self {
        Self { style, ..Self::default() }
    }
}

/// A part of a row in one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSpan {
    /// The text.
    pub content: Cow<'static, str>,
    /// Its format.
    pub format: TextFormat,
}

impl TextSpan {
    /// Returns the width in cells.
    pub fn width(&self) -> usize {
        wrap::cells(&self.content)
    }
}

/// One row of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextRow {
    /// Its parts, from left to right.
    pub spans: Vec<TextSpan>,
}

impl TextRow {
    /// Returns the width in cells.
    pub fn width(&self) -> usize {
        self.spans.iter().map(TextSpan::width).sum()
    }

    /// Returns the rows that its pictures extend above and below the text.
    pub fn extent(&self) -> (u32, u32) {
        let pictures = self.spans.iter().filter_map(|span| span.format.picture.as_ref());
        pictures.fold((0, 0), |(above, below), picture| {
            (above.max(picture.above.into()), below.max(picture.below.into()))
        })
    }

    /// Appends text.
    pub fn push(&mut self, content: impl Into<Cow<'static, str>>, format: impl Into<TextFormat>) {
        self.spans.push(TextSpan { content: content.into(), format: format.into() });
    }
}

impl From<Line<'static>> for TextRow {
    fn from(line: Line<'static>) -> Self {
        let span = |span: ratatui::text::Span<'static>| TextSpan {
            content: span.content,
            format: line.style.patch(span.style).into(),
        };
        Self { spans: line.spans.into_iter().map(span).collect() }
    }
}

impl fmt::Display for TextRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spans.iter().try_for_each(|span| formatter.write_str(&span.content))
    }
}
