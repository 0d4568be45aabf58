//! The user's own themes: files of a folder, each a theme named after it, read when one is asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::builtin;
use crate::diag::Diagnostic;
use crate::source::{FileId, Files, ReadError, SourceFile, Sources, Span};

/// Where the user's themes are, by name, and how they are read.
#[derive(Clone, Default)]
pub struct Library<'f> {
    paths: BTreeMap<String, PathBuf>,
    files: Option<&'f dyn Files>,
}

impl<'f> Library<'f> {
    /// The themes in these files, which are read through `files`: those that end in `.yaml`.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>, files: &'f dyn Files) -> Self {
        let is_theme = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "yaml");
        let named = |path: PathBuf| Some((path.file_stem()?.to_str()?.to_owned(), path));
        let paths = paths.into_iter().filter(is_theme).filter_map(named).collect();
        Self { paths, files: Some(files) }
    }

    /// The names of all themes: ours, then the user's.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let ours = builtin::names().map(|name| -> &str { name });
        ours.chain(self.user_names())
    }

    fn user_names(&self) -> impl Iterator<Item = &str> {
        self.paths.keys().map(String::as_str).filter(|name| builtin::texts(name).is_none())
    }

    /// What is wrong with the files' names: those of built-in themes do not count.
    pub(super) fn check(&self, sources: &mut Sources) -> Vec<Diagnostic> {
        let taken = self.paths.iter().filter(|(name, _)| builtin::texts(name).is_some());
        taken
            .map(|(name, path)| {
                let file = sources.add(SourceFile::new(path, ""));
                let message =
                    format!("there is a built-in theme `{name}`: this one does not count");
                Diagnostic::error(Span::new(file, 0..0), message).hint("give the file another name")
            })
            .collect()
    }

    /// The text of the user's theme of this name, added to the sources; none if there is no such
    /// theme. A file that cannot be read is one, with nothing in it but why.
    pub(super) fn text(
        &self,
        name: &str,
        sources: &mut Sources,
    ) -> Option<Result<ThemeText, UnreadableTheme>> {
        let (path, files) = (self.paths.get(name)?, self.files?);
        let bytes = match files.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let file = sources.add(SourceFile::new(path, ""));
                return Some(Err(UnreadableTheme { file, error }));
            }
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let file = sources.add(SourceFile::new(path, text.as_str()));
        Some(Ok(ThemeText { file, text }))
    }
}

impl fmt::Debug for Library<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("paths", &self.paths).finish_non_exhaustive()
    }
}

/// A theme's text, and the file it stands in.
pub(super) struct ThemeText {
    pub(super) file: FileId,
    pub(super) text: String,
}

/// A theme that is there and cannot be read.
pub(super) struct UnreadableTheme {
    pub(super) file: FileId,
    pub(super) error: ReadError,
}
