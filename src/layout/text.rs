//! A logical line of styled text: what is wrapped into rows, and measured, before it has a place.
//! Text and styles are kept apart, so that breaking lines looks at one string.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::limits::{LONGEST_TEXT, MOST_ROWS};
use super::wrap;
use crate::source::{TextKind, mark_invisible};

/// One line of styled text, not wrapped.
#[derive(Clone, Debug, Default)]
pub(super) struct StyledText {
    string: String,
    /// Styles and where each ends, in order; together they cover the string.
    runs: Vec<(usize, Style)>,
    /// Where a style ends and yet no row may.
    glued: Vec<usize>,
}

impl StyledText {
    /// Text in one style.
    pub(super) fn plain(text: &str, style: Style) -> Self {
        let mut made = Self::default();
        made.push(text, style);
        made
    }

    /// Takes over a line that is styled already.
    pub(super) fn from_line(line: &Line<'_>) -> Self {
        let mut made = Self::default();
        for span in &line.spans {
            made.push(&span.content, line.style.patch(span.style));
        }
        made
    }

    /// Adds text at the end. A tab is four spaces; other control characters, which no cell can
    /// show, are left out; an invisible character that nothing needs is a mark.
    pub(super) fn push(&mut self, text: &str, style: Style) {
        let room = LONGEST_TEXT.saturating_sub(self.string.len());
        if text.len() > room {
            if room > 0 {
                let end = text.floor_char_boundary(room);
                self.add(&text[..end], style);
                self.add("…", style);
            }
            return;
        }
        self.add(text, style);
    }

    fn add(&mut self, text: &str, style: Style) {
        let before = if text.is_ascii() { None } else { self.string.chars().next_back() };
        let text = &*mark_invisible(TextKind::Prose, before, text);
        if text.chars().any(char::is_control) {
            for char in text.chars() {
                match char {
                    '\t' => self.string.push_str("    "),
                    char if char.is_control() => {}
                    char => self.string.push(char),
                }
            }
        } else {
            self.string.push_str(text);
        }
        match self.runs.last_mut() {
            Some(last) if last.1 == style => last.0 = self.string.len(),
            _ => self.runs.push((self.string.len(), style)),
        }
    }

    /// Adds a text at the end, styles and all.
    pub(super) fn append(&mut self, text: &Self) {
        let before = self.string.len();
        self.string.push_str(&text.string);
        self.runs.extend(text.runs.iter().map(|&(end, style)| (before + end, style)));
        self.glued.extend(text.glued.iter().map(|end| before + end));
    }

    /// Lets no row end here, though the style may change.
    pub(super) fn glue(&mut self) {
        self.glued.push(self.string.len());
    }

    /// Where its pieces end: a row may, too.
    fn ends(&self) -> impl Iterator<Item = usize> {
        let last = self.string.len();
        let ends = self.runs.iter().map(|&(end, _)| end);
        ends.filter(move |end| *end == last || self.glued.binary_search(end).is_err())
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.string.is_empty()
    }

    /// Its text without the styles.
    pub(super) fn as_str(&self) -> &str {
        &self.string
    }

    /// Its width in cells.
    pub(super) fn width(&self) -> u16 {
        wrap::columns(&self.string)
    }

    /// Its rows, broken at words, and the width of each.
    pub(super) fn rows(&self, width: u16) -> impl Iterator<Item = (Line<'static>, u16)> {
        let rows = wrap::pieces(&self.string, width, self.ends());
        rows.into_iter().take(MOST_ROWS as usize).map(|row| self.row(row))
    }

    /// The same where the last `hang` columns may stand behind a full row.
    pub(super) fn hanging_rows(
        &self,
        width: u16,
        hang: u16,
    ) -> impl Iterator<Item = (Line<'static>, u16)> {
        let rows = wrap::hanging(&self.string, width, hang, self.ends());
        rows.into_iter().take(MOST_ROWS as usize).map(|row| self.row(row))
    }

    /// The whole line on one row; where it is too wide, cut and closed with `…`.
    pub(super) fn cut(&self, width: u16) -> Line<'static> {
        if self.width() <= width {
            return self.row(0..self.string.len()).0;
        }
        let Some(rest) = width.checked_sub(1) else { return Line::default() };
        let mut line = self.row(0..wrap::head(&self.string, rest)).0;
        line.push_span(Span::styled("…", self.runs.first().map_or_else(Style::new, |run| run.1)));
        line
    }

    /// The same with a style over those that a part of it has.
    #[must_use]
    pub(super) fn marked(&self, part: Range<usize>, style: Style) -> Self {
        let mut made =
            Self { string: self.string.clone(), glued: self.glued.clone(), runs: vec![] };
        let mut start = 0;
        for &(end, own) in &self.runs {
            let (from, to) = (part.start.clamp(start, end), part.end.clamp(start, end));
            let pieces = [(from, own), (to, own.patch(style)), (end, own)];
            for (end, style) in pieces {
                if end > start {
                    made.runs.push((end, style));
                    start = end;
                }
            }
        }
        made
    }

    /// The width of its longest word.
    pub(super) fn longest_word(&self) -> u16 {
        self.string.split(' ').map(wrap::columns).max().unwrap_or(0)
    }

    /// A part of it as a row, and its width.
    pub(super) fn row(&self, range: Range<usize>) -> (Line<'static>, u16) {
        let mut spans = Vec::new();
        let mut at = range.start;
        let first = self.runs.partition_point(|&(end, _)| end <= at);
        for &(end, style) in &self.runs[first..] {
            if at >= range.end {
                break;
            }
            let end = end.min(range.end);
            spans.push(Span::styled(self.string[at..end].to_owned(), style));
            at = end;
        }
        (Line::from(spans), wrap::columns(&self.string[range]))
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Stylize;

    use super::*;

    fn sample() -> StyledText {
        let mut text = StyledText::plain("one ", Style::new());
        text.push("two three", Style::new().bold());
        text
    }

    #[test]
    fn styles_survive_a_wrap() {
        let rows: Vec<_> = sample().rows(8).collect();
        let expected = [
            (Line::from(vec!["one ".into(), "two".bold()]), 7),
            (Line::from(vec!["three".bold()]), 5),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn control_characters_take_no_cell_and_tabs_take_four() {
        let text = StyledText::plain("a\tb\u{1b}[0m\r\u{0}", Style::new());
        assert_eq!(text.string, "a    b[0m");
        assert_eq!(text.width(), 9);
    }

    #[test]
    fn an_invisible_character_is_a_mark_with_a_width() {
        let text = StyledText::plain("a\u{202e}b\u{200b}👩\u{200d}👧", Style::new());
        assert_eq!((text.as_str(), text.width()), ("a⇄b\u{fffd}👩\u{200d}👧", 6));
    }

    #[test]
    fn a_part_is_marked_over_its_styles() {
        let marked = sample().marked(2..7, Style::new().underlined());
        let expected = Line::from(vec![
            "on".into(),
            "e ".underlined(),
            "two".bold().underlined(),
            " three".bold(),
        ]);
        assert_eq!(marked.row(0..13).0, expected);
        assert_eq!(
            sample().marked(20..30, Style::new().underlined()).row(0..13),
            sample().row(0..13)
        );
    }

    #[test]
    fn a_cut_line_says_so() {
        assert_eq!(sample().cut(6).to_string(), "one t…");
        assert_eq!(sample().cut(1).to_string(), "…");
        assert_eq!(sample().cut(0).to_string(), "");
        assert_eq!(StyledText::plain("中文", Style::new()).cut(2).to_string(), "…");
    }
}
