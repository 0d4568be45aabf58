//! The numbered rows of `docs/presenterm-format.md`, each with its tests: a function named `f012_…`,
//! or a deck named `f012-…` that `render.rs` draws.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_row_has_a_test_and_every_test_a_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/presenterm-format.md")).unwrap();
    let numbers: Vec<u16> = page.lines().filter_map(row_number).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "rows in order, each once: {numbers:?}");
    let rows: BTreeSet<u16> = numbers.into_iter().collect();
    let mut tested = BTreeSet::new();
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut tested);
    }
    let untested: Vec<_> = rows.difference(&tested).collect();
    assert!(untested.is_empty(), "rows without a test: {untested:?}");
    let unknown: Vec<_> = tested.difference(&rows).collect();
    assert!(unknown.is_empty(), "tests of rows that are not on the page: {unknown:?}");
}

#[test]
fn rows_have_four_cells() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/presenterm-format.md")).unwrap();
    for row in page.lines().filter(|line| row_number(line).is_some()) {
        let bars = row.matches('|').count() - row.matches("\\|").count();
        assert_eq!(bars, 5, "{row}");
    }
}

/// Returns the number of a row of the page: `| F012 | … |`.
fn row_number(line: &str) -> Option<u16> {
    let number = line.strip_prefix("| F")?.split(' ').next()?;
    number.parse().ok()
}

/// Adds the rows that tests and decks below a folder are named after.
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

/// Returns the rows that a name begins with: `f012_and_f013_more_words`, or `f150_to_f154_more_words`
/// for a range.
fn rows_of(name: &str) -> Vec<u16> {
    let mut rows = Vec::new();
    let mut is_range = false;
    for word in name.split(['_', '-', '(']) {
        let row = word.strip_prefix('f').filter(|row| row.len() == 3);
        match (word, row.and_then(|row| row.parse::<u16>().ok())) {
            ("and", _) => {}
            ("to", _) if !rows.is_empty() => is_range = true,
            (_, Some(row)) => {
                let last = rows.last().copied().filter(|_| std::mem::take(&mut is_range));
                rows.extend(last.map_or(row, |last| last + 1)..=row);
            }
            _ => break,
        }
    }
    rows
}
