//! Half blocks, and the bytes of each terminal protocol.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

#[test]
fn f202_half_blocks_show_the_visible_rows() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.write("deck/a.png", &flag(4, 8));
    let mut overlay = harness.overlay("a.png", Rect::new(2, 1, 4, 4));
    let (blank, bytes) = harness.frame(std::slice::from_ref(&overlay));
    assert_eq!((blank, &*bytes), (Buffer::empty(SCREEN), ""));
    let (buffer, bytes) = harness.shown(std::slice::from_ref(&overlay));
    assert_eq!(bytes, "");
    let colors: Vec<_> = (1..5).map(|y| buffer[(2, y)].bg).collect();
    let (red, blue) = (Color::Rgb(255, 0, 0), Color::Rgb(0, 0, 255));
    assert_eq!(colors, [red, red, blue, blue]);
    overlay.area = Rect::new(2, 0, 4, 2);
    overlay.skipped = 1;
    let (buffer, _) = harness.frame(&[overlay]);
    assert_eq!((buffer[(2, 0)].bg, buffer[(2, 1)].bg), (red, blue));
}

#[test]
fn transparent_pixels_are_blended_with_the_background() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.write("deck/a.png", &RgbaImage::from_pixel(2, 2, Rgba([255, 0, 0, 128])));
    let (buffer, _) = harness.shown(&[harness.overlay("a.png", Rect::new(0, 0, 2, 1))]);
    assert_eq!(buffer[(0, 0)].bg, Color::Rgb(128, 127, 0));
}

/// Parses kitty sequences into their keys and joined payloads.
fn graphics(bytes: &str) -> Vec<(String, Vec<u8>)> {
    let mut sequences: Vec<(String, String)> = Vec::new();
    for part in bytes.split("\x1b_G").skip(1) {
        let body = part.split_once("\x1b\\").unwrap().0;
        let (keys, payload) = body.split_once(';').unwrap_or((body, ""));
        match sequences.last_mut() {
            Some((_, whole)) if keys.starts_with("m=") => whole.push_str(payload),
            _ => sequences.push((keys.to_owned(), payload.to_owned())),
        }
    }
    let decode = |payload| STANDARD.decode(payload).unwrap();
    sequences.into_iter().map(|(keys, payload)| (keys, decode(payload))).collect()
}

fn key<'a>(keys: &'a str, name: &str) -> &'a str {
    let mut pairs = keys.split(',').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).unwrap_or_default().1
}

#[test]
fn f202_kitty_gets_a_picture_once_and_places_it_by_id() {
    let mut harness = MediaHarness::new(Protocol::KittyRemote);
    harness.write("deck/a.png", &flag(20, 40));
    let mut overlay = harness.overlay("a.png", Rect::new(3, 2, 5, 5));
    let (buffer, bytes) = harness.shown(std::slice::from_ref(&overlay));
    assert_eq!(buffer, Buffer::empty(SCREEN));
    assert!(bytes.starts_with("\x1b7") && bytes.ends_with("\x1b8"));
    assert!(bytes.contains("\x1b[3;4H\x1b_Ga=p"));
    let sent = graphics(&bytes);
    assert_eq!(sent.len(), 2);
    assert_eq!(image::load_from_memory(&sent[0].1).unwrap().into_rgba8(), flag(20, 40));
    let id = key(&sent[0].0, "i").to_owned();
    assert_eq!((key(&sent[1].0, "i"), key(&sent[1].0, "h")), (&*id, "40"));

    assert_eq!(harness.frame(std::slice::from_ref(&overlay)).1, "", "a frame without a change");

    overlay.area = Rect::new(3, 0, 5, 3);
    overlay.skipped = 2;
    let scrolled = graphics(&harness.frame(std::slice::from_ref(&overlay)).1);
    let actions: Vec<_> = scrolled.iter().map(|(keys, _)| key(keys, "a")).collect();
    assert_eq!(actions, ["d", "p"]);
    assert_eq!((key(&scrolled[1].0, "y"), key(&scrolled[1].0, "h")), ("16", "24"));

    let gone = graphics(&harness.frame(&[]).1);
    assert_eq!((key(&gone[0].0, "d"), key(&gone[0].0, "i")), ("i", &*id));
    let back = graphics(&harness.frame(std::slice::from_ref(&overlay)).1);
    assert_eq!(back.len(), 1, "the terminal still has it");
    harness.media.repaint();
    assert_eq!(graphics(&harness.frame(std::slice::from_ref(&overlay)).1).len(), 1);

    let quit = String::from_utf8(harness.media.quit()).unwrap();
    let quit = graphics(&quit);
    assert_eq!((key(&quit[0].0, "d"), key(&quit[0].0, "i")), ("I", &*id));
    assert_eq!(graphics(&harness.shown(&[overlay]).1).len(), 2, "sent again after that");
}

