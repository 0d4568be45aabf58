//! A row that has only been appended to, stored as text with styled runs.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::cells::{MAX_CLUSTER_BYTES, cluster_width, joins};

/// Text in runs of one style each.
#[derive(Clone, Debug, Default)]
pub(super) struct RowText {
    written: String,
    /// The end of each run in bytes, and its style.
    runs: Vec<(usize, Style)>,
    columns: usize,
    /// Byte offset of the last cell's text.
    last: usize,
}

impl RowText {
    /// Returns the number of columns.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Empties the text and keeps the capacity for an ordinary line.
    pub(super) fn clear(&mut self) {
        const KEPT_CAPACITY: usize = 512;
        if self.written.capacity() > KEPT_CAPACITY || self.runs.capacity() > KEPT_CAPACITY {
            *self = Self::default();
        }
        self.written.clear();
        self.runs.clear();
        (self.columns, self.last) = (0, 0);
    }

    /// Appends a character that covers `width` columns.
    pub(super) fn append(&mut self, c: char, width: usize, style: Style) {
        self.last = self.written.len();
        self.written.push(c);
        self.columns += width;
        self.extend_run(style);
    }

    /// Appends text that covers `width` columns. A following accent joins its last character.
    pub(super) fn append_str(&mut self, text: &str, width: usize, style: Style) {
        self.written.push_str(text);
        let last = text.chars().next_back().map_or(0, char::len_utf8);
        self.last = self.written.len() - last;
        self.columns += width;
        self.extend_run(style);
    }

    /// Appends blanks up to `column`.
    pub(super) fn pad(&mut self, column: usize) {
        while self.columns < column {
            self.append(' ', 1, Style::new());
        }
    }

    /// Adds a character to the last cell if it joins that cell.
    pub(super) fn join(&mut self, c: char) -> bool {
        let cluster = &self.written[self.last..];
        if !joins(cluster, c) {
            return false;
        }
        if cluster.len() + c.len_utf8() <= MAX_CLUSTER_BYTES {
            let before = cluster_width(cluster);
            self.written.push(c);
            let after = cluster_width(&self.written[self.last..]);
            self.columns = self.columns + after - before;
            if let Some((end, _)) = self.runs.last_mut() {
                *end = self.written.len();
            }
        }
        true
    }

    fn extend_run(&mut self, style: Style) {
        let end = self.written.len();
        match self.runs.last_mut() {
            Some((last_end, last_style)) if *last_style == style => *last_end = end,
            _ => self.runs.push((end, style)),
        }
    }

    /// Returns each run and its style.
    pub(super) fn runs(&self) -> impl Iterator<Item = (&str, Style)> {
        let mut start = 0;
        self.runs.iter().map(move |(end, style)| {
            let run = &self.written[start..*end];
            start = *end;
            (run, *style)
        })
    }

    /// Returns the approximate memory in bytes, including that of the rendered line.
    pub(super) fn bytes(&self) -> usize {
        const RUN_BYTES: usize = size_of::<(usize, Style)>() + size_of::<Span<'_>>() + 16;
        2 * self.written.capacity() + RUN_BYTES * self.runs.capacity()
    }

    /// Returns a line with one span per run.
    pub(super) fn to_line(&self) -> Line<'static> {
        let spans = self.runs().map(|(text, style)| Span::styled(text.to_owned(), style));
        spans.collect::<Vec<_>>().into()
    }
}
