//! The temporary folder of a talk: a subfolder for each run's code, pictures, and more. It is removed
//! at the end. Its name has a prefix by which the watchdog finds it when livedeck is killed.

#![expect(clippy::disallowed_methods, reason = "the clock makes the name unique")]

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::files;
use crate::run::RunId;

/// The prefix of all such folders.
const COMMON_PREFIX: &str = "livedeck-";

/// The subfolder of the code of Python blocks.
const SCRIPTS: &str = "scripts";

/// Returns the prefix of this process's folders. The PID is not enough: containers that share the
/// temporary folder have PIDs of their own.
pub(in crate::exec) fn prefix() -> &'static str {
    static PREFIX: OnceLock<String> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        format!("{COMMON_PREFIX}{}-{:x}-", std::process::id(), now.as_nanos())
    })
}

/// Removes the folders with this process's prefix from the temporary folder.
pub(in crate::exec) fn remove_leftovers(temporary: &Path, prefix: &str) {
    if !prefix.starts_with(COMMON_PREFIX) || prefix == COMMON_PREFIX {
        // The prefix did not come from us: this could remove folders of others.
        return;
    }
    let entries = std::fs::read_dir(temporary).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

/// The temporary folder, created when it is first needed.
#[derive(Debug, Default)]
pub(in crate::exec) struct TempRoot {
    state: Mutex<TempRootState>,
}

#[derive(Debug, Default)]
struct TempRootState {
    folder: Option<TempDir>,
    /// The files with code, by that code.
    scripts: BTreeMap<String, PathBuf>,
    is_closed: bool,
}

impl TempRoot {
    /// Creates a folder for one run.
    pub(in crate::exec) fn run_folder(&self) -> io::Result<TempDir> {
        private("run-").tempdir_in(self.state.lock().path()?)
    }

    /// Returns the path of the picture that a run makes.
    pub(in crate::exec) fn picture(&self, run: RunId) -> io::Result<PathBuf> {
        Ok(self.state.lock().path()?.join(format!("picture-{}", run.0)))
    }

    /// Returns the path of the run's `number`-th picture.
    pub(in crate::exec) fn shown_picture(&self, run: RunId, number: usize) -> io::Result<PathBuf> {
        Ok(self.state.lock().path()?.join(format!("picture-{}-{number}", run.0)))
    }

    /// Returns the folder where runs read the state of the deck's modules.
    pub(in crate::exec) fn modules(&self) -> io::Result<PathBuf> {
        Ok(self.state.lock().path()?.join("modules"))
    }

    /// Returns a file with this code, which is written when it is first asked for. It keeps its name and
    /// content: a process that an earlier run has left may read it.
    pub(in crate::exec) fn script(&self, code: &str) -> io::Result<PathBuf> {
        let mut state = self.state.lock();
        if let Some(script) = state.scripts.get(code) {
            return Ok(script.clone());
        }
        let folder = state.path()?.join(SCRIPTS).join(state.scripts.len().to_string());
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let script = folder.join("snippet.py");
        files::write_private(&script, code)?;
        state.scripts.insert(code.to_owned(), script.clone());
        Ok(script)
    }

    /// Returns the folder of all such files.
    pub(in crate::exec) fn scripts(&self) -> io::Result<PathBuf> {
        Ok(self.state.lock().path()?.join(SCRIPTS))
    }

    /// Returns the folder that a sandboxed deck's processes may write; we never write there.
    pub(in crate::exec) fn guest(&self) -> io::Result<PathBuf> {
        Ok(self.state.lock().path()?.join("guest"))
    }

    /// Removes the folder. Call this when the processes have ended.
    pub(in crate::exec) fn remove(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.folder.take();
    }
}

impl TempRootState {
    fn path(&mut self) -> io::Result<PathBuf> {
        if self.is_closed {
            return Err(io::Error::other("the talk is over"));
        }
        let folder = match self.folder.take() {
            Some(folder) => folder,
            None => private(prefix()).tempdir()?,
        };
        Ok(self.folder.insert(folder).path().to_owned())
    }
}

/// Returns a builder of folders that other users cannot read.
fn private(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).permissions(files::folder_permissions());
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_is_written_once() {
        let root = TempRoot::default();
        let script = root.script("print(1)").unwrap();
        assert_eq!(root.script("print(1)").unwrap(), script);
        assert_ne!(root.script("print(2)").unwrap(), script);
        assert_eq!(std::fs::read_to_string(&script).unwrap(), "print(1)");
        assert!(script.starts_with(root.scripts().unwrap()));
    }

    #[test]
    fn folders_are_private() {
        use std::os::unix::fs::PermissionsExt;

        let root = TempRoot::default();
        let run = root.run_folder().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let parent = run.path().parent().unwrap();
        assert_eq!((mode(parent), mode(run.path())), (0o700, 0o700));
    }

    #[test]
    fn only_folders_of_one_talk_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let names = ["livedeck-1-a-x", "livedeck-12-a-x", "else"];
        for name in names {
            std::fs::create_dir(place.path().join(name)).unwrap();
        }
        let left = || names.map(|name| place.path().join(name).exists());
        remove_leftovers(place.path(), "");
        remove_leftovers(place.path(), "livedeck-");
        remove_leftovers(place.path(), "else");
        assert_eq!(left(), [true; 3]);
        remove_leftovers(place.path(), "livedeck-1-a-");
        assert_eq!(left(), [false, true, true]);
    }
}
