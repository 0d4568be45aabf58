//! Unsaved edits of files.
//!
//! A draft records the text that it replaces. When the file changes around that text, the draft
//! moves with it; while the text is missing or ambiguous, the draft is kept but not applied.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The drafts of all files of a deck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drafts(Vec<Draft>);

/// An edited part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Draft {
    file: PathBuf,
    /// The position of the part when it was edited, in bytes of the saved text.
    at: usize,
    /// The saved text of the part.
    saved: String,
    /// The edited text of the part.
    edited: String,
}

/// A draft with its position: bytes of the saved text, and of the text with all drafts applied.
struct PlacedDraft<'d> {
    index: usize,
    draft: &'d Draft,
    saved: Range<usize>,
    drafted: Range<usize>,
}

impl Drafts {
    /// Returns whether there are no drafts.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the files that have drafts.
    pub fn files(&self) -> BTreeSet<&Path> {
        self.0.iter().map(|draft| draft.file.as_path()).collect()
    }

    /// Returns the drafted parts of a file, in bytes of the text with drafts, and the number of drafts
    /// that do not apply.
    pub fn parts(&self, file: &Path, saved: &str) -> (Vec<Range<usize>>, usize) {
        let parts: Vec<_> =
            self.places(file, saved).into_iter().map(|place| place.drafted).collect();
        let all = self.0.iter().filter(|draft| draft.file == file).count();
        let lost = all - parts.len();
        (parts, lost)
    }

    /// Removes the drafts with this text that do not apply: a newer one follows them.
    pub fn forget_lost(&mut self, file: &Path, saved: &str, edited: &str) {
        let placed: Vec<_> = self.places(file, saved).iter().map(|place| place.index).collect();
        let mut index = 0;
        self.0.retain(|draft| {
            index += 1;
            placed.contains(&(index - 1)) || draft.file != file || draft.edited != edited
        });
    }

    /// Returns a file's text with its drafts applied.
    pub fn apply<'t>(&self, file: &Path, saved: &'t str) -> Cow<'t, str> {
        let places = self.places(file, saved);
        if places.is_empty() {
            return Cow::Borrowed(saved);
        }
        let mut text = String::with_capacity(saved.len());
        let mut end = 0;
        for place in places {
            text.push_str(&saved[end..place.saved.start]);
            text.push_str(&place.draft.edited);
            end = place.saved.end;
        }
        text.push_str(&saved[end..]);
        Cow::Owned(text)
    }

    /// Replaces the bytes `range` of the text with drafts by `edited`. Returns `false` if the range
    /// would cut another draft.
    pub fn edit(&mut self, file: &Path, saved: &str, range: Range<usize>, edited: &str) -> bool {
        let places = self.places(file, saved);
        if let Some(place) = places.iter().find(|place| place.drafted == range) {
            let (index, is_saved) = (place.index, place.draft.saved == edited);
            if is_saved {
                self.0.remove(index);
            } else {
                edited.clone_into(&mut self.0[index].edited);
            }
            return true;
        }
        let is_cut = |place: &PlacedDraft<'_>| {
            place.drafted.start < range.end && range.start < place.drafted.end
        };
        if places.iter().any(is_cut) {
            return false;
        }
        let before = places.iter().rev().find(|place| place.drafted.end <= range.start);
        let at =
            before.map_or(range.start, |place| range.start - place.drafted.end + place.saved.end);
        let Some(part) = saved.get(at..at + range.len()) else { return false };
        if part != edited {
            let (saved, edited) = (part.to_owned(), edited.to_owned());
            self.0.push(Draft { file: file.to_owned(), at, saved, edited });
        }
        true
    }

    /// Removes the draft at these bytes of the text with drafts.
    pub fn revert(&mut self, file: &Path, saved: &str, range: &Range<usize>) {
        let places = self.places(file, saved);
        let index = places.iter().find(|place| place.drafted == *range).map(|place| place.index);
        if let Some(index) = index {
            self.0.remove(index);
        }
    }

    /// Returns the saved text with only the draft at these bytes applied; `None` if there is no
    /// such draft.
    pub fn saved_with(&self, file: &Path, saved: &str, range: &Range<usize>) -> Option<String> {
        let places = self.places(file, saved);
        let place = places.iter().find(|place| place.drafted == *range)?;
        let Range { start, end } = place.saved;
        Some([&saved[..start], &place.draft.edited, &saved[end..]].concat())
    }

    /// Returns the drafts that apply to a file, in order.
    fn places(&self, file: &Path, saved: &str) -> Vec<PlacedDraft<'_>> {
        let mut places: Vec<PlacedDraft<'_>> = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, draft)| draft.file == file)
            .filter_map(|(index, draft)| {
                let at = draft.find(saved)?;
                let range = at..at + draft.saved.len();
                Some(PlacedDraft { index, draft, saved: range.clone(), drafted: range })
            })
            .collect();
        places.sort_by_key(|place| place.saved.start);
        places.dedup_by(|later, earlier| later.saved.start < earlier.saved.end);
        let (mut drafted, mut end) = (0, 0);
        for place in &mut places {
            drafted += place.saved.start - end;
            place.drafted = drafted..drafted + place.draft.edited.len();
            (drafted, end) = (place.drafted.end, place.saved.end);
        }
        places
    }
}

