//! Tests rows of `docs/presenterm-format.md` about front matter and diagnostics. Each test is named
//! after its row.

use std::path::Path;

use livedeck::deck::{Deck, SlideKind};
use livedeck::diag::{Severity, summary};
use livedeck::parse::{parse, parse_with};
use livedeck::project::{LoadOptions, load};
use livedeck::source::MemFiles;
use rstest::rstest;

fn read(text: &str) -> Deck {
    parse(Path::new("talk.md"), text, &MemFiles::default())
}

/// Returns a deck with this front matter, and a slide that says `hi`.
fn front(yaml: &str) -> Deck {
    read(&format!("---\n{yaml}\n---\nhi\n"))
}

fn has_intro(deck: &Deck) -> bool {
    deck.slides[0].kind == SlideKind::Intro
}

/// Returns the deck's errors, each on one line with its first hint.
fn errors(deck: &Deck) -> Vec<String> {
    let errors = deck.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors
        .map(|found| {
            let hint = found.hints.first().map_or(String::new(), |hint| format!(" ({hint})"));
            summary(found, &deck.sources) + &hint
        })
        .collect()
}

/// Returns a loaded deck with its theme, and its errors.
fn load_files(files: &[(&str, &str)]) -> (livedeck::project::LoadedDeck, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    let loaded = load(&LoadOptions::new(folder.path().join("talk.md")), None).unwrap();
    let path = format!("{}/", folder.path().display());
    let found = errors(&loaded.deck).into_iter().map(|error| error.replace(&path, "")).collect();
    (loaded, found)
}

fn with_theme(yaml: &str) -> (livedeck::project::LoadedDeck, Vec<String>) {
    load_files(&[("talk.md", &format!("---\n{yaml}\n---\nhi\n"))])
}

#[test]
fn f001_front_matter_is_between_two_lines_of_dashes() {
    let deck = front("title: x");
    assert_eq!((deck.slides.len(), has_intro(&deck)), (2, true));
    assert_eq!(errors(&deck), [""; 0]);
}

#[rstest]
#[case::a_blank_line_first("\n---\ntitle: x\n---\n")]
#[case::spaces_behind_the_first("--- \ntitle: x\n---\n")]
#[case::spaces_behind_the_second("---\ntitle: x\n--- \n")]
fn f002_nothing_else_is_front_matter(#[case] text: &str) {
    let deck = read(text);
    assert_eq!((deck.slides.len(), has_intro(&deck)), (1, false));
}

#[rstest]
#[case::dots("---\ntitle: x\n...\nhi\n")]
#[case::nothing("---\ntitle: x\nhi\n")]
fn f004_only_dashes_close_it(#[case] text: &str) {
    assert!(!has_intro(&read(text)));
}

#[rstest]
fn f005_keys_that_can_be_shown_make_an_intro_slide(
    #[values("title", "sub_title", "event", "location", "date", "author", "authors")] key: &str,
) {
    let value = if key == "authors" { "[a, b]" } else { "2024-01-01" };
    let deck = front(&format!("{key}: {value}"));
    assert!(has_intro(&deck));
    assert_eq!(errors(&deck), [""; 0]);
}

#[test]
fn f006_theme_and_options_make_no_intro_slide() {
    let deck = front("theme:\n  name: light\noptions:\n  implicit_slide_ends: true");
    assert_eq!((deck.slides.len(), has_intro(&deck)), (1, false));
}

#[test]
fn f007_empty_title_makes_an_intro_slide() {
    assert!(has_intro(&front("title: ''")));
}

#[rstest]
#[case::number("42")]
#[case::date("2024-01-01")]
#[case::truth("true")]
#[case::version("1.10")]
fn f008_plain_values_are_kept_as_written(#[case] value: &str) {
    let deck = front(&format!("title: {value}\ndate: {value}"));
    assert_eq!(deck.meta.title_source.as_deref(), Some(value));
    assert_eq!(deck.meta.date.as_deref(), Some(value));
}

#[test]
fn f009_titles_are_markdown() {
    let deck = front("title: 'a **b** <span style=\"color: red\">c</span>'\nsub_title: '_d_'");
    let title = &deck.meta.title.as_ref().unwrap()[0];
    assert_eq!(livedeck::deck::inline_text(title), "a b c");
    assert_eq!(livedeck::deck::inline_text(&deck.meta.sub_title.as_ref().unwrap()[0]), "d");
    assert_eq!(errors(&deck), [""; 0]);
}

#[test]
fn f010_other_keys_are_plain_text() {
    let deck = front("author: '**x**'\nevent: '_y_'");
    assert_eq!(deck.meta.author.as_deref(), Some("**x**"));
    assert_eq!(deck.meta.event.as_deref(), Some("_y_"));
}

#[test]
fn f011_title_may_have_several_lines() {
    let deck = front("title: |\n  A\n  B");
    assert_eq!(deck.meta.title.as_ref().unwrap().len(), 2);
}

