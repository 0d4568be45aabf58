//! The times of a rehearsal on disk: `talk.rehearsal.json` beside `talk.md`.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::options::folder;
use crate::deck::{Deck, SlideNo};
use crate::files::{self, FileKind};

/// The longest time of a slide: those of a damaged file can be added up, too.
const MAX_SLIDE_TIME: Duration = Duration::from_hours(10_000);

/// The times of a rehearsal.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Rehearsal {
    /// The slides that were shown, in order.
    pub slides: Vec<RehearsedSlide>,
}

/// The times of a slide.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct RehearsedSlide {
    /// Its title; empty if it has none.
    #[serde(default)]
    pub title: String,
    /// Its number, from 1.
    pub slide: u32,
    /// How long each step was shown, in milliseconds.
    pub steps_ms: Vec<u64>,
}

impl RehearsedSlide {
    /// Returns how long the slide was shown.
    pub fn time(&self) -> Duration {
        let total = self.steps_ms.iter().fold(0_u64, |sum, step| sum.saturating_add(*step));
        Duration::from_millis(total).min(MAX_SLIDE_TIME)
    }
}

impl Rehearsal {
    /// Returns the time of each slide of a deck, which may have changed since: slides are found by their
    /// titles, and those without by their numbers.
    pub fn times(&self, deck: &Deck) -> Vec<Option<Duration>> {
        // The number only counts without a title.
        let key = |title, number| if str::is_empty(title) { (title, number) } else { (title, 0) };
        let mut free = BTreeMap::<_, VecDeque<_>>::new();
        for slide in &self.slides {
            free.entry(key(&slide.title, slide.slide)).or_default().push_back(slide);
        }
        let mut time = |number: usize| {
            let slide = SlideNo::new(number);
            Some(free.get_mut(&key(title(deck, slide), slide.human()))?.pop_front()?.time())
        };
        (0..deck.slides.len()).map(&mut time).collect()
    }
}

/// Returns the title of a slide as a rehearsal stores it.
pub(crate) fn title(deck: &Deck, slide: SlideNo) -> &str {
    deck.slide(slide).title.as_deref().unwrap_or_default()
}

/// Returns the file of a deck's rehearsal.
pub fn rehearsal_file(deck: &Path) -> PathBuf {
    deck.with_extension("rehearsal.json")
}

/// Reads the last rehearsal of a deck; none if there is none, or if it is damaged.
pub fn read_rehearsal(deck: &Path) -> Option<Rehearsal> {
    let bytes = files::read(&rehearsal_file(deck), FileKind::Recording).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Saves a rehearsal beside its deck.
///
/// # Errors
/// The file cannot be written.
pub fn save_rehearsal(deck: &Path, rehearsal: &Rehearsal) -> io::Result<()> {
    let path = rehearsal_file(deck);
    let mut text = serde_json::to_vec_pretty(rehearsal)?;
    text.push(b'\n');
    let mut file = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder(&path))?;
    file.write_all(&text)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write files")]
mod tests {
    use super::*;
    use crate::deck::Slide;

    #[test]
    fn times_follow_slides_that_moved() {
        let slide = |title: &str, slide, steps_ms: &[u64]| RehearsedSlide {
            title: title.to_owned(),
            slide,
            steps_ms: steps_ms.to_vec(),
        };
        let slides =
            vec![slide("", 1, &[1_000]), slide("One", 2, &[2_000, 500]), slide("One", 3, &[7])];
        let rehearsal = Rehearsal { slides };
        let titled =
            |title: Option<&str>| Slide { title: title.map(Into::into), ..Slide::default() };
        let slides = [None, Some("New"), Some("One"), None].map(titled).to_vec();
        let deck = Deck { slides, ..Deck::default() };
        let millis = |millis| Some(Duration::from_millis(millis));
        assert_eq!(rehearsal.times(&deck), [millis(1_000), None, millis(2_500), None]);
        let endless = slide("", 1, &[u64::MAX; 2]);
        let many = Rehearsal { slides: vec![endless; 2_000] };
        let sum: Duration = many.slides.iter().map(RehearsedSlide::time).sum();
        assert_eq!(sum, MAX_SLIDE_TIME * 2_000);
    }

    #[test]
    fn rehearsal_is_stored_beside_the_deck() {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("talk.md");
        assert_eq!(read_rehearsal(&deck), None);
        let slides =
            vec![RehearsedSlide { slide: 1, steps_ms: vec![5], ..RehearsedSlide::default() }];
        let rehearsal = Rehearsal { slides };
        save_rehearsal(&deck, &rehearsal).unwrap();
        assert!(folder.path().join("talk.rehearsal.json").is_file());
        assert_eq!(read_rehearsal(&deck), Some(rehearsal));
        std::fs::write(rehearsal_file(&deck), "{").unwrap();
        assert_eq!(read_rehearsal(&deck), None);
    }
}
