//! One row of a screen. It is stored as text while it is only appended to, and as cells once it is
//! written into in the middle, until it leaves the screen.

use std::sync::OnceLock;

use ratatui::style::Style;
use ratatui::text::Line;

use super::cells::Cells;
use super::text::RowText;

/// Maximum columns in a row. Excess text is cut and marked.
pub(super) const MAX_COLUMNS: usize = 20_000;

/// One row of text output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutputRow<'a> {
    /// An unwrapped line.
    Line(&'a Line<'static>),
    /// The number of lines omitted between the head and the tail.
    Omitted(usize),
}

/// One row.
#[derive(Clone, Debug, Default)]
pub(super) struct ScreenRow {
    text: RowText,
    /// Replaces `text` when set.
    cells: Option<Cells>,
    cut: bool,
    /// The rendered line, created on first use.
    line: OnceLock<Line<'static>>,
}

impl ScreenRow {
    /// Writes a character `width` columns wide at `column`, padding with blanks before it. Returns
    /// the column after it.
    pub(super) fn put(&mut self, column: usize, c: char, width: usize, style: Style) -> usize {
        self.line.take();
        if column + width > MAX_COLUMNS {
            self.cut = true;
            return column;
        }
        if self.ends_before(column) {
            self.text.pad(column);
            self.text.append(c, width, style);
        } else {
            self.cells().put(column, c, width, style);
        }
        column + width
    }

    /// Writes ASCII characters at `column`, as [`ScreenRow::put`] does.
    pub(super) fn put_ascii(&mut self, column: usize, text: &str, style: Style) -> usize {
        self.line.take();
        let room = MAX_COLUMNS.saturating_sub(column);
        self.cut |= text.len() > room;
        let text = &text[..text.len().min(room)];
        if self.ends_before(column) {
            self.text.pad(column);
            self.text.append_str(text, text.len(), style);
        } else {
            let cells = self.cells();
            for (c, column) in text.chars().zip(column..) {
                cells.put(column, c, 1, style);
            }
        }
        column + text.len()
    }

    /// Adds a character (such as an accent, or the next part of an emoji) to the cell that ends at
    /// `column` if it joins that cell. Returns the column after the cell in that case.
    pub(super) fn join(&mut self, column: usize, c: char) -> Option<usize> {
        if column == 0 || column > self.columns() {
            return None;
        }
        self.line.take();
        if self.ends_before(column) {
            self.text.join(c).then(|| self.text.columns())
        } else {
            self.cells().join(column, c)
        }
    }

    /// Removes everything from `column` on.
    pub(super) fn truncate(&mut self, column: usize) {
        self.line.take();
        self.cut = false;
        if column == 0 {
            self.clear();
        } else if !self.ends_before(column) {
            self.cells().truncate(column);
        }
    }

    /// Empties the row.
    pub(super) fn clear(&mut self) {
        self.line.take();
        self.cut = false;
        self.cells = None;
        self.text.clear();
    }

    /// Blanks the columns `from..to`.
    pub(super) fn blank(&mut self, from: usize, to: usize) {
        self.line.take();
        self.cells().blank(from, to);
    }

    /// Removes the columns `from..to` and shifts the rest left.
    pub(super) fn delete(&mut self, from: usize, to: usize) {
        self.line.take();
        self.cells().delete(from, to);
    }

    /// Inserts `count` blank columns at `column` and shifts the rest right.
    pub(super) fn insert(&mut self, column: usize, count: usize) {
        self.line.take();
        self.cells().insert(column, count, MAX_COLUMNS);
    }

    /// Converts a row that has left the screen, and will not be written again, back to text.
    pub(super) fn settle(&mut self) {
        if let Some(cells) = self.cells.take() {
            self.text = RowText::from(&cells);
        }
    }

    /// Returns the approximate memory of a settled row in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.bytes()
    }

    /// Returns the rendered row.
    pub(super) fn line(&self) -> &Line<'static> {
        self.line.get_or_init(|| {
            let mut line = match &self.cells {
                Some(cells) => RowText::from(cells).to_line(),
                None => self.text.to_line(),
            };
            if self.cut {
                line.push_span("…");
            }
            line
        })
    }

    /// Returns the number of columns.
    pub(super) fn columns(&self) -> usize {
        self.cells.as_ref().map_or(self.text.columns(), Cells::columns)
    }

    /// Returns whether writing at `column` appends to the text.
    fn ends_before(&self, column: usize) -> bool {
        self.cells.is_none() && column >= self.text.columns()
    }

    fn cells(&mut self) -> &mut Cells {
        let text = &mut self.text;
        self.cells.get_or_insert_with(|| Cells::from(&std::mem::take(text)))
    }
}
