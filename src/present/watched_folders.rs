//! Which folders are watched. A watch belongs to a folder, not to its name: of one that is removed and
//! made again (a build does that, or git), the new one has to be watched. While there is none, its
//! nearest parent is watched, where it will appear.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// Which folder it is, whatever it is called.
type Identity = (u64, u64);

/// The folders that are watched.
pub(super) struct WatchedFolders {
    watcher: Option<RecommendedWatcher>,
    /// Those that matter, whether they are there or not.
    wanted: BTreeSet<PathBuf>,
    /// Those that are watched.
    watched: BTreeMap<PathBuf, Identity>,
}

impl WatchedFolders {
    /// Nothing is watched yet; without a watcher, nothing ever is.
    pub(super) fn new(watcher: Option<RecommendedWatcher>) -> Self {
        Self { watcher, wanted: BTreeSet::new(), watched: BTreeMap::new() }
    }

    /// Whether folders are watched at all.
    pub(super) fn are_watched(&self) -> bool {
        self.watcher.is_some()
    }

    /// Watches these folders from now on, and no others.
    pub(super) fn watch(&mut self, wanted: BTreeSet<PathBuf>) {
        self.wanted = wanted;
        self.refresh();
    }

    /// Whether what happened to these paths made a folder that matters come, go or change places; it
    /// is watched where it is now.
    pub(super) fn came_back(&mut self, paths: &[PathBuf]) -> bool {
        let is_path = |folder: &Path| paths.contains(&absolute(folder));
        let is_above =
            |path: &PathBuf| self.wanted.iter().any(|wanted| absolute(wanted).starts_with(path));
        if !paths.iter().any(is_above) {
            return false;
        }
        // Of a folder that has an event of its own, the watch may be gone, even if a new folder has
        // the number of the old one.
        let (gone, watched) =
            std::mem::take(&mut self.watched).into_iter().partition(|(folder, _)| is_path(folder));
        self.watched = watched;
        if let Some(watcher) = &mut self.watcher {
            let gone: BTreeMap<PathBuf, Identity> = gone;
            for folder in gone.keys() {
                let _ = watcher.unwatch(folder);
            }
        }
        self.refresh()
    }

    /// Watches the wanted folders as they are now. Returns whether a wanted one is a new one.
    fn refresh(&mut self) -> bool {
        let Some(watcher) = &mut self.watcher else { return false };
        let mut is_changed = false;
        // A parent that is watched for a folder may have got that folder in the meantime: once more.
        for _ in 0..MAX_ROUNDS {
            let here = self.wanted.iter().filter_map(|folder| nearest(folder));
            let here: BTreeMap<PathBuf, Identity> = here.collect();
            if here == self.watched {
                break;
            }
            for (old, identity) in &self.watched {
                if here.get(old) != Some(identity) {
                    // Of a folder that was removed, the watch is gone already.
                    let _ = watcher.unwatch(old);
                }
            }
            for (new, identity) in &here {
                if self.watched.get(new) != Some(identity) {
                    is_changed |= self.wanted.contains(new);
                    // One that may not be read cannot be watched; the rest can.
                    let _ = watcher.watch(new, RecursiveMode::NonRecursive);
                }
            }
            self.watched = here;
        }
        is_changed
    }
}

/// How often the folders are looked at until they are as they were. Each round is a step down a path.
const MAX_ROUNDS: usize = 16;

/// A folder, or the nearest one above it that is there.
fn nearest(folder: &Path) -> Option<(PathBuf, Identity)> {
    let here = |folder: &'_ Path| folder.as_os_str().is_empty();
    let mut above =
        folder.ancestors().map(|folder| if here(folder) { Path::new(".") } else { folder });
    above.find_map(|folder| {
        let found = folder.metadata().ok().filter(std::fs::Metadata::is_dir)?;
        Some((folder.to_owned(), (found.dev(), found.ino())))
    })
}

/// The path by which events name a folder.
fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}
