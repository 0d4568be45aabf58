//! Which deck to load, the settings that affect loading, and unsaved edits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::trust::FileDiagnostics;
use crate::deck::Options;
use crate::files;
use crate::layout::SlideArea;
use crate::source::Drafts;
use crate::theme::{Background, ByBackground, DrawingSettings};

/// Time limit for reading all files that a deck names. A slow network share needs a second; slower
/// files are reported as diagnostics and read again with the next save.
pub(crate) const FILES_TIMEOUT: Duration = Duration::from_secs(5);

/// Which deck to load, and the settings that affect loading.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The deck's file.
    pub path: PathBuf,
    /// Whether it is a pipe, which can only be read once.
    pub is_pipe: bool,
    /// Theme that overrides the deck's.
    pub theme: Option<String>,
    /// Default theme for each background.
    pub default_theme: ByBackground<String>,
    /// The terminal's background.
    pub background: Background,
    /// Whether to load the theme gallery instead of a file.
    pub gallery: bool,
    /// The folders of the user's themes, in order of precedence.
    pub themes: Vec<PathBuf>,
    /// Defaults for the front matter's options.
    pub options: Options,
    /// What the configuration says about formulas and diagrams.
    pub drawings: DrawingSettings,
    /// Maximum size of slides.
    pub limits: SlideArea,
    /// Whether to show speaker notes instead of slides.
    pub notes: bool,
    /// Problems of other files to show with the deck's: of the configuration beside it and the trust
    /// store.
    pub mistakes: Vec<FileDiagnostics>,
    /// The folder for the pictures of notebooks; without one they are not shown.
    pub notebook_pictures: Option<PathBuf>,
    /// Unsaved edits made during the presentation.
    pub unsaved: SharedDrafts,
    /// The address for the audience, if the talk is served.
    pub serve_url: Option<Arc<str>>,
}

/// Unsaved edits, shared by all loads of one deck.
#[derive(Clone, Debug, Default)]
pub struct SharedDrafts(Arc<Mutex<Drafts>>);

/// Guard of the locked drafts.
pub(crate) type DraftsGuard<'a> = MutexGuard<'a, Drafts>;

impl SharedDrafts {
    /// Locks the drafts.
    pub(crate) fn drafts(&self) -> DraftsGuard<'_> {
        self.0.lock()
    }
}

impl LoadOptions {
    /// Returns whether a file is the deck's own and a pipe, which does not change.
    pub(crate) fn is_pipe(&self, file: &Path) -> bool {
        self.is_pipe && file == self.path
    }

    /// Applies the unsaved edits of a file to its content.
    pub(super) fn with_drafts(&self, path: &Path, bytes: Vec<u8>) -> Vec<u8> {
        let drafts = self.unsaved.drafts();
        if drafts.is_empty() {
            return bytes;
        }
        // Files that are not UTF-8 are never edited.
        match String::from_utf8(bytes) {
            Ok(text) => drafts.apply(path, &text).into_owned().into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }

    /// Returns the default options for a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            is_pipe: files::is_pipe(&path),
            path,
            theme: None,
            default_theme: ByBackground { dark: "dark".to_owned(), light: "dark".to_owned() },
            background: Background::Dark,
            gallery: false,
            themes: Vec::new(),
            options: Options::default(),
            drawings: DrawingSettings::default(),
            limits: SlideArea::default(),
            notes: false,
            mistakes: Vec::new(),
            notebook_pictures: None,
            unsaved: SharedDrafts::default(),
            serve_url: None,
        }
    }
}

/// Returns the folder of a file; `.` for a bare name.
pub(crate) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
