//! The parts of an output in the pane: text, tables, pictures, markdown, terminals. Each knows its
//! height and its text, and creates rows on demand.

use std::ops::Range;

use super::PaneView;
use crate::deck::{Block, CellId};
use crate::layout::blocks;
use crate::layout::cell::bench;
use crate::layout::cell::data_table::DataGrid;
use crate::layout::cell::output;
use crate::layout::cell::prompt;
use crate::layout::cell::result;
use crate::layout::cell::screen;
use crate::layout::flow::Flow;
use crate::layout::picture;
use crate::layout::scene::{Item, PlacedItem};
use crate::layout::text::{DIM, StyledText};
use crate::run::{CellRun, MarkdownOutput, OutputRow, Part, State, TextOutput};
use crate::theme::{Alignment, OutputColors};

/// A part of an output.
pub(super) enum Section<'a> {
    /// Text output.
    Text(TextSection<'a>),
    /// A table, whose header stays visible.
    Table(TableSection<'a>),
    /// Blocks laid out as on a slide, and their height.
    Blocks(Vec<PlacedItem>, u32),
    /// A terminal: its columns and rows, and its contents.
    Terminal((u16, u16), Vec<StyledText>),
    /// Lines of text.
    Lines(Vec<StyledText>),
}

/// Text output. Line `i` starts at row `starts[i]`; the last element is the end.
pub(super) struct TextSection<'a> {
    written: &'a TextOutput,
    starts: Vec<u32>,
    columns: u16,
    colors: OutputColors,
}

/// A data table: its header, its rows, and a note on what is omitted.
pub(super) struct TableSection<'a> {
    grid: DataGrid<'a>,
    head: Vec<StyledText>,
    rest: Option<StyledText>,
    columns: u16,
}

/// Returns all sections of an output, each laid out in its own flow.
pub(super) fn all<'a>(
    flow: impl Fn() -> Flow<'a>,
    view: &PaneView<'_>,
    run: &'a CellRun,
) -> Vec<Section<'a>> {
    let columns = flow().width;
    let colors = flow().context.theme().output_colors(false);
    let laid = |fill: &dyn Fn(&mut Flow<'a>)| {
        let mut flow = flow();
        fill(&mut flow);
        let height = flow.height();
        Section::Blocks(flow.content.items, height)
    };
    let mut all = Vec::new();
    let shown = flow().context.inputs.deck.cell(view.cell);
    if let (Some(made), Some(shown)) = (&run.output.picture, shown) {
        all.push(laid(&|flow| picture::lay_out(flow, &result::picture_of(made), shown.span)));
    }
    all.extend(terminal(&flow(), view.cell, run));
    for part in run.output.parts() {
        all.push(match part {
            Part::Text(written) if written.is_empty() => continue,
            Part::Text(written) => Section::Text(TextSection::new(written, columns, colors)),
            Part::Table(table) => {
                Section::Table(TableSection::new(DataGrid::new(table, columns, view.left), columns))
            }
            Part::Timing(timing) => Section::Lines(vec![bench::line(timing)]),
            Part::Picture(file) => laid(&|flow| picture::lay_out_result(flow, file)),
            Part::Markdown(MarkdownOutput { text, blocks }) => {
                laid(&|flow| markdown(flow, text, blocks))
            }
        });
    }
    if result::failed_to_start(run) {
        all.push(laid(&|flow| result::start_error(flow, run)));
    }
    if let Some(prompt) = &run.prompt {
        let enter = &flow().context.inputs.hints.enter;
        all.push(Section::Lines(vec![prompt::line(prompt, columns, enter)]));
    }
    if all.is_empty() {
        let is_over = matches!(run.state, State::Ended(_));
        let said = if is_over { "no output" } else { "no output yet" };
        all.push(Section::Lines(vec![StyledText::plain(said, DIM)]));
    }
    all
}

fn markdown(flow: &mut Flow<'_>, text: &str, blocks: &[Block]) {
    if blocks.is_empty() {
        let base = flow.style.inline.base;
        text.trim_end().lines().for_each(|line| {
            flow.rows(&StyledText::plain(line, base), Alignment::default());
        });
    } else {
        blocks::lay_out(flow, blocks);
    }
}

