//! The intermediate tree of elements: blocks as nested in the text, before commands, slides and
//! steps are resolved. `events` builds it, `deck_builder` turns it into the deck.

use std::borrow::Cow;

use crate::deck::{AlertKind, Inline, Marker, Table};
use crate::diag::Diagnostic;
use crate::source::{FileId, Span};

/// One block of the text.
#[derive(Debug)]
pub(super) struct Element<'t> {
    /// What it is.
    pub(super) kind: ElementKind<'t>,
    /// Its position in the source.
    pub(super) span: Span,
}

/// A block's kind and content.
#[derive(Debug)]
pub(super) enum ElementKind<'t> {
    Paragraph(Vec<Inline>),
    Heading {
        level: u8,
        setext: bool,
        text: Vec<Inline>,
    },
    List(Vec<ItemDraft<'t>>),
    Table(Table),
    Quote(Vec<Element<'t>>),
    Alert(AlertKind, Option<Vec<Inline>>, Vec<Element<'t>>),
    Footnote(Box<str>, Vec<Inline>),
    Fence(Box<FenceDraft<'t>>),
    Picture(Box<PictureDraft>),
    Rule,
    /// Blank rows: `<br>` on its own line.
    Space(u16),
    /// The text between `<!--` and `-->`.
    Comment(Cow<'t, str>),
    /// A diagnostic that is shown in its place.
    Mistake(Box<Diagnostic>),
}

/// A list item; nested lists are flattened.
#[derive(Debug)]
pub(super) struct ItemDraft<'t> {
    /// How deep it is nested, from 0.
    pub(super) depth: u8,
    /// Its bullet or number.
    pub(super) marker: Marker,
    /// Its text.
    pub(super) text: Vec<Inline>,
    /// The content after its text: code, quotes, comments.
    pub(super) children: Vec<Element<'t>>,
}

/// A code block as written.
#[derive(Debug)]
pub(super) struct FenceDraft<'t> {
    /// The info string, and its position.
    pub(super) info: &'t str,
    pub(super) info_span: Span,
    /// The code without the marks of the quote or list around it.
    pub(super) code: Cow<'t, str>,
    /// From the code's first to its last byte.
    pub(super) code_span: Span,
}

/// A picture as written.
#[derive(Debug)]
pub(super) struct PictureDraft {
    /// The path or address.
    pub(super) source: Box<str>,
    /// Whether it is a formula, which is its alternative text.
    pub(super) is_formula: bool,
    /// The alternative text, which holds the attributes.
    pub(super) alt: String,
    /// Its position in the source.
    pub(super) span: Span,
}

/// The position of a text in its file, to compute spans from offsets.
#[derive(Clone, Copy, Debug)]
pub(super) enum TextOrigin {
    /// The text starts at a byte of a file.
    At(FileId, usize),
    /// The text was assembled or changed: its span as a whole.
    Whole(Span),
}

impl TextOrigin {
    /// Returns the span of a range of the text.
    pub(super) fn span(self, range: std::ops::Range<usize>) -> Span {
        match self {
            Self::At(file, base) => Span::new(file, range.start + base..range.end + base),
            Self::Whole(span) => span,
        }
    }

    /// Returns the origin of the text that starts at `offset`.
    pub(super) fn from(self, offset: usize) -> Self {
        match self {
            Self::At(file, base) => Self::At(file, base + offset),
            Self::Whole(span) => Self::Whole(span),
        }
    }
}
