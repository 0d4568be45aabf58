//! Reads the files that a deck names. Paths are relative to the file that names them.

use std::path::Path;

use super::sanitize::excerpt;
use crate::deck::Deck;
use crate::diag::Diagnostic;
use crate::source::{FileId, Files, ReadError, SourceFile, Span};

/// Reads files for a deck under construction, and records them in it.
pub(super) struct SourceReader<'d> {
    /// The deck, which keeps sources, watched files and diagnostics.
    pub(super) deck: &'d mut Deck,
    /// Where files are read from.
    pub(super) files: &'d dyn Files,
    /// The folder of the file being parsed.
    pub(super) folder: &'d Path,
}

impl SourceReader<'_> {
    /// Returns the text of the file that is named at `span`. Replaces bytes that are not UTF-8, and
    /// warns about them.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read(&mut self, path: &str, span: Span) -> Result<String, Box<Diagnostic>> {
        let file = self.folder.join(path);
        let bytes = self.files.read(&file);
        if !self.deck.files.contains(&file) {
            self.deck.files.push(file);
        }
        let bytes = bytes.map_err(|error| {
            let message = format!("cannot read `{}`: {error}", excerpt(path));
            Box::new(Diagnostic::error(span, message).hint(read_hint(&error)))
        })?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
            let message = format!("`{}` is not UTF-8", excerpt(path));
            self.deck.diagnostics.push(Diagnostic::warning(span, message));
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        }))
    }

    /// As [`read`](Self::read), and adds the file to the deck's sources.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn add(
        &mut self,
        path: &str,
        span: Span,
    ) -> Result<(FileId, String), Box<Diagnostic>> {
        let text = self.read(path, span)?;
        let file = SourceFile::new(self.folder.join(path), text.as_str());
        Ok((self.deck.sources.add(file), text))
    }
}

/// Returns what to do about a file that cannot be read.
fn read_hint(error: &ReadError) -> &'static str {
    error.hint().unwrap_or("paths are relative to the file that contains them")
}
