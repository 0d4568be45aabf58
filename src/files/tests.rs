//! Reads and refusals of real files.

#![allow(clippy::disallowed_methods, reason = "tests write and open files")]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use super::*;

fn sparse(path: &Path, length: u64) {
    File::create(path).unwrap().set_len(length).unwrap();
}

fn pipe(path: &Path) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

fn refused(path: &Path, kind: FileKind) -> String {
    read(path, kind).unwrap_err().to_string()
}

#[test]
fn regular_files_and_links_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "text").unwrap();
    symlink(&file, &link).unwrap();
    assert_eq!(read(&file, FileKind::Text).unwrap(), b"text");
    assert_eq!(read_text(&link, FileKind::Text).unwrap(), "text");
    assert_eq!(read_start(&link, 2).unwrap(), b"te");
}

#[test]
fn other_files_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    pipe(&place("pipe"));
    let _listener = UnixListener::bind(place("socket")).unwrap();
    symlink("/dev/zero", place("zero")).unwrap();
    symlink("loop", place("loop")).unwrap();
    let why = |name| refused(&place(name), FileKind::Text);
    assert_eq!(why("pipe"), "it is a named pipe, not a file");
    assert_eq!(why("socket"), "it is a socket, not a file");
    assert_eq!(why("zero"), "it is a device, not a file");
    assert_eq!(why(""), "it is a folder");
    assert_eq!(why("missing"), "there is no such file");
    assert!(read(&place("loop"), FileKind::Text).is_err());
    assert!(read_start(&place("pipe"), 1).is_err());
}

#[test]
fn file_without_permission_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    // Root can read it anyway.
    if File::open(&file).is_err() {
        assert_eq!(refused(&file, FileKind::Text), "it may not be read");
    }
}

#[test]
fn size_limits_hold() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    for (kind, why) in [
        (FileKind::Text, "it is larger than 16 MiB, the limit for texts"),
        (FileKind::Picture, "it is larger than 64 MiB, the limit for pictures"),
        (FileKind::Program, "it is larger than 64 MiB, the limit for programs"),
        (FileKind::Recording, "it is larger than 64 MiB, the limit for recordings"),
    ] {
        sparse(&file, 2 << 30);
        assert_eq!(refused(&file, kind), why);
        sparse(&file, kind.max_bytes() + 1);
        assert_eq!(refused(&file, kind), why);
    }
    sparse(&file, FileKind::Text.max_bytes());
    assert_eq!(read(&file, FileKind::Text).unwrap().len() as u64, FileKind::Text.max_bytes());
    assert_eq!(read_start(&file, 3).unwrap(), [0; 3]);
}

#[test]
fn size_limit_holds_if_the_length_is_wrong() {
    // As for a file that grows while it is read, or that reports no length.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    sparse(&path, FileKind::Text.max_bytes() + 1);
    let read = read_limited(File::open(&path).unwrap(), 0, FileKind::Text);
    assert_eq!(read, Err(FileKind::Text.too_large()));
}

#[test]
#[cfg(target_os = "linux")]
fn files_without_a_length_are_read() {
    let text = read_text(Path::new("/proc/self/status"), FileKind::Text).unwrap();
    assert!(text.starts_with("Name:"), "{text}");
}

#[test]
fn text_must_be_utf8() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"\xff").unwrap();
    assert_eq!(read_text(&file, FileKind::Text), Err(ReadError::NotText));
}

#[test]
fn deck_can_come_from_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    pipe(&path);
    assert!(is_pipe(&path));
    let writer = std::thread::spawn({
        let path = path.clone();
        move || fs::write(path, "# A deck\n").unwrap()
    });
    assert_eq!(read_deck(&path).unwrap(), b"# A deck\n");
    writer.join().unwrap();
}

#[test]
fn deck_from_a_pipe_has_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    pipe(&path);
    let writer = std::thread::spawn({
        let path = path.clone();
        // Fails when the reader closes the pipe.
        move || fs::write(path, vec![b'x'; 17 << 20]).is_err()
    });
    assert_eq!(read_deck(&path), Err(FileKind::Text.too_large()));
    assert!(writer.join().unwrap());
}
