//! Builds of Python modules: the crates and features that they need, and the folder in which each is
//! compiled incrementally.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::ansi::strip_colors;
use crate::deck::{Crate, Module, ModuleAbi, Profile, RustBuild};
use crate::files;
use crate::run::Snippet;

/// The crate that modules are made with.
const PYO3: &str = "pyo3";

/// The version of `PyO3` that livedeck itself was built with: its source is in cargo's cache already.
const PYO3_VERSION: &str = env!("LIVEDECK_PYO3");

/// The feature for one build for all Pythons from 3.9 on, which needs no Python. A block may choose a newer
/// one.
const STABLE_ABI: &str = "abi3-py39";

/// The feature for `async fn`, which has no other effect.
const ASYNC: &str = "experimental-async";

/// The feature for modules that the Python that imports them links.
const EXTENSION: &str = "extension-module";

/// Adds `PyO3` and its features to a module's crates. Returns other snippets unchanged.
pub(super) fn with_pyo3(mut snippet: Snippet) -> Snippet {
    if snippet.module.is_none() {
        return snippet;
    }
    let mut build = snippet.rust.as_deref().cloned().unwrap_or_default();
    if build.profile == Profile::Quick {
        build.profile = Profile::Release;
    }
    if !build.crates.iter().any(|it| &*it.name == PYO3) {
        let (version, features) = (Some(PYO3_VERSION.into()), vec![ASYNC.into()]);
        let pyo3 = Crate { version, features, ..Crate::new(PYO3) };
        build.crates.push(pyo3);
        build.crates.sort_by(|one, other| one.name.cmp(&other.name));
    }
    for pyo3 in build.crates.iter_mut().filter(|it| &*it.name == PYO3) {
        if build.module_abi == ModuleAbi::Stable && !has_stable_abi(pyo3) {
            pyo3.features.push(STABLE_ABI.into());
        }
        if !pyo3.features.iter().any(|known| &**known == EXTENSION) {
            pyo3.features.push(EXTENSION.into());
        }
    }
    snippet.rust = Some(Arc::new(build));
    snippet
}

/// Returns the default version of `PyO3`, and the build of a module without options.
pub(super) fn default_build() -> (&'static str, RustBuild) {
    let module = Some(Module::default());
    let snippet = with_pyo3(Snippet { module, ..Snippet::default() });
    let build = snippet.rust.as_deref().cloned().unwrap_or_default();
    (PYO3_VERSION.trim_start_matches('='), build)
}

/// What a set of crates has to do with Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PythonUse {
    /// A program uses the crates, which may embed a Python.
    Program,
    /// A module uses them that works in all Pythons.
    AnyPython,
    /// A module uses them that is for the deck's Python.
    DecksPython,
}

/// Returns what a module's or a program's crates have to do with Python.
pub(super) fn python_use(build: &RustBuild) -> PythonUse {
    let is_for_modules = |it: &&Crate| {
        &*it.name == PYO3 && it.features.iter().any(|feature| &**feature == EXTENSION)
    };
    match build.crates.iter().find(is_for_modules) {
        None => PythonUse::Program,
        Some(pyo3) if has_stable_abi(pyo3) => PythonUse::AnyPython,
        Some(_) => PythonUse::DecksPython,
    }
}

/// Returns whether `PyO3` is built for all Pythons from some version on. A build for several versions is
/// one for the oldest.
fn has_stable_abi(pyo3: &Crate) -> bool {
    pyo3.features.iter().any(|feature| feature.starts_with("abi3-py"))
}

/// The folder of one module's incremental builds. The compiler reuses a build only for the same file
/// names.
#[derive(Debug)]
pub(super) struct IncrementalDir {
    folder: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

impl IncrementalDir {
    /// Locks the folder of this name in `root`; `None` if another livedeck uses it for the same deck.
    pub(super) fn lock(root: &Path, name: &str) -> Option<Self> {
        let folder = root.join(name);
        files::private_folder(&folder.join("output")).ok()?;
        let lock = File::create(folder.join("lock")).ok()?;
        lock.try_lock().ok()?;
        Some(Self { folder, _lock: lock })
    }

    /// Returns the folder of the source.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the folder that the compiler writes to. Never open or write the files in it.
    pub(super) fn output(&self) -> PathBuf {
        self.folder.join("output")
    }

    /// Returns the file that the compiler writes. It is moved to the cache before it is loaded.
    pub(super) fn binary(&self) -> PathBuf {
        self.output().join("made")
    }

