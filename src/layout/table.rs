//! Tables: columns as wide as their widest cell, or narrowed to fit, which wraps cells. A table
//! with so many columns that words would be cut is laid out as running text.

use ratatui::style::{Color, Style};
use ratatui::text::Line;

use super::flow::{Flow, OverflowKind};
use super::inline::{InlineStyle, lines};
use super::limits::MAX_ROWS;
use super::placement::{ColumnRange, effective_alignment};
use super::role::Role;
use super::text::StyledText;
use super::text_row::TextRow;
use crate::deck::{Align, Inline, Table};
use crate::theme::FrameShape;

/// Columns of a separator, including a space on each side.
const SEPARATOR_WIDTH: u16 = 3;

/// Columns of a frame, including a space on each side.
const FRAME_WIDTH: u16 = 4;

/// Maximum number of columns for which words may be cut; beyond that, hardly a word would stay
/// whole.
const MAX_CUT_COLUMNS: usize = 3;

/// Minimum width of the last column when only that one is narrowed.
const MIN_LAST_WIDTH: u16 = 8;

/// What is between the lines of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TableLine {
    Text,
    Blank,
}

/// The columns of a table.
struct TableGrid {
    range: ColumnRange,
    widths: Vec<u16>,
    aligns: Vec<Align>,
    base: Style,
    /// The style of lines, and whether they surround the table.
    lines: (Style, bool),
    /// The background of every second row.
    stripe: Option<Color>,
    /// The width to wrap at, if rows are running text.
    runs: Option<u16>,
}

/// Lays out the header, a rule, and the visible rows.
pub(super) fn lay_out(flow: &mut Flow<'_>, table: &Table, align: Option<Align>) {
    let style = flow.context.theme().table.clone();
    let inline_style = InlineStyle {
        base: flow.style.inline.base.patch(style.header),
        overrides_colors: style.header.fg.is_some(),
        ..flow.style.inline
    };
    let header = cells(flow, &table.header, inline_style);
    let shown = table.rows.iter().take(MAX_ROWS as usize);
    let rows: Vec<_> = shown.map(|row| cells(flow, &row.cells, flow.style.inline)).collect();
    let all = || std::iter::once(&header).chain(&rows);
    let (natural, words) =
        (widest(all(), StyledText::width), widest(all(), StyledText::longest_word));
    let alignment = effective_alignment(align, style.alignment);
    let whole = flow.text_range(alignment).width;
    let is_framed = style.frame != FrameShape::None && whole > FRAME_WIDTH * 3;
    let room = if is_framed { whole - FRAME_WIDTH } else { whole };
    let widths = narrow(&natural, &words, room);
    let cuts_words = words.iter().zip(&widths).any(|(word, width)| word > width);
    if cuts_words {
        flow.overflow(OverflowKind::Words);
    }
    let runs = cuts_words && widths.len() > MAX_CUT_COLUMNS;
    let is_framed = is_framed && !runs;
    let widths = if runs { natural } else { widths };
    let aligns = (0..widths.len())
        .map(|column| table.aligns.get(column).copied().flatten().unwrap_or(Align::Left))
        .collect();
    let beside = if is_framed { FRAME_WIDTH } else { 0 };
    let range = flow.block_range(alignment, total(&widths).saturating_add(beside));
    let runs = runs.then_some(whole);
    let base = flow.style.inline.base;
    let lines = (base.patch(style.lines), is_framed);
    let grid = TableGrid { range, widths, aligns, base, lines, stripe: style.stripe, runs };
    let role = if grid.runs.is_some() { Role::Paragraph } else { Role::Table };
    flow.with_role(role, |flow| {
        if is_framed {
            grid.line(flow, ["╭─", "─┬─", "─╮"]);
        }
        grid.row_with_role(flow, &header, true);
        if is_framed {
            grid.line(flow, ["├─", "─┼─", "─┤"]);
        } else {
            flow.with_role(Role::Decoration, |flow| grid.rule(flow));
        }
        for (number, (row, cells)) in table.rows.iter().zip(&rows).enumerate() {
            if flow.context.shows(row.step) {
                let (from, at) = (flow.height(), flow.content.items.len());
                grid.row_with_role(flow, cells, false);
                flow.laid_out(row.step, from);
                grid.shade(flow, number, from, at);
            }
        }
        if is_framed {
            grid.line(flow, ["╰─", "─┴─", "─╯"]);
        }
    });
    flow.close(flow.height(), 1);
}

/// Converts a row's cells to text. A line break in a cell starts a new row of the cell.
fn cells(
    flow: &Flow<'_>,
    cells: &[Vec<Inline>],
    inline_style: InlineStyle,
) -> Vec<Vec<StyledText>> {
    let inline_style = InlineStyle { keeps_line_breaks: false, ..inline_style };
    cells.iter().map(|cell| lines(cell, inline_style, flow.context)).collect()
}

