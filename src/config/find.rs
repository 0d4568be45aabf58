//! Which files count, and reading them: the one named on the command line, else the one that
//! `$LIVEDECK_CONFIG_FILE` names, alone; without either the user's own and over it, key by key,
//! `livedeck.yaml` beside the deck.
//!
//! presenterm's own configuration is not read: it may allow code to run, and its user has not said
//! so to us. Its keys are ours, so `--config ~/.config/presenterm/config.yaml` works.

#![expect(clippy::disallowed_methods, reason = "the one place that reads configurations")]

use std::fmt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::{BESIDE, Config};
use crate::diag::{self, Diagnostic, Severity};
use crate::files::{self, FileKind, ReadError};
use crate::source::{FileId, SourceFile, Sources, Span};

/// The variable that names the configuration.
const VARIABLE: &str = "LIVEDECK_CONFIG_FILE";

/// A configuration, and what is to be said of it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What the files say.
    pub config: Config,
    /// The files that count, whether they are there or not, the weakest first.
    pub files: Vec<PathBuf>,
    /// Why the file beside the deck does not count.
    pub beside: Option<Box<Mistakes>>,
    /// What does not count, and why: warnings, by file.
    pub warnings: Vec<Mistakes>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("the configuration `{0}` cannot be read")]
    Unreadable(PathBuf, #[source] ReadError),
    /// A file has mistakes: each as an excerpt.
    #[error("{0}")]
    Mistakes(Box<Mistakes>),
}

/// What is wrong with a configuration.
#[derive(Clone, Debug)]
pub struct Mistakes {
    /// The mistakes.
    pub found: Vec<Diagnostic>,
    /// The file they stand in.
    pub sources: Sources,
}

impl Mistakes {
    /// The warnings among them, each as an excerpt.
    pub fn warnings(&self) -> Vec<String> {
        excerpts(&self.found, &self.sources, Severity::Warning)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&excerpts(&self.found, &self.sources, Severity::Error).join("\n\n"))
    }
}

/// The mistakes of this severity, drawn.
fn excerpts(found: &[Diagnostic], sources: &Sources, severity: Severity) -> Vec<String> {
    let found = found.iter().filter(|found| found.severity == severity);
    found.map(|found| diag::plain(found, sources)).collect()
}

/// Reads the configuration: `given` on the command line, or what goes for a deck.
///
/// # Errors
/// A file that was named is not there, one cannot be read, or one has a mistake in it.
pub fn find(given: Option<&Path>, deck: Option<&Path>) -> Result<Found, Error> {
    let named = given.map(Path::to_owned).or_else(from_environment);
    let mut found = Found::default();
    if let Some(file) = named {
        let text =
            text(&file)?.ok_or_else(|| Error::Unreadable(file.clone(), ReadError::Missing))?;
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

/// The user's folder for livedeck: `$XDG_CONFIG_HOME/livedeck`, else `~/.config/livedeck`.
pub fn directory() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("livedeck"))
}

fn from_environment() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// A file's text; none where it is not there.
fn text(file: &Path) -> Result<Option<String>, Error> {
    match files::read(file, FileKind::Text) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(Error::Unreadable(file.to_owned(), error)),
    }
}

impl Error {
    /// It as mistakes of a file.
    fn into_mistakes(self) -> Mistakes {
        let (path, error) = match self {
            Self::Mistakes(mistakes) => return *mistakes,
            Self::Unreadable(path, error) => (path, error),
        };
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(path, ""));
        let mistake =
            Diagnostic::error(Span::new(file, 0..0), format!("the file cannot be read: {error}"));
        let found = vec![error.hint().into_iter().fold(mistake, Diagnostic::hint)];
        Mistakes { found, sources }
    }
}

impl Found {
    fn read_beside(&mut self, file: &Path) -> Result<(), Error> {
        let text = text(file)?.unwrap_or_default();
        self.read_with(file.to_owned(), &text, Config::read_beside)
    }

    fn read(&mut self, path: PathBuf, text: &str) -> Result<(), Error> {
        self.read_with(path, text, Config::read)
    }

    fn read_with(
        &mut self,
        path: PathBuf,
        text: &str,
        read: fn(&mut Config, &str, FileId) -> Vec<Diagnostic>,
    ) -> Result<(), Error> {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(&path, text));
        let found = read(&mut self.config, text, file);
        self.files.push(path);
        if found.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(Error::Mistakes(Box::new(Mistakes { found, sources })));
        }
        if !found.is_empty() {
            self.warnings.push(Mistakes { found, sources });
        }
        Ok(())
    }
}
