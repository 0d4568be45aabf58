//! The output of a run: text and displayed values, in the order in which they arrived.

mod screen;
mod text_output;

use std::path::PathBuf;

use crate::deck::Block;
use crate::run::{DataTable, Emulator, OutputValue, Sampling, Timing};

pub use screen::OutputRow;
pub use text_output::TextOutput;

/// Everything that a run has printed and displayed.
#[derive(Clone, Debug, Default)]
pub struct Output {
    parts: Vec<Part>,
    /// The picture that the run's standard output is.
    pub picture: Option<PathBuf>,
    /// The terminal that the run draws on, if any.
    pub screen: Option<Emulator>,
    /// Number of trailing rows that cursor movement can reach, if set.
    rows: Option<u16>,
    /// What a benchmark has measured before its result.
    sampling: Option<Box<Sampling>>,
}

/// One part of an output.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text up to the next displayed value.
    Text(Box<TextOutput>),
    /// A displayed picture file.
    Picture(PathBuf),
    /// A displayed data table.
    Table(DataTable),
    /// A benchmark timing.
    Timing(Timing),
    /// Displayed Markdown.
    Markdown(MarkdownOutput),
}

/// Markdown that a run displayed.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkdownOutput {
    /// The source text.
    pub text: Box<str>,
    /// The parsed blocks; empty if the text is shown verbatim.
    pub blocks: Vec<Block>,
}

impl Output {
    /// Creates an output whose last `rows` rows can be reached by cursor movement.
    pub fn with_rows(rows: u16) -> Self {
        Self { rows: Some(rows), ..Self::default() }
    }

    /// Returns the output with this terminal, on which the run draws.
    #[must_use]
    pub fn on_screen(self, screen: Option<Emulator>) -> Self {
        Self { screen, ..self }
    }

    /// Removes everything but the terminal.
    pub fn clear(&mut self) {
        *self = Self { rows: self.rows, screen: self.screen.take(), ..Self::default() };
    }

    /// Appends bytes, which may end in the middle of a character or an escape sequence.
    pub fn feed(&mut self, bytes: &[u8]) {
        if let Some(Part::Text(written)) = self.parts.last_mut() {
            return written.feed(bytes);
        }
        let mut written = self.rows.map_or_else(TextOutput::default, TextOutput::with_rows);
        written.feed(bytes);
        self.parts.push(Part::Text(Box::new(written)));
    }

    /// Appends a displayed value. Markdown is shown verbatim until its blocks are set.
    pub fn show(&mut self, value: OutputValue) {
        self.parts.push(match value {
            OutputValue::Picture(file) => Part::Picture(file),
            OutputValue::Table(table) => Part::Table(table),
            OutputValue::Timing(timing) => Part::Timing(timing),
            OutputValue::Markdown(text) => {
                Part::Markdown(MarkdownOutput { text, blocks: Vec::new() })
            }
        });
    }

    /// Appends parsed Markdown.
    pub fn show_markdown(&mut self, markdown: MarkdownOutput) {
        self.parts.push(Part::Markdown(markdown));
    }

    /// Keeps what a benchmark has measured so far.
    pub fn sample(&mut self, sampling: Sampling) {
        self.sampling = Some(Box::new(sampling));
    }

    /// Returns what a benchmark has measured so far.
    pub fn sampling(&self) -> Option<&Sampling> {
        self.sampling.as_deref()
    }

    /// Returns the parts in order. A text part may be empty.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns whether nothing was printed or displayed, apart from the picture and the terminal.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(written) if written.is_empty()))
    }

    /// Returns the picture files.
    pub fn pictures(&self) -> impl Iterator<Item = &PathBuf> {
        self.parts.iter().filter_map(|part| match part {
            Part::Picture(file) => Some(file),
            _ => None,
        })
    }

    /// Returns the last timing, if the block was benchmarked.
    pub fn timing(&self) -> Option<&Timing> {
        self.parts.iter().rev().find_map(|part| match part {
            Part::Timing(timing) => Some(timing),
            _ => None,
        })
    }

    /// Returns the parsed blocks of each markdown value.
    pub fn markdown(&self) -> impl Iterator<Item = &[Block]> {
        self.parts.iter().filter_map(|part| match part {
            Part::Markdown(markdown) => Some(&*markdown.blocks),
            _ => None,
        })
    }

    /// Returns each markdown value, to set its parsed blocks.
    pub fn markdown_mut(&mut self) -> impl Iterator<Item = &mut MarkdownOutput> {
        self.parts.iter_mut().filter_map(|part| match part {
            Part::Markdown(markdown) => Some(markdown),
            _ => None,
        })
    }

    /// Returns the number of lines, omitted ones included, and the number of pictures.
    pub fn amount(&self) -> (usize, usize) {
        let lines = self.parts.iter().map(|part| match part {
            Part::Text(written) => written.lines(),
            Part::Table(table) => table.height,
            Part::Markdown(markdown) => markdown.text.trim_end().lines().count(),
            Part::Timing(_) => 1,
            Part::Picture(_) => 0,
        });
        (lines.sum(), self.pictures().count())
    }

    /// Returns the output without styles, one row per line. A picture becomes a placeholder line.
    pub fn plain_text(&self) -> String {
        let texts = self.parts.iter().map(Part::plain_text);
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

impl Part {
    /// Returns the part as text without styles.
    pub fn plain_text(&self) -> String {
        match self {
            Self::Text(written) => written.plain_text(),
            Self::Picture(_) => "[picture]".to_owned(),
            Self::Table(table) => table.plain_text(),
            Self::Timing(timing) => timing.plain_text(),
            Self::Markdown(markdown) => markdown.text.trim_end().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markdown(text: &str) -> OutputValue {
        OutputValue::Markdown(text.into())
    }

    #[test]
    fn values_stay_in_order_with_text() {
        let mut output = Output::with_rows(10);
        output.feed(b"one\n");
        output.show(OutputValue::Picture("file".into()));
        output.feed(b"two");
        output.feed(b" and more\n");
        output.show(markdown("# three\n"));
        assert_eq!(output.plain_text(), "one\n[picture]\ntwo and more\n# three");
        assert_eq!(output.parts().len(), 4);
        assert_eq!(output.pictures().collect::<Vec<_>>(), [&PathBuf::from("file")]);
        assert!(!output.is_empty());
        output.clear();
        assert!(output.is_empty());
    }

    #[test]
    fn omitted_lines_are_counted() {
        let mut output = Output::with_rows(10);
        (0..5_000).for_each(|line| output.feed(format!("{line}\n").as_bytes()));
        assert_eq!(output.amount(), (5_000, 0));
        output.show(OutputValue::Picture("file".into()));
        output.show(OutputValue::Table(DataTable { height: 70, ..DataTable::default() }));
        output.show(markdown("# one\n\ntwo\n"));
        assert_eq!(output.amount(), (5_073, 1));
    }

    #[test]
    fn cursor_movement_stops_at_a_value() {
        let mut output = Output::with_rows(10);
        output.feed(b"above\n");
        output.show(markdown("value"));
        output.feed(b"below\n\x1b[5A\x1b[2Kgone up");
        assert_eq!(output.plain_text(), "above\nvalue\ngone up");
    }

    #[test]
    fn invisible_text_is_empty() {
        let mut output = Output::default();
        output.feed(b"\x1b[31m");
        assert!(output.is_empty());
    }
}
