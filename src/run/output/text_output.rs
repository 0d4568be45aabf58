//! The text output of a run: takes bytes, returns bounded styled lines.
//!
//! Bytes pass through the `vte` parser onto a small [`TextScreen`], which interprets colours,
//! carriage returns and cursor movement. Rows that scroll off its top are kept as history, bounded
//! to the first and last lines. Nothing that a program writes reaches the real terminal.

use std::fmt;

use vte::Parser;

use super::screen::{OutputRow, TextScreen};
use crate::run::characters::whole_characters;

/// Maximum bytes passed to the parser at once.
const CHUNK_BYTES: usize = 4 * 1024;

/// Maximum length in bytes of an operating system command before the parser is reset.
const MAX_COMMAND_BYTES: usize = 16 * CHUNK_BYTES;

/// Text output as lines.
///
/// A clone shows the same lines, and interprets further bytes as outside of any escape sequence.
#[derive(Default)]
pub struct TextOutput {
    parser: Parser,
    screen: TextScreen,
    /// An incomplete character at the end of the last chunk.
    partial: Vec<u8>,
    /// Bytes since the parser last dispatched anything.
    undispatched: usize,
}

impl TextOutput {
    /// Creates an output whose last `rows` rows can be reached by cursor movement.
    pub fn with_rows(rows: u16) -> Self {
        let mut output = Self::default();
        output.resize(rows);
        output
    }

    /// Sets the number of trailing rows that cursor movement can reach: the height of the program's
    /// terminal.
    pub fn resize(&mut self, rows: u16) {
        self.screen.resize(usize::from(rows));
    }

    /// Appends bytes, which may end in the middle of a character or an escape sequence.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut joined = std::mem::take(&mut self.partial);
        let mut rest = bytes;
        if !joined.is_empty() {
            joined.extend_from_slice(bytes);
            rest = &joined;
        }
        while !rest.is_empty() {
            let chunk = &rest[..rest.len().min(CHUNK_BYTES)];
            let chunk = &chunk[..whole_characters(chunk)];
            if chunk.is_empty() {
                self.partial = rest.to_vec();
                return;
            }
            self.advance(chunk);
            rest = &rest[chunk.len()..];
        }
    }

    fn advance(&mut self, chunk: &[u8]) {
        self.parser.advance(&mut self.screen, chunk);
        self.undispatched = if self.screen.finish() { 0 } else { self.undispatched + chunk.len() };
        if self.undispatched >= MAX_COMMAND_BYTES {
            self.forget_command();
        }
    }

    /// Resets the parser inside an operating system command, which frees what it has collected. A
    /// command (a title, a picture) may never end.
    fn forget_command(&mut self) {
        self.parser = Parser::new();
        self.parser.advance(&mut self.screen, b"\x1b]");
        self.undispatched = 0;
    }

    /// Returns whether there is no output.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of rows that [`TextOutput::row`] can return.
    pub fn len(&self) -> usize {
        self.screen.len()
    }

    /// Returns the number of lines written, including omitted ones.
    pub fn lines(&self) -> usize {
        let omitted = (0..self.len()).find_map(|index| match self.row(index) {
            Some(OutputRow::Omitted(count)) => Some(count.saturating_sub(1)),
            _ => None,
        });
        self.len() + omitted.unwrap_or(0)
    }

    /// Returns the row at `index`, from 0.
    pub fn row(&self, index: usize) -> Option<OutputRow<'_>> {
        self.screen.row(index)
    }

    /// Returns the rows without styles, one per line.
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

impl Clone for TextOutput {
    fn clone(&self) -> Self {
        let (screen, partial) = (self.screen.clone(), self.partial.clone());
        Self { parser: Parser::new(), screen, partial, undispatched: 0 }
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
