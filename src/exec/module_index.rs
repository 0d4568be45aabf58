//! The Python modules that blocks of Rust become, as Python runs see them: a folder of the talk's own
//! with a file for each, which says where the newest build is, that it is being made, or why there is
//! none. `Modules` in `python/block.py` reads it at every import, so no run is told of a build, and
//! none can find one that is older than the deck.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::os::temp_dir::TempRoot;
use crate::files;
use crate::run::Snippet;

/// The modules of the deck as it is now.
#[derive(Debug, Default)]
pub(super) struct ModuleIndex {
    temp_root: Arc<TempRoot>,
    known: Mutex<BTreeMap<Box<str>, Snippet>>,
}

/// How far a module is.
#[derive(Clone, Copy, Debug)]
pub(super) enum ModuleState<'a> {
    /// It is being compiled, or will be.
    Building,
    /// This is it.
    Ready(&'a Path),
    /// There is none: why, in a line or two.
    Failed(&'a str),
}

impl ModuleIndex {
    /// None yet; what is told of them lies in this folder.
    pub(super) fn new(temp_root: Arc<TempRoot>) -> Self {
        Self { temp_root, known: Mutex::default() }
    }

    /// These are the deck's modules now: what has changed is to be waited for from this moment on.
    pub(super) fn expect(&self, snippets: &[Snippet]) {
        let wanted = snippets.iter().filter_map(|it| Some((name(it)?.into(), it.clone())));
        let wanted: BTreeMap<Box<str>, Snippet> = wanted.collect();
        // Held while it is told: a build that ends meanwhile is told of behind it, not before.
        let mut known = self.known.lock();
        for name in known.keys().filter(|name| !wanted.contains_key(*name)) {
            if let Some(folder) = self.folder() {
                let _ = std::fs::remove_file(folder.join(&**name));
            }
        }
        for (name, snippet) in &wanted {
            if known.get(name) != Some(snippet) {
                self.tell(name, ModuleState::Building);
            }
        }
        *known = wanted;
    }

    /// This module is one of the deck's, too.
    pub(super) fn add(&self, snippet: &Snippet) {
        let Some(name) = name(snippet) else { return };
        let mut known = self.known.lock();
        if known.get(name) != Some(snippet) {
            self.tell(name, ModuleState::Building);
            known.insert(name.into(), snippet.clone());
        }
    }

    /// Something came of compiling a module, which may be another by now.
    pub(super) fn settle(&self, snippet: &Snippet, stand: ModuleState<'_>) {
        let Some(name) = name(snippet) else { return };
        let known = self.known.lock();
        if known.get(name) == Some(snippet) {
            self.tell(name, stand);
        }
    }

    /// The block that becomes the module of this name.
    pub(super) fn snippet(&self, name: &str) -> Option<Snippet> {
        self.known.lock().get(name).cloned()
    }

    /// The folder that runs look into; none if the deck has no modules.
    pub(super) fn directory(&self) -> Option<PathBuf> {
        if self.known.lock().is_empty() { None } else { self.folder() }
    }

    /// Writes a module's file anew, in one step: no run ever reads half of it.
    fn tell(&self, name: &str, stand: ModuleState<'_>) {
        let Some(folder) = self.folder() else { return };
        let (word, rest): (&[u8], &[u8]) = match stand {
            ModuleState::Building => (b"building", b""),
            ModuleState::Ready(file) => (b"ready", file.as_os_str().as_bytes()),
            ModuleState::Failed(why) => (b"failed", why.as_bytes()),
        };
        let written = tempfile::NamedTempFile::with_prefix_in(".", &folder).and_then(|mut file| {
            file.write_all(&[word, b"\n", rest].concat())?;
            Ok(file.persist(folder.join(name))?)
        });
        // Without room for a line, the module is as if it were still being compiled, or not there.
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

    #[expect(clippy::disallowed_methods, reason = "a test reads what runs read")]
    fn told(modules: &ModuleIndex, name: &str) -> Option<String> {
        std::fs::read_to_string(modules.folder().unwrap().join(name)).ok()
    }

    #[test]
    fn what_is_told_is_about_the_newest_code() {
        let modules = ModuleIndex::default();
        assert_eq!(modules.directory(), None);
        let (one, other) = (module("a", "one"), module("a", "other"));
        modules.expect(std::slice::from_ref(&one));
        assert_eq!(told(&modules, "a").as_deref(), Some("building\n"));
        modules.settle(&one, ModuleState::Ready(Path::new("/builds/one")));
        modules.expect(std::slice::from_ref(&one));
        assert_eq!(told(&modules, "a").as_deref(), Some("ready\n/builds/one"));
        modules.expect(std::slice::from_ref(&other));
        modules.settle(&one, ModuleState::Ready(Path::new("/builds/one")));
        assert_eq!(told(&modules, "a").as_deref(), Some("building\n"));
        modules.settle(&other, ModuleState::Failed("error: no"));
        assert_eq!(told(&modules, "a").as_deref(), Some("failed\nerror: no"));
        modules.expect(&[module("b", "")]);
        assert_eq!(told(&modules, "a"), None, "the deck has it no more");
        modules.temp_root.remove();
    }
}
