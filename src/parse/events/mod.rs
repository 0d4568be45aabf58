//! Converts pulldown-cmark's events to a tree of elements with spans. The markdown dialect is
//! chosen here only.

mod code;
mod html_block;
mod list;
mod paragraph;
mod quote;
mod table;

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

use super::inline::{InlineCollector, InlineContent};
use super::tree::{Element, ElementKind, FenceDraft, PictureDraft, TextOrigin};
use crate::diag::Diagnostic;
use paragraph::trim;

/// How deep quotes and lists may nest; deeper nesting is an error instead of a stack overflow.
pub(super) const MAX_DEPTH: usize = 32;

/// Why parsing stopped before the end of the text.
#[derive(Debug, PartialEq)]
pub(super) enum EarlyStop {
    /// The code block at this range is not closed.
    OpenFence(Range<usize>),
    /// The line at this range of the file opens a `>>>` quote; the text after it was not parsed.
    LongQuote(Range<usize>),
}

/// Returns the elements of `text`, and adds the diagnostics that need no place of their own.
pub(super) fn blocks<'t>(
    text: &'t str,
    origin: TextOrigin,
    depth: usize,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<Element<'t>> {
    read(text, origin, Dialect { depth, has_math: false }, mistakes).0
}

/// How a text is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// How deep it is in quotes and lists.
    pub(super) depth: usize,
    /// Whether `$…$` and `$$…$$` are formulas.
    pub(super) has_math: bool,
}

/// As [`blocks`], and returns why parsing stopped early.
pub(super) fn read<'t>(
    text: &'t str,
    origin: TextOrigin,
    dialect: Dialect,
    mistakes: &mut Vec<Diagnostic>,
) -> (Vec<Element<'t>>, Option<EarlyStop>) {
    let Dialect { depth, has_math } = dialect;
    let math = if has_math { Options::ENABLE_MATH } else { Options::empty() };
    let events = Parser::new_ext(text, extensions() | math).into_offset_iter();
    let line = InlineCollector::new(text, origin);
    let top = depth;
    let mut reader =
        BlockReader { events, text, origin, line, skip: 0, top, depth, stop: None, mistakes };
    let blocks = reader.blocks();
    (blocks, reader.stop)
}

/// The pulldown-cmark extensions in use. Front matter, alerts and superscript are parsed
/// separately, since theirs lose what presenterm keeps.
fn extensions() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_WIKILINKS
}

/// Walks the events of one text.
struct BlockReader<'t, 'm> {
    events: pulldown_cmark::OffsetIter<'t>,
    text: &'t str,
    origin: TextOrigin,
    line: InlineCollector<'t>,
    /// Inline events before this offset are skipped: they are an alert's first line.
    skip: usize,
    /// The depth of the text's top-level blocks.
    top: usize,
    depth: usize,
    stop: Option<EarlyStop>,
    mistakes: &'m mut Vec<Diagnostic>,
}

