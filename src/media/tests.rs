//! Pictures from file to cell and to bytes, with files made here.

use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossbeam_channel::{Receiver, unbounded};
use image::{ImageEncoder, ImageFormat, Rgba, RgbaImage};
use tempfile::TempDir;

use super::*;

const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
const BLUE: Rgba<u8> = Rgba([0, 0, 255, 255]);
const SCREEN: Rect = Rect::new(0, 0, 20, 10);
const CELL: (u16, u16) = (4, 8);
const PAPER: Color = Color::Rgb(0, 255, 0);

/// A folder with a deck in it, and what shows its pictures.
struct Stage {
    folder: TempDir,
    media: Media,
    made: Receiver<Loaded>,
}

impl Stage {
    fn new(protocol: Protocol) -> Self {
        let folder = TempDir::new().unwrap();
        let (send, made) = unbounded();
        let directory = folder.path().join("work");
        fs::create_dir(&directory).unwrap();
        fs::create_dir(folder.path().join("deck")).unwrap();
        let media = Media::new(directory, Some(protocol), move |loaded| drop(send.send(loaded)));
        Self { folder, media, made }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, picture: &RgbaImage) {
        picture.save_with_format(self.path(name), ImageFormat::Png).unwrap();
    }

    fn key(&self, source: &str) -> PictureKey {
        PictureKey { base: self.path("deck"), source: source.into() }
    }

    fn overlay(&self, source: &str, area: Rect) -> Overlay {
        let whole = (area.width, u32::from(area.height));
        Overlay { key: self.key(source), area, whole, skipped: 0 }
    }

    fn measure(&mut self, source: &str) -> Result<(u32, u32), String> {
        let key = self.key(source);
        let measured = self.media.measure(&key).map_err(|refused| refused.why);
        measured.map(|size| (size.width, size.height))
    }

    fn hint(&mut self, source: &str) -> Option<String> {
        let key = self.key(source);
        self.media.measure(&key).unwrap_err().hint
    }

    /// One frame, as far as it is ready.
    fn frame(&mut self, overlays: &[Overlay]) -> (Buffer, String) {
        let mut buffer = Buffer::empty(SCREEN);
        let bytes = self.media.paint(overlays, PAPER, CELL, &mut buffer);
        (buffer, String::from_utf8(bytes).unwrap())
    }

    /// The first frame with everything in it.
    fn shown(&mut self, overlays: &[Overlay]) -> (Buffer, String) {
        self.frame(overlays);
        while !self.media.asked.is_empty() {
            self.wait();
        }
        self.frame(overlays)
    }

    fn wait(&mut self) {
        let loaded = self.made.recv_timeout(Duration::from_secs(20)).unwrap();
        self.media.loaded(loaded);
    }
}

/// Red above, blue below.
fn flag(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |_, y| if y < height / 2 { RED } else { BLUE })
}

/// Pixels that do not compress.
fn noise(width: u32, height: u32) -> RgbaImage {
    let mut state = 1_u32;
    RgbaImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        Rgba([a, b, c, 255])
    })
}

#[test]
fn a_picture_is_looked_for_beside_the_deck_then_in_the_working_directory() {
    let mut stage = Stage::new(Protocol::Blocks);
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
    let mut stage = Stage::new(Protocol::Blocks);
    let (deck, work) = (stage.path("deck"), stage.path("work"));
    let expected = format!(
        "picture `no.png` not found; looked in `{}` and `{}`",
        deck.display(),
        work.display()
    );
    assert_eq!(stage.measure("no.png"), Err(expected));
    assert_eq!(stage.media.files(), [deck.join("no.png"), work.join("no.png")]);
    stage.write("deck/no.png", &flag(2, 2));
    assert_eq!(stage.measure("no.png"), Ok((2, 2)));
}

