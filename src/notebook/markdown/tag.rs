//! Tags of HTML.

/// A tag.
#[derive(Debug)]
pub(super) struct HtmlTag<'t> {
    /// Its name in lower case.
    pub(super) name: String,
    /// Its attributes, as written.
    pub(super) attributes: &'t str,
    pub(super) is_closing: bool,
}

impl<'t> HtmlTag<'t> {
    /// Reads a tag at the start of a text. Returns it and the rest.
    pub(super) fn parse(text: &'t str) -> Option<(Self, &'t str)> {
        let inner = text.strip_prefix('<')?;
        let (inner, is_closing) = inner.strip_prefix('/').map_or((inner, false), |it| (it, true));
        let name = inner.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(inner.len());
        let (name, after) = inner.split_at(name);
        let is_name = name.starts_with(|it: char| it.is_ascii_alphabetic());
        if !is_name || !after.starts_with(['>', '/', ' ', '\t', '\n']) {
            return None;
        }
        let end = end_of_tag(after)?;
        let attributes = after[..end].trim().trim_end_matches('/').trim_end();
        Some((Self { name: name.to_ascii_lowercase(), attributes, is_closing }, &after[end + 1..]))
    }

    /// Returns the value of an attribute, in quotes or without.
    pub(super) fn attribute(&self, name: &str) -> Option<&'t str> {
        let attributes = self.attributes;
        let is_start =
            |at: usize| attributes[..at].chars().next_back().is_none_or(char::is_whitespace);
        let (at, _) = attributes.match_indices(name).find(|(at, _)| is_start(*at))?;
        let value = attributes[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quoted =
            ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.split_once(quote));
        match quoted {
            Some((value, _)) => Some(value),
            None => value.split_whitespace().next(),
        }
    }
}

/// Returns where the `>` of a tag is, outside of quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, letter)| {
        match (quote, letter) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        None
    })
}
