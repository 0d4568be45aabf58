//! Finding and reading picture files, errors, and changes on disk.

use image::ImageEncoder;

use super::*;

#[test]
fn deck_folder_is_searched_before_the_working_directory() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.write("deck/both.png", &flag(3, 2));
    harness.write("work/both.png", &flag(1, 1));
    harness.write("work/far.png", &flag(4, 5));
    assert_eq!(harness.measure("both.png"), Ok((3, 2)));
    assert_eq!(harness.measure("far.png"), Ok((4, 5)));
    assert_eq!(harness.measure("../work/both.png"), Ok((1, 1)));
    let absolute = harness.path("work/far.png");
    assert_eq!(harness.measure(absolute.to_str().unwrap()), Ok((4, 5)));
}

#[test]
fn missing_picture_names_its_places_and_is_watched() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    let (deck, work) = (harness.path("deck"), harness.path("work"));
    let expected = format!(
        "picture `no.png` not found; looked in `{}` and `{}`",
        deck.display(),
        work.display()
    );
    assert_eq!(harness.measure("no.png"), Err(expected));
    assert_eq!(harness.media.watched_files(), [deck.join("no.png"), work.join("no.png")]);
    harness.write("deck/no.png", &flag(2, 2));
    assert_eq!(harness.measure("no.png"), Ok((2, 2)));
}

#[test]
fn missing_picture_suggests_a_similar_name() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    fs::create_dir(harness.path("deck/pics")).unwrap();
    harness.write("deck/pics/chart.png", &flag(3, 2));
    harness.write("work/far.png", &flag(3, 2));
    assert_eq!(harness.hint("pics/chrat.png").unwrap(), "did you mean `pics/chart.png`?");
    assert_eq!(harness.hint("Fare.png").unwrap(), "did you mean `far.png`?");
    assert_eq!(harness.hint("pics/other.png"), None);
    assert_eq!(harness.hint("nowhere/chart.png"), None);
    let remote = harness.hint("https://example.org/a.png").unwrap();
    assert_eq!(remote, "save it beside the deck and name the file");
}

#[test]
fn percent_encoded_names_are_decoded() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.write("deck/my pic #1 é.png", &flag(3, 2));
    harness.write("deck/literal%20name.png", &flag(4, 2));
    harness.write("deck/literal name.png", &flag(5, 2));
    assert_eq!(harness.measure("my%20pic%20%231%20%C3%A9.png"), Ok((3, 2)));
    assert_eq!(harness.measure("literal%20name.png"), Ok((4, 2)));
    for odd in ["a%2", "a%zz.png", "%00.png", "%ff.png", "gone%20.png"] {
        assert!(harness.measure(odd).unwrap_err().contains("not found"), "{odd}");
    }
}

#[test]
fn other_files_are_errors() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    fs::write(harness.path("deck/text.png"), "no picture").unwrap();
    fs::write(harness.path("deck/empty.png"), "").unwrap();
    fs::create_dir(harness.path("deck/folder.png")).unwrap();
    fs::write(harness.path("deck/cut.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    let expected =
        "picture `text.png` cannot be shown: it is not a PNG, JPEG, GIF, WebP or SVG file";
    assert_eq!(harness.measure("text.png"), Err(expected.to_owned()));
    assert!(harness.measure("empty.png").is_err());
    assert!(harness.measure("folder.png").unwrap_err().contains("it is a folder"));
    assert!(
        harness.measure("cut.png").unwrap_err().starts_with("picture `cut.png` cannot be shown")
    );
    let remote = harness.measure("https://example.org/a.png").unwrap_err();
    assert!(remote.ends_with("pictures are not fetched"), "{remote}");
}

#[test]
fn damaged_picture_is_an_error_of_documents() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    let whole = RgbaImage::from_fn(60, 60, |x, y| Rgba([x as u8, y as u8, (x * y) as u8, 255]));
    harness.write("deck/whole.png", &whole);
    let bytes = fs::read(harness.path("deck/whole.png")).unwrap();
    fs::write(harness.path("deck/half.png"), &bytes[..bytes.len() / 2]).unwrap();
    // A talk reads only the header until it draws.
    assert_eq!(harness.measure("half.png"), Ok((60, 60)));
    harness.media = Media::for_documents();
    assert_eq!(harness.measure("whole.png"), Ok((60, 60)));
    let error = harness.measure("half.png").unwrap_err();
    assert!(error.starts_with("picture `half.png` cannot be shown: "), "{error}");
}

