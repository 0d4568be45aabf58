//! Source text: the files of a deck, byte spans into them, and the line index that turns a span
//! into a readable position (`talk.md:44:9`).
//!
//! Everything the parser produces carries a [`Span`], and diagnostics, tracebacks and compiler
//! errors all refer to the deck's own file and line. This is the lowest layer: it knows nothing of
//! markdown, and reads files only through the [`Files`] trait.

mod drafts;
mod fenced_code;
mod invisible;
mod read_error;
mod visible;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use drafts::Drafts;
pub use fenced_code::FencedCode;
pub use invisible::{TextKind, invisible, is_invisible, mark, mark_invisible, pasteable};
pub use read_error::ReadError;
pub use visible::{excerpt, visible, visible_code, visible_line};

/// Identifies a file of a [`Sources`]; the deck's own file is always 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u16);

/// A byte range in one source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file that contains the range.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// Creates the range `start..end` of `file`. Offsets beyond 4 GiB are clamped.
    pub fn new(file: FileId, range: std::ops::Range<usize>) -> Self {
        let cut = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: cut(range.start), end: cut(range.end) }
    }

    /// Returns the range as `usize`, to slice the file's text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A position for people: both numbers start at 1, the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// Returns line and column.
    pub fn pair(self) -> (u32, u32) {
        (self.line, self.column)
    }
}

/// A file's text with its line index.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: PathBuf,
    text: Arc<str>,
    /// Computed on first use: most slides never need one.
    line_starts: OnceLock<Arc<[u32]>>,
}

impl SourceFile {
    /// Creates a source file; messages refer to it by `path`.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), line_starts: OnceLock::new() }
    }

    /// Returns the path as the user or the including file wrote it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path for messages: on one line, without control characters.
    pub fn name(&self) -> String {
        visible_line(&self.path.to_string_lossy()).into_owned()
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the line (from 1) that contains byte `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts().partition_point(|&start| start <= offset) as u32
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.match_indices('\n').map(|(at, _)| at as u32 + 1);
            std::iter::once(0).chain(breaks).collect()
        })
    }

    /// Returns line and column of byte `offset`; an offset past the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.line_starts()[line as usize - 1] as usize;
        let end = (offset as usize).min(self.text.len());
        let column =
            self.text.get(start..end).map_or(0, |before| before.chars().count()) as u32 + 1;
        Position { line, column }
    }
}

/// All files of a deck.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and returns its id. Files beyond 65,535 share the last id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = u16::try_from(self.files.len()).unwrap_or(u16::MAX);
        self.files.push(file);
        FileId(id)
    }

    /// Returns the file with an id returned by [`Sources::add`].
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(usize::from(id.0))
    }

    /// Returns every file, the deck's own first.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// Returns `file:line:column` of a span's start, for messages.
    pub fn place(&self, span: Span) -> String {
        self.get(span.file).map_or_else(String::new, |file| {
            let at = file.position(span.start);
            format!("{}:{}:{}", file.name(), at.line, at.column)
        })
    }
}

/// The only way pure code reads files: included decks and code files.
pub trait Files {
    /// Returns the bytes of the file at `path`, which is relative to the working directory.
    ///
    /// # Errors
    /// The file cannot be read.
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError>;
}

/// In-memory files: for tests, and for text without a file.
#[derive(Clone, Debug, Default)]
pub struct MemFiles(pub std::collections::BTreeMap<PathBuf, Vec<u8>>);

impl Files for MemFiles {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.0.get(path).cloned().ok_or(ReadError::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_counts_lines_and_characters_from_one() {
        let file = SourceFile::new("talk.md", "ab\nçd\n");
        let at = |offset| {
            let Position { line, column } = file.position(offset);
            (line, column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(2), (1, 3));
        assert_eq!(at(3), (2, 1));
        assert_eq!(at(5), (2, 2));
        assert_eq!(at(99), (3, 1));
    }

    #[test]
    fn place_includes_the_file_name() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("talk.md", "x\ny"));
        assert_eq!(sources.place(Span::new(file, 2..3)), "talk.md:2:1");
    }
}
