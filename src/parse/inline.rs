//! Collects inline events into a flat sequence of inlines. Styles are a stack: flags add up, the
//! inner colour wins; code and link labels reset the style.

use std::sync::Arc;

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

use super::autolink;
use super::formula;
use super::html;
use super::sanitize::{clean, clean_code};
use super::superscript;
use super::tree::{PictureDraft, TextOrigin};
use super::wikilink;
use crate::deck::{Inline, LineFormula, TextStyle};
use crate::diag::Diagnostic;

/// Collects the inline content of one block at a time.
#[derive(Debug)]
pub(super) struct InlineCollector<'t> {
    source: &'t str,
    origin: TextOrigin,
    done: Vec<Inline>,
    text: String,
    style: TextStyle,
    open: Vec<OpenStyle<'t>>,
    /// Inlines that are a lone `^`, which may mark superscript.
    carets: Vec<superscript::Caret>,
    pictures: Vec<(usize, PictureDraft)>,
    picture_depth: usize,
    /// The number of open tags inside brackets that are parsed as text.
    skipped_depth: usize,
}

/// An open style, and the one to restore.
#[derive(Debug)]
struct OpenStyle<'t> {
    kind: OpenKind<'t>,
    outer: TextStyle,
}

#[derive(Debug)]
enum OpenKind<'t> {
    Markup,
    Link {
        url: CowStr<'t>,
        title: CowStr<'t>,
        starts_at: usize,
    },
    /// The label, if the link has a pipe.
    WikiLink {
        label: Option<CowStr<'t>>,
        starts_at: usize,
    },
    Html(html::TagName),
}

/// Where a formula is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FormulaPlace {
    InText,
    OwnRows,
}

/// Whether dollar signs enclose a formula, by pandoc's rule: no blank inside either, no digit after the
/// second.
fn is_formula(source: &str, range: &std::ops::Range<usize>) -> bool {
    let inside = source.get(range.clone()).unwrap_or_default().trim_matches('$');
    let after = source.get(range.end..).and_then(|rest| rest.chars().next());
    !inside.starts_with(char::is_whitespace)
        && !inside.ends_with(char::is_whitespace)
        && !after.is_some_and(|c| c.is_ascii_digit())
}

/// The inline content of a block.
pub(super) struct InlineContent {
    /// The inlines, in order.
    pub(super) inlines: Vec<Inline>,
    /// Its pictures, each with the index of the inline after it.
    pub(super) pictures: Vec<(usize, PictureDraft)>,
}

impl<'t> InlineCollector<'t> {
    /// Creates a collector for blocks of `source`.
    pub(super) fn new(source: &'t str, origin: TextOrigin) -> Self {
        Self {
            source,
            origin,
            done: Vec::new(),
            text: String::new(),
            style: TextStyle::default(),
            open: Vec::new(),
            carets: Vec::new(),
            pictures: Vec::new(),
            picture_depth: 0,
            skipped_depth: 0,
        }
    }

    /// Handles one inline event.
    pub(super) fn event(
        &mut self,
        event: Event<'t>,
        range: std::ops::Range<usize>,
        mistakes: &mut Vec<Diagnostic>,
    ) {
        if self.picture_depth > 0 {
            self.in_picture(&event);
            return;
        }
        if self.skipped_depth > 0 {
            match event {
                Event::Start(_) => self.skipped_depth += 1,
                Event::End(_) => self.skipped_depth -= 1,
                _ => {}
            }
            return;
        }
        match event {
            Event::Text(text) => self.text(&text, &range),
            Event::Code(text) => {
                let code = TextStyle::new(TextStyle::CODE);
                let link = self.style.link.as_ref();
                let style = link.map_or(code.clone(), |link| code.leading_to(link));
                self.piece(clean_code(&text), style);
            }
            Event::InlineMath(text) => self.formula(&text, range, FormulaPlace::InText),
            Event::DisplayMath(text) => self.formula(&text, range, FormulaPlace::OwnRows),
            Event::SoftBreak => self.push(Inline::SoftBreak),
            Event::HardBreak => self.push(Inline::Break),
            Event::FootnoteReference(name) => {
                self.piece(clean(&name), TextStyle::new(TextStyle::SUPERSCRIPT));
            }
            Event::InlineHtml(tag) => self.html(&tag, range, mistakes),
            Event::Start(Tag::Link { link_type: LinkType::WikiLink { .. }, .. })
                if let Some(written) = wikilink::plain_text(self.source, &range) =>
            {
                self.bracketed(written, range.start, mistakes);
            }
            Event::Start(tag) => self.start(tag, range),
            Event::End(end) => self.end(end),
            _ => {}
        }
    }

