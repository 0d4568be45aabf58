//! Reads the files that a deck, a theme, a configuration, a recording or the trust store names.
//!
//! Such a path may be a named pipe without a writer, `/dev/zero`, or a sparse file of 2 GiB. Only
//! regular files (and links to them) are read, up to the size that their [`FileKind`] allows: a read
//! always ends and its result fits into memory. The exception is the deck itself, which may come
//! from a pipe: [`read_deck`].
//!
//! livedeck's own files and folders are private to the user ([`private_folder`]).

#![expect(clippy::disallowed_methods, reason = "the one place that reads files named from outside")]

mod private;
mod reader;

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

pub use crate::source::ReadError;
pub use private::{
    can_be_ours, folder_permissions, is_ours, make_private_program, private_folder, random_bytes,
    write_private,
};
pub use reader::{DeadlineReader, list};

/// The use of a file, which limits its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Decks, included files, themes, configurations, and the trust store.
    Text,
    /// A picture.
    Picture,
    /// A program, or a file that one reads, of which only the hash is needed.
    Program,
    /// A recording's text.
    Recording,
    /// The log of a talk.
    Log,
}

/// 16 MiB of text are about 300,000 lines: a hundred times the longest talk, and parsed in less than
/// a second.
const MAX_TEXT_BYTES: u64 = 16 << 20;

/// A photo from a camera has up to 50 MiB; one for a terminal needs 1 MiB.
const MAX_PICTURE_BYTES: u64 = 64 << 20;

/// Larger programs take too long to read before the question whether they may run.
const MAX_PROGRAM_BYTES: u64 = 64 << 20;

/// A recording keeps up to 1 MiB of output for each block.
const MAX_RECORDING_BYTES: u64 = 64 << 20;

/// A log has frames and pictures of hours.
const MAX_LOG_BYTES: u64 = 1 << 30;

impl FileKind {
    /// Returns the size limit, in bytes.
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::Text => MAX_TEXT_BYTES,
            Self::Picture => MAX_PICTURE_BYTES,
            Self::Program => MAX_PROGRAM_BYTES,
            Self::Recording => MAX_RECORDING_BYTES,
            Self::Log => MAX_LOG_BYTES,
        }
    }

    /// Returns the error for larger files.
    pub fn too_large(self) -> ReadError {
        let kind = match self {
            Self::Text => "texts",
            Self::Picture => "pictures",
            Self::Program => "programs",
            Self::Recording => "recordings",
            Self::Log => "logs",
        };
        ReadError::TooLarge { kind, max_bytes: self.max_bytes() }
    }
}

/// Reads a regular file.
///
/// # Errors
/// The file cannot be read, is not a regular file, or is larger than its kind allows.
pub fn read(path: &Path, kind: FileKind) -> Result<Vec<u8>, ReadError> {
    let (file, length) = open(path)?;
    if length > kind.max_bytes() {
        return Err(kind.too_large());
    }
    read_limited(file, length, kind)
}

/// Reads a regular file as text.
///
/// # Errors
/// As for [`read`], or the file is not UTF-8.
pub fn read_text(path: &Path, kind: FileKind) -> Result<String, ReadError> {
    String::from_utf8(read(path, kind)?).map_err(|_| ReadError::NotText)
}

/// Reads a regular file line by line, without its line ends.
///
/// # Errors
/// As for [`read`].
pub fn read_lines(
    path: &Path,
    kind: FileKind,
    on_line: &mut dyn FnMut(&[u8]),
) -> Result<(), ReadError> {
    let (file, length) = open(path)?;
    if length > kind.max_bytes() {
        return Err(kind.too_large());
    }
    let mut lines = BufReader::new(file.take(kind.max_bytes()));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        on_line(line.strip_suffix(b"\n").unwrap_or(&line));
        line.clear();
    }
    Ok(())
}

/// Reads up to `max_bytes` from the start of a regular file, however large it is.
///
/// # Errors
/// The file cannot be read or is not a regular file.
pub fn read_start(path: &Path, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let (file, _) = open(path)?;
    let mut bytes = Vec::new();
    file.take(max_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the deck: a regular file, or a pipe, for whose writer it waits.
///
/// # Errors
/// As for [`read`].
pub fn read_deck(path: &Path) -> Result<Vec<u8>, ReadError> {
    if is_pipe(path) {
        read_limited(File::open(path)?, 0, FileKind::Text)
    } else {
        read(path, FileKind::Text)
    }
}

/// Whether the file is a pipe, which can be read only once and may block.
pub fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo())
}

/// Opens a regular file without blocking; returns it and its length.
fn open(path: &Path) -> Result<(File, u64), ReadError> {
    // Opening a device can have side effects: check first, and check the opened file again.
    regular(fs::metadata(path)?.file_type())?;
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let opened = file.metadata()?;
    regular(opened.file_type())?;
    Ok((file, opened.len()))
}

fn regular(file: FileType) -> Result<(), ReadError> {
    if file.is_file() {
        return Ok(());
    }
    Err(match file {
        file if file.is_dir() => ReadError::Folder,
        file if file.is_fifo() => ReadError::Special("named pipe"),
        file if file.is_socket() => ReadError::Special("socket"),
        _ => ReadError::Special("device"),
    })
}

/// Reads to the end or to the limit: files may grow, and those in `/proc` report no length.
fn read_limited(file: File, length: u64, kind: FileKind) -> Result<Vec<u8>, ReadError> {
    let expected = usize::try_from(length.min(kind.max_bytes())).unwrap_or_default();
    let mut bytes = Vec::with_capacity(expected);
    file.take(kind.max_bytes() + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > kind.max_bytes() {
        return Err(kind.too_large());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
