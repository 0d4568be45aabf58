//! A row that was only ever appended to: text with styled stretches.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::cells::{CLUSTER, cluster_width, joins};

/// Text in stretches of one style each.
#[derive(Clone, Debug, Default)]
pub(super) struct RowText {
    written: String,
    /// Where each stretch ends, in bytes, and its style.
    stretches: Vec<(usize, Style)>,
    columns: usize,
    /// Where the last cell's text begins, in bytes.
    last: usize,
}

impl RowText {
    /// How many columns it covers.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Makes it empty; room for an ordinary line stays.
    pub(super) fn clear(&mut self) {
        const ORDINARY: usize = 512;
        if self.written.capacity() > ORDINARY || self.stretches.capacity() > ORDINARY {
            *self = Self::default();
        }
        self.written.clear();
        self.stretches.clear();
        (self.columns, self.last) = (0, 0);
    }

    /// Adds a character that covers `width` columns.
    pub(super) fn append(&mut self, c: char, width: usize, style: Style) {
        self.last = self.written.len();
        self.written.push(c);
        self.columns += width;
        self.stretch(style);
    }

    /// Adds text that covers `width` columns; an accent after it would join its last character.
    pub(super) fn append_str(&mut self, text: &str, width: usize, style: Style) {
        self.written.push_str(text);
        let last = text.chars().next_back().map_or(0, char::len_utf8);
        self.last = self.written.len() - last;
        self.columns += width;
        self.stretch(style);
    }

    /// Adds blanks up to `column`.
    pub(super) fn pad(&mut self, column: usize) {
        while self.columns < column {
            self.append(' ', 1, Style::new());
        }
    }

    /// Adds a character to the last cell if it belongs there.
    pub(super) fn join(&mut self, c: char) -> bool {
        let cluster = &self.written[self.last..];
        if !joins(cluster, c) {
            return false;
        }
        if cluster.len() + c.len_utf8() <= CLUSTER {
            let before = cluster_width(cluster);
            self.written.push(c);
            let after = cluster_width(&self.written[self.last..]);
            self.columns = self.columns + after - before;
            if let Some((end, _)) = self.stretches.last_mut() {
                *end = self.written.len();
            }
        }
        true
    }

    fn stretch(&mut self, style: Style) {
        let end = self.written.len();
        match self.stretches.last_mut() {
            Some((last_end, last_style)) if *last_style == style => *last_end = end,
            _ => self.stretches.push((end, style)),
        }
    }

    /// Each stretch and its style.
    pub(super) fn stretches(&self) -> impl Iterator<Item = (&str, Style)> {
        let mut start = 0;
        self.stretches.iter().map(move |(end, style)| {
            let stretch = &self.written[start..*end];
            start = *end;
            (stretch, *style)
        })
    }

    /// About how much memory it takes, with the line made of it.
    pub(super) fn bytes(&self) -> usize {
        const STRETCH: usize = size_of::<(usize, Style)>() + size_of::<Span<'_>>() + 16;
        2 * self.written.capacity() + STRETCH * self.stretches.capacity()
    }

    /// One span for each stretch.
    pub(super) fn to_line(&self) -> Line<'static> {
        let spans = self.stretches().map(|(text, style)| Span::styled(text.to_owned(), style));
        spans.collect::<Vec<_>>().into()
    }
}
