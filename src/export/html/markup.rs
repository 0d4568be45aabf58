//! Text as HTML, and elements that open and close around it.

use std::borrow::Cow;

/// Escapes text between tags. What a document cannot hold becomes the replacement character.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    let is_special = |c: char| matches!(c, '&' | '<' | '>' | '"') || is_control(c);
    if !text.contains(is_special) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if is_control(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped.into()
}

/// Escapes the value of an attribute in double quotes.
pub(super) fn attribute(text: &str) -> Cow<'_, str> {
    escape(text)
}

fn is_control(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// The levels of a page's headings: none is skipped, as screen readers expect.
#[derive(Debug, Default)]
pub(super) struct HeadingLevels(Vec<u8>);

impl HeadingLevels {
    /// Returns the level, from 2 to 6, of the next heading of the document; 1 is the document's title.
    pub(super) fn next(&mut self, level: u8) -> usize {
        while self.0.last().is_some_and(|&last| last >= level) {
            self.0.pop();
        }
        self.0.push(level);
        (self.0.len() + 1).min(6)
    }
}

/// The open lists of a list whose items have a depth.
#[derive(Debug, Default)]
pub(super) struct ListLevels(Vec<(u8, &'static str)>);

impl ListLevels {
    /// Begins an item: closes deeper lists and the item before, or opens a list.
    pub(super) fn item(&mut self, depth: u8, is_numbered: bool, out: &mut String) {
        let tag = if is_numbered { "ol" } else { "ul" };
        while let Some(&(last, open)) = self.0.last()
            && (last > depth || last == depth && open != tag)
        {
            self.0.pop();
            close(open, out);
        }
        match self.0.last() {
            Some(&(last, _)) if last == depth => out.push_str("</li>\n"),
            _ => {
                self.0.push((depth, tag));
                out.push('<');
                out.push_str(tag);
                // Safari does not expose a list without its own bullets as a list.
                out.push_str(" role=\"list\">\n");
            }
        }
        // In the flowing text, its bullet is where its text starts.
        out.push_str("<li dir=\"auto\">");
    }

    /// Ends the list.
    pub(super) fn end(self, out: &mut String) {
        for (_, tag) in self.0.into_iter().rev() {
            close(tag, out);
        }
    }
}

fn close(tag: &str, out: &mut String) {
    out.push_str("</li>\n</");
    out.push_str(tag);
    out.push_str(">\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_skip_no_level() {
        let mut levels = HeadingLevels::default();
        let found = [1, 4, 6, 4, 2, 1, 3].map(|level| levels.next(level));
        assert_eq!(found, [2, 3, 4, 3, 3, 2, 3]);
    }

    #[test]
    fn lists_are_nested_by_depth() {
        let (mut levels, mut out) = (ListLevels::default(), String::new());
        for (depth, is_numbered) in [(0, false), (1, true), (0, false), (0, true)] {
            levels.item(depth, is_numbered, &mut out);
            out.push('x');
        }
        levels.end(&mut out);
        let out =
            out.replace(['\n'], "").replace(" role=\"list\"", "").replace(" dir=\"auto\"", "");
        let nested = "<ul><li>x<ol><li>x</li></ol></li><li>x</li></ul><ol><li>x</li></ol>";
        assert_eq!(out, nested);
    }

    #[test]
    fn markup_in_text_is_escaped() {
        assert_eq!(escape("a<b>\"&\u{1b}"), "a&lt;b&gt;&quot;&amp;\u{fffd}");
        assert!(matches!(escape("plain"), Cow::Borrowed(_)));
    }
}
