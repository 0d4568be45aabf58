//! Small documents, and what is in their files.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;
use crate::export::Rgb;

fn page(slide: u32, rows: &[&str]) -> PdfPage {
    let title = Some(format!("Title {slide}"));
    PdfPage { content: content(rows), notes: None, slide, title }
}

fn content(rows: &[&str]) -> PdfContent {
    PdfContent {
        buffer: Buffer::with_lines(rows.iter().map(|row| (*row).to_owned())),
        pictures: Vec::new(),
        links: Vec::new(),
        colors: TerminalColors::new(Rgb(0, 0, 0), Rgb(255, 255, 255)),
    }
}

fn metadata() -> PdfMetadata {
    PdfMetadata { title: "A talk".to_owned(), ..PdfMetadata::default() }
}

#[test]
fn same_pages_give_the_same_bytes() {
    let pages = [page(1, &["hello, world", "┌──┐ ▀▄"]), page(2, &["two"])];
    let first = pdf(&pages, metadata()).unwrap();
    assert!(first.bytes.starts_with(b"%PDF-"));
    let is_suspects = |part: &[u8]| part == b"/Suspects";
    assert!(!first.bytes.windows(9).any(is_suspects), "poppler reports an error for it");
    assert_eq!(first.bytes, pdf(&pages, metadata()).unwrap().bytes);
}

#[test]
fn text_and_its_address_are_one_link() {
    let link = |cells: (u16, u16, u16), address: &str| VisibleLink {
        cells: Rect::new(cells.0, cells.1, cells.2, 1),
        address: format!("https://{address}"),
    };
    let mut linked = page(1, &["here (https://a.org) b", "here"]);
    linked.content.links = vec![
        link((0, 0, 4), "a.org"),
        link((6, 0, 13), "a.org"),
        link((21, 0, 1), "b.org"),
        link((0, 1, 4), "b.org"),
    ];
    let file = pdf(&[linked], metadata()).unwrap().bytes;
    let count = |part: &[u8]| file.windows(part.len()).filter(|it| it == &part).count();
    assert_eq!(count(b"/Subtype/Link"), 3);
    assert_eq!(count(b"(https://a.org)"), 1);
}

#[test]
fn character_without_a_font_is_reported_with_its_slide() {
    let pages = [page(1, &["all here"]), page(7, &["a\u{10fffe}b"])];
    let missing = pdf(&pages, metadata()).unwrap().missing;
    assert_eq!(missing, [('\u{10fffe}', vec![7])].into());
}

#[test]
fn broken_picture_is_reported_with_its_slide() {
    let overlay = Overlay {
        key: crate::layout::PictureKey::of_file("a.png".as_ref()),
        area: Rect::new(0, 0, 2, 1),
        whole: (2, 1),
        skipped: 0,
    };
    let mut broken = page(3, &["  "]);
    let picture = crate::media::DocumentPicture::File(b"no png".to_vec());
    broken.content.pictures = vec![(overlay, picture)];
    let lost = pdf(&[broken], metadata()).unwrap().lost_pictures;
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].0 == 3 && lost[0].1.starts_with("a.png: "), "{lost:?}");
}

#[test]
fn thousand_pages_share_their_fonts() {
    let pages: Vec<_> = (1..=1000).map(|slide| page(slide, &["some text on a slide"])).collect();
    let bytes = pdf(&pages, metadata()).unwrap().bytes;
    assert!(bytes.len() < 2_000_000, "{}", bytes.len());
}

#[test]
fn notes_are_on_the_sheet_of_their_slide() {
    let mut noted = page(1, &["slide"]);
    noted.notes = Some(content(&["a note\u{10fffe}"]));
    let layout = PdfLayout { has_notes: true, ..PdfLayout::default() };
    let done = pdf(&[noted, page(2, &["no notes"])], PdfMetadata { layout, ..metadata() }).unwrap();
    let text = String::from_utf8_lossy(&done.bytes);
    assert_eq!(text.matches("/Type/Page/").count(), 2);
    assert_eq!(text.matches("/MediaBox[0 0 595.28 841.89]").count(), 2, "{text}");
    assert_eq!(done.missing, [('\u{10fffe}', vec![1])].into());
}

#[test]
fn empty_page_is_one() {
    let mut empty = page(1, &["   "]);
    empty.content.buffer.set_style(Rect::new(0, 0, 3, 1), Style::new());
    assert!(pdf(&[empty], metadata()).is_ok());
}