/// Returns the terminal of a run, in the size requested by the author or else that of the screen.
fn terminal<'a>(flow: &Flow<'_>, id: CellId, run: &CellRun) -> Option<Section<'a>> {
    let emulator = run.output.screen.as_ref()?;
    let pty = flow.context.inputs.deck.cell(id).and_then(|cell| cell.exec.pty);
    let whole = (flow.width, u16::try_from(flow.context.rows).unwrap_or(u16::MAX));
    let size = match pty {
        Some(pty) if run.origin.recorded.is_none() => pty.size.unwrap_or(whole),
        _ => emulator.size(),
    };
    let colors = flow.context.theme().output_colors(false);
    let lines = screen::rows(emulator, run, (size.1, &colors));
    Some(Section::Terminal(size, lines))
}

impl Section<'_> {
    /// Returns the height in rows.
    pub(super) fn height(&self) -> u32 {
        match self {
            Self::Text(listing) => listing.starts.last().copied().unwrap_or(0),
            Self::Table(table) => table.lines() as u32,
            Self::Blocks(_, height) => *height,
            Self::Terminal((_, rows), _) => (*rows).into(),
            Self::Lines(lines) => lines.len() as u32,
        }
    }

    /// Returns the number of columns scrolled away.
    pub(super) fn left(&self) -> usize {
        if let Self::Table(table) = self { table.grid.skipped } else { 0 }
    }

    /// Returns the number of searchable lines.
    pub(super) fn lines(&self) -> usize {
        match self {
            Self::Text(listing) => listing.written.len(),
            Self::Table(table) => table.lines(),
            Self::Blocks(items, _) => items.len(),
            Self::Terminal(_, lines) | Self::Lines(lines) => lines.len(),
        }
    }

    /// Returns the text of a line.
    pub(super) fn text(&self, line: usize) -> Option<StyledText> {
        match self {
            Self::Text(listing) => listing.text(line),
            Self::Table(table) => table.line(line),
            Self::Blocks(items, _) => match &items.get(line)?.item {
                Item::Text(row) => Some(StyledText::from_row(row)),
                _ => None,
            },
            Self::Terminal(_, lines) | Self::Lines(lines) => lines.get(line).cloned(),
        }
    }

    /// Returns the row that contains this byte of a line.
    pub(super) fn row_of(&self, line: usize, byte: usize) -> u32 {
        match self {
            Self::Text(listing) => listing.row_of(line, byte),
            Self::Blocks(items, _) => items.get(line).map_or(0, |placed| placed.y),
            Self::Table(_) | Self::Terminal(..) | Self::Lines(_) => line as u32,
        }
    }

    /// Creates the items of these rows. `marked` highlights matches in a line.
    pub(super) fn place(
        &self,
        rows: &Range<u32>,
        id: CellId,
        marked: &dyn Fn(usize, StyledText) -> StyledText,
        items: &mut Vec<PlacedItem>,
    ) {
        match self {
            Self::Text(listing) => listing.place(rows, marked, items),
            Self::Table(table) => table.place(rows, marked, items),
            Self::Blocks(laid, _) => {
                items.extend(laid.iter().enumerate().map(|(number, placed)| {
                    let item = match &placed.item {
                        Item::Text(row) => {
                            let text = marked(number, StyledText::from_row(row));
                            Item::Text(text.row(0..text.as_str().len()).0)
                        }
                        item => item.clone(),
                    };
                    PlacedItem { item, ..placed.clone() }
                }));
            }
            Self::Terminal((columns, height), lines) => {
                place_lines(lines, *columns, marked, items);
                let item = Item::Terminal { width: *columns, height: *height, id };
                items.push(PlacedItem { x: 0, y: 0, item });
            }
            Self::Lines(lines) => place_lines(lines, u16::MAX, marked, items),
        }
    }
}

fn place_lines(
    lines: &[StyledText],
    columns: u16,
    marked: &dyn Fn(usize, StyledText) -> StyledText,
    items: &mut Vec<PlacedItem>,
) {
    items.extend(lines.iter().enumerate().map(|(number, line)| {
        let line = marked(number, line.clone()).cut(columns);
        PlacedItem { x: 0, y: number as u32, item: Item::Text(line) }
    }));
}

