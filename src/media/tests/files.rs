//! From file to pixels: where a picture is looked for, what is refused, and what is seen of a change.

use image::ImageEncoder;

use super::*;

#[test]
fn a_picture_is_looked_for_beside_the_deck_then_in_the_working_directory() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    stage.write("deck/both.png", &flag(3, 2));
    stage.write("work/both.png", &flag(1, 1));
    stage.write("work/far.png", &flag(4, 5));
    assert_eq!(stage.measure("both.png"), Ok((3, 2)));
    assert_eq!(stage.measure("far.png"), Ok((4, 5)));
    assert_eq!(stage.measure("../work/both.png"), Ok((1, 1)));
    let absolute = stage.path("work/far.png");
    assert_eq!(stage.measure(absolute.to_str().unwrap()), Ok((4, 5)));
}

#[test]
fn a_missing_picture_says_where_it_was_looked_for_and_is_watched() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    let (deck, work) = (stage.path("deck"), stage.path("work"));
    let expected = format!(
        "picture `no.png` not found; looked in `{}` and `{}`",
        deck.display(),
        work.display()
    );
    assert_eq!(stage.measure("no.png"), Err(expected));
    assert_eq!(stage.media.watched_files(), [deck.join("no.png"), work.join("no.png")]);
    stage.write("deck/no.png", &flag(2, 2));
    assert_eq!(stage.measure("no.png"), Ok((2, 2)));
}

#[test]
fn a_missing_picture_says_which_file_may_be_meant() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    fs::create_dir(stage.path("deck/pics")).unwrap();
    stage.write("deck/pics/chart.png", &flag(3, 2));
    stage.write("work/far.png", &flag(3, 2));
    assert_eq!(stage.hint("pics/chrat.png").unwrap(), "did you mean `pics/chart.png`?");
    assert_eq!(stage.hint("Fare.png").unwrap(), "did you mean `far.png`?");
    assert_eq!(stage.hint("pics/other.png"), None);
    assert_eq!(stage.hint("nowhere/chart.png"), None);
    let remote = stage.hint("https://example.org/a.png").unwrap();
    assert_eq!(remote, "save it beside the deck and name the file");
}

#[test]
fn percent_encoded_names_are_decoded() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    stage.write("deck/my pic #1 é.png", &flag(3, 2));
    stage.write("deck/literal%20name.png", &flag(4, 2));
    stage.write("deck/literal name.png", &flag(5, 2));
    assert_eq!(stage.measure("my%20pic%20%231%20%C3%A9.png"), Ok((3, 2)));
    assert_eq!(stage.measure("literal%20name.png"), Ok((4, 2)));
    for odd in ["a%2", "a%zz.png", "%00.png", "%ff.png", "gone%20.png"] {
        assert!(stage.measure(odd).unwrap_err().contains("not found"), "{odd}");
    }
}

#[test]
fn what_is_no_picture_says_so() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    fs::write(stage.path("deck/text.png"), "no picture").unwrap();
    fs::write(stage.path("deck/empty.png"), "").unwrap();
    fs::create_dir(stage.path("deck/folder.png")).unwrap();
    fs::write(stage.path("deck/cut.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    let expected = "picture `text.png` cannot be shown: it is no PNG, JPEG or GIF picture";
    assert_eq!(stage.measure("text.png"), Err(expected.to_owned()));
    assert!(stage.measure("empty.png").is_err());
    assert!(stage.measure("folder.png").unwrap_err().contains("it is a folder"));
    assert!(stage.measure("cut.png").unwrap_err().starts_with("picture `cut.png` cannot be shown"));
    let remote = stage.measure("https://example.org/a.png").unwrap_err();
    assert!(remote.ends_with("pictures are not fetched"), "{remote}");
}

#[test]
fn a_picture_with_too_many_pixels_is_refused_by_its_header() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    fs::write(stage.path("deck/huge.png"), png_header(60_000, 60_000)).unwrap();
    fs::write(stage.path("deck/none.png"), png_header(0, 5)).unwrap();
    let expected = "picture `huge.png` cannot be shown: 60000x60000 pixels are too many; at most 100 megapixels are \
                    decoded";
    assert_eq!(stage.measure("huge.png"), Err(expected.to_owned()));
    assert!(stage.measure("none.png").is_err());
}