    /// Ends the block: returns its content and closes all styles.
    pub(super) fn finish(&mut self) -> InlineContent {
        self.flush();
        self.open.clear();
        self.style = TextStyle::default();
        let gone = superscript::resolve(&mut self.done, &mut self.carets);
        for (at, _) in &mut self.pictures {
            *at -= gone.partition_point(|gone| gone < at);
        }
        let ends = |inline: &Inline| matches!(inline, Inline::SoftBreak | Inline::Break);
        while self.done.last().is_some_and(ends) && self.pictures.is_empty() {
            self.done.pop();
        }
        InlineContent {
            inlines: self.done.drain(..).collect(),
            pictures: std::mem::take(&mut self.pictures),
        }
    }

    fn text(&mut self, text: &str, range: &std::ops::Range<usize>) {
        if !text.contains('^') {
            self.text.push_str(text);
            return;
        }
        let escaped = range.start > 0 && self.source.as_bytes()[range.start - 1] == b'\\';
        for (at, part) in text.split_inclusive('^').scan(0, |at, part| {
            let start = *at;
            *at += part.len();
            Some((start, part))
        }) {
            let Some(before) = part.strip_suffix('^') else {
                self.text.push_str(part);
                break;
            };
            self.text.push_str(before);
            let caret = at + before.len();
            if escaped && caret == 0 {
                self.text.push('^');
            } else {
                self.caret(range.start + caret);
            }
        }
    }

    fn caret(&mut self, at: usize) {
        self.flush();
        let caret = superscript::Caret::new(self.done.len(), self.source, at);
        self.carets.push(caret);
        self.done.push(Inline::Text("^".into(), self.style.clone()));
    }

    fn start(&mut self, tag: Tag<'t>, range: std::ops::Range<usize>) {
        self.flush();
        let outer = self.style.clone();
        let (kind, style) = match tag {
            Tag::Emphasis => (OpenKind::Markup, outer.clone().with(TextStyle::ITALIC)),
            Tag::Strong => (OpenKind::Markup, outer.clone().with(TextStyle::BOLD)),
            Tag::Strikethrough => (OpenKind::Markup, outer.clone().with(TextStyle::STRIKE)),
            Tag::Superscript => (OpenKind::Markup, outer.clone().with(TextStyle::SUPERSCRIPT)),
            Tag::Link { link_type: LinkType::WikiLink { has_pothole }, dest_url, .. } => {
                let (label, starts_at) = (has_pothole.then_some(dest_url), self.done.len());
                (OpenKind::WikiLink { label, starts_at }, TextStyle::new(TextStyle::LINK_URL))
            }
            Tag::Link { link_type, dest_url, title, .. } => {
                let url = match link_type {
                    LinkType::Email => format!("mailto:{dest_url}").into(),
                    _ => dest_url,
                };
                let starts_at = self.done.len();
                let label = TextStyle::new(TextStyle::LINK_LABEL).leading_to(&Arc::from(&*url));
                (OpenKind::Link { url, title, starts_at }, label)
            }
            Tag::Image { dest_url, .. } => {
                self.picture(&dest_url, range);
                return;
            }
            _ => (OpenKind::Markup, outer.clone()),
        };
        self.open.push(OpenStyle { kind, outer });
        self.style = style;
    }

    /// Closes the innermost markup, and with it any tag left open inside.
    fn end(&mut self, _end: TagEnd) {
        self.flush();
        while let Some(OpenStyle { kind, outer }) = self.open.pop() {
            self.style = outer;
            match kind {
                OpenKind::Html(_) => {}
                OpenKind::Markup => break,
                OpenKind::WikiLink { label, starts_at } => {
                    if let Some(label) = label {
                        self.wiki_label(&label, starts_at);
                    }
                    break;
                }
                OpenKind::Link { url, title, starts_at } => {
                    self.link(&url, &title, self.done.len() > starts_at);
                    break;
                }
            }
        }
    }

    /// Parses brackets that are not a link, and their content.
    fn bracketed(&mut self, written: &'t str, start: usize, mistakes: &mut Vec<Diagnostic>) {
        for (event, range) in wikilink::inside(written) {
            self.event(event, start + range.start..start + range.end, mistakes);
        }
        self.skipped_depth = 1;
    }