impl<'t> BlockReader<'t, '_> {
    /// Returns the elements up to the end of the container that was just opened, or of the text.
    fn blocks(&mut self) -> Vec<Element<'t>> {
        let mut found = Vec::new();
        // Text of a tight list item, which has no paragraph around it.
        let mut loose = None::<Range<usize>>;
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::BlockQuote(_)) if self.is_long_quote(&range) => break,
                Event::Start(tag) if is_block(&tag) => {
                    self.loose(&mut loose, &mut found);
                    self.block(tag, range, &mut found);
                }
                Event::Rule => {
                    self.loose(&mut loose, &mut found);
                    found.push(self.element(ElementKind::Rule, range));
                }
                Event::End(end) if ends_block(end) => break,
                event => {
                    if range.start >= self.skip {
                        let start = loose.take().map_or(range.start, |loose| loose.start);
                        loose = Some(start..range.end);
                        self.line.event(event, range, self.mistakes);
                    }
                }
            }
        }
        self.loose(&mut loose, &mut found);
        found
    }

    /// Turns pending loose text into a paragraph.
    fn loose(&mut self, loose: &mut Option<Range<usize>>, found: &mut Vec<Element<'t>>) {
        if let Some(range) = loose.take() {
            let finished = self.line.finish();
            self.paragraph(finished, range, found);
        }
    }

    fn block(&mut self, tag: Tag<'t>, range: Range<usize>, found: &mut Vec<Element<'t>>) {
        match tag {
            Tag::Paragraph => {
                let finished = self.inlines();
                self.paragraph(finished, range, found);
            }
            Tag::Heading { level, .. } => {
                let setext = !is_atx(&self.text[range.clone()]);
                let InlineContent { inlines: text, pictures } = self.inlines();
                let level = level as u8;
                let kind = ElementKind::Heading { level, setext, text };
                found.push(self.element(kind, range));
                found.extend(pictures.into_iter().map(|(_, draft)| picture(draft)));
            }
            Tag::CodeBlock(kind) => found.push(self.code(&kind, range)),
            Tag::HtmlBlock => self.html_block(range, found),
            Tag::Table(aligns) => found.push(self.table(&aligns, range)),
            Tag::BlockQuote(_) | Tag::List(_) if self.depth >= MAX_DEPTH => {
                self.skip_container();
                let mistake = Diagnostic::error(self.origin.span(range), "nested too deeply")
                    .hint(format!("lists and quotes nest up to {MAX_DEPTH} levels"));
                found.push(diagnostic_element(mistake));
            }
            Tag::BlockQuote(_) => {
                let quote = self.nested(|reader| quote::quote(reader, range));
                found.push(quote);
            }
            Tag::List(first) => {
                let numbered = first.is_some();
                let list = self.nested(|reader| list::list(reader, numbered, range));
                found.push(list);
            }
            Tag::FootnoteDefinition(name) => self.footnote(&name, range, found),
            _ => found.extend(self.blocks()),
        }
    }

    /// Returns whether the quote at `range` is a line of `>>>` alone, and then stops parsing there.
    fn is_long_quote(&mut self, range: &Range<usize>) -> bool {
        let TextOrigin::At(_, base) = self.origin else { return false };
        let block = &self.text[range.clone()];
        let line = block.find('\n').map_or(block.len(), |end| end + 1);
        let marks = block[..line].trim();
        let long =
            self.depth == self.top && marks.len() >= 3 && marks.bytes().all(|byte| byte == b'>');
        if long {
            let start = base + range.start;
            self.stop = Some(EarlyStop::LongQuote(start..start + line));
        }
        long
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let made = read(self);
        self.depth -= 1;
        made
    }

    /// Returns the next item of the list that was just opened, and its elements.
    fn next_item(&mut self) -> Option<(Range<usize>, Vec<Element<'t>>)> {
        match self.events.next()? {
            (Event::Start(Tag::Item), range) => Some((range, self.blocks())),
            _ => None,
        }
    }

    /// Returns the current depth of quotes and lists.
    fn depth(&self) -> usize {
        self.depth
    }

    /// Creates an element from `range` of the text.
    fn element(&self, kind: ElementKind<'t>, range: Range<usize>) -> Element<'t> {
        Element { kind, span: self.origin.span(range) }
    }

    /// Returns the inline content up to the end of the block that was just opened.
    fn inlines(&mut self) -> InlineContent {
        for (event, range) in self.events.by_ref() {
            match event {
                Event::End(end) if ends_inlines(end) => break,
                event if range.start >= self.skip => self.line.event(event, range, self.mistakes),
                _ => {}
            }
        }
        self.line.finish()
    }

    /// Parses a footnote: its paragraphs are one text; other elements follow it.
    fn footnote(&mut self, name: &str, range: Range<usize>, found: &mut Vec<Element<'t>>) {
        let mut text = Vec::new();
        let mut others = Vec::new();
        for element in self.blocks() {
            match element.kind {
                ElementKind::Paragraph(inlines) => text.extend(inlines),
                _ => others.push(element),
            }
        }
        let name = crate::parse::sanitize::clean(name);
        found.push(self.element(ElementKind::Footnote(name, text), range));
        found.extend(others);
    }

    /// Returns the text of an HTML block, without the marks of the quote or list around it.
    fn html_text(&mut self) -> Cow<'t, str> {
        let mut html = Cow::Borrowed("");
        for (event, _) in self.events.by_ref() {
            match event {
                Event::Html(text) | Event::Text(text) => join(&mut html, text),
                Event::End(_) => break,
                _ => {}
            }
        }
        html
    }

    /// Skips to the end of the container that was just opened.
    fn skip_container(&mut self) {
        let mut open = 1_usize;
        while open > 0 {
            match self.events.next() {
                Some((Event::Start(_), _)) => open += 1,
                Some((Event::End(_), _)) => open -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }
}

/// Creates an element that shows a diagnostic in its place.
pub(super) fn diagnostic_element<'t>(mistake: Diagnostic) -> Element<'t> {
    Element { span: mistake.span, kind: ElementKind::Mistake(Box::new(mistake)) }
}

/// Creates the element of a picture, or of a formula that is drawn.
fn picture<'t>(draft: PictureDraft) -> Element<'t> {
    if draft.is_formula {
        let (span, code) = (draft.span, Cow::Owned(draft.alt));
        let fence = FenceDraft { info: "latex +render", info_span: span, code, code_span: span };
        return Element { span, kind: ElementKind::Fence(Box::new(fence)) };
    }
    Element { span: draft.span, kind: ElementKind::Picture(Box::new(draft)) }
}

/// Appends to a text that stays borrowed while it has a single part.
fn join<'t>(whole: &mut Cow<'t, str>, part: CowStr<'t>) {
    if whole.is_empty() {
        *whole = match part {
            CowStr::Borrowed(text) => Cow::Borrowed(text),
            part => Cow::Owned(part.into_string()),
        };
    } else {
        whole.to_mut().push_str(&part);
    }
}

/// Returns whether a heading starts with `#` marks; otherwise it is underlined.
fn is_atx(heading: &str) -> bool {
    let heading = heading.trim_start_matches([' ', '\t']);
    let after = heading.trim_start_matches('#');
    let marks = heading.len() - after.len();
    (1..=6).contains(&marks) && after.chars().next().is_none_or(char::is_whitespace)
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. }
            | Tag::Image { .. }
    )
}

fn ends_block(end: TagEnd) -> bool {
    !matches!(
        end,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}

fn ends_inlines(end: TagEnd) -> bool {
    matches!(end, TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableCell)
}
