//! Writing a finished document.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::cli::quoted;
use crate::source::ReadError;

/// Where a document goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// Standard output.
    StandardOutput,
    /// A file.
    File(PathBuf),
}

impl Destination {
    /// The file that was named, where `-` is standard output.
    pub(super) fn named(output: &Path) -> Self {
        if output == Path::new("-") { Self::StandardOutput } else { Self::File(output.to_owned()) }
    }

    /// Whether it is standard output, a pipe or a device.
    pub(super) fn is_stream(&self) -> bool {
        match self {
            Self::StandardOutput => true,
            Self::File(file) => std::fs::metadata(file).is_ok_and(|it| !it.is_file()),
        }
    }

    /// Checks that a file can be there, before anything runs.
    ///
    /// # Errors
    /// It is a folder or a read-only file, or in no folder.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Self::File(file) = self else { return Ok(()) };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        ensure!(!file.is_dir(), "{} is a folder\nhint: name a file in it", quoted(file));
        ensure!(
            !is_read_only(file),
            "{} is read-only\nhint: choose another file with `-o`",
            quoted(file)
        );
        if let Some(folder) = folder {
            ensure!(
                folder.is_dir(),
                "there is no folder {}\nhint: create it first",
                quoted(folder)
            );
        }
        Ok(())
    }

    /// Writes a document. A file is replaced at once when all of it is written.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, document: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::StandardOutput => {
                let mut out = std::io::stdout().lock();
                match out.write_all(document).and_then(|()| out.flush()) {
                    // A reader that has seen enough is not an error.
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                    written => written.map_err(ReadError::from).context("standard output"),
                }
            }
            Self::File(file) => {
                // The path of the temporary file is not a part of the message.
                replace(file, document).map_err(ReadError::from).with_context(|| quoted(file))
            }
        }
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StandardOutput => f.write_str("standard output"),
            Self::File(file) => f.write_str(&quoted(file)),
        }
    }
}

/// Creates a folder, if there is none, and uses it for all temporary files of this process.
///
/// # Errors
/// It cannot be created.
pub(in crate::cli) fn use_temporary_folder(folder: &Path) -> anyhow::Result<()> {
    let create = || {
        std::fs::create_dir_all(folder)?;
        folder.canonicalize()
    };
    let folder = create().with_context(|| quoted(folder))?;
    // Only the first call counts, and there is one.
    let _ = tempfile::env::override_temp_dir(&folder);
    Ok(())
}

fn replace(file: &Path, document: &[u8]) -> std::io::Result<()> {
    if Destination::File(file.to_owned()).is_stream() {
        // A pipe or a device, such as /dev/null, is written to.
        return std::fs::write(file, document);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut temporary = tempfile::Builder::new()
        .prefix(".livedeck-export-")
        .permissions(permissions(file))
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    temporary.write_all(document)?;
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Whether a file exists that its owner protects from changes, or whose owner is another one who does.
fn is_read_only(file: &Path) -> bool {
    let Ok(metadata) = std::fs::metadata(file) else { return false };
    let is_denied = || rustix::fs::access(file, rustix::fs::Access::WRITE_OK).is_err();
    metadata.is_file() && (metadata.permissions().readonly() || is_denied())
}

/// Those of the file that is replaced, else those of a new one.
fn permissions(file: &Path) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    let existing = std::fs::metadata(file).map(|it| it.permissions());
    existing.unwrap_or_else(|_| std::fs::Permissions::from_mode(0o666))
}
