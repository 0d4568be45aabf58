//! A row stored as cells, used once something is written into its middle.

use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::text::RowText;

/// Maximum bytes in one cell. Excess combining marks are dropped.
pub(super) const MAX_CLUSTER_BYTES: usize = 64;

/// Cells, starting at column 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells(Vec<ScreenCell>);

#[derive(Clone, Debug)]
struct ScreenCell {
    content: CellContent,
    style: Style,
}

#[derive(Clone, Debug)]
enum CellContent {
    Char(char),
    Cluster(Box<str>),
    /// Covered by the wide character to its left.
    Covered,
}

const BLANK: ScreenCell = ScreenCell { content: CellContent::Char(' '), style: Style::new() };

/// Returns whether a character joins the cell whose text is `cluster` instead of starting a new
/// one.
pub(super) fn joins(cluster: &str, c: char) -> bool {
    const JOINER: char = '\u{200d}';
    let is_half = matches!(c, '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}');
    if is_half || cluster.ends_with(JOINER) {
        let both: String = cluster.chars().chain([c]).collect();
        return both.graphemes(true).count() == 1;
    }
    c.width() == Some(0)
}

/// Returns the number of columns covered by a cell with this text.
pub(super) fn cluster_width(cluster: &str) -> usize {
    cluster.width().clamp(1, 2)
}

impl Cells {
    /// Returns the number of columns.
    pub(super) fn columns(&self) -> usize {
        self.0.len()
    }

    /// Writes a character `width` columns wide at `column`, padding with blanks before it.
    pub(super) fn put(&mut self, column: usize, c: char, width: usize, style: Style) {
        self.put_cell(column, width, ScreenCell { content: CellContent::Char(c), style });
    }

    fn put_cell(&mut self, column: usize, width: usize, cell: ScreenCell) {
        let end = column + width;
        if self.0.len() < end {
            self.0.resize(end, BLANK);
        }
        self.split_at(column);
        self.split_at(end);
        self.0[column + 1..end]
            .fill(ScreenCell { content: CellContent::Covered, style: cell.style });
        self.0[column] = cell;
    }

    /// Adds a character to the cell that ends at `column` if it joins that cell. Returns the column
    /// after the cell in that case.
    pub(super) fn join(&mut self, column: usize, c: char) -> Option<usize> {
        let start = self.start_of_cell_before(column)?;
        let mut cluster = self.cluster(start);
        if !joins(&cluster, c) {
            return None;
        }
        if cluster.len() + c.len_utf8() > MAX_CLUSTER_BYTES {
            return Some(column);
        }
        cluster.push(c);
        let end = start + cluster_width(&cluster);
        let content = CellContent::Cluster(cluster.into_boxed_str());
        let style = self.0[start].style;
        self.put_cell(start, end - start, ScreenCell { content, style });
        Some(end)
    }

    fn start_of_cell_before(&self, column: usize) -> Option<usize> {
        let cells = self.0.get(..column)?;
        cells.iter().rposition(|cell| !matches!(cell.content, CellContent::Covered))
    }

    fn cluster(&self, column: usize) -> String {
        match &self.0[column].content {
            CellContent::Char(c) => c.to_string(),
            CellContent::Cluster(cluster) => cluster.to_string(),
            CellContent::Covered => String::new(),
        }
    }

    /// Removes everything from `column` on.
    pub(super) fn truncate(&mut self, column: usize) {
        self.split_at(column);
        self.0.truncate(column);
    }

    /// Blanks the columns `from..to`.
    pub(super) fn blank(&mut self, from: usize, to: usize) {
        let to = to.min(self.0.len());
        if from < to {
            self.split_at(from);
            self.split_at(to);
            self.0[from..to].fill(BLANK);
        }
    }

    /// Removes the columns `from..to` and shifts the rest left.
    pub(super) fn delete(&mut self, from: usize, to: usize) {
        let to = to.min(self.0.len());
        if from < to {
            self.blank(from, to);
            self.0.drain(from..to);
        }
    }

    /// Inserts `count` blank columns at `column` and shifts the rest right, up to `limit` columns.
    pub(super) fn insert(&mut self, column: usize, count: usize, limit: usize) {
        if column < self.0.len() {
            self.split_at(column);
            let count = count.min(limit.saturating_sub(column));
            self.0.splice(column..column, std::iter::repeat_n(BLANK, count));
            self.truncate(limit);
        }
    }

    /// Blanks a wide character that straddles the left edge of `column`.
    fn split_at(&mut self, column: usize) {
        let is_covered = |cell: &ScreenCell| matches!(cell.content, CellContent::Covered);
        if self.0.get(column).is_some_and(is_covered) {
            let start = self.start_of_cell_before(column).unwrap_or(column);
            let wide = self.0[start..].iter_mut().enumerate();
            for (_, cell) in wide.take_while(|(at, cell)| *at == 0 || is_covered(cell)) {
                *cell = BLANK;
            }
        }
    }
}

impl From<&RowText> for Cells {
    fn from(text: &RowText) -> Self {
        let mut cells = Self(Vec::with_capacity(text.columns()));
        for (run, style) in text.runs() {
            for c in run.chars() {
                let column = cells.columns();
                if !c.is_ascii() && cells.join(column, c).is_some() {
                    continue;
                }
                let width = c.width().unwrap_or(0).max(1);
                cells.put(column, c, width, style);
            }
        }
        cells
    }
}

impl From<&Cells> for RowText {
    fn from(cells: &Cells) -> Self {
        let mut text = Self::default();
        for cell in &cells.0 {
            match &cell.content {
                CellContent::Char(c) => text.append(*c, 1, cell.style),
                CellContent::Cluster(cluster) => text.append_str(cluster, 1, cell.style),
                CellContent::Covered => text.append_str("", 1, cell.style),
            }
        }
        text
    }
}
