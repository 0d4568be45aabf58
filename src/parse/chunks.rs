//! Splits a text into chunks that end where a slide ends. Short chunks keep the markdown parser's
//! tree small (10,000 slides in one would cost more than the deck), and limit an unclosed code
//! block to its slide. A quote between `>>>` lines, which pulldown-cmark does not support, is a
//! chunk of its own.

use std::cell::Cell;

use super::events::{self, Dialect, EarlyStop, MAX_DEPTH, diagnostic_element};
use super::tree::{Element, ElementKind, TextOrigin};
use crate::diag::Diagnostic;
use crate::source::{FileId, Span};

/// The number of `>>>` quotes after which chunks also end at such lines.
const MAX_UNSPLIT_QUOTES: usize = 64;

/// Parses a text chunk by chunk.
pub(super) struct Chunks<'t> {
    text: &'t str,
    file: FileId,
    /// The start of the next chunk.
    at: usize,
    /// Whether to split at all: not if links or footnotes may be defined on another slide.
    splits: bool,
    depth: usize,
    /// Whether `$…$` and `$$…$$` are formulas.
    has_math: bool,
    /// The number of `>>>` quotes so far. After many, chunks end at such lines; otherwise the rest
    /// of the slide would be parsed again for each.
    quotes: usize,
    /// The range that was last searched for the end of a slide, which avoids searching a slide
    /// again for each of its chunks.
    slide: Cell<(usize, usize)>,
}

impl<'t> Chunks<'t> {
    /// Creates the chunks of `file` from byte `from` on.
    pub(super) fn new(text: &'t str, from: usize, file: FileId, has_math: bool) -> Self {
        Self {
            text,
            file,
            at: from,
            splits: !has_definitions(text),
            depth: 0,
            has_math,
            quotes: 0,
            slide: Cell::default(),
        }
    }

