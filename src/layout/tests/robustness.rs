//! Extreme decks and screens: no panics, and bounded results.

use super::*;
use crate::deck::Columns;

#[test]
fn extreme_decks_and_sizes_do_not_panic() {
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
            picture(SizePercent::of_width(Some(100))).0,
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
            let large_text =
                [LargeText::Off, LargeText::Protocol, LargeText::Blocks][usize::from(columns % 3)];
            let has_gradients = columns % 2 == 0;
            fixture.size = Size {
                columns,
                rows,
                large_text,
                cell: (0, 0),
                has_gradients,
                is_coarse: rows % 2 == 0,
            };
            fixture.theme.is_centered = rows % 2 == 0;
            if columns % 2 == 0 {
                fixture.theme.code.frame = FrameShape::Rounded;
                fixture.theme.table.frame = FrameShape::Rounded;
                fixture.theme.code.has_wrap_marks = true;
                fixture.theme.quote.padding = Padding { horizontal: 3, vertical: 1 };
            }
            for block in &mut fixture.deck.slides[0].blocks {
                block.font_size = u8::try_from(rows % 9).ok();
            }
            let scene = fixture.scene();
            assert!(scene.viewport.bottom() <= rows);
        }
    }
}

#[test]
fn excessive_content_is_omitted() {
    let blocks = (0..9_000).map(|n| paragraph(&n.to_string())).collect();
    let scene = Fixture::new(blocks).size(80, 24).scene();
    assert!((5_000..5_100).contains(&scene.height), "{}", scene.height);
    let last = scene.body.last().unwrap();
    assert!(matches!(&last.item, Item::Text(line) if line.to_string().starts_with("… the rest")));
    let scene = Fixture::new(vec![paragraph(&"x".repeat(1_000_000))]).size(20, 5).scene();
    assert!((5_000..5_100).contains(&scene.height), "{}", scene.height);
}

#[test]
fn surely_fitting_slides_fit() {
    let words = ["a", "word", "中文字", "much-longer-word", "x y z w", "e\u{301}", "🚀"];
    let mut state = 7_u32;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    let mut fitting = 0;
    for _ in 0..400 {
        let mut some = |most: usize| -> String {
            let count = 1 + random(most);
            (0..count).map(|_| words[random(words.len())]).collect::<Vec<_>>().join(" ")
        };
        let mut blocks = vec![block(BlockKind::Title(text(&some(9))))];
        let lines = [some(9), some(20), some(3)];
        let cells: Vec<&str> = lines.iter().map(String::as_str).collect();
        let others = [
            paragraph(&some(60)),
            list(vec![item(0, &some(30)), ListItem { depth: 2, ..item(1, &some(30)) }]),
            block(BlockKind::Table(table(&[&cells, &cells], &[]))),
            block(BlockKind::Quote(vec![paragraph(&some(40))])),
            block(BlockKind::Code(Box::new(code(&lines.join("\n"))))),
            block(BlockKind::Heading(2, text(&some(20)))),
        ];
        blocks.extend(others.into_iter().filter(|_| random(2) == 0));
        blocks[0].font_size = [None, Some(2), Some(4)][random(3)];
        let mut fixture = Fixture::new(blocks).size(20 + random(120) as u16, 8 + random(40) as u16);
        fixture.deck.cells.clear();
        fixture.theme.is_centered = random(2) == 0;
        fixture.size.large_text =
            [LargeText::Off, LargeText::Protocol, LargeText::Blocks][random(3)];
        fixture.theme.slide_title.font_size = 1 + random(2) as u8;
        if fixture.with(surely_fits) {
            fitting += 1;
            let scene = fixture.scene();
            assert!(scene.height <= scene.viewport.height.into(), "{}", fixture.body());
        }
    }
    assert!(fitting > 40, "{fitting}");
}

#[test]
fn ordinary_slide_surely_fits_though_the_theme_enlarges_titles() {
    let words = "some words ".repeat(12);
    let title = block(BlockKind::Title(text("A title")));
    let mut fixture = Fixture::new(vec![title, paragraph(&words), paragraph(&words)]).size(80, 24);
    fixture.deck.cells.clear();
    fixture.theme.slide_title.font_size = 2;
    fixture.size.large_text = LargeText::Blocks;
    assert!(fixture.with(surely_fits));
    let mut fixture = fixture.size(80, 20);
    fixture.size.large_text = LargeText::Blocks;
    assert!(fixture.with(surely_fits));
    fixture.deck.slides[0].blocks[0].font_size = Some(2);
    assert!(!fixture.with(surely_fits), "the drawn title takes eight rows");
}
