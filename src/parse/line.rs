//! Parses a single line of inline markdown: titles in the front matter, titles of alerts, footers.

use super::events;
use super::sanitize::clean;
use super::tree::{ElementKind, TextOrigin};
use crate::deck::{Inline, TextStyle};
use crate::diag::Diagnostic;
use crate::source::Span;

/// Punctuation put before the line to keep a leading `#`, `-` or `1.` from starting a block.
const GUARD: char = '¡';

/// Parses a line; spaces at its ends are kept.
pub(super) fn line(text: &str) -> Vec<Inline> {
    line_at(text, Span::default(), &mut Vec::new())
}

/// As [`line()`], with diagnostics reported at `span`.
pub(super) fn line_at(text: &str, span: Span, mistakes: &mut Vec<Diagnostic>) -> Vec<Inline> {
    let text = text.replace(['\n', '\r'], " ");
    let body = text.trim();
    if body.is_empty() {
        return plain(&text).into_iter().collect();
    }
    let (before, after) = text.split_once(body).unwrap_or_default();
    let guarded = format!("{GUARD}{body}");
    let blocks = events::blocks(&guarded, TextOrigin::Whole(span), 0, mistakes);
    let mut line = Vec::new();
    line.extend(plain(before));
    for block in blocks {
        if let ElementKind::Paragraph(inlines) = block.kind {
            let mut inlines = inlines.into_iter();
            line.extend(inlines.next().and_then(unguard));
            line.extend(inlines);
        }
    }
    line.extend(plain(after));
    line
}

fn plain(text: &str) -> Option<Inline> {
    (!text.is_empty()).then(|| Inline::Text(clean(text), TextStyle::default()))
}

/// Removes the guard from the first inline.
fn unguard(inline: Inline) -> Option<Inline> {
    match inline {
        Inline::Text(text, style) => match text.strip_prefix(GUARD) {
            Some("") => None,
            Some(rest) => Some(Inline::Text(rest.into(), style)),
            None => Some(Inline::Text(text, style)),
        },
        inline => Some(inline),
    }
}
