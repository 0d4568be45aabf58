//! Bare URLs in text (`http://…`) are links. A URL ends where GitHub ends it: at white space,
//! without the punctuation that closes the sentence.

use std::sync::Arc;

use crate::deck::{Inline, TextStyle};

/// The prefixes of a URL.
const SCHEMES: [&str; 2] = ["http://", "https://"];

/// Appends a text, with its URLs as links.
pub(super) fn split(text: &str, style: &TextStyle, inlines: &mut Vec<Inline>) {
    let mut plain = 0;
    let mut from = 0;
    while let Some(found) = text[from..].find("http") {
        let start = from + found;
        let Some(length) = length(&text[start..]).filter(|_| may_start(&text[..start])) else {
            from = start + 4;
            continue;
        };
        push(&text[plain..start], style.clone(), inlines);
        from = start + length;
        let address = &text[start..from];
        let link = style.clone().with(TextStyle::LINK_URL | TextStyle::BARE);
        push(address, link.leading_to(&Arc::from(address)), inlines);
        plain = from;
    }
    push(&text[plain..], style.clone(), inlines);
}

fn push(text: &str, style: TextStyle, inlines: &mut Vec<Inline>) {
    if !text.is_empty() {
        inlines.push(Inline::Text(text.into(), style));
    }
}

/// Returns whether a URL may follow this text: it may not start in the middle of a word.
fn may_start(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '/')
}

/// Returns the length of the URL at the start of the text, if there is one.
fn length(text: &str) -> Option<usize> {
    let scheme = SCHEMES.iter().find(|scheme| text.starts_with(**scheme))?.len();
    let blank = |c: char| c.is_whitespace() || c == '<';
    let mut end = text.find(blank).unwrap_or(text.len());
    let opened = text[..end].matches('(').count();
    let mut closed = text[..end].matches(')').count();
    while let Some(last) = text[scheme..end].chars().next_back() {
        match last {
            '?' | '!' | '.' | ',' | ':' | ';' | '*' | '_' | '~' | '\'' | '"' | ']' | '}' | '|' => {}
            ')' if closed > opened => closed -= 1,
            _ => break,
        }
        end -= last.len_utf8();
    }
    (end > scheme).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text with its URLs in brackets.
    fn marked(text: &str) -> String {
        let mut inlines = Vec::new();
        split(text, &TextStyle::default(), &mut inlines);
        let mark = |inline: &Inline| match inline {
            Inline::Text(text, style) if style.has(TextStyle::LINK_URL) => format!("[{text}]"),
            Inline::Text(text, _) => text.to_string(),
            _ => String::new(),
        };
        inlines.iter().map(mark).collect()
    }

    #[test]
    fn url_ends_before_closing_punctuation() {
        assert_eq!(marked("see http://a.b/c?d=e&f#g."), "see [http://a.b/c?d=e&f#g].");
        assert_eq!(
            marked("https://a.b, (http://c.d/e_(f)) \"http://g\""),
            "[https://a.b], ([http://c.d/e_(f)]) \"[http://g]\""
        );
        assert_eq!(marked("中http://a.b/é 文"), "中http://a.b/é 文");
    }

    #[test]
    fn text_that_is_not_a_url_is_unchanged() {
        for text in ["", "http", "http:/", "http://", "https://.", "xhttp://a", "ahttps://b httpss"]
        {
            assert_eq!(marked(text), text);
        }
    }
}
