//! A run's output: a box with its own scroll where there is more than its room. Rows are counted
//! by width; only those that show are made.

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::code::Panel;
use super::flow::Flow;
use super::scene::{Item, Placed};
use super::text::Text;
use super::wrap;
use crate::deck::{CellId, CodeBlock};
use crate::run::{CellRun, Output, OutputRow};
use crate::theme::Padding;

/// Rows of the page that the longest output leaves to the rest of its cell.
const LEFT_FREE: u32 = 6;

/// The box for what a run has written, at least `width` columns wide.
pub(super) fn panel(flow: &Flow<'_>, block: &CodeBlock, run: &CellRun, width: u16) -> Panel {
    let padding =
        if block.no_background { Padding::default() } else { flow.page.theme().output.padding };
    let longest = rows(&run.output).map(row_width).max().unwrap_or(0);
    let beside = u16::from(padding.horizontal) * 2;
    Panel::new(flow, padding, longest.max(width.saturating_sub(beside)))
}

/// Lays out what a run has written, in a box at least as wide as the code's; nothing where it has
/// written nothing.
pub(super) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    id: CellId,
    run: &CellRun,
    width: u16,
) {
    if run.output.is_empty() {
        return;
    }
    let panel = panel(flow, block, run, width);
    let top = flow.open();
    let total = rows(&run.output).map(|row| row_height(row, panel.inner())).sum();
    let room = most_rows(flow, top, panel.above);
    let window = Window::new(total, room, run.scroll);
    let y = top.saturating_add(panel.above);
    let shown = window.height();
    let height = shown + u32::from(window.is_part()) + panel.above * 2;
    let style = flow.page.theme().output.style;
    if !block.no_background {
        flow.fill(panel.spot.x, top, (panel.spot.width, height), style);
    }
    for (row, line) in visible(&run.output, panel.inner(), &window).into_iter().enumerate() {
        let width = u16::try_from(line.width()).unwrap_or(u16::MAX);
        flow.put(panel.x(), y.saturating_add(row as u32), (line, width));
    }
    if window.is_part() {
        let label = Text::plain(&window.label(&run.output, panel.inner()), dim(style));
        let width = label.width().min(panel.inner());
        let x = panel.x() + (panel.inner() - width);
        flow.put(x, y.saturating_add(shown), (label.cut(width), width));
    }
    let area = Item::Output { width: panel.spot.width, height, id, first: window.first, total };
    flow.items.push(Placed { x: panel.spot.x, y: top, item: area });
    flow.close(top.saturating_add(height), 1);
}

fn dim(style: Style) -> Style {
    style.add_modifier(Modifier::DIM)
}

/// How many rows an output that begins at row `top` may show: what is left of the page, but no
/// less than half of one, and not all of it.
fn most_rows(flow: &Flow<'_>, top: u32, above: u32) -> u32 {
    let page = flow.page.rows;
    let left = flow.room.saturating_sub(top).saturating_sub(above * 2 + 1);
    left.max(page / 2).min(page.saturating_sub(LEFT_FREE)).max(1)
}

/// Every row that an output knows.
fn rows(output: &Output) -> impl Iterator<Item = OutputRow<'_>> {
    (0..output.len()).map_while(|index| output.row(index))
}

/// The cells a row takes.
fn row_width(row: OutputRow<'_>) -> u16 {
    match row {
        OutputRow::Line(line) => {
            let cells = line.spans.iter().map(|span| wrap::cells(&span.content)).sum::<usize>();
            u16::try_from(cells).unwrap_or(u16::MAX)
        }
        OutputRow::Omitted(_) => 0,
    }
}

/// The rows it takes in a box `width` columns wide.
fn row_height(row: OutputRow<'_>, width: u16) -> usize {
    match row {
        OutputRow::Line(line) => match line.spans.as_slice() {
            [] => 1,
            [span] => wrap::edge_rows(&span.content, width),
            spans if row_width(row) <= width || spans.iter().all(|s| s.content.is_ascii()) => spans
                .iter()
                .map(|span| span.content.len())
                .sum::<usize>()
                .div_ceil(width.max(1).into())
                .max(1),
            _ => wrap::edge_rows(&line.to_string(), width),
        },
        OutputRow::Omitted(_) => 1,
    }
}

/// The rows in the window, cut to the box.
fn visible(output: &Output, width: u16, window: &Window) -> Vec<Line<'static>> {
    let mut above = window.first;
    let mut lines = Vec::new();
    for row in rows(output) {
        let height = row_height(row, width);
        if above >= height {
            above -= height;
            continue;
        }
        match row {
            OutputRow::Line(line) => {
                lines.extend(Text::from_line(line).edge_rows(width, above));
            }
            OutputRow::Omitted(count) => {
                let words = format!("… {} lines left out …", grouped(count));
                lines.push(Text::plain(&words, dim(Style::new())).cut(width));
            }
        }
        above = 0;
        if lines.len() >= window.rows {
            break;
        }
    }
    lines.truncate(window.rows);
    lines
}

/// The part of an output's rows that shows.
#[derive(Debug, PartialEq)]
struct Window {
    first: usize,
    rows: usize,
    total: usize,
}

impl Window {
    /// `scroll` is the first row asked for; none follows the end. It always shows full rows.
    fn new(total: usize, room: u32, scroll: Option<usize>) -> Self {
        let rows = total.min(room as usize);
        let last = total - rows;
        Self { first: scroll.map_or(last, |first| first.min(last)), rows, total }
    }

    fn height(&self) -> u32 {
        self.rows as u32
    }

    /// Whether there is more than it shows.
    fn is_part(&self) -> bool {
        self.rows < self.total
    }

    /// Which rows these are, lines left out counted.
    fn label(&self, output: &Output, width: u16) -> String {
        let (mut above, mut left_out_above, mut left_out) = (0, 0, 0);
        for row in rows(output) {
            if let OutputRow::Omitted(count) = row {
                left_out += count.saturating_sub(1);
                if above < self.first {
                    left_out_above = left_out;
                }
            }
            above += row_height(row, width);
        }
        let first = self.first + left_out_above + 1;
        let last = first + self.rows - 1;
        let total = self.total + left_out;
        format!("rows {}-{} of {}", grouped(first), grouped(last), grouped(total))
    }
}

/// A number with a comma after each third digit.
fn grouped(number: usize) -> String {
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(5, 10, None, 0, 5)]
    #[case(50, 10, None, 40, 10)]
    #[case(50, 10, Some(3), 3, 10)]
    #[case(50, 10, Some(99), 40, 10)]
    fn a_window_shows_full_rows(
        #[case] total: usize,
        #[case] room: u32,
        #[case] scroll: Option<usize>,
        #[case] first: usize,
        #[case] rows: usize,
    ) {
        assert_eq!(Window::new(total, room, scroll), Window { first, rows, total });
    }

    #[rstest]
    #[case(7, "7")]
    #[case(999, "999")]
    #[case(1_000, "1,000")]
    #[case(100_213, "100,213")]
    #[case(1_234_567, "1,234,567")]
    fn numbers_are_grouped(#[case] number: usize, #[case] expected: &str) {
        assert_eq!(grouped(number), expected);
    }
}
