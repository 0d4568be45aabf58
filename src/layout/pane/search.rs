//! Searching an output: where a text is, and the marks over it.

use std::ops::Range;

use ratatui::style::{Modifier, Style};
use regex::{Regex, RegexBuilder};

use super::section::Section;
use crate::layout::text::StyledText;
use crate::theme::Theme;

/// More matches than anybody steps through.
const MOST: usize = 10_000;

/// A place where what is searched for stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// In which section.
    pub(super) section: usize,
    /// In which of its lines.
    pub(super) line: usize,
    /// Where in that line, in bytes.
    pub(super) range: Range<usize>,
    /// On which row it begins.
    pub(super) row: u32,
}

/// What to look for: the text as it is; where it has no capital letters, theirs count as small ones.
pub(super) fn wanted(query: &str) -> Option<Regex> {
    let has_capitals = query.chars().any(char::is_uppercase);
    let wanted = RegexBuilder::new(&regex::escape(query)).case_insensitive(!has_capitals).build();
    wanted.ok().filter(|_| !query.is_empty())
}

/// Where it stands in the section with this number, which begins at this row.
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
    found.take(MOST).collect()
}

/// The marks over what is found.
pub(super) struct MatchMarks<'m> {
    matches: &'m [Match],
    current: Option<usize>,
    /// Over the current one, and over the others.
    styles: (Style, Style),
}

impl<'m> MatchMarks<'m> {
    pub(super) fn new(matches: &'m [Match], current: Option<usize>, theme: &Theme) -> Self {
        let other = theme.modal_selection.add_modifier(Modifier::UNDERLINED);
        let current_one = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        Self { matches, current, styles: (current_one, other) }
    }

    /// A line with its marks.
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
