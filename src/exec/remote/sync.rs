//! Which files of the deck's folder are copied to another machine.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The most files that are copied.
const MAX_FILES: usize = 20_000;

/// A file to copy: where it is, and what tells whether it has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyncedFile {
    /// Its path in the deck's folder, with `/`.
    pub(super) name: String,
    /// Its path here.
    pub(super) path: PathBuf,
    /// Its size in bytes.
    pub(super) size: u64,
    /// When it was changed: nanoseconds since 1970.
    pub(super) modified: i64,
    /// Its permissions.
    pub(super) mode: u32,
}

impl SyncedFile {
    /// Returns what the agent gets to know about it.
    pub(super) fn fields(&self) -> serde_json::Value {
        serde_json::json!([self.name, self.size, self.modified, self.mode])
    }
}

/// Returns the files below these paths of a folder, sorted.
///
/// # Errors
/// A path is not there or leads out of the folder, or there are too many files: a message.
pub(super) fn files(folder: &Path, paths: &[Box<str>]) -> Result<Vec<SyncedFile>, String> {
    let root = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = Vec::new();
    for path in paths {
        let place = folder.join(&**path);
        let name = if &**path == "." { "" } else { path };
        let refuse =
            |why: String| format!("`{path}` cannot be copied (`options.remote.sync`): {why}");
        let real = place.canonicalize().map_err(|error| refuse(error.to_string()))?;
        if !real.starts_with(&root) {
            return Err(refuse("it is outside of the deck's folder".to_owned()));
        }
        collect(&root, &place, name, &mut files).map_err(refuse)?;
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files.dedup_by(|one, other| one.name == other.name);
    Ok(files)
}

/// Adds the files at a path. Links to folders, and those that lead out of the folder, are left out.
fn collect(
    root: &Path,
    path: &Path,
    name: &str,
    files: &mut Vec<SyncedFile>,
) -> Result<(), String> {
    let is_inside = |path: &Path| path.canonicalize().is_ok_and(|real| real.starts_with(root));
    let Ok(found) = fs::metadata(path) else { return Ok(()) };
    if !is_inside(path) {
        return Ok(());
    }
    if found.is_dir() {
        let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
        for entry in entries.flatten() {
            // What is not text has no name on the other side.
            let Some(part) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let name = if name.is_empty() { part } else { format!("{name}/{part}") };
            if !is_link(&entry.path()) || !entry.path().is_dir() {
                collect(root, &entry.path(), &name, files)?;
            }
        }
    } else if found.is_file() {
        if files.len() == MAX_FILES {
            return Err(format!("there are more than {MAX_FILES} files"));
        }
        files.push(SyncedFile {
            name: name.to_owned(),
            path: path.to_owned(),
            size: found.len(),
            modified: found.mtime() * 1_000_000_000 + found.mtime_nsec(),
            mode: found.permissions().mode() & 0o777,
        });
    }
    Ok(())
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write files")]
mod tests {
    use super::*;

    fn names(folder: &Path, paths: &[&str]) -> Result<Vec<String>, String> {
        let paths: Vec<Box<str>> = paths.iter().map(|path| (*path).into()).collect();
        Ok(files(folder, &paths)?.into_iter().map(|file| file.name).collect())
    }

    #[test]
    fn only_files_in_the_folder_are_copied() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir_all(root.join("data/deep")).unwrap();
        for file in ["data/a", "data/deep/b", "c", "not"] {
            fs::write(root.join(file), file).unwrap();
        }
        std::os::unix::fs::symlink("../c", root.join("data/link")).unwrap();
        std::os::unix::fs::symlink("..", root.join("data/loop")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), root.join("data/out")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.join("away")).unwrap();
        let found = names(root, &["c", "data/deep", "c"]).unwrap();
        assert_eq!(found, ["c", "data/deep/b"]);
        let found = names(root, &["data"]).unwrap();
        assert_eq!(found, ["data/a", "data/deep/b", "data/link"]);
        let why = names(root, &["away"]).unwrap_err();
        assert!(why.contains("`away`") && why.contains("outside"), "{why}");
        assert!(names(root, &["gone"]).unwrap_err().contains("`gone` cannot be copied"));
    }
}
