//! Builds blocks, each once: a caller that asks for a block that is being built waits for it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::build::{BuildContext, BuildError, BuildPhase, BuildResult};
use super::cache::{BINARY_FILE, BuildCache};
use super::crates::{CrateSets, MAX_UNUSED};
use super::includes::Includes;
use super::links::Links;
use super::pymodule::{self, IncrementalDir};
use super::rewrite::{self, BlackBox, IncludedItems};
use super::rustc;
use super::toolchain::{self, Compiler, Toolchain};
use crate::ansi::strip_colors;
use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::spawn;
use crate::exec::python_abi::PythonAbiSource;
use crate::exec::sandbox;
use crate::files;
use crate::run::Snippet;

/// The linker that `rustc` calls.
const LINKER: &str = "cc";

/// The folder of an unfinished cache entry that the compiler writes to.
const OUTPUT_DIR: &str = "output";

/// Builds snippets, and keeps the results.
pub(super) struct Builder {
    tree: Arc<ProcessTree>,
    directory: PathBuf,
    cache: BuildCache,
    incremental: PathBuf,
    crates: CrateSets,
    toolchain: Mutex<Option<Arc<Toolchain>>>,
    table: Mutex<BTreeMap<String, BuildState>>,
}

/// The state of a build, by its cache key.
#[derive(Debug)]
enum BuildState {
    /// Another thread builds it; the channel disconnects when that ends.
    Running(Receiver<()>),
    Done(BuildResult),
}

impl Builder {
    /// Returns a builder that runs its compilers in `directory`, the deck's, and builds modules for its
    /// Python.
    pub(super) fn new(
        tree: Arc<ProcessTree>,
        (directory, cache): (PathBuf, &Path),
        python: PythonAbiSource,
    ) -> Self {
        let trusted = sandbox::trusted_cache(cache).filter(|_| tree.is_sandboxed());
        let roots = (cache.join(sandbox::CRATES), trusted.map(|it| it.join(sandbox::CRATES)));
        let crates = CrateSets::new(tree.clone(), directory.clone(), roots, python);
        let incremental = cache.join("modules");
        let cache = BuildCache::new(cache.join("rust"));
        let (toolchain, table) = (Mutex::default(), Mutex::default());
        Self { tree, directory, cache, incremental, crates, toolchain, table }
    }

    /// Returns the result of an earlier build of a snippet.
    pub(super) fn known(&self, snippet: &Snippet) -> Result<Option<BuildResult>, BuildError> {
        let toolchain = self.toolchain()?;
        let links = match &snippet.rust {
            None => Arc::default(),
            Some(build) => match self.crates.known(&toolchain, build) {
                Some(links) => links,
                None => return Ok(None),
            },
        };
        let includes = self.includes(snippet);
        Ok(self.find(&rustc::cache_key(&toolchain, (&links, &includes), snippet)))
    }

    /// Returns the files that a snippet includes.
    fn includes(&self, snippet: &Snippet) -> Includes {
        if self.tree.is_sandboxed() {
            return Includes::inside(&snippet.code, &self.directory);
        }
        Includes::of(&snippet.code, &self.directory)
    }

    /// Returns a known result: from memory, else from the cache.
    fn find(&self, key: &str) -> Option<BuildResult> {
        if let Some(result) = self.remembered(key) {
            return Some(result);
        }
        let found = self.cache.find(key);
        if let Some(result) = &found {
            self.remember(key, result.clone());
        }
        found
    }

    /// Builds a snippet, unless its result is known.
    pub(super) fn build(
        &self,
        snippet: &Snippet,
        context: &BuildContext<'_>,
    ) -> Result<BuildResult, BuildError> {
        let toolchain = self.toolchain()?;
        let links = match &snippet.rust {
            None => Arc::default(),
            Some(build) => self.crates.build(&toolchain, build, context)?,
        };
        let includes = self.includes(snippet);
        let key = rustc::cache_key(&toolchain, (&links, &includes), snippet);
        loop {
            if let Some(result) = self.find(&key) {
                return Ok(result);
            }
            let (done, is_done) = crossbeam_channel::bounded(0);
            let Some(other) = self.claim(&key, is_done) else {
                let result = self.compile((&toolchain, &links, &includes), &key, snippet, context);
                match &result {
                    Ok(result) => self.remember(&key, result.clone()),
                    Err(_) => drop(self.table.lock().remove(&key)),
                }
                drop(done);
                return result;
            };
            crossbeam_channel::select! {
                recv(other) -> _ => {}
                recv(context.cancelled) -> _ => return Err(BuildError::Cancelled),
            }
        }
    }

