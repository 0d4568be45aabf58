//! Modules that are imported before a block asks for them: those that the deck's blocks name, and
//! those that `options.python.preload` does. A fork of the worker imports them in the background and
//! becomes a base, as the run of a session's block does; blocks that import start from it.
//!
//! A block must not notice, but by the clock. So what fails, hangs, prints or starts something when
//! it is imported is left out, with all it did: the fork is thrown away, and the next one starts
//! over without it. And a block starts from the worker itself, as if nothing were imported, where
//! that may make a difference: it changes how modules are imported, or in the deck's folder stands a
//! module of its own by the name of one that is loaded.

mod attempt;
mod imports;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use self::attempt::{Attempt, AttemptResult, PreimportResult};
use crate::exec::python::session::Snapshot;
use crate::exec::python::worker::control::LoadedModules;
use crate::exec::python::worker::zygote::Zygote;
use crate::run::{self, Request, Snippet};

/// How long one import may take.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// How often it is started over, each time without one more.
const MAX_ATTEMPTS: usize = 10;

/// How often the worker may get lost over it.
const MAX_WORKER_LOSSES: u8 = 3;

/// What is to be imported ahead, and what is.
#[derive(Debug, Default)]
pub(in crate::exec::python) struct Preimports {
    state: Mutex<PreimportState>,
}

#[derive(Debug)]
struct PreimportState {
    wanted: Vec<Import>,
    /// Sessions of which a block changes how modules are imported.
    particular: BTreeSet<String>,
    /// A number for what is wanted, and that of what was last tried.
    round: u64,
    tried: u64,
    losses: u8,
    is_busy: bool,
    warm: Option<Arc<Preimported>>,
    /// What the worker has loaded itself.
    loaded: Arc<LoadedModules>,
    /// How long one import may take.
    timeout: Duration,
}

/// One statement to be carried out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::exec::python) struct Import {
    /// Whether the deck's author asked for it, beyond what its blocks name.
    pub(in crate::exec::python) is_asked_for: bool,
    /// `import a.b`, `from a import b, c`
    pub(in crate::exec::python) statement: String,
}

/// A process that has imported modules.
#[derive(Debug)]
pub(in crate::exec::python) struct Preimported {
    /// Where its orders go.
    pub(in crate::exec::python) base: Arc<Snapshot>,
    /// The names of what it has loaded, packages without their parts.
    pub(in crate::exec::python) loaded: BTreeSet<String>,
}

impl Preimports {
    /// Notes what is to be imported ahead: these modules, and what these blocks name.
    pub(in crate::exec::python) fn want(&self, preload: &[String], snippets: &[&Snippet]) {
        let mut state = self.state.lock();
        let particular = snippets.iter().filter(|snippet| is_particular(snippet));
        state.particular = particular.filter_map(|snippet| snippet.session.clone()).collect();
        let wanted = wanted(preload, snippets, &state.particular);
        let set = |imports: &[Import]| imports.iter().cloned().collect::<BTreeSet<_>>();
        if set(&state.wanted) != set(&wanted) {
            (state.wanted, state.losses) = (wanted, 0);
            state.round += 1;
        }
        if state.wanted.is_empty() {
            state.warm = None;
        }
    }

    /// The base that a block of this folder's deck, whose modules are told of there, starts from, where
    /// it does not start from the worker; and whether there is something to do.
    pub(in crate::exec::python) fn base(
        &self,
        request: &Request,
        directory: &Path,
        modules: Option<&Path>,
    ) -> (Option<Arc<Snapshot>>, bool) {
        let mut state = self.state.lock();
        if !state.is_for(request) {
            return (None, false);
        }
        if state.warm.as_ref().is_some_and(|warm| !warm.base.is_there()) {
            state.warm = None;
            state.round += 1;
        }
        let work = state.has_work();
        let warm = state.warm.clone();
        drop(state);
        let warm = warm.filter(|warm| !warm.is_shadowed_in(directory) && !warm.has_one_of(modules));
        (warm.map(|warm| warm.base.clone()), work)
    }

    /// Whether a run may start from what is imported ahead, or would be the reason to import it.
    pub(in crate::exec::python) fn is_for(&self, request: &Request) -> bool {
        let state = self.state.lock();
        (state.warm.is_some() || state.has_work()) && state.is_for(request)
    }

