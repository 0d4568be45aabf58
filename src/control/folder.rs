//! The folder of the sockets, and the name of each: `talk-0123abcd-4567.sock`, the deck's name, a hash
//! of its path, and the process of the talk.

#![expect(
    clippy::disallowed_methods,
    reason = "the user's runtime directory is in the environment"
)]

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, test_kill_process};

use super::error::ControlError;
use super::running_talk::RunningTalk;
use crate::source::visible_line;

/// Maximum characters of a deck's name in the name of its socket, whose path is limited to about a
/// hundred bytes.
const MAX_NAME_CHARS: usize = 24;

/// The low bits of a mode that give rights to others.
const PRIVATE_ZEROS: u32 = 6;

/// The number of digits of the hash of a deck's path.
const HASH_DIGITS: usize = 8;

/// Which talk is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TalkChoice<'a> {
    /// The only one.
    Only,
    /// The one of this deck.
    Deck(&'a Path),
    /// The one of this process.
    Process(u32),
}

/// Returns the path of the socket of a talk about to begin. Creates its folder, and removes the sockets
/// of talks that were killed.
pub(super) fn new_socket(deck: &Path) -> io::Result<PathBuf> {
    let folder = folder();
    create(&folder)?;
    for talk in listed() {
        is_dead(&talk);
    }
    let stem = deck.file_stem().unwrap_or_default().to_string_lossy();
    let safe = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = stem.chars().map(safe).take(MAX_NAME_CHARS).collect();
    Ok(folder.join(format!("{name}-{}-{}.sock", hash_of(deck), std::process::id())))
}

/// Returns the talks of this user that are running, by process. Removes the sockets of others.
pub fn find_talks() -> Vec<RunningTalk> {
    let mut running: Vec<_> = listed().filter(|talk| !is_dead(talk)).collect();
    running.sort_by_key(|talk| talk.pid);
    running
}

/// Returns the talks that have a socket.
fn listed() -> impl Iterator<Item = RunningTalk> {
    let folder = Some(folder()).filter(|folder| check(folder).is_ok());
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    entries.into_iter().flatten().flatten().filter_map(|entry| RunningTalk::of(entry.path()))
}

/// Returns the talk that is meant.
///
/// # Errors
/// There is none, or there are several.
pub fn choose_talk(choice: TalkChoice<'_>) -> Result<RunningTalk, ControlError> {
    let mut talks = find_talks();
    match choice {
        TalkChoice::Only => {}
        TalkChoice::Deck(deck) => {
            let hash = hash_of(deck);
            talks.retain(|talk| talk.hash == hash);
        }
        TalkChoice::Process(pid) => talks.retain(|talk| talk.pid == pid),
    }
    match talks.len() {
        0 => Err(ControlError::NoTalk(match choice {
            TalkChoice::Only => "no talk is running".to_owned(),
            TalkChoice::Deck(deck) => {
                format!("no talk of `{}` is running", visible_line(&deck.to_string_lossy()))
            }
            TalkChoice::Process(pid) => format!("no talk has the process id {pid}"),
        })),
        1 => Ok(talks.remove(0)),
        _ => Err(ControlError::SeveralTalks(talks)),
    }
}

/// Returns whether a talk has ended without removing its socket, and removes it. A talk that runs is not
/// disturbed.
fn is_dead(talk: &RunningTalk) -> bool {
    let pid = i32::try_from(talk.pid).ok().and_then(Pid::from_raw);
    if pid.is_some_and(|pid| test_kill_process(pid).is_ok()) {
        return false;
    }
    // A process that this one cannot see may listen: it may be in another container.
    match UnixStream::connect(&talk.socket) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            let _ = std::fs::remove_file(&talk.socket);
            true
        }
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(_) => false,
    }
}

/// Returns a hash of the real path of a deck.
fn hash_of(deck: &Path) -> String {
    let path = std::fs::canonicalize(deck).unwrap_or_else(|_| deck.to_owned());
    let hash = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    hash[..HASH_DIGITS].to_owned()
}

/// Returns the folder of the sockets: in the user's runtime directory, or else among the temporary files.
fn folder() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    if let Some(directory) = runtime.filter(|directory| directory.is_absolute()) {
        return directory.join("livedeck");
    }
    let user = rustix::process::getuid().as_raw();
    std::env::temp_dir().join(format!("livedeck-{user}"))
}

/// Creates the folder for this user only.
fn create(folder: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => check(folder),
    }
}

/// Fails unless the folder belongs to this user and to no one else: others could have created it.
fn check(folder: &Path) -> io::Result<()> {
    let found = std::fs::symlink_metadata(folder)?;
    let is_ours = found.is_dir()
        && found.uid() == rustix::process::getuid().as_raw()
        && found.permissions().mode().trailing_zeros() >= PRIVATE_ZEROS;
    let wrong = || io::Error::other(format!("`{}` is open to other users", folder.display()));
    if is_ours { Ok(()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_of_others_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("livedeck");
        create(&folder).unwrap();
        create(&folder).unwrap();
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(create(&folder).is_err(), "others may enter");
        let link = parent.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(create(&link).is_err(), "a link may lead anywhere");
    }

    #[test]
    fn socket_of_a_killed_talk_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("talk-0123abcd-2147483646.sock");
        let talk = RunningTalk::of(socket.clone()).unwrap();
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(!is_dead(&talk), "a process of another container");
        drop(listener);
        assert!(is_dead(&talk) && !socket.exists());
    }
}
