//! Data tables, as displayed from a data frame. Only the first rows and columns are kept, along
//! with the total counts.

use unicode_width::UnicodeWidthStr;

use crate::deck::Align;

/// The gap between columns of plain text.
const COLUMN_GAP: &str = "  ";

/// A data table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataTable {
    /// The columns, index columns first.
    pub columns: Vec<DataColumn>,
    /// The first rows; each has one cell per column.
    pub rows: Vec<Vec<Box<str>>>,
    /// Total number of rows.
    pub height: usize,
    /// Total number of columns, excluding the index.
    pub width: usize,
}

/// One column of a data table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataColumn {
    /// The name, which may be empty.
    pub name: Box<str>,
    /// The data type, if known.
    pub kind: Option<Box<str>>,
    /// How the cells are aligned; numbers to the right.
    pub align: Align,
    /// Whether the column is an index (row names).
    pub is_index: bool,
}

impl DataTable {
    /// Returns the number of omitted columns.
    pub fn omitted_columns(&self) -> usize {
        let kept = self.columns.iter().filter(|column| !column.is_index).count();
        self.width.saturating_sub(kept)
    }

    /// Returns whether a column has a name: a matrix has none.
    pub fn has_names(&self) -> bool {
        self.columns.iter().any(|column| !column.name.is_empty())
    }

    /// Returns the table as aligned text, followed by a note on what is omitted.
    pub fn plain_text(&self) -> String {
        let head = |text: fn(&DataColumn) -> &str| {
            self.columns.iter().map(text).map(str::to_owned).collect::<Vec<_>>()
        };
        let mut rows = Vec::new();
        if self.has_names() {
            rows.push(head(|column| &column.name));
        }
        if self.columns.iter().any(|column| column.kind.is_some()) {
            rows.push(head(|column| column.kind.as_deref().unwrap_or("")));
        }
        rows.extend(self.rows.iter().map(|row| row.iter().map(ToString::to_string).collect()));
        let widest = |at: usize| rows.iter().map(|row| row[at].width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(widest).collect();
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let cells = row.iter().zip(&widths).zip(&self.columns);
                let cells = cells.map(|((cell, width), column)| align_cell(cell, *width, column));
                cells.collect::<Vec<_>>().join(COLUMN_GAP).trim_end().to_owned()
            })
            .collect();
        lines.extend(self.more(self.rows.len(), self.omitted_columns()));
        lines.join("\n")
    }

    /// Returns a note on what is omitted when the first `rows` rows and all but `columns` columns
    /// are shown, or `None` if nothing is.
    pub fn more(&self, rows: usize, columns: usize) -> Option<String> {
        let rows = self.height.saturating_sub(rows);
        let parts = [(rows, "row"), (columns, "column")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, what)| counted(count, what)).collect();
        (!parts.is_empty()).then(|| format!("… {}", parts.join(", ")))
    }
}

/// Formats a count: `1 more row`, `996 more rows`.
fn counted(count: usize, what: &str) -> String {
    format!("{} more {what}{}", group_digits(count), if count == 1 { "" } else { "s" })
}

/// Formats a number with thousands separators.
pub fn group_digits(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn align_cell(cell: &str, width: usize, column: &DataColumn) -> String {
    let blanks = " ".repeat(width.saturating_sub(cell.width()));
    if column.align == Align::Right { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn column(name: &str, align: Align, is_index: bool) -> DataColumn {
        DataColumn { name: name.into(), kind: None, align, is_index }
    }

    #[test]
    fn plain_text_is_aligned_and_notes_omissions() {
        let columns = vec![
            column("", Align::Right, true),
            column("name", Align::Left, false),
            column("n", Align::Right, false),
        ];
        let row = |cells: [&str; 3]| cells.map(Into::into).to_vec();
        let rows = vec![row(["0", "snake 蛇", "7"]), row(["1", "crab", "1200"])];
        let mut table = DataTable { columns, rows, height: 1000, width: 5 };
        insta::assert_snapshot!(table.plain_text(), @"
           name         n
        0  snake 蛇     7
        1  crab      1200
        … 998 more rows, 3 more columns
        ");
        table.columns[2].kind = Some("i64".into());
        (table.height, table.width) = (2, 2);
        insta::assert_snapshot!(table.plain_text(), @"
           name         n
                      i64
        0  snake 蛇     7
        1  crab      1200
        ");
        assert_eq!(DataTable::default().plain_text(), "");
    }

    #[rstest]
    #[case(7, "7")]
    #[case(999, "999")]
    #[case(1_000, "1,000")]
    #[case(100_213, "100,213")]
    #[case(1_234_567, "1,234,567")]
    fn digits_are_grouped(#[case] number: usize, #[case] expected: &str) {
        assert_eq!(group_digits(number), expected);
    }
}