    /// Imports what is wanted, until nothing is left to do. `worker` finds the process in whose forks
    /// that is done.
    pub(in crate::exec::python) fn work(
        &self,
        directory: &Path,
        worker: &dyn Fn() -> Result<Arc<Zygote>, String>,
    ) {
        loop {
            let task = self.state.lock().take();
            let Some((round, wanted)) = task else { return };
            let ahead = self.import(wanted, directory, worker);
            let mut state = self.state.lock();
            state.is_busy = false;
            match ahead {
                PreimportResult::Done(warm) => {
                    (state.tried, state.warm) = (round, warm.map(Arc::new))
                }
                // The next run tries again.
                PreimportResult::WorkerLost if state.losses < MAX_WORKER_LOSSES => {
                    state.losses += 1;
                    return;
                }
                PreimportResult::WorkerLost => state.tried = round,
            }
        }
    }

    /// Ends what runs start from: one of them is stuck.
    pub(in crate::exec::python) fn kill(&self) {
        if let Some(warm) = &self.state.lock().warm {
            warm.base.kill();
        }
    }

    /// Whether what is wanted was tried.
    #[cfg(test)]
    pub(in crate::exec::python) fn is_settled(&self) -> bool {
        let state = self.state.lock();
        !state.is_busy && !state.has_work()
    }

    /// Lets one import take so long.
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
        wanted.retain(|it| it.is_asked_for || !loaded.contains(imports::module_of(&it.statement)));
        self.state.lock().loaded = loaded;
        if wanted.is_empty() {
            return PreimportResult::Done(None);
        }
        for _ in 0..MAX_ATTEMPTS {
            let Ok(zygote) = worker() else { break };
            let attempt = Attempt::start(&zygote, &wanted, directory);
            match attempt.map(|attempt| attempt.follow(timeout)) {
                Ok(AttemptResult::Accepted(warm)) => return PreimportResult::Done(Some(warm)),
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
            particular: BTreeSet::new(),
            round: 0,
            tried: 0,
            losses: 0,
            is_busy: false,
            warm: None,
            loaded: Arc::default(),
            timeout: IMPORT_TIMEOUT,
        }
    }
}

impl PreimportState {
    fn has_work(&self) -> bool {
        !self.is_busy && self.round != self.tried && !self.wanted.is_empty()
    }

    /// What is to be done, if something is: the one who takes it does it.
    fn take(&mut self) -> Option<(u64, Vec<Import>)> {
        self.has_work().then(|| {
            self.is_busy = true;
            (self.round, self.wanted.clone())
        })
    }

    /// Whether the worker itself has all that a block imports.
    fn has_loaded(&self, code: &str) -> bool {
        let imports = imports::imports(code);
        !imports.is_empty()
            && imports.iter().all(|import| self.loaded.contains(imports::module_of(import)))
    }

    /// Whether it makes no difference to a block, but in time, that modules are loaded.
    fn is_for(&self, request: &Request) -> bool {
        let Snippet { code, session, .. } = &request.code;
        !is_particular(&request.code)
            && match request.session {
                // What imports nothing is not to start later for it.
                None => imports::names_imports(code) && !self.has_loaded(code),
                Some(run::SessionStart::Fresh) => {
                    !session.as_ref().is_some_and(|session| self.particular.contains(session))
                }
                Some(run::SessionStart::After(_)) => false,
            }
    }
}

impl Preimported {
    /// Whether one of the modules is called as one of the deck's own, which are told of in this folder.
    fn has_one_of(&self, modules: Option<&Path>) -> bool {
        let told = modules.and_then(|folder| std::fs::read_dir(folder).ok());
        told.into_iter()
            .flatten()
            .flatten()
            .any(|one| self.loaded.contains(&*one.file_name().to_string_lossy()))
    }

    /// Whether a block of this folder that imports one of the modules means one of its own.
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

/// What is to be imported ahead, each once.
fn wanted(preload: &[String], snippets: &[&Snippet], particular: &BTreeSet<String>) -> Vec<Import> {
    // Where a fork is not safe, nothing may be loaded that starts threads.
    if cfg!(target_os = "macos") {
        return Vec::new();
    }
    let is_usual = |snippet: &&&Snippet| {
        let session = snippet.session.as_ref();
        !is_particular(snippet) && !session.is_some_and(|session| particular.contains(session))
    };
    let asked = preload.iter().filter_map(|module| imports::import_of(module));
    let asked = asked.map(|statement| Import { is_asked_for: true, statement });
    let named = snippets.iter().filter(is_usual).flat_map(|it| imports::imports(&it.code));
    let named = named.map(|statement| Import { is_asked_for: false, statement });
    let mut known = BTreeSet::new();
    asked.chain(named).filter(|import| known.insert(import.statement.clone())).collect()
}

/// Whether a block changes how modules are imported, or what they find.
fn is_particular(snippet: &Snippet) -> bool {
    !snippet.environment.is_empty() || imports::changes_imports(&snippet.code)
}
