//! Finds and reads the configuration files: only the one given on the command line, or else only the
//! one in `$LIVEDECK_CONFIG_FILE`; without either, the user's own file, overridden key by key by
//! `livedeck.yaml` beside the deck.
//!
//! presenterm's own configuration is not read, because it may allow code to run, and that consent was
//! not given to livedeck. `presenterm` converts it.

#![expect(clippy::disallowed_methods, reason = "the one place that reads configurations")]

use std::fmt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::{BESIDE, Config};
use crate::diag::{self, Diagnostic, Severity};
use crate::files::{self, FileKind, ReadError};
use crate::source::{FileId, SourceFile, Sources, Span};

/// Environment variable with the path of the configuration.
const VARIABLE: &str = "LIVEDECK_CONFIG_FILE";

/// A configuration, with the warnings found while reading it.
#[derive(Clone, Debug, Default)]
pub struct FoundConfig {
    /// The values.
    pub config: Config,
    /// The files in order of increasing precedence, including missing ones.
    pub files: Vec<PathBuf>,
    /// Errors in the file beside the deck, which is then ignored.
    pub beside: Option<Box<ConfigProblems>>,
    /// Warnings, by file.
    pub warnings: Vec<ConfigProblems>,
}

/// An error that prevents reading the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("the configuration `{0}` cannot be read")]
    Unreadable(PathBuf, #[source] ReadError),
    /// A file has errors, shown with excerpts.
    #[error("{0}")]
    Mistakes(Box<ConfigProblems>),
}

/// Errors and warnings of a configuration file.
#[derive(Clone, Debug)]
pub struct ConfigProblems {
    /// The diagnostics.
    pub found: Vec<Diagnostic>,
    /// The file.
    pub sources: Sources,
}

impl ConfigProblems {
    /// Returns the warnings as text with excerpts.
    pub fn warnings(&self) -> Vec<String> {
        excerpts(&self.found, &self.sources, Severity::Warning)
    }
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&excerpts(&self.found, &self.sources, Severity::Error).join("\n\n"))
    }
}

/// Renders the diagnostics of one severity.
fn excerpts(found: &[Diagnostic], sources: &Sources, severity: Severity) -> Vec<String> {
    let found = found.iter().filter(|found| found.severity == severity);
    found.map(|found| diag::plain(found, sources)).collect()
}

/// Reads the configuration: the file `given` on the command line, or the default files for a deck.
///
/// # Errors
/// An explicitly named file is missing, a file cannot be read, or a file has an error.
pub fn find(given: Option<&Path>, deck: Option<&Path>) -> Result<FoundConfig, ConfigError> {
    let named = given.map(Path::to_owned).or_else(from_environment);
    let mut found = FoundConfig::default();
    if let Some(file) = named {
        let text = text(&file)?
            .ok_or_else(|| ConfigError::Unreadable(file.clone(), ReadError::Missing))?;
        found.read(file, &text)?;
        return Ok(found);
    }
    if let Some(file) = directory().map(|folder| folder.join("config.yaml")) {
        let text = text(&file)?.unwrap_or_default();
        found.read(file, &text)?;
    }
    if let Some(file) = deck.map(|deck| deck.with_file_name(BESIDE)) {
        let own = found.config.clone();
        if let Err(error) = found.read_beside(&file) {
            found.config = own;
            found.beside = Some(Box::new(error.into_mistakes()));
        }
    }
    Ok(found)
}

/// Returns the user's configuration folder: `$XDG_CONFIG_HOME/livedeck`, or `~/.config/livedeck`.
pub fn directory() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("livedeck"))
}

/// Returns whether the environment names the only configuration to read.
pub fn is_named_by_environment() -> bool {
    from_environment().is_some()
}

fn from_environment() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Reads a file. Returns `None` if it does not exist.
fn text(file: &Path) -> Result<Option<String>, ConfigError> {
    match files::read(file, FileKind::Text) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(ConfigError::Unreadable(file.to_owned(), error)),
    }
}

impl ConfigError {
    /// Creates the error of a file with errors.
    pub(super) fn mistakes(found: Vec<Diagnostic>, sources: Sources) -> Self {
        Self::Mistakes(Box::new(ConfigProblems { found, sources }))
    }

    /// Converts the error into diagnostics of a file.
    fn into_mistakes(self) -> ConfigProblems {
        let (path, error) = match self {
            Self::Mistakes(mistakes) => return *mistakes,
            Self::Unreadable(path, error) => (path, error),
        };
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(path, ""));
        let mistake =
            Diagnostic::error(Span::new(file, 0..0), format!("the file cannot be read: {error}"));
        let found = vec![error.hint().into_iter().fold(mistake, Diagnostic::hint)];
        ConfigProblems { found, sources }
    }
}

impl FoundConfig {
    fn read_beside(&mut self, file: &Path) -> Result<(), ConfigError> {
        let text = text(file)?.unwrap_or_default();
        self.read_with(file.to_owned(), &text, Config::read_beside)
    }

    fn read(&mut self, path: PathBuf, text: &str) -> Result<(), ConfigError> {
        self.read_with(path, text, Config::read)
    }

    fn read_with(
        &mut self,
        path: PathBuf,
        text: &str,
        read: fn(&mut Config, &str, FileId) -> Vec<Diagnostic>,
    ) -> Result<(), ConfigError> {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(&path, text));
        let found = read(&mut self.config, text, file);
        self.files.push(path);
        if found.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(ConfigError::mistakes(found, sources));
        }
        if !found.is_empty() {
            self.warnings.push(ConfigProblems { found, sources });
        }
        Ok(())
    }
}
