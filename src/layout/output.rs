//! A run's output: a box with its own scroll where there is more than its room. Rows are counted
//! by width; only those that show are made.

use std::ops::Range;

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::code::Panel;
use super::flow::Flow;
use super::place::aligned;
use super::scene::{Item, Placed};
use super::text::Text;
use super::wrap;
use crate::deck::{Align, CellId, CodeBlock};
use crate::run::{Output, OutputRow};
use crate::theme::{Alignment, Padding};

/// Rows of the page that the longest output leaves to the rest of its cell.
const LEFT_FREE: u32 = 6;

/// A line longer than this is cut at the edge, which needs no look at its words: two thousand of
/// the longest lines must not hold up a frame.
const LONG: usize = 400;

/// An output's rows and their widths.
pub(super) struct Listing<'a> {
    output: &'a Output,
    widths: Vec<u16>,
}

impl<'a> Listing<'a> {
    /// Measures an output.
    pub(super) fn new(output: &'a Output) -> Self {
        Self { output, widths: rows(output).map(width).collect() }
    }

    /// The box for it, `columns` wide at least. What is bare and wants no columns stands in the
    /// middle as what it is, where code stands in the middle.
    pub(super) fn panel(&self, flow: &Flow<'_>, block: &CodeBlock, columns: u16) -> Panel {
        let alignment = match flow.page.theme().code.alignment {
            Alignment::Center { .. } if block.no_background && columns == 0 => {
                aligned(Some(Align::Center), Alignment::default())
            }
            alignment => alignment,
        };
        let padding =
            if block.no_background { Padding::default() } else { flow.page.theme().output.padding };
        let longest = self.widths.iter().copied().max().unwrap_or(0);
        let beside = u16::from(padding.horizontal) * 2;
        let longest = longest.max(columns.saturating_sub(beside));
        Panel::aligned(flow, alignment, padding, longest)
    }

    /// Lays it out in a box that is at least `columns` wide, and says in which; no box where
    /// nothing was written.
    pub(super) fn lay_out(
        &self,
        flow: &mut Flow<'_>,
        block: &CodeBlock,
        (id, scroll): (CellId, Option<usize>),
        columns: u16,
    ) -> Option<Panel> {
        if self.output.is_empty() {
            return None;
        }
        let panel = self.panel(flow, block, columns);
        let top = flow.open();
        let heights = self.heights(panel.inner());
        let total = heights.iter().sum();
        let window = Window::new(total, most_rows(flow, top, &panel), scroll);
        let label_rows = u32::from(window.is_part());
        let height = window.height() + label_rows + panel.above * 2;
        let style = flow.page.theme().output.style;
        if !block.no_background {
            flow.fill(panel.spot.x, top, (panel.spot.width, height), style);
        }
        let y = top.saturating_add(panel.above);
        for (line, y) in self.visible(panel.inner(), &heights, &window).into_iter().zip(y..) {
            flow.put(panel.x(), y, (line, panel.inner()));
        }
        if window.is_part() {
            let label = Text::plain(&self.label(&heights, &window), DIM);
            let width = label.width().min(panel.inner());
            let x = panel.x() + (panel.inner() - width);
            flow.put(x, y.saturating_add(window.height()), (label.cut(width), width));
        }
        let (width, height_shown) = (panel.spot.width, window.height());
        let first = window.first;
        let area = Item::Output { width, height: height_shown, id, first, total };
        flow.items.push(Placed { x: panel.spot.x, y, item: area });
        flow.close(top.saturating_add(height), 1);
        Some(panel)
    }

    /// How many rows each row takes in a box this wide.
    fn heights(&self, columns: u16) -> Vec<usize> {
        let height = |(row, &width)| match row {
            OutputRow::Line(line) if width > columns => wrapped(&line.to_string(), columns).len(),
            _ => 1,
        };
        rows(self.output).zip(&self.widths).map(height).collect()
    }

    /// The rows in the window.
    fn visible(&self, columns: u16, heights: &[usize], window: &Window) -> Vec<Line<'static>> {
        let mut above = window.first;
        let mut lines = Vec::new();
        for (row, &height) in rows(self.output).zip(heights) {
            if above >= height {
                above -= height;
                continue;
            }
            match row {
                OutputRow::Line(line) => {
                    let text = Text::from_line(line);
                    let cut = wrapped(text.as_str(), columns);
                    lines.extend(cut.into_iter().skip(above).map(|row| text.row(row).0));
                }
                OutputRow::Omitted(count) => {
                    let words = format!("… {} lines left out …", grouped(count));
                    lines.push(Text::plain(&words, DIM).cut(columns));
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

    /// Which rows the window shows, those that are left out counted.
    fn label(&self, heights: &[usize], window: &Window) -> String {
        let (mut at, mut left_out, mut left_out_above) = (0, 0, 0);
        for (row, &height) in rows(self.output).zip(heights) {
            if let OutputRow::Omitted(count) = row {
                left_out += count.saturating_sub(1);
                if at < window.first {
                    left_out_above = left_out;
                }
            }
            at += height;
        }
        let first = window.first + left_out_above + 1;
        let (last, total) = (first + window.rows - 1, window.total + left_out);
        format!("rows {}-{} of {}", grouped(first), grouped(last), grouped(total))
    }
}

/// How a line says that it is not the run's own.
const DIM: Style = Style::new().add_modifier(Modifier::DIM);

/// How many rows an output that begins at row `top` may show: what is left of the page, but no
/// less than half of one, and not all of it.
fn most_rows(flow: &Flow<'_>, top: u32, panel: &Panel) -> u32 {
    let page = flow.page.rows / u32::from(flow.size);
    let left = flow.room.saturating_sub(top).saturating_sub(panel.above * 2 + 1);
    left.max(page / 2).min(page.saturating_sub(LEFT_FREE)).max(1)
}

/// Every row that an output knows.
fn rows(output: &Output) -> impl Iterator<Item = OutputRow<'_>> {
    (0..output.len()).map_while(|index| output.row(index))
}

/// The cells a row takes.
fn width(row: OutputRow<'_>) -> u16 {
    match row {
        OutputRow::Line(line) => {
            let cells = line.spans.iter().map(|span| wrap::cells(&span.content)).sum::<usize>();
            u16::try_from(cells).unwrap_or(u16::MAX)
        }
        OutputRow::Omitted(_) => 0,
    }
}

/// The rows of one line in a box this wide.
fn wrapped(line: &str, columns: u16) -> Vec<Range<usize>> {
    if line.len() > LONG { wrap::edges(line, columns) } else { wrap::words(line, columns) }
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

    /// Its rows, as scenes count them.
    fn height(&self) -> u32 {
        self.rows as u32
    }

    /// Whether there is more than it shows.
    fn is_part(&self) -> bool {
        self.rows < self.total
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