impl Draft {
    /// Returns the position of the part: the original one, or the only one it has moved to.
    fn find(&self, saved: &str) -> Option<usize> {
        if saved.get(self.at..).is_some_and(|rest| rest.starts_with(&self.saved)) {
            return Some(self.at);
        }
        let mut found = saved.match_indices(&self.saved).map(|(at, _)| at);
        found.next().filter(|_| !self.saved.trim().is_empty() && found.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVED: &str = "one\ntwo\nthree\n";

    fn deck() -> &'static Path {
        Path::new("talk.md")
    }

    fn at(text: &str, part: &str) -> Range<usize> {
        let start = text.find(part).unwrap();
        start..start + part.len()
    }

    /// Returns drafts of these edits, applied one after the other.
    fn edited(edits: &[(&str, &str)]) -> Drafts {
        let mut drafts = Drafts::default();
        for (part, edited) in edits {
            let range = at(&drafts.apply(deck(), SAVED), part);
            assert!(drafts.edit(deck(), SAVED, range, edited));
        }
        drafts
    }

    #[test]
    fn drafts_apply_only_to_their_file() {
        let drafts = edited(&[("two", "2 and a half")]);
        assert_eq!(drafts.apply(deck(), SAVED), "one\n2 and a half\nthree\n");
        assert_eq!(drafts.apply(Path::new("other.md"), SAVED), SAVED);
        assert_eq!(Drafts::default().apply(deck(), SAVED), SAVED);
    }

    #[test]
    fn several_drafts_can_each_be_edited_again() {
        let edits = [("three", "3"), ("one", "first"), ("3", "drei"), ("first", "")];
        assert_eq!(edited(&edits).apply(deck(), SAVED), "\ntwo\ndrei\n");
    }

    #[test]
    fn draft_equal_to_the_saved_text_is_dropped() {
        assert!(edited(&[("two", "2"), ("2", "two")]).is_empty());
        assert!(edited(&[("two", "two")]).is_empty());
    }

    #[test]
    fn reverting_a_draft_keeps_the_others() {
        let mut drafts = edited(&[("one", "1"), ("three", "3")]);
        let range = at(&drafts.apply(deck(), SAVED), "1");
        drafts.revert(deck(), SAVED, &range);
        assert_eq!(drafts.apply(deck(), SAVED), "one\ntwo\n3\n");
    }

    #[test]
    fn single_draft_is_saved_without_the_others() {
        let drafts = edited(&[("one", "1"), ("three", "3")]);
        let range = at(&drafts.apply(deck(), SAVED), "3");
        assert_eq!(drafts.saved_with(deck(), SAVED, &range).unwrap(), "one\ntwo\n3\n");
        assert_eq!(drafts.saved_with(deck(), SAVED, &(0..2)), None);
    }

    #[test]
    fn edit_that_overlaps_a_draft_is_rejected() {
        let mut drafts = edited(&[("two", "2")]);
        assert!(!drafts.edit(deck(), SAVED, 2..5, "x"));
        assert_eq!(drafts.apply(deck(), SAVED), "one\n2\nthree\n");
    }

    #[test]
    fn lost_drafts_are_counted_until_a_newer_one_follows() {
        let mut drafts = edited(&[("one", "1"), ("three", "3")]);
        let parts = |drafts: &Drafts, saved: &str| {
            let (parts, lost) = drafts.parts(deck(), saved);
            (parts.iter().map(|part| part.start).collect::<Vec<_>>(), lost)
        };
        assert_eq!(parts(&drafts, SAVED), (vec![0, 6], 0));
        let theirs = "one\ntwo\ndrei\n";
        assert_eq!(parts(&drafts, theirs), (vec![0], 1));
        drafts.forget_lost(deck(), theirs, "1");
        assert_eq!(parts(&drafts, theirs), (vec![0], 1), "it applies");
        drafts.forget_lost(deck(), theirs, "3");
        assert_eq!(parts(&drafts, theirs), (vec![0], 0));
    }

    #[test]
    fn draft_follows_its_text_and_waits_while_it_is_gone() {
        let drafts = edited(&[("two", "2")]);
        assert_eq!(drafts.apply(deck(), "zero\none\ntwo\n"), "zero\none\n2\n");
        assert_eq!(drafts.apply(deck(), "one\nthree\n"), "one\nthree\n");
        assert_eq!(drafts.apply(deck(), "x two two\n"), "x two two\n", "which of them?");
        assert_eq!(drafts.apply(deck(), SAVED), "one\n2\nthree\n");
    }
}