/// Returns the maximum of `measure` over each column's cells. Rows that are not visible yet count
/// as well, so nothing moves when they appear.
fn widest<'a>(
    rows: impl Iterator<Item = &'a Vec<Vec<StyledText>>>,
    measure: impl Fn(&StyledText) -> u16,
) -> Vec<u16> {
    let mut widths: Vec<u16> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.iter().map(&measure).fold(*width, u16::max);
        }
    }
    widths
}

/// Returns the total width, including separators.
fn total(widths: &[u16]) -> u16 {
    let lines = SEPARATOR_WIDTH.saturating_mul(widths.len().saturating_sub(1).min(9999) as u16);
    widths.iter().fold(lines, |sum, &width| sum.saturating_add(width))
}

/// Returns widths that fit into `room`. If narrowing the last column alone suffices and keeps its
/// longest word, only that is done. Otherwise every column gets its longest word, if possible, and
/// the rest is divided among the columns that need more. No column is narrower than a cell.
fn narrow(natural: &[u16], words: &[u16], room: u16) -> Vec<u16> {
    let over = total(natural).saturating_sub(room);
    if let (Some((last, others)), Some(&word)) = (natural.split_last(), words.last())
        && let Some(left) = last.checked_sub(over)
        && left >= word.max(over.min(MIN_LAST_WIDTH))
    {
        return others.iter().copied().chain([left]).collect();
    }
    let free = room.saturating_sub(total(&vec![0; natural.len()]));
    let least = divide(words, free);
    let more: Vec<_> = natural.iter().zip(&least).map(|(all, least)| all - least).collect();
    let rest = free.saturating_sub(least.iter().fold(0, |sum, &width| sum.saturating_add(width)));
    let more = divide(&more, rest);
    least.iter().zip(more).map(|(least, more)| (least + more).max(1)).collect()
}

/// Divides `free` cells: columns that ask for less than an equal share get all they ask for, and
/// the others share the rest equally.
fn divide(asked: &[u16], free: u16) -> Vec<u16> {
    let mut given = asked.to_vec();
    let mut order: Vec<_> = (0..asked.len()).collect();
    order.sort_by_key(|&column| asked[column]);
    let mut free = free;
    for (done, &column) in order.iter().enumerate() {
        let sharers = u16::try_from(order.len() - done).unwrap_or(u16::MAX);
        given[column] = asked[column].min(free / sharers);
        free -= given[column];
    }
    given
}

impl TableGrid {
    /// Lays out one row of cells with its role.
    fn row_with_role(&self, flow: &mut Flow<'_>, cells: &[Vec<StyledText>], is_header: bool) {
        if self.runs.is_some() {
            return self.row(flow, cells);
        }
        let mut start: u16 = 0;
        let ranges = self.widths.iter().map(|&width| {
            let end = start.saturating_add(width);
            std::mem::replace(&mut start, end.saturating_add(SEPARATOR_WIDTH))..end
        });
        let y = flow.open();
        let x = self.range.x + if self.lines.1 { FRAME_WIDTH / 2 } else { 0 };
        flow.begin(Role::TableRow { is_header, cells: ranges.collect() }, (x, y));
        self.row(flow, cells);
        flow.end(y);
    }

    /// Lays out one row of cells, as high as its highest cell. On continuation rows, separators are
    /// drawn only between cells that continue, which shows where the next row of the table starts.
    fn row(&self, flow: &mut Flow<'_>, cells: &[Vec<StyledText>]) {
        if let Some(room) = self.runs {
            return self.running_text(flow, cells, room);
        }
        let wrapped: Vec<Vec<_>> = (0..self.widths.len())
            .map(|column| {
                let lines = cells.get(column).map_or(&[][..], Vec::as_slice);
                let hang = if column + 1 == self.widths.len() { flow.hang() } else { 0 };
                lines.iter().flat_map(|line| line.hanging_rows(self.widths[column], hang)).collect()
            })
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut y = flow.open();
        for at in 0..height {
            let (line, (above, below)) = self.line_of_cells(&wrapped, at, TableLine::Text);
            // Only the lines between the cells go on beside pictures that are higher than text.
            for blank in (y..y + above).chain(y + above + 1..y + above + 1 + below) {
                let (line, _) = self.line_of_cells(&wrapped, at, TableLine::Blank);
                flow.put(self.range.x, blank, (line, self.width()));
            }
            flow.put(self.range.x, y + above, (line, self.width()));
            y += above + 1 + below;
        }
        flow.close(y, 0);
    }

