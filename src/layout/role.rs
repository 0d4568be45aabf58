//! What parts of a slide are, for documents whose readers cannot see it: headings, lists, tables, code.

use std::ops::Range;

/// The meaning of the items between an [`Item::Begin`](super::Item::Begin) and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A heading; 1 is the title of the slide.
    Heading(u8),
    /// Running text.
    Paragraph,
    /// A list, of [`Role::ListItem`]s.
    List,
    /// An item of a list.
    ListItem {
        /// How deep it is nested, from 0.
        depth: u8,
        /// Whether it has a number.
        is_numbered: bool,
    },
    /// A quote or an alert.
    Quote,
    /// A line between parts of a slide.
    Rule,
    /// A block of code, of [`Role::CodeLine`]s. The marker is at its upper right corner.
    Code {
        /// The language as written; may be empty.
        language: Box<str>,
        /// The whole text.
        text: Box<str>,
    },
    /// A line of code, which may have several rows.
    CodeLine,
    /// Text that a program wrote, row by row.
    Output,
    /// A table, of [`Role::TableRow`]s.
    Table,
    /// A row of a table, which may have several rows on the screen.
    TableRow {
        /// Whether its cells name the columns.
        is_header: bool,
        /// The columns of each cell, counted from that of the marker.
        cells: Vec<Range<u16>>,
    },
    /// A drawing from characters whose places matter, such as a chart.
    Drawing,
    /// Something that only matters to the eye, such as a bullet or a line number.
    Decoration,
}

impl Role {
    /// Returns the role of text enlarged by a factor.
    pub(super) fn enlarged(self, by: u16) -> Self {
        let wide = |column: u16| column.saturating_mul(by);
        match self {
            Self::TableRow { is_header, cells } => Self::TableRow {
                is_header,
                cells: cells.into_iter().map(|cell| wide(cell.start)..wide(cell.end)).collect(),
            },
            role => role,
        }
    }
}
