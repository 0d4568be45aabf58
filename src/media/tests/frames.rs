//! From frame to frame: what is written again, what is kept, and what is asked for only once.

use rstest::rstest;

use super::*;

#[test]
fn nothing_is_shown_without_a_protocol() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.media = Media::new(harness.path("work"), None, |_| ());
    harness.write("deck/a.png", &flag(2, 2));
    let (buffer, bytes) = harness.frame(&[harness.overlay("a.png", Rect::new(0, 0, 2, 2))]);
    assert_eq!((buffer, &*bytes), (Buffer::empty(SCREEN), ""));
}

#[test]
fn cells_under_a_picture_are_rewritten_when_it_is_removed() {
    for protocol in [Protocol::Iterm2, Protocol::Sixel] {
        let mut harness = MediaHarness::new(protocol);
        harness.write("deck/a.png", &flag(4, 4));
        let area = Rect::new(1, 1, 2, 2);
        let overlays = [harness.overlay("a.png", area)];
        let text = Buffer::with_lines([" ".repeat(20), "  old text".to_owned() + &" ".repeat(10)]);
        let mut before = Buffer::empty(SCREEN);
        before.merge(&text);
        let (shown, bytes) = harness.shown(&overlays);
        assert!(
            before.diff(&shown).iter().any(|(x, y, cell)| (*x, *y, cell.symbol()) == (2, 1, " "))
        );
        assert!(!bytes.is_empty());
        let (same, bytes) = harness.frame(&overlays);
        assert_eq!((shown.diff(&same).len(), &*bytes), (0, ""));
        let (after, bytes) = harness.frame(&[]);
        let rewritten: Vec<_> = shown.diff(&after).iter().map(|(x, y, _)| (*x, *y)).collect();
        assert_eq!(rewritten, [(1, 1), (2, 1), (1, 2), (2, 2)]);
        assert_eq!(bytes, "");
        assert_ne!(harness.frame(&overlays).1, "", "drawn again on coming back");
    }
}

#[test]
fn cache_is_limited_and_keeps_the_current_frame() {
    let mut harness = MediaHarness::new(Protocol::KittyRemote);
    fs::write(harness.path("deck/a.png"), png_header(4_000, 4_000)).unwrap();
    let folder = harness.path("deck");
    let found = harness.media.finder.find(&folder, "a.png").unwrap().clone();
    let found = FoundPicture::File(found);
    let place = PicturePlacement { area: Rect::new(0, 0, 4, 4), whole: (4, 4), skipped: 0 };
    // Each takes 31 MB in the terminal.
    let shown_by = (Protocol::KittyRemote, PictureBlocks::default());
    let spec = |cell| RenditionSpec::new(&found, shown_by, place, (cell, cell), None);
    let made = || Some(Rendition::Bytes(vec![1]));
    let mut cache = RenditionCache::new(64 << 20);
    let mut gone = Vec::new();
    for cell in 700..712 {
        cache.next_frame();
        gone.extend(cache.insert(spec(cell), u32::from(cell), made()));
        assert!(cache.weight() <= 64 << 20);
    }
    assert_eq!(gone, (700..710).collect::<Vec<_>>());
    cache.next_frame();
    gone = (720..725).flat_map(|cell| cache.insert(spec(cell), u32::from(cell), made())).collect();
    assert_eq!(gone, [710, 711]);
    assert!((720..725).all(|cell| cache.get(&spec(cell)).is_some()), "all of them are in use");
}

#[test]
fn pending_renditions_are_not_requested_again() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.write("deck/a.png", &flag(4, 4));
    harness.write("deck/b.png", &flag(4, 4));
    let overlays = [
        harness.overlay("a.png", Rect::new(0, 0, 2, 2)),
        harness.overlay("b.png", Rect::new(4, 0, 2, 2)),
        harness.overlay("a.png", Rect::new(8, 0, 2, 2)),
    ];
    for _ in 0..10 {
        harness.frame(&overlays);
    }
    harness.shown(&overlays);
    let (buffer, _) = harness.frame(&overlays);
    assert!([0, 4, 8].iter().all(|x| buffer[(*x, 0)].bg == Color::Rgb(255, 0, 0)));
    assert!(harness.finished.recv_timeout(Duration::from_millis(20)).is_err());
}