#[test]
fn a_missing_picture_says_which_file_may_be_meant() {
    let mut stage = Stage::new(Protocol::Blocks);
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
fn what_is_no_picture_says_so() {
    let mut stage = Stage::new(Protocol::Blocks);
    fs::write(stage.path("deck/text.png"), "no picture").unwrap();
    fs::write(stage.path("deck/empty.png"), "").unwrap();
    fs::create_dir(stage.path("deck/folder.png")).unwrap();
    fs::write(stage.path("deck/cut.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    let expected = "picture `text.png` cannot be shown: it is no PNG, JPEG or GIF picture";
    assert_eq!(stage.measure("text.png"), Err(expected.to_owned()));
    assert!(stage.measure("empty.png").is_err());
    assert!(stage.measure("folder.png").unwrap_err().contains("not found"));
    assert!(stage.measure("cut.png").unwrap_err().starts_with("picture `cut.png` cannot be shown"));
    let remote = stage.measure("https://example.org/a.png").unwrap_err();
    assert!(remote.ends_with("pictures are not fetched"), "{remote}");
}

#[test]
fn a_picture_with_too_many_pixels_is_refused_by_its_header() {
    let mut stage = Stage::new(Protocol::Blocks);
    fs::write(stage.path("deck/huge.png"), png_header(60_000, 60_000)).unwrap();
    fs::write(stage.path("deck/none.png"), png_header(0, 5)).unwrap();
    let expected = "picture `huge.png` cannot be shown: 60000x60000 pixels are too many";
    assert_eq!(stage.measure("huge.png"), Err(expected.to_owned()));
    assert!(stage.measure("none.png").is_err());
}

/// A PNG file that ends after its header.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    let sum = crc(&chunk);
    file.extend(chunk);
    file.extend(sum.to_be_bytes());
    file.extend(b"\0\0\0\x01IDAT");
    file
}

fn crc(bytes: &[u8]) -> u32 {
    let divide = |rest: u32| if rest & 1 == 1 { 0xedb8_8320 ^ (rest >> 1) } else { rest >> 1 };
    !bytes
        .iter()
        .fold(!0, |rest, byte| (0..8).fold(rest ^ u32::from(*byte), |rest, _| divide(rest)))
}

#[test]
fn a_photograph_is_measured_and_shown_upright() {
    let mut stage = Stage::new(Protocol::Blocks);
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
    let mut stage = Stage::new(Protocol::Blocks);
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
    let mut stage = Stage::new(Protocol::Blocks);
    stage.write("deck/a.png", &RgbaImage::from_pixel(2, 2, RED));
    let overlays = [stage.overlay("a.png", Rect::new(0, 0, 1, 1))];
    assert_eq!(stage.shown(&overlays).0[(0, 0)].bg, Color::Rgb(255, 0, 0));
    stage.write("deck/a.png", &RgbaImage::from_fn(40, 20, |x, _| if x < 40 { BLUE } else { RED }));
    stage.media.forget();
    assert_eq!(stage.measure("a.png"), Ok((40, 20)));
    assert_eq!(stage.shown(&overlays).0[(0, 0)].bg, Color::Rgb(0, 0, 255));
}

#[test]
fn nothing_is_shown_before_the_terminal_is_known() {
    let mut stage = Stage::new(Protocol::Blocks);
    stage.media = Media::new(stage.path("work"), None, |_| ());
    stage.write("deck/a.png", &flag(2, 2));
    let (buffer, bytes) = stage.frame(&[stage.overlay("a.png", Rect::new(0, 0, 2, 2))]);
    assert_eq!((buffer, &*bytes), (Buffer::empty(SCREEN), ""));
}

#[test]
fn f202_half_blocks_show_two_pixels_a_cell_and_what_is_not_scrolled_away() {
    let mut stage = Stage::new(Protocol::Blocks);
    stage.write("deck/a.png", &flag(4, 8));
    let mut overlay = stage.overlay("a.png", Rect::new(2, 1, 4, 4));
    let (blank, bytes) = stage.frame(std::slice::from_ref(&overlay));
    assert_eq!((blank, &*bytes), (Buffer::empty(SCREEN), ""));
    let (buffer, bytes) = stage.shown(std::slice::from_ref(&overlay));
    assert_eq!(bytes, "");
    let colors: Vec<_> = (1..5).map(|y| buffer[(2, y)].bg).collect();
    let (red, blue) = (Color::Rgb(255, 0, 0), Color::Rgb(0, 0, 255));
    assert_eq!(colors, [red, red, blue, blue]);
    overlay.area = Rect::new(2, 0, 4, 2);
    overlay.skipped = 1;
    let (buffer, _) = stage.frame(&[overlay]);
    assert_eq!((buffer[(2, 0)].bg, buffer[(2, 1)].bg), (red, blue));
}

#[test]
fn what_shines_through_is_mixed_with_the_background() {
    let mut stage = Stage::new(Protocol::Blocks);
    stage.write("deck/a.png", &RgbaImage::from_pixel(2, 2, Rgba([255, 0, 0, 128])));
    let (buffer, _) = stage.shown(&[stage.overlay("a.png", Rect::new(0, 0, 2, 1))]);
    assert_eq!(buffer[(0, 0)].bg, Color::Rgb(128, 127, 0));
}

/// The sequences of kitty's protocol in some bytes: their keys, and their payloads joined.
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
fn f202_kitty_gets_a_picture_once_and_places_it_as_often_as_needed() {
    let mut stage = Stage::new(Protocol::KittyRemote);
    stage.write("deck/a.png", &flag(20, 40));
    let mut overlay = stage.overlay("a.png", Rect::new(3, 2, 5, 5));
    let (buffer, bytes) = stage.shown(std::slice::from_ref(&overlay));
    assert_eq!(buffer, Buffer::empty(SCREEN));
    assert!(bytes.starts_with("\x1b7") && bytes.ends_with("\x1b8"));
    assert!(bytes.contains("\x1b[3;4H\x1b_Ga=p"));
    let sent = graphics(&bytes);
    assert_eq!(sent.len(), 2);
    assert_eq!(image::load_from_memory(&sent[0].1).unwrap().into_rgba8(), flag(20, 40));
    let id = key(&sent[0].0, "i").to_owned();
    assert_eq!((key(&sent[1].0, "i"), key(&sent[1].0, "h")), (&*id, "40"));

    assert_eq!(stage.frame(std::slice::from_ref(&overlay)).1, "", "a frame without a change");

    overlay.area = Rect::new(3, 0, 5, 3);
    overlay.skipped = 2;
    let scrolled = graphics(&stage.frame(std::slice::from_ref(&overlay)).1);
    let actions: Vec<_> = scrolled.iter().map(|(keys, _)| key(keys, "a")).collect();
    assert_eq!(actions, ["d", "p"]);
    assert_eq!((key(&scrolled[1].0, "y"), key(&scrolled[1].0, "h")), ("16", "24"));

    let gone = graphics(&stage.frame(&[]).1);
    assert_eq!((key(&gone[0].0, "d"), key(&gone[0].0, "i")), ("i", &*id));
    let back = graphics(&stage.frame(std::slice::from_ref(&overlay)).1);
    assert_eq!(back.len(), 1, "the terminal still has it");
    stage.media.repaint();
    assert_eq!(graphics(&stage.frame(std::slice::from_ref(&overlay)).1).len(), 1);

    let quit = String::from_utf8(stage.media.quit()).unwrap();
    let quit = graphics(&quit);
    assert_eq!((key(&quit[0].0, "d"), key(&quit[0].0, "i")), ("I", &*id));
    assert_eq!(graphics(&stage.shown(&[overlay]).1).len(), 2, "sent again after that");
}

#[test]
fn kitty_gets_a_large_picture_scaled_down() {
    let mut stage = Stage::new(Protocol::KittyRemote);
    stage.write("deck/a.png", &flag(400, 800));
    let (_, bytes) = stage.shown(&[stage.overlay("a.png", Rect::new(0, 0, 5, 5))]);
    let sent = image::load_from_memory(&graphics(&bytes)[0].1).unwrap();
    assert_eq!((sent.width(), sent.height()), (20, 40));
}

#[test]
fn a_local_kitty_reads_files_itself() {
    let mut stage = Stage::new(Protocol::KittyLocal);
    stage.write("deck/a.png", &flag(400, 800));
    flag(30, 30).save_with_format(stage.path("deck/b.gif"), ImageFormat::Gif).unwrap();
    let mut png = stage.overlay("a.png", Rect::new(0, 0, 5, 5));
    png.whole.1 = 10;
    let gif = stage.overlay("b.gif", Rect::new(6, 0, 5, 5));
    let (_, bytes) = stage.shown(&[png, gif]);
    let sent = graphics(&bytes);
    assert_eq!(Path::new(std::str::from_utf8(&sent[0].1).unwrap()), stage.path("deck/a.png"));
    assert_eq!((key(&sent[0].0, "t"), key(&sent[1].0, "h")), ("f", "400"));
    let temporary = PathBuf::from(String::from_utf8(sent[2].1.clone()).unwrap());
    assert_eq!(key(&sent[2].0, "t"), "t");
    assert!(temporary.to_str().unwrap().contains("tty-graphics-protocol"));
    assert_eq!(image::open(&temporary).unwrap().width(), 20);
    fs::remove_file(temporary).unwrap();
}

/// A GIF whose frames are these, 70 ms each.
fn moving(path: &Path, frames: &[Rgba<u8>]) {
    let mut encoder = image::codecs::gif::GifEncoder::new(fs::File::create(path).unwrap());
    for color in frames {
        let picture = RgbaImage::from_pixel(20, 40, *color);
        let delay = image::Delay::from_numer_denom_ms(70, 1);
        encoder.encode_frame(image::Frame::from_parts(picture, 0, 0, delay)).unwrap();
    }
}

#[test]
fn f099_a_gif_moves_in_kitty() {
    for protocol in [Protocol::KittyRemote, Protocol::KittyLocal] {
        let mut stage = Stage::new(protocol);
        moving(&stage.path("deck/a.gif"), &[RED, BLUE, RED]);
        let overlay = stage.overlay("a.gif", Rect::new(1, 1, 5, 5));
        let sent = graphics(&stage.shown(&[overlay]).1);
        let did: Vec<_> = sent.iter().map(|(keys, _)| key(keys, "a")).collect();
        assert_eq!(did, ["t", "a", "f", "f", "a", "p"], "{protocol:?}");
        assert_eq!((key(&sent[1].0, "r"), key(&sent[1].0, "z")), ("1", "70"));
        assert_eq!(key(&sent[2].0, "z"), "70");
        assert_eq!((key(&sent[4].0, "s"), key(&sent[4].0, "v")), ("3", "1"), "over and over");
        let second = image::load_from_memory(&sent[2].1).unwrap().into_rgba8();
        assert_eq!((second.dimensions(), second.get_pixel(3, 3)), ((20, 40), &BLUE));
    }
}

#[test]
fn f099_a_gif_goes_to_iterm_as_it_is_if_it_moves() {
    let mut stage = Stage::new(Protocol::Iterm2);
    moving(&stage.path("deck/a.gif"), &[RED, BLUE]);
    moving(&stage.path("deck/b.gif"), &[RED]);
    for (name, goes_as_it_is) in [("a.gif", true), ("b.gif", false)] {
        let overlay = stage.overlay(name, Rect::new(1, 1, 5, 5));
        let (_, bytes) = stage.shown(&[overlay]);
        let file = bytes.rsplit_once(':').unwrap().1.strip_suffix("\x07\x1b8").unwrap();
        let file = STANDARD.decode(file).unwrap();
        assert_eq!(file == fs::read(stage.path("deck").join(name)).unwrap(), goes_as_it_is);
    }
}

#[test]
fn f202_iterm_gets_the_rows_that_show() {
    let mut stage = Stage::new(Protocol::Iterm2);
    stage.write("deck/a.png", &flag(20, 40));
    let mut overlay = stage.overlay("a.png", Rect::new(1, 1, 5, 5));
    let sent = |bytes: &str| {
        let (_, rest) = bytes.split_once("\x1b[2;2H\x1b]1337;File=").unwrap();
        let (arguments, rest) = rest.split_once(':').unwrap();
        let file = STANDARD.decode(rest.strip_suffix("\x07\x1b8").unwrap()).unwrap();
        (arguments.to_owned(), image::load_from_memory(&file).unwrap().into_rgba8())
    };
    let (arguments, picture) = sent(&stage.shown(std::slice::from_ref(&overlay)).1);
    assert!(arguments.contains("width=5;height=5"));
    assert_eq!(picture, flag(20, 40));
    overlay.area.height = 3;
    overlay.skipped = 2;
    let (arguments, picture) = sent(&stage.shown(&[overlay]).1);
    assert!(arguments.contains("width=5;height=3"));
    assert_eq!(picture.dimensions(), (20, 24));
    assert_eq!((picture.get_pixel(0, 3), picture.get_pixel(0, 4)), (&RED, &BLUE));
}

#[test]
fn f202_sixels_cover_their_cells_and_stay_off_the_last_row() {
    let mut stage = Stage::new(Protocol::Sixel);
    stage.write("deck/a.png", &flag(7, 7));
    // Sixels come in bands of six rows: 40 rows take 42.
    for (area, height) in [(Rect::new(0, 0, 5, 6), 48), (Rect::new(0, 4, 5, 6), 42)] {
        let (_, bytes) = stage.shown(&[stage.overlay("a.png", area)]);
        let start = bytes.find("\x1bP").unwrap();
        let sixel =
            icy_sixel::SixelImage::decode(&bytes.as_bytes()[start..bytes.len() - 2]).unwrap();
        assert_eq!((sixel.width, sixel.height), (20, height));
        assert!(
            sixel.pixels[..3].iter().zip([255, 0, 0]).all(|(is, should)| is.abs_diff(should) < 6)
        );
    }
}

#[test]
fn cells_under_a_picture_are_written_once_and_again_when_it_leaves() {
    for protocol in [Protocol::Iterm2, Protocol::Sixel] {
        let mut stage = Stage::new(protocol);
        stage.write("deck/a.png", &flag(4, 4));
        let area = Rect::new(1, 1, 2, 2);
        let overlays = [stage.overlay("a.png", area)];
        let text = Buffer::with_lines([" ".repeat(20), "  old text".to_owned() + &" ".repeat(10)]);
        let mut before = Buffer::empty(SCREEN);
        before.merge(&text);
        let (shown, bytes) = stage.shown(&overlays);
        assert!(
            before.diff(&shown).iter().any(|(x, y, cell)| (*x, *y, cell.symbol()) == (2, 1, " "))
        );
        assert!(!bytes.is_empty());
        let (same, bytes) = stage.frame(&overlays);
        assert_eq!((shown.diff(&same).len(), &*bytes), (0, ""));
        let (after, bytes) = stage.frame(&[]);
        let rewritten: Vec<_> = shown.diff(&after).iter().map(|(x, y, _)| (*x, *y)).collect();
        assert_eq!(rewritten, [(1, 1), (2, 1), (1, 2), (2, 2)]);
        assert_eq!(bytes, "");
        assert_ne!(stage.frame(&overlays).1, "", "drawn again on coming back");
    }
}

#[test]
fn what_was_made_is_bounded_and_what_is_shown_stays() {
    let mut stage = Stage::new(Protocol::KittyRemote);
    fs::write(stage.path("deck/a.png"), png_header(4_000, 4_000)).unwrap();
    let key = stage.key("a.png");
    let found = stage.media.finder.find(&key).unwrap().clone();
    let place = Place { area: Rect::new(0, 0, 4, 4), whole: (4, 4), skipped: 0 };
    // Each takes 31 MB in the terminal.
    let draw = |cell| Draw::new(&found, Protocol::KittyRemote, place, (cell, cell), None);
    let made = || Some(Made::Bytes(vec![1]));
    let mut store = Store::default();
    let mut gone = Vec::new();
    for cell in 700..712 {
        store.next_frame();
        gone.extend(store.insert(draw(cell), u32::from(cell), made()));
        assert!(store.weight() <= 64 << 20);
    }
    assert_eq!(gone, (700..710).collect::<Vec<_>>());
    store.next_frame();
    gone = (720..725).flat_map(|cell| store.insert(draw(cell), u32::from(cell), made())).collect();
    assert_eq!(gone, [710, 711]);
    assert!((720..725).all(|cell| store.get(&draw(cell)).is_some()), "all of them are in use");
}

#[test]
fn what_is_under_way_is_not_asked_for_again() {
    let mut stage = Stage::new(Protocol::Blocks);
    stage.write("deck/a.png", &flag(4, 4));
    stage.write("deck/b.png", &flag(4, 4));
    let overlays = [
        stage.overlay("a.png", Rect::new(0, 0, 2, 2)),
        stage.overlay("b.png", Rect::new(4, 0, 2, 2)),
        stage.overlay("a.png", Rect::new(8, 0, 2, 2)),
    ];
    for _ in 0..10 {
        stage.frame(&overlays);
    }
    stage.shown(&overlays);
    let (buffer, _) = stage.frame(&overlays);
    assert!([0, 4, 8].iter().all(|x| buffer[(*x, 0)].bg == Color::Rgb(255, 0, 0)));
    assert!(stage.made.recv_timeout(Duration::from_millis(20)).is_err());
}

#[test]
fn odd_places_do_no_harm() {
    let areas = [Rect::ZERO, Rect::new(19, 9, 5, 5), Rect::new(0, 0, 1, 1), Rect::new(0, 9, 1, 1)];
    for protocol in [Protocol::Blocks, Protocol::Sixel, Protocol::Iterm2, Protocol::KittyRemote] {
        let mut stage = Stage::new(protocol);
        stage.write("deck/a.png", &flag(1, 1));
        for area in areas {
            for (whole, skipped) in [((0, 0), 0), ((1, 1), u32::MAX), ((u16::MAX, u32::MAX), 7)] {
                let overlay = Overlay { key: stage.key("a.png"), area, whole, skipped };
                if whole.0 < u16::MAX || protocol == Protocol::KittyRemote {
                    stage.shown(&[overlay]);
                }
            }
        }
    }
}
