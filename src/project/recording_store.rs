//! A deck's recording on disk: the folder `talk.recording/` beside `talk.md`, with a JSON file and
//! pictures.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::files::{self, FileKind, ReadError};
use crate::panics::contain;
use crate::recording::{Recording, RecordingSyntaxError};
use crate::source::{FileId, Span};

/// Name of the JSON file.
const RECORDING_FILE: &str = "recording.json";

/// An error of reading a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("`{0}` cannot be read")]
    Unreadable(PathBuf, #[source] ReadError),
    /// The file is damaged.
    #[error("`{}` line {}, column {}: {}", .0.display(), .2.line, .2.column, .2.message)]
    Broken(PathBuf, String, RecordingSyntaxError),
}

impl RecordingError {
    /// Returns the message, without the file's name.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Unreadable(_, error) => format!("the recording cannot be read: {error}"),
            Self::Broken(_, _, broken) => broken.message.clone(),
        }
    }

    /// Returns a hint.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable(_, error) => error.hint(),
            Self::Broken(..) => None,
        }
        .unwrap_or("run `livedeck record` to recreate it")
    }

    /// Returns the recording's text, if it could be read.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Unreadable(..) => "",
            Self::Broken(_, text, _) => text,
        }
    }

    /// Returns the span of the wrong character, or of the line if the error is at its end.
    pub(super) fn span(&self, file: FileId) -> Span {
        let Self::Broken(_, text, broken) = self else { return Span::new(file, 0..0) };
        let before = text.split_inclusive('\n').take(broken.line.saturating_sub(1));
        let start = before.map(str::len).sum();
        let length = text[start..].lines().next().unwrap_or_default().len();
        let at = text.floor_char_boundary(start + (broken.column - 1).min(length));
        match text[at..start + length].chars().next() {
            Some(c) => Span::new(file, at..at + c.len_utf8()),
            None => Span::new(file, start..start + length),
        }
    }
}

/// Returns the folder of a deck's recording.
pub fn recording_folder(deck: &Path) -> PathBuf {
    deck.with_extension("recording")
}

/// Returns the JSON file of a deck's recording.
pub(super) fn recording_file(deck: &Path) -> PathBuf {
    recording_folder(deck).join(RECORDING_FILE)
}

/// Reads a deck's recording. Returns `None` if there is none.
///
/// # Errors
/// The recording cannot be read, or is damaged.
pub fn read_recording(deck: &Path) -> Result<Option<Recording>, RecordingError> {
    read_recording_by(deck, |file| files::read(file, FileKind::Recording))
}

/// Like [`read_recording`], using `read` to read the file.
pub(super) fn read_recording_by(
    deck: &Path,
    read: impl FnOnce(&Path) -> Result<Vec<u8>, ReadError>,
) -> Result<Option<Recording>, RecordingError> {
    let file = recording_file(deck);
    let bytes = match read(&file) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => return Ok(None),
        Err(error) => return Err(RecordingError::Unreadable(file, error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let read = match contain("reading the recording", || Recording::read(&text)) {
        Ok(read) => read,
        Err(panicked) => {
            return Err(RecordingError::Unreadable(file, ReadError::Other(panicked.to_string())));
        }
    };
    read.map(Some).map_err(|broken| RecordingError::Broken(file, text.into_owned(), broken))
}

/// Saves a deck's recording and its new pictures. Unchanged files are not touched; pictures that only
/// `before` refers to are removed.
///
/// # Errors
/// A file cannot be written.
pub fn save_recording(
    deck: &Path,
    recording: &Recording,
    pictures: &BTreeMap<String, Vec<u8>>,
    before: &Recording,
) -> io::Result<()> {
    let folder = recording_folder(deck);
    std::fs::create_dir_all(&folder)?;
    let named = pictures_of(recording);
    for (name, bytes) in pictures.iter().filter(|(name, _)| named.contains(name)) {
        write_file(&folder, name, bytes)?;
    }
    for name in pictures_of(before).into_iter().filter(|name| !named.contains(name)) {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    write_file(&folder, RECORDING_FILE, recording.write().as_bytes())
}

/// Returns the names of a recording's pictures. Names with a path are ignored.
fn pictures_of(recording: &Recording) -> Vec<&String> {
    let pictures = recording.entries.iter().flat_map(|entry| entry.result.pictures());
    let is_name = |file: &&String| Path::new(file).file_name() == Some(file.as_ref());
    pictures.map(|picture| &picture.file).filter(is_name).collect()
}

/// Writes a file atomically, unless its content is the same.
fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    if files::read(&path, FileKind::Recording).is_ok_and(|known| known == bytes) {
        return Ok(());
    }
    let mut file = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.persist(path)?;
    Ok(())
}
