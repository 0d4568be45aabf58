//! A run's output: bytes in, bounded styled lines out.

use ratatui::text::Line;

/// What a run has written, as lines.
#[derive(Clone, Debug, Default)]
pub struct Output {
    lines: Vec<Line<'static>>,
}

/// One row of an output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutputRow<'a> {
    /// A line as written, not wrapped.
    Line(&'a Line<'static>),
    /// This many lines were left out between the head and the tail.
    Omitted(usize),
}

impl Output {
    /// Takes in more bytes; they may end in the middle of a character or escape sequence.
    pub fn feed(&mut self, bytes: &[u8]) {
        for line in String::from_utf8_lossy(bytes).lines() {
            self.lines.push(Line::raw(line.to_owned()));
        }
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many rows [`Output::row`] knows.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The row at `index`, from 0.
    pub fn row(&self, index: usize) -> Option<OutputRow<'_>> {
        self.lines.get(index).map(OutputRow::Line)
    }
}
