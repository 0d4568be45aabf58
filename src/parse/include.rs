//! Other files: includes, and code kept in files. Each is looked for beside the file that names it.

use std::path::{Component, Path, PathBuf};

use super::deck_builder::DeckBuilder;
use super::frontmatter;
use super::sanitize::excerpt;
use crate::diag::Diagnostic;
use crate::source::{ReadError, SourceFile, Span};

/// How many files one deck may be made of: includes that include each other twice grow without end.
const MAX_FILES: usize = 4_096;

impl DeckBuilder<'_> {
    /// Puts the blocks of another file here.
    pub(super) fn include(&mut self, path: &str, span: Span) {
        let file = plain_path(&self.folder.join(path));
        let refusal = if self.reading.iter().any(|open| plain_path(open) == file) {
            Some("this file is being included already")
        } else if self.deck.sources.iter().count() >= MAX_FILES {
            Some("too many files are included")
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self
                .problem(Diagnostic::error(span, format!("{refusal}: `{}`", excerpt(path))));
        }
        match self.read(path, span) {
            Ok(text) => self.included(&self.folder.join(path), &text),
            Err(mistake) => self.problem(*mistake),
        }
    }

    fn included(&mut self, path: &Path, text: &str) {
        let source = SourceFile::new(path, text);
        let file = self.deck.sources.add(source);
        let body = frontmatter::cut(text).map_or(0, |front| front.behind);
        if body > 0 {
            let mistake =
                Diagnostic::error(Span::new(file, 0..3), "front matter in an included file")
                    .hint("only the deck's own file has front matter: take it out here");
            self.deck.diagnostics.push(mistake);
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let outer = std::mem::replace(&mut self.folder, folder);
        self.reading.push(path.to_owned());
        self.text(text, body, file);
        self.reading.pop();
        self.folder = outer;
    }

    /// Reads a file named at `span`, relative to the file that names it. Bytes that are not UTF-8
    /// are replaced.
    ///
    /// # Errors
    /// Why it cannot be read.
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
}

/// What to do about a file that cannot be read.
fn read_hint(error: &ReadError) -> &'static str {
    error.hint().unwrap_or("the path starts at the file that names it")
}

/// The path without `.` and `..`, so that two ways to one file are equal.
fn plain_path(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
