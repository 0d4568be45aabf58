//! Tests of whole slides, laid out and read back as rows of text, and their fixtures.
//! `tests/it/format/render.rs` has snapshots of slides in colour.

mod cells;
mod code;
mod output_in_place;
mod output_rows;
mod own_look;
mod parts;
mod pictures;
mod prose;
mod robustness;
mod shown_values;
mod slides;
mod tables;
mod terminals;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;
use crate::deck::{
    Align, Block, BlockKind, Cell, CellId, CodeBlock, Columns, Cursor, Deck, ExecSpec, Fingerprint,
    Inline, LineFormula, List, ListItem, Marker, OutputMode, Picture, SizePercent, Slide,
    SlideKind, Start, Step, Table, TableRow, TextStyle, TypedText,
};
use crate::highlight::Highlighter;
use crate::run::{
    CellRun, DataColumn, DataTable, Emulator, MarkdownOutput, Outcome, Output, OutputOrigin,
    OutputValue, OutputView, RunId, RunProcesses, Runs, State,
};
use crate::source::Span;
use crate::theme::{
    Alignment, Choice, FooterStyle, FrameShape, Margin, Padding, QuoteStyle, Theme, TitleStyle,
    resolve,
};

static HIGHLIGHTER: LazyLock<Highlighter> =
    LazyLock::new(|| Highlighter::new("base16-eighties.dark").unwrap());

/// A deck of one slide and the inputs of its layout.
pub(super) struct Fixture {
    pub(super) deck: Deck,
    at: Cursor,
    size: Size,
    theme: Theme,
    runs: Runs,
    measures: PictureSizes,
    footer: FooterText,
    pub(super) focus: Option<CellId>,
    pub(super) edited: Option<(CellId, usize)>,
    pub(super) typed: BTreeMap<Fingerprint, usize>,
    grid: bool,
    limits: SlideArea,
}

impl Fixture {
    pub(super) fn new(blocks: Vec<Block>) -> Self {
        let slide = Slide { blocks, steps: 1, ..Slide::default() };
        Self {
            deck: Deck { slides: vec![slide], cells: vec![Arc::default()], ..Deck::default() },
            at: Cursor { step: Step::LAST, ..Cursor::default() },
            size: Size::new(40, 20),
            theme: theme(),
            runs: Runs::default(),
            measures: PictureSizes::default(),
            footer: FooterText::default(),
            focus: None,
            edited: None,
            typed: BTreeMap::new(),
            grid: false,
            limits: SlideArea::default(),
        }
    }

    pub(super) fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = Size::new(columns, rows);
        self
    }

    pub(super) fn step(mut self, step: u16) -> Self {
        self.at.step = Step(step);
        self
    }

    pub(super) fn run(self, run: CellRun) -> Self {
        self.run_of(0, run)
    }

    pub(super) fn run_of(mut self, id: u32, run: CellRun) -> Self {
        self.runs.insert(CellId(id), run);
        self
    }

    /// Sets how the cell is executed.
    fn exec(mut self, output_mode: OutputMode, start: Start) -> Self {
        let exec = ExecSpec { start, output_mode, ..ExecSpec::default() };
        self.deck.cells = vec![Arc::new(Cell { exec, ..Cell::default() })];
        self
    }

    pub(super) fn scene(&self) -> Scene {
        self.with(layout)
    }

    /// Lays out the fixture with a given function.
    pub(super) fn with<T>(&self, lay_out: impl FnOnce(&Inputs<'_>) -> T) -> T {
        lay_out(&Inputs {
            deck: &self.deck,
            at: self.at,
            size: self.size,
            theme: &self.theme,
            highlighter: &HIGHLIGHTER,
            colours: crate::layout::Highlighting::Full,
            runs: &self.runs,
            measures: &self.measures,
            footer: &self.footer,
            focus: self.focus,
            edited: self.edited,
            typed: &self.typed,
            grid: self.grid,
            limits: self.limits,
            hints: &crate::layout::KeyHints::default(),
        })
    }

    /// Returns all rows of the body.
    pub(super) fn body(&self) -> String {
        let scene = self.scene();
        rows(&scene.body, scene.size.columns, scene.height as u16)
    }

    fn frame(&self) -> String {
        let scene = self.scene();
        rows(&scene.frame, scene.size.columns, scene.size.rows)
    }
}

pub(super) fn rows(items: &[PlacedItem], columns: u16, rows: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    for placed in items {
        if let Item::Text(line) | Item::LargeText { line, .. } = &placed.item {
            buffer.set_stringn(
                placed.x,
                placed.y as u16,
                line.to_string(),
                columns.into(),
                Style::new(),
            );
        }
    }
    let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
    let lines: Vec<_> = (0..rows).map(|y| row(y).trim_end().to_owned()).collect();
    lines.join("\n")
}

