//! What a run has made: text in a box with its own scroll where there is more than its room, and
//! between it pictures, tables and markdown, each where it was shown. Rows of text are counted by
//! width; only those that show are made.

use std::ops::Range;

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::bench;
use super::data_table;
use crate::deck::{Align, Block, CellId, CodeBlock};
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::picture;
use crate::layout::placement::effective_alignment;
use crate::layout::scene::{Item, PlacedItem};
use crate::layout::text::StyledText;
use crate::layout::wrap;
use crate::run::{CellRun, Output, OutputRow, OutputValue, Part, TextOutput, group_digits};
use crate::theme::{Alignment, Padding};

/// Rows of the page that the longest output leaves to the rest of its cell.
const LEFT_FREE: u32 = 6;

/// A line longer than this is cut at the edge, which needs no look at its words: two thousand of
/// the longest lines must not hold up a frame.
const LONG: usize = 400;

/// How a line says that it is not the run's own.
pub(in crate::layout) const DIM: Style = Style::new().add_modifier(Modifier::DIM);

/// Lays out all of an output in boxes that are at least `columns` wide, and says in which; no box
/// where there is nothing to see.
pub(in crate::layout) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (id, run): (CellId, &CellRun),
    columns: u16,
) -> Option<CodeBox> {
    if run.output.is_empty() {
        return None;
    }
    let panel = panel(flow, block, &run.output, columns);
    for (number, part) in run.output.parts().iter().enumerate() {
        let place = PartView { id, part: number, scroll: run.scroll.get(&number).copied() };
        match part {
            Part::Text(written) if written.is_empty() => {}
            Part::Text(written) => TextLayout::new(written).lay_out(flow, block, &panel, place),
            Part::Value(OutputValue::Table(table)) => {
                data_table::lay_out(flow, table, (block, &panel), place)
            }
            Part::Value(OutputValue::Timing(timing)) => bench::words(flow, block, &panel, timing),
            Part::Value(OutputValue::Picture(file)) => picture::result(flow, file),
            Part::Value(OutputValue::Markdown { text, blocks }) => {
                markdown(flow, &panel, text, blocks);
            }
        }
    }
    Some(panel)
}

/// The boxes for an output, `columns` wide at least. What is bare and wants no columns stands in
/// the middle as what it is, where code stands in the middle.
pub(in crate::layout) fn panel(
    flow: &Flow<'_>,
    block: &CodeBlock,
    output: &Output,
    columns: u16,
) -> CodeBox {
    let alignment = match flow.context.theme().code.alignment {
        Alignment::Center { .. } if block.no_background && columns == 0 => {
            effective_alignment(Some(Align::Center), Alignment::default())
        }
        alignment => alignment,
    };
    let padding =
        if block.no_background { Padding::default() } else { flow.context.theme().output.padding };
    let widest = output.parts().iter().map(|part| match part {
        Part::Text(written) => rows(written).map(width).max().unwrap_or(0),
        Part::Value(OutputValue::Table(table)) => data_table::natural_width(table),
        Part::Value(OutputValue::Timing(timing)) => bench::line(timing).width(),
        Part::Value(_) => 0,
    });
    let beside = u16::from(padding.horizontal) * 2;
    let longest = widest.max().unwrap_or(0).max(columns.saturating_sub(beside));
    CodeBox::aligned(flow, alignment, padding, longest)
}

/// Markdown as it would stand on a slide; as text where nobody has read it.
fn markdown(flow: &mut Flow<'_>, panel: &CodeBox, text: &str, blocks: &[Block]) {
    let y = flow.open();
    let mut inner = flow.inner(panel.inner(), y);
    if blocks.is_empty() {
        for line in text.trim_end().lines() {
            inner.rows(&StyledText::plain(line, inner.inline_style.base), Alignment::default());
        }
    } else {
        inner.blocks(blocks);
    }
    let height = inner.height();
    flow.adopt(inner, panel.x(), y);
    flow.close(y.saturating_add(height), 1);
}

/// Whose part of an output something is, and how far that is scrolled.
#[derive(Clone, Copy, Debug)]
pub(in crate::layout) struct PartView {
    pub(in crate::layout) id: CellId,
    pub(in crate::layout) part: usize,
    pub(in crate::layout) scroll: Option<usize>,
}

impl PartView {
    /// Notes the rows that a window shows, for whoever points at them.
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
        flow.items.push(PlacedItem { x, y, item });
    }
}

/// Rows of text and their widths.
struct TextLayout<'a> {
    written: &'a TextOutput,
    widths: Vec<u16>,
}

impl<'a> TextLayout<'a> {
    /// Measures a text.
    fn new(written: &'a TextOutput) -> Self {
        Self { written, widths: rows(written).map(width).collect() }
    }

