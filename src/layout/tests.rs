//! Whole slides, laid out and read back as rows of text. What a slide looks like in colour is
//! snapshotted from decks, by `tests/render.rs`.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::*;
use crate::deck::{
    AlertKind, Align, Block, BlockKind, Cell, CodeBlock, Columns, Drawing, Form, How, LineGroup,
    List, ListItem, Marker, Picture, Slide, Start, Step, Table, TableRow, TextStyle,
};
use crate::diag::Diagnostic;
use crate::run::{CellRun, DataColumn, DataTable, Outcome, Output, Prompt, RunId, State, Value};
use crate::source::{SourceFile, Sources, Span};
use crate::theme::{
    Alignment, Choice, FooterPart, FooterStyle, Margin, Padding, QuoteStyle, TitleStyle, resolve,
};

static HIGHLIGHTER: LazyLock<Highlighter> =
    LazyLock::new(|| Highlighter::new("base16-eighties.dark").unwrap());

/// A deck of one slide and all that it is laid out with.
pub(super) struct Fixture {
    pub(super) deck: Deck,
    at: Cursor,
    size: Size,
    theme: Theme,
    runs: Runs,
    measures: Measures,
    footer: FooterText,
    pub(super) focus: Option<CellId>,
    grid: bool,
    limits: Limits,
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
            measures: Measures::default(),
            footer: FooterText::default(),
            focus: None,
            grid: false,
            limits: Limits::default(),
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

    /// The cell runs like this.
    fn how(mut self, form: Form, start: Start) -> Self {
        let how = How { start, form, ..How::default() };
        self.deck.cells = vec![Arc::new(Cell { how, ..Cell::default() })];
        self
    }

    pub(super) fn scene(&self) -> Scene {
        self.with(layout)
    }

