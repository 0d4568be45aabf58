//! How a deck's code runs: executors, limits, cache and sandbox.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::app::Trust;
use crate::exec::{CustomExecutor, SandboxOptions};
use crate::run::RunLimits;

/// How a deck's code runs.
#[derive(Clone, Debug, Default)]
pub struct Execution {
    /// The user's own executors, by language.
    pub custom: BTreeMap<String, CustomExecutor>,
    /// Limits of one run.
    pub limits: RunLimits,
    /// Cache folder for compiled code.
    pub cache: PathBuf,
    /// Guard of the cache folder, if it is temporary; it is removed with the last clone.
    pub temporary_cache: Option<Arc<TempDir>>,
    /// The sandbox, if any.
    pub sandbox: Option<SandboxOptions>,
}

impl Execution {
    /// Returns the folder for drawings of blocks. Code in a sandbox cannot write to it.
    pub(crate) fn drawings(&self) -> PathBuf {
        self.cache.join("drawings")
    }

    /// Returns the trust level of a deck whose code the user runs by a command.
    pub(crate) fn trust(&self) -> Trust {
        if self.sandbox.is_some() { Trust::Sandboxed } else { Trust::Once }
    }
}
