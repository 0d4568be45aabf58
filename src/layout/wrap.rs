//! Line breaking: where a row of text ends. Words break at spaces; a word that no row can hold
//! breaks where its style changes, and what is still too long is cut at the edge, between
//! graphemes, so that no wide character is halved.
//!
//! Both ways of breaking are one pass over the text: a line of a megabyte costs what its length
//! costs, whatever the width.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many cells a text takes on one row.
pub(super) fn cells(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// A width in cells as scenes count it.
pub(super) fn columns(text: &str) -> u16 {
    u16::try_from(cells(text)).unwrap_or(u16::MAX)
}

/// The rows of `text`, as byte ranges, when no row may be wider than `width`. Spaces at a break
/// belong to no row; those that open the text stay. An empty text is one empty row.
pub(super) fn words(text: &str, width: u16) -> Vec<Range<usize>> {
    jointed(text, width, |_| text.len())
}

/// The same where over-long words have joints: `joint` gives the first one behind an offset.
pub(super) fn jointed(text: &str, width: u16, joint: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
    let width = usize::from(width.max(1));
    if text.len() <= width {
        return std::iter::once(0..text.len()).collect();
    }
    let mut rows = Rows { text, width, row: 0..0, used: 0, done: Vec::new() };
    for word in (Words { text, width, joint, at: 0, long_until: 0 }) {
        rows.add(word);
    }
    rows.finish()
}

/// The rows of `text` when it is cut at the edge, as a terminal does.
pub(super) fn edges(text: &str, width: u16) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let tail = cut(text, 0..text.len(), usize::from(width.max(1)), &mut rows);
    rows.push(tail);
    rows
}

/// How many bytes of `text` one row of this width can hold.
pub(super) fn head(text: &str, width: u16) -> usize {
    let mut used = 0;
    let over = text.grapheme_indices(true).find(|(_, grapheme)| {
        used += cells(grapheme);
        used > usize::from(width)
    });
    over.map_or(text.len(), |(at, _)| at)
}

/// Cuts full rows off the front of `range`, and returns what is left for the last row.
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

/// Rows being filled with words.
struct Rows<'a> {
    text: &'a str,
    width: usize,
    row: Range<usize>,
    used: usize,
    done: Vec<Range<usize>>,
}

impl Rows<'_> {
    /// Puts the word on the row or, where it does not fit, on a new one.
    fn add(&mut self, word: Word) {
        if self.used + word.spaces + word.cells <= self.width {
            self.row.end = word.range.end;
            self.used += word.spaces + word.cells;
            return;
        }
        if self.used > 0 {
            self.done.push(self.row.clone());
        }
        self.row = cut(self.text, word.range, self.width, &mut self.done);
        self.used = cells(&self.text[self.row.clone()]);
    }

    /// All rows, the last one too.
    fn finish(mut self) -> Vec<Range<usize>> {
        if self.used > 0 || self.done.is_empty() {
            self.done.push(self.row);
        }
        self.done
    }
}

/// A run of anything but spaces, and the spaces before it.
struct Word {
    spaces: usize,
    range: Range<usize>,
    cells: usize,
}

/// The words of a text, over-long ones in pieces. Spaces that close it make no word.
struct Words<'a, J> {
    text: &'a str,
    width: usize,
    joint: J,
    at: usize,
    /// Where the over-long word ends that is given out in pieces.
    long_until: usize,
}

impl<J: Fn(usize) -> usize> Iterator for Words<'_, J> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let bytes = &self.text.as_bytes()[self.at..];
        let spaces = bytes.iter().position(|&byte| byte != b' ')?;
        let start = self.at + spaces;
        if self.long_until <= start {
            let length = bytes[spaces..].iter().position(|&byte| byte == b' ');
            let end = length.map_or(self.text.len(), |length| start + length);
            let cells = cells(&self.text[start..end]);
            if cells <= self.width {
                self.at = end;
                return Some(Word { spaces, range: start..end, cells });
            }
            self.long_until = end;
        }
        self.at = (self.joint)(start).clamp(start + 1, self.long_until);
        let range = start..self.at;
        Some(Word { spaces, cells: cells(&self.text[range.clone()]), range })
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
    #[case("      ab", 4, &["ab"])]
    #[case("      ", 4, &[""])]
    #[case("ab", 0, &["a", "b"])]
    fn words_break_at_spaces_and_over_long_ones_at_the_edge(
        #[case] text: &str,
        #[case] width: u16,
        #[case] expected: &[&str],
    ) {
        assert_eq!(rows(text, width), expected);
    }

    #[test]
    fn an_over_long_word_breaks_at_its_joints_first() {
        let text = "see GitHub:https://example.org/x now";
        let rows = |width| -> Vec<_> {
            let joint = |at| if at < 11 { 11 } else { text.len() };
            jointed(text, width, joint).into_iter().map(|row| &text[row]).collect()
        };
        assert_eq!(rows(30), ["see", "GitHub:https://example.org/x", "now"]);
        assert_eq!(rows(24), ["see GitHub:", "https://example.org/x", "now"]);
        assert_eq!(rows(12), ["see GitHub:", "https://exam", "ple.org/x", "now"]);
    }

    #[test]
    fn a_wide_character_is_never_halved() {
        assert_eq!(rows("中文中", 3), ["中", "文", "中"]);
        assert_eq!(rows("a中文", 3), ["a中", "文"]);
        assert_eq!(rows("中文", 1), ["中", "文"]);
    }

    #[test]
    fn a_character_keeps_its_combining_marks() {
        assert_eq!(rows("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn a_megabyte_on_one_line_is_cut_into_full_rows() {
        let text = "x".repeat(1 << 20);
        let rows = words(&text, 64);
        assert_eq!(rows.len(), (1 << 20) / 64);
        assert!(rows.iter().all(|row| row.len() == 64));
    }

    #[rstest]
    #[case("", 4, &[""])]
    #[case("ab cd", 4, &["ab c", "d"])]
    #[case("a中文", 4, &["a中", "文"])]
    fn edges_cut_without_a_look_at_words(
        #[case] text: &str,
        #[case] width: u16,
        #[case] expected: &[&str],
    ) {
        let rows: Vec<_> = edges(text, width).into_iter().map(|row| &text[row]).collect();
        assert_eq!(rows, expected);
        assert_eq!(&text[..head(text, width)], expected[0]);
    }
}
