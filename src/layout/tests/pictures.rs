//! Pictures: size, placement and errors.

use super::*;

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
