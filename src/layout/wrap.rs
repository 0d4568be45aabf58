//! Line breaking. A row ends at a space or at the boundary between two styles (such as code
//! tokens). A word that does not fit on any row is cut at the edge, between graphemes.
//!
//! Breaking is a single pass over the text, whose time does not depend on the width.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::cjk;

/// The Arabic letter that joins with an alef into one column, but not in cells of their own.
const LAM: char = '\u{644}';

/// Returns the width of a text in cells: that of its graphemes, which are drawn one by one.
pub(super) fn cells(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else if text.contains(LAM) {
        text.graphemes(true).map(UnicodeWidthStr::width).sum()
    } else {
        text.width()
    }
}

/// Returns the width of a text in cells, saturating.
pub(super) fn columns(text: &str) -> u16 {
    u16::try_from(cells(text)).unwrap_or(u16::MAX)
}

/// Wraps `text` at `width` and returns the rows as byte ranges. Spaces at a break are dropped;
/// leading spaces are kept. An empty text is one empty row.
pub(super) fn words(text: &str, width: u16) -> Vec<Range<usize>> {
    pieces(text, width, std::iter::once(text.len()))
}

/// Wraps a text that consists of several pieces, given by their ends. A row may end between two
/// pieces, even inside a word.
pub(super) fn pieces(
    text: &str,
    width: u16,
    ends: impl IntoIterator<Item = usize>,
) -> Vec<Range<usize>> {
    hanging(text, width, 0, ends)
}

/// Wraps like [`pieces`], but a full row may extend by one column before a space (such as a bracket
/// in a box's padding), or by up to `hang` columns if that completes the text.
pub(super) fn hanging(
    text: &str,
    width: u16,
    hang: u16,
    ends: impl IntoIterator<Item = usize>,
) -> Vec<Range<usize>> {
    let (width, hang) = (usize::from(width.max(1)), usize::from(hang));
    if text.len() <= width {
        return std::iter::once(0..text.len()).collect();
    }
    let mut rows = LineBreaker { text, width, hang, row: 0..0, used: 0, done: Vec::new() };
    let mut start = 0;
    for end in ends {
        rows.add(start..end);
        start = end;
    }
    rows.finish()
}

/// Cuts `text` at the edge, as a terminal does.
pub(super) fn edges(text: &str, width: u16) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let tail = cut(text, 0..text.len(), usize::from(width.max(1)), &mut rows);
    rows.push(tail);
    rows
}

/// Returns how many bytes of `text` fit on one row.
pub(super) fn head(text: &str, width: u16) -> usize {
    fitting(text, width.into())
}

fn fitting(text: &str, width: usize) -> usize {
    let plain = text.bytes().take(width + 1).take_while(u8::is_ascii).count();
    if plain == text.len() || plain > width {
        return plain.min(width);
    }
    let mut used = 0;
    let over = text.grapheme_indices(true).find(|(_, grapheme)| {
        used += cells(grapheme);
        used > width
    });
    over.map_or(text.len(), |(at, _)| at)
}

/// Appends the full rows at the front of `range` to `rows`, and returns the rest.
fn cut(
    text: &str,
    range: Range<usize>,
    width: usize,
    rows: &mut Vec<Range<usize>>,
) -> Range<usize> {
    if text.as_bytes()[range.clone()].is_ascii() {
        let full = range.len().saturating_sub(1) / width;
        let end = range.start + full * width;
        rows.extend((range.start..end).step_by(width).map(|start| start..start + width));
        return end..range.end;
    }
    let (mut start, mut used) = (range.start, 0);
    for (offset, grapheme) in text[range.clone()].grapheme_indices(true) {
        let (at, wide) = (range.start + offset, cells(grapheme));
        if used + wide > width && at > start {
            rows.push(start..at);
            (start, used) = (at, 0);
        }
        used += wide;
    }
    start..range.end
}

