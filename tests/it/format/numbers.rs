//! Extreme numbers in decks: the deck is parsed and drawn, and invalid numbers are reported with
//! their position.

use std::collections::BTreeMap;

use livedeck::deck::{Cursor, SlideNo, Step};
use livedeck::diag;
use livedeck::headless::{SlideRenderer, inspect};
use livedeck::layout::Size;
use livedeck::project::{LoadOptions, load};
use livedeck::view::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Decks with a number in place of `N`.
const DECKS: &[&str] = &[
    "```bash +exec +pty:N:24\nls\n```\n",
    "```bash +exec +pty:standby:80:N\nls\n```\n",
    "```bash +exec +timeout:Ns\nls\n```\n",
    "```bash +exec +timeout:Nms\nls\n```\n",
    "```mermaid +render +width:N%\na\n```\n",
    "```rust {N}\na\nb\n```\n",
    "```rust {1-N|2}\na\nb\n```\n",
    "```rust +line_numbers {N-3}\na\nb\n```\n",
    "```file\npath: a.py\nlanguage: python\nstart_line: N\n```\n",
    "```file\npath: a.py\nlanguage: python\nend_line: N\n```\n",
    "![image:width:N%](a.png)\n",
    "<!-- font_size: N -->\n# a\n",
    "<!-- column_layout: [N, 1] -->\n<!-- column: 0 -->\na\n<!-- column: 1 -->\nb\n",
    "<!-- column_layout: [1, 1] -->\n<!-- column: N -->\na\n",
    "<!-- new_lines: N -->\na\n",
    "<!-- list_item_newlines: N -->\n* a\n* b\n",
    "---\noptions:\n  list_item_newlines: N\n---\n* a\n* b\n",
    "---\ntheme:\n  override:\n    default: {margin: {percent: N}}\n---\na\n",
    "---\ntheme:\n  override:\n    default: {margin: {fixed: N}}\n---\na\n",
    "---\ntheme:\n  override:\n    slide_title: {font_size: N}\n---\na\n===\n",
    "---\ntheme:\n  override:\n    slide_title: {padding_top: N}\n---\na\n===\n",
    "---\ntheme:\n  override:\n    slide_title: {padding_bottom: N}\n---\na\n===\n",
    "---\ntheme:\n  override:\n    code: {minimum_size: N}\n---\n```\na\n```\n",
    "---\ntheme:\n  override:\n    code: {minimum_margin: {percent: N}}\n---\n```\na\n```\n",
    "---\ntheme:\n  override:\n    code: {padding: {horizontal: N}}\n---\n```\na\n```\n",
    "---\ntheme:\n  override:\n    code: {padding: {vertical: N}}\n---\n```\na\n```\n",
    "---\ntheme:\n  override:\n    footer: {style: template, height: N, left: a}\n---\na\n",
];

/// Numbers, and whether they can be valid anywhere.
const NUMBERS: &[(&str, bool)] = &[
    ("0", true),
    ("1", true),
    ("255", true),
    ("65535", true),
    ("4294967295", true),
    ("-1", false),
    ("1e308", false),
    ("NaN", false),
    ("99999999999999999999", false),
];

/// Parses and draws a deck, and returns its diagnostics.
fn drawn(deck: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.md");
    std::fs::write(&path, deck).unwrap();
    std::fs::write(folder.path().join("a.py"), "a\nb\n").unwrap();
    let picture = image::RgbaImage::new(3, 2);
    picture.save(folder.path().join("a.png")).unwrap();
    let loaded = load(&LoadOptions::new(&path), None).unwrap();
    let mut stills = SlideRenderer::new(&loaded);
    let sizes = [Size::new(100, 30), Size::new(12, 4), Size::new(1, 1)];
    for size in sizes {
        for slide in 0..loaded.deck.slides.len().min(3) {
            for step in [Step(0), Step::LAST] {
                let scene = stills.quick_scene(Cursor { slide: SlideNo::new(slide), step }, size);
                let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
                paint(&scene, 0, &mut buffer);
                paint(&scene, scene.scroll_limit(), &mut buffer);
            }
        }
    }
    let found = inspect(&loaded, &sizes[..1], &BTreeMap::default());
    found.iter().map(|found| diag::summary(found, &loaded.deck.sources)).collect()
}

#[test]
fn extreme_numbers_are_handled() {
    for deck in DECKS {
        for (number, may_be_valid) in NUMBERS {
            let diagnostics = drawn(&deck.replace('N', number));
            // As with `bash +exec`, an invalid value makes the attribute an unknown word.
            let is_placed = diagnostics.iter().any(|line| line.contains(".md:"));
            assert!(*may_be_valid || is_placed, "{deck}: {number} is not reported");
        }
    }
}

#[test]
fn extreme_counts_are_handled() {
    let many = |part: &str, count: usize| part.repeat(count);
    let decks = [
        format!("<!-- column_layout: [{}1] -->\n<!-- column: 9 -->\na\n", many("1, ", 20_000)),
        format!("```rust {{{}1}}\na\n```\n", many("1|", 70_000)),
        format!("```rust {{{}1}}\na\n```\n", many("1-9,", 70_000)),
        many("a\n\n<!-- pause -->\n\n", 70_000),
        format!("```bash +exec +env:{}\nls\n```\n", many("a", 70_000)),
        format!("---\ntheme:\n  override: {}\n---\na\n", many("{a: ", 3_000)),
        format!("---\noptions: {}\n---\na\n", many("[", 3_000)),
        format!("<!-- column_layout: {} -->\n", many("[", 10_000)),
        format!("<!-- {} -->\n", many("{a: ", 10_000)),
    ];
    for deck in decks {
        drawn(&deck);
    }
}
