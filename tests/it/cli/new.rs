//! `livedeck new`: its templates have no problems, and it overwrites nothing.

use std::path::Path;
use std::process::{Command, Output};

use rstest::rstest;
use tempfile::TempDir;

use crate::harness::{Opening, PtyHarness, cache};

fn livedeck(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_livedeck"))
        .args(args)
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder.join("none"))
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("XDG_CACHE_HOME", cache())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[rstest]
fn templates_have_no_problems(#[values("talk", "workshop", "lightning", "pyo3")] template: &str) {
    let folder = TempDir::new().unwrap();
    let args = ["new", "my-talk", "--template", template, "--author", "Ann: \"A\""];
    let created = livedeck(folder.path(), &args);
    assert!(created.status.success(), "{}", text(&created.stderr));
    assert!(text(&created.stdout).contains("livedeck my-talk.md"), "{}", text(&created.stdout));
    let args = ["check", "my-talk.md", "--strict", "--run", "--size", "80x24", "--size", "120x40"];
    let checked = livedeck(folder.path(), &args);
    let report = text(&checked.stdout);
    assert!(checked.status.success() && report.contains("no problems"), "{report}");
    let listed = text(&livedeck(folder.path(), &["new", "--list"]).stdout);
    assert!(listed.lines().any(|line| line.starts_with(&format!("{template} "))), "{listed}");
}

#[test]
fn new_deck_can_be_presented() {
    let folder = TempDir::new().unwrap();
    livedeck(folder.path(), &["new", "first_talk", "--author", "Ann"]);
    let talk = PtyHarness::open(
        &folder.path().join("first_talk.md"),
        &Opening { size: (80, 24), ..Opening::default() },
    );
    talk.wait_for("Ann");
    talk.keys("space");
    talk.wait_for("one idea for each slide");
    talk.quit();
}

#[test]
fn existing_files_are_not_overwritten() {
    let folder = TempDir::new().unwrap();
    let deck = folder.path().join("talk.md");
    std::fs::write(&deck, "mine").unwrap();
    let refused = livedeck(folder.path(), &["new"]);
    assert_eq!(refused.status.code(), Some(1));
    let error = text(&refused.stderr);
    assert!(error.starts_with("error: `talk.md` exists already\nhint: "), "{error}");
    assert_eq!(std::fs::read_to_string(&deck).unwrap(), "mine");
    let gone = folder.path().join("gone.md");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &gone).unwrap();
    assert_eq!(livedeck(folder.path(), &["new", "gone"]).status.code(), Some(1));
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn folders_are_created() {
    let folder = TempDir::new().unwrap();
    let created = livedeck(folder.path(), &["new", "pycon/it's", "--template", "lightning"]);
    assert!(text(&created.stdout).contains(r"livedeck 'pycon/it'\''s.md'"));
    assert!(folder.path().join("pycon/it's.md").is_file());
}