    /// Returns the compiler's argument for incremental builds.
    pub(super) fn argument(&self) -> OsString {
        let mut argument = OsString::from("-Cincremental=");
        argument.push(self.output().join("memory"));
        argument
    }
}

/// Removes the folders that have not been used for `max_unused`.
pub(super) fn prune(root: &Path, max_unused: Duration) -> io::Result<()> {
    for folder in fs::read_dir(root)?.flatten() {
        let used = folder.path().join("lock").metadata().and_then(|lock| lock.modified());
        let age = used.ok().and_then(|used| used.elapsed().ok()).unwrap_or_default();
        if age > max_unused {
            let _ = fs::remove_dir_all(folder.path());
        }
    }
    Ok(())
}

/// Returns the first error among the compiler's messages, with its location on a second line.
pub(super) fn first_error(messages: &[u8]) -> String {
    let messages = String::from_utf8_lossy(messages);
    let lines = messages.lines().map(strip_colors);
    let mut lines = lines.skip_while(|line| !line.starts_with("error"));
    let Some(what) = lines.next() else {
        return messages.lines().next().unwrap_or_default().into();
    };
    let location = lines.find_map(|line| line.trim().strip_prefix("--> ").map(str::to_owned));
    match location {
        Some(location) => format!("{what}\n  --> {location}"),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates(of: Option<RustBuild>) -> Vec<Crate> {
        let module = Some(Module { name: "m".into(), is_whole: false });
        let snippet = Snippet { module, rust: of.map(Arc::new), ..Snippet::default() };
        with_pyo3(snippet).rust.unwrap().crates.clone()
    }

    #[test]
    fn pyo3_is_the_authors_or_the_default() {
        let own = crates(None);
        assert_eq!((&*own[0].name, own[0].version.as_deref()), (PYO3, Some(PYO3_VERSION)));
        assert_eq!(own[0].features.len(), 2);
        let theirs = Crate { version: Some("0.29".into()), ..Crate::new(PYO3) };
        let theirs = RustBuild { crates: vec![theirs], ..RustBuild::default() };
        assert_eq!(python_use(&theirs), PythonUse::Program);
        let theirs = crates(Some(theirs));
        assert_eq!((theirs.len(), theirs[0].version.as_deref()), (1, Some("0.29")));
        let theirs = RustBuild { crates: theirs, ..RustBuild::default() };
        assert_eq!(python_use(&theirs), PythonUse::DecksPython);
    }

    #[test]
    fn stable_abi_is_built_on_request() {
        let stable = RustBuild { module_abi: ModuleAbi::Stable, ..RustBuild::default() };
        let crates = crates(Some(stable));
        assert!(crates[0].features.contains(&STABLE_ABI.into()));
        assert_eq!(python_use(&RustBuild { crates, ..RustBuild::default() }), PythonUse::AnyPython);
    }

    #[test]
    fn newer_stable_abi_is_kept() {
        let mut theirs = Crate::new(PYO3);
        theirs.features = vec!["abi3-py311".into(), "chrono".into()];
        let theirs = RustBuild { crates: vec![theirs], ..RustBuild::default() };
        let theirs = crates(Some(theirs));
        let features: Vec<_> = theirs[0].features.iter().map(|it| &**it).collect();
        assert_eq!(features, ["abi3-py311", "chrono", EXTENSION]);
        let theirs = RustBuild { crates: theirs, ..RustBuild::default() };
        assert_eq!(python_use(&theirs), PythonUse::AnyPython);
    }

    #[test]
    fn other_snippets_are_unchanged() {
        assert_eq!(with_pyo3(Snippet::default()), Snippet::default());
    }

    #[test]
    fn incremental_dir_is_exclusive() {
        let root = tempfile::tempdir().unwrap();
        let first = IncrementalDir::lock(root.path(), "a").unwrap();
        assert!(IncrementalDir::lock(root.path(), "a").is_none());
        assert!(IncrementalDir::lock(root.path(), "b").is_some());
        drop(first);
        assert!(IncrementalDir::lock(root.path(), "a").is_some());
    }

    #[test]
    fn first_error_has_its_location() {
        let messages = b"\x1b[1m\x1b[91merror[E0308]\x1b[0m: mismatched types\n \
                     \x1b[94m--> \x1b[0mtalk.md:7:5\n  |\n7 | x\n\nerror: other\n --> talk.md:9:1\n";
        assert_eq!(first_error(messages), "error[E0308]: mismatched types\n  --> talk.md:7:5");
        assert_eq!(first_error(b"no compiler"), "no compiler");
    }
}
