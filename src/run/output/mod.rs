//! The output of a run: text and displayed values, in the order in which they arrived.

mod screen;
mod text_output;

use std::path::PathBuf;

use crate::deck::Block;
use crate::run::{DataTable, DisplayName, Emulator, OutputValue, Sampling, Timing};

pub use screen::OutputRow;
pub use text_output::TextOutput;

/// Everything that a run has printed and displayed.
#[derive(Clone, Debug, Default)]
pub struct Output {
    parts: Vec<Part>,
    /// The names of displayed values, and their positions in the parts.
    names: Vec<(Box<str>, usize)>,
    /// Whether the next part replaces all others.
    clears_next: bool,
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

    /// Removes the text and the displayed values; with `waits`, once something new is shown.
    pub fn clear_shown(&mut self, waits: bool) {
        self.clears_next = true;
        if !waits {
            self.begin_part();
        }
    }

    /// Clears what waits for something new.
    fn begin_part(&mut self) {
        if std::mem::take(&mut self.clears_next) {
            self.parts.clear();
            self.names.clear();
        }
    }

    /// Appends bytes, which may end in the middle of a character or an escape sequence.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.begin_part();
        let is_named = self.names.iter().any(|(_, at)| at + 1 == self.parts.len());
        if let Some(Part::Text(written)) = self.parts.last_mut().filter(|_| !is_named) {
            return written.feed(bytes);
        }
        let written = self.text(bytes);
        self.parts.push(written);
    }

    fn text(&self, bytes: &[u8]) -> Part {
        let mut written = self.rows.map_or_else(TextOutput::default, TextOutput::with_rows);
        written.feed(bytes);
        Part::Text(Box::new(written))
    }

    /// Appends a displayed value. Markdown is shown verbatim until its blocks are set.
    pub fn show(&mut self, value: OutputValue) {
        self.show_as(value, None);
    }

    /// Appends a displayed value, or puts it in the place of those with its name if it is an update of them.
    pub fn show_as(&mut self, value: OutputValue, name: Option<&DisplayName>) {
        let part = match value {
            OutputValue::Text(text) => self.text(text.as_bytes()),
            // Formulas that can be drawn come as Markdown.
            OutputValue::Formula { plain, .. } => self.text(format!("{plain}\n").as_bytes()),
            OutputValue::Picture(file) => Part::Picture(file),
            OutputValue::Table(table) => Part::Table(table),
            OutputValue::Timing(timing) => Part::Timing(timing),
            OutputValue::Markdown(text) => {
                Part::Markdown(MarkdownOutput { text, blocks: Vec::new() })
            }
        };
        self.place(part, name);
    }

    /// Appends parsed Markdown, or puts it in the place of what has its name.
    pub fn show_markdown(&mut self, markdown: MarkdownOutput, name: Option<&DisplayName>) {
        self.place(Part::Markdown(markdown), name);
    }

    fn place(&mut self, part: Part, name: Option<&DisplayName>) {
        if let Some(name) = name.filter(|name| name.is_update && self.shows(&name.id)) {
            for (_, at) in self.names.iter().filter(|(id, _)| *id == name.id) {
                self.parts[*at] = part.clone();
            }
            return;
        }
        self.begin_part();
        self.names.extend(name.map(|name| (name.id.clone(), self.parts.len())));
        self.parts.push(part);
    }

    /// Returns whether a value with this name is displayed.
    pub fn shows(&self, name: &str) -> bool {
        self.names.iter().any(|(id, _)| **id == *name)
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

    fn named(id: &str, is_update: bool) -> DisplayName {
        DisplayName { id: id.into(), is_update }
    }

    #[test]
    fn named_value_is_replaced_in_its_place() {
        let mut output = Output::with_rows(10);
        output.feed(b"above\n");
        output.show_as(OutputValue::Text("one".into()), Some(&named("a", false)));
        output.feed(b"between\n");
        output.show_as(markdown("two"), Some(&named("a", false)));
        output.show_as(OutputValue::Text("other".into()), Some(&named("b", false)));
        output.feed(b"below");
        output.show_as(OutputValue::Text("new".into()), Some(&named("a", true)));
        assert_eq!(output.plain_text(), "above\nnew\nbetween\nnew\nother\nbelow");
        output.show_as(markdown("first"), Some(&named("c", true)));
        output.show_as(OutputValue::Picture("file".into()), Some(&named("c", true)));
        assert_eq!(output.plain_text(), "above\nnew\nbetween\nnew\nother\nbelow\n[picture]");
    }

    #[test]
    fn cleared_values_are_gone_at_once_or_with_the_next() {
        let mut output = Output::with_rows(10);
        output.feed(b"text\n");
        output.show_as(OutputValue::Picture("one".into()), Some(&named("a", false)));
        output.clear_shown(true);
        assert_eq!(output.plain_text(), "text\n[picture]");
        output.show(OutputValue::Picture("two".into()));
        assert_eq!(output.plain_text(), "[picture]");
        assert!(!output.shows("a"));
        output.clear_shown(false);
        assert!(output.is_empty());
        output.clear_shown(true);
        output.feed(b"last");
        assert_eq!(output.plain_text(), "last");
    }

    #[test]
    fn invisible_text_is_empty() {
        let mut output = Output::default();
        output.feed(b"\x1b[31m");
        assert!(output.is_empty());
    }
}
