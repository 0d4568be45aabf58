//! Tests the reports of mistakes in decks, whose wording is part of the interface. Each deck of
//! `tests/decks/bad` has a snapshot of its report.

use std::path::Path;

use livedeck::source::MemFiles;
use livedeck::{diag, parse};

#[test]
fn mistakes_are_reported_with_place_and_hint() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decks/bad");
    let mut decks: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    decks.sort();
    assert!(!decks.is_empty());
    for deck in decks {
        let name = deck.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&deck).unwrap();
        insta::assert_snapshot!(name, report(name, &text));
    }
}

fn report(name: &str, text: &str) -> String {
    let deck = parse::parse(Path::new(name), text, &MemFiles::default());
    let reports: Vec<_> =
        deck.diagnostics.iter().map(|found| diag::plain(found, &deck.sources)).collect();
    reports.join("\n\n")
}
