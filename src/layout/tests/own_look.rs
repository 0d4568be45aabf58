//! What only livedeck's own themes use: frames, one left edge, the middle of the page, drawn titles.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::deck::{AlertKind, Columns};
use crate::run::Output;

/// Returns a fixture in livedeck's own look.
pub(super) fn framed(blocks: Vec<Block>) -> Fixture {
    let choice = Choice {
        forced: Some("livedeck-dark"),
        name: None,
        file: None,
        default: "dark",
        overrides: None,
    };
    let mut fixture = Fixture::new(blocks);
    fixture.theme = Theme { is_centered: false, ..resolve(&choice).0 };
    fixture.theme.margin = Margin::Fixed(0);
    fixture
}

fn listing(language: &str, lines: &str) -> CodeBlock {
    CodeBlock { language: language.into(), ..code(lines) }
}

#[test]
fn code_is_framed_and_wraps_with_marks() {
    let text = "fn main() {\n    println!(\"a long text\", 1, 2, 3);\n}";
    let block = block(BlockKind::Code(Box::new(listing("rust", text))));
    insta::assert_snapshot!(framed(vec![block]).size(30, 20).body(), @r#"

    ╭─ rust ─────────────────────╮
    │ fn main() {                │
    │     println!("a long text  │
    │     ↳ ", 1, 2, 3);         │
    │ }                          │
    ╰────────────────────────────╯
    "#);
}

#[test]
fn output_is_in_the_frame_of_its_code() {
    let block = block(BlockKind::Code(Box::new(CodeBlock {
        cell: Some(CellId(0)),
        ..listing("python", "print(1)")
    })));
    let fixture = framed(vec![block, paragraph("next")]).size(40, 20);
    let before = fixture.body();
    let after = fixture.run(written(["a line of output that is too long for it".to_owned()]));
    insta::assert_snapshot!(before, @"

    ╭─ python ─────────────────────────────╮
    │ print(1)                             │
    ╰────────────────── ◌ not run · ctrl-e ╯

    next
    ");
    insta::assert_snapshot!(after.body(), @"

    ╭─ python ─────────────────────────────╮
    │ print(1)                             │
    ├───────────────────────────── ✓ 12 ms ┤
    ┃ a line of output that is too long    │
    ┃↳for it                               │
    ╰──────────────────────────────────────╯

    next
    ");
}

#[test]
fn whole_frame_shows_the_focus() {
    let block = block(BlockKind::Code(Box::new(CodeBlock {
        cell: Some(CellId(0)),
        ..listing("python", "print(1)")
    })));
    let mut fixture = framed(vec![block]).size(40, 20).run(written(["1".to_owned()]));
    let colors = |fixture: &Fixture| {
        let mut last = HashMap::new();
        for placed in &fixture.scene().body {
            let Item::Text(row) = &placed.item else { continue };
            let mut x = placed.x;
            for span in &row.spans {
                for letter in span.content.chars() {
                    if "╭╮├┤╰╯│─".contains(letter) {
                        last.insert((x, placed.y), span.format.style.fg);
                    }
                    x += 1;
                }
            }
        }
        last.into_values().collect::<HashSet<_>>()
    };
    assert_eq!(colors(&fixture), [fixture.theme.code.frame_style.fg].into());
    fixture.focus = Some(CellId(0));
    assert_eq!(colors(&fixture), [fixture.theme.output.running.fg].into());
}

#[test]
fn displayed_markdown_is_on_its_card() {
    let block = block(BlockKind::Code(Box::new(CodeBlock {
        cell: Some(CellId(0)),
        ..listing("python", "show()")
    })));
    let mut run = written(["text".to_owned()]);
    let blocks = vec![list(vec![item(0, "read")])];
    run.output.show_markdown(MarkdownOutput { text: "- read".into(), blocks }, None);
    let fixture = framed(vec![block]).size(30, 20).run(run);
    insta::assert_snapshot!(fixture.body(), @"

    ╭─ python ───────────────────╮
    │ show()                     │
    ├─────────────────── ✓ 12 ms ┤
    ┃ text                       │
    ┃                            │
    ┃ • read                     │
    ╰────────────────────────────╯
    ");
    let card = fixture.theme.output.style;
    let scene = fixture.scene();
    let row = |needle: &str| {
        let body = fixture.body();
        body.lines().position(|line| line.contains(needle)).unwrap() as u32
    };
    let is_filled = |y: u32| {
        scene.body.iter().any(|placed| match &placed.item {
            Item::Fill { height, style, .. } => {
                *style == card && (placed.y..placed.y + height).contains(&y)
            }
            _ => false,
        })
    };
    assert!(is_filled(row("read")));
}

#[test]
fn padded_alerts_have_no_empty_row_below_the_title() {
    let alert = |padding| {
        let mut fixture =
            framed(vec![block(BlockKind::Alert(AlertKind::Note, None, vec![paragraph("text")]))]);
        fixture.theme.alerts.padding.vertical = padding;
        fixture.size(20, 10).body()
    };
    insta::assert_snapshot!(alert(1), @"

    ▍
    ▍  ● Note
    ▍  text
    ▍
    ");
    insta::assert_snapshot!(alert(0), @"

    ▍  ● Note
    ▍
    ▍  text
    ");
}

#[test]
fn output_without_padding_keeps_its_rows() {
    let block = block(BlockKind::Code(Box::new(CodeBlock {
        cell: Some(CellId(0)),
        ..listing("python", "print(1)")
    })));
    let mut fixture = framed(vec![block]).size(40, 20);
    fixture.theme.output.padding = Padding { horizontal: 2, vertical: 0 };
    let body = fixture.run(written(["first".to_owned(), "last".to_owned()])).body();
    assert!(body.contains("first") && body.contains("last"), "{body}");
}

#[test]
fn tables_are_framed() {
    let aligns = [None, Some(Align::Right)];
    let table = table(&[&["name", "value"], &["a", "1"], &["bb", "22"]], &aligns);
    let fixture = framed(vec![block(BlockKind::Table(table))]);
    insta::assert_snapshot!(fixture.body(), @"

    ╭──────┬───────╮
    │ name │ value │
    ├──────┼───────┤
    │ a    │     1 │
    │ bb   │    22 │
    ╰──────┴───────╯
    ");
    let stripes = |scene: &Scene| {
        let fills = scene.body.iter().filter_map(|placed| match placed.item {
            Item::Fill { width, height, .. } => Some((placed.x, placed.y, width, height)),
            _ => None,
        });
        fills.collect::<Vec<_>>()
    };
    assert_eq!(stripes(&fixture.scene()), [(1, 5, 14, 1)]);
}

#[test]
fn lists_and_quotes_share_the_left_edge() {
    let quote = BlockKind::Quote(vec![paragraph("wise")]);
    let blocks = vec![list(vec![item(0, "a"), item(1, "b")]), block(quote), paragraph("x")];
    insta::assert_snapshot!(framed(blocks).size(20, 20).body(), @"

    • a
      ◦ b

    ▍
    ▍  wise
    ▍

    x
    ");
}

/// The rows of the first text below the title, before, while and after a block runs.
fn rows_of(text: &str, fixture: &Fixture) -> Vec<u32> {
    let scene = fixture.scene();
    let has = |placed: &&PlacedItem| match &placed.item {
        Item::Text(line) => line.to_string().contains(text),
        _ => false,
    };
    scene.body.iter().filter(has).map(|placed| placed.y).collect()
}

#[test]
fn centred_slides_keep_their_title_and_place() {
    let blocks = || vec![block(BlockKind::Title(text("Title"))), paragraph("words"), cell("code")];
    let at = |lines: usize| {
        let mut fixture = framed(blocks()).size(40, 30);
        fixture.theme.is_centered = true;
        let output = (0..lines).map(|number| format!("line {number}"));
        fixture = if lines > 0 { fixture.run(written(output)) } else { fixture };
        (rows_of("Title", &fixture), rows_of("words", &fixture), fixture.scene().height)
    };
    let top = rows_of("words", &framed(blocks()).size(40, 30));
    let (title, words, _) = at(0);
    assert_eq!(title, rows_of("Title", &framed(blocks())));
    assert!(words[0] > top[0] + 2, "{words:?} is below {top:?}");
    for lines in [1, 5, 10, 100] {
        let (title_now, words_now, height) = at(lines);
        assert_eq!((&title_now, &words_now), (&title, &words), "{lines} lines");
        assert!(height <= 30, "{height}");
    }
}

#[test]
fn outputs_in_columns_share_their_reserved_rows() {
    let below = |blocks| {
        let mut fixture = framed(blocks).size(80, 40);
        fixture.theme.is_centered = true;
        rows_of("words", &fixture)[0]
    };
    let one = below(vec![paragraph("words"), cell("code")]);
    let columns = vec![vec![cell("code")], vec![cell("code")]];
    let columns = block(BlockKind::Columns(Columns { ratios: vec![1, 1], columns }));
    assert_eq!(below(vec![paragraph("words"), columns]), one);
    assert!(below(vec![paragraph("words"), cell("code"), cell("code")]) < one);
}

#[test]
fn slide_decides_whether_it_is_centred() {
    let mut fixture = framed(vec![paragraph("words")]).size(40, 30);
    assert_eq!(rows_of("words", &fixture), [1]);
    fixture.deck.slides[0].is_centered = Some(true);
    assert_eq!(rows_of("words", &fixture), [10]);
    fixture.theme.is_centered = true;
    fixture.deck.slides[0].is_centered = Some(false);
    assert_eq!(rows_of("words", &fixture), [1]);
}

#[test]
fn centred_slides_that_are_too_tall_start_at_the_top() {
    let words = (0..40).map(|number| paragraph(&format!("words {number}")));
    let mut fixture = framed(words.collect()).size(40, 30);
    fixture.theme.is_centered = true;
    assert_eq!(rows_of("words 0", &fixture), [1]);
    // A picture without space takes the rows above first.
    let mut output = Output::default();
    output.feed("x\n".repeat(12).as_bytes());
    let mut fixture = framed(vec![paragraph("words"), cell("a\nb\nc")]).size(40, 20);
    fixture.theme.is_centered = true;
    let before = rows_of("words", &fixture);
    let fixture = fixture.run(CellRun { output, ..written([]) });
    assert_eq!(rows_of("words", &fixture), before);
}

/// The size and text of each large line.
fn drawn(fixture: &Fixture) -> Vec<(u8, String)> {
    let scene = fixture.scene();
    let lines = scene.body.iter().filter_map(|placed| match &placed.item {
        Item::LargeText { line, size } => Some((*size, line.to_string())),
        _ => None,
    });
    lines.collect()
}

#[test]
fn headings_are_drawn_where_they_are_the_title() {
    let heading = |size| Block { font_size: size, ..block(BlockKind::Heading(1, text("Ziel"))) };
    let lines = |blocks: Vec<Block>| {
        let mut fixture = framed(blocks).size(80, 24);
        fixture.size.large_text = LargeText::Blocks;
        fixture.theme.headings[0].prefix = "██".into();
        drawn(&fixture)
    };
    assert_eq!(lines(vec![heading(Some(2))]), [(4, "Ziel".to_owned())]);
    assert_eq!(lines(vec![heading(None)]), []);
    let title = block(BlockKind::Title(text("title")));
    assert_eq!(lines(vec![title, heading(Some(2))]), []);
}

#[test]
fn titles_that_ask_for_a_size_are_drawn() {
    let title =
        |words: &str, size| Block { font_size: size, ..block(BlockKind::Title(text(words))) };
    let lines = |words: &str, size, (columns, rows)| {
        let mut fixture = framed(vec![title(words, size)]).size(columns, rows);
        fixture.size.large_text = LargeText::Blocks;
        fixture.theme.slide_title.font_size = 2;
        drawn(&fixture)
    };
    let row = |size: u8, text: &str| (size, text.to_owned());
    assert_eq!(lines("Über uns", Some(3), (80, 24)), [row(4, "Über uns")]);
    assert_eq!(lines("Ziel", Some(6), (80, 30)), [row(8, "Ziel")]);
    assert_eq!(lines("Über uns", Some(6), (40, 24)), [row(4, "Über uns")]);
    assert_eq!(lines("two words", Some(2), (24, 40)), [row(4, "two"), row(4, "words")]);
    assert_eq!(lines("two words", Some(2), (24, 24)), [], "two lines over a quarter of the page");
    assert_eq!(lines("Über uns", None, (80, 24)), [], "only the theme asks");
    assert_eq!(lines("Wortungetüm", Some(2), (40, 24)), [], "a word would be broken");
    assert_eq!(lines("日本", Some(2), (80, 24)), [], "not in the font");
    assert_eq!(lines("a b c d", Some(2), (8, 12)), [], "over a third of the page");
}
