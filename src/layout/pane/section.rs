//! The parts of an output in its pane: text, tables, pictures and markdown, terminals. Each knows how
//! many rows it takes, what its lines say, and how to make those rows that show.

use std::ops::Range;

use super::PaneView;
use crate::deck::{Block, CellId};
use crate::layout::cell;
use crate::layout::cell::bench;
use crate::layout::cell::data_table::Grid;
use crate::layout::cell::output::{self, DIM};
use crate::layout::cell::prompt;
use crate::layout::cell::screen;
use crate::layout::flow::Flow;
use crate::layout::picture;
use crate::layout::scene::{Item, Placed};
use crate::layout::text::Text;
use crate::run::{CellRun, OutputRow, Part, State, Value, Written};
use crate::theme::Alignment;

/// A part of an output.
pub(super) enum Section<'a> {
    /// What was written.
    Written(Listing<'a>),
    /// A table, whose head stays in sight.
    Table(Table<'a>),
    /// What is laid out as on a slide, and its rows.
    Laid(Vec<Placed>, u32),
    /// A terminal: columns, rows, and what stands in them.
    Screen((u16, u16), Vec<Text>),
    /// Lines as they are.
    Lines(Vec<Text>),
}

/// Text that was written: row `starts[line]` is where a line begins; behind the last one stands
/// where it ends.
pub(super) struct Listing<'a> {
    written: &'a Written,
    starts: Vec<u32>,
    columns: u16,
}

/// A table of data: its head, its rows, and what is missing of it.
pub(super) struct Table<'a> {
    grid: Grid<'a>,
    head: Vec<Text>,
    rest: Option<Text>,
    columns: u16,
}

/// All sections of an output, each laid out in a flow of its own.
pub(super) fn all<'a>(
    flow: impl Fn() -> Flow<'a>,
    view: &PaneView<'_>,
    run: &'a CellRun,
) -> Vec<Section<'a>> {
    let columns = flow().width;
    let laid = |fill: &dyn Fn(&mut Flow<'a>)| {
        let mut flow = flow();
        fill(&mut flow);
        let height = flow.height();
        Section::Laid(flow.items, height)
    };
    let mut all = Vec::new();
    let shown = flow().page.inputs.deck.cell(view.cell);
    if let (Some(made), Some(shown)) = (&run.picture, shown) {
        all.push(laid(&|flow| picture::lay_out(flow, &cell::made(made), shown.span)));
    }
    all.extend(terminal(&flow(), view.cell, run));
    for part in run.output.parts() {
        all.push(match part {
            Part::Text(written) if written.is_empty() => continue,
            Part::Text(written) => Section::Written(Listing::new(written, columns)),
            Part::Shown(Value::Table(table)) => {
                Section::Table(Table::new(Grid::new(table, columns, view.left), columns))
            }
            Part::Shown(Value::Timing(timing)) => Section::Lines(vec![bench::line(timing)]),
            Part::Shown(Value::Picture(file)) => laid(&|flow| picture::result(flow, file)),
            Part::Shown(Value::Markdown { text, blocks }) => {
                laid(&|flow| markdown(flow, text, blocks))
            }
        });
    }
    if cell::has_refusal(run) {
        all.push(laid(&|flow| cell::refusal(flow, run)));
    }
    if let Some(prompt) = &run.prompt {
        let enter = &flow().page.inputs.hints.enter;
        all.push(Section::Lines(vec![prompt::line(prompt, columns, enter)]));
    }
    if all.is_empty() {
        let is_over = matches!(run.state, State::Ended(_));
        let said = if is_over { "nothing was written" } else { "nothing is written yet" };
        all.push(Section::Lines(vec![Text::plain(said, DIM)]));
    }
    all
}

fn markdown(flow: &mut Flow<'_>, text: &str, blocks: &[Block]) {
    if blocks.is_empty() {
        let base = flow.look.base;
        text.trim_end().lines().for_each(|line| {
            flow.rows(&Text::plain(line, base), Alignment::default());
        });
    } else {
        flow.blocks(blocks);
    }
}

/// The terminal that a run draws on: as large as its author wants it, else as the screen.
fn terminal<'a>(flow: &Flow<'_>, id: CellId, run: &CellRun) -> Option<Section<'a>> {
    let emulator = run.screen.as_ref()?;
    let pty = flow.page.inputs.deck.cell(id).and_then(|cell| cell.exec.pty);
    let whole = (flow.width, u16::try_from(flow.page.rows).unwrap_or(u16::MAX));
    let size = match pty {
        Some(pty) if run.recorded.is_none() => pty.size.unwrap_or(whole),
        _ => emulator.size(),
    };
    let lines = screen::rows(emulator, run, size);
    Some(Section::Screen(size, lines))
}

