//! Rust that becomes a Python module: what it is built with beside what its author wants, and where,
//! so that the compiler finds what it remembers of the build before.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ansi::strip_colors;
use crate::deck::{Crate, Module, Profile, RustBuild};
use crate::files;
use crate::run::Snippet;

/// The crate that modules are made with, in the version that this program was built with: whoever
/// built it has its source.
const PYO3: &str = "pyo3";
const VERSION: &str = env!("LIVEDECK_PYO3");

/// One build for every Python from 3.9 on, which needs none to be there.
const FEATURES: [&str; 2] = ["abi3-py39", "extension-module"];

/// A module with all that it is built with; a snippet that is none, as it is.
pub(super) fn complete(mut snippet: Snippet) -> Snippet {
    if snippet.module.is_none() {
        return snippet;
    }
    let mut build = snippet.rust.as_deref().cloned().unwrap_or_default();
    if build.profile == Profile::Quick {
        build.profile = Profile::Release;
    }
    if !build.crates.iter().any(|it| &*it.name == PYO3) {
        let ours = Crate { version: Some(VERSION.into()), ..Crate::new(PYO3) };
        build.crates.push(ours);
        build.crates.sort_by(|one, other| one.name.cmp(&other.name));
    }
    for pyo3 in build.crates.iter_mut().filter(|it| &*it.name == PYO3) {
        for feature in FEATURES {
            if !pyo3.features.iter().any(|known| &**known == feature) {
                pyo3.features.push(feature.into());
            }
        }
    }
    snippet.rust = Some(Arc::new(build));
    snippet
}

/// The version of the crate that modules are made with, and what one is built with whose author asks
/// for nothing else.
pub(super) fn usual() -> (&'static str, RustBuild) {
    let module = Some(Module::default());
    let snippet = complete(Snippet { module, ..Snippet::default() });
    let build = snippet.rust.as_deref().cloned().unwrap_or_default();
    (VERSION.trim_start_matches('='), build)
}

/// Whether these crates are to be built without looking at any Python, for all of them.
pub(super) fn needs_no_python(build: &RustBuild) -> bool {
    let is_for_modules =
        |it: &Crate| FEATURES.iter().all(|wanted| it.features.iter().any(|it| &**it == *wanted));
    build.crates.iter().any(|it| &*it.name == PYO3 && is_for_modules(it))
}

/// Where a module is compiled, again and again: always the same file, for the compiler's memory of a
/// build is good for the same names only.
#[derive(Debug)]
pub(super) struct IncrementalDir {
    folder: PathBuf,
    /// As long as it is open and locked, nobody else works here.
    _lock: File,
}

impl IncrementalDir {
    /// The place in `root` that belongs to a name; none if it is taken: two talks may show one deck.
    pub(super) fn take(root: &Path, name: &str) -> Option<Self> {
        let folder = root.join(name);
        files::private_folder(&folder.join("output")).ok()?;
        let lock = File::create(folder.join("lock")).ok()?;
        lock.try_lock().ok()?;
        Some(Self { folder, _lock: lock })
    }

    /// The file that the code is written to.
    pub(super) fn source(&self) -> PathBuf {
        self.folder.join("snippet.rs")
    }

    /// The folder that the compiler writes to. What it leaves there, we neither open nor write.
    pub(super) fn output(&self) -> PathBuf {
        self.folder.join("output")
    }

    /// The file that the compiler writes; it is taken away from here before anybody loads it.
    pub(super) fn made(&self) -> PathBuf {
        self.output().join("made")
    }

    /// What the compiler is told, so that it remembers.
    pub(super) fn argument(&self) -> OsString {
        let mut argument = OsString::from("-Cincremental=");
        argument.push(self.output().join("memory"));
        argument
    }
}

/// Removes the places that have not been used for so long.
pub(super) fn prune(root: &Path, forgotten: std::time::Duration) -> io::Result<()> {
    for place in fs::read_dir(root)?.flatten() {
        let used = place.path().join("lock").metadata().and_then(|lock| lock.modified());
        let age = used.ok().and_then(|used| used.elapsed().ok()).unwrap_or_default();
        if age > forgotten {
            let _ = fs::remove_dir_all(place.path());
        }
    }
    Ok(())
}

/// The first mistake in what the compiler says, on one line: what, and where in the deck.
pub(super) fn first_mistake(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines = said.lines().map(strip_colors);
    let mut lines = lines.skip_while(|line| !line.starts_with("error"));
    let Some(what) = lines.next() else { return said.lines().next().unwrap_or_default().into() };
    let place = lines.find_map(|line| line.trim().strip_prefix("--> ").map(str::to_owned));
    match place {
        Some(place) => format!("{what}\n  --> {place}"),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates(of: Option<RustBuild>) -> Vec<Crate> {
        let module = Some(Module { name: "m".into(), is_whole: false });
        let snippet = Snippet { module, rust: of.map(Arc::new), ..Snippet::default() };
        complete(snippet).rust.unwrap().crates.clone()
    }

    #[test]
    fn a_module_is_built_with_our_pyo3_or_with_its_author_s() {
        let own = crates(None);
        assert_eq!((&*own[0].name, own[0].version.as_deref()), (PYO3, Some(VERSION)));
        assert_eq!(own[0].features.len(), 2);
        let theirs = Crate { version: Some("0.29".into()), ..Crate::new(PYO3) };
        let theirs = RustBuild { crates: vec![theirs], ..RustBuild::default() };
        assert!(!needs_no_python(&theirs));
        let theirs = crates(Some(theirs));
        assert_eq!((theirs.len(), theirs[0].version.as_deref()), (1, Some("0.29")));
        assert!(needs_no_python(&RustBuild { crates: theirs, ..RustBuild::default() }));
    }

    #[test]
    fn a_snippet_that_is_no_module_is_left_alone() {
        assert_eq!(complete(Snippet::default()), Snippet::default());
    }

    #[test]
    fn a_place_is_one_talk_s_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let first = IncrementalDir::take(root.path(), "a").unwrap();
        assert!(IncrementalDir::take(root.path(), "a").is_none());
        assert!(IncrementalDir::take(root.path(), "b").is_some());
        drop(first);
        assert!(IncrementalDir::take(root.path(), "a").is_some());
    }

    #[test]
    fn the_first_mistake_is_told_with_its_place() {
        let said = b"\x1b[1m\x1b[91merror[E0308]\x1b[0m: mismatched types\n \
                     \x1b[94m--> \x1b[0mtalk.md:7:5\n  |\n7 | x\n\nerror: other\n --> talk.md:9:1\n";
        assert_eq!(first_mistake(said), "error[E0308]: mismatched types\n  --> talk.md:7:5");
        assert_eq!(first_mistake(b"no compiler"), "no compiler");
    }
}