    /// Lays it out by another function.
    pub(super) fn with<T>(&self, lay_out: impl FnOnce(&Inputs<'_>) -> T) -> T {
        lay_out(&Inputs {
            deck: &self.deck,
            at: self.at,
            size: self.size,
            theme: &self.theme,
            highlighter: &HIGHLIGHTER,
            colours: crate::layout::Colours::All,
            runs: &self.runs,
            measures: &self.measures,
            footer: &self.footer,
            focus: self.focus,
            grid: self.grid,
            limits: self.limits,
            hints: &crate::layout::Hints::default(),
        })
    }

    /// Every row of the body, however many the screen has.
    pub(super) fn body(&self) -> String {
        let scene = self.scene();
        rows(&scene.body, scene.size.columns, scene.height as u16)
    }

    fn frame(&self) -> String {
        let scene = self.scene();
        rows(&scene.frame, scene.size.columns, scene.size.rows)
    }
}

pub(super) fn rows(items: &[Placed], columns: u16, rows: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    for placed in items {
        if let Item::Text(line) | Item::Large { line, .. } = &placed.item {
            buffer.set_line(placed.x, placed.y as u16, line, columns);
        }
    }
    let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
    let lines: Vec<_> = (0..rows).map(|y| row(y).trim_end().to_owned()).collect();
    lines.join("\n")
}

/// A theme with every ornament that changes where something stands.
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

/// Another block that runs than the first one.
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

#[test]
fn blocks_stand_a_row_apart() {
    let fixture = Fixture::new(vec![
        block(BlockKind::Title(text("A title"))),
        paragraph("Some words that go on until the row is full and then some"),
        list(vec![item(0, "one that is long enough to be wrapped at the edge"), item(1, "two")]),
        block(BlockKind::Rule),
        paragraph("end"),
    ]);
    insta::assert_snapshot!(fixture.body(), @"


                  A title


    Some words that go on until the row
    is full and then some

       •  one that is long enough to be
          wrapped at the edge
          ◦  two

    ————————————————————————————————————

    end
    ");
}

#[test]
fn a_list_item_holds_blocks_under_its_text() {
    let holding = ListItem { blocks: vec![block(BlockKind::Rule)], ..item(0, "holds") };
    let number = ListItem { marker: Marker::Number("10)".into()), ..item(0, "ten") };
    let fixture = Fixture::new(vec![list(vec![holding, number, item(2, "deep")])]);
    insta::assert_snapshot!(fixture.body(), @"

    •  holds

       ——————————————————————————————

    10) ten
          ▪  deep
    ");
}

#[test]
fn a_list_that_goes_on_leaves_no_room_before_it() {
    let more = List { items: vec![item(0, "b")], item_newlines: 2, continues: true };
    let fixture = Fixture::new(vec![list(vec![item(0, "a")]), block(BlockKind::List(more))]);
    insta::assert_snapshot!(fixture.body(), @"

    •  a
    •  b
    ");
}

#[test]
fn a_quote_without_room_for_its_text_has_no_prefix() {
    let words = paragraph("words to be read");
    let deep = (0..40).fold(words, |inner, _| block(BlockKind::Quote(vec![inner])));
    let fixture = Fixture::new(vec![deep]);
    let prefixes = |line: &str| line.matches('▍').count();
    let body = fixture.body();
    assert!(body.lines().any(|line| line.contains("words to")), "{body}");
    assert!(body.lines().all(|line| prefixes(line) < 20), "{body}");
}

fn table(rows: &[&[&str]], aligns: &[Option<Align>]) -> Table {
    let cells = |row: &&[&str]| row.iter().map(|cell| text(cell)).collect::<Vec<_>>();
    Table {
        aligns: aligns.to_vec(),
        header: cells(&rows[0]),
        rows: rows[1..].iter().map(|row| TableRow { cells: cells(row), step: Step(0) }).collect(),
    }
}

#[test]
fn a_table_aligns_headers_as_their_columns() {
    let aligns = [Some(Align::Center), Some(Align::Right), None];
    let table = table(&[&["a", "b", "c"], &["xxxx", "yyy", "z"], &["only"]], &aligns);
    let fixture = Fixture::new(vec![block(BlockKind::Table(table))]);
    insta::assert_snapshot!(fixture.body(), @"

     a   │   b │ c
    ─────┼─────┼──
    xxxx │ yyy │ z
    only │     │
    ");
}

#[test]
fn a_table_that_is_too_wide_wraps_in_its_cells() {
    let table = table(
        &[&["id", "what it is"], &["1", "a cell with more words than the row has room for"]],
        &[],
    );
    let fixture = Fixture::new(vec![block(BlockKind::Table(table)), paragraph("after")]);
    insta::assert_snapshot!(fixture.body(), @"

    id │ what it is
    ───┼────────────────────────────────
    1  │ a cell with more words than the
         row has room for

    after
    ");
}

#[test]
fn a_quote_has_its_prefix_on_every_row() {
    let words = "a quote of so many words that they do not fit on one row";
    let inner = block(BlockKind::Quote(vec![paragraph("nested")]));
    let quote = block(BlockKind::Quote(vec![paragraph(words), inner]));
    let fixture = Fixture::new(vec![quote, paragraph("after")]);
    insta::assert_snapshot!(fixture.body(), @"

    ▍ a quote of so many words that they
    ▍ do not fit on one row
    ▍
    ▍ ▍ nested

    after
    ");
}

#[test]
fn a_quote_fills_its_background_to_the_longest_row() {
    let mut fixture = Fixture::new(vec![block(BlockKind::Quote(vec![
        paragraph("longest row"),
        paragraph("short"),
    ]))]);
    fixture.theme.quote.style = Style::new().bg(ratatui::style::Color::Blue);
    let style = fixture.theme.quote.style;
    let fill = Placed { x: 2, y: 1, item: Item::Fill { width: 13, height: 3, style } };
    assert_eq!(fixture.scene().body[0], fill);
}

#[test]
fn an_alert_opens_with_its_icon_and_title() {
    let mut fixture = Fixture::new(vec![block(BlockKind::Alert(
        AlertKind::Tip,
        Some(text("My title")),
        vec![paragraph("text")],
    ))]);
    fixture.theme.alerts.prefix = "▍ ".into();
    fixture.theme.alerts.kinds[1].icon = "!".into();
    insta::assert_snapshot!(fixture.body(), @"

    ▍ ! My title
    ▍
    ▍ text
    ");
}

#[test]
fn f142_code_wraps_behind_its_line_numbers() {
    let listing = CodeBlock {
        line_numbers: true,
        ..code("short\na line of code that is too long for its box, by far")
    };
    let fixture = Fixture::new(vec![block(BlockKind::Code(Box::new(listing))), paragraph("x")]);
    insta::assert_snapshot!(fixture.body(), @"


        1 short
        2 a line of code that is too
          long for its box, by far


    x
    ");
}

/// Text of these sizes, and where it stands.
fn large(scene: &Scene) -> Vec<(u16, u32, u8, String)> {
    let large = |placed: &Placed| match &placed.item {
        Item::Large { line, size } => Some((placed.x, placed.y, *size, line.to_string())),
        _ => None,
    };
    scene.body.iter().filter_map(large).collect()
}

#[test]
fn f127_large_text_takes_as_many_rows_and_columns_a_character() {
    let sized = |kind| Block { font_size: Some(2), ..block(kind) };
    let mut fixture = Fixture::new(vec![
        block(BlockKind::Title(text("Title"))),
        sized(BlockKind::Paragraph(text("one two three four five six seven"))),
        sized(BlockKind::Paragraph(text("next"))),
        paragraph("small"),
    ]);
    fixture.theme.slide_title.font_size = 3;
    assert_eq!(large(&fixture.scene()), [], "no terminal that can");
    fixture.size.large_text = true;
    let scene = fixture.scene();
    let rows: Vec<_> =
        large(&scene).into_iter().map(|(_, y, size, text)| (y, size, text)).collect();
    let row = |y, size, text: &str| (y, size, text.to_owned());
    let expected = [
        row(2, 3, "Title"),
        row(7, 2, "one two three four"),
        row(9, 2, "five six seven"),
        row(13, 2, "next"),
    ];
    assert_eq!(rows, expected);
    assert_eq!(scene.height, 18);
}

#[test]
fn f127_a_list_of_large_text_is_indented_less() {
    let list = List { items: vec![item(0, "a"), item(1, "b")], item_newlines: 1, continues: false };
    let list = Block { font_size: Some(2), ..block(BlockKind::List(list)) };
    let mut fixture = Fixture::new(vec![list]);
    fixture.size.large_text = true;
    let rows = large(&fixture.scene());
    let row = |x, y, text: &str| (x, y, 2, text.to_owned());
    assert_eq!(rows, [row(2, 1, "  •  "), row(12, 1, "a"), row(2, 3, "    ◦  "), row(16, 3, "b")]);
}

#[test]
fn f165_a_block_that_a_tool_draws_keeps_the_room_of_a_picture() {
    let drawing = Some(Drawing { width_percent: Some(50) });
    let listing = CodeBlock { drawing, language: "mermaid".into(), ..code("graph LR\nA --> B") };
    let fixture = Fixture::new(vec![block(BlockKind::Code(Box::new(listing))), paragraph("x")]);
    let scene = fixture.scene();
    let rooms = scene.body.iter().filter_map(|placed| match placed.item {
        Item::Drawing { width, height } => Some((placed.x, placed.y, width, height)),
        _ => None,
    });
    assert_eq!(rooms.collect::<Vec<_>>(), [(11, 1, 18, 6)]);
    insta::assert_snapshot!(fixture.body(), @"

             mermaid · not dra…
             graph LR
             A --> B




    x
    ");
}

#[test]
fn lines_outside_the_group_are_dimmed_step_by_step() {
    let groups = vec![LineGroup::Lines(vec![(1, 1)]), LineGroup::Lines(vec![(2, 3)])];
    let listing = CodeBlock { groups, groups_from: Step(1), ..code("a\nb\nc") };
    let fixture = |step| {
        Fixture::new(vec![block(BlockKind::Code(Box::new(listing.clone())))]).step(step).scene()
    };
    let dimmed = HIGHLIGHTER.dimmed();
    let dim_rows = |scene: &Scene| {
        let texts = scene.body.iter().filter_map(|placed| match &placed.item {
            Item::Text(line) => Some(line.spans.iter().all(|span| span.style == dimmed)),
            _ => None,
        });
        texts.collect::<Vec<_>>()
    };
    assert_eq!(dim_rows(&fixture(1)), [false, true, true]);
    assert_eq!(dim_rows(&fixture(2)), [true, false, false]);
    assert_eq!(fixture(1).revealed, None);
    assert_eq!(fixture(2).revealed, Some(3..5));
}

#[test]
fn what_comes_later_leaves_no_room() {
    let later = Block { step: Step(1), ..paragraph("later") };
    let blocks = vec![paragraph("first"), later, paragraph("last")];
    let fixture = Fixture::new(blocks.clone()).step(0);
    insta::assert_snapshot!(fixture.body(), @"

    first

    last
    ");
    assert_eq!(fixture.scene().revealed, None);
    let fixture = Fixture::new(blocks).step(1);
    assert_eq!(fixture.scene().revealed, Some(3..4));
}

#[test]
fn columns_keep_their_own_rows() {
    let columns = Columns {
        ratios: vec![1, 1],
        columns: vec![
            vec![paragraph("left"), block(BlockKind::JumpToMiddle), paragraph("middle")],
            vec![paragraph("right has more words"), paragraph("second")],
        ],
    };
    let fixture =
        Fixture::new(vec![block(BlockKind::Columns(columns)), paragraph("below")]).size(40, 12);
    insta::assert_snapshot!(fixture.body(), @"

    left                  right has more
                          words

                          second

    middle

    below
    ");
}

#[test]
fn an_intro_slide_has_titles_in_the_middle_and_authors_at_the_end() {
    let mut fixture = Fixture::new(vec![]).size(30, 14);
    fixture.deck.slides[0].kind = SlideKind::Intro;
    fixture.deck.meta = crate::deck::Meta {
        title: Some(vec![text("The talk")]),
        sub_title: Some(vec![text("for all")]),
        event: Some("Conference".into()),
        authors: vec!["Ada".into(), "Grace".into()],
        ..crate::deck::Meta::default()
    };
    insta::assert_snapshot!(fixture.body(), @"







     The talk
     for all


    Conference

       Ada
      Grace
    ");
}

#[test]
fn f070_a_table_of_so_many_columns_that_words_would_be_cut_is_running_text() {
    let words = ["alphabet", "betatron", "gammaray", "deltawing", "epsilons", "zetaform"];
    let table = |columns: usize| {
        let cells: Vec<_> = words[..columns].iter().map(|word| text(word)).collect();
        let row = TableRow { cells: cells.clone(), step: Step(0) };
        block(BlockKind::Table(Table { aligns: vec![], header: cells, rows: vec![row] }))
    };
    insta::assert_snapshot!(Fixture::new(vec![table(5)]).size(40, 12).body(), @"

    alphabet │ betatron │ gammaray │
    deltawing │ epsilons
    ─────────┼──────────┼──────────┼────
    ───────┼─────────
    alphabet │ betatron │ gammaray │
    deltawing │ epsilons
    ");
    insta::assert_snapshot!(Fixture::new(vec![table(4)]).size(30, 12).body(), @"

    alph │ beta │ gamm │ delta
    abet │ tron │ aray │ wing
    ─────┼──────┼──────┼──────
    alph │ beta │ gamm │ delta
    abet │ tron │ aray │ wing
    ");
}

#[test]
fn an_author_who_takes_two_rows_stays_on_the_page() {
    let mut fixture = Fixture::new(vec![]).size(20, 8);
    fixture.deck.slides[0].kind = SlideKind::Intro;
    fixture.deck.meta.authors = vec!["Ada of the long address".into()];
    insta::assert_snapshot!(fixture.body(), @"






    Ada of the long
        address
    ");
}

#[test]
fn a_problem_is_boxed_with_its_place_and_hint() {
    let mut fixture = Fixture::new(vec![block(BlockKind::Problem(0)), paragraph("after")]);
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("talk.md", "a\n\n<!-- puase -->\n"));
    let span = Span::new(file, 8..13);
    fixture.deck.sources = sources;
    fixture.deck.diagnostics = vec![
        Diagnostic::error(span, "unknown command `puase` in a comment of its own")
            .hint("did you mean `pause`?"),
    ];
    insta::assert_snapshot!(fixture.body(), @"

    ┌──────────────────────────────────┐
    │ unknown command `puase` in a     │
    │ comment of its own               │
    │ talk.md:3:6                      │
    │ hint: did you mean `pause`?      │
    └──────────────────────────────────┘

    after
    ");
}

fn picture(width_percent: Option<u8>) -> (Block, PictureKey) {
    let picture = Picture {
        source: "a.png".into(),
        base: "slides".into(),
        width_percent,
        alt: "a chart".into(),
    };
    let key = PictureKey { base: picture.base.clone(), source: picture.source.clone() };
    (block(BlockKind::Picture(Box::new(picture))), key)
}

/// Where a picture of these pixels goes on a screen of 40x20: column, row, columns, rows.
fn placed(width: u32, height: u32, percent: Option<u8>) -> (u16, u32, u16, u32) {
    let (block, key) = picture(percent);
    let mut fixture = Fixture::new(vec![block]);
    fixture.measures.pictures.insert(key, Ok(PixelSize { width, height }));
    let scene = fixture.scene();
    let [Placed { x, y, item: Item::Picture { width, height, .. } }] = scene.body[..] else {
        panic!("one picture, not {:?}", scene.body)
    };
    (x, y, width, height)
}

#[test]
fn f097_a_width_in_percent_is_of_the_room() {
    assert_eq!(placed(100, 100, Some(50)), (11, 1, 18, 9), "half the width");
    assert_eq!(placed(100, 400, Some(100)), (15, 1, 10, 19), "no higher than the slide");
}

#[test]
fn f094_a_picture_keeps_its_shape_in_its_room() {
    assert_eq!(placed(100, 100, None), (15, 1, 10, 5), "its own size");
    assert_eq!(placed(4000, 400, None), (3, 1, 34, 2), "95 % of the width");
    assert_eq!(placed(4000, 4000, None), (3, 1, 34, 17), "shrunk to the width");
    assert_eq!(placed(100, 4000, None), (19, 1, 1, 19), "shrunk to the height");
    assert_eq!(placed(0, 0, None), (19, 1, 1, 1), "no size at all");
}

#[test]
fn a_picture_that_cannot_be_shown_says_why() {
    let (block, key) = picture(None);
    let mut fixture = Fixture::new(vec![block, paragraph("after")]);
    let why = "picture `a.png` not found".to_owned();
    let refusal = NotShown { why, hint: Some("did you mean `b.png`?".to_owned()) };
    fixture.measures.pictures.insert(key, Err(refusal));
    insta::assert_snapshot!(fixture.body(), @"

    ┌─────────────────────────────┐
    │ picture `a.png` not found   │
    │ hint: did you mean `b.png`? │
    │ a chart                     │
    └─────────────────────────────┘

    after
    ");
}

#[test]
fn a_picture_still_to_be_measured_keeps_room() {
    let fixture = Fixture::new(vec![picture(None).0]).size(30, 8);
    insta::assert_snapshot!(fixture.body(), @"




    a.png
    ");
}

#[test]
fn a_cell_that_never_ran_shows_a_status_line() {
    let mut fixture = Fixture::new(vec![cell("print(1)"), paragraph("after")]);
    fixture.focus = Some(CellId(0));
    insta::assert_snapshot!(fixture.body(), @"


              print(1)


        ————— [▸ not run · ctrl-e] —————

    after
    ");
}

#[test]
fn an_output_stands_below_its_status() {
    let fixture = Fixture::new(vec![cell("print(1)"), paragraph("after")])
        .run(written(["1".to_owned(), "a second line, wider than the code".to_owned()]));
    insta::assert_snapshot!(fixture.body(), @"


              print(1)


        ————————— [done 12 ms] —————————


        1
        a second line, wider than
        the code


    after
    ");
    let scene = fixture.scene();
    assert_eq!(scene.extent_of(CellId(0)), Some(1..12));
    let output_at = |row, scroll| scene.output_at(12, row, scroll).is_some();
    assert_eq!(scene.cell_at(10, 5, 0), Some(CellId(0)));
    assert!(!output_at(7, 0) && output_at(8, 0) && output_at(7, 1));
}

#[test]
fn a_line_is_typed_below_the_output() {
    let mut run = written(["Who? ".to_owned()]);
    run.state = State::Running;
    let mut prompt = Prompt::default();
    prompt.waits = true;
    run.prompt = Some(prompt.clone());
    let fixture = Fixture::new(vec![cell("input()"), paragraph("after")]).size(60, 16);
    insta::assert_snapshot!(fixture.run(run.clone()).body(), @"


                        input()


                       [waits for input · tab, enter]


        Who?

        › tab, enter: type here


    after
    ");
    prompt.open = true;
    "Zoë".chars().for_each(|c| prompt.edit(tui_input::InputRequest::InsertChar(c)));
    run.prompt = Some(prompt);
    let fixture = Fixture::new(vec![cell("input()"), paragraph("after")]).size(60, 16);
    insta::assert_snapshot!(fixture.run(run).body(), @"


                        input()


                      —————— [waits for input] ———————


        Who?

        › Zoë


    after
    ");
}

#[test]
fn a_long_output_follows_its_end_or_stays_where_it_is_scrolled() {
    let lines = || (1..=30).map(|n| format!("line {n}"));
    let fixture = Fixture::new(vec![cell("x")]).size(40, 12).run(written(lines()));
    insta::assert_snapshot!(fixture.body(), @"


          x


    ————————— [done 12 ms] —————————


          line 25
          line 26
          line 27
          line 28
          line 29
          line 30
          rows 25-30 of 30
    ");
    let scrolled = CellRun { scroll: [(0, 4)].into(), ..written(lines()) };
    let fixture = Fixture::new(vec![cell("x")]).size(40, 12).run(scrolled);
    insta::assert_snapshot!(fixture.body(), @"


          x


    ————————— [done 12 ms] —————————


          line 5
          line 6
          line 7
          line 8
          line 9
          line 10
           rows 5-10 of 30
    ");
}

#[test]
fn a_footer_counts_slides_and_leaves_the_body_its_rows() {
    let mut fixture = Fixture::new(vec![paragraph("x")]).size(30, 9);
    fixture.theme.footer = FooterStyle::Template {
        left: Some(FooterPart::Text("x".into(), Span::default())),
        center: None,
        right: None,
        style: Style::new(),
        height: 3,
    };
    let number = |variable| Inline::Variable(variable, TextStyle::default());
    fixture.footer = FooterText {
        pictures: [const { None }; 3],
        left: text("me"),
        center: text("talk"),
        right: vec![
            number(crate::deck::Variable::CurrentSlide),
            text(" / ").remove(0),
            number(crate::deck::Variable::TotalSlides),
        ],
    };
    insta::assert_snapshot!(fixture.frame(), @"







    me          talk       1 / 1
    ");
    assert_eq!(fixture.scene().viewport, Rect::new(0, 0, 30, 6));
    fixture.deck.slides[0].no_footer = true;
    assert_eq!(fixture.scene().viewport, Rect::new(0, 0, 30, 9));
    assert!(fixture.scene().frame.is_empty());
}

/// Where the pictures of some items stand, and how large.
fn pictures(items: &[Placed]) -> Vec<(u16, u32, u16, u32)> {
    let picture = |placed: &Placed| match placed.item {
        Item::Picture { width, height, .. } => Some((placed.x, placed.y, width, height)),
        _ => None,
    };
    items.iter().filter_map(picture).collect()
}

#[test]
fn f180_a_footer_may_have_pictures() {
    let mut fixture = Fixture::new(vec![paragraph("x")]).size(40, 20);
    let key = PictureKey { base: "".into(), source: "logo.png".into() };
    let part = || Some(FooterPart::Image("logo.png".into(), Span::default()));
    let (left, center, right) = (part(), part(), part());
    fixture.theme.footer =
        FooterStyle::Template { left, center, right, style: Style::new(), height: 6 };
    fixture.footer.pictures = [Some(key.clone()), None, Some(key.clone())];
    assert_eq!(pictures(&fixture.scene().frame), [], "not found");
    fixture.measures.pictures.insert(key, Ok(PixelSize { width: 300, height: 200 }));
    let frame = fixture.scene().frame;
    assert_eq!(pictures(&frame), [(1, 15, 12, 4), (27, 15, 12, 4)]);
    let Item::Picture { height, .. } = frame[0].item else { panic!() };
    assert_eq!(height, 4, "a row stays free above and below");
}

#[test]
fn f203_a_large_screen_can_be_used_in_part() {
    let mut fixture = Fixture::new(vec![block(BlockKind::Title(text("T"))), paragraph("text")]);
    fixture.theme.footer = FooterStyle::ProgressBar { character: '=', style: Style::new() };
    fixture.limits = Limits { columns: 20, rows: 8, ..Limits::default() };
    let scene = fixture.scene();
    assert_eq!((scene.viewport, scene.mark_row), (Rect::new(10, 6, 20, 7), 12));
    assert_eq!((scene.frame[0].x, scene.frame[0].y), (10, 13));
    let lines = |scene: &Scene| -> Vec<_> { scene.body.iter().map(|at| (at.x, at.y)).collect() };
    assert_eq!(lines(&scene), [(19, 2), (12, 5)]);
    fixture.limits = Limits { across: Across::Right, down: Down::Bottom, ..fixture.limits };
    let scene = fixture.scene();
    assert_eq!(scene.viewport, Rect::new(20, 12, 20, 7));
    assert_eq!(lines(&scene), [(29, 2), (22, 5)]);
    fixture.limits = Limits { across: Across::Left, down: Down::Top, ..fixture.limits };
    assert_eq!(fixture.scene().viewport, Rect::new(0, 0, 20, 7));
}

#[test]
fn a_slide_taller_than_the_screen_keeps_all_its_rows() {
    let blocks = (0..20).map(|n| paragraph(&n.to_string())).collect();
    let scene = Fixture::new(blocks).size(40, 10).scene();
    assert_eq!(scene.height, 40);
    assert_eq!(scene.scroll_limit(), 30);
}

#[test]
fn odd_decks_in_odd_sizes_never_panic() {
    let odd = "\u{0}\t中\u{301}文🚀\u{200d}👩 very_long_word_without_any_space_in_it   ";
    let quote = |blocks| block(BlockKind::Quote(blocks));
    let deep = (0..200).fold(paragraph(odd), |inner, _| quote(vec![inner]));
    let wide: Vec<_> = (0..40).map(|_| odd).collect();
    let odd_table = Table { header: vec![], ..table(&[&[], &wide, &[]], &[Some(Align::Right)]) };
    let everything = |inner: Vec<Block>| {
        let held = ListItem { depth: 200, blocks: inner.clone(), ..item(9, "") };
        vec![
            block(BlockKind::Title(text(odd))),
            block(BlockKind::Heading(9, text(odd))),
            list(vec![held, item(0, odd)]),
            block(BlockKind::Table(odd_table.clone())),
            block(BlockKind::Table(Table::default())),
            block(BlockKind::List(List::default())),
            block(BlockKind::Space(u16::MAX)),
            block(BlockKind::JumpToMiddle),
            block(BlockKind::Problem(7)),
            block(BlockKind::Footnote(odd.into(), text(odd))),
            picture(Some(100)).0,
            cell(odd),
            block(BlockKind::Code(Box::default())),
            block(BlockKind::Columns(Columns {
                ratios: vec![255, 1, 1],
                columns: vec![inner, vec![cell(odd)], vec![paragraph(odd)]],
            })),
        ]
    };
    let blocks = everything(everything(vec![deep]));
    let mut fixture = Fixture::new(blocks).run(written((0..50).map(|n| odd.repeat(n))));
    let sides = [0, 1, 2, 5, 20, 81, 1000];
    for (columns, rows) in sides.iter().flat_map(|x| sides.iter().map(move |y| (*x, *y))) {
        for kind in [SlideKind::Normal, SlideKind::Intro] {
            fixture.deck.slides[0].kind = kind;
            fixture.size = Size { columns, rows, large_text: columns % 2 == 0, cell: (0, 0) };
            for block in &mut fixture.deck.slides[0].blocks {
                block.font_size = u8::try_from(rows % 9).ok();
            }
            let scene = fixture.scene();
            assert!(scene.viewport.bottom() <= rows);
        }
    }
}

/// A slide with one cell of this form, in this state, between two paragraphs.
fn between(form: Form, start: Start, run: CellRun) -> Fixture {
    let blocks = vec![paragraph("before"), cell("echo hi"), paragraph("after")];
    Fixture::new(blocks).how(form, start).run(run)
}

#[test]
fn f151_what_may_not_run_shows_its_code_and_what_would_allow_it() {
    let run = || CellRun { state: State::NotAllowed, ..CellRun::default() };
    let replaced = between(Form::Replace, Start::Auto, run());
    insta::assert_snapshot!(replaced.body(), @"

    before


              echo hi


        — [may not run · ctrl-e or -X] —

    after
    ");
    let auto = between(Form::Below, Start::Auto, run());
    assert!(auto.body().contains("[may not run · ctrl-e or -x]"), "{}", auto.body());
}

#[test]
fn f152_output_in_place_of_the_code_says_nothing_of_itself() {
    let done = between(Form::Replace, Start::Auto, written(["hi".to_owned()]));
    insta::assert_snapshot!(done.body(), @"

    before


              hi


    after
    ");
    let silent = between(Form::Replace, Start::Auto, written([]));
    insta::assert_snapshot!(silent.body(), @"

    before



    after
    ");
}

#[test]
fn f152_a_failure_in_place_of_the_code_shows_its_output_and_how_it_failed() {
    let state = State::Ended(Outcome::Exited(3));
    let failed = CellRun { state, ..written(["oh".to_owned()]) };
    insta::assert_snapshot!(between(Form::Replace, Start::Auto, failed).body(), @"

    before


              oh


        ——— [failed: exit 3 · 12 ms] ———

    after
    ");
    let state = State::Ended(Outcome::NotStarted("`fish` is not installed".to_owned()));
    let missing = CellRun { state, ..written([]) };
    insta::assert_snapshot!(between(Form::Replace, Start::Auto, missing).body(), @"

    before


              echo hi


        ———————— [not started] —————————

          `fish` is not installed

    after
    ");
}

#[test]
fn f152_a_short_run_in_place_of_the_code_shows_no_status_and_a_long_one_does() {
    let running = |millis| CellRun {
        state: State::Running,
        elapsed: Duration::from_millis(millis),
        ..CellRun::default()
    };
    let body = |millis| between(Form::Replace, Start::Auto, running(millis)).body();
    assert!(!body(100).contains("running"), "{}", body(100));
    assert!(body(800).contains("running 800 ms"), "{}", body(800));
}

#[test]
fn f154_a_picture_stands_in_place_of_the_code_that_made_it() {
    let file = Path::new("/tmp/talk/picture-1");
    let run = CellRun { picture: Some(file.to_owned()), ..written([]) };
    let mut made = between(Form::Picture, Start::Auto, run);
    let key = PictureKey::of_file(file);
    made.measures.pictures.insert(key.clone(), Ok(PixelSize { width: 100, height: 80 }));
    let scene = made.scene();
    let found = scene.body.iter().find_map(|placed| match &placed.item {
        Item::Picture { width, height, key } => Some((*width, *height, key.clone())),
        _ => None,
    });
    assert_eq!(found, Some((10, 4, key.clone())));
    let refusal = NotShown { why: "it is no PNG, JPEG or GIF picture".to_owned(), hint: None };
    made.measures.pictures.insert(key, Err(refusal));
    insta::assert_snapshot!(made.body(), @"

    before

    ┌──────────────────────────────────┐
    │ it is no PNG, JPEG or GIF        │
    │ picture                          │
    └──────────────────────────────────┘

    after
    ");
}

#[test]
fn f157_output_stands_where_the_deck_wants_it_and_looks_as_it_would_below_the_code() {
    let output = || block(BlockKind::Output(CellId(0)));
    let lay_out = |blocks, detached| {
        let mut fixture = Fixture::new(blocks).run(written(["hi".to_owned()]));
        Arc::make_mut(&mut fixture.deck.cells[0]).detached = detached;
        fixture.body()
    };
    let elsewhere = vec![cell("echo hi"), paragraph("between"), output(), output()];
    insta::assert_snapshot!(lay_out(elsewhere, true), @"


              echo hi


        ————————— [done 12 ms] —————————

    between


              hi



              hi
    ");
    let mut fixture = Fixture::new(vec![cell("echo hi"), paragraph("between"), output()])
        .run(written(["hi".to_owned()]));
    Arc::make_mut(&mut fixture.deck.cells[0]).detached = true;
    let rows = fixture.scene().extent_of(CellId(0)).unwrap();
    assert_eq!(rows, 1..12, "all of it is to be in view");
    let behind = lay_out(vec![cell("echo hi"), output()], true);
    assert_eq!(behind, lay_out(vec![cell("echo hi")], false));
}

#[test]
fn f163_what_only_a_check_runs_is_plain_code() {
    let checked = between(Form::Below, Start::OnCheck, CellRun::default());
    assert!(!checked.body().contains("not run"), "{}", checked.body());
}

#[test]
fn f167_bare_output_in_place_of_the_code_stands_in_the_middle() {
    let bare = CodeBlock { cell: Some(CellId(0)), no_background: true, ..code("echo hi") };
    let fixture = Fixture::new(vec![paragraph("left"), block(BlockKind::Code(Box::new(bare)))])
        .how(Form::Replace, Start::Auto)
        .run(written(["centred".to_owned()]));
    insta::assert_snapshot!(fixture.body(), @"

    left

                  centred
    ");
}

#[test]
fn what_nobody_would_scroll_to_is_not_laid_out() {
    let blocks = (0..9_000).map(|n| paragraph(&n.to_string())).collect();
    let scene = Fixture::new(blocks).size(80, 24).scene();
    assert!((5_000..5_100).contains(&scene.height), "{}", scene.height);
    let last = scene.body.last().unwrap();
    assert!(matches!(&last.item, Item::Text(line) if line.to_string().starts_with("… the rest")));
    let scene = Fixture::new(vec![paragraph(&"x".repeat(1_000_000))]).size(20, 5).scene();
    assert!((5_000..5_100).contains(&scene.height), "{}", scene.height);
}

/// A run that has shown a table with this many rows and columns of numbers.
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
    run.output.show(Value::Table(DataTable { columns, rows, height, width }));
    run.output.feed(b"after\n");
    run
}

#[test]
fn a_table_of_data_shows_its_head_and_counts_the_rest() {
    let fixture = Fixture::new(vec![cell("x")]).size(44, 24).run(table_of(5000, 9));
    insta::assert_snapshot!(fixture.body());
    let mut scrolled = table_of(5000, 9);
    scrolled.scroll.insert(1, 990);
    let fixture = Fixture::new(vec![cell("x")]).size(44, 24).run(scrolled);
    insta::assert_snapshot!(fixture.body());
}

#[test]
fn a_table_of_data_that_fits_is_drawn_whole() {
    let fixture = Fixture::new(vec![cell("x")]).size(60, 24).run(table_of(2, 2));
    insta::assert_snapshot!(fixture.body());
    let none = Fixture::new(vec![cell("x")]).size(60, 24).run(table_of(0, 1));
    assert!(none.body().contains("column 0"), "{}", none.body());
}

#[test]
fn results_stand_anywhere_without_a_panic() {
    for size in [(1, 1), (3, 2), (12, 4), (300, 100)] {
        let mut run = table_of(40, 3);
        run.output.show(Value::Picture("/somewhere/picture".into()));
        let blocks = vec![paragraph("# head")];
        run.output.show(Value::Markdown { text: "# head".into(), blocks });
        Fixture::new(vec![cell("x")]).size(size.0, size.1).run(run).body();
    }
}

#[test]
fn markdown_that_a_run_shows_stands_as_on_a_slide() {
    let mut run = written(["before".to_owned()]);
    let blocks = vec![list(vec![item(0, "read")])];
    run.output.show(Value::Markdown { text: "- read".into(), blocks });
    run.output.show(Value::Markdown { text: "- not *read*".into(), blocks: Vec::new() });
    let fixture = Fixture::new(vec![cell("x")]).size(44, 20).run(run);
    insta::assert_snapshot!(fixture.body());
}
