//! A trusted deck that another program changed: when opened again, livedeck asks, names the reason, and
//! has not run anything.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Opening, PtyHarness, write_program};
use rstest::rstest;

/// The text of the prompt.
const ASKED: &str = "Run this deck's code?";

/// A folder with a deck and the user's trust store.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(text: &str) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write("talk/talk.md", text);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, text);
    }

    fn replace(&self, name: &str, what: &str, with: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(what), "{text}");
        self.write(name, &text.replace(what, with));
    }

    /// Opens the deck without `-x`.
    fn open(&self, size: (u16, u16)) -> PtyHarness {
        let state = self.path("state");
        let env = [("XDG_STATE_HOME", state.to_str().unwrap()), ("VIRTUAL_ENV", "")];
        let talk = PtyHarness::open(
            &self.path("talk/talk.md"),
            &Opening { args: &[], size, env: &env, ..Opening::default() },
        );
        talk.wait_for("Title");
        talk
    }

    /// Answers `always` to the prompt.
    fn trust(&self) {
        let talk = self.open((100, 30));
        talk.keys("ctrl-e");
        talk.wait_for(ASKED);
        talk.keys("a");
        talk.wait_for("✓ ");
        talk.quit();
    }

    /// Whether the deck's code has run.
    fn has_run(&self) -> bool {
        Path::new(&self.path("talk/ran")).exists()
    }
}

/// Returns a slide with a block.
fn slide(fence: &str, code: &str) -> String {
    format!("Title\n=====\n\n```{fence}\n{code}\n```\n")
}

/// A change of the folder.
type Change = fn(&Desk);

#[rstest]
#[case::starts_by_itself(
    |desk: &Desk| desk.write("talk/talk.md", &slide("bash +exec", "touch ran")),
    |desk: &Desk| desk.replace("talk/talk.md", "+exec", "+auto_exec"),
    "block 1 (slide 1) now runs automatically"
)]
#[case::helper_module(
    |desk: &Desk| {
        desk.write("talk/talk.md", &slide("python +auto_exec", "import helper"));
        desk.write("talk/helper.py", "open('ran', 'w')");
    },
    |desk: &Desk| desk.write("talk/helper.py", "open('ran', 'w'); open('evil', 'w')"),
    "helper.py changed"
)]
#[case::environment(
    |desk: &Desk| desk.write("talk/talk.md", &slide("python +exec", "open('ran', 'w')")),
    |desk: &Desk| desk.program("talk/.venv/bin/python3", "#!/bin/sh\ntouch \"${0%/*}/../../ran\"\n"),
    ".venv was added"
)]
#[case::script(
    |desk: &Desk| {
        desk.write("talk/talk.md", &slide("bash +auto_exec", "./demo.sh"));
        desk.program("talk/demo.sh", "#!/bin/sh\ntouch ran\n");
    },
    |desk: &Desk| desk.program("talk/demo.sh", "#!/bin/sh\ntouch ran evil\n"),
    "demo.sh changed"
)]
#[case::variables(
    |desk: &Desk| {
        desk.write("talk/talk.md", &slide("bash +auto_exec +env:talk.env", "touch ran"));
        desk.write("talk/talk.env", "A=b\n");
    },
    |desk: &Desk| desk.write("talk/talk.env", "A=b\nLD_PRELOAD=./evil.so\n"),
    "variable `LD_PRELOAD` was added"
)]
#[case::included_code(
    |desk: &Desk| {
        desk.write("talk/talk.md", &slide("rust +auto_exec", "mod b;\nb::touch();"));
        desk.write("talk/b.rs", "pub fn touch() { include!(\"parts/c.inc\") }");
        desk.write("talk/parts/c.inc", "std::fs::write(\"ran\", \"\").unwrap()");
    },
    |desk: &Desk| {
        desk.write("talk/parts/c.inc", "std::fs::write(\"ran\", \"evil\").unwrap()");
    },
    "parts/c.inc changed"
)]
#[case::build_script(
    |desk: &Desk| {
        let front = "---\noptions: {rust: {dependencies: {dep: {path: ./dep}}}}\n---\n\n";
        let code = "std::fs::write(\"ran\", dep::TEXT)?;";
        desk.write("talk/talk.md", &(front.to_owned() + &slide("rust +exec", code)));
        let manifest = "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        desk.write("talk/dep/Cargo.toml", manifest);
        desk.write("talk/dep/src/lib.rs", "pub const TEXT: &str = \"x\";");
    },
    |desk: &Desk| {
        let script = "fn main() { std::fs::write(\"../ran\", \"\").unwrap(); }";
        desk.write("talk/dep/build.rs", script);
    },
    "crate ./dep: build.rs was added"
)]
fn changed_deck_asks_before_anything_runs(
    #[case] before: Change,
    #[case] change: Change,
    #[case] named: &str,
) {
    let desk = Desk::new("");
    before(&desk);
    desk.trust();
    assert!(desk.has_run(), "it was allowed");
    fs::remove_file(desk.path("talk/ran")).unwrap();
    change(&desk);
    let talk = desk.open((80, 24));
    talk.keys("ctrl-e");
    talk.wait_for(ASKED);
    talk.wait_for(named);
    assert!(!desk.has_run(), "something ran before the answer");
    talk.keys("n");
    talk.wait_gone(ASKED);
    talk.quit();
    assert!(!desk.has_run(), "something ran after a no");
}