#[test]
fn kitty_gets_large_pictures_scaled_down() {
    let mut harness = MediaHarness::new(Protocol::KittyRemote);
    harness.write("deck/a.png", &flag(400, 800));
    let (_, bytes) = harness.shown(&[harness.overlay("a.png", Rect::new(0, 0, 5, 5))]);
    let sent = image::load_from_memory(&graphics(&bytes)[0].1).unwrap();
    assert_eq!((sent.width(), sent.height()), (20, 40));
}

#[test]
fn local_kitty_reads_files() {
    let mut harness = MediaHarness::new(Protocol::KittyLocal);
    harness.write("deck/a.png", &flag(400, 800));
    flag(30, 30).save_with_format(harness.path("deck/b.gif"), ImageFormat::Gif).unwrap();
    let mut png = harness.overlay("a.png", Rect::new(0, 0, 5, 5));
    png.whole.1 = 10;
    let gif = harness.overlay("b.gif", Rect::new(6, 0, 5, 5));
    let (_, bytes) = harness.shown(&[png, gif]);
    let sent = graphics(&bytes);
    assert_eq!(Path::new(std::str::from_utf8(&sent[0].1).unwrap()), harness.path("deck/a.png"));
    assert_eq!((key(&sent[0].0, "t"), key(&sent[1].0, "h")), ("f", "400"));
    let temporary = PathBuf::from(String::from_utf8(sent[2].1.clone()).unwrap());
    assert_eq!(key(&sent[2].0, "t"), "t");
    assert!(temporary.to_str().unwrap().contains("tty-graphics-protocol"));
    assert_eq!(image::open(&temporary).unwrap().width(), 20);
    fs::remove_file(temporary).unwrap();
}

/// Writes a GIF with these frames, 70 ms each.
fn write_gif(path: &Path, frames: &[Rgba<u8>]) {
    let mut encoder = image::codecs::gif::GifEncoder::new(fs::File::create(path).unwrap());
    for color in frames {
        let picture = RgbaImage::from_pixel(20, 40, *color);
        let delay = image::Delay::from_numer_denom_ms(70, 1);
        encoder.encode_frame(image::Frame::from_parts(picture, 0, 0, delay)).unwrap();
    }
}

#[test]
fn f099_gif_is_animated_in_kitty() {
    for protocol in [Protocol::KittyRemote, Protocol::KittyLocal] {
        let mut harness = MediaHarness::new(protocol);
        write_gif(&harness.path("deck/a.gif"), &[RED, BLUE, RED]);
        let overlay = harness.overlay("a.gif", Rect::new(1, 1, 5, 5));
        let sent = graphics(&harness.shown(&[overlay]).1);
        let actions: Vec<_> = sent.iter().map(|(keys, _)| key(keys, "a")).collect();
        assert_eq!(actions, ["t", "a", "f", "f", "a", "p"], "{protocol:?}");
        assert_eq!((key(&sent[1].0, "r"), key(&sent[1].0, "z")), ("1", "70"));
        assert_eq!(key(&sent[2].0, "z"), "70");
        assert_eq!((key(&sent[4].0, "s"), key(&sent[4].0, "v")), ("3", "1"), "over and over");
        let second = image::load_from_memory(&sent[2].1).unwrap().into_rgba8();
        assert_eq!((second.dimensions(), second.get_pixel(3, 3)), ((20, 40), &BLUE));
    }
}

