//! Malformed text: unclosed, cut off, nested too deeply, full of control characters.

use insta::assert_snapshot;

use super::{deck, tree};
use crate::parse::tests::deck_text::deck_text;

#[test]
fn unclosed_blocks_do_not_swallow_slides() {
    assert_snapshot!(tree("```sh\nforgotten\n\n<!-- end_slide -->\nb\n\n```py\nx\n```\n"), @"
    --- 1
    code sh
      | forgotten
      | 
    --- 2
    p b
    code py
      | x
    ! talk.md:1:1: this code block is never closed
      ? end it with the same fence on its own line
    ");
    assert_snapshot!(tree("a\n\n<!-- forgotten\n\nb\n\n<!-- end_slide -->\nc\n"), @"
    --- 1
    p a
    problem: this comment is never closed
    p b
    --- 2
    p c
    ! talk.md:3:5: this comment is never closed
      ? end it with `-->`
    ");
}

#[test]
fn control_characters_do_not_reach_the_tree() {
    let deck = deck(
        "---\ntitle: \"a\\e[2Jb\"\n---\n# a\x1b[31m\x07\n\n`\x1b` [l](x\x1b 'y\x1b')\n\n```sh\n\x1b[0m\0\n```\n\n<!-- speaker_note: \"\\e[5m\" -->\n\n| \x08 |\n|---|\n\n![\x1b](a\x1b.png)\n\n<!-- \x1b[1m -->\n",
    );
    let tree = format!("{:?} {}", deck.meta, deck_text(&deck));
    assert!(!tree.contains(|c: char| c.is_control() && c != '\n'), "{tree:?}");
}

#[test]
fn malformed_input_does_not_panic() {
    let deep = |mark: &str| mark.repeat(5_000) + " x\n";
    let malformed = [
        deep(">"),
        deep("- "),
        deep("1. "),
        deep("["),
        deep("!["),
        deep("**a "),
        deep("^a"),
        deep("<span>"),
        "x".repeat(1_000_000),
        "\0\u{1}\u{fdd0}\r\r\n\u{2028}".repeat(100),
        "\u{feff}\u{feff}---\n---\n".to_owned(),
        "---\ntitle: [\n---\nhi\n".to_owned(),
        "---\na: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: *e\n---\n".to_owned(),
        "```\n<!-- end_slide -->\n".repeat(200),
        "<!--".repeat(300),
        "<!-- column_layout: [1] -->\n<!-- pause -->\n".repeat(300),
        "| a |\n|---|\n".repeat(300),
        ">>>\n".repeat(201),
        "```rust {65536|0|} +exec:\n```".to_owned(),
        "<!-- column: 99999999999999999999 -->\n<!-- new_lines: 4294967295 -->".to_owned(),
    ];
    for text in malformed {
        for cut in [text.len(), text.len() / 2, 3.min(text.len())] {
            let cut = (0..=cut).rev().find(|&cut| text.is_char_boundary(cut)).unwrap();
            let deck = deck(&text[..cut]);
            assert!(!deck.slides.is_empty());
            let _ = deck_text(&deck);
        }
    }
}

#[test]
fn every_prefix_of_a_deck_parses_with_spans_inside_it() {
    let text = "---\ntitle: x\n---\n# é\n\n* a\n  ```rust +exec {1|2}\n  fn é() {}\n  ```\n\n> [!note] t\n> x^2^ <span style=\"color: red\">ü</span>\n\n<!-- column_layout: [1, 1] -->\n<!-- column: 0 -->\n![é,image:w:5%](é.png)\n\n| é | b |\n|---|---|\n| 1 | 2 |\n<!-- end_slide -->\n>>>\né\n>>>\n";
    for (cut, _) in text.char_indices() {
        let deck = deck(&text[..cut]);
        for span in deck.slides.iter().flat_map(|slide| slide.blocks.iter().map(|block| block.span))
        {
            assert!(text[..cut].get(span.range()).is_some(), "{span:?} in {:?}", &text[..cut]);
        }
    }
}
