//! Paths that a deck, its theme, configuration, recording and the trust store name: anything that is not
//! a regular file is reported, and the presentation continues.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use crate::harness::{Opening, PtyHarness, Terminal};
use rstest::rstest;
use rustix::process::Signal;

/// What names the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Include,
    CodeFile,
    Environment,
    Theme,
    Picture,
    Configuration,
    Recording,
    TrustStore,
}

/// What is at the path instead of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trap {
    Pipe,
    Device,
    Sparse,
    Folder,
    Socket,
    NoPermission,
}

const TRAPS: [Trap; 6] =
    [Trap::Pipe, Trap::Device, Trap::Sparse, Trap::Folder, Trap::Socket, Trap::NoPermission];

impl Trap {
    fn set(self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match self {
            Self::Pipe => pipe(path),
            Self::Device => symlink("/dev/zero", path).unwrap(),
            Self::Sparse => File::create(path).unwrap().set_len(2 << 30).unwrap(),
            Self::Folder => fs::create_dir(path).unwrap(),
            // The socket remains after its listener is dropped.
            Self::Socket => drop(UnixListener::bind(path).unwrap()),
            Self::NoPermission => {
                fs::write(path, "x\n").unwrap();
                fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
            }
        }
    }

    /// Whether the trap works for this user: root can read everything.
    fn is_one(self, path: &Path) -> bool {
        self != Self::NoPermission || File::open(path).is_err()
    }

    /// Returns its message.
    fn message(self, place: Place) -> &'static str {
        match (self, place) {
            (Self::Pipe, _) => "it is a named pipe, not a file",
            (Self::Device, _) => "it is a device, not a file",
            (Self::Sparse, Place::Picture) => "it is larger than 64 MiB, the limit for pictures",
            (Self::Sparse, Place::Recording) => {
                "it is larger than 64 MiB, the limit for recordings"
            }
            (Self::Sparse, _) => "it is larger than 16 MiB",
            (Self::Folder, _) => "it is a folder",
            (Self::Socket, _) => "it is a socket, not a file",
            (Self::NoPermission, _) => "permission denied",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Sparse => "use smaller files",
            Self::NoPermission => "check the permissions of the file and of its folders",
            _ => "only regular files, and links to them, can be read",
        }
    }
}

impl Place {
    /// Returns the deck.
    fn deck(self) -> String {
        let (front, block) = match self {
            Self::Include => ("", "<!-- include: trap -->"),
            Self::CodeFile => ("", "```file\npath: trap\nlanguage: python\n```"),
            Self::Environment => ("", "```bash +exec +env:trap\necho hi\n```"),
            Self::Theme => ("---\ntheme:\n  path: trap\n---\n", ""),
            Self::Picture => ("", "![](trap)"),
            Self::Recording | Self::TrustStore => ("", "```bash +exec\necho hi\n```"),
            Self::Configuration => ("", ""),
        };
        format!("{front}# the first\n\n{block}\n\n<!-- end_slide -->\n\n# the end\n")
    }

    fn file(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::Configuration => "livedeck.yaml",
            Self::Recording => "talk.recording/recording.json",
            Self::TrustStore => "state/livedeck/trusted.json",
            _ => "trap",
        })
    }

    /// Returns the location of the diagnostic.
    fn at(self) -> &'static str {
        match self {
            Self::Include => "talk.md:3:6",
            Self::CodeFile => "talk.md:4:1",
            Self::Environment => "talk.md:3:4",
            Self::Theme => "talk.md:3:9",
            Self::Picture => "talk.md:3:1",
            Self::Configuration => "livedeck.yaml:1:1",
            Self::Recording => "recording.json:1:1",
            Self::TrustStore => "trusted.json:1:1",
        }
    }

    /// Whether the file is watched.
    fn is_watched(self) -> bool {
        !matches!(self, Self::Configuration | Self::TrustStore)
    }
}

fn pipe(path: &Path) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

/// Opens a deck in a folder that also has the trust store.
fn open(folder: &Path, terminal: Terminal) -> PtyHarness {
    let state = folder.join("state");
    let env = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let opening = Opening { args: &[], env: &env, terminal, ..Opening::default() };
    PtyHarness::open(&folder.join("talk.md"), &opening)
}

