//! Text that a run writes: bytes in, bounded styled lines out.
//!
//! What a program writes goes through a terminal's parser (the `vte` crate) onto a small [`TextScreen`]
//! that follows colours, carriage returns and cursor moves; what leaves that screen at the top is
//! kept as history, its first and its last lines. Nothing a program writes reaches the real terminal.

use std::fmt;

use ratatui::text::Line;
use vte::Parser;

use super::screen::TextScreen;

/// Bytes handed to the parser at once.
const PORTION: usize = 4 * 1024;

/// An operating system command longer than this is no longer kept by the parser.
const LONGEST_COMMAND: usize = 16 * PORTION;

/// Text that a run has written, as lines.
///
/// A clone shows the same, and takes what it is fed next as standing outside of escape sequences.
#[derive(Default)]
pub struct TextOutput {
    parser: Parser,
    screen: TextScreen,
    /// The beginning of a character whose end is still to come.
    begun: Vec<u8>,
    /// Bytes since the parser last made anything of them.
    unheard: usize,
}

/// One row of what was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutputRow<'a> {
    /// A line as written, not wrapped.
    Line(&'a Line<'static>),
    /// This many lines were left out between the head and the tail.
    Omitted(usize),
}

impl TextOutput {
    /// Text of which the last `rows` rows can be reached by cursor moves.
    pub fn with_rows(rows: u16) -> Self {
        let mut written = Self::default();
        written.resize(rows);
        written
    }

    /// Sets how many of the last rows can be reached by cursor moves: those of the terminal the
    /// program believes in.
    pub fn resize(&mut self, rows: u16) {
        self.screen.resize(usize::from(rows));
    }

    /// Takes in more bytes; they may end in the middle of a character or escape sequence.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut joined = std::mem::take(&mut self.begun);
        let mut rest = bytes;
        if !joined.is_empty() {
            joined.extend_from_slice(bytes);
            rest = &joined;
        }
        while !rest.is_empty() {
            let portion = &rest[..rest.len().min(PORTION)];
            let portion = &portion[..whole_characters(portion)];
            if portion.is_empty() {
                self.begun = rest.to_vec();
                return;
            }
            self.advance(portion);
            rest = &rest[portion.len()..];
        }
    }

    fn advance(&mut self, portion: &[u8]) {
        self.parser.advance(&mut self.screen, portion);
        self.unheard = if self.screen.finish() { 0 } else { self.unheard + portion.len() };
        if self.unheard >= LONGEST_COMMAND {
            self.forget_command();
        }
    }

    /// The parser collects a command (a title, a picture) until it ends, which may be never. Such a
    /// long one is begun anew, so that what was collected of it is freed.
    fn forget_command(&mut self) {
        self.parser = Parser::new();
        self.parser.advance(&mut self.screen, b"\x1b]");
        self.unheard = 0;
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows [`TextOutput::row`] knows.
    pub fn len(&self) -> usize {
        self.screen.len()
    }

    /// How many lines were written, those that were left out counted.
    pub fn lines(&self) -> usize {
        let left_out = (0..self.len()).find_map(|index| match self.row(index) {
            Some(OutputRow::Omitted(count)) => Some(count.saturating_sub(1)),
            _ => None,
        });
        self.len() + left_out.unwrap_or(0)
    }

    /// The row at `index`, from 0.
    pub fn row(&self, index: usize) -> Option<OutputRow<'_>> {
        self.screen.row(index)
    }

    /// The rows without their styles, one a line.
    pub fn plain_text(&self) -> String {
        let rows = (0..self.len()).filter_map(|index| self.row(index));
        let rows: Vec<_> = rows
            .map(|row| match row {
                OutputRow::Line(line) => line.to_string(),
                OutputRow::Omitted(count) => format!("… {count} lines left out …"),
            })
            .collect();
        rows.join("\n")
    }
}

/// How many of the bytes to hand on, so that no character is cut: vte 0.15.0 loses what follows a
/// character it got in two parts.
pub(in crate::run) fn whole_characters(bytes: &[u8]) -> usize {
    let is_continuation = |byte: &u8| matches!(byte, 0x80..=0xbf);
    let Some(lead) = bytes.iter().rposition(|byte| !is_continuation(byte)) else {
        return bytes.len();
    };
    let wanted = match bytes[lead] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    if bytes.len() - lead < wanted { lead } else { bytes.len() }
}

impl Clone for TextOutput {
    fn clone(&self) -> Self {
        let (screen, begun) = (self.screen.clone(), self.begun.clone());
        Self { parser: Parser::new(), screen, begun, unheard: 0 }
    }
}

impl fmt::Debug for TextOutput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Written").field("screen", &self.screen).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "text_output_tests.rs"]
mod tests;
