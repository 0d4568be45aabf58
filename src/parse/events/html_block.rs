//! Parses HTML blocks: comments, the text after them, and unsupported tags.

use std::borrow::Cow;
use std::ops::Range;

use super::{BlockReader, MAX_DEPTH, blocks, diagnostic_element, trim};
use crate::diag::Diagnostic;
use crate::parse::html;
use crate::parse::line;
use crate::parse::sanitize::excerpt;
use crate::parse::tree::{Element, ElementKind, TextOrigin};
use crate::source::Span;

impl<'t> BlockReader<'t, '_> {
    /// Parses the HTML block that was just opened.
    pub(super) fn html_block(&mut self, range: Range<usize>, found: &mut Vec<Element<'t>>) {
        let whole = self.text;
        match self.html_text() {
            // Contiguous in the source: every part of it has its own position.
            Cow::Borrowed(html) => {
                let start = html.as_ptr() as usize - whole.as_ptr() as usize;
                let start = if html.is_empty() { range.start } else { start };
                // A multi-line HTML block is several events; the first one starts it.
                let html = whole.get(start..range.end).unwrap_or(html);
                self.html_parts(html, self.origin.from(start), found);
            }
            Cow::Owned(html) if self.depth() == 0 => {
                drop(html);
                let html = &whole[range.clone()];
                self.html_parts(html, self.origin.from(range.start), found);
            }
            Cow::Owned(html) => {
                let span = self.origin.span(range);
                let body =
                    html.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
                match body {
                    Some(body) => {
                        let body = Cow::Owned(body.trim().to_owned());
                        found.push(Element { kind: ElementKind::Comment(body), span });
                    }
                    None if starts_span(&html) => self.spans(&html, span, found),
                    None => {
                        found.push(diagnostic_element(unsupported(&html, TextOrigin::Whole(span))));
                    }
                }
            }
        }
    }

    fn html_parts(&mut self, html: &'t str, origin: TextOrigin, found: &mut Vec<Element<'t>>) {
        let mut at = html.len() - html.trim_start().len();
        while at < html.len() {
            let rest = &html[at..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                at += 4 + self.comment(comment, origin.from(at + 4), found);
            } else if is_break(rest) {
                let end = rest.find('>').map_or(rest.len(), |end| end + 1);
                let span = origin.span(at..at + end);
                found.push(Element { kind: ElementKind::Space(1), span });
                at += end;
            } else if starts_span(rest) {
                self.spans(rest, origin.span(at..html.trim_end().len()), found);
                return;
            } else if !rest.starts_with('<') {
                self.markdown(rest, origin.from(at), found);
                return;
            } else {
                found.push(diagnostic_element(unsupported(rest, origin.from(at))));
                return;
            }
            let rest = &html[at..];
            at += rest.len() - rest.trim_start().len();
        }
    }

    /// Parses the text after `<!--`; returns the length up to the end of `-->`.
    fn comment(
        &mut self,
        text: &'t str,
        origin: TextOrigin,
        found: &mut Vec<Element<'t>>,
    ) -> usize {
        let close = text.find("-->");
        let body = &text[..close.unwrap_or(text.len())];
        let first_line = text.find('\n').unwrap_or(text.len());
        // An unclosed comment runs to the end of the next one or of the deck. Only its first line
        // is treated as the comment, which keeps the slides after it.
        let unclosed = close.is_none() || body[first_line.min(body.len())..].contains("\n<!--");
        if unclosed {
            let span = origin.span(0..first_line);
            let mistake = Diagnostic::error(span, "this comment is never closed");
            found.push(diagnostic_element(mistake.hint("end it with `-->`")));
            self.markdown(&text[first_line..], origin.from(first_line), found);
            return text.len();
        }
        let start = body.len() - body.trim_start().len();
        let body = body.trim();
        let span = origin.span(start..start + body.len());
        found.push(Element { kind: ElementKind::Comment(Cow::Borrowed(body)), span });
        close.map_or(text.len(), |close| close + 3)
    }

    /// Parses a block that starts with a span's tag as a paragraph.
    fn spans(&mut self, html: &str, span: Span, found: &mut Vec<Element<'t>>) {
        let mut text = line::line_at(html.trim(), span, self.mistakes);
        trim(&mut text);
        if !text.is_empty() {
            found.push(Element { kind: ElementKind::Paragraph(text), span });
        }
    }

    /// Parses a part of the block as markdown.
    fn markdown(&mut self, text: &'t str, origin: TextOrigin, found: &mut Vec<Element<'t>>) {
        if self.depth() >= MAX_DEPTH {
            return;
        }
        found.extend(blocks(text, origin, self.depth() + 1, self.mistakes));
    }
}

fn starts_span(html: &str) -> bool {
    let name = html.trim_start_matches(['<', '/']);
    ["span", "sup"].iter().any(|tag| {
        name.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag))
            && !name[tag.len()..].starts_with(|c: char| c.is_alphanumeric())
    })
}

fn is_break(html: &str) -> bool {
    let Some(name) = html.strip_prefix('<') else { return false };
    name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("br"))
        && name[2..].trim_start().starts_with(['>', '/'])
}

fn unsupported(html: &str, origin: TextOrigin) -> Diagnostic {
    let line = html.lines().next().unwrap_or_default();
    let word = html.trim_start().trim_start_matches(['<', '/']);
    let word = word.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let span = origin.span(0..line.len());
    Diagnostic::error(span, format!("HTML is not supported: `{}`", excerpt(line.trim())))
        .hint(html::hint_for(word))
}
