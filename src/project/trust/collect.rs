//! Reads the files around a deck that determine what runs: limited in number and size, never waiting
//! for a pipe, following links but visiting each folder once. Starts no process.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::record::{GROUP_END, hash};
use crate::files::{self, FileKind, ReadError};

/// Maximum number of files to read. A crate with a few hundred files is large; more are a whole
/// project.
const MAX_FILES: usize = 8_192;

/// Maximum total bytes to read: hashed in less than a second.
const MAX_BYTES: u64 = 256 << 20;

/// Maximum number of folder entries to list: a large virtual environment has about 30,000.
const MAX_ENTRIES: usize = 200_000;

/// Maximum depth of folders: deeper ones are a loop.
const MAX_DEPTH: usize = 40;

/// Folders of system packages and the kernel. Only the administrator can change files there, so they
/// are identified by path alone.
const SYSTEM_FOLDERS: [&str; 11] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/nix", "/System", "/proc", "/sys", "/dev"];

/// Python's folder of compiled modules.
const COMPILED: &str = "__pycache__";

/// The files around a deck.
pub(super) struct Collector {
    /// The deck's folder.
    pub(super) folder: PathBuf,
    /// Their hashes, by `name` or `group: name`.
    pub(super) files: BTreeMap<String, String>,
    /// Why the collection is incomplete.
    pub(super) trouble: Option<String>,
    files_left: usize,
    bytes_left: u64,
    entries_left: usize,
}