    /// Lays it out in its box.
    fn lay_out(&self, flow: &mut Flow<'_>, block: &CodeBlock, panel: &CodeBox, place: PartView) {
        let top = flow.open();
        let heights = self.heights(panel.inner());
        let total = heights.iter().sum();
        let window = RowWindow::new(total, most_rows(flow, top, panel), place.scroll);
        let label_rows = u32::from(window.is_part());
        let height = window.height() + label_rows + panel.above * 2;
        let style = flow.context.theme().output.style;
        if !block.no_background {
            flow.fill(panel.range.x, top, (panel.range.width, height), style);
        }
        let y = top.saturating_add(panel.above);
        for (line, y) in self.visible(panel.inner(), &heights, &window).into_iter().zip(y..) {
            flow.put(panel.x(), y, (line, panel.inner()));
        }
        if window.is_part() {
            let label = StyledText::plain(&self.label(&heights, &window), DIM);
            let width = label.width().min(panel.inner());
            let x = panel.x() + (panel.inner() - width);
            flow.put(x, y.saturating_add(window.height()), (label.cut(width), width));
        }
        place.note(flow, (panel.range.x, y, panel.range.width), &window, true);
        flow.close(top.saturating_add(height), 1);
    }

    /// How many rows each row takes in a box this wide.
    fn heights(&self, columns: u16) -> Vec<usize> {
        let height = |(row, &width)| match row {
            OutputRow::Line(line) if width > columns => wrapped(&line.to_string(), columns).len(),
            _ => 1,
        };
        rows(self.written).zip(&self.widths).map(height).collect()
    }

    /// The rows in the window.
    fn visible(&self, columns: u16, heights: &[usize], window: &RowWindow) -> Vec<Line<'static>> {
        let mut above = window.first;
        let mut lines = Vec::new();
        for (row, &height) in rows(self.written).zip(heights) {
            if above >= height {
                above -= height;
                continue;
            }
            let text = text_of(row);
            if let OutputRow::Line(_) = row {
                let cut = wrapped(text.as_str(), columns);
                lines.extend(cut.into_iter().skip(above).map(|row| text.row(row).0));
            } else {
                lines.push(text.cut(columns));
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
    fn label(&self, heights: &[usize], window: &RowWindow) -> String {
        let (mut at, mut left_out, mut left_out_above) = (0, 0, 0);
        for (row, &height) in rows(self.written).zip(heights) {
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
        format!("rows {}-{} of {}", group_digits(first), group_digits(last), group_digits(total))
    }
}

/// How many rows an output that begins at row `top` may show: what is left of the page, but no
/// less than half of one, and not all of it.
pub(in crate::layout) fn most_rows(flow: &Flow<'_>, top: u32, panel: &CodeBox) -> u32 {
    let page_rows = flow.context.rows / u32::from(flow.size);
    let left = flow.room.saturating_sub(top).saturating_sub(panel.above * 2 + 1);
    left.max(page_rows / 2).min(page_rows.saturating_sub(LEFT_FREE)).max(1)
}

/// Every row that a text knows.
pub(in crate::layout) fn rows(written: &TextOutput) -> impl Iterator<Item = OutputRow<'_>> {
    (0..written.len()).map_while(|index| written.row(index))
}

/// The cells a row takes.
pub(in crate::layout) fn width(row: OutputRow<'_>) -> u16 {
    match row {
        OutputRow::Line(line) => {
            let cells = line.spans.iter().map(|span| wrap::cells(&span.content)).sum::<usize>();
            u16::try_from(cells).unwrap_or(u16::MAX)
        }
        OutputRow::Omitted(_) => 0,
    }
}

/// A row as text.
pub(in crate::layout) fn text_of(row: OutputRow<'_>) -> StyledText {
    match row {
        OutputRow::Line(line) => StyledText::from_line(line),
        OutputRow::Omitted(count) => {
            StyledText::plain(&format!("… {} lines left out …", group_digits(count)), DIM)
        }
    }
}

/// The rows of one line in a box this wide.
pub(in crate::layout) fn wrapped(line: &str, columns: u16) -> Vec<Range<usize>> {
    if line.len() > LONG { wrap::edges(line, columns) } else { wrap::words(line, columns) }
}

/// The part of an output's rows that shows.
#[derive(Debug, PartialEq)]
pub(in crate::layout) struct RowWindow {
    /// The first row.
    pub(in crate::layout) first: usize,
    /// How many rows.
    pub(in crate::layout) rows: usize,
    /// How many there are.
    pub(in crate::layout) total: usize,
}

impl RowWindow {
    /// `scroll` is the first row asked for; none follows the end. It always shows full rows.
    pub(in crate::layout) fn new(total: usize, room: u32, scroll: Option<usize>) -> Self {
        let rows = total.min(room as usize);
        let last = total - rows;
        Self { first: scroll.map_or(last, |first| first.min(last)), rows, total }
    }

    /// Its rows, as scenes count them.
    pub(in crate::layout) fn height(&self) -> u32 {
        self.rows as u32
    }

    /// Whether there is more than it shows.
    fn is_part(&self) -> bool {
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
    fn a_window_shows_full_rows(
        #[case] total: usize,
        #[case] room: u32,
        #[case] scroll: Option<usize>,
        #[case] first: usize,
        #[case] rows: usize,
    ) {
        assert_eq!(RowWindow::new(total, room, scroll), RowWindow { first, rows, total });
    }
}
