//! The parts of a slide that a spotlight lights, and code of which a part is shown.

use super::*;

/// Returns the first row of text in each part, and the columns and rows.
fn parts(fixture: &Fixture, find: impl Fn(&Scene) -> Vec<ScenePart>) -> Vec<String> {
    let scene = fixture.scene();
    let body = rows(&scene.body, scene.size.columns, scene.height as u16);
    let lines: Vec<_> = body.lines().collect();
    let text = |part: &ScenePart| {
        let inside = lines[part.rows.start as usize..part.rows.end as usize].iter();
        let (start, width) = (usize::from(part.columns.start), part.columns.len());
        let cut = inside.map(|line| line.chars().skip(start).take(width).collect::<String>());
        cut.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    find(&scene).iter().map(|part| text(part).join("/")).collect()
}

#[test]
fn parts_are_blocks_and_their_lines() {
    let title = block(BlockKind::Title(text("Title")));
    let items = list(vec![item(0, "one"), item(1, "two")]);
    let code = cell("a\nb");
    let fixture = Fixture::new(vec![title.clone(), paragraph("words"), items, code])
        .run(written(["out".to_owned()]));
    let blocks = parts(&fixture, Scene::blocks);
    assert_eq!(blocks.len(), 3, "{blocks:?}");
    assert_eq!(blocks[0], "words");
    assert!(blocks[1].contains("one") && blocks[1].contains("two"), "{blocks:?}");
    assert!(blocks[2].starts_with("a/b") && blocks[2].contains("out"), "{blocks:?}");
    let lines = parts(&fixture, Scene::lines);
    assert!(lines.iter().any(|line| line == "a") && lines.iter().any(|line| line == "b"));
    assert!(lines.iter().any(|line| line.ends_with("two") && !line.contains("one")), "{lines:?}");
    assert_eq!(parts(&fixture, Scene::side_by_side), [""; 0]);
    assert_eq!(parts(&Fixture::new(vec![title]), Scene::blocks).len(), 1, "the title alone");
}

#[test]
fn columns_are_parts() {
    let columns = Columns {
        ratios: vec![1, 1],
        columns: vec![vec![paragraph("a"), paragraph("b")], vec![paragraph("c")]],
    };
    let fixture = Fixture::new(vec![paragraph("above"), block(BlockKind::Columns(columns))]);
    assert_eq!(parts(&fixture, Scene::side_by_side), ["a/b", "c"]);
}

#[test]
fn typed_part_of_code_is_shown() {
    let typed = TypedText { key: Fingerprint(7), pace: 1 };
    let code = CodeBlock { typed: Some(typed), ..code("let a\nlet b") };
    let mut fixture = Fixture::new(vec![block(BlockKind::Code(Box::new(code)))]);
    let height = fixture.scene().height;
    assert!(fixture.body().contains("let b"));
    fixture.typed.insert(Fingerprint(7), 3);
    assert!(fixture.body().contains("let") && !fixture.body().contains("let a"));
    fixture.typed.insert(Fingerprint(7), 7);
    assert!(fixture.body().contains("let a") && !fixture.body().contains("let b"));
    assert_eq!(fixture.scene().height, height, "the rest keeps its place");
    let scene = fixture.scene();
    let text = scene.body.iter().find_map(|placed| match &placed.item {
        Item::Begin(Role::Code { text, .. }) => Some(&**text),
        _ => None,
    });
    assert_eq!(text, Some("let a\nl"), "documents cannot copy the rest");
}
