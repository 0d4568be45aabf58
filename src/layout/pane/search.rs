//! Searching in an output, and highlighting of matches.

use std::ops::Range;

use ratatui::style::{Modifier, Style};
use regex::{Regex, RegexBuilder};

use super::section::Section;
use crate::layout::text::StyledText;
use crate::theme::Theme;

/// Maximum number of matches.
const MAX_MATCHES: usize = 10_000;

/// A match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The index of the section.
    pub(super) section: usize,
    /// The line in the section.
    pub(super) line: usize,
    /// The byte range in the line.
    pub(super) range: Range<usize>,
    /// The first row.
    pub(super) row: u32,
}

/// Compiles a query, which is a literal text. It is case-insensitive unless it contains capitals.
pub(super) fn compile(query: &str) -> Option<Regex> {
    let has_capitals = query.chars().any(char::is_uppercase);
    let wanted = RegexBuilder::new(&regex::escape(query)).case_insensitive(!has_capitals).build();
    wanted.ok().filter(|_| !query.is_empty())
}

/// Returns the matches in a section with this index and first row.
pub(super) fn matches(
    (number, start): (usize, u32),
    section: &Section<'_>,
    wanted: &Regex,
) -> Vec<Match> {
    let lines = (0..section.lines()).filter_map(|line| Some((line, section.text(line)?)));
    let found = lines.flat_map(|(line, text)| {
        let found = wanted.find_iter(text.as_str());
        let found = found.map(|found| {
            let row = start.saturating_add(section.row_of(line, found.start()));
            Match { section: number, line, range: found.range(), row }
        });
        found.collect::<Vec<_>>()
    });
    found.take(MAX_MATCHES).collect()
}

/// Highlights matches.
pub(super) struct MatchMarks<'m> {
    matches: &'m [Match],
    current: Option<usize>,
    /// The styles of the current match and of the others.
    styles: (Style, Style),
}

impl<'m> MatchMarks<'m> {
    pub(super) fn new(matches: &'m [Match], current: Option<usize>, theme: &Theme) -> Self {
        let other = theme.panel.selection.add_modifier(Modifier::UNDERLINED);
        let current_one = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        Self { matches, current, styles: (current_one, other) }
    }

    /// Highlights the matches in a line.
    pub(super) fn on(&self, section: usize, line: usize, text: StyledText) -> StyledText {
        let key = |found: &Match| (found.section, found.line);
        let first = self.matches.partition_point(|found| key(found) < (section, line));
        let here = self.matches[first..].iter().take_while(|found| key(found) == (section, line));
        here.zip(first..).fold(text, |text, (found, number)| {
            let (current, other) = self.styles;
            let style = if self.current == Some(number) { current } else { other };
            text.marked(found.range.clone(), style)
        })
    }
}