#[test]
fn frames_are_sent_one_by_one_to_terminals_that_play_nothing() {
    let mut harness = MediaHarness::new(Protocol::KittyRemote);
    harness.media.set_lacks_animations(true);
    write_gif(&harness.path("deck/a.gif"), &[RED, BLUE]);
    let overlay = [harness.overlay("a.gif", Rect::new(1, 1, 5, 5))];
    let mut colors = Vec::new();
    let take = |bytes: &str, colors: &mut Vec<Rgba<u8>>| {
        let sent = graphics(bytes);
        for (keys, data) in sent.iter().filter(|(keys, _)| key(keys, "a") == "t") {
            assert_eq!(key(keys, "i"), key(&sent[0].0, "i"));
            let frame = image::load_from_memory(data).unwrap().into_rgba8();
            colors.push(*frame.get_pixel(3, 3));
        }
    };
    take(&harness.shown(&overlay).1, &mut colors);
    while colors.len() < 3 {
        assert!(harness.media.next_frame().is_some());
        take(&harness.frame(&overlay).1, &mut colors);
    }
    assert!(colors.windows(2).all(|pair| pair[0] != pair[1]), "{colors:?}");
}

#[test]
fn moving_png_moves_in_iterm() {
    let mut harness = MediaHarness::new(Protocol::Iterm2);
    let blue = RgbaImage::from_pixel(4, 4, BLUE);
    fs::write(harness.path("deck/a.png"), moving_png(&[flag(4, 4), blue])).unwrap();
    let overlay = [harness.overlay("a.png", Rect::new(1, 1, 5, 5))];
    let first = harness.shown(&overlay).1;
    assert!(harness.media.next_frame().is_some(), "{first}");
    let mut next = String::new();
    while next.is_empty() {
        next = harness.frame(&overlay).1;
    }
    assert_ne!(next, first);
}

