//! The module index: tells Python runs about modules that are built from Rust blocks. It is a folder
//! with a file per module, which has the path of the newest build, that it is being built, or why there
//! is none. `Modules` in `python/py/block.py` reads it at every import, so that a run never imports a
//! build that is older than the deck.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::os::temp_dir::TempRoot;
use crate::files;
use crate::run::Snippet;

/// The modules of the current deck.
#[derive(Debug, Default)]
pub(super) struct ModuleIndex {
    temp_root: Arc<TempRoot>,
    known: Mutex<BTreeMap<Box<str>, Snippet>>,
}

/// The state of a module's build.
#[derive(Clone, Copy, Debug)]
pub(super) enum ModuleState<'a> {
    /// It is being built, or queued.
    Building,
    /// It is this library.
    Ready(&'a Path),
    /// The build failed: why, in one or two lines.
    Failed(&'a str),
}

impl ModuleIndex {
    /// Returns an empty index, in a folder of `temp_root`.
    pub(super) fn new(temp_root: Arc<TempRoot>) -> Self {
        Self { temp_root, known: Mutex::default() }
    }

    /// Replaces the deck's modules. Changed ones are in state `Building` from now on.
    pub(super) fn replace(&self, snippets: &[Snippet]) {
        let wanted = snippets.iter().filter_map(|it| Some((name(it)?.into(), it.clone())));
        let wanted: BTreeMap<Box<str>, Snippet> = wanted.collect();
        // Locked until the files are written: a build that ends meanwhile writes its state after them.
        let mut known = self.known.lock();
        for name in known.keys().filter(|name| !wanted.contains_key(*name)) {
            if let Some(folder) = self.folder() {
                let _ = std::fs::remove_file(folder.join(&**name));
            }
        }
        for (name, snippet) in &wanted {
            if known.get(name) != Some(snippet) {
                self.write(name, ModuleState::Building);
            }
        }
        *known = wanted;
    }

    /// Adds a module to the deck's.
    pub(super) fn add(&self, snippet: &Snippet) {
        let Some(name) = name(snippet) else { return };
        let mut known = self.known.lock();
        if known.get(name) != Some(snippet) {
            self.write(name, ModuleState::Building);
            known.insert(name.into(), snippet.clone());
        }
    }

    /// Sets the state of a module, unless its code has changed.
    pub(super) fn set_state(&self, snippet: &Snippet, state: ModuleState<'_>) {
        let Some(name) = name(snippet) else { return };
        let known = self.known.lock();
        if known.get(name) == Some(snippet) {
            self.write(name, state);
        }
    }

    /// Returns the block that the module of this name is built from.
    pub(super) fn snippet(&self, name: &str) -> Option<Snippet> {
        self.known.lock().get(name).cloned()
    }

    /// Returns the folder of the index; `None` if the deck has no modules.
    pub(super) fn directory(&self) -> Option<PathBuf> {
        if self.known.lock().is_empty() { None } else { self.folder() }
    }

    /// Replaces a module's file atomically.
    fn write(&self, name: &str, state: ModuleState<'_>) {
        let Some(folder) = self.folder() else { return };
        let (word, rest): (&[u8], &[u8]) = match state {
            ModuleState::Building => (b"building", b""),
            ModuleState::Ready(file) => (b"ready", file.as_os_str().as_bytes()),
            ModuleState::Failed(why) => (b"failed", why.as_bytes()),
        };
        let written = tempfile::NamedTempFile::with_prefix_in(".", &folder).and_then(|mut file| {
            file.write_all(&[word, b"\n", rest].concat())?;
            Ok(file.persist(folder.join(name))?)
        });
        // If the disk is full, the module stays in its state or is missing.
        drop(written);
    }

    fn folder(&self) -> Option<PathBuf> {
        let folder = self.temp_root.modules().ok()?;
        files::private_folder(&folder).ok()?;
        Some(folder)
    }
}

fn name(snippet: &Snippet) -> Option<&str> {
    Some(&snippet.module.as_ref()?.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::Module;

    fn module(name: &str, code: &str) -> Snippet {
        let module = Some(Module { name: name.into(), is_whole: false });
        Snippet { module, code: code.to_owned(), ..Snippet::default() }
    }

    #[expect(clippy::disallowed_methods, reason = "a test reads the index")]
    fn read(modules: &ModuleIndex, name: &str) -> Option<String> {
        std::fs::read_to_string(modules.folder().unwrap().join(name)).ok()
    }

    #[test]
    fn stale_build_is_ignored() {
        let modules = ModuleIndex::default();
        assert_eq!(modules.directory(), None);
        let (one, other) = (module("a", "one"), module("a", "other"));
        modules.replace(std::slice::from_ref(&one));
        assert_eq!(read(&modules, "a").as_deref(), Some("building\n"));
        modules.set_state(&one, ModuleState::Ready(Path::new("/builds/one")));
        modules.replace(std::slice::from_ref(&one));
        assert_eq!(read(&modules, "a").as_deref(), Some("ready\n/builds/one"));
        modules.replace(std::slice::from_ref(&other));
        modules.set_state(&one, ModuleState::Ready(Path::new("/builds/one")));
        assert_eq!(read(&modules, "a").as_deref(), Some("building\n"));
        modules.set_state(&other, ModuleState::Failed("error: no"));
        assert_eq!(read(&modules, "a").as_deref(), Some("failed\nerror: no"));
        modules.replace(&[module("b", "")]);
        assert_eq!(read(&modules, "a"), None, "the deck no longer has it");
        modules.temp_root.remove();
    }
}
