//! Pictures: size, placement and errors.

use super::*;
use crate::deck::{DrawingLanguage, RenderSpec};
use crate::theme::DrawingSettings;

/// Returns column, row, columns and rows of a picture with these pixels on a screen of 40x20.
fn placed(width: u32, height: u32, percent: Option<u8>) -> (u16, u32, u16, u32) {
    placed_with(width, height, SizePercent::of_width(percent))
}

fn placed_with(width: u32, height: u32, size: SizePercent) -> (u16, u32, u16, u32) {
    let (block, key) = picture(size);
    let mut fixture = Fixture::new(vec![block]);
    fixture.measures.pictures.insert(key, Ok(PixelSize { width, height }));
    let scene = fixture.scene();
    let [PlacedItem { x, y, item: Item::Picture { width, height, .. } }] = scene.body[..] else {
        panic!("one picture, not {:?}", scene.body)
    };
    (x, y, width, height)
}

#[test]
fn f097_percent_width_is_relative_to_the_slide() {
    assert_eq!(placed(100, 100, Some(50)), (11, 1, 18, 9), "half the width");
    assert_eq!(placed(100, 400, Some(100)), (15, 1, 10, 19), "no higher than the slide");
}

#[test]
fn percent_height_is_relative_to_the_page() {
    let of_height = |percent| SizePercent { width: None, height: Some(percent) };
    assert_eq!(placed_with(100, 100, of_height(50)), (10, 1, 20, 10), "half of 20 rows");
    assert_eq!(placed_with(4000, 100, of_height(100)), (3, 1, 34, 1), "no wider than the slide");
    let both = SizePercent { width: Some(25), height: Some(50) };
    assert_eq!(placed_with(100, 100, both), (15, 1, 9, 5), "the smaller of both");
}

#[test]
fn f094_pictures_keep_their_aspect_ratio() {
    assert_eq!(placed(100, 100, None), (15, 1, 10, 5), "its own size");
    assert_eq!(placed(4000, 400, None), (3, 1, 34, 2), "95 % of the width");
    assert_eq!(placed(4000, 4000, None), (3, 1, 34, 17), "shrunk to the width");
    assert_eq!(placed(100, 4000, None), (19, 1, 1, 19), "shrunk to the height");
    assert_eq!(placed(0, 0, None), (19, 1, 1, 1), "no size at all");
}

