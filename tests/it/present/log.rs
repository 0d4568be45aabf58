//! The log of a talk, and the handout made of it.

use std::path::Path;
use std::process::Command;

use crate::harness::{Opening, PtyHarness};

const DECK: &str = "---
options: {implicit_slide_ends: true}
---

One
===

```bash +exec
cat data.txt
```

```bash +exec +mask:\"sk-\\w+\"
printf 'key sk-%s\n' 12345
```

Two
===

```bash +exec
echo never run
```

<!-- end_slide -->

the end
";

/// Exports the deck with the log, as text.
fn handout(folder: &Path, log: &str) -> Result<String, String> {
    let done = Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(["export", "talk.md", "--to", "text", "--from", log])
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
}

/// Presents the deck with a log; `act` types keys. Returns the folder and the log.
fn logged(log: &str, act: impl FnOnce(&PtyHarness, &Path)) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("talk.md");
    std::fs::write(&deck, DECK).unwrap();
    std::fs::write(folder.path().join("data.txt"), "first answer\n").unwrap();
    let file = folder.path().join(log);
    let args = ["-x", "--log", file.to_str().unwrap()];
    let talk = PtyHarness::open(&deck, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("One");
    act(&talk, folder.path());
    talk.quit();
    let text = std::fs::read_to_string(file).unwrap();
    (folder, text)
}

#[test]
fn handout_shows_what_was_said() {
    let (folder, log) = logged("talk.cast", |talk, folder| {
        talk.keys("ctrl-e");
        talk.wait_for("first answer");
        talk.wait_for("sk-12345");
        let both_are_done = |screen: &str| screen.matches('✓').count() == 2;
        talk.wait("both are done", both_are_done);
        std::fs::write(folder.join("data.txt"), "second answer\n").unwrap();
        talk.keys("ctrl-e");
        talk.wait_for("second answer");
        talk.wait("both are done", both_are_done);
        talk.keys("n");
        talk.wait_for("Two");
    });
    assert!(!log.contains("sk-12345"), "{log}");
    let kinds = |kind: &str| {
        let event = |line: &&str| serde_json::from_str::<(f64, String, String)>(line).unwrap();
        log.lines().skip(1).map(|line| event(&line)).filter(|event| event.1 == kind).count()
    };
    assert_eq!((kinds("m"), kinds("L")), (2, 4), "{log}");
    let mut screen = vt100::Parser::new(30.try_into().unwrap(), 100.try_into().unwrap(), 0);
    for line in log.lines().skip(1) {
        let (_, kind, text): (f64, String, String) = serde_json::from_str(line).unwrap();
        if kind == "o" {
            screen.process(text.as_bytes());
        }
    }
    assert!(screen.screen().contents().contains("never run"), "the last frame is the second slide");
    std::fs::remove_file(folder.path().join("data.txt")).unwrap();
    let text = handout(folder.path(), "talk.cast").unwrap();
    assert!(text.contains("second answer") && !text.contains("first answer"), "{text}");
    assert!(text.contains("key <masked>") && !text.contains("sk-12345"), "{text}");
    assert_eq!(text.matches("never run").count(), 1, "only the code: {text}");
}

#[test]
fn full_disk_does_not_stop_the_talk() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("talk.md");
    std::fs::write(&deck, DECK).unwrap();
    let args = ["-x", "--log", "/dev/full"];
    let talk = PtyHarness::open(&deck, &Opening { args: &args, ..Opening::default() });
    talk.wait_for("the log `/dev/full` ends here");
    talk.keys("n");
    talk.wait_for("Two");
    talk.leave();
}

#[test]
fn log_that_cannot_be_used_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("talk.md"), DECK).unwrap();
    std::fs::write(folder.path().join("text.cast"), "no log\n").unwrap();
    std::fs::write(folder.path().join("empty.cast"), "{\"version\":2}\n").unwrap();
    std::fs::write(folder.path().join("bad.cast"), "{\"version\":2}\n[1, \"L\", \"{}\"]\n")
        .unwrap();
    for (log, why) in [
        ("none.cast", "the log cannot be read"),
        ("text.cast", "it is not a terminal recording"),
        ("empty.cast", "it has no runs"),
        ("bad.cast", "line 2: invalid run"),
        ("words", "expected `run`, `recording`, `none`"),
    ] {
        let error = handout(folder.path(), log).unwrap_err();
        assert!(error.contains(why), "{log}: {error}");
    }
}
