//! Imports modules before a block needs them: those that the deck's blocks import and those of
//! `options.python.preload`. A fork of the worker imports them in the background and becomes a
//! snapshot, like a session's block; blocks with imports start from it.
//!
//! A block must see no difference but the time. A module whose import fails, hangs, prints or starts
//! something is therefore rejected with all its effects: the fork is discarded, and the next one starts
//! over without that module. A block starts from the worker itself, with nothing preimported, where
//! that could make a difference: if it changes how modules are imported, or if the deck's folder has a
//! module with the name of a loaded one.

mod attempt;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use self::attempt::{Attempt, AttemptResult, PreimportResult};
use crate::deck::{PythonImport, python_imports};
use crate::exec::python::session::Snapshot;
use crate::exec::python::worker::control::LoadedModules;
use crate::exec::python::worker::zygote::Zygote;
use crate::run::{self, Request, Snippet};

/// Code after which an import may behave differently: a block with any of it starts with nothing
/// preimported.
const IMPORT_CHANGING_WORDS: [&str; 8] = [
    "environ",
    "putenv",
    "sys.path",
    "sys.modules",
    "from sys import",
    "meta_path",
    "path_hooks",
    "addsitedir",
];

/// Modules that are imported for the effect of the import.
const SIDE_EFFECT_MODULES: [&str; 2] = ["antigravity", "this"];

/// How long one import may take.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// How often preimporting starts over, each time without one more module.
const MAX_ATTEMPTS: usize = 10;

/// How often the worker may end during preimporting.
const MAX_WORKER_LOSSES: u8 = 3;

/// The modules to preimport, and the process that has done so.
#[derive(Debug, Default)]
pub(in crate::exec::python) struct Preimports {
    state: Mutex<PreimportState>,
}

#[derive(Debug)]
struct PreimportState {
    wanted: Vec<Import>,
    /// The sessions with a block that changes how modules are imported.
    import_changing_sessions: BTreeSet<String>,
    /// The version of `wanted`, and the version that was tried last.
    round: u64,
    tried: u64,
    worker_losses: u8,
    is_busy: bool,
    preimported: Option<Arc<Preimported>>,
    /// The modules that the worker itself has loaded.
    loaded: Arc<LoadedModules>,
    /// How long one import may take.
    timeout: Duration,
}

/// An import to do ahead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::exec::python) struct Import {
    /// Whether the deck's author requested it with `options.python.preload`.
    pub(in crate::exec::python) is_requested: bool,
    /// The import.
    pub(in crate::exec::python) import: PythonImport,
}

/// A process that has imported modules.
#[derive(Debug)]
pub(in crate::exec::python) struct Preimported {
    /// The process.
    pub(in crate::exec::python) snapshot: Arc<Snapshot>,
    /// The names of the top-level modules that it has loaded.
    pub(in crate::exec::python) loaded: BTreeSet<String>,
}

impl Preimports {
    /// Sets the modules to preimport: the `preload` modules and those that the snippets import.
    pub(in crate::exec::python) fn set_wanted(&self, preload: &[String], snippets: &[&Snippet]) {
        let mut state = self.state.lock();
        let changing = snippets.iter().filter(|snippet| changes_imports(snippet));
        state.import_changing_sessions =
            changing.filter_map(|snippet| snippet.session.clone()).collect();
        let wanted = wanted(preload, snippets, &state.import_changing_sessions);
        let set = |imports: &[Import]| imports.iter().cloned().collect::<BTreeSet<_>>();
        if set(&state.wanted) != set(&wanted) {
            (state.wanted, state.worker_losses) = (wanted, 0);
            state.round += 1;
        }
        if state.wanted.is_empty() {
            state.preimported = None;
        }
    }

    /// Returns the snapshot that a block should start from, or `None` to start from the worker, and
    /// whether there is work for [`Self::run_pending`]. `directory` is the deck's folder, `modules` the
    /// folder with the states of its modules.
    pub(in crate::exec::python) fn snapshot_for(
        &self,
        request: &Request,
        directory: &Path,
        modules: Option<&Path>,
    ) -> (Option<Arc<Snapshot>>, bool) {
        let mut state = self.state.lock();
        if !state.applies_to(request) {
            return (None, false);
        }
        if state.preimported.as_ref().is_some_and(|it| !it.snapshot.is_alive()) {
            state.preimported = None;
            state.round += 1;
        }
        let has_work = state.has_work();
        let preimported = state.preimported.clone();
        drop(state);
        let preimported = preimported
            .filter(|it| !it.is_shadowed_in(directory) && !it.is_shadowed_by_deck_modules(modules));
        (preimported.map(|it| it.snapshot.clone()), has_work)
    }