#[test]
fn files_that_are_not_regular_are_refused() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    fs::create_dir(stage.path("deck/folder.png")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", stage.path("deck/zero.png")).unwrap();
    std::os::unix::fs::symlink("nowhere", stage.path("deck/gone.png")).unwrap();
    fs::File::create(stage.path("deck/sparse.png")).unwrap().set_len(2 << 30).unwrap();
    for (name, why) in [
        ("folder.png", "cannot be shown: it is a folder"),
        ("zero.png", "cannot be shown: it is a device, not a file"),
        ("sparse.png", "cannot be shown: it is larger than 64 MiB, the limit for pictures"),
        ("gone.png", "not found; looked in"),
    ] {
        let refused = stage.measure(name).unwrap_err();
        assert!(refused.starts_with(&format!("picture `{name}` {why}")), "{refused}");
    }
}

#[test]
fn a_photograph_is_measured_and_shown_upright() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    let picture = image::DynamicImage::ImageRgba8(flag(16, 8)).into_rgb8();
    let mut file = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 100);
    // One entry: orientation (0x0112), a short, 6: turned by a quarter.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.write_image(&picture, 16, 8, image::ExtendedColorType::Rgb8).unwrap();
    fs::write(stage.path("deck/photo.jpg"), file).unwrap();
    assert_eq!(stage.measure("photo.jpg"), Ok((8, 16)));
    // What was above is at the right now.
    let (buffer, _) = stage.shown(&[stage.overlay("photo.jpg", Rect::new(0, 0, 8, 8))]);
    assert!(matches!(buffer[(0, 0)].bg, Color::Rgb(0..=50, _, 200..=255)), "{:?}", buffer[(0, 0)]);
    assert!(matches!(buffer[(7, 7)].bg, Color::Rgb(200..=255, _, 0..=50)), "{:?}", buffer[(7, 7)]);
}

#[test]
fn a_picture_that_breaks_off_is_said_to_when_that_is_known() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    stage.write("deck/cut.png", &noise(40, 40));
    let whole = fs::read(stage.path("deck/cut.png")).unwrap();
    fs::write(stage.path("deck/cut.png"), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(stage.measure("cut.png"), Ok((40, 40)));
    let (buffer, _) = stage.shown(&[stage.overlay("cut.png", Rect::new(0, 0, 10, 5))]);
    assert_eq!(buffer, Buffer::empty(SCREEN));
    assert!(stage.measure("cut.png").unwrap_err().starts_with("picture `cut.png` cannot be shown"));
    fs::write(stage.path("deck/cut.png"), &whole).unwrap();
    stage.media.forget();
    assert_eq!(stage.measure("cut.png"), Ok((40, 40)));
    let (buffer, _) = stage.shown(&[stage.overlay("cut.png", Rect::new(0, 0, 10, 5))]);
    assert_ne!(buffer, Buffer::empty(SCREEN));
}

#[test]
fn a_picture_changed_on_disk_is_shown_anew() {
    let mut stage = MediaHarness::new(Protocol::Blocks);
    stage.write("deck/a.png", &RgbaImage::from_pixel(2, 2, RED));
    let overlays = [stage.overlay("a.png", Rect::new(0, 0, 1, 1))];
    assert_eq!(stage.shown(&overlays).0[(0, 0)].bg, Color::Rgb(255, 0, 0));
    stage.write("deck/a.png", &RgbaImage::from_fn(40, 20, |x, _| if x < 40 { BLUE } else { RED }));
    stage.media.forget();
    assert_eq!(stage.measure("a.png"), Ok((40, 20)));
    assert_eq!(stage.shown(&overlays).0[(0, 0)].bg, Color::Rgb(0, 0, 255));
}
