//! What was recorded, shown on stage where the live run is not to be had: by key, by itself, always.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test runs the program")]

mod stage;

use std::path::PathBuf;
use std::process::Command;

use stage::{Opening, Stage};
use tempfile::TempDir;

/// A block that writes what a file says, and leaves a mark that it ran.
const DECK: &str =
    "Run\n===\n\n```bash +exec\ntouch ran; cat data.txt\n```\n\n<!-- end_slide -->\n\nthe end\n";

/// A deck that was recorded when all was well, and is not any more.
struct Recorded {
    folder: TempDir,
    deck: PathBuf,
}

impl Recorded {
    /// With these options in its front matter.
    fn with(options: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("talk.md");
        std::fs::write(&deck, format!("---\noptions:\n  {options}\n---\n\n{DECK}")).unwrap();
        let data = folder.path().join("data.txt");
        std::fs::write(&data, "all is well\n").unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .args(["record", "talk.md"])
            .current_dir(folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::remove_file(data).unwrap();
        std::fs::remove_file(folder.path().join("ran")).unwrap();
        Self { folder, deck }
    }

    fn open(&self, args: &[&str]) -> Stage {
        let talk = Stage::open(&self.deck, &Opening { args, ..Opening::default() });
        talk.wait_for("Run");
        talk
    }

    fn has_run(&self) -> bool {
        self.folder.path().join("ran").exists()
    }
}

fn leave(talk: Stage) {
    talk.keys("n");
    talk.wait_for("the end");
    talk.keys("q");
    assert!(talk.end().success());
}

#[test]
fn a_key_shows_what_was_recorded_and_brings_the_live_run_back() {
    let recorded = Recorded::with("replay: never");
    let talk = recorded.open(&["-x"]);
    talk.keys("r");
    talk.wait_for("all is well");
    talk.wait_for("[recorded 20");
    assert!(!recorded.has_run());
    talk.keys("r");
    talk.wait_for("[not run");
    talk.keys("ctrl-e");
    talk.wait_for("failed: exit 1");
    talk.keys("r");
    talk.wait_for("all is well");
    talk.keys("r");
    talk.wait_for("[failed: exit 1");
    leave(talk);
}

#[test]
fn what_fails_gives_way_to_what_was_recorded_if_the_deck_says_so() {
    let recorded = Recorded::with("replay: on_failure");
    let talk = recorded.open(&["-x"]);
    talk.keys("ctrl-e");
    talk.wait_for("all is well");
    talk.wait_for("[recorded 20");
    assert!(recorded.has_run());
    leave(talk);
}

#[test]
fn nothing_runs_and_nothing_is_asked_where_only_the_recording_is_shown() {
    let recorded = Recorded::with("replay: always");
    let talk = recorded.open(&[]);
    talk.wait_for("[not run");
    talk.keys("ctrl-e");
    talk.wait_for("all is well");
    assert!(!recorded.has_run());
    leave(talk);
}

#[test]
fn what_was_recorded_of_other_code_says_so_and_a_damaged_recording_is_a_problem() {
    let recorded = Recorded::with("replay: never");
    let text = std::fs::read_to_string(&recorded.deck).unwrap();
    std::fs::write(&recorded.deck, text.replace("touch", "false; touch")).unwrap();
    let talk = recorded.open(&["-x"]);
    talk.keys("r");
    talk.wait_for("[stale, recorded 20");
    let file = recorded.folder.path().join("talk.recording/recording.json");
    std::fs::write(file, "{ nothing").unwrap();
    talk.wait_for("1 problem: D");
    leave(talk);
}

#[test]
fn f163_blocks_with_validate_are_run_at_the_start_and_those_that_fail_are_problems() {
    let deck = "```bash +exec\nexit 1\n```\n\n```bash +validate\necho oh no; exit 3\n```\n\n\
                ```bash +validate +expect:failure\nexit 1\n```\n\n<!-- end_slide -->\n\nthe end\n";
    let args = ["--validate-snippets"];
    let talk = Stage::show_with(deck, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("1 problem: D");
    talk.keys("D");
    talk.wait_for("validation failed: exit 3");
    talk.keys("esc");
    leave(talk);
}

#[test]
fn a_block_without_a_recording_says_what_makes_one() {
    let talk = Stage::show(DECK);
    talk.wait_for("Run");
    talk.keys("r");
    talk.wait_for("`livedeck record` does that");
    leave(talk);
}
