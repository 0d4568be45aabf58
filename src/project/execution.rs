//! How a deck's code runs: executors, limits, cache and sandbox.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::app::Trust;
use crate::exec::{CustomExecutor, SandboxOptions};
use crate::run::RunLimits;

/// How a deck's code runs, in a talk and in an export.
#[derive(Clone, Debug, Default)]
pub struct Execution {
    /// Executors of the user's own, by language.
    pub custom: BTreeMap<String, CustomExecutor>,
    /// What one run may take.
    pub limits: RunLimits,
    /// Where compiled code is kept.
    pub cache: PathBuf,
    /// That folder, where it is removed with the last copy of this.
    pub temporary_cache: Option<Arc<TempDir>>,
    /// The sandbox that it runs in, if any.
    pub sandbox: Option<SandboxOptions>,
}

impl Execution {
    /// What a deck may whose code runs because its user gave the command for it.
    pub(crate) fn trust(&self) -> Trust {
        if self.sandbox.is_some() { Trust::Sandboxed } else { Trust::Once }
    }
}
