//! The tree between markdown and slides: blocks as they nest in the text, before commands, slides
//! and steps have been worked out. `events` grows it, `slides` turns it into the deck.

use std::borrow::Cow;

use crate::deck::{AlertKind, Inline, Marker, Table};
use crate::diag::Diagnostic;
use crate::source::{FileId, Span};

/// One block of the text.
#[derive(Debug)]
pub(super) struct Element<'t> {
    /// What it is.
    pub(super) kind: ElementKind<'t>,
    /// Where it is written.
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
    /// Rows left empty by `<br>` on a line of its own.
    Space(u16),
    /// What stands between `<!--` and `-->`.
    Comment(Cow<'t, str>),
    /// Something that cannot be drawn.
    Mistake(Box<Diagnostic>),
}

/// A list item; nested lists are flattened.
#[derive(Debug)]
pub(super) struct ItemDraft<'t> {
    /// How deep it is nested, from 0.
    pub(super) depth: u8,
    /// What stands before it.
    pub(super) marker: Marker,
    /// Its text.
    pub(super) text: Vec<Inline>,
    /// What follows its text: code, quotes, comments.
    pub(super) children: Vec<Element<'t>>,
}

/// A code block as written.
#[derive(Debug)]
pub(super) struct FenceDraft<'t> {
    /// What follows the opening fence, and where.
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
    /// The address.
    pub(super) source: Box<str>,
    /// The alternative text, which holds the attributes.
    pub(super) alt: String,
    /// Where it is written.
    pub(super) span: Span,
}

/// Where a piece of text comes from, so that offsets in it become spans.
#[derive(Clone, Copy, Debug)]
pub(super) enum TextOrigin {
    /// It starts at a byte of a file.
    At(FileId, usize),
    /// It was taken apart or changed: all of it stands here.
    Whole(Span),
}

impl TextOrigin {
    /// The span of a range of the text.
    pub(super) fn span(self, range: std::ops::Range<usize>) -> Span {
        match self {
            Self::At(file, base) => Span::new(file, range.start + base..range.end + base),
            Self::Whole(span) => span,
        }
    }

    /// The origin of the text that starts at `offset`.
    pub(super) fn from(self, offset: usize) -> Self {
        match self {
            Self::At(file, base) => Self::At(file, base + offset),
            Self::Whole(span) => Self::Whole(span),
        }
    }
}
