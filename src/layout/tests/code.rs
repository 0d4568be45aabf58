//! Code that is only shown, or rendered by a tool.

use super::*;
use crate::deck::{DrawingLanguage, LineGroup, RenderSpec};

#[test]
fn f142_code_wraps_after_line_numbers() {
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

#[test]
fn f165_rendered_code_reserves_space_for_a_picture() {
    let drawing = Some(RenderSpec { language: DrawingLanguage::Mermaid, width_percent: Some(50) });
    let listing =
        CodeBlock { render: drawing, language: "mermaid".into(), ..code("graph LR\nA --> B") };
    let fixture = Fixture::new(vec![block(BlockKind::Code(Box::new(listing))), paragraph("x")]);
    let scene = fixture.scene();
    let rooms = scene.body.iter().filter_map(|placed| match placed.item {
        Item::Diagram { width, height } => Some((placed.x, placed.y, width, height)),
        _ => None,
    });
    assert_eq!(rooms.collect::<Vec<_>>(), [(11, 1, 18, 6)]);
    insta::assert_snapshot!(fixture.body(), @"

             mermaid · being d…
             graph LR
             A --> B




    x
    ");
}

#[test]
fn lines_outside_the_group_are_dimmed() {
    let groups = vec![LineGroup::Lines(vec![(1, 1)]), LineGroup::Lines(vec![(2, 3)])];
    let listing = CodeBlock { groups, groups_from: Step(1), ..code("a\nb\nc") };
    let fixture = |step| {
        Fixture::new(vec![block(BlockKind::Code(Box::new(listing.clone())))]).step(step).scene()
    };
    let dimmed = HIGHLIGHTER.dimmed();
    let dim_rows = |scene: &Scene| {
        let texts = scene.body.iter().filter_map(|placed| match &placed.item {
            Item::Text(line) => Some(line.spans.iter().all(|span| span.format.style == dimmed)),
            _ => None,
        });
        texts.collect::<Vec<_>>()
    };
    assert_eq!(dim_rows(&fixture(1)), [false, true, true]);
    assert_eq!(dim_rows(&fixture(2)), [true, false, false]);
    assert_eq!(fixture(1).revealed, None);
    assert_eq!(fixture(2).revealed, Some(3..5));
}
