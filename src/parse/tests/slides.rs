//! Where slides begin and end, and their titles.

use std::path::Path;

use insta::assert_snapshot;

use super::deck_text::deck_text;
use super::{deck, tree};
use crate::deck::{CellId, DeckVariant, Options};
use crate::parse::parse_with;
use crate::source::MemFiles;

#[test]
fn slides_end_at_the_command_and_titles_are_underlined() {
    assert_snapshot!(tree("# A\n\n<!-- end_slide -->\nB\n===\n\nC\n---\n\ntext *i* **b** `c`\n"), @r#"
    --- 1
    h1 A
    --- 2 "B"
    title B
    title C
    p text {i:i} {b:b} {c:c}
    "#);
}

#[test]
fn a_deck_has_at_least_one_slide() {
    assert_snapshot!(tree(""), @"--- 1");
    assert_snapshot!(tree("a\n\n<!-- skip_slide -->\n"), @"--- 1");
}

#[test]
fn trailing_end_slide_leaves_an_empty_slide() {
    assert_snapshot!(tree("a\n\n<!-- end_slide -->\n"), @"
    --- 1
    p a
    --- 2
    ");
}

#[test]
fn titles_end_slides_with_the_option() {
    let front = "---\noptions:\n  implicit_slide_ends: true\n---\n";
    assert_snapshot!(tree(&format!("{front}A\n===\n\nx\n\n<!-- speaker_note: mine -->\n\nB\n===\n")), @r#"
    --- 1 "A"
    note "mine"
    title A
    p x
    --- 2 "B"
    title B
    "#);
}

#[test]
fn h1_is_the_title_with_the_option() {
    assert_snapshot!(tree("---\noptions:\n  h1_slide_titles: true\n---\n# A\n\n# B\n"), @r#"
    --- 1 "A"
    title A
    h1 B
    "#);
    assert_snapshot!(tree("---\noptions:\n  h1_slide_titles: true\n  implicit_slide_ends: true\n---\n# A\n\nx\n\n# B\n"), @r#"
    --- 1 "A"
    title A
    p x
    --- 2 "B"
    title B
    "#);
}

#[test]
fn rule_ends_a_slide_only_with_the_option() {
    assert_snapshot!(tree("a\n\n---\n\nb\n\n***\n"), @"
    --- 1
    p a
    rule
    p b
    rule
    ");
    assert_snapshot!(tree("---\noptions:\n  end_slide_shorthand: true\n---\na\n\n---\n\nb\n---\n\n***\nc\n"), @r#"
    --- 1
    p a
    --- 2 "b"
    title b
    --- 3
    p c
    "#);
}

#[test]
fn underlined_headings_are_titles() {
    assert_snapshot!(tree("#hash\n---\n\n### C ###\n\nA\nB  \nC\n===\n"), @r##"
    --- 1 "#hash"
    title #hash
    h3 C
    title A␣B⏎C
    "##);
}

#[test]
fn skipped_slides_have_no_cells() {
    let deck =
        deck("```sh +exec\na\n```\n<!-- skip_slide -->\n<!-- end_slide -->\n```sh +exec\nb\n```\n");
    assert_eq!(deck.slides.len(), 1);
    assert_eq!(deck.cells.len(), 1);
    assert_eq!(deck.cells[0].id, CellId(0));
    assert_eq!(&*deck.cells[0].code, "b\n");
}

/// Returns the tree of a variant of a deck, and the messages.
fn variant(text: &str, only: &[&str], without: &[&str]) -> (String, Vec<String>) {
    let words = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect();
    let variant = DeckVariant { only: words(only), without: words(without) };
    let options = Options { variant, ..Options::default() };
    let deck = parse_with(Path::new("talk.md"), text, &MemFiles::default(), options, None);
    let messages = deck.diagnostics.iter().map(|found| found.message.clone()).collect();
    (deck_text(&deck), messages)
}

#[test]
fn tags_choose_the_slides_of_a_variant() {
    let deck = "all\n\n<!-- end_slide -->\n\n<!-- // tags: [deep, long] -->\n\n```bash +exec\necho 1\n```\n\n\
                <!-- end_slide -->\n\n```bash +exec\necho 2\n```\n\n<!-- // tags: short -->\n";
    let (tree, messages) = variant(deck, &[], &["deep"]);
    assert_snapshot!(tree, @r#"
    --- 1
    p all
    --- 2
    code bash
      | echo 2
      runs bash OnKey line 14 "echo 2\n"
    "#);
    assert_eq!(messages, [""; 0]);
    assert_eq!(variant(deck, &["short"], &[]), (tree, messages));
    assert_snapshot!(variant(deck, &["long", "short"], &["short"]).0, @r#"
    --- 1
    p all
    --- 2
    code bash
      | echo 1
      runs bash OnKey line 8 "echo 1\n"
    "#);
    assert_eq!(variant(deck, &["shrot"], &[]).1, ["no slide has the tag `shrot`"]);
    assert_snapshot!(variant("a\n\n<!-- // tags: x -->\n", &[], &["x"]).0, @"--- 1");
    assert_eq!(
        variant("a\n\n<!-- // tags: a b -->\n", &[], &[]).1,
        ["`a b` is not a list of tags"]
    );
}
