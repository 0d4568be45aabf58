//! How many rows outputs get on a slide that they would make too tall.

use super::*;

/// Returns the visible rows of all outputs.
fn output_rows(scene: &Scene) -> Vec<u32> {
    let height = |placed: &PlacedItem| match placed.item {
        Item::Output { height, .. } => Some(height),
        _ => None,
    };
    scene.body.iter().filter_map(height).collect()
}

fn lines(count: usize) -> CellRun {
    written((1..=count).map(|line| format!("line {line}")))
}

#[test]
fn long_output_leaves_text_below_on_the_page() {
    let fixture = |output| {
        Fixture::new(vec![paragraph("before"), cell("echo hi"), paragraph("after")]).run(output)
    };
    let long = fixture(lines(50));
    let scene = long.scene();
    assert_eq!((scene.height, scene.scroll_limit()), (20, 0));
    assert!(long.body().contains("line 50\n") && long.body().ends_with("after"), "{}", long.body());
    assert!(long.body().contains(" of 50"), "{}", long.body());
    let table = fixture(table_of(30, 1)).size(40, 30).scene();
    assert_eq!(table.scroll_limit(), 0);
    assert_eq!(output_rows(&fixture(lines(3)).scene()), [3], "a short output is whole");
}

#[test]
fn outputs_of_a_slide_share_its_rows() {
    let blocks = vec![cell_of(0, "a"), cell_of(1, "b"), cell_of(2, "c"), paragraph("after")];
    let fixture = |sizes: [usize; 3]| {
        let mut fixture = Fixture::new(blocks.clone()).size(40, 60);
        fixture.deck.cells =
            (0..3).map(|id| Arc::new(Cell { id: CellId(id), ..Cell::default() })).collect();
        for (id, count) in (0..).zip(sizes) {
            fixture = fixture.run_of(id, lines(count));
        }
        fixture.scene()
    };
    let scene = fixture([2, 90, 90]);
    assert!(scene.scroll_limit() == 0, "{} rows", scene.height);
    let rows = output_rows(&scene);
    assert!(rows[0] == 2 && rows[1] == rows[2] && rows[1] > 3, "{rows:?}");
}

#[test]
fn output_has_at_least_three_rows() {
    let tall = |code_rows: usize| {
        let blocks = vec![cell(&vec!["x"; code_rows].join("\n")), paragraph("after")];
        Fixture::new(blocks).run(lines(50)).scene()
    };
    for code_rows in 1..20 {
        let scene = tall(code_rows);
        assert!(output_rows(&scene)[0] >= 3);
        assert_eq!(scene.scroll_limit() > 0, code_rows > 10, "{code_rows} rows of code");
    }
}
