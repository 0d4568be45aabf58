//! The output of a run: text in a box that scrolls if it is too long, interleaved with pictures,
//! tables and markdown. Wrapped rows are counted for all text but created only for visible rows.

use std::ops::Range;

use ratatui::text::Line;

use super::bench;
use super::data_table;
use super::status;
use super::window::{self, PartView, RowWindow};
use crate::deck::{Align, Block, CellId, CodeBlock};
use crate::layout::blocks;
use crate::layout::code::{self, CodeBox};
use crate::layout::flow::Flow;
use crate::layout::picture;
use crate::layout::placement::effective_alignment;
use crate::layout::role::Role;
use crate::layout::text::{DIM, StyledText};
use crate::layout::text_row::TextRow;
use crate::layout::wrap;
use crate::run::{
    CellRun, MarkdownOutput, Outcome, Output, OutputRow, Part, State, TextOutput, group_digits,
};
use crate::theme::{Alignment, OutputColors, OutputShape, OutputStyle, Padding};

/// Lines longer than this many bytes are cut at the edge instead of at words, which keeps thousands
/// of long lines fast.
const MAX_WORD_WRAPPED: usize = 400;

/// Lays out an output in boxes at least `columns` wide. Returns the box, or `None` if there is no
/// output.
pub(in crate::layout) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (id, run): (CellId, &CellRun),
    (columns, x): (u16, Option<u16>),
) -> Option<CodeBox> {
    if run.output.is_empty() {
        return None;
    }
    let OutputStyle { shape, .. } = flow.context.theme().output;
    let has_bench_card = bench::has_card(flow, id);
    let mut panel = panel(flow, block, &run.output, columns);
    if let Some(x) = x.filter(|_| shape == OutputShape::Card) {
        let end = flow.text_range(flow.context.theme().code.alignment).right();
        panel.range.x = x.min(end.saturating_sub(panel.range.width));
    }
    // Output in place of its code is no card.
    let is_card = shape == OutputShape::Card && !block.no_background && columns > 0;
    let edge_style = status::style_of(&flow.context.theme().output, run);
    let mut follows_box = false;
    for (number, part) in run.output.parts().iter().enumerate() {
        let place = PartView {
            id,
            part: number,
            scroll: run.view.scroll.get(&number).copied(),
            has_errors: has_errors(run),
        };
        let has_box = match part {
            Part::Text(text) => !text.is_empty(),
            Part::Table(_) => true,
            Part::Markdown(_) => is_card,
            Part::Picture(_) | Part::Timing(_) => false,
        };
        if is_card && follows_box && has_box {
            // The gap, and one of the two padding rows.
            flow.join();
            (0..panel.above).for_each(|_| flow.join());
        }
        let top = flow.next();
        match part {
            Part::Text(written) if written.is_empty() => {}
            Part::Text(written) => TextLayout::new(written).lay_out(flow, block, &panel, place),
            Part::Table(table) => {
                data_table::lay_out(flow, table, (block, &panel), place);
            }
            Part::Timing(_) if has_bench_card => continue,
            Part::Timing(timing) => bench::words(flow, block, &panel, timing),
            Part::Picture(file) => picture::lay_out_result(flow, file),
            Part::Markdown(MarkdownOutput { text, blocks }) => {
                markdown(flow, (&panel, is_card), text, blocks);
                if !is_card {
                    continue;
                }
            }
        }
        let is_picture = matches!(part, Part::Picture(_));
        if is_card && !is_picture && !(panel.is_framed && has_box) {
            let rows = top.min(flow.height())..flow.height();
            status::edge(flow, &panel, rows, edge_style);
        }
        follows_box = has_box || follows_box && flow.height() <= top;
    }
    Some(panel)
}

/// Returns whether a run failed with messages that start with the most important one.
fn has_errors(run: &CellRun) -> bool {
    matches!(run.state, State::Ended(Outcome::NotCompiled | Outcome::Exited(1..)))
}

/// Returns the box for an output, at least `columns` wide. Without background and with no minimum
/// width, the output is centred if code is.
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
        Part::Table(table) => data_table::natural_width(table),
        Part::Timing(timing) => bench::line(timing).width(),
        Part::Picture(_) | Part::Markdown(_) => 0,
    });
    let beside = u16::from(padding.horizontal) * 2;
    let longest = widest.max().unwrap_or(0).max(columns.saturating_sub(beside));
    CodeBox::aligned(flow, alignment, padding, longest)
}

/// Lays out markdown as on a slide, or as text if it has not been parsed; in a card, on its ground.
fn markdown(flow: &mut Flow<'_>, (panel, is_card): (&CodeBox, bool), text: &str, blocks: &[Block]) {
    let top = flow.open();
    let above = if is_card { panel.above } else { 0 };
    let y = top.saturating_add(above);
    let mut inner = flow.inner(panel.inner(), y);
    if blocks.is_empty() {
        for line in text.trim_end().lines() {
            inner.rows(&StyledText::plain(line, inner.style.inline.base), Alignment::default());
        }
    } else {
        blocks::lay_out(&mut inner, blocks);
    }
    let next = y.saturating_add(inner.height()).saturating_add(above);
    if is_card {
        let style = flow.context.theme().output.style;
        flow.fill(panel.range.x, top, (panel.range.width, next - top), style);
    }
    flow.adopt(inner, panel.x(), y);
    flow.close(next, 1);
}

