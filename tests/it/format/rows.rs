//! The format's rows, F001 to F206, each with its test: a function named `f012_…`, or a deck named
//! `f012-…` that `render.rs` draws. What a row says, its test says in its name; a row without one
//! is excused here, with the reason.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

/// The numbers that rows have.
const ROWS: &[RangeInclusive<u16>] =
    &[1..=29, 30..=44, 50..=88, 90..=99, 100..=130, 140..=168, 170..=185, 190..=206];

/// Rows without a test, and why.
const EXCUSED: &[(RangeInclusive<u16>, &str)] = &[];

#[test]
fn every_row_has_a_test_or_an_excuse() {
    let rows: BTreeSet<u16> = ROWS.iter().cloned().flatten().collect();
    let excused: BTreeSet<u16> = EXCUSED.iter().flat_map(|(rows, _)| rows.clone()).collect();
    let mut tested = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut tested);
    }
    let missing: Vec<_> = rows.iter().filter(|row| !tested.contains(row)).collect();
    let silent: Vec<_> = missing.iter().filter(|row| !excused.contains(row)).collect();
    assert!(silent.is_empty(), "rows with neither test nor excuse: {silent:?}");
    let strange: Vec<_> = tested.difference(&rows).collect();
    assert!(strange.is_empty(), "tests of rows that there are not: {strange:?}");
    assert!(EXCUSED.iter().all(|(_, reason)| !reason.is_empty()));
}

/// Adds the rows that names below a folder speak of.
fn collect(folder: &Path, tested: &mut BTreeSet<u16>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            collect(&path, tested);
        } else if let Some(deck) = name.strip_suffix(".md") {
            tested.extend(rows_of(deck));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
            tested.extend(names.flat_map(rows_of));
        }
    }
}

/// The rows that a name begins with: `f012_and_f013_more_words`.
fn rows_of(name: &str) -> impl Iterator<Item = u16> {
    let words = name.split(['_', '-', '(']).filter(|word| *word != "and");
    words.map_while(|word| word.strip_prefix('f').filter(|row| row.len() == 3)?.parse().ok())
}
