//! The folder of a talk's runs: one for each run's code, and the pictures they made. One removal is
//! enough at the end. Its name begins in a way by which the warden finds it when we are killed.

#![expect(clippy::disallowed_methods, reason = "the clock tells one talk's folder from another's")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::files;
use crate::run::RunId;

/// How the names of all such folders begin.
const OURS: &str = "livedeck-";

/// How the names of this process's folders begin. Its number is not enough: containers that share
/// the folder for temporary files have numbers of their own.
pub(in crate::exec) fn prefix() -> &'static str {
    static PREFIX: OnceLock<String> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        format!("{OURS}{}-{:x}-", std::process::id(), now.as_nanos())
    })
}

/// Removes from this folder what a process has left whose folders' names begin like this.
pub(in crate::exec) fn sweep(temporary: &Path, prefix: &str) {
    if !prefix.starts_with(OURS) || prefix == OURS {
        // Somebody else has made this process: it would remove what is not ours.
        return;
    }
    let entries = std::fs::read_dir(temporary).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

/// A folder that is made when it is first needed, and removed at the end.
#[derive(Debug, Default)]
pub(in crate::exec) struct TempRoot {
    folder: Mutex<TempRootState>,
}

#[derive(Debug, Default)]
struct TempRootState {
    open: Option<TempDir>,
    is_closed: bool,
}

impl TempRoot {
    /// A folder for one run.
    pub(in crate::exec) fn folder(&self) -> io::Result<TempDir> {
        let mut folder = self.folder.lock();
        private("run-").tempdir_in(folder.parent()?)
    }

    /// Where the picture that a run makes is kept.
    pub(in crate::exec) fn picture(&self, run: RunId) -> io::Result<PathBuf> {
        Ok(self.folder.lock().parent()?.join(format!("picture-{}", run.0)))
    }

    /// Where the picture that a run shows as the so-manieth of its results is kept.
    pub(in crate::exec) fn shown(&self, run: RunId, number: usize) -> io::Result<PathBuf> {
        Ok(self.folder.lock().parent()?.join(format!("picture-{}-{number}", run.0)))
    }

    /// Where runs read how far the deck's modules are.
    pub(in crate::exec) fn modules(&self) -> io::Result<PathBuf> {
        Ok(self.folder.lock().parent()?.join("modules"))
    }

    /// Where a sandboxed deck's processes may write; we ourselves never do.
    pub(in crate::exec) fn guest(&self) -> io::Result<PathBuf> {
        Ok(self.folder.lock().parent()?.join("guest"))
    }

    /// Removes all of it; to be called when the processes have ended.
    pub(in crate::exec) fn remove(&self) {
        let mut folder = self.folder.lock();
        folder.is_closed = true;
        folder.open.take();
    }
}

impl TempRootState {
    fn parent(&mut self) -> io::Result<PathBuf> {
        if self.is_closed {
            return Err(io::Error::other("the talk is over"));
        }
        let parent = match self.open.take() {
            Some(parent) => parent,
            None => private(prefix()).tempdir()?,
        };
        Ok(self.open.insert(parent).path().to_owned())
    }
}

/// Makes folders that no other user can look into.
fn private(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).permissions(files::folder_permissions());
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_user_can_look_into_the_folders() {
        use std::os::unix::fs::PermissionsExt;

        let temp_root = TempRoot::default();
        let run = temp_root.folder().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let parent = run.path().parent().unwrap();
        assert_eq!((mode(parent), mode(run.path())), (0o700, 0o700));
    }

    #[test]
    fn only_folders_of_the_one_talk_are_swept() {
        let place = tempfile::tempdir().unwrap();
        let names = ["livedeck-1-a-x", "livedeck-12-a-x", "else"];
        for name in names {
            std::fs::create_dir(place.path().join(name)).unwrap();
        }
        let left = || names.map(|name| place.path().join(name).exists());
        sweep(place.path(), "");
        sweep(place.path(), "livedeck-");
        sweep(place.path(), "else");
        assert_eq!(left(), [true; 3]);
        sweep(place.path(), "livedeck-1-a-");
        assert_eq!(left(), [false, true, true]);
    }
}