#[test]
fn too_many_pixels_are_refused_by_the_header() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    fs::write(harness.path("deck/huge.png"), png_header(60_000, 60_000)).unwrap();
    fs::write(harness.path("deck/none.png"), png_header(0, 5)).unwrap();
    let expected = "picture `huge.png` cannot be shown: 60000x60000 pixels are too many; at most 100 megapixels are \
                    decoded";
    assert_eq!(harness.measure("huge.png"), Err(expected.to_owned()));
    assert!(harness.measure("none.png").is_err());
}

#[test]
fn files_that_are_not_regular_are_refused() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    fs::create_dir(harness.path("deck/folder.png")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", harness.path("deck/zero.png")).unwrap();
    std::os::unix::fs::symlink("nowhere", harness.path("deck/gone.png")).unwrap();
    fs::File::create(harness.path("deck/sparse.png")).unwrap().set_len(2 << 30).unwrap();
    for (name, why) in [
        ("folder.png", "cannot be shown: it is a folder"),
        ("zero.png", "cannot be shown: it is a device, not a file"),
        ("sparse.png", "cannot be shown: it is larger than 64 MiB, the limit for pictures"),
        ("gone.png", "not found; looked in"),
    ] {
        let refused = harness.measure(name).unwrap_err();
        assert!(refused.starts_with(&format!("picture `{name}` {why}")), "{refused}");
    }
}

#[test]
fn photo_orientation_is_applied() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    let picture = image::DynamicImage::ImageRgba8(flag(16, 8)).into_rgb8();
    let mut file = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 100);
    // One entry: orientation (0x0112), a short, 6: turned by a quarter.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.write_image(&picture, 16, 8, image::ExtendedColorType::Rgb8).unwrap();
    fs::write(harness.path("deck/photo.jpg"), file).unwrap();
    assert_eq!(harness.measure("photo.jpg"), Ok((8, 16)));
    // What was above is at the right now.
    let (buffer, _) = harness.shown(&[harness.overlay("photo.jpg", Rect::new(0, 0, 8, 8))]);
    assert!(matches!(buffer[(0, 0)].bg, Color::Rgb(0..=50, _, 200..=255)), "{:?}", buffer[(0, 0)]);
    assert!(matches!(buffer[(7, 7)].bg, Color::Rgb(200..=255, _, 0..=50)), "{:?}", buffer[(7, 7)]);
}

#[test]
fn truncated_picture_is_an_error_once_decoded() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.write("deck/cut.png", &noise(40, 40));
    let whole = fs::read(harness.path("deck/cut.png")).unwrap();
    fs::write(harness.path("deck/cut.png"), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(harness.measure("cut.png"), Ok((40, 40)));
    let (buffer, _) = harness.shown(&[harness.overlay("cut.png", Rect::new(0, 0, 10, 5))]);
    assert_eq!(buffer, Buffer::empty(SCREEN));
    assert!(
        harness.measure("cut.png").unwrap_err().starts_with("picture `cut.png` cannot be shown")
    );
    fs::write(harness.path("deck/cut.png"), &whole).unwrap();
    harness.media.forget();
    assert_eq!(harness.measure("cut.png"), Ok((40, 40)));
    let (buffer, _) = harness.shown(&[harness.overlay("cut.png", Rect::new(0, 0, 10, 5))]);
    assert_ne!(buffer, Buffer::empty(SCREEN));
}

#[test]
fn changed_picture_is_read_again() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.write("deck/a.png", &RgbaImage::from_pixel(2, 2, RED));
    let overlays = [harness.overlay("a.png", Rect::new(0, 0, 1, 1))];
    assert_eq!(harness.shown(&overlays).0[(0, 0)].bg, Color::Rgb(255, 0, 0));
    harness
        .write("deck/a.png", &RgbaImage::from_fn(40, 20, |x, _| if x < 40 { BLUE } else { RED }));
    harness.media.forget();
    assert_eq!(harness.measure("a.png"), Ok((40, 20)));
    assert_eq!(harness.shown(&overlays).0[(0, 0)].bg, Color::Rgb(0, 0, 255));
}
