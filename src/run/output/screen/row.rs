//! One row of a screen: nearly always text that is appended to; cells once it was written into in
//! its middle, for as long as it lives on the screen.

use std::sync::OnceLock;

use ratatui::style::Style;
use ratatui::text::Line;

use super::cells::Cells;
use super::text::Text;

/// Columns of a row; what is written beyond them is cut, with a mark.
pub(super) const COLUMNS: usize = 20_000;

/// One row.
#[derive(Clone, Debug, Default)]
pub(super) struct ScreenRow {
    text: RowText,
    /// The row, in place of `text`.
    cells: Option<Cells>,
    cut: bool,
    /// What is shown, made when it is first asked for.
    line: OnceLock<Line<'static>>,
}

impl ScreenRow {
    /// Writes a character `width` columns wide at `column`, blanks before it where nothing is yet;
    /// answers the column after it.
    pub(super) fn put(&mut self, column: usize, c: char, width: usize, style: Style) -> usize {
        self.line.take();
        if column + width > COLUMNS {
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

    /// Writes characters one column wide and one byte long at `column`, as [`ScreenRow::put`] does.
    pub(super) fn put_ascii(&mut self, column: usize, text: &str, style: Style) -> usize {
        self.line.take();
        let room = COLUMNS.saturating_sub(column);
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

    /// Adds a character to the cell that ends at `column` if it belongs there (an accent, the next
    /// part of an emoji), and answers the column after that cell then.
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

    /// Drops everything from `column` on.
    pub(super) fn truncate(&mut self, column: usize) {
        self.line.take();
        self.cut = false;
        if column == 0 {
            self.clear();
        } else if !self.ends_before(column) {
            self.cells().truncate(column);
        }
    }

    /// Makes it a row that nothing was written to.
    pub(super) fn clear(&mut self) {
        self.line.take();
        self.cut = false;
        self.cells = None;
        self.text.clear();
    }

    /// Blanks the columns from `from` up to `to`, without it.
    pub(super) fn blank(&mut self, from: usize, to: usize) {
        self.line.take();
        self.cells().blank(from, to);
    }

    /// Takes columns out; what stands right of them moves left.
    pub(super) fn delete(&mut self, from: usize, to: usize) {
        self.line.take();
        self.cells().delete(from, to);
    }

    /// Puts `count` blank columns in at `column`; what stands there moves right.
    pub(super) fn insert(&mut self, column: usize, count: usize) {
        self.line.take();
        self.cells().insert(column, count, COLUMNS);
    }

    /// The row has left the screen and is written no more.
    pub(super) fn settle(&mut self) {
        if let Some(cells) = self.cells.take() {
            self.text = RowText::from(&cells);
        }
    }

    /// About how much memory a settled row takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.bytes()
    }

    /// The row as it is shown.
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

    /// How many columns it covers.
    pub(super) fn columns(&self) -> usize {
        self.cells.as_ref().map_or(self.text.columns(), Cells::columns)
    }

    /// Whether writing at `column` is appending to the text.
    fn ends_before(&self, column: usize) -> bool {
        self.cells.is_none() && column >= self.text.columns()
    }

    fn cells(&mut self) -> &mut Cells {
        let text = &mut self.text;
        self.cells.get_or_insert_with(|| Cells::from(&std::mem::take(text)))
    }
}
