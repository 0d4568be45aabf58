//! Text inside a block: a flat run of styled pieces. Nesting is resolved by the parser (flags add
//! up, the inner colour wins), so that layout only breaks lines.

use crate::source::Span;

/// One piece of a block's text.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// Text in one style.
    Text(Box<str>, TextStyle),
    /// A line break the author asked for.
    Break,
    /// A line end in the source: a space in paragraphs, a row of its own in quotes.
    SoftBreak,
    /// A number only known per slide, in footers.
    Variable(Variable, TextStyle),
}

/// What a footer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// The number of the slide shown, from 1.
    CurrentSlide,
    /// How many slides there are.
    TotalSlides,
}

/// How a piece of text is marked up. The theme says what that looks like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextStyle {
    flags: u16,
    /// Colours from `<span style="…">`, boxed because they are rare.
    pub colors: Option<Box<SpanColors>>,
}

/// Colours an author wrote on a span: each a colour word, `#hex`, or `palette:name`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanColors {
    /// Text colour.
    pub foreground: Option<String>,
    /// Background colour.
    pub background: Option<String>,
    /// A palette class of the theme.
    pub class: Option<String>,
    /// Where it is written, for messages about unknown names.
    pub span: Span,
}

impl TextStyle {
    /// `**strong**`
    pub const BOLD: u16 = 1;
    /// `_emphasis_`
    pub const ITALIC: u16 = 1 << 1;
    /// `~~struck~~`
    pub const STRIKE: u16 = 1 << 2;
    /// `` `code` ``
    pub const CODE: u16 = 1 << 3;
    /// `^superscript^`
    pub const SUPERSCRIPT: u16 = 1 << 4;
    /// A link's label.
    pub const LINK_LABEL: u16 = 1 << 5;
    /// A link's address, shown behind the label.
    pub const LINK_URL: u16 = 1 << 6;
    /// A link's title, in quotes behind the address.
    pub const LINK_TITLE: u16 = 1 << 7;

    /// An address that stands in the text itself: it is wrapped with the words around it.
    pub const BARE: u16 = 1 << 8;

    /// A style of just these flags.
    pub fn new(flags: u16) -> Self {
        Self { flags, colors: None }
    }

    /// Whether any of these flags is set.
    pub fn has(&self, flags: u16) -> bool {
        self.flags & flags != 0
    }

    /// This style with these flags set, too.
    #[must_use]
    pub fn with(mut self, flags: u16) -> Self {
        self.flags |= flags;
        self
    }
}

/// The text without its style; breaks become spaces.
pub fn inline_text(inlines: &[Inline]) -> String {
    let mut text = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(piece, _) => text.push_str(piece),
            Inline::Break | Inline::SoftBreak => text.push(' '),
            Inline::Variable(..) => {}
        }
    }
    text
}