impl Collector {
    /// Creates an empty collector for a deck in this folder.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            files: BTreeMap::new(),
            trouble: None,
            files_left: MAX_FILES,
            bytes_left: MAX_BYTES,
            entries_left: MAX_ENTRIES,
        }
    }

    /// Returns the name of a path: relative to the deck's folder if it is inside, else absolute.
    pub(super) fn name(&self, path: &Path) -> String {
        let path = plain(path);
        let folder = plain(&self.folder);
        if let Ok(inside) = path.strip_prefix(&folder) {
            return if inside.as_os_str().is_empty() { ".".into() } else { text(inside) };
        }
        text(&path)
    }

    /// Adds a file under its own name.
    pub(super) fn file(&mut self, path: &Path) {
        let label = self.name(path);
        self.file_as(label, path);
    }

    /// Adds a file under a label, if it exists.
    pub(super) fn file_as(&mut self, label: String, path: &Path) {
        if self.files.contains_key(&label) {
            return;
        }
        let Ok(found) = fs::symlink_metadata(path) else { return };
        let identity = if found.is_symlink() { self.link(path) } else { self.content(path) };
        self.files.insert(label, identity);
    }

    /// Reads a file as text.
    pub(super) fn text(path: &Path) -> Option<String> {
        let bytes = files::read(path, FileKind::Text).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Adds all files of a folder that `wants` accepts by relative path.
    pub(super) fn tree(&mut self, group: &str, root: &Path, wants: &dyn Fn(&Path) -> bool) {
        for (inside, path) in self.walk(root, wants) {
            self.file_as(format!("{group}{GROUP_END}{}", text(&inside)), &path);
        }
    }

    /// Adds a folder by the metadata of its files, without reading them: one hash for each name that
    /// `part` returns.
    pub(super) fn listing(&mut self, group: &str, root: &Path, part: &dyn Fn(&Path) -> String) {
        let mut parts: BTreeMap<String, blake3::Hasher> = BTreeMap::new();
        let wants = |inside: &Path| !inside.ends_with(COMPILED);
        for (inside, path) in self.walk(root, &wants) {
            let hasher = parts.entry(part(&inside)).or_default();
            hasher.update(inside.as_os_str().as_encoded_bytes());
            hasher.update(signature(&path).as_bytes());
        }
        for (part, hasher) in parts {
            let label = format!("{group}{GROUP_END}{part}");
            self.files.insert(label, hasher.finalize().to_hex().to_string());
        }
    }

    /// Returns the entries of a folder, sorted.
    pub(super) fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let mut paths = Vec::new();
        for entry in entries.flatten() {
            if self.entries_left == 0 {
                self.give_up(folder, &format!("more than {MAX_ENTRIES} files"));
                break;
            }
            self.entries_left -= 1;
            paths.push(entry.path());
        }
        paths.sort();
        paths
    }

    /// Returns whether a path is a folder or a link to one.
    pub(super) fn is_folder(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| found.is_dir())
    }

    /// Returns the files below a folder with their relative paths, sorted. Visits each folder once.
    fn walk(&mut self, root: &Path, wants: &dyn Fn(&Path) -> bool) -> Vec<(PathBuf, PathBuf)> {
        let mut found = Vec::new();
        let mut entered = BTreeSet::new();
        let mut open = vec![(PathBuf::new(), root.to_owned())];
        while let Some((inside, folder)) = open.pop() {
            let Ok(metadata) = fs::metadata(&folder) else { continue };
            if !entered.insert((metadata.dev(), metadata.ino())) {
                continue;
            }
            if inside.components().count() > MAX_DEPTH {
                self.give_up(root, &format!("folders in folders more than {MAX_DEPTH} deep"));
                continue;
            }
            for path in self.entries(&folder) {
                let Some(name) = path.file_name() else { continue };
                let inside = inside.join(name);
                if !wants(&inside) {
                    continue;
                }
                if Self::is_folder(&path) && !is_system(&path) {
                    open.push((inside, path));
                } else {
                    found.push((inside, path));
                }
            }
        }
        found.sort();
        found
    }

    /// Hashes a link and its target.
    fn link(&mut self, path: &Path) -> String {
        let target = fs::read_link(path).map(|target| text(&target)).unwrap_or_default();
        let Ok(real) = path.canonicalize() else { return hash(target.as_bytes()) };
        let behind = if is_system(&real) { String::new() } else { self.content(&real) };
        hash([&target, "\0", &text(&real), "\0", &behind].concat().as_bytes())
    }

    fn content(&mut self, path: &Path) -> String {
        if self.files_left == 0 || self.bytes_left == 0 {
            let what = format!("more than {MAX_FILES} files or {} MiB", MAX_BYTES >> 20);
            self.give_up(path.parent().unwrap_or(path), &what);
            return String::new();
        }
        self.files_left -= 1;
        match files::read(path, FileKind::Program) {
            Ok(bytes) => {
                self.bytes_left = self.bytes_left.saturating_sub(bytes.len() as u64);
                hash(&bytes)
            }
            Err(error @ (ReadError::TooLarge { .. } | ReadError::TooSlow)) => {
                let name = self.name(path);
                self.trouble.get_or_insert(format!("{name}: {error}"));
                String::new()
            }
            // An unreadable file cannot be run.
            Err(error) => format!("unread: {error}"),
        }
    }

    fn give_up(&mut self, place: &Path, what: &str) {
        let name = self.name(place);
        self.trouble.get_or_insert(format!("{name}: {what}"));
    }
}

/// Identifies a file's content without reading it. Its ctime cannot be set back, but also changes when
/// another hard link to the file is created, as package managers do: files with several links are
/// identified by inode instead.
fn signature(path: &Path) -> String {
    let Ok(found) = fs::symlink_metadata(path) else { return String::new() };
    if !found.is_symlink() {
        return signature_of(&found);
    }
    let target = fs::read_link(path).unwrap_or_default();
    let real = path.canonicalize().unwrap_or_default();
    let behind = Some(&real).filter(|real| !is_system(real)).and_then(|real| real.metadata().ok());
    let behind = behind.map(|found| signature_of(&found)).unwrap_or_default();
    format!("{} {} {behind}", text(&target), text(&real))
}

fn signature_of(found: &Metadata) -> String {
    let changed = match found.nlink() {
        1 => format!("{}.{}", found.ctime(), found.ctime_nsec()),
        _ => found.ino().to_string(),
    };
    let kind = found.mode();
    format!("{kind:o} {} {}.{} {changed}", found.size(), found.mtime(), found.mtime_nsec())
}

/// Returns whether a path is in a system folder.
pub(super) fn is_system(path: &Path) -> bool {
    let Ok(real) = path.canonicalize() else { return false };
    SYSTEM_FOLDERS.iter().any(|folder| real.starts_with(folder))
}

/// Removes `.` and, where possible, `..` from a path.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
}

/// Converts a path to text.
pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
