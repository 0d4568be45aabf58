//! Tables: columns as wide as their widest cell, or, where the table is too wide for its room,
//! narrowed so that cells wrap on their own.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::flow::Flow;
use super::inline::{Look, lines};
use super::place::{Spot, aligned};
use super::text::Text;
use crate::deck::{Align, Inline, Table};

/// Columns that a line between two columns takes, with a space at both sides.
const BETWEEN: u16 = 3;

/// A table's columns: width and alignment of each.
struct Grid {
    spot: Spot,
    widths: Vec<u16>,
    aligns: Vec<Align>,
    base: Style,
}

/// Lays out the header, a rule, and the rows that are visible.
pub(super) fn lay_out(flow: &mut Flow<'_>, table: &Table, align: Option<Align>) {
    let header = cells(flow, &table.header);
    let rows: Vec<_> = table.rows.iter().map(|row| cells(flow, &row.cells)).collect();
    let natural = natural_widths(std::iter::once(&header).chain(&rows));
    let alignment = aligned(align, flow.page.theme().table);
    let room = Spot::for_text(alignment, flow.width).width;
    let widths = narrowed(&natural, room);
    let aligns = (0..widths.len())
        .map(|column| table.aligns.get(column).copied().flatten().unwrap_or(Align::Left))
        .collect();
    let spot = Spot::for_block(alignment, flow.width, total(&widths));
    let grid = Grid { spot, widths, aligns, base: flow.look.base };
    grid.row(flow, &header);
    grid.rule(flow);
    for (row, cells) in table.rows.iter().zip(&rows) {
        if flow.page.shows(row.step) {
            let from = flow.height();
            grid.row(flow, cells);
            flow.laid_out(row.step, from);
        }
    }
    flow.close(flow.height(), 1);
}

/// A row's cells as text; a break in a cell is a row of the cell.
fn cells(flow: &Flow<'_>, cells: &[Vec<Inline>]) -> Vec<Vec<Text>> {
    let look = Look { rows: false, ..flow.look };
    cells.iter().map(|cell| lines(cell, look, flow.page)).collect()
}

/// The widest cell of each column. Rows that are not visible yet count, so that nothing moves.
fn natural_widths<'a>(rows: impl Iterator<Item = &'a Vec<Vec<Text>>>) -> Vec<u16> {
    let mut widths: Vec<u16> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.iter().map(Text::width).fold(*width, u16::max);
        }
    }
    widths
}

/// Columns that all of them take, lines between them included.
fn total(widths: &[u16]) -> u16 {
    let lines = BETWEEN.saturating_mul(widths.len().saturating_sub(1).min(9999) as u16);
    widths.iter().fold(lines, |sum, &width| sum.saturating_add(width))
}

/// Widths that fit the room: columns that need less than an equal share keep what they need, the
/// others share the rest. No column is narrower than a cell.
fn narrowed(natural: &[u16], room: u16) -> Vec<u16> {
    if total(natural) <= room {
        return natural.to_vec();
    }
    let mut widths = natural.to_vec();
    let mut order: Vec<_> = (0..widths.len()).collect();
    order.sort_by_key(|&column| natural[column]);
    let mut free = room.saturating_sub(total(&vec![0; natural.len()]));
    for (done, &column) in order.iter().enumerate() {
        let sharers = u16::try_from(order.len() - done).unwrap_or(u16::MAX);
        let share = free / sharers;
        widths[column] = natural[column].min(share).max(1);
        free = free.saturating_sub(widths[column]);
    }
    widths
}

impl Grid {
    /// One row of cells, as many rows high as its highest cell.
    fn row(&self, flow: &mut Flow<'_>, cells: &[Vec<Text>]) {
        let wrapped: Vec<Vec<_>> = (0..self.widths.len())
            .map(|column| {
                let lines = cells.get(column).map_or(&[][..], Vec::as_slice);
                lines.iter().flat_map(|line| line.rows(self.widths[column])).collect()
            })
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let y = flow.open();
        for at in 0..height {
            let mut line = Line::default();
            for (column, rows) in wrapped.iter().enumerate() {
                if column > 0 {
                    line.push_span(Span::styled(" │ ", self.base));
                }
                self.cell(&mut line, column, rows.get(at).cloned());
            }
            flow.put(self.spot.x, y + at as u32, (line, total(&self.widths)));
        }
        flow.close(y + height as u32, 0);
    }

    /// One row of one cell, filled up to the column's width.
    fn cell(&self, line: &mut Line<'static>, column: usize, row: Option<(Line<'static>, u16)>) {
        let (row, width) = row.unwrap_or_default();
        let free = self.widths[column].saturating_sub(width);
        let before = match self.aligns[column] {
            Align::Left => 0,
            Align::Center => free / 2,
            Align::Right => free,
        };
        let blank = |cells: u16| Span::styled(" ".repeat(cells.into()), self.base);
        line.push_span(blank(before));
        line.spans.extend(row.spans);
        line.push_span(blank(free - before));
    }

    /// The rule below the header.
    fn rule(&self, flow: &mut Flow<'_>) {
        let parts: Vec<_> =
            self.widths.iter().map(|&width| "─".repeat(usize::from(width))).collect();
        let rule = Text::plain(&parts.join("─┼─"), self.base);
        let y = flow.open();
        flow.put(self.spot.x, y, (rule.cut(u16::MAX), rule.width()));
        flow.close(y + 1, 0);
    }
}