/// Text output with measured rows.
struct TextLayout<'a> {
    written: &'a TextOutput,
    widths: Vec<u16>,
}

impl<'a> TextLayout<'a> {
    /// Measures the rows.
    fn new(written: &'a TextOutput) -> Self {
        Self { written, widths: rows(written).map(width).collect() }
    }

    /// Lays out the text in its box.
    fn lay_out(&self, flow: &mut Flow<'_>, block: &CodeBlock, panel: &CodeBox, place: PartView) {
        let top = flow.open();
        let heights = self.heights(panel.inner());
        let total = heights.iter().sum();
        let first_error = || self.first_error(&heights).filter(|_| place.has_errors);
        let scroll = place.scroll.or_else(first_error);
        let window = RowWindow::new(total, window::most_rows(flow, top, panel, 0), scroll);
        let label_rows = u32::from(window.is_part());
        let height = window.height() + label_rows + panel.above * 2;
        let OutputStyle { style, shape, .. } = flow.context.theme().output;
        let has_marks = shape == OutputShape::Card;
        if !block.no_background {
            flow.fill(panel.range.x, top, (panel.range.width, height), style);
        }
        let y = top.saturating_add(panel.above);
        let colors = flow.context.theme().output_colors(!block.no_background);
        flow.begin(Role::Output, (panel.x(), y));
        for ((line, continues), y) in
            self.visible((panel.inner(), &colors), &heights, &window).into_iter().zip(y..)
        {
            if continues && has_marks && panel.beside > 1 {
                flow.begin(Role::Decoration, (panel.x() - 1, y));
                flow.put(panel.x() - 1, y, (Line::styled(code::WRAP_MARK, DIM), 1));
                flow.end(y);
            }
            flow.put(panel.x(), y, (line, panel.inner()));
        }
        flow.end(y);
        if window.is_part() {
            let label = StyledText::plain(&self.label(&heights, &window), DIM);
            let width = label.width().min(panel.inner());
            let x = panel.x() + (panel.inner() - width);
            flow.put(x, y.saturating_add(window.height()), (label.cut(width), width));
        }
        place.note(flow, (panel.range.x, y, panel.range.width), &window, true);
        flow.close(top.saturating_add(height), 1);
    }

    /// Returns the number of wrapped rows of each row.
    fn heights(&self, columns: u16) -> Vec<usize> {
        let height = |(row, &width)| match row {
            OutputRow::Line(line) if width > columns => wrapped(&line.to_string(), columns).len(),
            _ => 1,
        };
        rows(self.written).zip(&self.widths).map(height).collect()
    }

    /// Returns the wrapped row on which the first error message of a compiler, or of a program in
    /// JavaScript with a trace below it, starts.
    fn first_error(&self, heights: &[usize]) -> Option<usize> {
        let is_error = |row: OutputRow<'_>| match row {
            OutputRow::Line(line) => {
                let text = line.to_string();
                ["error", "Error: "].iter().any(|start| text.starts_with(start))
                    || text.contains(": error")
            }
            OutputRow::Omitted(_) => false,
        };
        let line = rows(self.written).position(is_error)?;
        Some(heights[..line].iter().sum())
    }

    /// Returns the visible wrapped rows, and whether each continues a line.
    fn visible(
        &self,
        (columns, colors): (u16, &OutputColors),
        heights: &[usize],
        window: &RowWindow,
    ) -> Vec<(TextRow, bool)> {
        let mut above = window.first;
        let mut lines = Vec::new();
        for (row, &height) in rows(self.written).zip(heights) {
            if above >= height {
                above -= height;
                continue;
            }
            let text = text_of(row, colors);
            if let OutputRow::Line(_) = row {
                let cut = wrapped(text.as_str(), columns);
                let cut = cut.into_iter().enumerate().skip(above);
                lines.extend(cut.map(|(number, row)| (text.row(row).0, number > 0)));
            } else {
                lines.push((text.cut(columns), false));
            }
            above = 0;
            if lines.len() >= window.rows {
                break;
            }
        }
        lines.truncate(window.rows);
        lines
    }

    /// Describes the visible rows, counting omitted ones.
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

/// Returns every row of a text.
pub(in crate::layout) fn rows(written: &TextOutput) -> impl Iterator<Item = OutputRow<'_>> {
    (0..written.len()).map_while(|index| written.row(index))
}

/// Returns the width of a row in cells.
pub(in crate::layout) fn width(row: OutputRow<'_>) -> u16 {
    match row {
        OutputRow::Line(line) => {
            let cells = line.spans.iter().map(|span| wrap::cells(&span.content)).sum::<usize>();
            u16::try_from(cells).unwrap_or(u16::MAX)
        }
        OutputRow::Omitted(_) => 0,
    }
}

/// Returns a row as text.
pub(in crate::layout) fn text_of(row: OutputRow<'_>, colors: &OutputColors) -> StyledText {
    match row {
        OutputRow::Line(line) => StyledText::from_output(line, colors),
        OutputRow::Omitted(count) => {
            StyledText::plain(&format!("… {} lines left out …", group_digits(count)), DIM)
        }
    }
}

/// Returns the wrapped rows of a line.
pub(in crate::layout) fn wrapped(line: &str, columns: u16) -> Vec<Range<usize>> {
    if line.len() > MAX_WORD_WRAPPED {
        wrap::edges(line, columns)
    } else {
        wrap::words(line, columns)
    }
}
