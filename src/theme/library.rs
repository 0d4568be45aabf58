//! The user's themes: the files of some folders, each a theme named after its file, read on request.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use super::builtin;
use crate::diag::Diagnostic;
use crate::source::{FileId, Files, ReadError, SourceFile, Sources, Span};

/// The user's theme files, by name, and how to read them.
#[derive(Clone, Default)]
pub struct Library<'f> {
    paths: BTreeMap<String, PathBuf>,
    /// The folders that were searched.
    folders: Vec<PathBuf>,
    files: Option<&'f dyn Files>,
}

impl<'f> Library<'f> {
    /// Creates an empty library, whose themes are read through `files`.
    pub fn new(files: &'f dyn Files) -> Self {
        Self { files: Some(files), ..Self::default() }
    }

    /// Adds those of a folder's `paths` that end in `.yaml`. Themes of folders added before take
    /// precedence. Only in the first folder, built-in names are an error.
    pub fn add(&mut self, folder: &Path, paths: impl IntoIterator<Item = PathBuf>) {
        let is_theme = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "yaml");
        let is_first = self.folders.is_empty();
        for path in paths.into_iter().filter(is_theme) {
            let Some(name) = path.file_stem().and_then(OsStr::to_str).map(str::to_owned) else {
                continue;
            };
            if is_first || builtin::texts(&name).is_none() {
                self.paths.entry(name).or_insert(path);
            }
        }
        self.folders.push(folder.to_owned());
    }

    /// Says where themes are looked for, besides the built-in ones.
    pub fn searched(&self) -> Option<String> {
        searched(&self.folders)
    }

    /// Returns the names of all themes: built-in ones, then the user's.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let built_in = builtin::names().map(|name| -> &str { name });
        built_in.chain(self.user_names())
    }

    fn user_names(&self) -> impl Iterator<Item = &str> {
        self.paths.keys().map(String::as_str).filter(|name| builtin::texts(name).is_none())
    }

    /// Reports files that are named like built-in themes; they are ignored.
    pub(super) fn check(&self, sources: &mut Sources) -> Vec<Diagnostic> {
        let taken = self.paths.iter().filter(|(name, _)| builtin::texts(name).is_some());
        taken
            .map(|(name, path)| {
                let file = sources.add(SourceFile::new(path, ""));
                let message = format!("`{name}` is a built-in theme; this file is ignored");
                Diagnostic::error(Span::new(file, 0..0), message).hint("rename the file")
            })
            .collect()
    }

    /// Reads a user's theme and adds it to `sources`; `None` if there is no such theme. A file that
    /// cannot be read is added without text.
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

/// Returns a hint that names the folders that were searched, if any.
pub fn searched(folders: &[PathBuf]) -> Option<String> {
    let names: Vec<_> = folders.iter().map(|folder| format!("`{}`", folder.display())).collect();
    (!names.is_empty()).then(|| format!("looked in {}", names.join(" and ")))
}

/// A theme's text and its file.
pub(super) struct ThemeText {
    pub(super) file: FileId,
    pub(super) text: String,
}

/// A theme file that cannot be read.
pub(super) struct UnreadableTheme {
    pub(super) file: FileId,
    pub(super) error: ReadError,
}
