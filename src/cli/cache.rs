//! The cache folder for compiled code. Programs are run from there, so only the user may have access
//! to it.

#![expect(clippy::disallowed_methods, reason = "the environment says where caches are")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;
use tempfile::TempDir;

use crate::files;

/// Name of the folder within shared folders.
const NAME: &str = "livedeck";

/// The cache folder and, if it is temporary, the guard that removes it.
pub(super) type Cache = (PathBuf, Option<Arc<TempDir>>);

/// Returns the user's cache folder. If it is not usable, the session's runtime folder, then a folder
/// of the user's own in the temporary folder, then a temporary folder for this process.
pub(super) fn cache() -> Cache {
    let home = etcetera::choose_base_strategy().ok().map(|base| base.cache_dir().join(NAME));
    let session = std::env::var_os("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join(NAME));
    choose(home, session, &std::env::temp_dir())
}

fn choose(home: Option<PathBuf>, session: Option<PathBuf>, temporary: &Path) -> Cache {
    let usable = |folder: &PathBuf| folder.is_absolute() && files::can_be_ours(folder);
    if let Some(folder) = [home, session].into_iter().flatten().find(usable) {
        return (folder, None);
    }
    let user = rustix::process::geteuid().as_raw();
    let shared = temporary.join(format!("{NAME}-{user}"));
    // Created immediately: another user could take the name.
    if !shared.is_symlink() && files::private_folder(&shared).is_ok() {
        return (shared, None);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix("livedeck-").permissions(files::folder_permissions());
    match builder.tempdir_in(temporary) {
        Ok(folder) => (folder.path().to_owned(), Some(Arc::new(folder))),
        // Compiling then reports that the folder is not writable.
        Err(_) => (shared, None),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn home_comes_first_and_is_not_created() {
        let place = tempfile::tempdir().unwrap();
        let home = place.path().join(".cache/livedeck");
        let (cache, temporary) = choose(Some(home.clone()), None, place.path());
        assert!(cache == home && temporary.is_none());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn home_that_is_a_file_is_skipped() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("home"), "").unwrap();
        let home = place.path().join("home/.cache/livedeck");
        let session = place.path().join("run/livedeck");
        let (cache, _) = choose(Some(home.clone()), Some(session.clone()), place.path());
        assert_eq!(cache, session);
        let (cache, temporary) = choose(Some(home), None, place.path());
        assert_eq!(cache.parent(), Some(place.path()));
        assert!(temporary.is_none());
        assert_eq!(mode(&cache), 0o700);
    }

    #[test]
    fn foreign_shared_folder_is_not_used() {
        let place = tempfile::tempdir().unwrap();
        let user = rustix::process::geteuid().as_raw();
        let planted = place.path().join(format!("livedeck-{user}"));
        symlink("/", &planted).unwrap();
        let (cache, temporary) = choose(None, None, place.path());
        assert_ne!(cache, planted);
        assert_eq!(mode(&cache), 0o700);
        drop(temporary);
        assert!(!cache.exists(), "a folder for one talk is removed with it");
    }
}
