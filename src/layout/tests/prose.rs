//! Paragraphs, lists, quotes and alerts, and text of several sizes.

use super::*;
use crate::deck::AlertKind;

#[test]
fn blocks_are_separated_by_a_row() {
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
fn list_items_contain_blocks() {
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
fn continued_list_has_no_gap() {
    let more = List { items: vec![item(0, "b")], item_newlines: 2, continues: true };
    let fixture = Fixture::new(vec![list(vec![item(0, "a")]), block(BlockKind::List(more))]);
    insta::assert_snapshot!(fixture.body(), @"

    •  a
    •  b
    ");
}

#[test]
fn narrow_quotes_have_no_prefix() {
    let words = paragraph("words to be read");
    let deep = (0..40).fold(words, |inner, _| block(BlockKind::Quote(vec![inner])));
    let fixture = Fixture::new(vec![deep]);
    let prefixes = |line: &str| line.matches('▍').count();
    let body = fixture.body();
    assert!(body.lines().any(|line| line.contains("words to")), "{body}");
    assert!(body.lines().all(|line| prefixes(line) < 20), "{body}");
}

#[test]
fn quote_prefix_is_on_every_row() {
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
fn quote_background_is_as_wide_as_the_text() {
    let mut fixture = Fixture::new(vec![block(BlockKind::Quote(vec![
        paragraph("longest row"),
        paragraph("short"),
    ]))]);
    fixture.theme.quote.style = Style::new().bg(ratatui::style::Color::Blue);
    let style = fixture.theme.quote.style;
    let fill = |x, width| PlacedItem { x, y: 1, item: Item::Fill { width, height: 3, style } };
    assert_eq!(fixture.scene().body[1], fill(2, 36));
    fixture.theme.quote.alignment =
        Alignment::Center { minimum_margin: Margin::Fixed(0), minimum_size: 0 };
    assert_eq!(fixture.scene().body[1], fill(13, 13), "centred ones fit their text");
}

#[test]
fn alert_starts_with_icon_and_title() {
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

/// Returns column, row, size and text of all large text.
fn large(scene: &Scene) -> Vec<(u16, u32, u8, String)> {
    let large = |placed: &PlacedItem| match &placed.item {
        Item::LargeText { line, size } => Some((placed.x, placed.y, *size, line.to_string())),
        _ => None,
    };
    scene.body.iter().filter_map(large).collect()
}

#[test]
fn f127_large_text_takes_more_rows_and_columns() {
    let sized = |kind| Block { font_size: Some(2), ..block(kind) };
    let mut fixture = Fixture::new(vec![
        block(BlockKind::Title(text("Title"))),
        sized(BlockKind::Paragraph(text("one two three four five six seven"))),
        sized(BlockKind::Paragraph(text("next"))),
        paragraph("small"),
    ]);
    fixture.theme.slide_title.font_size = 3;
    assert_eq!(large(&fixture.scene()), [], "no terminal that can");
    fixture.size.large_text = LargeText::Protocol;
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
fn f127_large_lists_are_indented_less() {
    let list = List { items: vec![item(0, "a"), item(1, "b")], item_newlines: 1, continues: false };
    let list = Block { font_size: Some(2), ..block(BlockKind::List(list)) };
    let mut fixture = Fixture::new(vec![list]);
    fixture.size.large_text = LargeText::Protocol;
    let rows = large(&fixture.scene());
    let row = |x, y, text: &str| (x, y, 2, text.to_owned());
    assert_eq!(rows, [row(2, 1, "  •  "), row(12, 1, "a"), row(2, 3, "    ◦  "), row(16, 3, "b")]);
}