    /// Removes what has not been used for long from the caches.
    pub(super) fn prune(&self) {
        self.cache.prune();
        self.crates.prune();
        // What cannot be removed now is removed the next time.
        let _ = pymodule::prune(&self.incremental, MAX_UNUSED);
    }

    /// Removes the unfinished builds of compilers that were killed.
    pub(super) fn remove_unfinished(&self) {
        self.cache.remove_unfinished();
    }

    /// Makes the caller the builder of a key; else returns the other builder's channel.
    fn claim(&self, key: &str, is_done: Receiver<()>) -> Option<Receiver<()>> {
        let mut table = self.table.lock();
        if let Some(BuildState::Running(other)) = table.get(key) {
            return Some(other.clone());
        }
        table.insert(key.to_owned(), BuildState::Running(is_done));
        None
    }

    fn remembered(&self, key: &str) -> Option<BuildResult> {
        match self.table.lock().get(key)? {
            // The user may have emptied the cache.
            BuildState::Done(BuildResult::Binary(binary)) if !binary.is_file() => None,
            BuildState::Done(result) => Some(result.clone()),
            BuildState::Running(_) => None,
        }
    }

    fn remember(&self, key: &str, result: BuildResult) {
        self.table.lock().insert(key.to_owned(), BuildState::Done(result));
    }

    /// Returns the toolchain, and looks for one until there is one.
    fn toolchain(&self) -> Result<Arc<Toolchain>, BuildError> {
        let mut known = self.toolchain.lock();
        if let Some(toolchain) = &*known {
            return Ok(toolchain.clone());
        }
        let found =
            Toolchain::find(&self.tree, &self.directory).map_err(BuildError::Unavailable)?;
        Ok(known.insert(Arc::new(found)).clone())
    }

    /// Returns what the user may want to know of the toolchain.
    pub(super) fn compiler(&self) -> Result<Compiler, BuildError> {
        let toolchain = self.toolchain()?;
        let (pyo3, build) = pymodule::default_build();
        Ok(Compiler {
            rustc: toolchain.release(),
            cargo: toolchain.cargo_release(&self.tree, &self.directory),
            has_linker: spawn::find_program(LINKER.as_ref(), &self.directory).is_some(),
            pyo3: pyo3.to_owned(),
            python: self.crates.python().map(|it| it.to_string()).ok(),
            has_pyo3: self.crates.known(&toolchain, &build).is_some(),
        })
    }

    /// Returns the folder in which a module is compiled incrementally, which makes an edit cheap.
    fn incremental_dir(&self, snippet: &Snippet, toolchain: &Toolchain) -> Option<IncrementalDir> {
        let module = snippet.module.as_ref()?;
        let deck = self.directory.join(&snippet.file);
        let deck = deck.as_os_str().as_encoded_bytes();
        let name = rustc::hash_of(&[&toolchain.version, deck, module.name.as_bytes()]);
        IncrementalDir::lock(&self.incremental, &name)
    }

