//! The build cache, in the user's cache folder: an entry per program, a folder named by the hash of
//! all that the program is made from.

#![expect(clippy::disallowed_methods, reason = "the cache is files")]

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::build::BuildResult;
use crate::files;

/// The file of an entry's program.
pub(super) const BINARY_FILE: &str = "snippet";

/// The file of the compiler's errors, in an entry without a program.
const ERRORS_FILE: &str = "errors";

/// The prefix of an unfinished entry's name. The number of its process follows.
const UNFINISHED_PREFIX: &str = ".build-";

/// The most entries that are kept.
const MAX_ENTRIES: usize = 200;

/// The most bytes of entries that are kept.
const MAX_BYTES: u64 = 500 * 1024 * 1024;

/// The age at which an unfinished entry is removed.
const MAX_UNFINISHED_AGE: Duration = Duration::from_hours(24);

/// The folder of all entries.
#[derive(Debug)]
pub(super) struct BuildCache {
    root: PathBuf,
    /// The prefix of this cache's unfinished entries.
    prefix: String,
}

impl BuildCache {
    /// Returns a cache in this folder, which is created on first use.
    pub(super) fn new(root: PathBuf) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { root, prefix: format!("{UNFINISHED_PREFIX}{}.{number}-", std::process::id()) }
    }

    /// Returns the result with this key, and marks it as used.
    pub(super) fn find(&self, key: &str) -> Option<BuildResult> {
        let folder = self.root.join(key);
        let (binary, errors) = (folder.join(BINARY_FILE), folder.join(ERRORS_FILE));
        let is_ready = binary.is_file();
        if !self.is_ours(&folder, if is_ready { &binary } else { &errors }) {
            return None;
        }
        let built = if is_ready {
            BuildResult::Binary(binary)
        } else {
            BuildResult::Errors(fs::read(errors).ok()?.into())
        };
        // If this fails, the entry only looks older than it is.
        let _ = File::open(folder).and_then(|folder| folder.set_modified(SystemTime::now()));
        Some(built)
    }

    /// Creates an unfinished entry.
    pub(super) fn begin(&self) -> io::Result<TempDir> {
        files::private_folder(&self.root)?;
        let permissions = files::folder_permissions();
        tempfile::Builder::new()
            .prefix(&self.prefix)
            .permissions(permissions)
            .tempdir_in(&self.root)
    }

    /// Returns whether no other user can have written this file of an entry.
    fn is_ours(&self, folder: &Path, file: &Path) -> bool {
        [&*self.root, folder, file].into_iter().all(files::is_ours)
    }

    /// Removes this cache's unfinished entries. Call it after all builds have ended.
    pub(super) fn remove_unfinished(&self) {
        let Ok(folders) = fs::read_dir(&self.root) else { return };
        for folder in folders.flatten() {
            if folder.file_name().to_string_lossy().starts_with(&self.prefix) {
                let _ = fs::remove_dir_all(folder.path());
            }
        }
    }

    /// Keeps an entry with a program.
    pub(super) fn keep_binary(&self, folder: TempDir, key: &str) -> io::Result<BuildResult> {
        files::make_private_program(&folder.path().join(BINARY_FILE))?;
        Ok(BuildResult::Binary(self.keep(folder, key, BINARY_FILE)?.join(BINARY_FILE)))
    }

    /// Keeps an entry with errors.
    pub(super) fn keep_errors(
        &self,
        folder: TempDir,
        key: &str,
        errors: Vec<u8>,
    ) -> io::Result<BuildResult> {
        files::write_private(&folder.path().join(ERRORS_FILE), &errors)?;
        self.keep(folder, key, ERRORS_FILE)?;
        Ok(BuildResult::Errors(errors.into()))
    }

    /// Names a finished entry by its key, atomically.
    fn keep(&self, folder: TempDir, key: &str, file: &str) -> io::Result<PathBuf> {
        let kept = self.root.join(key);
        if let Err(error) = fs::rename(folder.path(), &kept) {
            // Another livedeck has made the same entry.
            if self.is_ours(&kept, &kept.join(file)) {
                return Ok(kept);
            }
            if !kept.is_dir() {
                return Err(error);
            }
            fs::remove_dir_all(&kept)?;
            fs::rename(folder.path(), &kept)?;
        }
        let _ = folder.keep();
        Ok(kept)
    }

    /// Removes the least recently used entries beyond the limits.
    pub(super) fn prune(&self) {
        let Ok(folders) = fs::read_dir(&self.root) else { return };
        let folders = folders.flatten().map(|folder| folder.path());
        let mut entries: Vec<_> =
            folders.filter_map(|path| Some((last_use(&path)?, path))).collect();
        entries.sort_by(|one, other| other.cmp(one));
        let (mut count, mut bytes) = (0, 0);
        for (used, path) in entries {
            let is_kept = if is_unfinished(&path) {
                used.elapsed().unwrap_or_default() < MAX_UNFINISHED_AGE
            } else {
                count += 1;
                bytes += size(&path);
                count <= MAX_ENTRIES && bytes <= MAX_BYTES
            };
            if !is_kept {
                let _ = fs::remove_dir_all(path);
            }
        }
    }
}

