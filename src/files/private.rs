//! Files and folders that no other user may read or change: compiled code, the folders of runs, the
//! trust store. Programs in them are run only if this user wrote them. Also random bytes, for secrets.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Mode of folders and programs.
const PRIVATE_FOLDER: u32 = 0o700;

/// Mode of other files.
const PRIVATE_FILE: u32 = 0o600;

/// Creates a folder and its missing parents. An existing folder is closed to other users.
///
/// # Errors
/// It cannot be created, or it belongs to another user, who controls its content.
pub fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(path)?;
    // If it is a link, both the link and its target must belong to this user.
    let (link, folder) = (fs::symlink_metadata(path)?, fs::metadata(path)?);
    let user = rustix::process::geteuid().as_raw();
    if link.uid() != user || folder.uid() != user {
        let message = format!("`{}` belongs to another user", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    if folder.mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(PRIVATE_FOLDER))?;
    }
    Ok(())
}

/// Whether a file or folder belongs to this user and no one else can write to it.
pub fn is_ours(path: &Path) -> bool {
    let user = rustix::process::geteuid().as_raw();
    fs::metadata(path).is_ok_and(|found| found.uid() == user && found.mode() & 0o022 == 0)
}

/// Whether this user has, or could create, a folder at this path. Creates nothing.
pub fn can_be_ours(path: &Path) -> bool {
    let parent = path.ancestors().find(|parent| fs::symlink_metadata(parent).is_ok());
    let Some(parent) = parent else { return false };
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    let is_usable = parent.is_dir() && rustix::fs::access(parent, access).is_ok();
    is_usable && (parent != path || is_owned(path))
}

fn is_owned(path: &Path) -> bool {
    let user = rustix::process::geteuid().as_raw();
    fs::metadata(path).is_ok_and(|found| found.uid() == user)
}

/// Writes a file that only this user can read.
///
/// # Errors
/// It cannot be written.
pub fn write_private(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(PRIVATE_FILE);
    options.open(path)?.write_all(bytes.as_ref())
}

/// Lets only this user read, write and run a program.
///
/// # Errors
/// Its mode cannot be changed.
pub fn make_private_program(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(PRIVATE_FOLDER))
}

/// Returns random bytes of the operating system, which no one can guess.
///
/// # Errors
/// The operating system has none.
pub fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Returns the permissions of a private folder, for `tempfile`.
pub fn folder_permissions() -> Permissions {
    Permissions::from_mode(PRIVATE_FOLDER)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write and read files")]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn created_folders_are_private() {
        let place = tempfile::tempdir().unwrap();
        let (outer, inner) = (place.path().join("outer"), place.path().join("outer/inner"));
        assert!(can_be_ours(&inner));
        private_folder(&inner).unwrap();
        assert_eq!((mode(&outer), mode(&inner)), (0o700, 0o700));
        assert!(is_ours(&inner) && can_be_ours(&inner));
    }

    #[test]
    fn open_folder_is_closed() {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(!is_ours(place.path()));
        private_folder(place.path()).unwrap();
        assert_eq!(mode(place.path()), 0o700);
        assert!(is_ours(place.path()));
    }

    #[test]
    fn folder_of_another_user_is_refused() {
        // Root creates a folder of another user; other users test with one of root's.
        let place = tempfile::tempdir().unwrap();
        let other = place.path().join("other");
        fs::create_dir(&other).unwrap();
        let is_given = std::os::unix::fs::chown(&other, Some(65534), None).is_ok();
        let other = if is_given { other.as_path() } else { Path::new("/usr") };
        assert!(private_folder(other).is_err());
        assert!(!is_ours(other) && !can_be_ours(other));
        if is_given {
            let link = place.path().join("link");
            std::os::unix::fs::symlink(other, &link).unwrap();
            assert!(private_folder(&link).is_err());
            assert!(!can_be_ours(&link));
        }
    }

    #[test]
    fn file_as_parent_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("home");
        fs::write(&file, "").unwrap();
        assert!(!can_be_ours(&file.join(".cache/livedeck")));
        assert!(private_folder(&file.join(".cache")).is_err());
    }

    #[test]
    fn written_files_are_private() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        write_private(&file, "longer").unwrap();
        write_private(&file, "text").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"text");
        assert_eq!(mode(&file), 0o600);
        make_private_program(&file).unwrap();
        assert_eq!(mode(&file), 0o700);
        assert!(is_ours(&file));
        fs::set_permissions(&file, Permissions::from_mode(0o720)).unwrap();
        assert!(!is_ours(&file));
    }
}