    /// Returns the line with number `at` of all cells of a row, and the rows that its pictures extend
    /// above and below it.
    fn line_of_cells(
        &self,
        wrapped: &[Vec<(TextRow, u16)>],
        at: usize,
        content: TableLine,
    ) -> (TextRow, (u32, u32)) {
        let goes_on = |rows: &Vec<_>| at == 0 || rows.len() > at;
        let first = wrapped.iter().position(goes_on).unwrap_or(0);
        let last = wrapped.iter().rposition(goes_on).unwrap_or(0);
        let mut line = TextRow::default();
        let (style, is_framed) = self.lines;
        if is_framed {
            line.push("│ ", style);
        }
        for (column, rows) in wrapped.iter().enumerate() {
            if column > 0 {
                let goes_on = is_framed || column > first && column <= last;
                line.push(if goes_on { " │ " } else { "   " }, style);
            }
            let row = rows.get(at).filter(|_| content == TableLine::Text);
            self.cell(&mut line, column, row.cloned());
        }
        if is_framed {
            line.push(" │", style);
        }
        let extent = line.extent();
        (line, extent)
    }

    /// Lays out one row of cells as running text.
    fn running_text(&self, flow: &mut Flow<'_>, cells: &[Vec<StyledText>], room: u16) {
        let mut text = StyledText::default();
        for column in 0..self.widths.len() {
            if column > 0 {
                text.push(" │ ", self.lines.0);
            }
            let mut line = TextRow::default();
            let cell = cells.get(column).and_then(|lines| lines.first());
            self.cell(&mut line, column, cell.map(|text| (text.cut(u16::MAX), text.width())));
            text.append(&StyledText::from_row(&line));
        }
        let y = flow.open();
        let mut next = y;
        for row in text.rows(room) {
            next = flow.put_next(self.range.x, next, row);
        }
        flow.close(next, 0);
    }

    /// Appends one row of one cell, padded to the column's width.
    fn cell(&self, line: &mut TextRow, column: usize, row: Option<(TextRow, u16)>) {
        let (row, width) = row.unwrap_or_default();
        let free = self.widths[column].saturating_sub(width);
        let before = match self.aligns[column] {
            Align::Left => 0,
            Align::Center => free / 2,
            Align::Right => free,
        };
        let blank = |cells: u16| " ".repeat(cells.into());
        line.push(blank(before), self.base);
        line.spans.extend(row.spans);
        line.push(blank(free - before), self.base);
    }

    /// Returns the width of a row.
    fn width(&self) -> u16 {
        total(&self.widths).saturating_add(if self.lines.1 { FRAME_WIDTH } else { 0 })
    }

    /// Lays out a line of the frame: its start, what crosses columns, its end.
    fn line(&self, flow: &mut Flow<'_>, [start, between, end]: [&str; 3]) {
        let parts: Vec<_> =
            self.widths.iter().map(|&width| "─".repeat(usize::from(width))).collect();
        let text = format!("{start}{}{end}", parts.join(between));
        let y = flow.open();
        flow.begin(Role::Decoration, (self.range.x, y));
        flow.put(self.range.x, y, (Line::styled(text, self.lines.0), self.width()));
        flow.end(y);
        flow.close(y.saturating_add(1), 0);
    }

    /// Fills the background of every second row, below the items from `at` on.
    fn shade(&self, flow: &mut Flow<'_>, number: usize, from: u32, at: usize) {
        let Some(color) = self.stripe.filter(|_| number % 2 == 1 && self.runs.is_none()) else {
            return;
        };
        let edge = u16::from(self.lines.1);
        let (x, width) = (self.range.x + edge, self.width().saturating_sub(edge * 2));
        let height = flow.height().saturating_sub(from);
        flow.fill(x, from, (width, height), Style::new().bg(color));
        flow.content.items[at..].rotate_right(1);
    }

    /// Lays out the rule below the header.
    fn rule(&self, flow: &mut Flow<'_>) {
        let parts: Vec<_> =
            self.widths.iter().map(|&width| "─".repeat(usize::from(width))).collect();
        let alone = if parts.len() == 1 { "─" } else { "" };
        let rule = StyledText::plain(&(parts.join("─┼─") + alone), self.lines.0);
        let y = flow.open();
        let mut next = y;
        for row in rule.rows(self.runs.unwrap_or(u16::MAX)) {
            flow.put(self.range.x, next, row);
            next = next.saturating_add(1);
        }
        flow.close(next, 0);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::fits(&[5, 9], &[5, 5], 20, &[5, 9])]
    #[case::only_the_last_shrinks(&[12, 30], &[5, 6], 27, &[12, 12])]
    #[case::words_stay_whole(&[12, 30], &[12, 12], 25, &[11, 11])]
    #[case::the_rest_is_divide(&[30, 30], &[4, 8], 33, &[13, 17])]
    #[case::long_words_give_way(&[3, 40], &[3, 40], 20, &[3, 14])]
    #[case::no_room(&[9, 9, 9], &[9, 9, 9], 2, &[1, 1, 1])]
    fn columns_shrink_to_fit(
        #[case] natural: &[u16],
        #[case] words: &[u16],
        #[case] room: u16,
        #[case] expected: &[u16],
    ) {
        assert_eq!(narrow(natural, words, room), expected);
    }
}
