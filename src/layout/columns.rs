//! Side-by-side columns: divides the width and lays out each column.

use std::ops::Range;

use ratatui::text::Line;

use super::blocks;
use super::flow::Flow;
use super::scene::{Item, PlacedItem};
use crate::deck::Columns;

/// Lays out all columns from the same row on. What follows goes below the tallest one.
pub(super) fn lay_out(flow: &mut Flow<'_>, columns: &Columns) {
    let y = flow.open();
    let margin = flow.context.theme().column_margin.cells(flow.context.inputs.size.columns);
    let mut tallest = 0;
    for ((x, width), blocks) in shares(&columns.ratios, flow.width, margin).zip(&columns.columns) {
        let mut column = flow.inner(width, y);
        blocks::lay_out(&mut column, blocks);
        let height = column.height();
        tallest = tallest.max(height);
        flow.adopt(column, x, y);
        if height > 0 {
            flow.content.items.push(PlacedItem { x, y, item: Item::Column { width, height } });
        }
    }
    if flow.context.inputs.grid {
        grid(flow, columns, y..y.saturating_add(tallest));
    }
    flow.close(y.saturating_add(tallest), 1);
}

/// Draws a line at the start of each column, as an aid for authors.
fn grid(flow: &mut Flow<'_>, columns: &Columns, rows: Range<u32>) {
    let style = flow.context.theme().grid;
    for (x, _) in shares(&columns.ratios, flow.width, 0) {
        for y in rows.clone() {
            flow.put(x, y, (Line::styled("│", style), 1));
        }
    }
}

/// Returns the first column and the width of each share. The first share has a margin on its right,
/// the last on its left, the others half a margin on each side. A margin that leaves no space is
/// ignored.
fn shares(ratios: &[u8], width: u16, margin: u16) -> impl Iterator<Item = (u16, u16)> {
    let sum = ratios.iter().map(|&ratio| u32::from(ratio)).sum::<u32>().max(1);
    let last = ratios.len().saturating_sub(1);
    let mut start = 0;
    ratios.iter().enumerate().map(move |(at, &ratio)| {
        let share = (u32::from(ratio) * u32::from(width) / sum) as u16;
        let (left, right) = match at {
            0 => (0, margin),
            _ if at == last => (margin, 0),
            _ => (margin / 2, margin / 2),
        };
        let x = start;
        start += share;
        match share.checked_sub(left.saturating_add(right)) {
            Some(inner) if inner > 0 => (x + left, inner),
            _ => (x, share),
        }
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[1, 1], 66, 4, &[(0, 29), (37, 29)])]
    #[case(&[1, 1, 1], 66, 4, &[(0, 18), (24, 18), (48, 18)])]
    #[case(&[1, 2], 10, 0, &[(0, 3), (3, 6)])]
    #[case(&[1], 20, 4, &[(0, 16)])]
    #[case(&[1, 1], 4, 4, &[(0, 2), (2, 2)])]
    #[case(&[255, 1], 3, 1, &[(0, 1), (2, 0)])]
    #[case(&[], 80, 4, &[])]
    fn width_is_divided_by_ratio(
        #[case] ratios: &[u8],
        #[case] width: u16,
        #[case] margin: u16,
        #[case] expected: &[(u16, u16)],
    ) {
        assert_eq!(shares(ratios, width, margin).collect::<Vec<_>>(), expected);
    }
}
