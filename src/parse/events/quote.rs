//! Parses block quotes and alerts. An alert is a quote whose first line is `[!note]`, optionally
//! followed by a title.

use std::ops::Range;

use super::BlockReader;
use crate::deck::{AlertKind, Inline};
use crate::parse::line;
use crate::parse::tree::{Element, ElementKind};

/// Parses the quote that was just opened.
pub(super) fn quote<'t>(reader: &mut BlockReader<'t, '_>, range: Range<usize>) -> Element<'t> {
    let marker = marker(&reader.text[range.clone()]);
    if let Some(AlertLine { end, .. }) = &marker {
        reader.skip = range.start + end;
    }
    let blocks = reader.blocks();
    let kind = match marker {
        Some(AlertLine { kind, title, .. }) => ElementKind::Alert(kind, title, blocks),
        None => ElementKind::Quote(blocks),
    };
    reader.element(kind, range)
}

/// An alert's first line.
struct AlertLine {
    kind: AlertKind,
    title: Option<Vec<Inline>>,
    /// Its end in the quote's source.
    end: usize,
}

fn marker(quote: &str) -> Option<AlertLine> {
    let end = quote.find('\n').unwrap_or(quote.len());
    let line = quote[..end].trim_start_matches([' ', '\t']).strip_prefix('>')?;
    let (word, title) = line.trim_start().strip_prefix("[!")?.split_once(']')?;
    let title = Some(title.trim()).filter(|title| !title.is_empty());
    Some(AlertLine { kind: kind(word)?, title: title.map(line::line), end })
}

fn kind(word: &str) -> Option<AlertKind> {
    const KINDS: [(&str, AlertKind); 5] = [
        ("note", AlertKind::Note),
        ("tip", AlertKind::Tip),
        ("important", AlertKind::Important),
        ("warning", AlertKind::Warning),
        ("caution", AlertKind::Caution),
    ];
    KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|&(_, kind)| kind)
}
