//! A logical line of styled text that can be measured and wrapped. Text and styles are stored
//! separately, so line breaking works on a single string.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::limits::{MAX_LINE_BYTES, MAX_ROWS};
use super::text_row::{LinePicture, TextFormat, TextRow};
use super::wrap;
use crate::source::{TextKind, mark_invisible};
use crate::theme::OutputColors;

/// The style of text that is not part of the output itself.
pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);

/// One unwrapped line of styled text.
#[derive(Clone, Debug, Default)]
pub(super) struct StyledText {
    string: String,
    /// The end of each run in bytes, and its format; together they cover the string.
    runs: Vec<(usize, TextFormat)>,
    /// Run boundaries at which a row must not end.
    glued: Vec<usize>,
    /// Columns of its widest picture; 0 if it has none.
    widest_picture: u16,
}

/// Fills the columns of a picture: the picture is part of a word.
const BLANK: &str = "\u{a0}";

impl StyledText {
    /// Creates text in one style.
    pub(super) fn plain(text: &str, style: Style) -> Self {
        let mut made = Self::default();
        made.push(text, style);
        made
    }

    /// Converts a styled line.
    pub(super) fn from_line(line: &Line<'_>) -> Self {
        let mut made = Self::default();
        for span in &line.spans {
            made.push(&span.content, line.style.patch(span.style));
        }
        made
    }

    /// Converts a row that is laid out.
    pub(super) fn from_row(row: &TextRow) -> Self {
        let mut made = Self::default();
        for span in &row.spans {
            match &span.format.picture {
                Some(picture) => made.push_picture(picture, span.format.clone()),
                None => made.push(&span.content, span.format.clone()),
            }
        }
        made
    }

    /// Converts a line of output to the theme's colours.
    pub(super) fn from_output(line: &Line<'_>, colors: &OutputColors) -> Self {
        let mut made = Self::default();
        for span in &line.spans {
            made.push(&span.content, colors.style(line.style.patch(span.style), &span.content));
        }
        made
    }

    /// Appends text. A tab becomes four spaces, other control characters are removed, and unneeded
    /// invisible characters become marks.
    pub(super) fn push(&mut self, text: &str, format: impl Into<TextFormat>) {
        let format = format.into();
        let room = MAX_LINE_BYTES.saturating_sub(self.string.len());
        if text.len() > room {
            if room > 0 {
                let end = text.floor_char_boundary(room);
                self.add(&text[..end], format.clone());
                self.add("…", format);
            }
            return;
        }
        self.add(text, format);
    }

