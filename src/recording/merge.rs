//! Merges new results into an existing recording. Unchanged results keep their date and time, so
//! recording again changes nothing if nothing has changed.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::difference;
use super::{Entry, PlannedRun, RecordedPicture, Recording, RunResult, block_positions};
use crate::deck::{CellId, Deck};
use crate::run::Outcome;

/// The result of merging.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeOutcome {
    /// The merged recording.
    pub recording: Recording,
    /// Number of blocks that are new or have changed.
    pub changed: usize,
}

/// Merges the results of runs of the `selected` cells into the recording `before`. A block that could not
/// be started keeps the entry recorded for the same code, and a block that is not selected its own.
pub fn merge(
    deck: &Deck,
    before: &Recording,
    (selected, runs): (&BTreeSet<CellId>, &[(PlannedRun, RunResult)]),
    date: &str,
) -> MergeOutcome {
    let found = before.find(deck);
    let places = block_positions(deck);
    let kept = found.iter().filter(|(cell, _)| !selected.contains(cell));
    let mut entries: BTreeMap<_, _> =
        kept.map(|(&cell, found)| (cell, found.entry.clone())).collect();
    let mut changed = 0;
    for (planned, result) in runs {
        let Some(cell) = deck.cell(planned.cell) else { continue };
        let place = places.get(planned.cell.0 as usize).cloned().unwrap_or_default();
        let last = found.get(&cell.id).filter(|found| !found.is_outdated).map(|found| found.entry);
        let is_started = !matches!(result.outcome, Outcome::NotStarted(_));
        let same = |last: &&Entry| {
            let ignored = cell.check.uncompared();
            let with = (last.date.as_str(), ignored.as_deref());
            let is_drawn_alike = pictures(&last.result) == pictures(result);
            !is_started || is_drawn_alike && difference(&last.result, result, with).is_empty()
        };
        let entry = match last.filter(same) {
            Some(last) => Entry { place, ..last.clone() },
            None if !is_started => continue,
            None => {
                changed += 1;
                let language = cell.language.to_string();
                let (code, date, result) = (cell.fingerprint, date.to_owned(), result.clone());
                Entry { place, language, code, date, result }
            }
        };
        entries.insert(cell.id, entry);
    }
    MergeOutcome { recording: Recording { entries: entries.into_values().collect() }, changed }
}

/// Returns the number of values, and the pictures, whose names depend on the slide's title.
fn pictures(result: &RunResult) -> (usize, Vec<&RecordedPicture>) {
    (result.values.len(), result.pictures().collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::recording::presentation_runs;
    use crate::recording::test_decks::deck;

    /// Pairs each planned run of the deck with a result.
    fn runs(deck: &Deck, result: &[RunResult]) -> Vec<(PlannedRun, RunResult)> {
        presentation_runs(deck).into_iter().zip(result.iter().cloned()).collect()
    }

    /// Merges results of all blocks.
    fn merge_all(
        deck: &Deck,
        before: &Recording,
        runs: &[(PlannedRun, RunResult)],
        date: &str,
    ) -> MergeOutcome {
        let all = deck.cells.iter().map(|cell| cell.id).collect();
        merge(deck, before, (&all, runs), date)
    }

    #[test]
    fn other_blocks_keep_their_entries() {
        let deck = deck(&[("One", &["a", "b", "c"])]);
        let first = runs(&deck, &[result("1", 5), result("2", 5), result("3", 5)]);
        let first = merge_all(&deck, &Recording::default(), &first, "2026-11-22").recording;
        let again = &runs(&deck, &[result("1", 5), result("new", 5)])[1..];
        let selected = [deck.cells[1].id].into();
        let merged = merge(&deck, &first, (&selected, again), "2026-12-24");
        let lines = merged.recording.entries.iter().map(|entry| entry.result.lines.concat());
        assert_eq!(
            (merged.changed, lines.collect::<Vec<_>>()),
            (1, vec!["1".into(), "new".into(), "3".into()])
        );
    }

    fn result(text: &str, millis: u64) -> RunResult {
        let (outcome, took) = (Outcome::Exited(0), Duration::from_millis(millis));
        RunResult {
            outcome,
            took,
            lines: vec![text.to_owned()],
            screen: None,
            picture: None,
            values: Vec::new(),
        }
    }

    #[test]
    fn recording_again_changes_only_differences() {
        let deck = deck(&[("One", &["a", "b"])]);
        let first = runs(&deck, &[result("1", 5), result("took 3 ms", 6)]);
        let first = merge_all(&deck, &Recording::default(), &first, "2026-11-22");
        assert_eq!(first.changed, 2);
        let again = runs(&deck, &[result("1", 50), result("took 9 ms", 60)]);
        let again = merge_all(&deck, &first.recording, &again, "2026-12-24");
        assert_eq!((again.changed, &again.recording), (0, &first.recording));
        let other = runs(&deck, &[result("2", 50), result("took 9 ms", 60)]);
        let other = merge_all(&deck, &first.recording, &other, "2026-12-24");
        let dates: Vec<_> = other.recording.entries.iter().map(|entry| &*entry.date).collect();
        assert_eq!((other.changed, dates), (1, vec!["2026-12-24", "2026-11-22"]));
    }

    #[test]
    fn unstartable_blocks_keep_their_entry() {
        let deck = deck(&[("One", &["a"])]);
        let first =
            merge_all(&deck, &Recording::default(), &runs(&deck, &[result("1", 5)]), "2026-11-22");
        let missing =
            RunResult { outcome: Outcome::NotStarted("no bash".to_owned()), ..result("", 0) };
        let runs = runs(&deck, &[missing]);
        assert_eq!(merge_all(&deck, &first.recording, &runs, "x").recording, first.recording);
        assert_eq!(merge_all(&deck, &Recording::default(), &runs, "x").recording.entries, []);
    }
}
