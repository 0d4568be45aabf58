//! Markdown cells as the markdown of a deck: translates what Jupyter shows and decks do not, which is HTML
//! and LaTeX environments.
//!
//! Elements without an equivalent, such as `<iframe>`, stay as they are: the deck reports them in their place.

mod element;
mod environment;
mod tables;
mod tag;
#[cfg(test)]
mod tests;

use element::{HtmlElement, HtmlKind};
use tag::HtmlTag;

/// Maximum number of elements in each other, and of tags and environments without an end. More stay as they
/// are, so that the time for a text is bounded by its length.
const MAX_DEPTH: usize = 64;
const MAX_FAILURES: usize = 32;

/// Returns the text of a cell as the markdown of a deck. Code and formulas stay as they are.
pub(super) fn deck_markdown(text: String) -> String {
    if !text.contains('<') && !text.contains("\\begin{") {
        return text;
    }
    let mut writer = MarkdownWriter::default();
    let mut rest = &*text;
    while !rest.is_empty() {
        rest = writer.advance(rest);
    }
    writer.finish()
}

/// Writes markdown; the text of open elements is kept until they are closed.
#[derive(Debug, Default)]
struct MarkdownWriter {
    written: String,
    open: Vec<HtmlElement>,
    /// Number of tags and environments without an end.
    failures: usize,
}

impl MarkdownWriter {
    /// Writes the start of a text and returns the rest.
    fn advance<'t>(&mut self, text: &'t str) -> &'t str {
        if self.is_at_line_start() {
            if let Some(end) = end_of_fence(text).or_else(|| end_of_formula(text)) {
                return self.keep(text, end);
            }
            if let Some(name) = environment::name(text).filter(|_| self.failures < MAX_FAILURES) {
                if let Some((formula, rest)) = environment::formula(text, name) {
                    self.target().push_str(&formula);
                    return rest;
                }
                self.failures += 1;
            }
        }
        match text.as_bytes()[0] {
            // One empty line separates blocks.
            b'\n' if self.target().ends_with("\n\n") => &text[1..],
            b'`' => self.keep(text, end_of_code(text)),
            b'<' if text.starts_with("<!--") => {
                self.keep(text, text.find("-->").map_or(text.len(), |end| end + 3))
            }
            b'<' if self.failures < MAX_FAILURES => {
                if let Some((tag, rest)) = HtmlTag::parse(text) {
                    self.tag(&tag, &text[..text.len() - rest.len()]);
                    return rest;
                }
                self.failures += usize::from(text[1..].starts_with(char::is_alphabetic));
                self.keep(text, 1)
            }
            _ => {
                let line = text.find('\n').map_or(text.len(), |end| end + 1);
                let first = text.chars().next().map_or(1, char::len_utf8);
                let next = text[first..line].find(['<', '`']);
                self.keep(text, next.map_or(line, |at| first + at))
            }
        }
    }

    /// Writes this many bytes of a text as they are and returns the rest.
    fn keep<'t>(&mut self, text: &'t str, end: usize) -> &'t str {
        let (kept, rest) = text.split_at(end);
        self.target().push_str(kept);
        rest
    }

    /// Returns where text is written: to the innermost open element.
    fn target(&mut self) -> &mut String {
        self.open.last_mut().map_or(&mut self.written, |element| &mut element.text)
    }

    fn is_at_line_start(&mut self) -> bool {
        let written = self.target();
        written.is_empty() || written.ends_with('\n')
    }

    /// Writes a tag, which the text has as `source`.
    fn tag(&mut self, tag: &HtmlTag<'_>, source: &str) {
        let Some(kind) = HtmlKind::of(&tag.name) else {
            self.target().push_str(source);
            return;
        };
        if tag.is_closing {
            if let Some(at) = self.open.iter().rposition(|it| it.name == tag.name) {
                while self.open.len() > at {
                    self.close();
                }
            }
            return;
        }
        // `</li>`, `</td>` and `</tr>` may be missing.
        while self.open.last().is_some_and(|open| open.ends_before(kind)) {
            self.close();
        }
        let element = HtmlElement::new(kind, tag);
        match element.as_void() {
            Some(markdown) => self.target().push_str(&markdown),
            None if self.open.len() < MAX_DEPTH => self.open.push(element),
            None => self.target().push_str(source),
        }
    }

    /// Closes the innermost element.
    fn close(&mut self) {
        let Some(element) = self.open.pop() else { return };
        let is_code = self.open.iter().any(|open| open.kind == HtmlKind::Preformatted);
        if let Some(outer) = self.open.iter_mut().rev().find(|outer| outer.takes(&element)) {
            outer.take(element);
            return;
        }
        let markdown = element.into_markdown(is_code);
        let target = self.target();
        if markdown.starts_with("\n\n") {
            target.truncate(target.trim_end_matches('\n').len());
        }
        target.push_str(&markdown);
    }

    fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.written
    }
}

/// Returns where the fenced code ends that starts a text.
fn end_of_fence(text: &str) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next()?;
    let mark = first.trim_start();
    let letter = mark.chars().next().filter(|letter| matches!(letter, '`' | '~'))?;
    let length = mark.chars().take_while(|it| *it == letter).count();
    let is_fence = length >= 3 && !(letter == '`' && mark[length..].contains('`'));
    if !is_fence {
        return None;
    }
    let mut end = first.len();
    for line in lines {
        end += line.len();
        let mark = line.trim();
        if mark.len() >= length && mark.chars().all(|it| it == letter) {
            break;
        }
    }
    Some(end)
}

/// Returns where the formula between `$$` ends that starts a text.
fn end_of_formula(text: &str) -> Option<usize> {
    let start = text.len() - text.trim_start_matches([' ', '\t']).len();
    let inner = text[start..].strip_prefix("$$")?;
    inner.find("$$").map(|end| start + 2 + end + 2)
}

/// Returns where the code span ends that starts a text; after its backticks, if nothing ends it.
fn end_of_code(text: &str) -> usize {
    let length = text.len() - text.trim_start_matches('`').len();
    let mut at = length;
    while let Some(next) = text[at..].find('`') {
        let start = at + next;
        let run = text[start..].len() - text[start..].trim_start_matches('`').len();
        at = start + run;
        if run == length {
            return at;
        }
    }
    length
}
