//! Reads files with a deadline: a file system may hang, and such a read cannot be cancelled. It is left
//! to a thread that is no longer waited for.

#![expect(clippy::disallowed_methods, reason = "compares the age of files with the clock")]

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Sender, bounded, unbounded};

use super::{FileKind, ReadError, read};

type ReadJob = Box<dyn FnOnce() + Send>;

/// Reads files, one after the other, until a common deadline.
#[derive(Debug)]
pub struct DeadlineReader {
    deadline: Instant,
    /// The reading thread, started by the first read; `None` if it cannot be started.
    jobs: OnceLock<Option<Sender<ReadJob>>>,
}

impl DeadlineReader {
    /// Creates a reader. Reads that have not ended by the deadline are [`ReadError::TooSlow`].
    pub fn until(deadline: Instant) -> Self {
        Self { deadline, jobs: OnceLock::new() }
    }

    /// Like [`read`].
    ///
    /// # Errors
    /// As for [`read`], or the deadline has passed.
    pub fn read(&self, path: &Path, kind: FileKind) -> Result<Vec<u8>, ReadError> {
        let path = path.to_owned();
        self.run(move || read(&path, kind))?
    }

    /// Like [`Self::read`], but `None` if the file has not changed within `age`: a file that hangs is
    /// not read again.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn read_if_new(
        &self,
        path: &Path,
        kind: FileKind,
        age: Duration,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let (path, since) = (path.to_owned(), SystemTime::now() - age);
        self.run(move || {
            let is_old = changed(&path)? < since;
            if is_old { Ok(None) } else { read(&path, kind).map(Some) }
        })?
    }

    /// Like [`super::read_text`].
    ///
    /// # Errors
    /// As for [`super::read_text`], or the deadline has passed.
    pub fn read_text(&self, path: &Path, kind: FileKind) -> Result<String, ReadError> {
        String::from_utf8(self.read(path, kind)?).map_err(|_| ReadError::NotText)
    }

    /// Returns the sorted paths in a folder; empty if it cannot be read.
    pub fn list(&self, folder: &Path) -> Vec<PathBuf> {
        let folder = folder.to_owned();
        self.run(move || list(&folder)).unwrap_or_default()
    }

    /// Runs `job` on the reading thread and waits for its result.
    fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ReadError> {
        let jobs = self.jobs.get_or_init(start).as_ref();
        let jobs = jobs.ok_or_else(|| ReadError::Other("no thread can be started".to_owned()))?;
        let (done, result) = bounded(1);
        let job = Box::new(move || drop(done.send(job())));
        jobs.send(job).map_err(|_| ReadError::TooSlow)?;
        result.recv_deadline(self.deadline).map_err(|_| ReadError::TooSlow)
    }
}

/// Returns the sorted paths in a folder; empty if it cannot be read.
pub fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.take(MAX_ENTRIES).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Returns when a file's content, name or permissions last changed.
fn changed(path: &Path) -> Result<SystemTime, ReadError> {
    let seconds = std::fs::metadata(path)?.ctime();
    Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

/// Limit of a folder's entries; folders of themes have a few files.
const MAX_ENTRIES: usize = 10_000;

/// Starts a thread that runs jobs until the sender is dropped.
fn start() -> Option<Sender<ReadJob>> {
    let (jobs, received) = unbounded::<ReadJob>();
    let thread = std::thread::Builder::new().name("read".to_owned());
    thread.spawn(move || received.iter().for_each(|job| job())).ok()?;
    Some(jobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hanging_read_ends_at_the_deadline() {
        let reader = DeadlineReader::until(Instant::now() + Duration::from_millis(1));
        let (_never, hangs) = bounded::<()>(0);
        assert_eq!(reader.run(move || hangs.recv().is_ok()), Err(ReadError::TooSlow));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert_eq!(reader.read(&file, FileKind::Text), Err(ReadError::TooSlow));
    }

    #[test]
    fn only_changed_files_are_read_again() {
        let reader = DeadlineReader::until(Instant::now() + Duration::from_mins(5));
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |age| reader.read_if_new(file.path(), FileKind::Text, age);
        assert_eq!(read(Duration::from_hours(1)), Ok(Some(Vec::new())));
        let future = SystemTime::now() + Duration::from_hours(1);
        assert!(changed(file.path()).unwrap() < future);
        let program = std::env::current_exe().unwrap();
        assert_eq!(reader.read_if_new(&program, FileKind::Text, Duration::ZERO), Ok(None));
        let missing = reader.read_if_new(Path::new("missing"), FileKind::Text, Duration::ZERO);
        assert_eq!(missing, Err(ReadError::Missing));
    }

    #[test]
    fn files_are_read_on_the_thread() {
        let reader = DeadlineReader::until(Instant::now() + Duration::from_mins(5));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = reader.read_text(&folder.join("Cargo.toml"), FileKind::Text).unwrap();
        assert!(text.contains("livedeck"));
        assert_eq!(reader.read(folder, FileKind::Text), Err(ReadError::Folder));
        assert!(reader.list(folder).contains(&folder.join("src")));
        assert!(reader.list(&folder.join("missing")).is_empty());
    }
}
