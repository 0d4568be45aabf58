//! Decides which rows of the screen show the body. A body that is too tall for the rows above the
//! footer may use the footer's rows too, if it covers nothing there; otherwise it scrolls, and a
//! mark says so.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::scene::{Item, MarkPlace, PlacedItem};
use super::text_row::TextRow;

/// Columns of the longest mark.
const MARK_COLUMNS: u16 = 9;

/// The rows of the screen that show the body, and the place of the mark if they are too few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BodyRows {
    pub(super) count: u16,
    pub(super) mark: MarkPlace,
}

/// Returns the rows for a body of `height` rows. `screen` has the columns and rows of the screen;
/// the last `footer_rows` are the footer's, with the items of `frame`.
pub(super) fn body_rows(
    (columns, rows): (u16, u16),
    footer_rows: u16,
    (height, body): (u32, &[PlacedItem]),
    frame: &[PlacedItem],
) -> BodyRows {
    let above_footer = rows - footer_rows;
    if height <= above_footer.into() {
        return BodyRows { count: above_footer, mark: MarkPlace::Nowhere };
    }
    let taken: Vec<VisibleCells> = frame.iter().filter_map(VisibleCells::of).collect();
    let is_free = |area: VisibleCells| !taken.iter().any(|other| other.meets(&area));
    // Rows that scroll past the footer's texts must not cover them either.
    let scrolled = height.saturating_sub(rows.into());
    let passed: Vec<_> = taken.iter().map(|cells| cells.extended_down(scrolled)).collect();
    let mut visible = body.iter().filter_map(VisibleCells::of);
    if visible.all(|cells| !passed.iter().any(|other| other.meets(&cells))) {
        let mark = if scrolled > 0 { MarkPlace::Margin } else { MarkPlace::Nowhere };
        return BodyRows { count: rows, mark };
    }
    let first = taken.iter().map(|area| area.rows.start).min().unwrap_or(rows.into());
    let count = u16::try_from(first).unwrap_or(rows).clamp(above_footer, rows);
    let end = columns.saturating_sub(MARK_COLUMNS)..columns;
    let has_space = |&row: &u16| {
        is_free(VisibleCells { columns: end.clone(), rows: row.into()..u32::from(row) + 1 })
    };
    let mark = (count..rows).rev().find(has_space).map_or(MarkPlace::Margin, MarkPlace::Row);
    BodyRows { count, mark }
}

/// The cells in which an item shows something; the footer may be drawn over the blank cells of a
/// box.
#[derive(Debug)]
struct VisibleCells {
    columns: Range<u16>,
    rows: Range<u32>,
}

impl VisibleCells {
    /// Returns the cells of an item, or `None` if it shows nothing.
    fn of(placed: &PlacedItem) -> Option<Self> {
        let (columns, height) = match &placed.item {
            Item::Text(line) => (inked_columns(line, 1), 1),
            Item::LargeText { line, size } => (inked_columns(line, (*size).into()), (*size).into()),
            Item::Picture { width, height, .. } | Item::Diagram { width, height } => {
                (0..*width, *height)
            }
            Item::Fill { .. }
            | Item::Cell { .. }
            | Item::Editor { .. }
            | Item::Column { .. }
            | Item::DetachedOutput { .. }
            | Item::Terminal { .. }
            | Item::Output { .. }
            | Item::Begin(_)
            | Item::End => return None,
        };
        let at = |column: u16| placed.x.saturating_add(column);
        let rows = placed.y..placed.y.saturating_add(height);
        (!columns.is_empty()).then(|| Self { columns: at(columns.start)..at(columns.end), rows })
    }

    fn extended_down(&self, rows: u32) -> Self {
        let end = self.rows.end.saturating_add(rows);
        Self { columns: self.columns.clone(), rows: self.rows.start..end }
    }

    fn meets(&self, other: &Self) -> bool {
        self.columns.start < other.columns.end
            && other.columns.start < self.columns.end
            && self.rows.start < other.rows.end
            && other.rows.start < self.rows.end
    }
}

/// Returns the columns of a row, without blanks at its ends.
fn inked_columns(row: &TextRow, size: u16) -> Range<u16> {
    let text = row.to_string();
    let columns = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX).saturating_mul(size);
    let start = text.len() - text.trim_start().len();
    columns(&text[..start])..columns(text.trim_end())
}

#[cfg(test)]
mod tests {
    use ratatui::text::Line;
    use rstest::rstest;

    use super::*;

    fn text(x: u16, y: u32, text: &'static str) -> PlacedItem {
        PlacedItem { x, y, item: Item::Text(Line::raw(text).into()) }
    }

    /// A footer of three rows with a text in the middle one, on a screen of 12 rows.
    #[rstest]
    #[case::above_the_footer(9, 0, "body", 9, MarkPlace::Nowhere)]
    #[case::blank_row(10, 0, "body", 12, MarkPlace::Nowhere)]
    #[case::beside_the_text(11, 0, "body", 12, MarkPlace::Nowhere)]
    #[case::below_the_text(12, 0, "body", 12, MarkPlace::Nowhere)]
    #[case::blanks_over_the_text(11, 0, "body              ", 12, MarkPlace::Nowhere)]
    #[case::covers_the_text(11, 12, "body", 10, MarkPlace::Row(11))]
    #[case::scrolls_beside_the_text(20, 0, "body", 12, MarkPlace::Margin)]
    #[case::scrolls_past_the_text(18, 12, "body", 10, MarkPlace::Row(11))]
    fn body_uses_free_rows_of_the_footer(
        #[case] height: u32,
        #[case] x: u16,
        #[case] last: &'static str,
        #[case] count: u16,
        #[case] mark: MarkPlace,
    ) {
        let body = [text(x, height - 2, last), text(x, height - 1, last)];
        let rows = body_rows((30, 12), 3, (height, &body), &[text(15, 10, "1 / 9")]);
        assert_eq!(rows, BodyRows { count, mark });
    }

    const WIDE: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    #[rstest]
    #[case::no_footer(0, vec![], 12, MarkPlace::Margin)]
    #[case::hidden_footer(3, vec![], 12, MarkPlace::Margin)]
    #[case::text_on_the_right(1, vec![text(27, 11, "1/9")], 11, MarkPlace::Margin)]
    #[case::text_on_the_left(1, vec![text(1, 11, "me")], 11, MarkPlace::Row(11))]
    fn mark_covers_no_text(
        #[case] footer_rows: u16,
        #[case] frame: Vec<PlacedItem>,
        #[case] count: u16,
        #[case] mark: MarkPlace,
    ) {
        let rows = body_rows((30, 12), footer_rows, (40, &[text(0, 20, WIDE)]), &frame);
        assert_eq!(rows, BodyRows { count, mark });
    }
}