    /// Returns the blocks of the next chunk; `None` at the end.
    pub(super) fn next(&mut self, mistakes: &mut Vec<Diagnostic>) -> Option<Vec<Element<'t>>> {
        if self.at >= self.text.len() {
            return None;
        }
        let reported = mistakes.len();
        let mut end = self.end_from(self.at);
        let (mut blocks, mut stop) = self.read(end, mistakes);
        if let Some(EarlyStop::OpenFence(fence)) = &stop {
            let open = self.at + fence.start;
            if let Some(closing) = closing_line(self.text, open, end) {
                mistakes.truncate(reported);
                end = self.end_from(closing);
                (blocks, stop) = self.read(end, mistakes);
            } else {
                mistakes.push(self.unclosed(open));
            }
        }
        self.at = end;
        if let Some(EarlyStop::LongQuote(range)) = stop {
            self.long_quote(range, end, &mut blocks, mistakes);
        }
        Some(blocks)
    }

    fn unclosed(&self, open: usize) -> Diagnostic {
        let line = self.text[open..].find('\n').unwrap_or(self.text.len() - open);
        let span = Span::new(self.file, open..open + line);
        Diagnostic::warning(span, "this code block is never closed")
            .hint("end it with the same fence on its own line")
    }

    /// Returns the end of the chunk that contains byte `at`.
    fn end_from(&self, at: usize) -> usize {
        if !self.splits {
            return self.text.len();
        }
        let end = self.slide_end(at);
        if self.quotes < MAX_UNSPLIT_QUOTES {
            return end;
        }
        let lines = self.text[at..end].split_inclusive('\n').scan(at, |next, line| {
            *next += line.len();
            Some((*next, line))
        });
        let marks = |line: &str| line.trim().len() >= 3 && line.trim().bytes().all(|b| b == b'>');
        { lines }.find(|(_, line)| marks(line)).map_or(end, |(after, _)| after)
    }

    /// Returns the end of the slide that contains byte `at`.
    fn slide_end(&self, at: usize) -> usize {
        let (from, end) = self.slide.get();
        if !(from..end).contains(&at) {
            self.slide.set((at, self.find_slide_end(at)));
        }
        self.slide.get().1
    }

    fn find_slide_end(&self, at: usize) -> usize {
        // A single search that checks each comment: searching for each spelling of the command
        // would scan to the end of the text for the unused one.
        let mut from = at;
        while let Some(found) = self.text[from..].find("\n<!--") {
            let line = from + found + 1;
            if self.text[line + 4..].trim_start_matches(' ').starts_with("end_slide") {
                return line;
            }
            from = line;
        }
        self.text.len()
    }

    fn read(
        &self,
        end: usize,
        mistakes: &mut Vec<Diagnostic>,
    ) -> (Vec<Element<'t>>, Option<EarlyStop>) {
        let origin = TextOrigin::At(self.file, self.at);
        let dialect = Dialect { depth: self.depth, has_math: self.has_math };
        events::read(&self.text[self.at..end], origin, dialect, mistakes)
    }

    /// Parses the quote whose opening line is at `line`, where parsing of the chunk up to `end`
    /// stopped, and continues after it.
    fn long_quote(
        &mut self,
        line: std::ops::Range<usize>,
        end: usize,
        blocks: &mut Vec<Element<'t>>,
        mistakes: &mut Vec<Diagnostic>,
    ) {
        self.quotes += 1;
        let (start, inside) = (line.start, line.end);
        let end = self.slide_end(inside).max(end);
        let span = |to: usize| Span::new(self.file, start..to);
        let marks = self.text[start..inside].trim().len();
        let Some(closing) = quote_end(self.text, inside, end, marks) else {
            self.at = inside;
            let mistake = Diagnostic::error(span(inside), "this quote is never closed")
                .hint(format!("end it with a line `{}`", ">".repeat(marks.min(9))));
            blocks.push(diagnostic_element(mistake));
            return;
        };
        self.at = closing.end;
        if self.depth >= MAX_DEPTH {
            blocks.push(diagnostic_element(Diagnostic::error(
                span(closing.end),
                "nested too deeply",
            )));
            return;
        }
        let text = &self.text[..closing.start];
        let file = self.file;
        let depth = self.depth + 1;
        let mut quoted = Self {
            text,
            file,
            at: inside,
            splits: false,
            depth,
            has_math: self.has_math,
            quotes: 0,
            slide: Cell::default(),
        };
        let mut elements = Vec::new();
        while let Some(more) = quoted.next(mistakes) {
            elements.extend(more);
        }
        blocks.push(Element { kind: ElementKind::Quote(elements), span: span(closing.end) });
    }
}

/// Returns whether a line of the text may define a link or a footnote.
fn has_definitions(text: &str) -> bool {
    text.match_indices("]:").any(|(at, _)| {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let marks = |c: char| c.is_ascii_digit() || " \t>*-+.)".contains(c);
        text[line..at].trim_start_matches(marks).starts_with('[')
    })
}

/// Returns the line that closes the code block opened at `open`, searched from `from` on. `None` if
/// a fence with a language comes first: then the closing fence was forgotten.
fn closing_line(text: &str, open: usize, from: usize) -> Option<usize> {
    let opening = text[open..].trim_start();
    let mark = opening.chars().next()?;
    let marks = count(opening, mark);
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let fence = line.trim_start_matches(' ');
        if line.len() - fence.len() <= 3 && count(fence, mark) >= marks {
            return fence.trim_start_matches(mark).trim().is_empty().then_some(at);
        }
        at += line.len();
    }
    None
}

fn count(text: &str, mark: char) -> usize {
    text.chars().take_while(|&c| c == mark).count()
}

/// Returns the range of the first line in `from..to` that consists of at least `marks` times `>`.
fn quote_end(text: &str, from: usize, to: usize, marks: usize) -> Option<std::ops::Range<usize>> {
    let mut at = from;
    for line in text[from..to].split_inclusive('\n') {
        let end = at + line.len();
        let quote = line.trim();
        if quote.len() >= marks && quote.bytes().all(|byte| byte == b'>') {
            return Some(at..end);
        }
        at = end;
    }
    None
}
