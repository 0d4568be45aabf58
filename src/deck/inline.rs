//! Text inside a block: a flat sequence of inlines, each in one style. The parser resolves nesting
//! (flags add up, the inner colour wins), which leaves only line breaking to the layout.

use std::sync::Arc;

use crate::source::Span;

/// A part of a block's text.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// Text in one style.
    Text(Box<str>, TextStyle),
    /// A formula that has no exact form as text.
    Formula(Arc<LineFormula>, TextStyle),
    /// A hard line break.
    Break,
    /// A line end in the source: a space in paragraphs, a new row in quotes.
    SoftBreak,
    /// A counter, whose value depends on the slide, in footers.
    Counter(FooterCounter, TextStyle),
}

/// A formula in a line that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct LineFormula {
    /// Its LaTeX, without the signs around it.
    pub source: Box<str>,
    /// An approximate form as text, if there is one, such as `(a + b)/√c`.
    pub linear: Option<Box<str>>,
    /// What code that shows it says of it, in one row: it is shown where it cannot be drawn.
    pub plain: Option<Box<str>>,
    /// Its position, with the signs around it.
    pub span: Span,
}

impl LineFormula {
    /// Returns it as it is written, in one row.
    pub fn written(&self) -> String {
        if let Some(plain) = &self.plain {
            return plain.to_string();
        }
        format!("${}$", self.source.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Returns it as text that is easy to read: its approximate form, else as it is written.
    pub fn text(&self) -> String {
        self.linear.as_deref().map_or_else(|| self.written(), str::to_owned)
    }
}

/// A counter in a footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FooterCounter {
    /// The number of the slide shown, from 1.
    CurrentSlide,
    /// The number of slides.
    TotalSlides,
}

/// The markup of a text. The theme defines its look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextStyle {
    flags: u16,
    /// Colours from `<span style="…">`, boxed because they are rare.
    pub colors: Option<Box<SpanColors>>,
    /// Where a link leads, if the text is part of one.
    pub link: Option<Arc<str>>,
}

/// Colours of a span: each a colour name, `#hex`, or `palette:name`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanColors {
    /// Text colour.
    pub foreground: Option<String>,
    /// Background colour.
    pub background: Option<String>,
    /// A palette class of the theme.
    pub class: Option<String>,
    /// Its position, for messages about unknown names.
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
    /// A link's address, shown after the label.
    pub const LINK_URL: u16 = 1 << 6;
    /// A link's title, in quotes after the address.
    pub const LINK_TITLE: u16 = 1 << 7;

    /// A URL in running text: it wraps with the words around it.
    pub const BARE: u16 = 1 << 8;

    /// Creates a style with only these flags.
    pub fn new(flags: u16) -> Self {
        Self { flags, colors: None, link: None }
    }

    /// Returns this style with a link.
    #[must_use]
    pub fn leading_to(mut self, address: &Arc<str>) -> Self {
        self.link = Some(Arc::clone(address));
        self
    }

    /// Returns whether any of these flags is set.
    pub fn has(&self, flags: u16) -> bool {
        self.flags & flags != 0
    }

    /// Returns this style with these flags added.
    #[must_use]
    pub fn with(mut self, flags: u16) -> Self {
        self.flags |= flags;
        self
    }
}

/// Returns the text without its style; breaks become spaces.
pub fn inline_text(inlines: &[Inline]) -> String {
    let mut text = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(inline, _) => text.push_str(inline),
            Inline::Formula(formula, _) => text.push_str(&formula.text()),
            Inline::Break | Inline::SoftBreak => text.push(' '),
            Inline::Counter(..) => {}
        }
    }
    text
}