/// A theme that uses every style which affects placement.
fn theme() -> Theme {
    let choice = Choice { forced: None, name: None, file: None, default: "dark", overrides: None };
    let centered = Alignment::Center { minimum_margin: Margin::Percent(8), minimum_size: 0 };
    Theme {
        base: Style::new(),
        alignment: Alignment::Left(Margin::Fixed(0)),
        margin: Margin::Fixed(2),
        slide_title: TitleStyle {
            alignment: centered,
            padding_top: 1,
            padding_bottom: 1,
            ..TitleStyle::default()
        },
        code: crate::theme::CodeStyle {
            alignment: Alignment::Center { minimum_margin: Margin::Fixed(2), minimum_size: 20 },
            padding: Padding { horizontal: 2, vertical: 1 },
            ..crate::theme::CodeStyle::default()
        },
        quote: QuoteStyle { prefix: "▍ ".into(), ..QuoteStyle::default() },
        column_margin: Margin::Fixed(4),
        footer: FooterStyle::Empty,
        ..resolve(&choice).0
    }
}

fn block(kind: BlockKind) -> Block {
    Block { kind, span: Span::default(), step: Step(0), align: None, font_size: None }
}

fn text(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.into(), TextStyle::default())]
}

fn paragraph(words: &str) -> Block {
    block(BlockKind::Paragraph(text(words)))
}

pub(super) fn code(code: &str) -> CodeBlock {
    CodeBlock { text: code.into(), ..CodeBlock::default() }
}

pub(super) fn cell(lines: &str) -> Block {
    block(BlockKind::Code(Box::new(CodeBlock { cell: Some(CellId(0)), ..code(lines) })))
}

/// Creates a block for the cell with this id.
pub(super) fn cell_of(id: u32, lines: &str) -> Block {
    block(BlockKind::Code(Box::new(CodeBlock { cell: Some(CellId(id)), ..code(lines) })))
}

pub(super) fn item(depth: u8, words: &str) -> ListItem {
    ListItem { depth, marker: Marker::Bullet, text: text(words), blocks: Vec::new(), step: Step(0) }
}

pub(super) fn list(items: Vec<ListItem>) -> Block {
    block(BlockKind::List(List { items, item_newlines: 1, continues: false }))
}

pub(super) fn written(lines: impl IntoIterator<Item = String>) -> CellRun {
    let mut output = Output::default();
    for line in lines {
        output.feed(format!("{line}\n").as_bytes());
    }
    CellRun {
        run: RunId(1),
        state: State::Ended(Outcome::Exited(0)),
        elapsed: Duration::from_millis(12),
        output,
        ..CellRun::default()
    }
}

/// The origin of output whose code has changed since.
pub(super) fn stale() -> OutputOrigin {
    OutputOrigin { is_stale: true, ..OutputOrigin::default() }
}

/// The origin of output that was recorded on this date.
pub(super) fn recorded(date: &str) -> OutputOrigin {
    OutputOrigin { recorded: Some(date.into()), ..OutputOrigin::default() }
}

/// The view of folded output.
pub(super) fn folded() -> OutputView {
    OutputView { is_folded: true, ..OutputView::default() }
}

/// The processes of a run that has left some running.
pub(super) fn left_running(background: usize) -> RunProcesses {
    RunProcesses { background, ..RunProcesses::default() }
}

/// Creates a run of a program that draws on this terminal.
pub(super) fn drawing(screen: Emulator) -> CellRun {
    let output = Output::default().on_screen(Some(screen));
    CellRun { output, state: State::Running, ..CellRun::default() }
}

fn table(rows: &[&[&str]], aligns: &[Option<Align>]) -> Table {
    let cells = |row: &&[&str]| row.iter().map(|cell| text(cell)).collect::<Vec<_>>();
    Table {
        aligns: aligns.to_vec(),
        header: cells(&rows[0]),
        rows: rows[1..].iter().map(|row| TableRow { cells: cells(row), step: Step(0) }).collect(),
    }
}

fn picture(size: SizePercent) -> (Block, PictureKey) {
    let picture =
        Picture { source: "a.png".into(), base: "slides".into(), size, alt: "a chart".into() };
    let key = PictureKey::of(&picture);
    (block(BlockKind::Picture(Box::new(picture))), key)
}

/// Creates a run with a table of this many rows and columns.
pub(super) fn table_of(height: usize, width: usize) -> CellRun {
    let column = |name: String, is_index| DataColumn {
        name: name.into(),
        kind: None,
        align: Align::Right,
        is_index,
    };
    let names = (0..width).map(|at| column(format!("column {at}"), false));
    let columns = std::iter::once(column(String::new(), true)).chain(names).collect();
    let row = |at: usize| (0..=width).map(|_| at.to_string().into()).collect();
    let rows = (0..height.min(1000)).map(row).collect();
    let mut run = written(["before".to_owned()]);
    run.output.show(OutputValue::Table(DataTable { columns, rows, height, width }));
    run.output.feed(b"after\n");
    run
}
