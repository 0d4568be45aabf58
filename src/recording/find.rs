//! Finds the entry of each cell: the one recorded for the same code, or else (outdated) the one
//! recorded at the same position.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Entry, Recording};
use crate::deck::{Cell, CellId, Deck};

/// The position of a cell, which does not change when slides are inserted before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockPosition {
    /// The title of its slide.
    pub slide: Option<String>,
    /// The number of the block, from 1, among the executable blocks of slides with this title.
    pub block: u32,
    /// The name from `+id:`.
    pub name: Option<String>,
}

/// The entry of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryMatch<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Whether it was recorded for different code.
    pub is_outdated: bool,
}

impl BlockPosition {
    /// Returns the position as a file name: `the-same-data-twice-2`.
    fn slug(&self) -> String {
        let mut slug = String::new();
        for c in self.slide.as_deref().unwrap_or_default().chars().take(60) {
            if c.is_ascii_alphanumeric() {
                slug.push(c.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_end_matches('-');
        format!("{}-{}", if slug.is_empty() { "slide" } else { slug }, self.block)
    }
}

/// Returns a unique file name for each position; duplicates get a number.
pub fn file_names(places: &[BlockPosition]) -> Vec<String> {
    let mut counts = BTreeMap::<String, u32>::new();
    let mut name = |place: &BlockPosition| {
        let slug = place.slug();
        let count = counts.entry(slug.clone()).or_default();
        *count += 1;
        // No slug ends with two numbers, so this name is unique.
        if *count == 1 { slug } else { format!("{slug}_{count}") }
    };
    places.iter().map(&mut name).collect()
}

/// Returns the positions of a deck's cells, in order.
pub fn block_positions(deck: &Deck) -> Vec<BlockPosition> {
    let mut counts = BTreeMap::<Option<&str>, u32>::new();
    let place = |cell: &Arc<Cell>| {
        let title = deck.slide(cell.slide).title.as_deref();
        let count = counts.entry(title).or_default();
        *count += 1;
        let name = cell.name.as_deref().map(str::to_owned);
        BlockPosition { slide: title.map(str::to_owned), block: *count, name }
    };
    deck.cells.iter().map(place).collect()
}

impl Recording {
    /// Finds the entries of a deck's cells.
    pub fn find(&self, deck: &Deck) -> BTreeMap<CellId, EntryMatch<'_>> {
        let places = block_positions(deck);
        let mut free: Vec<&Entry> = self.entries.iter().collect();
        let mut found = BTreeMap::new();
        let same_place =
            |entry: &Entry, id: CellId| Some(&entry.place) == places.get(id.0 as usize);
        for exact in [true, false] {
            for cell in &deck.cells {
                let fits = |entry: &&Entry| {
                    entry.code == cell.fingerprint && (!exact || same_place(entry, cell.id))
                };
                if !found.contains_key(&cell.id)
                    && let Some(at) = free.iter().position(fits)
                {
                    found
                        .insert(cell.id, EntryMatch { entry: free.remove(at), is_outdated: false });
                }
            }
        }
        for cell in &deck.cells {
            let name = cell.name.as_deref();
            let fits = |entry: &&Entry| {
                let named = name.is_some() && entry.place.name.as_deref() == name;
                *entry.language == *cell.language && (named || same_place(entry, cell.id))
            };
            if !found.contains_key(&cell.id)
                && let Some(at) = free.iter().position(fits)
            {
                found.insert(cell.id, EntryMatch { entry: free.remove(at), is_outdated: true });
            }
        }
        found
    }

    /// Returns the entries that belong to no cell of the deck.
    pub fn orphans(&self, deck: &Deck) -> Vec<&Entry> {
        let found = self.find(deck);
        let is_found =
            |entry: &&Entry| found.values().any(|found| std::ptr::eq(found.entry, *entry));
        self.entries.iter().filter(|entry| !is_found(entry)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::recording::RunResult;
    use crate::recording::test_decks::deck;
    use crate::run::Outcome;

    fn recorded(deck: &Deck) -> Recording {
        let entry = |(cell, place): (&Arc<Cell>, BlockPosition)| Entry {
            place,
            language: cell.language.to_string(),
            code: cell.fingerprint,
            date: "2026-11-22".to_owned(),
            result: RunResult {
                outcome: Outcome::Exited(0),
                took: Duration::ZERO,
                lines: vec![cell.code.trim().to_owned()],
                screen: None,
                picture: None,
                values: Vec::new(),
            },
        };
        Recording { entries: deck.cells.iter().zip(block_positions(deck)).map(entry).collect() }
    }

    /// Returns what is found for each cell: its recorded line, marked if outdated.
    fn found(recording: &Recording, deck: &Deck) -> Vec<String> {
        let found = recording.find(deck);
        let describe = |cell: &Arc<Cell>| match found.get(&cell.id) {
            Some(EntryMatch { entry, is_outdated: false }) => entry.result.lines[0].clone(),
            Some(EntryMatch { entry, is_outdated: true }) => {
                format!("{} before", entry.result.lines[0])
            }
            None => "-".to_owned(),
        };
        deck.cells.iter().map(describe).collect()
    }

    #[test]
    fn entries_follow_moved_and_edited_code() {
        let recording = recorded(&deck(&[("One", &["a", "b"]), ("Two", &["c"])]));
        let as_is = deck(&[("One", &["a", "b"]), ("Two", &["c"])]);
        assert_eq!(found(&recording, &as_is), ["a", "b", "c"]);
        let moved = deck(&[("New", &["x"]), ("Two", &["c", "a"]), ("One", &["b"])]);
        assert_eq!(found(&recording, &moved), ["-", "c", "a", "b"]);
        let edited = deck(&[("One", &["a", "B"]), ("Two", &["c"])]);
        assert_eq!(found(&recording, &edited), ["a", "b before", "c"]);
        let gone = deck(&[("One", &["b"])]);
        assert_eq!(found(&recording, &gone), ["b"]);
        let left: Vec<_> =
            recording.orphans(&gone).iter().map(|entry| &entry.result.lines[0]).collect();
        assert_eq!(left, ["a", "c"]);
    }

    #[test]
    fn equal_code_is_matched_by_position() {
        let mut recording = recorded(&deck(&[("One", &["date", "date"]), ("Two", &["date"])]));
        for (at, entry) in recording.entries.iter_mut().enumerate() {
            entry.result.lines = vec![at.to_string()];
        }
        let swapped = deck(&[("Two", &["date"]), ("One", &["date", "date"])]);
        assert_eq!(found(&recording, &swapped), ["2", "0", "1"]);
    }

    #[test]
    fn positions_become_file_names() {
        let slug = |slide: &str| {
            BlockPosition { slide: Some(slide.to_owned()), block: 2, name: None }.slug()
        };
        assert_eq!(slug("The same data, twice!"), "the-same-data-twice-2");
        assert_eq!(slug("../../etc"), "etc-2");
        assert_eq!(slug("日本"), "slide-2");
    }

    #[test]
    fn file_names_are_unique() {
        let place =
            |slide: &str| BlockPosition { slide: Some(slide.to_owned()), block: 1, name: None };
        let places = ["Why?", "日本", "Why!", "中国", "Why"].map(place);
        assert_eq!(file_names(&places), ["why-1", "slide-1", "why-1_2", "slide-1_2", "why-1_3"]);
    }
}
