//! The slide index: all slides by title, narrowed by what is typed, fuzzily.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::deck::{Deck, SlideKind, SlideNo};

/// The open index.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// What was typed.
    pub query: String,
    /// The slides that match, best first; in deck order without a query.
    pub found: Vec<SlideNo>,
    /// Which of them is chosen.
    pub chosen: usize,
}

impl Index {
    /// The index of a deck, with the slide shown chosen.
    pub fn open(deck: &Deck, at: SlideNo) -> Self {
        Self { query: String::new(), found: all(deck), chosen: at.index() }
    }

    /// The chosen slide.
    pub fn choice(&self) -> Option<SlideNo> {
        self.found.get(self.chosen).copied()
    }

    /// Moves the choice by `rows`, stopping at both ends.
    pub fn step(&mut self, rows: isize) {
        let last = self.found.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(rows).min(last);
    }

    /// Replaces what was typed and narrows the list to it.
    pub fn search(&mut self, deck: &Deck, query: String) {
        self.query = query;
        self.chosen = 0;
        self.found = if self.query.is_empty() { all(deck) } else { matching(deck, &self.query) };
    }
}

/// How the index calls a slide.
pub fn title(deck: &Deck, slide: SlideNo) -> &str {
    let slide = deck.slide(slide);
    match (slide.kind, &slide.title) {
        (SlideKind::Intro, _) => "[Introduction]",
        (SlideKind::Normal, Some(title)) => title,
        (SlideKind::Normal, None) => "<no title>",
    }
}

fn all(deck: &Deck) -> Vec<SlideNo> {
    (0..deck.slides.len()).map(SlideNo::new).collect()
}

fn matching(deck: &Deck, query: &str) -> Vec<SlideNo> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(query, CaseMatching::Smart, Normalization::Smart);
    let mut letters = Vec::new();
    let mut found: Vec<(u32, SlideNo)> = all(deck)
        .into_iter()
        .filter_map(|slide| {
            let text = format!("{} {}", slide.human(), title(deck, slide));
            let score = pattern.score(Utf32Str::new(&text, &mut letters), &mut matcher)?;
            Some((score, slide))
        })
        .collect();
    found.sort_by_key(|&(score, slide)| (std::cmp::Reverse(score), slide));
    found.into_iter().map(|(_, slide)| slide).collect()
}
