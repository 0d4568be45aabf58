//! Wiki links. pulldown-cmark accepts any text between `[[` and `]]`; in presenterm a link contains
//! no brackets, which leaves lists of lists (`[["a"], ["b"]]`) as text.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Returns the source of a wiki link that is plain text; `None` for a link.
pub(super) fn plain_text<'t>(source: &'t str, range: &Range<usize>) -> Option<&'t str> {
    let written = source.get(range.clone())?;
    let inside = written.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
    let is_link = inside.is_some_and(|inside| !has_bracket(inside));
    (!is_link).then_some(written)
}

fn has_bracket(text: &str) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let bracket = !escaped && matches!(c, '[' | ']');
        escaped = !escaped && c == '\\';
        bracket
    })
}

/// Returns the inline events of `written`, with their ranges in it.
pub(super) fn inside(written: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    let events = Parser::new_ext(written, Options::ENABLE_STRIKETHROUGH).into_offset_iter();
    events.filter(|(event, _)| {
        !matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph))
    })
}