#[test]
fn picture_errors_are_shown() {
    let (block, key) = picture(SizePercent::default());
    let mut fixture = Fixture::new(vec![block, paragraph("after")]);
    let why = "picture `a.png` not found".to_owned();
    let refusal = PictureProblem { why, hint: Some("did you mean `b.png`?".to_owned()), at: None };
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
fn unmeasured_picture_reserves_space() {
    let fixture = Fixture::new(vec![picture(SizePercent::default()).0]).size(30, 8);
    insta::assert_snapshot!(fixture.body(), @"




    a.png
    ");
}

/// Returns the rows of a picture with text below it, as a text export shows them.
fn as_text((width, height): (u32, u32), alt: &str, content: PictureContent) -> Vec<String> {
    let (Block { kind: BlockKind::Picture(mut picture), .. }, key) =
        picture(SizePercent::default())
    else {
        unreachable!()
    };
    picture.alt = alt.into();
    let blocks = vec![block(BlockKind::Picture(picture)), paragraph("after")];
    let mut fixture = Fixture::new(blocks).size(20, 9);
    fixture.measures.content = content;
    fixture.measures.pictures.insert(key, Ok(PixelSize { width, height }));
    fixture.body().lines().map(|row| row.trim().to_owned()).collect()
}

#[test]
fn text_of_a_picture_keeps_to_its_rows() {
    let long = "a chart of everything that we measured";
    for (size, alt, rows) in [
        ((100, 60), long, &["a chart of", "everything that", "we measured"][..]),
        ((100, 20), long, &["a chart of …"]),
        ((100, 40), "", &["a.png"]),
    ] {
        let shown = as_text(size, alt, PictureContent::Text);
        let blank = as_text(size, alt, PictureContent::Blank);
        let after = |rows: &[String]| rows.iter().position(|row| row == "after");
        assert_eq!(after(&shown), after(&blank));
        let words = |rows: Vec<String>| rows.into_iter().filter(|row| !row.is_empty());
        assert!(words(shown).eq(rows.iter().copied().chain(["after"])), "{alt}");
        assert!(words(blank).eq(["after"]));
    }
}

/// Returns the columns and rows of a drawing with 100 x 80 pixels on a screen of 40x20.
fn drawn(language: DrawingLanguage, settings: DrawingSettings) -> (u16, u32) {
    let spec = RenderSpec { language, width_percent: None };
    let code = CodeBlock { render: Some(spec), ..code("x") };
    let mut fixture = Fixture::new(vec![block(BlockKind::Code(Box::new(code.clone())))]);
    fixture.theme.drawings.settings = settings;
    let key = PictureKey::Drawing(crate::layout::drawing(&code, &fixture.theme).unwrap());
    fixture.measures.pictures.insert(key, Ok(PixelSize { width: 100, height: 80 }));
    let scene = fixture.scene();
    let size = scene.body.iter().find_map(|placed| match placed.item {
        Item::Picture { width, height, .. } => Some((width, height)),
        _ => None,
    });
    size.unwrap()
}

#[test]
fn drawings_have_the_size_of_the_configuration() {
    let usual = DrawingSettings::default();
    let large = DrawingSettings { mermaid_percent: 200, typst_percent: 150, ..usual.clone() };
    for (language, size) in [(DrawingLanguage::Mermaid, (20, 8)), (DrawingLanguage::Latex, (15, 6))]
    {
        assert_eq!(drawn(language, usual.clone()), (10, 4));
        assert_eq!(drawn(language, large.clone()), size);
    }
}

#[test]
fn long_source_of_a_broken_drawing_is_cut() {
    let spec = RenderSpec { language: DrawingLanguage::Latex, width_percent: None };
    let code = CodeBlock { render: Some(spec), ..code(&"x^2 ".repeat(20_000)) };
    let mut fixture = Fixture::new(vec![block(BlockKind::Code(Box::new(code.clone())))]);
    let key = PictureKey::Drawing(crate::layout::drawing(&code, &fixture.theme).unwrap());
    let problem = PictureProblem { why: "it is too long".to_owned(), hint: None, at: None };
    fixture.measures.pictures.insert(key, Err(problem));
    let body = fixture.body();
    assert!(body.contains("it is too long") && body.contains('…'), "{body}");
    assert!(body.lines().count() < 100, "{body}");
}

/// Returns a text with a formula, and a fixture in which that has 4 columns and 2 rows, one of them
/// above the text.
fn with_formula(before: &str, after: &str, blocks: fn(Vec<Inline>) -> Vec<Block>) -> Fixture {
    let formula = Arc::new(LineFormula {
        source: r"\frac{a}{b+1}".into(),
        linear: Some("a/(b + 1)".into()),
        plain: None,
        span: Span::default(),
    });
    let text = |text: &str| Inline::Text(text.into(), TextStyle::default());
    let inline = Inline::Formula(Arc::clone(&formula), TextStyle::default());
    let mut fixture = Fixture::new(blocks(vec![text(before), inline, text(after)]));
    let key = PictureKey::Drawing(line_drawing(&formula, &fixture.theme));
    fixture.measures.rows_above.insert(key.clone(), 1);
    fixture.measures.pictures.insert(key, Ok(PixelSize { width: 36, height: 40 }));
    fixture
}

/// Returns the place of each picture: column, row, columns, rows.
fn pictures(scene: &Scene) -> Vec<(u16, u32, u16, u32)> {
    let picture = |placed: &PlacedItem| match placed.item {
        Item::Picture { width, height, .. } => Some((placed.x, placed.y, width, height)),
        _ => None,
    };
    scene.body.iter().filter_map(picture).collect()
}

fn paragraph_and_next(text: Vec<Inline>) -> Vec<Block> {
    vec![block(BlockKind::Paragraph(text)), paragraph("after")]
}

#[test]
fn formula_in_a_line_makes_its_row_higher() {
    let fixture = with_formula("see ", ", as said", paragraph_and_next);
    assert_eq!(pictures(&fixture.scene()), [(6, 1, 4, 2)]);
    insta::assert_snapshot!(fixture.body(), @"


    see     , as said

    after
    ");
}

#[test]
fn formula_in_a_line_wraps_with_its_comma() {
    let fixture = with_formula("the text before ", ", more", paragraph_and_next).size(24, 20);
    assert_eq!(pictures(&fixture.scene()), [(2, 2, 4, 2)]);
    insta::assert_snapshot!(fixture.body(), @"

    the text before

        , more

    after
    ");
}

#[test]
fn formula_wider_than_the_slide_is_fitted() {
    let fixture = with_formula("", "", paragraph_and_next).size(7, 20);
    let [(_, _, columns, rows)] = pictures(&fixture.scene())[..] else { panic!() };
    assert!(columns < 4 && rows == 2);
}

#[test]
fn table_row_is_as_high_as_its_formula() {
    let fixture = with_formula("see ", "", |text| {
        let header = vec![vec![Inline::Text("a".into(), TextStyle::default())]];
        let row = TableRow { cells: vec![text], ..TableRow::default() };
        let table = Table { header, rows: vec![row.clone(), row], ..Table::default() };
        vec![block(BlockKind::Table(table))]
    });
    let found = pictures(&fixture.scene());
    let [(x, first, 4, 2), (other, second, 4, 2)] = found[..] else { panic!("{found:?}") };
    assert!(x == other && second == first + 2);
}

#[test]
fn list_marker_is_in_the_row_of_the_text() {
    let fixture = with_formula("see ", ", as said", |text| {
        let item = ListItem {
            depth: 0,
            marker: Marker::Bullet,
            text,
            blocks: Vec::new(),
            step: Step::default(),
        };
        let list = List { items: vec![item], item_newlines: 1, continues: false };
        vec![block(BlockKind::List(list))]
    });
    let body = fixture.body();
    let row = body.lines().find(|row| row.contains("as said")).unwrap();
    assert!(row.contains('•'), "{body}");
}

#[test]
fn formula_is_text_where_there_are_no_pixels() {
    let mut fixture = with_formula("see ", ", as said", paragraph_and_next);
    fixture.size.is_coarse = true;
    assert!(fixture.body().contains("see a/(b + 1), as said"));
    fixture.size.is_coarse = false;
    fixture.measures.content = PictureContent::Text;
    assert!(fixture.body().contains(r"see $\frac{a}{b+1}$, as said"));
    fixture.measures.content = PictureContent::Blank;
    let body = fixture.body();
    assert!(!body.contains("frac") && body.contains(", as said"), "{body}");
}

#[test]
fn wrong_formula_is_shown_as_written_with_its_message() {
    let mut fixture = with_formula("see ", ", as said", paragraph_and_next);
    let problem = PictureProblem { why: "not valid".to_owned(), hint: None, at: Some((1, 3)) };
    fixture.measures.pictures.values_mut().for_each(|size| *size = Err(problem.clone()));
    let body = fixture.body();
    let [line, message] = [r"see $\frac{a}{b+1}$, as said", "not valid"].map(|it| body.find(it));
    assert!(line.is_some() && line < message && message < body.find("after"), "{body}");
}
