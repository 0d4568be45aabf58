//! The scrolling window over a long part of an output.

use crate::deck::CellId;
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::scene::Item;

/// Rows of the page that the longest output leaves free.
const RESERVED_ROWS: u32 = 6;

/// A part of a cell's output and its scroll position.
#[derive(Clone, Copy, Debug)]
pub(in crate::layout) struct PartView {
    pub(in crate::layout) id: CellId,
    pub(in crate::layout) part: usize,
    pub(in crate::layout) scroll: Option<usize>,
    /// Whether it starts at its first error message unless scrolled.
    pub(in crate::layout) has_errors: bool,
}

impl PartView {
    /// Adds an item for the rows shown, for scrolling with the mouse.
    pub(in crate::layout) fn note(
        self,
        flow: &mut Flow<'_>,
        (x, y, width): (u16, u32, u16),
        window: &RowWindow,
        follows: bool,
    ) {
        let item = Item::Output {
            width,
            height: window.height(),
            id: self.id,
            part: self.part,
            first: window.first,
            total: window.total,
            follows,
        };
        flow.place(x, y, item);
    }
}

/// Returns the maximum rows of an output that starts at row `top`, below a head of its own: the rest of the page, but at
/// least half of it and not all of it, unless that makes the slide scroll.
pub(in crate::layout) fn most_rows(
    flow: &Flow<'_>,
    top: u32,
    panel: &CodeBox,
    head_rows: u32,
) -> u32 {
    let page_rows = flow.context.rows / u32::from(flow.style.size);
    let left = flow.room.saturating_sub(top).saturating_sub(panel.above * 2 + 1);
    let rows = left.max(page_rows / 2).min(page_rows.saturating_sub(RESERVED_ROWS));
    rows.saturating_sub(head_rows).min(flow.context.max_output_rows).max(1)
}

/// The visible part of the rows of an output.
#[derive(Debug, PartialEq)]
pub(in crate::layout) struct RowWindow {
    /// The first visible row.
    pub(in crate::layout) first: usize,
    /// Number of visible rows.
    pub(in crate::layout) rows: usize,
    /// Number of all rows.
    pub(in crate::layout) total: usize,
}

impl RowWindow {
    /// Creates a window with first row `scroll`, or at the end if `None`. The window is always
    /// full.
    pub(in crate::layout) fn new(total: usize, room: u32, scroll: Option<usize>) -> Self {
        let rows = total.min(room as usize);
        let last = total - rows;
        Self { first: scroll.map_or(last, |first| first.min(last)), rows, total }
    }

    /// Returns the number of visible rows.
    pub(in crate::layout) fn height(&self) -> u32 {
        self.rows as u32
    }

    /// Returns whether some rows are not visible.
    pub(super) fn is_part(&self) -> bool {
        self.rows < self.total
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(5, 10, None, 0, 5)]
    #[case(50, 10, None, 40, 10)]
    #[case(50, 10, Some(3), 3, 10)]
    #[case(50, 10, Some(99), 40, 10)]
    fn window_is_always_full(
        #[case] total: usize,
        #[case] room: u32,
        #[case] scroll: Option<usize>,
        #[case] first: usize,
        #[case] rows: usize,
    ) {
        assert_eq!(RowWindow::new(total, room, scroll), RowWindow { first, rows, total });
    }
}
