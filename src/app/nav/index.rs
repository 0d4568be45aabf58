//! The slide index: all slides by title, narrowed by a query. Titles match fuzzily; text, code and speaker
//! notes match by the line that contains the query.

use std::cmp::Reverse;
use std::sync::Arc;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::app::nav::search_text::{SearchLine, lines};
use crate::deck::{Cursor, Deck, SlideKind, SlideNo, Step};

/// The open index.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The query.
    pub query: String,
    /// The slides that match, best first; in deck order without a query.
    pub found: Vec<IndexEntry>,
    /// The index of the selected one.
    pub chosen: usize,
    /// The text to search, collected at the first key: often no query is typed.
    lines: Option<Arc<[SearchLine]>>,
}

/// A slide that matches the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// The slide.
    pub slide: SlideNo,
    /// The line that matches, unless it is the title.
    pub hit: Option<Box<str>>,
    /// The step that shows this line.
    step: Step,
}

/// How well a slide matches; the smallest is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Number,
    Title(Reverse<u32>),
    Text,
}

impl Index {
    /// Opens the index with the current slide selected.
    pub fn open(deck: &Deck, at: SlideNo) -> Self {
        Self { found: all(deck), chosen: at.index(), ..Self::default() }
    }

    /// Returns the selected slide, at the step that shows the match.
    pub fn choice(&self) -> Option<Cursor> {
        self.found.get(self.chosen).map(|found| Cursor { slide: found.slide, step: found.step })
    }

    /// Moves the selection by `rows`, stopping at both ends.
    pub fn step(&mut self, rows: isize) {
        let last = self.found.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(rows).min(last);
    }

    /// Selects a slide, if it is found.
    pub fn select(&mut self, slide: SlideNo) {
        if let Some(at) = self.found.iter().position(|found| found.slide == slide) {
            self.chosen = at;
        }
    }

    /// Replaces the query and narrows the list to it.
    pub fn search(&mut self, deck: &Deck, query: String) {
        self.query = query;
        self.chosen = 0;
        if self.query.trim().is_empty() {
            self.found = all(deck);
            return;
        }
        let lines = Arc::clone(self.lines.get_or_insert_with(|| lines(deck).into()));
        self.found = matching(deck, &lines, &self.query);
    }

    /// Returns the indices of the characters that match the query, for each text.
    pub fn marks(&self, texts: &[(&str, IsTitle)]) -> Vec<Vec<u32>> {
        let mut search = QueryMatcher::new(&self.query);
        texts.iter().map(|&(text, kind)| search.marks(text, kind)).collect()
    }
}

/// Whether a text is a slide's title, which matches fuzzily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsTitle {
    /// It is the title.
    Yes,
    /// It is a line of the slide.
    No,
}

/// Returns the name of a slide in the index.
pub fn title(deck: &Deck, slide: SlideNo) -> &str {
    let slide = deck.slide(slide);
    match (slide.kind, &slide.title) {
        (SlideKind::Intro, _) => "[Introduction]",
        (SlideKind::Normal, Some(title)) => title,
        (SlideKind::Normal, None) => "<no title>",
    }
}

fn all(deck: &Deck) -> Vec<IndexEntry> {
    let found = |slide| IndexEntry { slide: SlideNo::new(slide), hit: None, step: Step(0) };
    (0..deck.slides.len()).map(found).collect()
}

/// A query, prepared for matching.
struct QueryMatcher {
    matcher: Matcher,
    letters: Vec<char>,
    of_titles: Pattern,
    of_text: Pattern,
}

impl QueryMatcher {
    fn new(query: &str) -> Self {
        let (case, normal) = (CaseMatching::Smart, Normalization::Smart);
        Self {
            matcher: Matcher::new(Config::DEFAULT),
            letters: Vec::new(),
            of_titles: Pattern::parse(query, case, normal),
            // Fuzzy matching finds the letters of a short word in almost any long line.
            of_text: Pattern::new(query, case, normal, AtomKind::Substring),
        }
    }

    fn score(&mut self, text: &str, kind: IsTitle) -> Option<u32> {
        let pattern = if kind == IsTitle::Yes { &self.of_titles } else { &self.of_text };
        pattern.score(Utf32Str::new(text, &mut self.letters), &mut self.matcher)
    }

    fn marks(&mut self, text: &str, kind: IsTitle) -> Vec<u32> {
        let pattern = if kind == IsTitle::Yes { &self.of_titles } else { &self.of_text };
        let mut marks = Vec::new();
        let text = Utf32Str::new(text, &mut self.letters);
        let _ = pattern.indices(text, &mut self.matcher, &mut marks);
        marks.sort_unstable();
        marks.dedup();
        marks
    }
}

fn matching(deck: &Deck, lines: &[SearchLine], query: &str) -> Vec<IndexEntry> {
    let mut search = QueryMatcher::new(query);
    let number = query.trim().parse::<u32>().ok();
    let mut found: Vec<(Rank, IndexEntry)> = Vec::new();
    for of_slide in lines.chunk_by(|one, other| one.slide == other.slide) {
        let Some(slide) = of_slide.first().map(|line| line.slide) else { continue };
        let by_title = search.score(title(deck, slide), IsTitle::Yes);
        let rank = match by_title {
            _ if number == Some(slide.human()) => Some(Rank::Number),
            Some(score) => Some(Rank::Title(Reverse(score))),
            None => None,
        };
        if let Some(rank) = rank {
            found.push((rank, IndexEntry { slide, hit: None, step: Step(0) }));
            continue;
        }
        let hit = of_slide.iter().find(|line| search.score(&line.text, IsTitle::No).is_some());
        if let Some(SearchLine { text, step, .. }) = hit {
            found.push((Rank::Text, IndexEntry { slide, hit: Some(text.clone()), step: *step }));
        }
    }
    found.sort_by_key(|(rank, found)| (*rank, found.slide));
    found.into_iter().map(|(_, found)| found).collect()
}
