//! Frames with round corners, drawn on the padding of a box.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::flow::Flow;
use super::placement::ColumnRange;
use super::role::Role;
use super::wrap;

/// The ends of a frame's first line.
pub(super) const TOP: (&str, &str) = ("╭", "╮");
/// The ends of a line across a frame.
pub(super) const MIDDLE: (&str, &str) = ("├", "┤");
/// The ends of a frame's last line.
pub(super) const BOTTOM: (&str, &str) = ("╰", "╯");

/// The left side of a frame beside output.
const OUTCOME_SIDE: &str = "┃";

/// Draws a horizontal line with a label near its start.
pub(super) fn line(
    flow: &mut Flow<'_>,
    (range, y): (ColumnRange, u32),
    ends: (&str, &str),
    (label, style): (&str, Style),
) {
    let inner = range.width.saturating_sub(2);
    let label = if label.is_empty() || wrap::columns(label) + 4 > inner {
        String::new()
    } else {
        format!("─ {label} ")
    };
    let dashes = "─".repeat(usize::from(inner.saturating_sub(wrap::columns(&label))));
    let spans = [ends.0, &label, &dashes, ends.1].map(str::to_owned);
    let line = Line::from(spans.map(|text| Span::styled(text, style)).to_vec());
    flow.begin(Role::Decoration, (range.x, y));
    flow.put(range.x, y, (line, range.width));
    flow.end(y);
}

/// Draws the sides of a frame beside rows of output, the left one in the style of its status, and the
/// last line below them.
pub(super) fn below(
    flow: &mut Flow<'_>,
    range: ColumnRange,
    rows: Range<u32>,
    (status, style): (Style, Style),
) {
    let end = rows.end;
    sides(flow, range, rows, ((OUTCOME_SIDE, status), style));
    line(flow, (range, end), BOTTOM, ("", style));
}

/// Draws the left and the right side of a frame.
pub(super) fn sides(
    flow: &mut Flow<'_>,
    range: ColumnRange,
    rows: Range<u32>,
    (left, right): ((&'static str, Style), Style),
) {
    for y in rows {
        flow.begin(Role::Decoration, (range.x, y));
        flow.put(range.x, y, (Line::styled(left.0, left.1), 1));
        flow.put(range.right() - 1, y, (Line::styled("│", right), 1));
        flow.end(y);
    }
}