impl<'a> TextSection<'a> {
    fn new(written: &'a TextOutput, columns: u16, colors: OutputColors) -> Self {
        let height = |row: OutputRow<'_>| match row {
            OutputRow::Line(_) if output::width(row) > columns => {
                output::wrapped(output::text_of(row, &colors).as_str(), columns).len().max(1)
            }
            _ => 1,
        };
        let ends = output::rows(written).map(height).scan(0_u32, |end, height| {
            *end = end.saturating_add(u32::try_from(height).unwrap_or(u32::MAX));
            Some(*end)
        });
        let starts = std::iter::once(0).chain(ends).collect();
        Self { written, starts, columns, colors }
    }

    fn text(&self, line: usize) -> Option<StyledText> {
        self.written.row(line).map(|row| output::text_of(row, &self.colors))
    }

    /// Returns the number of rows of a line.
    fn height(&self, line: usize) -> u32 {
        self.starts.get(line + 1).map_or(0, |end| end - self.starts[line])
    }

    fn row_of(&self, line: usize, byte: usize) -> u32 {
        let start = self.starts.get(line).copied().unwrap_or(0);
        if self.height(line) <= 1 {
            return start;
        }
        let text = self.text(line).unwrap_or_default();
        let rows = output::wrapped(text.as_str(), self.columns);
        let row = rows.iter().position(|row| row.end > byte).unwrap_or(rows.len().max(1) - 1);
        start + row as u32
    }

    fn place(
        &self,
        rows: &Range<u32>,
        marked: &dyn Fn(usize, StyledText) -> StyledText,
        items: &mut Vec<PlacedItem>,
    ) {
        let first = self.starts.partition_point(|start| *start <= rows.start).saturating_sub(1);
        for line in first..self.written.len() {
            let start = self.starts[line];
            if start >= rows.end {
                break;
            }
            let Some(text) = self.text(line) else { break };
            let text = marked(line, text);
            if self.height(line) <= 1 {
                let item = Item::Text(text.cut(self.columns));
                items.push(PlacedItem { x: 0, y: start, item });
                continue;
            }
            for (part, y) in output::wrapped(text.as_str(), self.columns).into_iter().zip(start..) {
                if rows.contains(&y) {
                    items.push(PlacedItem { x: 0, y, item: Item::Text(text.row(part).0) });
                }
            }
        }
    }
}

impl<'a> TableSection<'a> {
    fn new(grid: DataGrid<'a>, columns: u16) -> Self {
        let rest = grid.table.more(grid.table.rows.len(), grid.hidden_columns());
        let rest = rest.map(|words| StyledText::plain(&words, DIM));
        Self { head: grid.head(), grid, rest, columns }
    }

    fn lines(&self) -> usize {
        self.head.len() + self.grid.table.rows.len() + usize::from(self.rest.is_some())
    }

    fn line(&self, line: usize) -> Option<StyledText> {
        if let Some(head) = self.head.get(line) {
            return Some(head.clone());
        }
        let row = self.grid.table.rows.get(line - self.head.len());
        row.map(|row| self.grid.row(row)).or_else(|| self.rest.clone())
    }

    /// Creates the rows, with the header over the first ones if it is scrolled away.
    fn place(
        &self,
        rows: &Range<u32>,
        marked: &dyn Fn(usize, StyledText) -> StyledText,
        items: &mut Vec<PlacedItem>,
    ) {
        let mut put = |line: usize, y: u32| {
            let Some(text) = self.line(line) else { return };
            let item = Item::Text(marked(line, text).cut(self.columns));
            items.push(PlacedItem { x: 0, y, item });
        };
        let head = self.head.len() as u32;
        let is_away = rows.start > 0 && rows.end - rows.start > head;
        let first = if is_away { rows.start + head } else { rows.start };
        for y in first..rows.end {
            put(y as usize, y);
        }
        for line in 0..if is_away { self.head.len() } else { 0 } {
            put(line, rows.start + line as u32);
        }
    }
}