    /// Returns whether a run may start from preimported modules, or should trigger preimporting.
    pub(in crate::exec::python) fn applies_to(&self, request: &Request) -> bool {
        let state = self.state.lock();
        (state.preimported.is_some() || state.has_work()) && state.applies_to(request)
    }

    /// Preimports the wanted modules until no work is left, in forks of the process that `worker`
    /// returns.
    pub(in crate::exec::python) fn run_pending(
        &self,
        directory: &Path,
        worker: &dyn Fn() -> Result<Arc<Zygote>, String>,
    ) {
        loop {
            let task = self.state.lock().take_task();
            let Some((round, wanted)) = task else { return };
            let result = self.import(wanted, directory, worker);
            let mut state = self.state.lock();
            state.is_busy = false;
            match result {
                PreimportResult::Done(preimported) => {
                    (state.tried, state.preimported) = (round, preimported.map(Arc::new));
                }
                // The next run tries again.
                PreimportResult::WorkerLost if state.worker_losses < MAX_WORKER_LOSSES => {
                    state.worker_losses += 1;
                    return;
                }
                PreimportResult::WorkerLost => state.tried = round,
            }
        }
    }

    /// Kills the process that runs start from, which is stuck.
    pub(in crate::exec::python) fn kill(&self) {
        if let Some(preimported) = &self.state.lock().preimported {
            preimported.snapshot.kill();
        }
    }

    /// Returns whether all wanted modules were tried.
    #[cfg(test)]
    pub(in crate::exec::python) fn is_settled(&self) -> bool {
        let state = self.state.lock();
        !state.is_busy && !state.has_work()
    }

    /// Sets the time limit of one import.
    #[cfg(test)]
    pub(in crate::exec::python) fn set_timeout(&self, timeout: Duration) {
        self.state.lock().timeout = timeout;
    }

    fn import(
        &self,
        mut wanted: Vec<Import>,
        directory: &Path,
        worker: &dyn Fn() -> Result<Arc<Zygote>, String>,
    ) -> PreimportResult {
        let timeout = self.state.lock().timeout;
        let Ok(zygote) = worker() else { return PreimportResult::Done(None) };
        let Some(loaded) = zygote.loaded(timeout) else { return PreimportResult::WorkerLost };
        wanted.retain(|it| it.is_requested || !loaded.contains(&it.import.module));
        self.state.lock().loaded = loaded;
        if wanted.is_empty() {
            return PreimportResult::Done(None);
        }
        for _ in 0..MAX_ATTEMPTS {
            let Ok(zygote) = worker() else { break };
            let attempt = Attempt::start(&zygote, &wanted, directory);
            match attempt.map(|attempt| attempt.run_to_end(timeout)) {
                Ok(AttemptResult::Accepted(it)) => return PreimportResult::Done(Some(it)),
                Ok(AttemptResult::Rejected(number))
                    if number < wanted.len() && wanted.len() > 1 =>
                {
                    wanted.remove(number);
                }
                Ok(AttemptResult::Rejected(_)) => break,
                Ok(AttemptResult::WorkerLost) | Err(_) => return PreimportResult::WorkerLost,
            }
        }
        PreimportResult::Done(None)
    }
}

impl Default for PreimportState {
    fn default() -> Self {
        Self {
            wanted: Vec::new(),
            import_changing_sessions: BTreeSet::new(),
            round: 0,
            tried: 0,
            worker_losses: 0,
            is_busy: false,
            preimported: None,
            loaded: Arc::default(),
            timeout: IMPORT_TIMEOUT,
        }
    }
}

impl PreimportState {
    fn has_work(&self) -> bool {
        !self.is_busy && self.round != self.tried && !self.wanted.is_empty()
    }

