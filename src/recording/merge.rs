//! Merges new results into an existing recording. Unchanged results keep their date and time, so
//! recording again changes nothing if nothing has changed.

use super::compare::difference;
use super::{Entry, PlannedRun, RecordedPicture, Recording, RunResult, block_positions};
use crate::deck::Deck;
use crate::run::Outcome;

/// The result of merging.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeOutcome {
    /// The merged recording.
    pub recording: Recording,
    /// Number of blocks that are new or have changed.
    pub changed: usize,
}

/// Merges the results of these runs into the recording `before`. A block that could not be started
/// keeps the entry recorded for the same code.
pub fn merge(
    deck: &Deck,
    before: &Recording,
    runs: &[(PlannedRun, RunResult)],
    date: &str,
) -> MergeOutcome {
    let found = before.find(deck);
    let places = block_positions(deck);
    let mut merged = MergeOutcome { recording: Recording::default(), changed: 0 };
    for (planned, result) in runs {
        let Some(cell) = deck.cell(planned.cell) else { continue };
        let place = places.get(planned.cell.0 as usize).cloned().unwrap_or_default();
        let last = found.get(&cell.id).filter(|found| !found.is_outdated).map(|found| found.entry);
        let is_started = !matches!(result.outcome, Outcome::NotStarted(_));
        let same = |last: &&Entry| {
            let with = (last.date.as_str(), cell.check.mask.as_deref());
            let is_drawn_alike = pictures(&last.result) == pictures(result);
            !is_started || is_drawn_alike && difference(&last.result, result, with).is_empty()
        };
        let entry = match last.filter(same) {
            Some(last) => Entry { place, ..last.clone() },
            None if !is_started => continue,
            None => {
                merged.changed += 1;
                let language = cell.language.to_string();
                let (code, date, result) = (cell.fingerprint, date.to_owned(), result.clone());
                Entry { place, language, code, date, result }
            }
        };
        merged.recording.entries.push(entry);
    }
    merged
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
        let first = merge(&deck, &Recording::default(), &first, "2026-11-22");
        assert_eq!(first.changed, 2);
        let again = runs(&deck, &[result("1", 50), result("took 9 ms", 60)]);
        let again = merge(&deck, &first.recording, &again, "2026-12-24");
        assert_eq!((again.changed, &again.recording), (0, &first.recording));
        let other = runs(&deck, &[result("2", 50), result("took 9 ms", 60)]);
        let other = merge(&deck, &first.recording, &other, "2026-12-24");
        let dates: Vec<_> = other.recording.entries.iter().map(|entry| &*entry.date).collect();
        assert_eq!((other.changed, dates), (1, vec!["2026-12-24", "2026-11-22"]));
    }

    #[test]
    fn unstartable_blocks_keep_their_entry() {
        let deck = deck(&[("One", &["a"])]);
        let first =
            merge(&deck, &Recording::default(), &runs(&deck, &[result("1", 5)]), "2026-11-22");
        let missing =
            RunResult { outcome: Outcome::NotStarted("no bash".to_owned()), ..result("", 0) };
        let runs = runs(&deck, &[missing]);
        assert_eq!(merge(&deck, &first.recording, &runs, "x").recording, first.recording);
        assert_eq!(merge(&deck, &Recording::default(), &runs, "x").recording.entries, []);
    }
}
