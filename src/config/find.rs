//! Which files count, and reading them: the one named on the command line, else the one that
//! `$LIVEDECK_CONFIG_FILE` names, alone; without either the user's own and over it, key by key,
//! `livedeck.yaml` beside the deck.
//!
//! presenterm's own configuration is not read: it may allow code to run, and its user has not said
//! so to us. Its keys are ours, so `--config ~/.config/presenterm/config.yaml` works.

#![expect(clippy::disallowed_methods, reason = "the one place that reads configurations")]

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::Config;
use crate::diag::{self, Diagnostic, Severity};
use crate::source::{SourceFile, Sources};

/// The variable that names the configuration.
const VARIABLE: &str = "LIVEDECK_CONFIG_FILE";
/// The configuration of a deck, beside it.
const BESIDE: &str = "livedeck.yaml";

/// A configuration, and what is to be said of it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What the files say.
    pub config: Config,
    /// The files that count, whether they are there or not, the weakest first.
    pub files: Vec<PathBuf>,
    /// What does not count, and why.
    pub warnings: Vec<String>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("the configuration `{0}` cannot be read")]
    Unreadable(PathBuf, #[source] io::Error),
    /// A file has mistakes: each as an excerpt.
    #[error("{0}")]
    Mistakes(Box<Mistakes>),
}

/// What is wrong with a configuration.
#[derive(Debug)]
pub struct Mistakes {
    /// The mistakes, errors among them.
    pub found: Vec<Diagnostic>,
    /// The file they stand in.
    pub sources: Sources,
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
        let text = text(&file)?.ok_or_else(|| {
            Error::Unreadable(file.clone(), io::Error::from(io::ErrorKind::NotFound))
        })?;
        found.read(file, &text)?;
        return Ok(found);
    }
    if let Some(file) = directory().map(|folder| folder.join("config.yaml")) {
        let text = text(&file)?.unwrap_or_default();
        found.read(file, &text)?;
    }
    if let Some(file) = deck.map(|deck| deck.with_file_name(BESIDE)) {
        let text = text(&file)?.unwrap_or_default();
        let own = found.config.clone();
        found.read(file, &text)?;
        found.keep_own(own);
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
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Unreadable(file.to_owned(), error)),
    }
}

impl Found {
    fn read(&mut self, path: PathBuf, text: &str) -> Result<(), Error> {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(&path, text));
        let problems = self.config.read(text, file);
        self.files.push(path);
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(Error::Mistakes(Box::new(Mistakes { found: problems, sources })));
        }
        self.warnings.extend(excerpts(&problems, &sources, Severity::Warning));
        Ok(())
    }

    /// Takes back what a file beside a deck may not decide: a deck that came from elsewhere must not
    /// allow its own code to run, nor say what runs it.
    fn keep_own(&mut self, own: Config) {
        let read = &self.config;
        let kept =
            [("snippet", read.snippet != own.snippet), ("mermaid", read.mermaid != own.mermaid)];
        for (key, _) in kept.iter().filter(|(_, differs)| *differs) {
            self.warnings.push(format!(
                "`{key}` in `{BESIDE}` does not count: a deck cannot say what may run\nhint: set it \
                 in your own configuration, or use `-x`"
            ));
        }
        self.config.snippet = own.snippet;
        self.config.mermaid = own.mermaid;
    }
}
