//! A new recording over the one before it: what came out as before stays as it was, its day and its
//! time with it, so that recording again changes nothing where nothing has changed.

use super::compare::difference;
use super::{Picture, Ran, Recording, Round, Take, places};
use crate::deck::Deck;
use crate::run::Outcome;

/// What recording again has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The recording as it is now.
    pub recording: Recording,
    /// How many blocks came out otherwise than before, or were not there.
    pub changed: usize,
}

/// The recording after these rounds, over the one `before`. A block that could not be started keeps
/// what was recorded of the same code.
pub fn keep(deck: &Deck, before: &Recording, rounds: &[(Round, Ran)], date: &str) -> Kept {
    let found = before.find(deck);
    let places = places(deck);
    let mut kept = Kept { recording: Recording::default(), changed: 0 };
    for (round, ran) in rounds {
        let Some(cell) = deck.cell(round.cell) else { continue };
        let place = places.get(round.cell.0 as usize).cloned().unwrap_or_default();
        let last = found.get(&cell.id).filter(|found| !found.is_old).map(|found| found.take);
        let is_started = !matches!(ran.outcome, Outcome::NotStarted(_));
        let same = |last: &&Take| {
            let with = (last.date.as_str(), cell.check.mask.as_deref());
            let is_drawn_alike = pictures(&last.ran) == pictures(ran);
            !is_started || is_drawn_alike && difference(&last.ran, ran, with).is_empty()
        };
        let take = match last.filter(same) {
            Some(last) => Take { place, ..last.clone() },
            None if !is_started => continue,
            None => {
                kept.changed += 1;
                let language = cell.language.to_string();
                let (code, date, ran) = (cell.fingerprint, date.to_owned(), ran.clone());
                Take { place, language, code, date, ran }
            }
        };
        kept.recording.takes.push(take);
    }
    kept
}

/// How many values there are that are more than text, and the pictures: where a slide has another
/// title, they have other names.
fn pictures(ran: &Ran) -> (usize, Vec<&Picture>) {
    (ran.shown.len(), ran.pictures().collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::recording::shows;
    use crate::recording::test_decks::deck;

    /// The rounds of a deck, of which these things come out.
    fn rounds(deck: &Deck, ran: &[Ran]) -> Vec<(Round, Ran)> {
        shows(deck).into_iter().zip(ran.iter().cloned()).collect()
    }

    fn ran(text: &str, millis: u64) -> Ran {
        let (outcome, took) = (Outcome::Exited(0), Duration::from_millis(millis));
        Ran {
            outcome,
            took,
            lines: vec![text.to_owned()],
            screen: None,
            picture: None,
            shown: Vec::new(),
        }
    }

    #[test]
    fn recording_again_changes_what_has_changed_and_nothing_else() {
        let deck = deck(&[("One", &["a", "b"])]);
        let first = rounds(&deck, &[ran("1", 5), ran("took 3 ms", 6)]);
        let first = keep(&deck, &Recording::default(), &first, "2026-11-22");
        assert_eq!(first.changed, 2);
        let again = rounds(&deck, &[ran("1", 50), ran("took 9 ms", 60)]);
        let again = keep(&deck, &first.recording, &again, "2026-12-24");
        assert_eq!((again.changed, &again.recording), (0, &first.recording));
        let other = rounds(&deck, &[ran("2", 50), ran("took 9 ms", 60)]);
        let other = keep(&deck, &first.recording, &other, "2026-12-24");
        let dates: Vec<_> = other.recording.takes.iter().map(|take| &*take.date).collect();
        assert_eq!((other.changed, dates), (1, vec!["2026-12-24", "2026-11-22"]));
    }

    #[test]
    fn what_cannot_be_started_here_keeps_what_was_recorded_elsewhere() {
        let deck = deck(&[("One", &["a"])]);
        let first =
            keep(&deck, &Recording::default(), &rounds(&deck, &[ran("1", 5)]), "2026-11-22");
        let missing = Ran { outcome: Outcome::NotStarted("no bash".to_owned()), ..ran("", 0) };
        let rounds = rounds(&deck, &[missing]);
        assert_eq!(keep(&deck, &first.recording, &rounds, "x").recording, first.recording);
        assert_eq!(keep(&deck, &Recording::default(), &rounds, "x").recording.takes, []);
    }
}