fn last_use(folder: &Path) -> Option<SystemTime> {
    folder.metadata().and_then(|metadata| metadata.modified()).ok()
}

fn is_unfinished(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED_PREFIX))
}

fn size(folder: &Path) -> u64 {
    let Ok(files) = fs::read_dir(folder) else { return 0 };
    files.flatten().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (TempDir, BuildCache) {
        let root = TempDir::new().unwrap();
        let cache = BuildCache::new(root.path().join("rust"));
        (root, cache)
    }

    fn keep(cache: &BuildCache, name: &str) -> BuildResult {
        let folder = cache.begin().unwrap();
        fs::write(folder.path().join(BINARY_FILE), name).unwrap();
        cache.keep_binary(folder, name).unwrap()
    }

    #[test]
    fn kept_entries_are_found() {
        let (_root, cache) = cache();
        assert_eq!(cache.find("one"), None);
        let built = keep(&cache, "one");
        assert_eq!(cache.find("one"), Some(built));
        let folder = cache.begin().unwrap();
        let refused = cache.keep_errors(folder, "two", b"no".to_vec()).unwrap();
        assert_eq!(cache.find("two"), Some(refused));
    }

    #[test]
    fn entries_of_other_users_are_ignored() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::{PermissionsExt, chown};

        let (_root, cache) = cache();
        let built = keep(&cache, "one");
        let (folder, program) = (cache.root.join("one"), cache.root.join("one").join(BINARY_FILE));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&cache.root), mode(&folder), mode(&program)), (0o700, 0o700, 0o700));
        for path in [&cache.root, &folder, &program] {
            set_permissions(path, Permissions::from_mode(0o722)).unwrap();
            assert_eq!(cache.find("one"), None, "{}", path.display());
            set_permissions(path, Permissions::from_mode(0o700)).unwrap();
            // Only root can change the owner of a file.
            if chown(path, Some(65534), None).is_ok() {
                assert_eq!(cache.find("one"), None, "{}", path.display());
                chown(path, Some(rustix::process::geteuid().as_raw()), None).unwrap();
            }
        }
        assert_eq!(cache.find("one"), Some(built.clone()));
        fs::write(&program, "of another user").unwrap();
        set_permissions(&program, Permissions::from_mode(0o777)).unwrap();
        assert_eq!(keep(&cache, "one"), built);
        assert_eq!(fs::read(&program).unwrap(), b"one");
        assert_eq!(cache.find("one"), Some(built));
    }

    #[test]
    fn second_of_two_equal_builds_is_dropped() {
        let (_root, cache) = cache();
        assert_eq!(keep(&cache, "one"), keep(&cache, "one"));
        assert_eq!(fs::read_dir(&cache.root).unwrap().count(), 1);
    }

    #[test]
    fn least_recently_used_entry_is_removed_first() {
        let (_root, cache) = cache();
        for number in 0..MAX_ENTRIES + 2 {
            keep(&cache, &format!("{number}"));
            let age = Duration::from_secs(3600 - number as u64);
            let folder = File::open(cache.root.join(format!("{number}"))).unwrap();
            folder.set_modified(SystemTime::now() - age).unwrap();
        }
        cache.find("0");
        let unfinished = cache.begin().unwrap();
        cache.prune();
        assert!(cache.find("0").is_some() && cache.find("3").is_some());
        assert_eq!((cache.find("1"), cache.find("2")), (None, None));
        assert!(unfinished.path().exists());
    }
}