/// The state of wrapping pieces into rows.
struct LineBreaker<'a> {
    text: &'a str,
    width: usize,
    /// Columns by which a full row may be extended.
    hang: usize,
    /// The current row.
    row: Range<usize>,
    used: usize,
    done: Vec<Range<usize>>,
}

impl LineBreaker<'_> {
    /// Adds as much of a piece as fits to the current row, and the rest to further rows.
    fn add(&mut self, piece: Range<usize>) {
        let mut rest = piece;
        loop {
            let room = self.width.saturating_sub(self.used);
            if room == 0 && self.hang > 0 {
                self.hang(&rest);
            }
            rest.start = rest.start.max(self.row.end);
            if rest.is_empty() {
                return;
            }
            let fits = fitting(&self.text[rest.clone()], room);
            if fits == rest.len() {
                self.used += cells(&self.text[rest.clone()]);
                self.row.end = rest.end;
                return;
            }
            // The space that ends a row need not fit.
            let held = &self.text[rest.start..rest.start + fits];
            let follows = self.text.as_bytes()[rest.start + fits] == b' ';
            let space = if follows { Some(fits) } else { held.rfind(' ') };
            let wide = cjk::break_in(&self.text[rest.clone()], fits);
            match space {
                Some(at) if wide.is_none_or(|wide| wide <= at) => {
                    self.row.end = rest.start + at;
                    let after = self.text[rest.start + at..rest.end].trim_start_matches(' ');
                    rest.start = rest.end - after.len();
                }
                _ if let Some(at) = wide => {
                    self.row.end = rest.start + at;
                    rest.start = self.row.end;
                }
                _ if !self.row.is_empty() => {}
                _ => {
                    let least = self.text[rest.clone()].graphemes(true).next().map_or(1, str::len);
                    self.row.end = rest.start + fits.max(least);
                    rest.start = self.row.end;
                }
            }
            self.end_row(rest.start);
        }
    }

    /// Extends a full row by the rest of the text, or by the one column before the next space.
    fn hang(&mut self, piece: &Range<usize>) {
        // Inspect only as much as could hang: the rest of the text may be long.
        let (text, rest) = (&self.text[piece.clone()], &self.text[piece.start..]);
        let word = fitting(text, 1);
        let ends = text.as_bytes().get(word).is_none_or(|&next| next == b' ');
        if !ends || text.starts_with(' ') || cells(&text[..word]) != 1 {
        } else if word < text.len() {
            self.row.end = piece.start + word;
        } else if fitting(rest, self.hang) == rest.len() {
            self.row.end = self.text.len();
        }
    }

    /// Ends the current row; the next one starts at byte `next`.
    fn end_row(&mut self, next: usize) {
        let row = &self.text[self.row.clone()];
        let end = self.row.start + row.trim_end_matches(' ').len();
        self.done.push(self.row.start..end);
        (self.row, self.used) = (next..next, 0);
    }

    /// Returns all rows.
    fn finish(mut self) -> Vec<Range<usize>> {
        if !self.row.is_empty() || self.done.is_empty() {
            self.end_row(self.text.len());
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn rows(text: &str, width: u16) -> Vec<&str> {
        words(text, width).into_iter().map(|row| &text[row]).collect()
    }

    #[rstest]
    #[case("", 5, &[""])]
    #[case("one two", 7, &["one two"])]
    #[case("one two", 6, &["one", "two"])]
    #[case("one   two", 6, &["one", "two"])]
    #[case("  one two", 5, &["  one", "two"])]
    #[case("one two ", 7, &["one two"])]
    #[case("a bcdefghij k", 4, &["a", "bcde", "fghi", "j k"])]
    #[case("      ab", 4, &["", "ab"])]
    #[case("      ", 4, &[""])]
    #[case("ab", 0, &["a", "b"])]
    fn words_wrap_and_long_words_are_cut(
        #[case] text: &str,
        #[case] width: u16,
        #[case] expected: &[&str],
    ) {
        assert_eq!(rows(text, width), expected);
    }

    /// Wraps concatenated pieces.
    fn pieced(texts: &[&str], width: u16) -> Vec<String> {
        let ends = texts.iter().scan(0, |end, text| {
            *end += text.len();
            Some(*end)
        });
        let text = texts.concat();
        let rows = pieces(&text, width, ends.collect::<Vec<_>>());
        rows.into_iter().map(|row| text[row].to_owned()).collect()
    }

    #[test]
    fn letters_that_join_have_their_own_cells() {
        assert_eq!((cells("لا"), cells("ثلاثة"), cells("日本"), cells("é")), (2, 5, 4, 1));
    }

    #[test]
    fn f087_rows_may_end_between_pieces() {
        let code = ["a.", "get", "(&key, \"", "x y", "\")"];
        assert_eq!(pieced(&code, 8), ["a.get", "(&key, \"", "x y\")"]);
        assert_eq!(pieced(&code, 6), ["a.get", "(&key,", "\"x y\")"]);
        assert_eq!(pieced(&["one two", "three four"], 9), ["one two", "three", "four"]);
    }

    #[test]
    fn f087_words_are_cut_only_if_no_row_fits_them() {
        assert_eq!(pieced(&["see ", "abcdefgh"], 6), ["see", "abcdef", "gh"]);
        assert_eq!(pieced(&["see ", "abcde", "fgh"], 6), ["see", "abcde", "fgh"]);
    }

    #[test]
    fn f087_one_column_may_hang() {
        let rows = |texts: &[&str], width, hang| {
            let ends: Vec<_> = texts
                .iter()
                .scan(0, |end, text| {
                    *end += text.len();
                    Some(*end)
                })
                .collect();
            let text = texts.concat();
            let rows = hanging(&text, width, hang, ends);
            rows.into_iter().map(|row| text[row].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(rows(&["call(abcd", ")", ";"], 9, 2), ["call(abcd);"]);
        assert_eq!(rows(&["call(abcd", ")", ";"], 9, 1), ["call(abcd", ");"]);
        assert_eq!(rows(&["let abcde", "# of it"], 9, 2), ["let abcde#", "of it"]);
        assert_eq!(rows(&["call(abcd", "))"], 9, 2), ["call(abcd", "))"]);
    }

    #[test]
    fn wide_characters_are_not_split() {
        assert_eq!(rows("中文中", 3), ["中", "文", "中"]);
        assert_eq!(rows("a中文", 3), ["a中", "文"]);
        assert_eq!(rows("中文", 1), ["中", "文"]);
    }

    #[test]
    fn cjk_text_fills_rows() {
        assert_eq!(pieced(&["中文 ", "日本語の文", "です"], 10), ["中文 日本", "語の文です"]);
        assert_eq!(rows("中文日。本", 6), ["中文", "日。本"]);
        assert_eq!(rows("中文「日本」", 6), ["中文", "「日", "本」"]);
        assert_eq!(rows("one 中文中文", 8), ["one 中文", "中文"]);
        assert_eq!(rows("中文 word", 8), ["中文", "word"]);
    }

    #[test]
    fn combining_marks_stay_with_their_character() {
        assert_eq!(rows("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn huge_lines_are_cut_into_full_rows() {
        let text = "x".repeat(1 << 20);
        let rows = words(&text, 64);
        assert_eq!(rows.len(), (1 << 20) / 64);
        assert!(rows.iter().all(|row| row.len() == 64));
    }

    #[rstest]
    #[case("", 4, &[""])]
    #[case("ab cd", 4, &["ab c", "d"])]
    #[case("a中文", 4, &["a中", "文"])]
    fn edges_ignores_words(#[case] text: &str, #[case] width: u16, #[case] expected: &[&str]) {
        let rows: Vec<_> = edges(text, width).into_iter().map(|row| &text[row]).collect();
        assert_eq!(rows, expected);
        assert_eq!(&text[..head(text, width)], expected[0]);
    }
}