impl Section<'_> {
    /// How many rows it takes.
    pub(super) fn height(&self) -> u32 {
        match self {
            Self::Written(listing) => listing.starts.last().copied().unwrap_or(0),
            Self::Table(table) => table.lines() as u32,
            Self::Laid(_, height) => *height,
            Self::Screen((_, rows), _) => (*rows).into(),
            Self::Lines(lines) => lines.len() as u32,
        }
    }

    /// How many of its columns are scrolled away.
    pub(super) fn left(&self) -> usize {
        if let Self::Table(table) = self { table.grid.skipped } else { 0 }
    }

    /// How many lines it has to be searched.
    pub(super) fn lines(&self) -> usize {
        match self {
            Self::Written(listing) => listing.written.len(),
            Self::Table(table) => table.lines(),
            Self::Laid(items, _) => items.len(),
            Self::Screen(_, lines) | Self::Lines(lines) => lines.len(),
        }
    }

    /// What a line says.
    pub(super) fn text(&self, line: usize) -> Option<Text> {
        match self {
            Self::Written(listing) => listing.written.row(line).map(output::text_of),
            Self::Table(table) => table.line(line),
            Self::Laid(items, _) => match &items.get(line)?.item {
                Item::Text(line) => Some(Text::from_line(line)),
                _ => None,
            },
            Self::Screen(_, lines) | Self::Lines(lines) => lines.get(line).cloned(),
        }
    }

    /// The row on which this byte of a line stands.
    pub(super) fn row_of(&self, line: usize, byte: usize) -> u32 {
        match self {
            Self::Written(listing) => listing.row_of(line, byte),
            Self::Laid(items, _) => items.get(line).map_or(0, |placed| placed.y),
            Self::Table(_) | Self::Screen(..) | Self::Lines(_) => line as u32,
        }
    }

    /// Makes what stands in these rows; `marked` gives a line its marks.
    pub(super) fn place(
        &self,
        rows: &Range<u32>,
        id: CellId,
        marked: &dyn Fn(usize, Text) -> Text,
        items: &mut Vec<Placed>,
    ) {
        match self {
            Self::Written(listing) => listing.place(rows, marked, items),
            Self::Table(table) => table.place(rows, marked, items),
            Self::Laid(laid, _) => items.extend(laid.iter().enumerate().map(|(number, placed)| {
                let item = match &placed.item {
                    Item::Text(line) => {
                        let text = marked(number, Text::from_line(line));
                        Item::Text(text.row(0..text.as_str().len()).0)
                    }
                    item => item.clone(),
                };
                Placed { item, ..placed.clone() }
            })),
            Self::Screen((columns, height), lines) => {
                place_lines(lines, *columns, marked, items);
                let item = Item::Screen { width: *columns, height: *height, id };
                items.push(Placed { x: 0, y: 0, item });
            }
            Self::Lines(lines) => place_lines(lines, u16::MAX, marked, items),
        }
    }
}

fn place_lines(
    lines: &[Text],
    columns: u16,
    marked: &dyn Fn(usize, Text) -> Text,
    items: &mut Vec<Placed>,
) {
    items.extend(lines.iter().enumerate().map(|(number, line)| {
        let line = marked(number, line.clone()).cut(columns);
        Placed { x: 0, y: number as u32, item: Item::Text(line) }
    }));
}

impl<'a> Listing<'a> {
    fn new(written: &'a Written, columns: u16) -> Self {
        let height = |row: OutputRow<'_>| match row {
            OutputRow::Line(_) if output::width(row) > columns => {
                output::wrapped(output::text_of(row).as_str(), columns).len().max(1)
            }
            _ => 1,
        };
        let ends = output::rows(written).map(height).scan(0_u32, |end, height| {
            *end = end.saturating_add(u32::try_from(height).unwrap_or(u32::MAX));
            Some(*end)
        });
        let starts = std::iter::once(0).chain(ends).collect();
        Self { written, starts, columns }
    }

    /// How many rows a line takes.
    fn height(&self, line: usize) -> u32 {
        self.starts.get(line + 1).map_or(0, |end| end - self.starts[line])
    }

    fn row_of(&self, line: usize, byte: usize) -> u32 {
        let start = self.starts.get(line).copied().unwrap_or(0);
        if self.height(line) <= 1 {
            return start;
        }
        let text = self.written.row(line).map(output::text_of).unwrap_or_default();
        let rows = output::wrapped(text.as_str(), self.columns);
        let row = rows.iter().position(|row| row.end > byte).unwrap_or(rows.len().max(1) - 1);
        start + row as u32
    }

    fn place(
        &self,
        rows: &Range<u32>,
        marked: &dyn Fn(usize, Text) -> Text,
        items: &mut Vec<Placed>,
    ) {
        let first = self.starts.partition_point(|start| *start <= rows.start).saturating_sub(1);
        for line in first..self.written.len() {
            let start = self.starts[line];
            if start >= rows.end {
                break;
            }
            let Some(row) = self.written.row(line) else { break };
            let text = marked(line, output::text_of(row));
            if self.height(line) <= 1 {
                let item = Item::Text(text.cut(self.columns));
                items.push(Placed { x: 0, y: start, item });
                continue;
            }
            for (part, y) in output::wrapped(text.as_str(), self.columns).into_iter().zip(start..) {
                if rows.contains(&y) {
                    items.push(Placed { x: 0, y, item: Item::Text(text.row(part).0) });
                }
            }
        }
    }
}

impl<'a> Table<'a> {
    fn new(grid: Grid<'a>, columns: u16) -> Self {
        let rest = grid.table.more(grid.table.rows.len(), grid.left_out());
        let rest = rest.map(|words| Text::plain(&words, DIM));
        Self { head: grid.head(), grid, rest, columns }
    }

    fn lines(&self) -> usize {
        self.head.len() + self.grid.table.rows.len() + usize::from(self.rest.is_some())
    }

    fn line(&self, line: usize) -> Option<Text> {
        if let Some(head) = self.head.get(line) {
            return Some(head.clone());
        }
        let row = self.grid.table.rows.get(line - self.head.len());
        row.map(|row| self.grid.row(row)).or_else(|| self.rest.clone())
    }

    /// The rows, and over the first of them the head where that is scrolled away.
    fn place(
        &self,
        rows: &Range<u32>,
        marked: &dyn Fn(usize, Text) -> Text,
        items: &mut Vec<Placed>,
    ) {
        let mut put = |line: usize, y: u32| {
            let Some(text) = self.line(line) else { return };
            let item = Item::Text(marked(line, text).cut(self.columns));
            items.push(Placed { x: 0, y, item });
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
