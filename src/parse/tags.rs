//! Tags of slides, which choose the slides of a variant.

use crate::deck::Deck;
use crate::diag::{Diagnostic, closest};
use crate::source::Span;

/// Reads a list of tags: `[deep, workshop]`, with or without the brackets. `None` if it is not one.
pub fn tags(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    inner.split(',').map(|tag| is_tag(tag.trim()).then(|| tag.trim().to_owned())).collect()
}

/// Returns whether a text is a tag: letters, digits, `-` and `_`.
fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// Reports tags of the chosen variant that no slide has.
pub(super) fn report_unknown(deck: &mut Deck) {
    for tag in deck.options.variant.unknown(&deck.tags) {
        let hint = match closest(tag, deck.tags.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a slide gets its tags from a comment: `<!-- // tags: [deep] -->`".to_owned(),
        };
        let message = format!("no slide has the tag `{tag}`");
        deck.diagnostics.push(Diagnostic::error(Span::default(), message).hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_optional_brackets() {
        assert_eq!(tags(" [deep, work-shop] ").unwrap(), ["deep", "work-shop"]);
        assert_eq!(tags("short").unwrap(), ["short"]);
        for wrong in ["", "[]", "a b", "a,,b", "[a", "a;b"] {
            assert_eq!(tags(wrong), None, "{wrong}");
        }
    }
}