#[test]
fn unchanged_deck_runs_without_a_prompt() {
    let desk = Desk::new(&slide("bash +auto_exec", "touch ran; echo on its own"));
    desk.trust();
    fs::remove_file(desk.path("talk/ran")).unwrap();
    let talk = desk.open((100, 30));
    talk.wait_for("✓ ");
    assert!(desk.has_run());
    talk.quit();
}

#[test]
fn saves_during_the_talk_stay_trusted() {
    let desk = Desk::new(&slide("bash +exec", "echo one"));
    let talk = desk.open((100, 30));
    talk.keys("ctrl-e");
    talk.wait_for(ASKED);
    talk.keys("a");
    talk.wait_for("✓ ");
    desk.replace("talk/talk.md", "one", "two");
    talk.wait_for("echo two");
    talk.keys("i");
    talk.wait_for("ctrl-s");
    talk.keys("x end ctrl-s");
    talk.wait_for("saved to");
    talk.keys("esc");
    talk.wait_gone("ctrl-s");
    talk.quit();
    assert!(fs::read_to_string(desk.path("talk/talk.md")).unwrap().contains("xecho two"));
    let talk = desk.open((100, 30));
    talk.keys("ctrl-e");
    talk.wait_for("✗ exit 127");
    assert!(!talk.screen().contains(ASKED));
    talk.quit();
}

#[test]
fn other_changes_during_the_talk_ask_next_time() {
    let desk = Desk::new(&slide("python +exec", "import helper"));
    desk.write("talk/helper.py", "print('one')");
    let talk = desk.open((100, 30));
    talk.keys("ctrl-e");
    talk.wait_for(ASKED);
    talk.keys("a");
    talk.wait_for("✓ ");
    desk.write("talk/helper.py", "print('two')");
    desk.replace("talk/talk.md", "Title", "Title of mine");
    talk.wait_for("Title of mine");
    talk.quit();
    let talk = desk.open((100, 30));
    talk.keys("ctrl-e");
    talk.wait_for("helper.py changed");
    talk.keys("n");
    talk.quit();
}

#[test]
fn record_of_an_older_version_is_unknown() {
    let desk = Desk::new(&slide("bash +exec", "echo one"));
    let path = desk.path("talk/talk.md").canonicalize().unwrap();
    let store = "state/livedeck/trusted.json";
    desk.write(store, &format!("{{\"/other.md\": \"c0ffee\", {path:?}: \"c0ffee\"}}"));
    desk.trust();
    let known = fs::read_to_string(desk.path(store)).unwrap();
    assert!(known.contains("\"/other.md\":\"c0ffee\""), "{known}");
    let talk = desk.open((100, 30));
    talk.keys("ctrl-e");
    talk.wait_for("✓ ");
    talk.quit();
}

#[test]
fn prompt_fits_a_small_terminal() {
    let desk = Desk::new(&slide("python +exec", "import helper"));
    desk.write("talk/helper.py", "");
    for size in [(80, 24), (60, 20)] {
        let talk = desk.open(size);
        talk.keys("ctrl-e");
        talk.wait_for(ASKED);
        for text in
            ["1 × python", "Python", "in its folder  helper.py", "once: for this talk", "no"]
        {
            talk.wait_for(text);
        }
        talk.keys("n");
        talk.wait_gone(ASKED);
        talk.quit();
    }
}

#[test]
fn configuration_beside_the_deck_cannot_bind_keys() {
    let desk = Desk::new(&slide("bash +exec", "echo one"));
    desk.write("talk/livedeck.yaml", "bindings: {exit: [x]}\noptions: {replay: never}\n");
    desk.open((80, 24)).quit();
}

#[test]
fn relative_path_entry_is_not_the_decks_folder() {
    let desk = Desk::new(&slide("bash +exec", "echo the real one"));
    desk.program("talk/bash", "#!/bin/sh\necho the deck's\n");
    let path = format!(".::{}", std::env::var("PATH").unwrap());
    let env = [("PATH", path.as_str())];
    let opening = Opening { env: &env, ..Opening::default() };
    let talk = PtyHarness::open(&desk.path("talk/talk.md"), &opening);
    talk.wait_for("Title");
    talk.keys("ctrl-e");
    talk.wait_for("✓ ");
    assert!(!talk.screen().contains("the deck's"), "{}", talk.screen());
    talk.quit();
}
