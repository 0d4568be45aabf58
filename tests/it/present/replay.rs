//! Replay of recorded output: by key, after a failure, or always.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Opening, PtyHarness};
use tempfile::TempDir;

/// A block that prints a file and creates `ran`.
const DECK: &str =
    "Run\n===\n\n```bash +exec\ntouch ran; cat data.txt\n```\n\n<!-- end_slide -->\n\nthe end\n";

/// A deck whose recording succeeded, but whose block now fails.
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
    /// Creates it with options in its front matter.
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
fn key_toggles_recorded_and_live_output() {
    let recorded = Recorded::with("replay: never");
    let talk = recorded.open(&["-x"]);
    talk.keys("r");
    talk.wait_for("all is well");
    talk.wait_for("↺ recorded");
    assert!(!recorded.has_run());
    talk.keys("r");
    talk.wait_for("◌ not run");
    talk.keys("ctrl-e");
    talk.wait_for("✗ exit 1");
    talk.keys("r");
    talk.wait_for("all is well");
    talk.keys("r");
    talk.wait_for("✗ exit 1");
    talk.leave();
}

/// A Python block that shows a picture, a table and markdown.
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
fn recorded_values_are_drawn_like_live_ones() {
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
        let is_status = |line: &&str| line.contains("✓ ") || line.contains("↺ recorded");
        screen.lines().filter(|line| !is_status(line)).collect::<Vec<_>>().join("\n")
    };
    let is_drawn = |screen: &str| screen.contains(['▀', '▌', '▛']) && screen.contains("a note");
    talk.wait("all of it", |screen| is_drawn(screen) && screen.contains("✓ "));
    let live = drawn(&talk.screen());
    talk.keys("r");
    talk.wait_for("↺ recorded");
    talk.wait("the same again", |screen| drawn(screen) == live);
    talk.keys("r");
    talk.wait_for("✓ ");
    talk.leave();
}

#[test]
fn failure_is_replaced_by_the_recording_if_set() {
    let recorded = Recorded::with("replay: on_failure");
    let talk = recorded.open(&["-x"]);
    talk.keys("ctrl-e");
    talk.wait_for("all is well");
    talk.wait_for("↺ recorded");
    assert!(recorded.has_run());
    talk.leave();
}

#[test]
fn replay_only_neither_runs_nor_asks() {
    let recorded = Recorded::with("replay: always");
    let talk = recorded.open(&[]);
    talk.wait_for("◌ not run");
    talk.keys("ctrl-e");
    talk.wait_for("all is well");
    assert!(!recorded.has_run());
    talk.leave();
}

#[test]
fn outdated_and_damaged_recordings_are_reported() {
    let recorded = Recorded::with("replay: never");
    let text = std::fs::read_to_string(&recorded.deck).unwrap();
    std::fs::write(&recorded.deck, text.replace("touch", "false; touch")).unwrap();
    let talk = recorded.open(&["-x"]);
    talk.keys("r");
    talk.wait_for("≠ stale · recorded");
    let file = recorded.folder.path().join("talk.recording/recording.json");
    std::fs::write(file, "{ nothing").unwrap();
    talk.wait_gone("≠ stale · recorded");
    talk.keys("D");
    talk.wait_for("1 problem ");
    talk.keys("esc");
    talk.leave();
}

#[test]
fn f163_validated_blocks_run_at_the_start() {
    let deck = "```bash +exec\nexit 1\n```\n\n```bash +validate\necho oh no; exit 3\n```\n\n\
                ```bash +validate +expect:failure\nexit 1\n```\n\n<!-- end_slide -->\n\nthe end\n";
    let args = ["--validate-snippets"];
    let talk = PtyHarness::show_with(deck, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("1 error · D");
    talk.keys("D");
    talk.wait_for("validation failed: exit 3");
    talk.keys("esc");
    talk.leave();
}

#[test]
fn missing_recording_names_the_command() {
    let talk = PtyHarness::show(DECK);
    talk.wait_for("Run");
    talk.keys("r");
    talk.wait_for("create one with `livedeck record`");
    talk.leave();
}
