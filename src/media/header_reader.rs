//! Looking at the files of pictures ahead of the loop. A file system may be slow or its server gone, and
//! a talk must take keys meanwhile: the first look at a file is a thread's, which the loop waits for a
//! moment only. What it read is then in the system's memory, where the loop finds it at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use parking_lot::{Mutex, MutexGuard};

use super::find::HEADER_BYTES;
use crate::files;

/// How long the loop waits for a first look: less than is felt between a key and its slide.
const READ_TIMEOUT: Duration = Duration::from_millis(30);

/// Looks that may hang at a time; further pictures wait for one of them.
const MAX_PENDING_READS: usize = 16;

/// Looks at files on threads.
pub(super) struct HeaderReader {
    /// Told when a look is over that was not waited for.
    wake: Arc<dyn Fn() + Send + Sync>,
    /// The looks that are under way, and those that are over.
    looks: Arc<Mutex<BTreeMap<PathBuf, ReadState>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadState {
    Pending,
    Done,
}

impl HeaderReader {
    /// Nothing was looked at yet. `wake` is called from another thread.
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { wake: Arc::new(wake), looks: Arc::default() }
    }

    /// Whether the files at these paths can be read without waiting for long.
    pub(super) fn are_read(&self, paths: &[PathBuf]) -> bool {
        let mut looks = lock(&self.looks);
        let new: BTreeSet<_> =
            paths.iter().filter(|path| !looks.contains_key(*path)).cloned().collect();
        let under_way = looks.values().filter(|look| **look == ReadState::Pending).count();
        if under_way + new.len() > MAX_PENDING_READS {
            return false;
        }
        looks.extend(new.iter().map(|path| (path.clone(), ReadState::Pending)));
        drop(looks);
        if !new.is_empty() {
            let (done, is_over) = bounded(1);
            self.look(new, done);
            if under_way == 0 {
                // One that hangs makes no other wait.
                let _ = is_over.recv_timeout(READ_TIMEOUT);
            }
            // From here on the thread tells the loop.
            drop(is_over);
        }
        let looks = lock(&self.looks);
        paths.iter().all(|path| looks.get(path) == Some(&ReadState::Done))
    }

    /// Looks at every file again when it is wanted.
    pub(super) fn forget(&self) {
        lock(&self.looks).retain(|_, look| *look == ReadState::Pending);
    }

    fn look(&self, paths: BTreeSet<PathBuf>, done: Sender<()>) {
        let (looks, wake) = (Arc::clone(&self.looks), Arc::clone(&self.wake));
        let spare = paths.clone();
        let look = move || {
            for path in paths {
                drop(files::read_start(&path, HEADER_BYTES));
                lock(&looks).insert(path, ReadState::Done);
            }
            if done.send(()).is_err() {
                wake();
            }
        };
        let thread = std::thread::Builder::new().name("look".to_owned());
        if thread.spawn(look).is_err() {
            // Without threads, the loop looks itself.
            lock(&self.looks).extend(spare.into_iter().map(|path| (path, ReadState::Done)));
        }
    }
}

fn lock(
    looks: &Mutex<BTreeMap<PathBuf, ReadState>>,
) -> MutexGuard<'_, BTreeMap<PathBuf, ReadState>> {
    looks.lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_hangs_makes_no_other_wait() {
        let (woken, wakes) = bounded(1);
        let reader = HeaderReader::new(move || {
            let _ = woken.send(());
        });
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let hangs = PathBuf::from("hangs");
        lock(&reader.looks).insert(hangs.clone(), ReadState::Pending);
        assert!(!reader.are_read(std::slice::from_ref(&hangs)));
        // The file is looked at meanwhile, and the loop is told if it did not see that.
        while !reader.are_read(std::slice::from_ref(&file)) {
            wakes.recv().unwrap();
        }
        reader.forget();
        assert_eq!(lock(&reader.looks).keys().collect::<Vec<_>>(), [&hangs]);
    }
}
