//! What all runs of a deck have in common.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::custom::CustomExecutor;
use super::sandbox::SandboxOptions;

/// What all runs of a deck have in common.
#[derive(Clone, Debug)]
pub struct ExecOptions {
    /// The working directory: the deck's folder.
    pub directory: PathBuf,
    /// The front matter's Python, which takes precedence over `$VIRTUAL_ENV`, `.venv` and `python3`.
    pub python: Option<String>,
    /// The user's own executors, by language.
    pub custom: BTreeMap<String, CustomExecutor>,
    /// Where compiled snippets are kept: `livedeck` in the user's cache directory, or the sandboxed
    /// deck's own folder ([`SandboxOptions::cache`]).
    pub cache: PathBuf,
    /// The sandbox that all runs are in, if any.
    pub sandbox: Option<SandboxOptions>,
}

impl ExecOptions {
    /// Returns the options with absolute paths, because children start in another directory than ours.
    pub(super) fn absolute(self) -> Self {
        let absolute = |path: PathBuf| {
            // The folder of a deck that was named without one is empty: it means the current one.
            let path = PathBuf::from(".").join(path);
            std::path::absolute(&path).unwrap_or(path)
        };
        let (directory, cache) = (absolute(self.directory), absolute(self.cache));
        Self { directory, cache, ..self }
    }
}
