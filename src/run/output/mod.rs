//! A run's output: what it wrote and what it showed, in the order in which it did so.

mod screen;
mod text_output;

use std::path::PathBuf;

use crate::deck::Block;
use crate::run::{DataTable, Timing};

pub(super) use text_output::whole_characters;
pub use text_output::{OutputRow, TextOutput};

/// What a run has written and shown.
#[derive(Clone, Debug, Default)]
pub struct Output {
    parts: Vec<Part>,
    /// Rows that cursor moves can reach, if they were told.
    rows: Option<u16>,
}

/// A part of an output.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text, up to the next value that was shown.
    Text(Box<TextOutput>),
    /// A value that is more than text.
    Value(OutputValue),
}

/// Something that a run shows and that is more than text.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputValue {
    /// The picture in this file.
    Picture(PathBuf),
    /// A table of data.
    Table(DataTable),
    /// What it took.
    Timing(Timing),
    /// Markdown.
    Markdown {
        /// As it was given.
        text: Box<str>,
        /// What it says, once somebody has read it.
        blocks: Vec<Block>,
    },
}

impl Output {
    /// An output of which the last `rows` rows can be reached by cursor moves.
    pub fn with_rows(rows: u16) -> Self {
        Self { parts: Vec::new(), rows: Some(rows) }
    }

    /// An empty output with as many rows that cursor moves can reach.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { parts: Vec::new(), rows: self.rows }
    }

    /// Takes in more bytes; they may end in the middle of a character or escape sequence.
    pub fn feed(&mut self, bytes: &[u8]) {
        if let Some(Part::Text(written)) = self.parts.last_mut() {
            return written.feed(bytes);
        }
        let mut written = self.rows.map_or_else(TextOutput::default, TextOutput::with_rows);
        written.feed(bytes);
        self.parts.push(Part::Text(Box::new(written)));
    }

    /// Takes in a value, which stands behind all that came before it.
    pub fn show(&mut self, value: OutputValue) {
        self.parts.push(Part::Value(value));
    }

    /// Its parts in order. Text may be empty.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether there is nothing to be seen.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(written) if written.is_empty()))
    }

    /// The files of the pictures in it.
    pub fn pictures(&self) -> impl Iterator<Item = &PathBuf> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(OutputValue::Picture(file)) => Some(file),
            _ => None,
        })
    }

    /// What its timed statement took, if it was timed.
    pub fn timing(&self) -> Option<&Timing> {
        self.parts.iter().rev().find_map(|part| match part {
            Part::Value(OutputValue::Timing(timing)) => Some(timing),
            _ => None,
        })
    }

    /// What its pieces of markdown say.
    pub fn markdown(&self) -> impl Iterator<Item = &[Block]> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(OutputValue::Markdown { blocks, .. }) => Some(&**blocks),
            _ => None,
        })
    }

    /// Its pieces of markdown, and where what they say goes.
    pub fn markdown_to_read(&mut self) -> impl Iterator<Item = (&str, &mut Vec<Block>)> {
        self.parts.iter_mut().filter_map(|part| match part {
            Part::Value(OutputValue::Markdown { text, blocks }) => Some((&**text, blocks)),
            _ => None,
        })
    }

    /// How many lines there are to be read in it, those that were left out counted, and how many
    /// pictures.
    pub fn amount(&self) -> (usize, usize) {
        let lines = self.parts.iter().map(|part| match part {
            Part::Text(written) => written.lines(),
            Part::Value(OutputValue::Table(table)) => table.height,
            Part::Value(OutputValue::Markdown { text, .. }) => text.trim_end().lines().count(),
            Part::Value(OutputValue::Timing(_)) => 1,
            Part::Value(OutputValue::Picture(_)) => 0,
        });
        (lines.sum(), self.pictures().count())
    }

    /// All of it without styles, one row a line; a picture is a line that says so.
    pub fn plain_text(&self) -> String {
        let texts = self.parts.iter().map(Part::plain_text);
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

impl Part {
    /// The part without styles.
    fn plain_text(&self) -> String {
        match self {
            Self::Text(written) => written.plain_text(),
            Self::Value(value) => value.plain_text(),
        }
    }
}

impl OutputValue {
    /// The value as text.
    pub fn plain_text(&self) -> String {
        match self {
            Self::Picture(_) => "[picture]".to_owned(),
            Self::Table(table) => table.plain_text(),
            Self::Timing(timing) => timing.plain_text(),
            Self::Markdown { text, .. } => text.trim_end().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markdown(text: &str) -> OutputValue {
        OutputValue::Markdown { text: text.into(), blocks: Vec::new() }
    }

    #[test]
    fn values_keep_their_place_between_text() {
        let mut output = Output::with_rows(10);
        output.feed(b"one\n");
        output.show(OutputValue::Picture("file".into()));
        output.feed(b"two");
        output.feed(b" and more\n");
        output.show(markdown("# three\n"));
        assert_eq!(output.plain_text(), "one\n[picture]\ntwo and more\n# three");
        assert_eq!(output.parts().len(), 4);
        assert_eq!(output.pictures().collect::<Vec<_>>(), [&PathBuf::from("file")]);
        assert!(!output.is_empty() && output.anew().is_empty());
    }

    #[test]
    fn all_lines_are_counted() {
        let mut output = Output::with_rows(10);
        (0..5_000).for_each(|line| output.feed(format!("{line}\n").as_bytes()));
        assert_eq!(output.amount(), (5_000, 0));
        output.show(OutputValue::Picture("file".into()));
        output.show(OutputValue::Table(DataTable { height: 70, ..DataTable::default() }));
        output.show(markdown("# one\n\ntwo\n"));
        assert_eq!(output.amount(), (5_073, 1));
    }

    #[test]
    fn a_cursor_that_moves_up_stops_at_a_value() {
        let mut output = Output::with_rows(10);
        output.feed(b"above\n");
        output.show(markdown("value"));
        output.feed(b"below\n\x1b[5A\x1b[2Kgone up");
        assert_eq!(output.plain_text(), "above\nvalue\ngone up");
    }

    #[test]
    fn text_that_shows_nothing_is_empty() {
        let mut output = Output::default();
        output.feed(b"\x1b[31m");
        assert!(output.is_empty());
    }
}
