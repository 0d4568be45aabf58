//! Whole slides: steps, columns, intro, footer, errors, and mismatched screen sizes.

use super::*;
use crate::deck::Columns;
use crate::diag::Diagnostic;
use crate::source::{SourceFile, Sources};
use crate::theme::FooterPart;

#[test]
fn later_steps_take_no_space() {
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
fn columns_are_laid_out_independently() {
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
fn intro_slide_has_titles_and_authors() {
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
fn wrapped_author_stays_on_the_page() {
    let mut fixture = Fixture::new(vec![]).size(20, 8);
    fixture.deck.slides[0].kind = SlideKind::Intro;
    fixture.deck.meta.authors = vec!["Ada of the long address".into()];
    insta::assert_snapshot!(fixture.body(), @"






    Ada of the long
        address
    ");
}

#[test]
fn empty_intro_shows_front_matter_errors() {
    let mut fixture = Fixture::new(vec![]);
    let text = "---\ntitle: [x]\n---\n\n<!-- puase -->\n";
    let file = fixture.deck.sources.add(SourceFile::new("talk.md", text));
    let at = |range| Span::new(file, range);
    fixture.deck.slides[0].kind = SlideKind::Intro;
    fixture.deck.slides[0].span = at(0..19);
    fixture.deck.diagnostics = vec![
        Diagnostic::error(at(11..14), "`title` takes a single value, not a list"),
        Diagnostic::error(at(25..30), "unknown command `puase`"),
    ];
    insta::assert_snapshot!(fixture.body(), @"
    ┌──────────────────────────────────┐
    │ `title` takes a single value,    │
    │ not a list                       │
    │ talk.md:2:8                      │
    └──────────────────────────────────┘
    ");
    fixture.deck.meta.date = Some("today".to_owned());
    insta::assert_snapshot!(fixture.body(), @"












    today
    ");
}

#[test]
fn errors_are_boxed_with_position_and_hint() {
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

#[test]
fn footer_counts_slides_and_reserves_rows() {
    let mut fixture = Fixture::new(vec![paragraph("x")]).size(30, 9);
    fixture.theme.footer = FooterStyle::Template {
        left: Some(FooterPart::Text("x".into(), Span::default())),
        center: None,
        right: None,
        style: Style::new(),
        height: 3,
        margin: Margin::Fixed(1),
    };
    let number = |variable| Inline::Counter(variable, TextStyle::default());
    fixture.footer = FooterText {
        pictures: [const { None }; 3],
        left: text("me"),
        center: text("talk"),
        right: vec![
            number(crate::deck::FooterCounter::CurrentSlide),
            text(" / ").remove(0),
            number(crate::deck::FooterCounter::TotalSlides),
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

/// Returns position and size of all pictures.
fn pictures(items: &[PlacedItem]) -> Vec<(u16, u32, u16, u32)> {
    let picture = |placed: &PlacedItem| match placed.item {
        Item::Picture { width, height, .. } => Some((placed.x, placed.y, width, height)),
        _ => None,
    };
    items.iter().filter_map(picture).collect()
}

#[test]
fn f180_footer_shows_pictures() {
    let mut fixture = Fixture::new(vec![paragraph("x")]).size(40, 20);
    let key = PictureKey::File { base: "".into(), source: "logo.png".into() };
    let part = || Some(FooterPart::Image("logo.png".into(), Span::default()));
    let (left, center, right) = (part(), part(), part());
    fixture.theme.footer = FooterStyle::Template {
        left,
        center,
        right,
        style: Style::new(),
        height: 6,
        margin: Margin::Fixed(1),
    };
    fixture.footer.pictures = [Some(key.clone()), None, Some(key.clone())];
    assert_eq!(pictures(&fixture.scene().frame), [], "not found");
    fixture.measures.pictures.insert(key, Ok(PixelSize { width: 300, height: 200 }));
    let frame = fixture.scene().frame;
    assert_eq!(pictures(&frame), [(1, 14, 15, 5), (24, 14, 15, 5)]);
    let Item::Picture { height, .. } = frame[0].item else { panic!() };
    assert_eq!(height, 5, "a row stays free below");
}

#[test]
fn f203_slides_can_use_part_of_the_screen() {
    let mut fixture = Fixture::new(vec![block(BlockKind::Title(text("T"))), paragraph("text")]);
    fixture.theme.footer = FooterStyle::ProgressBar { character: '=', style: Style::new() };
    fixture.limits = SlideArea { columns: 20, rows: 8, ..SlideArea::default() };
    let scene = fixture.scene();
    assert_eq!(scene.viewport, Rect::new(10, 6, 20, 7));
    assert_eq!((scene.frame[0].x, scene.frame[0].y), (10, 13));
    let lines = |scene: &Scene| -> Vec<_> {
        let texts = scene.body.iter().filter(|placed| matches!(placed.item, Item::Text(_)));
        texts.map(|placed| (placed.x, placed.y)).collect()
    };
    assert_eq!(lines(&scene), [(19, 2), (12, 5)]);
    fixture.limits =
        SlideArea { across: HorizontalAlign::Right, down: VerticalAlign::Bottom, ..fixture.limits };
    let scene = fixture.scene();
    assert_eq!(scene.viewport, Rect::new(20, 12, 20, 7));
    assert_eq!(lines(&scene), [(29, 2), (22, 5)]);
    fixture.limits =
        SlideArea { across: HorizontalAlign::Left, down: VerticalAlign::Top, ..fixture.limits };
    assert_eq!(fixture.scene().viewport, Rect::new(0, 0, 20, 7));
}

#[test]
fn tall_slide_keeps_all_rows() {
    let blocks = (0..20).map(|n| paragraph(&n.to_string())).collect();
    let scene = Fixture::new(blocks).size(40, 10).scene();
    assert_eq!(scene.height, 40);
    assert_eq!(scene.scroll_limit(), 30);
}

#[test]
fn tall_slide_uses_free_footer_rows() {
    let at = |rows: usize| {
        let blocks = (0..rows).map(|n| paragraph(&n.to_string())).collect();
        let mut fixture = Fixture::new(blocks).size(30, 11);
        let (left, center) = (None, Some(FooterPart::Text("x".into(), Span::default())));
        let style = Style::new();
        fixture.theme.footer = FooterStyle::Template {
            left,
            center,
            right: None,
            style,
            height: 3,
            margin: Margin::Fixed(1),
        };
        fixture.footer.center = text("talk");
        let scene = fixture.scene();
        (scene.viewport.height, scene.mark_place, fixture.with(overflow).len())
    };
    assert_eq!(at(4), (8, MarkPlace::Nowhere, 0));
    assert_eq!(at(5), (11, MarkPlace::Nowhere, 0), "beside the footer's text");
    assert_eq!(at(6), (11, MarkPlace::Margin, 1), "scrolls beside it");
}
