//! Invisible characters are marked on slides and reported, and run unchanged.

use super::*;
use crate::deck::BlockKind;
use crate::source::MemFiles;

/// Returns each warning with its line and column.
fn warnings(deck: &Deck) -> Vec<String> {
    let warning = |found: &crate::diag::Diagnostic| {
        let place = deck.sources.place(found.span);
        format!("{place}: {}", found.message)
    };
    deck.diagnostics.iter().map(warning).collect()
}

#[test]
fn bidi_controls_in_code_are_marked_and_reported() {
    let text = "# a\n\n```python +exec\nis_admin = False\n/* \u{202e}} \u{2066}if (is_admin)\u{2069} */\n```\n";
    let deck = parse(Path::new("talk.md"), text, &MemFiles::default());
    let BlockKind::Code(code) = &deck.slides[0].blocks[1].kind else { panic!("{deck:?}") };
    assert_eq!(&*code.text, "is_admin = False\n/* ⇄} ⇄if (is_admin)⇄ */");
    assert!(deck.cells[0].code.contains("/* \u{202e}} \u{2066}if (is_admin)\u{2069} */"));
    assert_eq!(
        warnings(&deck),
        [
            "talk.md:5:4: invisible characters U+202E (right-to-left override), U+2066 (left-to-right \
          isolate), U+2069 (pop directional isolate)"
        ]
    );
}

#[test]
fn emoji_and_joiners_are_allowed_where_needed() {
    let (family, word) = ("👩\u{200d}👩\u{200d}👧❤\u{fe0f}", "می\u{200c}خواهم");
    let text = format!("{family}\n===\n\n{word} {family}\n\n```\n{family}{word}\n```\n");
    let deck = parse(Path::new("talk.md"), &text, &MemFiles::default());
    assert_eq!(deck.slides[0].title.as_deref(), Some(family));
    let BlockKind::Code(code) = &deck.slides[0].blocks[2].kind else { panic!("{deck:?}") };
    assert_eq!(&*code.text, format!("{family}می\u{fffd}خواهم"));
    let expected = "talk.md:7:10: invisible character U+200C (zero-width non-joiner)";
    assert_eq!(warnings(&deck), [expected]);
}

#[test]
fn titles_and_front_matter_are_checked() {
    let text = "\u{feff}---\ntitle: a\u{200b}b\n---\n\nc\u{2067}d\n===\n";
    let deck = parse(Path::new("talk.md"), text, &MemFiles::default());
    assert_eq!(deck.slides[1].title.as_deref(), Some("c⇄d"));
    let expected = [
        "talk.md:2:9: invisible character U+200B (zero-width space)",
        "talk.md:5:2: invisible character U+2067 (right-to-left isolate)",
    ];
    assert_eq!(warnings(&deck), expected);
}

#[test]
fn code_files_are_checked_once() {
    let fence = "```file +exec\npath: a.py\nlanguage: python\n```\n\n";
    let files = MemFiles([("a.py".into(), "a\u{200d}b = 1\n".into())].into());
    let deck = parse(Path::new("talk.md"), &fence.repeat(2), &files);
    assert_eq!(warnings(&deck), ["a.py:1:2: invisible character U+200D (zero-width joiner)"]);
}

#[test]
fn many_lines_are_counted() {
    let text = "a\u{200b}\n\n".repeat(50);
    let deck = parse(Path::new("talk.md"), &text, &MemFiles::default());
    assert_eq!(deck.diagnostics.len(), 21);
    assert_eq!(deck.diagnostics[20].message, "30 more lines with invisible characters");
}
