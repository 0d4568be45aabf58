//! Writes a file in place, which keeps its owner, mode, links and extended attributes. The new text is
//! stored beside it first: a full disk or a crash costs no text.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::project::folder;

/// Replaces the text of a file.
///
/// # Errors
/// The file cannot be written. If it may be damaged, the error names the copy of the new text.
pub(super) fn write(file: &Path, text: &str) -> io::Result<()> {
    let file = file.canonicalize()?;
    let mut target = File::options().write(true).open(&file)?;
    // A folder that cannot be written to is no reason not to save.
    let copy = match copy(&folder(&file), text) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(error),
        copy => copy.ok(),
    };
    let replaced = replace(&mut target, text);
    match (replaced, copy) {
        (Err(error), Some(copy)) => {
            let (_, path) = copy.keep()?;
            Err(io::Error::other(format!("{error}; the new text is in {}", path.display())))
        }
        (replaced, _) => replaced,
    }
}

/// Writes a text to a new file that is removed when it is dropped.
fn copy(folder: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut copy = tempfile::Builder::new().prefix(".livedeck-save-").tempfile_in(folder)?;
    copy.write_all(text.as_bytes())?;
    copy.as_file().sync_data()?;
    Ok(copy)
}

/// Overwrites first and shortens then: a reader never sees an empty file.
fn replace(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn saving_keeps_links_mode_and_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("talk.md"), "a longer text\n").unwrap();
        fs::set_permissions(path("talk.md"), fs::Permissions::from_mode(0o640)).unwrap();
        // Only root may give a file away.
        let _ = std::os::unix::fs::chown(path("talk.md"), Some(12345), Some(12345));
        fs::hard_link(path("talk.md"), path("hard.md")).unwrap();
        symlink("talk.md", path("soft.md")).unwrap();
        let before = fs::metadata(path("talk.md")).unwrap();
        write(&path("soft.md"), "new\n").unwrap();
        for name in ["talk.md", "hard.md", "soft.md"] {
            assert_eq!(fs::read_to_string(path(name)).unwrap(), "new\n", "{name}");
        }
        let after = fs::metadata(path("talk.md")).unwrap();
        let facts = |it: &fs::Metadata| (it.ino(), it.nlink(), it.mode(), it.uid(), it.gid());
        assert_eq!(facts(&after), facts(&before));
        assert!(fs::symlink_metadata(path("soft.md")).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no copy is left");
    }

    #[test]
    fn missing_file_is_not_created() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write(&folder.path().join("talk.md"), "x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