    /// Takes the pending work, if there is some. The caller must do it.
    fn take_task(&mut self) -> Option<(u64, Vec<Import>)> {
        self.has_work().then(|| {
            self.is_busy = true;
            (self.round, self.wanted.clone())
        })
    }

    /// Returns whether the worker itself has loaded all modules that a block imports.
    fn worker_has_imports_of(&self, code: &str) -> bool {
        let imports = python_imports(code);
        !imports.is_empty() && imports.iter().all(|import| self.loaded.contains(&import.module))
    }

    /// Returns whether preimported modules make no difference to a block but in time.
    fn applies_to(&self, request: &Request) -> bool {
        let Snippet { code, session, .. } = &request.code;
        !changes_imports(&request.code)
            && match request.session {
                // A block without imports must not start later because of it.
                None => code.contains("import") && !self.worker_has_imports_of(code),
                Some(run::SessionStart::Fresh) => {
                    let changing = &self.import_changing_sessions;
                    !session.as_ref().is_some_and(|session| changing.contains(session))
                }
                Some(run::SessionStart::After(_)) => false,
            }
    }
}

impl Preimported {
    /// Returns whether a loaded module has the name of one of the deck's modules, which `modules` lists.
    fn is_shadowed_by_deck_modules(&self, modules: Option<&Path>) -> bool {
        let entries = modules.and_then(|folder| std::fs::read_dir(folder).ok());
        entries
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| self.loaded.contains(&*entry.file_name().to_string_lossy()))
    }

    /// Returns whether the deck's folder has a module with the name of a loaded one.
    fn is_shadowed_in(&self, directory: &Path) -> bool {
        let Ok(entries) = std::fs::read_dir(directory) else { return false };
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let (module, kind) = name.split_once('.').unwrap_or((&name, ""));
            self.loaded.contains(module)
                && (kind.ends_with("py")
                    || kind.ends_with("pyc")
                    || kind.ends_with("so")
                    || entry.path().join("__init__.py").exists())
        })
    }
}

/// Returns the modules to preimport, without duplicates. Blocks of `changing` sessions do not count.
fn wanted(preload: &[String], snippets: &[&Snippet], changing: &BTreeSet<String>) -> Vec<Import> {
    // Forks are not safe there, so no module may be loaded that starts threads.
    if cfg!(target_os = "macos") {
        return Vec::new();
    }
    let is_usual = |snippet: &&&Snippet| {
        let session = snippet.session.as_ref();
        !changes_imports(snippet) && !session.is_some_and(|session| changing.contains(session))
    };
    let requested = preload.iter().filter_map(|module| PythonImport::of_module(module));
    let requested = requested.map(|import| Import { is_requested: true, import });
    let named = snippets.iter().filter(is_usual).flat_map(|it| python_imports(&it.code));
    let named = named.map(|import| Import { is_requested: false, import });
    let mut known = BTreeSet::new();
    requested
        .chain(named)
        .filter(|it| !SIDE_EFFECT_MODULES.contains(&&*it.import.module))
        .filter(|it| known.insert(it.import.clone()))
        .collect()
}

/// Returns whether a block changes how modules are imported, or what they find when they are.
fn changes_imports(snippet: &Snippet) -> bool {
    !snippet.environment.is_empty()
        || IMPORT_CHANGING_WORDS.iter().any(|word| snippet.code.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snippet(code: &str) -> Snippet {
        Snippet { code: code.to_owned(), ..Snippet::default() }
    }

    #[test]
    fn import_changing_code_is_detected() {
        let changes = |code: &str| changes_imports(&snippet(code));
        assert!(changes("import os\nos.environ['A'] = '1'\nimport numpy"));
        assert!(changes("import sys; sys.path.append('lib')"));
        assert!(!changes("import sys\nprint(sys.version, 'path')"));
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn modules_imported_for_effect_are_not_wanted() {
        let snippet = snippet("import this, a\nfrom this import s\nimport a");
        let preload = ["antigravity".to_owned(), "b".to_owned()];
        let wanted = wanted(&preload, &[&snippet], &BTreeSet::new());
        let modules: Vec<_> = wanted.iter().map(|it| it.import.to_string()).collect();
        assert_eq!(modules, ["import b", "import a"]);
    }
}
