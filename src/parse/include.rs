//! Includes: adds the slides of other files.

use std::path::{Component, Path, PathBuf};

use super::deck_builder::DeckBuilder;
use super::frontmatter;
use super::sanitize::excerpt;
use crate::diag::Diagnostic;
use crate::source::{SourceFile, Span};

/// The maximum number of files of a deck: files that include each other several times would grow
/// without end.
const MAX_FILES: usize = 4_096;

impl DeckBuilder<'_> {
    /// Adds the blocks of another file here.
    pub(super) fn include(&mut self, path: &str, span: Span) {
        let file = plain_path(&self.folder.join(path));
        let refusal = if self.reading.iter().any(|open| plain_path(open) == file) {
            Some("this file is already being included")
        } else if self.deck.sources.iter().count() >= MAX_FILES {
            Some("too many files are included")
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self
                .problem(Diagnostic::error(span, format!("{refusal}: `{}`", excerpt(path))));
        }
        match self.source_reader().read(path, span) {
            Ok(text) => self.included(&self.folder.join(path), &text),
            Err(mistake) => self.problem(*mistake),
        }
    }

    fn included(&mut self, path: &Path, text: &str) {
        let source = SourceFile::new(path, text);
        let file = self.deck.sources.add(source);
        let body = frontmatter::cut(text).map_or(0, |front| front.end);
        if body > 0 {
            let mistake =
                Diagnostic::error(Span::new(file, 0..3), "front matter in an included file")
                    .hint("remove it: only the deck's own file can have front matter");
            self.deck.diagnostics.push(mistake);
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let outer = std::mem::replace(&mut self.folder, folder);
        self.reading.push(path.to_owned());
        self.text(text, body, file);
        self.reading.pop();
        self.folder = outer;
    }
}

/// Returns the path without `.` and `..`, to compare paths to the same file.
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
