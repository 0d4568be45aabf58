//! The front matter and its diagnostics.

use insta::assert_snapshot;
use rstest::rstest;

use super::{deck, tree};
use crate::deck::{Options, SlideKind};
use crate::parse::tests::deck_text::{deck_text, text};

#[test]
fn front_matter_makes_the_intro_slide() {
    let deck = deck("---\ntitle: |\n  A **b**\n  C\nauthor: '**x**'\n---\nhi\n");
    assert_eq!(deck.slides.len(), 2);
    assert_eq!(deck.slides[0].kind, SlideKind::Intro);
    let lines: Vec<_> = deck.meta.title.as_ref().unwrap().iter().map(|line| text(line)).collect();
    assert_eq!(lines, ["A {b:b}", "C"]);
    assert_eq!(deck.meta.author.as_deref(), Some("**x**"));
    assert_snapshot!(deck_text(&deck), @r#"
    --- 1 "[Introduction]"
    --- 2
    p hi
    "#);
}

#[rstest]
#[case::only_a_date("---\ndate: 2024-01-01\n---\n", 2)]
#[case::an_empty_title("---\ntitle: ''\n---\n", 2)]
#[case::a_number("---\ntitle: 42\n---\n", 2)]
#[case::no_title("---\ntheme:\n  name: light\n---\nhi\n", 1)]
#[case::windows("---\r\ntitle: x\r\n---\r\nhi\r\n", 2)]
#[case::byte_order_mark("\u{feff}---\ntitle: x\n---\nhi\n", 2)]
#[case::only_a_comment("---\n# nothing\n---\nhi\n", 1)]
#[case::empty("---\n---\nhi\n", 1)]
#[case::a_rule_and_a_list("---\n* title: x\n", 1)]
#[case::a_rule_and_a_text("---\nNote: x\n", 1)]
#[case::one_author_for_authors("---\nauthors: x\n---\n", 2)]
fn front_matter_is_distinguished_from_rules(#[case] text: &str, #[case] slides: usize) {
    let deck = deck(text);
    assert_eq!(deck.slides.len(), slides);
    assert_eq!(deck.diagnostics, []);
}

#[rstest]
#[case::blank_line_before(
    "\n---\ntitle: x\n---\n",
    "2:1: front matter must start on the first line"
)]
#[case::spaces_behind_the_fence(
    "--- \ntitle: x\n---\n",
    "1:1: the `---` that opens the front matter has spaces after it"
)]
#[case::never_closed("---\ntitle: x\n...\nhi\n", "1:1: front matter is never closed")]
#[case::never_closed_with_a_mark(
    "\u{feff}---\ntheme:\n  name: dark\n--- \n",
    "1:2: front matter is never closed"
)]
fn invalid_front_matter_is_text_with_a_diagnostic(#[case] text: &str, #[case] mistake: &str) {
    let deck = deck(text);
    assert_eq!((deck.slides.len(), deck.slides[0].kind), (1, SlideKind::Normal));
    let [found] = &deck.diagnostics[..] else { panic!("{:?}", deck.diagnostics) };
    let place = deck.sources.place(found.span);
    assert_eq!(format!("{place}: {}", found.message), format!("talk.md:{mistake}"));
}

#[test]
fn theme_override_is_dedented() {
    let deck = deck(
        "---\ntheme:\n  name: dark\n  override:\n    default:\n      margin:\n        percent: 8\n    # here\n    footer: {style: empty}\n---\n",
    );
    assert_eq!(deck.theme.name.as_ref().unwrap().0, "dark");
    let (yaml, span) = deck.theme.overrides.as_ref().unwrap();
    assert_eq!(yaml, "default:\n  margin:\n    percent: 8\n# here\nfooter: {style: empty}");
    assert_eq!(deck.sources.place(*span), "talk.md:5:5");
}

#[test]
fn options_are_read() {
    let deck = deck(
        "---\noptions:\n  implicit_slide_ends: true\n  list_item_newlines: 2\n  command_prefix: 'cmd:'\n  python: {interpreter: .venv/bin/python, session: true}\n  rust: {dependencies: {}}\n  auto_render_languages: [mermaid]\n---\n",
    );
    assert_eq!(deck.diagnostics, []);
    let Options { implicit_slide_ends, list_item_newlines, .. } = deck.options;
    assert!(implicit_slide_ends);
    assert_eq!(list_item_newlines, 2);
    assert_eq!(deck.options.command_prefix, "cmd:");
    assert_eq!(deck.options.python_interpreter.as_deref(), Some(".venv/bin/python"));
}

#[test]
fn invalid_key_does_not_affect_others() {
    assert_snapshot!(tree("---\ntitel: x\nauthor: [a, b]\noptions:\n  implicit_slide_ends: ja\n  end_slide_shorthand: true\n---\na\n\n---\n\nb\n"), @r#"
    --- 1 "[Introduction]"
    --- 2
    p a
    --- 3
    p b
    ! talk.md:2:1: unknown key `titel`
      ? did you mean `title`?
    ! talk.md:5:24: `options.implicit_slide_ends` must be `true` or `false`, not `ja`
    "#);
}
