//! The watched folders. A watch belongs to a folder, not to its path: when a folder is removed and
//! created again (by a build or git), the new one has to be watched. While a folder does not exist,
//! its nearest existing parent is watched.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// Device and inode of a folder.
type FolderId = (u64, u64);

/// The folders that are watched.
pub(super) struct WatchedFolders {
    watcher: Option<RecommendedWatcher>,
    /// The requested folders, whether they exist or not.
    wanted: BTreeSet<PathBuf>,
    /// The folders that are watched.
    watched: BTreeMap<PathBuf, FolderId>,
}

impl WatchedFolders {
    /// Creates an empty set. Without a watcher, nothing is ever watched.
    pub(super) fn new(watcher: Option<RecommendedWatcher>) -> Self {
        Self { watcher, wanted: BTreeSet::new(), watched: BTreeMap::new() }
    }

    /// Returns whether there is a watcher.
    pub(super) fn are_watched(&self) -> bool {
        self.watcher.is_some()
    }

    /// Watches exactly these folders.
    pub(super) fn watch(&mut self, wanted: BTreeSet<PathBuf>) {
        self.wanted = wanted;
        self.refresh();
    }

    /// Handles changes to these paths. Returns whether a requested folder appeared, disappeared or
    /// moved; the watches are updated.
    pub(super) fn came_back(&mut self, paths: &[PathBuf]) -> bool {
        let is_path = |folder: &Path| paths.contains(&absolute(folder));
        let is_above =
            |path: &PathBuf| self.wanted.iter().any(|wanted| absolute(wanted).starts_with(path));
        if !paths.iter().any(is_above) {
            return false;
        }
        // A folder with an event of its own may have lost its watch, even if a new folder has the same
        // inode.
        let (gone, watched) =
            std::mem::take(&mut self.watched).into_iter().partition(|(folder, _)| is_path(folder));
        self.watched = watched;
        if let Some(watcher) = &mut self.watcher {
            let gone: BTreeMap<PathBuf, FolderId> = gone;
            for folder in gone.keys() {
                let _ = watcher.unwatch(folder);
            }
        }
        self.refresh()
    }

    /// Updates the watches. Returns whether a requested folder is new.
    fn refresh(&mut self) -> bool {
        let Some(watcher) = &mut self.watcher else { return false };
        let mut is_changed = false;
        // The folder may have appeared after its parent was chosen: check again.
        for _ in 0..MAX_ROUNDS {
            let here = self.wanted.iter().filter_map(|folder| nearest(folder));
            let here: BTreeMap<PathBuf, FolderId> = here.collect();
            if here == self.watched {
                break;
            }
            for (old, identity) in &self.watched {
                if here.get(old) != Some(identity) {
                    // The watch of a removed folder is gone already.
                    let _ = watcher.unwatch(old);
                }
            }
            for (new, identity) in &here {
                if self.watched.get(new) != Some(identity) {
                    is_changed |= self.wanted.contains(new);
                    // Unreadable folders cannot be watched.
                    let _ = watcher.watch(new, RecursiveMode::NonRecursive);
                }
            }
            self.watched = here;
        }
        is_changed
    }
}

/// Maximum number of updates until the folders are stable. Each one goes at least one level down.
const MAX_ROUNDS: usize = 16;

/// Returns the folder, or its nearest existing ancestor.
fn nearest(folder: &Path) -> Option<(PathBuf, FolderId)> {
    let here = |folder: &'_ Path| folder.as_os_str().is_empty();
    let mut above =
        folder.ancestors().map(|folder| if here(folder) { Path::new(".") } else { folder });
    above.find_map(|folder| {
        let found = folder.metadata().ok().filter(std::fs::Metadata::is_dir)?;
        Some((folder.to_owned(), (found.dev(), found.ino())))
    })
}

/// Returns the path that events use for a folder.
fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}
