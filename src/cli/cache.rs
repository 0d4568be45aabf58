//! Where compiled code is kept between talks. Programs are run from there, so it is a folder that only
//! this user may enter.

#![expect(clippy::disallowed_methods, reason = "the environment says where caches are")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;
use tempfile::TempDir;

use crate::files;

/// The folder's name in the folders that all programs share.
const NAME: &str = "livedeck";

/// A folder for what is compiled, which is removed with the last copy if it is a temporary one.
pub(super) type Cache = (PathBuf, Option<Arc<TempDir>>);

/// The user's cache folder; where there is no home or it cannot be used, the user's folder for the
/// session, a folder of the user's own among the temporary files, and one for this talk alone.
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
    // Made at once: whoever comes first among the temporary files owns the name.
    if !shared.is_symlink() && files::private_folder(&shared).is_ok() {
        return (shared, None);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix("livedeck-").permissions(files::folder_permissions());
    match builder.tempdir_in(temporary) {
        Ok(folder) => (folder.path().to_owned(), Some(Arc::new(folder))),
        // Whatever has to be compiled says then that this cannot be written to.
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
    fn the_home_comes_first_and_nothing_is_made() {
        let place = tempfile::tempdir().unwrap();
        let home = place.path().join(".cache/livedeck");
        let (cache, temporary) = choose(Some(home.clone()), None, place.path());
        assert!(cache == home && temporary.is_none());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_home_that_is_a_file_is_passed_over() {
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
    fn a_shared_folder_that_is_not_ours_is_not_used() {
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