    /// Puts a wiki link's label before its target, and parentheses around the target.
    fn wiki_label(&mut self, label: &str, starts_at: usize) {
        let (plain, style) = (self.style.clone(), TextStyle::new(TextStyle::LINK_LABEL));
        if self.done.len() == starts_at {
            self.piece(clean(label), TextStyle::new(TextStyle::LINK_URL));
            return;
        }
        let before = [Inline::Text(clean(label), style), Inline::Text(" (".into(), plain.clone())];
        self.done.splice(starts_at..starts_at, before);
        self.piece(")".into(), plain);
    }

    /// Appends the part after a link's label: ` (url "title")`.
    fn link(&mut self, url: &str, title: &str, labelled: bool) {
        let plain = self.style.clone();
        if labelled {
            self.piece(" (".into(), plain.clone());
        }
        self.piece(clean(url), TextStyle::new(TextStyle::LINK_URL).leading_to(&Arc::from(url)));
        if !title.is_empty() {
            self.piece(" \"".into(), plain.clone());
            self.piece(clean(title), TextStyle::new(TextStyle::LINK_TITLE));
            self.piece("\"".into(), plain.clone());
        }
        if labelled {
            self.piece(")".into(), plain);
        }
    }

    fn html(&mut self, tag: &str, range: std::ops::Range<usize>, mistakes: &mut Vec<Diagnostic>) {
        self.flush();
        let span = self.origin.span(range);
        match html::tag(tag, span, mistakes) {
            html::InlineTag::Open(name, style) => {
                let outer = self.style.clone();
                self.style = style.over(outer.clone());
                self.open.push(OpenStyle { kind: OpenKind::Html(name), outer });
            }
            html::InlineTag::Close(name) => match self.open.last() {
                Some(OpenStyle { kind: OpenKind::Html(open), .. }) if *open == name => {
                    if let Some(OpenStyle { outer, .. }) = self.open.pop() {
                        self.style = outer;
                    }
                }
                _ => mistakes.push(html::unopened(name, span)),
            },
            html::InlineTag::Break => self.push(Inline::Break),
            html::InlineTag::Nothing => {}
        }
    }

    /// Adds a formula: one in a line as text if that is exact, one in its own rows as a drawing.
    fn formula(&mut self, text: &str, range: std::ops::Range<usize>, place: FormulaPlace) {
        if place == FormulaPlace::InText && !is_formula(self.source, &range) {
            let written = self.source.get(range.clone()).unwrap_or_default();
            return self.text(written, &range);
        }
        let span = self.origin.span(range);
        if place == FormulaPlace::InText {
            let style = self.style.clone().with(TextStyle::ITALIC);
            if let Some(exact) = formula::as_text(text) {
                return self.piece(clean(&exact), style);
            }
            let linear = formula::linear(text).map(|text| clean(&text));
            let formula = LineFormula { source: text.into(), linear, plain: None, span };
            return self.push(Inline::Formula(Arc::new(formula), style));
        }
        self.flush();
        let source = "".into();
        let draft = PictureDraft { source, is_formula: true, alt: text.to_owned(), span };
        self.pictures.push((self.done.len(), draft));
    }

    fn picture(&mut self, url: &str, range: std::ops::Range<usize>) {
        self.picture_depth = 1;
        let draft = PictureDraft {
            source: clean(url),
            is_formula: false,
            alt: String::new(),
            span: self.origin.span(range),
        };
        self.pictures.push((self.done.len(), draft));
    }

    /// Collects the content of a picture's brackets as its alternative text.
    fn in_picture(&mut self, event: &Event<'_>) {
        let Some((_, draft)) = self.pictures.last_mut() else { return };
        match event {
            Event::Text(text) | Event::Code(text) => draft.alt.push_str(&clean(text)),
            Event::SoftBreak | Event::HardBreak => draft.alt.push(' '),
            Event::Start(_) => self.picture_depth += 1,
            Event::End(_) => self.picture_depth -= 1,
            _ => {}
        }
    }

    fn piece(&mut self, text: Box<str>, style: TextStyle) {
        self.flush();
        if !text.is_empty() {
            self.done.push(Inline::Text(text, style));
        }
    }

    fn push(&mut self, inline: Inline) {
        self.flush();
        self.done.push(inline);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = clean(&self.text);
            if text.contains("://") && !self.style.has(TextStyle::LINK_LABEL | TextStyle::LINK_URL)
            {
                autolink::split(&text, &self.style, &mut self.done);
            } else {
                self.done.push(Inline::Text(text, self.style.clone()));
            }
            self.text.clear();
        }
    }
}