    fn add(&mut self, text: &str, format: TextFormat) {
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
            Some(last) if last.1 == format => last.0 = self.string.len(),
            _ => self.runs.push((self.string.len(), format)),
        }
    }

    /// Appends a picture, to which the text around it sticks.
    pub(super) fn push_picture(&mut self, picture: &Arc<LinePicture>, format: TextFormat) {
        let columns = picture.columns.max(1);
        if self.string.len() + usize::from(columns) * BLANK.len() > MAX_LINE_BYTES {
            return;
        }
        self.glue();
        self.string.push_str(&BLANK.repeat(columns.into()));
        let format = TextFormat { picture: Some(Arc::clone(picture)), ..format };
        self.runs.push((self.string.len(), format));
        self.glue();
        self.widest_picture = self.widest_picture.max(columns);
    }

    /// Returns the text with pictures that are at most this wide.
    fn fitted(&self, width: u16) -> Cow<'_, Self> {
        if self.widest_picture <= width {
            return Cow::Borrowed(self);
        }
        let mut made = Self::default();
        let mut start = 0;
        for (end, format) in &self.runs {
            match &format.picture {
                Some(picture) => {
                    let columns = picture.columns.min(width.max(1));
                    let picture = LinePicture { columns, ..(**picture).clone() };
                    made.push_picture(&Arc::new(picture), format.clone());
                }
                None => made.push(&self.string[start..*end], format.clone()),
            }
            start = *end;
        }
        Cow::Owned(made)
    }

    /// Appends another text with its formats.
    pub(super) fn append(&mut self, text: &Self) {
        let before = self.string.len();
        self.string.push_str(&text.string);
        self.runs.extend(text.runs.iter().map(|(end, format)| (before + end, format.clone())));
        self.glued.extend(text.glued.iter().map(|end| before + end));
        self.widest_picture = self.widest_picture.max(text.widest_picture);
    }

    /// Forbids a line break at the end, although the style may change.
    pub(super) fn glue(&mut self) {
        self.glued.push(self.string.len());
    }

    /// Returns the ends of runs, at which a row may end.
    fn ends(&self) -> impl Iterator<Item = usize> {
        let last = self.string.len();
        let ends = self.runs.iter().map(|&(end, _)| end);
        ends.filter(move |end| *end == last || self.glued.binary_search(end).is_err())
    }

    /// Returns whether the text is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.string.is_empty()
    }

    /// Returns the text without styles.
    pub(super) fn as_str(&self) -> &str {
        &self.string
    }

    /// Returns the width in cells.
    pub(super) fn width(&self) -> u16 {
        wrap::columns(&self.string)
    }

    /// Wraps the text at words. Returns each row and its width.
    pub(super) fn rows(&self, width: u16) -> impl Iterator<Item = (TextRow, u16)> {
        self.hanging_rows(width, 0)
    }

    /// Wraps like [`StyledText::rows`], but lets up to `hang` closing columns extend beyond a full
    /// row.
    pub(super) fn hanging_rows(
        &self,
        width: u16,
        hang: u16,
    ) -> impl Iterator<Item = (TextRow, u16)> {
        let text = self.fitted(width);
        let rows = wrap::hanging(&text.string, width, hang, text.ends());
        rows.into_iter().take(MAX_ROWS as usize).map(move |row| text.row(row))
    }

    /// Wraps like [`StyledText::hanging_rows`], but between the pieces with these ends instead of
    /// between styles, if they are of this text. All rows but the first are `indent` columns
    /// narrower.
    pub(super) fn indented_rows(
        &self,
        ends: Option<&[usize]>,
        (width, hang): (u16, u16),
        indent: u16,
    ) -> Vec<(TextRow, u16)> {
        let ends: Vec<usize> = match ends.filter(|ends| ends.last() == Some(&self.string.len())) {
            Some(ends) => ends.to_vec(),
            None => self.ends().collect(),
        };
        let mut rows = wrap::hanging(&self.string, width, hang, ends.iter().copied());
        if indent > 0 && rows.len() > 1 {
            let start = rows[1].start;
            rows.truncate(1);
            let rest = &self.string[start..];
            let ends = ends.iter().filter_map(|end| end.checked_sub(start)).filter(|&end| end > 0);
            let further = wrap::hanging(rest, width.saturating_sub(indent), hang, ends);
            rows.extend(further.into_iter().map(|row| start + row.start..start + row.end));
        }
        rows.into_iter().take(MAX_ROWS as usize).map(|row| self.row(row)).collect()
    }

    /// Returns the text on one row, truncated with `…` if it is too wide.
    pub(super) fn cut(&self, width: u16) -> TextRow {
        if self.width() <= width {
            return self.row(0..self.string.len()).0;
        }
        let Some(rest) = width.checked_sub(1) else { return TextRow::default() };
        let mut row = self.row(0..wrap::head(&self.string, rest)).0;
        let format = self.runs.first().map(|(_, format)| format.clone());
        row.push("…", format.unwrap_or_default());
        row
    }

    /// Returns the text with `style` applied on top of a range.
    #[must_use]
    pub(super) fn marked(&self, part: Range<usize>, style: Style) -> Self {
        let mut made = Self { string: self.string.clone(), runs: vec![], ..self.clone() };
        let mut start = 0;
        for (end, own) in &self.runs {
            let (from, to) = (part.start.clamp(start, *end), part.end.clamp(start, *end));
            let marked = TextFormat { style: own.style.patch(style), ..own.clone() };
            for (end, format) in [(from, own), (to, &marked), (*end, own)] {
                if end > start {
                    made.runs.push((end, format.clone()));
                    start = end;
                }
            }
        }
        made
    }

    /// Returns the width of the longest word.
    pub(super) fn longest_word(&self) -> u16 {
        self.string.split(' ').map(wrap::columns).max().unwrap_or(0)
    }

    /// Returns a range of the text as a row, and its width.
    pub(super) fn row(&self, range: Range<usize>) -> (TextRow, u16) {
        let mut row = TextRow::default();
        let mut at = range.start;
        let first = self.runs.partition_point(|&(end, _)| end <= at);
        let mut run_start = first.checked_sub(1).map_or(0, |before| self.runs[before].0);
        for (end, format) in &self.runs[first..] {
            let is_start = at == std::mem::replace(&mut run_start, *end);
            if at >= range.end {
                break;
            }
            let end = range.end.min(*end);
            match &format.picture {
                Some(picture) => {
                    let columns = wrap::columns(&self.string[at..end]);
                    // The rest of a picture that was cut at the edge is blank.
                    let picture = LinePicture { columns, ..(**picture).clone() };
                    let picture = is_start.then(|| Arc::new(picture));
                    row.push(" ".repeat(columns.into()), TextFormat { picture, ..format.clone() });
                }
                None => row.push(self.string[at..end].to_owned(), format.clone()),
            }
            at = end;
        }
        (row, wrap::columns(&self.string[range]))
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
    fn wrapping_keeps_styles() {
        let rows: Vec<_> = sample().rows(8).collect();
        let expected = [
            (Line::from(vec!["one ".into(), "two".bold()]).into(), 7),
            (Line::from(vec!["three".bold()]).into(), 5),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn control_characters_are_removed_and_tabs_expanded() {
        let text = StyledText::plain("a\tb\u{1b}[0m\r\u{0}", Style::new());
        assert_eq!(text.string, "a    b[0m");
        assert_eq!(text.width(), 9);
    }

    #[test]
    fn invisible_characters_become_marks() {
        let text = StyledText::plain("a\u{202e}b\u{200b}👩\u{200d}👧", Style::new());
        assert_eq!((text.as_str(), text.width()), ("a⇄b\u{fffd}👩\u{200d}👧", 6));
    }

    #[test]
    fn range_styles_are_applied_on_top() {
        let marked = sample().marked(2..7, Style::new().underlined());
        let expected = Line::from(vec![
            "on".into(),
            "e ".underlined(),
            "two".bold().underlined(),
            " three".bold(),
        ]);
        assert_eq!(marked.row(0..13).0, expected.into());
        assert_eq!(
            sample().marked(20..30, Style::new().underlined()).row(0..13),
            sample().row(0..13)
        );
    }

    #[test]
    fn truncated_lines_end_with_an_ellipsis() {
        assert_eq!(sample().cut(6).to_string(), "one t…");
        assert_eq!(sample().cut(1).to_string(), "…");
        assert_eq!(sample().cut(0).to_string(), "");
        assert_eq!(StyledText::plain("中文", Style::new()).cut(2).to_string(), "…");
    }
}
