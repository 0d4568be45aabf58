//! `livedeck doctor`, run: what it says of the machine and of a deck, what it compiles ahead, what it
//! does not start without leave, and its status.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::harness::write_program;

/// A folder with a deck in it.
struct Folder(TempDir);

impl Folder {
    fn new(deck: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("talk.md"), deck).unwrap();
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn doctor(&self, args: &[&str]) -> (i32, String) {
        self.doctor_with(args, &[])
    }

    fn doctor_with(&self, args: &[&str], env: &[(&str, &Path)]) -> (i32, String) {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .arg("doctor")
            .args(args)
            .current_dir(self.path())
            .env("XDG_CONFIG_HOME", self.path().join("none"))
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_CACHE_HOME", cache)
            .env_remove("VIRTUAL_ENV")
            .envs(env.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.is_empty(), "{said}");
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }
}

/// What stands behind the name that a line begins with.
fn row<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}")).trim()
}

const DECK: &str = "```rust +pymodule:doctored\n#[pyfunction]\nfn two() -> u32 {\n    2\n}\n```\n\n\
                    ```python +exec\nimport doctored\n```\n\n```rust +exec\nlet one: u32 = 1;\n```\n";

#[test]
fn without_a_deck_it_says_what_there_is() {
    let (status, text) = Folder::new("").doctor(&[]);
    assert_eq!(status, 0, "{text}");
    assert!(row(&text, "Python").starts_with("3."), "{text}");
    assert!(row(&text, "Rust").starts_with("rustc 1."), "{text}");
    assert!(row(&text, "PyO3").starts_with("0."), "{text}");
    assert!(row(&text, "cache").contains("/livedeck, "), "{text}");
    assert!(!row(&text, "pictures").is_empty());
}

#[test]
fn what_a_deck_needs_and_is_not_here_is_told_with_its_place_and_a_hint() {
    let deck = "# one\n\n```bash +exec\ntrue\n```\n\n```python +exec\n1\n```\n\n```bash +exec\nfalse\n```\n\n\
                ```rust +exec\n```\n";
    let folder = Folder::new(deck);
    let (status, text) = folder.doctor(&["talk.md"]);
    assert_eq!(status, 0, "all of it is here: {text}");
    assert!(text.contains("talk.md: 4 blocks to run: 2 bash, 1 python, 1 rust\n"), "{text}");
    let (status, text) = folder.doctor_with(&["talk.md"], &[("PATH", &folder.path().join("no"))]);
    assert_eq!(status, 1, "{text}");
    assert!(row(&text, "Python").contains("sudo apt install python3"), "{text}");
    assert!(row(&text, "Rust").contains("https://rustup.rs"), "{text}");
    assert!(
        text.contains("talk.md:4:1: `bash` is not installed, or not on `PATH` (and 1 block more)")
    );
    assert!(text.contains("talk.md:8:1: no Python here"), "{text}");
    assert!(text.contains("talk.md:16:1: `rustc` is not installed"), "{text}");
}

#[test]
fn what_a_deck_chooses_is_not_started_before_its_code_may_run() {
    let folder = Folder::new("```python +exec\n1\n```\n");
    let programs = folder.path().join(".venv/bin");
    std::fs::create_dir_all(&programs).unwrap();
    let python = programs.join("python3");
    let trace = folder.path().join("started");
    write_program(&python, &format!("#!/bin/sh\ntouch {}\n", trace.display()));
    let (status, text) = folder.doctor(&["talk.md"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("its code is not allowed to run yet"), "{text}");
    assert!(!trace.exists(), "{text}");
    let (_, text) = folder.doctor(&["-x", "talk.md"]);
    assert!(!text.contains("its code is not allowed to run yet"), "{text}");
    assert!(trace.exists(), "{text}");
}

#[test]
fn all_that_takes_long_is_done_ahead() {
    let folder = Folder::new(DECK);
    let (status, text) = folder.doctor(&["--prepare", "talk.md"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("talk.md:2:1: module `doctored` · ready · "), "{text}");
    assert!(text.contains("talk.md:13:1: rust · ready · "), "{text}");
    let (_, text) = folder.doctor(&[]);
    assert!(row(&text, "PyO3").contains(", built: "), "{text}");
}

#[test]
fn what_does_not_compile_is_told_by_the_deck_s_lines() {
    let deck =
        DECK.replace("    2\n", "    \"two\"\n") + "\n```rust +exec +expect:failure\nno\n```\n";
    let (status, text) = Folder::new(&deck).doctor(&["--prepare", "talk.md"]);
    assert_eq!(status, 1, "{text}");
    assert!(
        text.contains("talk.md:2:1: module `doctored` · does not compile\n    error["),
        "{text}"
    );
    assert!(text.contains("--> talk.md:4:5\n"), "{text}");
    assert!(
        text.contains("talk.md:13:1: rust · ready · "),
        "what is behind it is compiled: {text}"
    );
    assert!(text.contains("talk.md:17:1: rust · does not compile, as expected · "), "{text}");
}