/// Makes a PNG file that shows two pictures, 70 ms each.
fn moving_png(pictures: &[RgbaImage; 2]) -> Vec<u8> {
    let files = pictures.each_ref().map(|picture| {
        let mut file = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    });
    let chunk = |file: &[u8], kind: &[u8]| -> Vec<u8> {
        let (mut at, mut data) = (8, Vec::new());
        while at < file.len() {
            let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
            if &file[at + 4..at + 8] == kind {
                data.extend(&file[at + 8..at + 8 + length]);
            }
            at += length + 12;
        }
        data
    };
    let header = chunk(&files[0], b"IHDR");
    let frame = |number: u8| -> Vec<u8> {
        let delay = [0, 7, 0, 100, 0, 0];
        [&[0, 0, 0, number], &header[..8], &[0; 8], &delay[..]].concat()
    };
    let mut made = files[0][..8].to_vec();
    let mut put = |kind: &[u8], data: &[u8]| {
        made.extend((data.len() as u32).to_be_bytes());
        let chunk = [kind, data].concat();
        made.extend(&chunk);
        made.extend(crc(&chunk).to_be_bytes());
    };
    put(b"IHDR", &header);
    put(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    put(b"fcTL", &frame(0));
    put(b"IDAT", &chunk(&files[0], b"IDAT"));
    put(b"fcTL", &frame(1));
    put(b"fdAT", &[&[0, 0, 0, 2], &chunk(&files[1], b"IDAT")[..]].concat());
    put(b"IEND", &[]);
    made
}

#[test]
fn f099_animated_gif_is_sent_to_iterm_unchanged() {
    let mut harness = MediaHarness::new(Protocol::Iterm2);
    write_gif(&harness.path("deck/a.gif"), &[RED, BLUE]);
    write_gif(&harness.path("deck/b.gif"), &[RED]);
    for (name, is_unchanged) in [("a.gif", true), ("b.gif", false)] {
        let overlay = harness.overlay(name, Rect::new(1, 1, 5, 5));
        let (_, bytes) = harness.shown(&[overlay]);
        let file = bytes.rsplit_once(':').unwrap().1.strip_suffix("\x07\x1b8").unwrap();
        let file = STANDARD.decode(file).unwrap();
        assert_eq!(file == fs::read(harness.path("deck").join(name)).unwrap(), is_unchanged);
    }
}

#[test]
fn f202_iterm_gets_the_visible_rows() {
    let mut harness = MediaHarness::new(Protocol::Iterm2);
    harness.write("deck/a.png", &flag(20, 40));
    let mut overlay = harness.overlay("a.png", Rect::new(1, 1, 5, 5));
    let sent = |bytes: &str| {
        let (_, rest) = bytes.split_once("\x1b[2;2H\x1b]1337;File=").unwrap();
        let (arguments, rest) = rest.split_once(':').unwrap();
        let file = STANDARD.decode(rest.strip_suffix("\x07\x1b8").unwrap()).unwrap();
        (arguments.to_owned(), image::load_from_memory(&file).unwrap().into_rgba8())
    };
    let (arguments, picture) = sent(&harness.shown(std::slice::from_ref(&overlay)).1);
    assert!(arguments.contains("width=5;height=5"));
    assert_eq!(picture, flag(20, 40));
    overlay.area.height = 3;
    overlay.skipped = 2;
    let (arguments, picture) = sent(&harness.shown(&[overlay]).1);
    assert!(arguments.contains("width=5;height=3"));
    assert_eq!(picture.dimensions(), (20, 24));
    assert_eq!((picture.get_pixel(0, 3), picture.get_pixel(0, 4)), (&RED, &BLUE));
}

#[test]
fn f202_sixels_cover_their_cells_and_stay_off_the_last_row() {
    let mut harness = MediaHarness::new(Protocol::Sixel);
    harness.write("deck/a.png", &flag(7, 7));
    // Sixels come in bands of six rows: 40 rows take 42.
    for (area, height) in [(Rect::new(0, 0, 5, 6), 48), (Rect::new(0, 4, 5, 6), 42)] {
        let (_, bytes) = harness.shown(&[harness.overlay("a.png", area)]);
        let start = bytes.find("\x1bP").unwrap();
        let sixel = protocol::decode_sixel(&bytes.as_bytes()[start..bytes.len() - 2]);
        assert_eq!(sixel.dimensions(), (20, height));
        assert_eq!(sixel.get_pixel(0, 0), &RED);
    }
}

#[test]
fn block_characters_show_several_pixels_in_a_cell() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    // A red corner.
    let picture = RgbaImage::from_fn(2, 2, |x, y| if x + y == 0 { RED } else { BLUE });
    harness.write("deck/a.png", &picture);
    let overlays = [harness.overlay("a.png", Rect::new(0, 0, 1, 1))];
    let cell = harness.shown(&overlays).0[(0, 0)].clone();
    assert_eq!((cell.symbol(), cell.fg), ("▘", Color::Rgb(255, 0, 0)));
    harness.media.set_blocks(PictureBlocks::Halves);
    assert_eq!(harness.shown(&overlays).0[(0, 0)].symbol(), "▀");
}

#[test]
fn texts_of_figures_are_text_over_block_characters() {
    let mut harness = MediaHarness::new(Protocol::Blocks);
    harness.write("deck/a.png", &RgbaImage::from_pixel(100, 100, BLUE));
    let mut file = fs::read(harness.path("deck/a.png")).unwrap();
    let mut chunk = b"ldTx".to_vec();
    chunk.extend(b"40\t50\t20\t10\tcenter\tffffff\ttime");
    let length = (chunk.len() as u32 - 4).to_be_bytes();
    let sum = crc(&chunk).to_be_bytes();
    file.splice(33..33, [&length, &chunk[..], &sum].concat());
    fs::write(harness.path("deck/a.png"), file).unwrap();
    let (buffer, _) = harness.shown(&[harness.overlay("a.png", Rect::new(0, 0, 10, 5))]);
    let row: String = (0..10).map(|x| buffer[(x, 2)].symbol()).collect();
    assert_eq!(row, "   time   ");
    assert_eq!(buffer[(3, 2)].bg, Color::Rgb(0, 0, 255));
}