#[test]
fn f012_unsupported_markup_in_a_title_is_reported() {
    let deck = front("title: 'a <b>c</b>'");
    assert_eq!(errors(&deck), ["talk.md:2:8: `<b>` is not supported (write `**bold**`)"]);
    // A title that looks like a block is plain text.
    let deck = front("title: '# x'");
    assert_eq!(livedeck::deck::inline_text(&deck.meta.title.as_ref().unwrap()[0]), "# x");
}

#[test]
fn f013_author_and_authors_conflict() {
    let deck = front("authors: [a, b]");
    assert_eq!(deck.meta.authors, ["a", "b"]);
    let deck = front("author: a\nauthors: [b]");
    assert_eq!(
        errors(&deck),
        ["talk.md:2:1: both `author` and `authors` are given (list all authors under `authors`)"]
    );
}

#[test]
fn f014_author_and_authors_accept_both_forms() {
    assert_eq!(front("authors: x").meta.authors, ["x"]);
    assert_eq!(front("author: [x, y]").meta.authors, ["x", "y"]);
    let deck = front("author: {name: x}");
    assert_eq!(errors(&deck).len(), 1, "{:?}", errors(&deck));
}

#[test]
fn f015_unknown_key_is_an_error() {
    let deck = front("potato: 1");
    assert_eq!(errors(&deck).len(), 1);
    assert!(errors(&deck)[0].contains("`potato`"));
}

#[test]
fn f016_configuration_can_allow_unknown_keys() {
    let lenient = livedeck::deck::Options {
        strict_front_matter: false,
        ..livedeck::deck::Options::default()
    };
    let text = "---\npotato: 1\n---\nhi\n";
    let deck = parse_with(Path::new("talk.md"), text, &MemFiles::default(), lenient, None);
    assert_eq!(errors(&deck), [""; 0]);
}

#[test]
fn f017_unknown_options_are_errors_theme_keys_are_not() {
    assert_eq!(errors(&front("options:\n  potato: 1")).len(), 1);
    assert_eq!(errors(&front("theme:\n  potato: 1")), [""; 0]);
}

#[test]
fn f018_duplicate_key_is_an_error_and_aliases_work() {
    let deck = front("title: a\ntitle: b");
    assert_eq!(errors(&deck), ["talk.md:3:1: `title` is given twice (the last one is used)"]);
    let deck = front("title: &a x\nsub_title: *a");
    assert_eq!(deck.meta.sub_title_source.as_deref(), Some("x"));
}

#[test]
fn f019_theme_must_be_a_mapping() {
    let deck = front("theme: dark");
    assert_eq!(
        errors(&deck),
        [
            "talk.md:2:8: `theme` must be a mapping, not `dark` (write `theme:`, and below it `  name: dark`)"
        ]
    );
    assert_eq!(errors(&front("theme:")), [""; 0]);
}

#[test]
fn f020_unknown_theme_has_a_suggestion() {
    let (_, found) = with_theme("theme:\n  name: Dark");
    assert_eq!(found, ["talk.md:3:9: there is no theme `Dark` (did you mean `dark`?)"]);
}

#[test]
fn f021_a_theme_file_is_relative_to_the_deck() {
    let deck = "---\ntheme:\n  path: mine.yaml\n---\nhi\n";
    let (loaded, found) = load_files(&[
        ("talk.md", deck),
        ("mine.yaml", "extends: light\ndefault:\n  colors: {foreground: ff0000}\n"),
    ]);
    assert_eq!(found, [""; 0]);
    assert_eq!(loaded.styles[0].theme.base.fg, Some(ratatui::style::Color::Rgb(255, 0, 0)));
    let (_, found) = load_files(&[("talk.md", deck)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("talk.md:3:9: "), "{found:?}");
}

#[test]
fn f022_theme_name_and_path_conflict() {
    let deck = front("theme:\n  name: dark\n  path: a.yaml");
    assert_eq!(
        errors(&deck),
        ["talk.md:4:9: both `theme.name` and `theme.path` are given (remove one of them)"]
    );
}

#[test]
fn f024_overrides_change_the_theme() {
    let (loaded, found) =
        with_theme("theme:\n  override:\n    default: {colors: {foreground: beeeff}}");
    assert_eq!(found, [""; 0]);
    assert_eq!(loaded.styles[0].theme.base.fg, Some(ratatui::style::Color::Rgb(0xbe, 0xee, 0xff)));
    let (_, found) = with_theme("theme:\n  override:\n    extends: light");
    assert_eq!(
        found,
        ["talk.md:4:5: an override cannot extend a theme (choose the theme with `theme.name`)"]
    );
}

#[test]
fn f028_the_intro_slide_is_called_introduction_in_the_index() {
    let deck = front("title: t");
    assert_eq!(deck.slides[0].title.as_deref(), Some("[Introduction]"));
}

#[test]
fn f029_front_matter_alone_has_a_slide_after_the_intro() {
    assert_eq!(read("---\ntitle: t\n---\n").slides.len(), 2);
}