    fn compile(
        &self,
        (toolchain, links, includes): (&Toolchain, &Links, &Includes),
        key: &str,
        snippet: &Snippet,
        context: &BuildContext<'_>,
    ) -> Result<BuildResult, BuildError> {
        let no_space = |error: io::Error| {
            BuildError::Unavailable(format!("cannot write the compiled program: {error}"))
        };
        let entry = self.cache.begin().map_err(no_space)?;
        let incremental = self.incremental_dir(snippet, toolchain);
        let build = incremental.as_ref().map_or_else(|| entry.path(), IncrementalDir::folder);
        let beside = includes.link(build, &self.directory).map_err(no_space)?;
        let source = beside.clone().unwrap_or_else(|| build.join("snippet.rs"));
        let source_dir = source.parent().unwrap_or(build);
        let mut arguments: Vec<_> =
            beside.iter().map(|_| rustc::remap_folder(source_dir)).collect();
        let binary = entry.path().join(BINARY_FILE);
        arguments.extend(rustc::arguments(snippet, links, &source));
        arguments.extend(incremental.as_ref().map(IncrementalDir::argument));
        // Files in the folder that the compiler writes to are never opened or written here: code that
        // the compiler runs may have replaced them by links.
        let own_output = entry.path().join(OUTPUT_DIR);
        std::fs::create_dir(&own_output).map_err(no_space)?;
        let output =
            incremental.as_ref().map_or_else(|| own_output.clone(), IncrementalDir::output);
        let compiled = incremental
            .as_ref()
            .map_or_else(|| own_output.join(BINARY_FILE), IncrementalDir::binary);
        arguments.extend(["-o".into(), compiled.clone().into(), source.clone().into()]);
        let on_start = |child: &Arc<Child>| match snippet.module {
            None => context.process_started(child, BuildPhase::Program),
            // At full priority: whoever edits a module imports it next, and waits.
            Some(_) => (context.on_start)(child, BuildPhase::Program),
        };
        let attempt = |text: &str| {
            files::write_private(&source, text).map_err(no_space)?;
            // An earlier attempt may have left a program.
            let _ = std::fs::remove_file(&compiled);
            let (rustc, arguments) = (&toolchain.rustc, arguments.clone());
            let folders: (&Path, &[&Path]) = (&self.directory, &[&output]);
            toolchain::run(&self.tree, rustc, arguments, folders, on_start)
                .map_err(|error| BuildError::Unavailable(format!("cannot run `rustc`: {error}")))
        };
        let with_value = rustc::source_with_value(snippet, includes.items());
        let first = with_value.clone().unwrap_or_else(|| rustc::source(snippet, includes.items()));
        let (mut messages, mut status) = attempt(&first)?;
        if matches!(status, ChildStatus::Exited(1)) && !context.is_cancelled() {
            if snippet.is_timed {
                (messages, status) = retry_benchmark(snippet, attempt)?;
            } else if with_value.is_some() {
                // Errors are reported for the code without the additions, if it has any.
                (messages, status) = attempt(&rustc::source(snippet, includes.items()))?;
            }
        }
        if matches!(status, ChildStatus::Exited(0)) {
            std::fs::rename(compiled, &binary).map_err(no_space)?;
            // A macro may have put a link there, to a file of its user.
            if !std::fs::symlink_metadata(&binary).is_ok_and(|it| it.is_file()) {
                return Err(BuildError::Unavailable("`rustc` wrote no program".to_owned()));
            }
        }
        // If it cannot be removed now, it is removed with the entry.
        let _ = std::fs::remove_dir_all(own_output);
        messages = rustc::without_folder(&messages, source_dir);
        Includes::unlink(build);
        match status {
            ChildStatus::Exited(0) => self.cache.keep_binary(entry, key).map_err(no_space),
            // `rustc` handles SIGINT and exits with 1, as if the code had errors.
            _ if context.is_cancelled() => Err(BuildError::Cancelled),
            ChildStatus::Exited(1) if rustc::is_about_the_code(&messages) => {
                let errors = rustc::without_summary(&messages);
                self.cache.keep_errors(entry, key, errors).map_err(no_space)
            }
            ChildStatus::Exited(_) => {
                let why = String::from_utf8_lossy(&messages);
                let why = strip_colors(why.lines().next().unwrap_or("it reports no error"));
                Err(BuildError::Unavailable(format!("`rustc` failed: {why}")))
            }
            ChildStatus::Signaled(signal) => Err(BuildError::Killed(signal)),
        }
    }
}

/// Compiles a benchmark again that has errors. If the block alone has errors, they are reported;
/// else nothing is hidden from the optimiser.
fn retry_benchmark(
    snippet: &Snippet,
    attempt: impl Fn(&str) -> Result<(Vec<u8>, ChildStatus), BuildError>,
) -> Result<(Vec<u8>, ChildStatus), BuildError> {
    let Snippet { code, first_line, .. } = snippet;
    let as_program = attempt(&rewrite::program(code, *first_line, &IncludedItems::default()))?;
    if matches!(as_program.1, ChildStatus::Exited(0)) {
        return attempt(&rewrite::bench(code, *first_line, BlackBox::Nothing));
    }
    Ok(as_program)
}
