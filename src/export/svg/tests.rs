//! Small buffers and their pictures.

use std::path::PathBuf;

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::*;
use crate::export::Rgb;
use crate::layout::PictureKey;
use crate::media::DocumentPicture;

fn colors() -> TerminalColors {
    TerminalColors::new(Rgb(0x10, 0x10, 0x10), Rgb(0xfa, 0xfa, 0xfa))
}

fn buffer(width: u16, height: u16, texts: &[(u16, u16, &str, Style)]) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    for (x, y, text, style) in texts {
        buffer.set_string(*x, *y, text, *style);
    }
    buffer
}

/// Returns the picture's elements, without the document.
fn elements(buffer: &Buffer) -> String {
    let picture = svg(buffer, &[], &[], &colors());
    assert_well_formed(&picture);
    let body: Vec<_> = picture.lines().skip(2).filter(|line| *line != "</svg>").collect();
    body.join("\n")
}

/// Panics unless all elements are nested correctly and no `<` or `&` is unescaped.
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    let mut parts = xml.split('<');
    assert_eq!(parts.next(), Some(""), "starts with an element");
    for part in parts {
        let (tag, text) = part.split_once('>').expect("an element ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes are closed: {tag}");
        for after in tag.split('&').skip(1).chain(text.split('&').skip(1)) {
            let known = ["amp;", "lt;", "gt;"].iter().any(|name| after.starts_with(name));
            assert!(known, "a bare `&`: {after}");
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in order");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

#[test]
fn words_whose_letters_join_are_as_wide_as_their_cells() {
    let row = elements(&buffer(12, 1, &[(1, 0, "a नमत b", Style::new())]));
    let word = "textLength=\"30\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#101010\">नमत</text>";
    assert!(row.contains(word), "{row}");
}

#[test]
fn text_of_one_style_is_one_element() {
    let plain = Style::new();
    insta::assert_snapshot!(elements(&buffer(20, 2, &[(2, 1, "let x = 1;", plain)])), @r##"<text x="20" y="35" textLength="100" fill="#101010" xml:space="preserve">let x = 1;</text>"##);
}

#[test]
fn each_style_is_an_element() {
    let bold = Style::new().fg(Color::Rgb(255, 0, 0)).add_modifier(Modifier::BOLD);
    let slanted = Style::new().fg(Color::Indexed(21)).add_modifier(Modifier::ITALIC);
    let dim = Style::new().add_modifier(Modifier::DIM);
    let texts = [(0, 0, "ab", bold), (2, 0, "cd", slanted), (4, 0, "ef", dim)];
    insta::assert_snapshot!(elements(&buffer(6, 1, &texts)), @r##"
    <text x="0" y="15" textLength="20" fill="#ff0000" font-weight="bold">ab</text>
    <text x="20" y="15" textLength="20" fill="#0000ff" font-style="italic">cd</text>
    <text x="40" y="15" textLength="20" fill="#101010" fill-opacity="0.6">ef</text>
    "##);
}

#[test]
fn background_is_one_rectangle_and_the_default_is_none() {
    let marked = Style::new().bg(Color::Rgb(1, 2, 3));
    insta::assert_snapshot!(elements(&buffer(9, 1, &[(3, 0, "    ", marked)])), @r##"<rect x="30" y="0" width="40" height="20" fill="#010203" shape-rendering="crispEdges"/>"##);
}

#[test]
fn blanks_have_underlines_and_strike_throughs() {
    let style = Style::new()
        .underline_color(Color::Rgb(9, 9, 9))
        .add_modifier(Modifier::UNDERLINED | Modifier::CROSSED_OUT);
    insta::assert_snapshot!(elements(&buffer(3, 1, &[(0, 0, "a b", style)])), @r##"
    <text x="0" y="15" textLength="30" fill="#101010" xml:space="preserve">a b</text>
    <rect x="0" y="17" width="30" height="1" fill="#090909" shape-rendering="crispEdges"/>
    <rect x="0" y="10" width="30" height="1" fill="#101010" shape-rendering="crispEdges"/>
    "##);
}

#[test]
fn wide_character_is_centred_in_its_columns() {
    insta::assert_snapshot!(elements(&buffer(6, 1, &[(0, 0, "a🦀b", Style::new())])), @r##"
    <text x="0" y="15" textLength="10" fill="#101010">a</text>
    <text x="20" y="15" text-anchor="middle" fill="#101010">🦀</text>
    <text x="30" y="15" textLength="10" fill="#101010">b</text>
    "##);
}

#[test]
fn wide_character_has_its_background_in_both_columns() {
    let marked = Style::new().bg(Color::Rgb(1, 2, 3));
    let body = elements(&buffer(6, 1, &[(1, 0, "🦀", marked)]));
    assert!(body.contains("<rect x=\"10\" y=\"0\" width=\"20\""), "{body}");
}

#[test]
fn rules_and_half_blocks_are_shapes() {
    let plain = Style::new();
    insta::assert_snapshot!(elements(&buffer(8, 1, &[(0, 0, "────▀▀▌╭", plain)])), @r##"
    <rect x="0" y="9" width="40" height="2" fill="#101010" shape-rendering="crispEdges"/>
    <rect x="40" y="0" width="20" height="10" fill="#101010" shape-rendering="crispEdges"/>
    <rect x="60" y="0" width="5" height="20" fill="#101010" shape-rendering="crispEdges"/>
    <path transform="translate(70 0)" d="M5 20V15Q5 10 10 10" fill="none" stroke="#101010" stroke-width="2"/>
    "##);
}

#[test]
fn text_is_escaped() {
    let body = elements(&buffer(9, 1, &[(0, 0, "<a & b>", Style::new())]));
    assert!(body.contains(">&lt;a &amp; b&gt;</text>"), "{body}");
    assert_eq!(escape("a\u{1b}b"), "a\u{fffd}b");
}

#[test]
fn hidden_text_is_omitted() {
    let hidden = Style::new().add_modifier(Modifier::HIDDEN);
    let body = elements(&buffer(9, 1, &[(0, 0, "secret █", hidden)]));
    assert_eq!(body, "");
}

#[test]
fn scrolled_picture_is_cropped() {
    let overlay = Overlay {
        key: PictureKey::File { base: PathBuf::new(), source: "a.png".into() },
        area: Rect::new(1, 0, 2, 1),
        whole: (2, 3),
        skipped: 1,
    };
    let picture = svg(
        &buffer(4, 2, &[]),
        &[(overlay, DocumentPicture::File(vec![0xff, 0xd8, 1]))],
        &[],
        &colors(),
    );
    assert_well_formed(&picture);
    let line = picture.lines().find(|line| line.contains("<image")).unwrap();
    insta::assert_snapshot!(line, @r#"<svg x="10" y="0" width="20" height="20"><image y="-20" width="20" height="60" preserveAspectRatio="none" href="data:image/jpeg;base64,/9gB"/></svg>"#);
}

#[test]
fn buffer_origin_is_the_corner() {
    let mut shifted = Buffer::empty(Rect::new(7, 3, 4, 1));
    shifted.set_string(7, 3, "abcd", Style::new());
    let body = elements(&shifted);
    assert!(body.starts_with("<text x=\"0\" y=\"15\" textLength=\"40\""), "{body}");
}

#[test]
fn empty_buffers_are_well_formed() {
    for (width, height) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        assert_well_formed(&svg(&buffer(width, height, &[]), &[], &[], &colors()));
    }
}

/// Draws text of twice the size in the second column of the first row.
fn large(text: &str, style: Style) -> String {
    let mut scene = crate::layout::Scene::blank(crate::layout::Size::new(8, 3), Style::new());
    let line = ratatui::text::Line::styled(text.to_owned(), style).into();
    let item = crate::layout::Item::LargeText { line, size: 2 };
    scene.body = vec![crate::layout::PlacedItem { x: 1, y: 0, item }];
    let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 3));
    crate::view::paint(&scene, 0, &mut buffer);
    svg(&buffer, &[], &[], &colors())
}

#[test]
fn large_drawn_characters_fill_their_cells() {
    let blocks = large("█▄", Style::new());
    assert!(blocks.contains("x=\"10\" y=\"0\" width=\"20\" height=\"40\""), "{blocks}");
    assert!(blocks.contains("x=\"30\" y=\"20\" width=\"20\" height=\"20\""), "{blocks}");
    let corner = large("╭", Style::new());
    assert!(corner.contains("d=\"M10 40V30Q10 20 20 20\""), "{corner}");
}

#[test]
fn large_text_has_one_underline() {
    let picture = large("ab", Style::new().add_modifier(Modifier::UNDERLINED));
    let lines: Vec<_> = picture.lines().filter(|line| line.starts_with("<rect")).skip(1).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("x=\"10\" y=\"34\" width=\"40\" height=\"2\""), "{lines:?}");
}

#[test]
fn f204_large_text_has_its_size() {
    let picture = large("ab", Style::new());
    assert!(picture.contains("x=\"10\" y=\"30\" textLength=\"40\""), "{picture}");
    assert!(picture.contains("font-size=\"32\">ab</text>"), "{picture}");
}

#[test]
fn links_can_be_clicked() {
    let address = "https://a.example/?a=1&b=2".to_owned();
    let target = VisibleLink { cells: Rect::new(2, 1, 3, 1), address };
    let picture = svg(&buffer(8, 2, &[]), &[], &[target], &colors());
    assert_well_formed(&picture);
    let line = picture.lines().find(|line| line.starts_with("<a ")).unwrap();
    insta::assert_snapshot!(line, @r##"<a href="https://a.example/?a=1&amp;b=2" target="_blank"><rect x="20" y="20" width="30" height="20" fill-opacity="0"/></a>"##);
}