#[test]
fn unusual_placements_do_not_panic() {
    let areas = [Rect::ZERO, Rect::new(19, 9, 5, 5), Rect::new(0, 0, 1, 1), Rect::new(0, 9, 1, 1)];
    for protocol in [Protocol::Blocks, Protocol::Sixel, Protocol::Iterm2, Protocol::KittyRemote] {
        let mut harness = MediaHarness::new(protocol);
        harness.write("deck/a.png", &flag(1, 1));
        for area in areas {
            for (whole, skipped) in [((0, 0), 0), ((1, 1), u32::MAX), ((u16::MAX, u32::MAX), 7)] {
                let overlay = Overlay { key: harness.key("a.png"), area, whole, skipped };
                if whole.0 < u16::MAX || protocol == Protocol::KittyRemote {
                    harness.shown(&[overlay]);
                }
            }
        }
    }
}

#[test]
fn picture_stays_until_its_successor_is_made() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    let plain = |color| RgbaImage::from_pixel(20, 20, color);
    harness.write("deck/one.png", &plain(RED));
    harness.write("deck/two.png", &plain(BLUE));
    let (one, two) = (Rect::new(2, 1, 5, 5), Rect::new(1, 1, 7, 6));
    let color = |buffer: &Buffer| buffer[(3, 2)].fg;
    harness.media.at_slide(SlideNo::new(0));
    let red = color(&harness.shown(&[harness.overlay("one.png", one)]).0);
    assert_ne!(red, Color::Reset);
    assert_eq!(color(&harness.frame(&[harness.overlay("two.png", two)]).0), red);
    let blue = color(&harness.shown(&[harness.overlay("two.png", two)]).0);
    assert!(blue != red && blue != Color::Reset);
    // Not on another slide, nor in another place.
    harness.write("deck/three.png", &plain(RED));
    let below = Rect::new(2, 4, 5, 5);
    assert_eq!(color(&harness.frame(&[harness.overlay("three.png", below)]).0), Color::Reset);
    harness.media.at_slide(SlideNo::new(1));
    assert_eq!(color(&harness.frame(&[harness.overlay("three.png", one)]).0), Color::Reset);
}

#[test]
fn picture_that_is_made_late_is_shown_until_its_successor() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    let place = Rect::new(2, 1, 5, 5);
    harness.media.at_slide(SlideNo::new(0));
    for name in ["one.png", "two.png"] {
        harness.write(&format!("deck/{name}"), &RgbaImage::from_pixel(20, 20, RED));
        harness.frame(&[harness.overlay(name, place)]);
    }
    // The first is awaited no more, but shown if the second is not made then.
    let finished = harness.finished.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(harness.media.accept(finished));
    let (buffer, _) = harness.frame(&[harness.overlay("two.png", place)]);
    assert_ne!(buffer[(3, 2)].fg, Color::Reset);
}

#[rstest]
fn prepared_frame_is_that_of_painting(
    #[values(Protocol::Blocks, Protocol::Sixel, Protocol::Iterm2, Protocol::KittyRemote)]
    protocol: Protocol,
) {
    let mut harness = MediaHarness::new(protocol);
    harness.write("deck/a.png", &flag(4, 4));
    harness.write("deck/b.png", &flag(8, 4));
    let here = [harness.overlay("a.png", Rect::new(0, 0, 2, 2))];
    let next = [
        harness.overlay("b.png", Rect::new(1, 1, 4, 4)),
        harness.overlay("a.png", Rect::new(9, 1, 2, 2)),
    ];
    let prepare = |harness: &mut MediaHarness, overlays: &[Overlay]| {
        let mut buffer = Buffer::empty(SCREEN);
        let prepared = harness.media.paint_ahead(overlays, PAPER, CELL, &mut buffer);
        prepared.map(|prepared| (buffer, prepared))
    };
    assert!(prepare(&mut harness, &next).is_none(), "the pictures are not ready");
    harness.shown(&here);
    harness.shown(&next);
    let back = harness.frame(&here);
    let painted = harness.frame(&next);
    harness.frame(&here);
    let (buffer, prepared) = prepare(&mut harness, &next).unwrap();
    assert_eq!(harness.frame(&here).1, "", "the other frame is still shown");
    let bytes = String::from_utf8(harness.media.show_prepared(prepared)).unwrap();
    assert_eq!((buffer, bytes), painted);
    assert_eq!(harness.frame(&next).1, "");
    let (buffer, prepared) = prepare(&mut harness, &here).unwrap();
    assert_eq!((buffer, &*harness.media.show_prepared(prepared)), (back.0, back.1.as_bytes()));
}
