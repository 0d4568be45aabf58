//! What was recorded, shown on stage where the live run is not to be had: by key, by itself, always.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Opening, PtyHarness};
use tempfile::TempDir;

/// A block that writes what a file says, and leaves a mark that it ran.
const DECK: &str =
    "Run\n===\n\n```bash +exec\ntouch ran; cat data.txt\n```\n\n<!-- end_slide -->\n\nthe end\n";

/// A deck that was recorded when all was well, and is not any more.
struct Recorded {
    folder: TempDir,
    deck: PathBuf,
}

/// Records the deck in a folder.
fn record(folder: &Path) {
    let done = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["record", "talk.md"])
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

impl Recorded {
    /// With these options in its front matter.
    fn with(options: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("talk.md");
        std::fs::write(&deck, format!("---\noptions:\n  {options}\n---\n\n{DECK}")).unwrap();
        let data = folder.path().join("data.txt");
        std::fs::write(&data, "all is well\n").unwrap();
        record(folder.path());
        std::fs::remove_file(data).unwrap();
        std::fs::remove_file(folder.path().join("ran")).unwrap();
        Self { folder, deck }
    }

    fn open(&self, args: &[&str]) -> PtyHarness {
        let talk = PtyHarness::open(&self.deck, &Opening { args, ..Opening::default() });
        talk.wait_for("Run");
        talk
    }

    fn has_run(&self) -> bool {
        self.folder.path().join("ran").exists()
    }
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
    talk.leave();
}

/// A block of Python that shows a picture, a table and markdown.
const VALUES: &str = r#"Values
===

```python +exec
class Picture:
    def _repr_png_(self): return open("dots.png", "rb").read()
class Frame:
    def _repr_html_(self): return "<table><tr><th>name<th>legs</tr><tr><td>crab<td>10</tr></table>"
class Note:
    def _repr_markdown_(self): return "- a *note*"
display(Frame(), Picture(), Note())
print("and the end")
```

<!-- end_slide -->

the end
"#;

#[test]
fn pictures_tables_and_markdown_are_drawn_as_the_live_run_drew_them() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("talk.md");
    std::fs::write(&deck, VALUES).unwrap();
    let dots = image::RgbImage::from_fn(40, 40, |x, y| image::Rgb([200, x as u8 * 6, y as u8 * 6]));
    dots.save(folder.path().join("dots.png")).unwrap();
    record(folder.path());
    let opening = Opening { args: &["-x"], size: (80, 60), ..Opening::default() };
    let talk = PtyHarness::open(&deck, &opening);
    talk.wait_for("Values");
    talk.keys("ctrl-e");
    let drawn = |screen: &str| {
        let is_status = |line: &&str| line.contains("[done") || line.contains("[recorded");
        screen.lines().filter(|line| !is_status(line)).collect::<Vec<_>>().join("\n")
    };
    let is_drawn = |screen: &str| screen.contains('▀') && screen.contains("a note");
    talk.wait("all of it", |screen| is_drawn(screen) && screen.contains("[done"));
    let live = drawn(&talk.screen());
    talk.keys("r");
    talk.wait_for("[recorded 20");
    talk.wait("the same again", |screen| drawn(screen) == live);
    talk.keys("r");
    talk.wait_for("[done");
    talk.leave();
}

#[test]
fn what_fails_gives_way_to_what_was_recorded_if_the_deck_says_so() {
    let recorded = Recorded::with("replay: on_failure");
    let talk = recorded.open(&["-x"]);
    talk.keys("ctrl-e");
    talk.wait_for("all is well");
    talk.wait_for("[recorded 20");
    assert!(recorded.has_run());
    talk.leave();
}

#[test]
fn nothing_runs_and_nothing_is_asked_where_only_the_recording_is_shown() {
    let recorded = Recorded::with("replay: always");
    let talk = recorded.open(&[]);
    talk.wait_for("[not run");
    talk.keys("ctrl-e");
    talk.wait_for("all is well");
    assert!(!recorded.has_run());
    talk.leave();
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
    talk.wait_gone("[stale, recorded 20");
    talk.keys("D");
    talk.wait_for("1 problem ");
    talk.keys("esc");
    talk.leave();
}

#[test]
fn f163_blocks_with_validate_are_run_at_the_start_and_those_that_fail_are_problems() {
    let deck = "```bash +exec\nexit 1\n```\n\n```bash +validate\necho oh no; exit 3\n```\n\n\
                ```bash +validate +expect:failure\nexit 1\n```\n\n<!-- end_slide -->\n\nthe end\n";
    let args = ["--validate-snippets"];
    let talk = PtyHarness::show_with(deck, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("1 problem: D");
    talk.keys("D");
    talk.wait_for("validation failed: exit 3");
    talk.keys("esc");
    talk.leave();
}

#[test]
fn a_block_without_a_recording_says_what_makes_one() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("Run");
    talk.keys("r");
    talk.wait_for("`livedeck record` does that");
    talk.leave();
}
