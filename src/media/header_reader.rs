//! Reads the headers of pictures on a thread, so that a slow file system does not block the event
//! loop. The loop waits for it briefly. The header is then in the page cache, and the loop reads it
//! from there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use parking_lot::{Mutex, MutexGuard};

use crate::files;

/// Bytes read for the header initially.
pub(super) const HEADER_BYTES: u64 = 256 * 1024;

/// How long the loop waits for a read; not noticeable between a key and its slide.
const READ_TIMEOUT: Duration = Duration::from_millis(30);

/// Limit of pending reads; further pictures wait for one to end.
const MAX_PENDING_READS: usize = 16;

/// Reads headers on threads.
pub(super) struct HeaderReader {
    /// Called when a read ends that the loop no longer waits for.
    wake: Arc<dyn Fn() + Send + Sync>,
    /// Files that are being read or have been.
    reads: Arc<Mutex<BTreeMap<PathBuf, ReadState>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadState {
    Pending,
    Done,
}

impl HeaderReader {
    /// Creates a reader. `wake` is called from another thread.
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { wake: Arc::new(wake), reads: Arc::default() }
    }

    /// Whether the headers of these files have been read; starts reading them.
    pub(super) fn are_read(&self, paths: &[PathBuf]) -> bool {
        let mut reads = lock(&self.reads);
        let new: BTreeSet<_> =
            paths.iter().filter(|path| !reads.contains_key(*path)).cloned().collect();
        let pending = reads.values().filter(|state| **state == ReadState::Pending).count();
        if pending + new.len() > MAX_PENDING_READS {
            return false;
        }
        reads.extend(new.iter().map(|path| (path.clone(), ReadState::Pending)));
        drop(reads);
        if !new.is_empty() {
            let (done, is_over) = bounded(1);
            self.start(new, done);
            if pending == 0 {
                // A hanging read must not delay others.
                let _ = is_over.recv_timeout(READ_TIMEOUT);
            }
            // From here on, the thread calls `wake`.
            drop(is_over);
        }
        let reads = lock(&self.reads);
        paths.iter().all(|path| reads.get(path) == Some(&ReadState::Done))
    }

    /// Forgets finished reads.
    pub(super) fn forget(&self) {
        lock(&self.reads).retain(|_, state| *state == ReadState::Pending);
    }

    fn start(&self, paths: BTreeSet<PathBuf>, done: Sender<()>) {
        let (reads, wake) = (Arc::clone(&self.reads), Arc::clone(&self.wake));
        let spare = paths.clone();
        let read = move || {
            for path in paths {
                drop(files::read_start(&path, HEADER_BYTES));
                lock(&reads).insert(path, ReadState::Done);
            }
            if done.send(()).is_err() {
                wake();
            }
        };
        let thread = std::thread::Builder::new().name("picture-headers".to_owned());
        if thread.spawn(read).is_err() {
            // Without threads, the loop reads the files itself.
            lock(&self.reads).extend(spare.into_iter().map(|path| (path, ReadState::Done)));
        }
    }
}

fn lock(
    reads: &Mutex<BTreeMap<PathBuf, ReadState>>,
) -> MutexGuard<'_, BTreeMap<PathBuf, ReadState>> {
    reads.lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hanging_read_does_not_delay_others() {
        let (woken, wakes) = bounded(1);
        let reader = HeaderReader::new(move || {
            let _ = woken.send(());
        });
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let hangs = PathBuf::from("hangs");
        lock(&reader.reads).insert(hangs.clone(), ReadState::Pending);
        assert!(!reader.are_read(std::slice::from_ref(&hangs)));
        // `wake` is called if the read ends after the timeout.
        while !reader.are_read(std::slice::from_ref(&file)) {
            wakes.recv().unwrap();
        }
        reader.forget();
        assert_eq!(lock(&reader.reads).keys().collect::<Vec<_>>(), [&hangs]);
    }
}