/// Returns the screen's words in one line.
fn words(screen: &str) -> String {
    let line = |line: &str| line.trim_matches(['│', '┃', '║', '▌', ' ']).to_owned();
    let text = screen.lines().map(line).collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks that the trap is among the problems, and that keys and signals work.
fn assert_reported(talk: PtyHarness, place: Place, trap: Trap) {
    talk.keys("D");
    for expected in [trap.message(place), place.at(), trap.hint()] {
        let expected = words(expected);
        talk.wait(&format!("`{expected}` ({place:?}, {trap:?})"), |screen| {
            words(screen).contains(&expected)
        });
    }
    talk.keys("esc n");
    talk.wait_for("the end");
    talk.signal(Signal::TERM);
    assert_eq!(talk.end().code(), Some(143), "{place:?} {trap:?}");
}

#[rstest]
#[case::an_include(Place::Include)]
#[case::a_code_file(Place::CodeFile)]
#[case::an_env_file(Place::Environment)]
#[case::a_theme(Place::Theme)]
#[case::a_picture(Place::Picture)]
#[case::a_configuration(Place::Configuration)]
#[case::a_recording(Place::Recording)]
#[case::a_trust_store(Place::TrustStore)]
fn trap_is_reported_at_the_start(#[case] place: Place) {
    for trap in TRAPS {
        let folder = tempfile::tempdir().unwrap();
        let file = place.file(folder.path());
        trap.set(&file);
        if trap.is_one(&file) {
            fs::write(folder.path().join("talk.md"), place.deck()).unwrap();
            let talk = open(folder.path(), Terminal::Plain);
            talk.wait_for("the first");
            assert_reported(talk, place, trap);
        }
    }
}

#[rstest]
#[case::an_include(Place::Include)]
#[case::a_code_file(Place::CodeFile)]
#[case::an_env_file(Place::Environment)]
#[case::a_theme(Place::Theme)]
#[case::a_picture(Place::Picture)]
#[case::a_configuration(Place::Configuration)]
#[case::a_recording(Place::Recording)]
#[case::a_trust_store(Place::TrustStore)]
fn a_trap_is_reported_by_a_save(#[case] place: Place) {
    for trap in TRAPS {
        let folder = tempfile::tempdir().unwrap();
        let (deck, file) = (folder.path().join("talk.md"), place.file(folder.path()));
        fs::write(&deck, "# before\n\n<!-- end_slide -->\n\n# the end\n").unwrap();
        let talk = open(folder.path(), Terminal::Plain);
        talk.wait_for("before");
        trap.set(&file);
        if !trap.is_one(&file) {
            continue;
        }
        fs::write(&deck, place.deck()).unwrap();
        talk.wait_for("the first");
        if place.is_watched() {
            assert_reported(talk, place, trap);
            continue;
        }
        talk.keys("n");
        talk.wait_for("the end");
        talk.signal(Signal::TERM);
        assert_eq!(talk.end().code(), Some(143), "{place:?} {trap:?}");
    }
}

#[test]
fn trap_that_becomes_a_file_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (deck, part) = (folder.path().join("talk.md"), folder.path().join("trap"));
    fs::write(&deck, Place::Include.deck()).unwrap();
    Trap::Pipe.set(&part);
    let talk = open(folder.path(), Terminal::Plain);
    talk.wait_for("it is a named pipe");
    fs::remove_file(&part).unwrap();
    fs::write(&part, "a file now\n").unwrap();
    talk.wait_for("a file now");
    talk.quit();
}

#[test]
fn deck_that_becomes_a_pipe_keeps_the_last_version() {
    let folder = tempfile::tempdir().unwrap();
    let (deck, beside) = (folder.path().join("talk.md"), folder.path().join("beside"));
    fs::write(&deck, "# before\n").unwrap();
    let talk = open(folder.path(), Terminal::Plain);
    talk.wait_for("before");
    pipe(&beside);
    fs::rename(&beside, &deck).unwrap();
    talk.wait_for("it is a named pipe");
    assert!(talk.screen().contains("before"));
    fs::write(&beside, "# after\n").unwrap();
    fs::rename(&beside, &deck).unwrap();
    talk.wait_for("after");
    talk.quit();
}

#[rstest]
#[case::by_a_key("q", None, Some(0))]
#[case::by_ctrl_c("ctrl-c", None, Some(0))]
#[case::by_term("", Some(Signal::TERM), Some(143))]
#[case::by_hup("", Some(Signal::HUP), Some(129))]
#[case::by_int("", Some(Signal::INT), Some(130))]
#[case::by_quit("", Some(Signal::QUIT), Some(131))]
fn waiting_for_a_deck_can_be_quit(
    #[case] keys: &str,
    #[case] signal: Option<Signal>,
    #[case] status: Option<i32>,
) {
    let folder = tempfile::tempdir().unwrap();
    pipe(&folder.path().join("talk.md"));
    let talk = open(folder.path(), Terminal::Plain);
    talk.wait_for("talk.md … press q to quit");
    match signal {
        Some(signal) => talk.signal(signal),
        None => talk.keys(keys),
    }
    assert_eq!(talk.end().code(), status);
}

#[test]
fn keys_typed_before_the_deck_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("talk.md");
    pipe(&deck);
    let talk = open(folder.path(), Terminal::Plain);
    talk.wait_for("press q to quit");
    talk.resize(90, 20);
    talk.keys("n");
    fs::write(&deck, "# the first\n\n<!-- end_slide -->\n\n# the second\n").unwrap();
    talk.wait_for("the second");
    talk.wait_gone("press q to quit");
    talk.quit();
}

#[rstest]
#[case::light(Terminal::Light)]
#[case::no_answer(Terminal::Mute)]
fn piped_deck_can_have_themes_by_background(#[case] terminal: Terminal) {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("talk.md");
    pipe(&deck);
    let writer = std::thread::spawn(move || {
        let text = "---\ntheme:\n  light: light\n  dark: dark\n---\n\n# the first\n";
        fs::write(deck, text).unwrap();
    });
    let talk = open(folder.path(), terminal);
    talk.wait_for("the first");
    writer.join().unwrap();
    talk.quit();
}

#[test]
fn recreated_folder_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let parts = folder.path().join("parts");
    let part = parts.join("part.md");
    let write = |text: &str| {
        fs::create_dir_all(&parts).unwrap();
        fs::write(&part, format!("{text}\n")).unwrap();
    };
    fs::write(folder.path().join("talk.md"), "# title\n\n<!-- include: parts/part.md -->\n")
        .unwrap();
    let talk = open(folder.path(), Terminal::Plain);
    talk.wait_for("there is no such file");
    for round in 0..3 {
        write(&format!("new {round}"));
        talk.wait_for(&format!("new {round}"));
        write(&format!("changed {round}"));
        talk.wait_for(&format!("changed {round}"));
        fs::remove_dir_all(&parts).unwrap();
        talk.wait_for("there is no such file");
    }
    // Without delay: the new folder may have the inode of the old one.
    write("kept");
    talk.wait_for("kept");
    fs::remove_dir_all(&parts).unwrap();
    write("at once");
    talk.wait_for("at once");
    write("and again");
    talk.wait_for("and again");
    talk.quit();
}
