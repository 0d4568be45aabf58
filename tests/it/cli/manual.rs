//! The manual: the commands and decks of the tutorial work, decks on its pages have no problems, links
//! lead somewhere, and `livedeck help` prints its pages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rstest::rstest;
use tempfile::TempDir;

use crate::harness::{Opening, PtyHarness, cache};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// The markdown files of the manual.
fn pages() -> Vec<PathBuf> {
    let files = fs::read_dir(docs()).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

/// Reads a page, by its path from `docs`.
pub(super) fn read(page: &str) -> String {
    fs::read_to_string(docs().join(page)).unwrap()
}

/// A block of a page, and the paragraph before it.
struct PageBlock {
    info: String,
    text: String,
    before: String,
}

/// Returns the fenced blocks of a page.
fn blocks(page: &str) -> Vec<PageBlock> {
    let (mut blocks, mut before) = (Vec::new(), String::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let fence: String = line.chars().take_while(|letter| *letter == '`').collect();
        if fence.len() >= 3 {
            let text = lines.by_ref().take_while(|line| *line != fence);
            let text = text.fold(String::new(), |text, line| text + line + "\n");
            let info = line[fence.len()..].to_owned();
            blocks.push(PageBlock { info, text, before: std::mem::take(&mut before) });
        } else if !line.is_empty() {
            line.clone_into(&mut before);
        }
    }
    blocks
}

/// Runs a line of a shell in a folder, with livedeck on `PATH`.
pub(super) fn shell(folder: &Path, line: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_livedeck")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", path)
        .env("XDG_CONFIG_HOME", folder.join("none"))
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("XDG_CACHE_HOME", cache())
        .env_remove("VIRTUAL_ENV")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns whether a name or a command ends with the name of a deck.
fn is_deck(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|extension| extension == "md")
}

#[track_caller]
pub(super) fn assert_succeeds(folder: &Path, line: &str) -> String {
    let output = shell(folder, line);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{line}\n{out}{err}");
    out
}

/// Presents a deck as a line of a shell would, goes to the end and quits.
fn present(folder: &Path, line: &str) {
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    let (deck, flags) = words.split_last().unwrap();
    let opening = Opening { args: flags, size: (80, 24), ..Opening::default() };
    let talk = PtyHarness::open(&folder.join(deck), &opening);
    talk.wait(&format!("the first slide of {deck}"), |screen| !screen.trim().is_empty());
    talk.keys("space");
    talk.quit();
}

#[test]
fn tutorial_works() {
    let folder = TempDir::new().unwrap();
    let (mut decks, mut commands) = (0, 0);
    for PageBlock { info, text, before } in blocks(&read("TUTORIAL.md")) {
        match info.as_str() {
            "markdown" => {
                let name = before.split('`').find(|part| is_deck(part)).unwrap();
                fs::write(folder.path().join(name), text).unwrap();
                assert_succeeds(folder.path(), &format!("livedeck check {name} --strict --run"));
                decks += 1;
            }
            "sh" => {
                for line in text.lines() {
                    commands += 1;
                    let is_talk =
                        is_deck(line) && !line.contains(" doctor ") && !line.contains(" record ");
                    if is_talk {
                        present(folder.path(), line);
                    } else {
                        assert_succeeds(folder.path(), line);
                    }
                }
            }
            other => panic!("a block `{other}` is not tested"),
        }
    }
    assert!(decks == 3 && commands > 10, "{decks} decks, {commands} commands");
    for file in ["my-talk.md", "python.recording/recording.json", "python.html", "python.pdf"] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
}

#[test]
fn decks_for_migrants_have_no_problems() {
    let folder = TempDir::new().unwrap();
    let mut count = 0;
    for block in blocks(&read("MIGRATING.md")) {
        assert_eq!(block.info, "markdown");
        fs::write(folder.path().join("talk.md"), &block.text).unwrap();
        let report = assert_succeeds(folder.path(), "livedeck check talk.md --strict --size 80x24");
        assert!(report.contains("no problems"), "{report}\n{}", block.text);
        count += 1;
    }
    assert!(count >= 3);
}

/// The anchor of a heading, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(page: &str) -> BTreeSet<String> {
    let outside = page.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    outside.map(anchor).collect()
}

#[test]
fn links_of_the_manual_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in pages().into_iter().chain([root.join("README.md"), root.join("CHANGELOG.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        let prose: String = text.split("\n```").step_by(2).collect();
        let prose: String = prose.split('`').step_by(2).collect();
        for target in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") || target.contains(' ') {
                continue;
            }
            let (file, wanted) = target.split_once('#').unwrap_or((target, ""));
            let linked =
                if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let place = format!("{}: `{target}`", page.display());
            assert!(linked.exists(), "{place} is no file");
            // The book has nothing else.
            let is_in_the_book = !page.starts_with(docs()) || !file.starts_with("..");
            assert!(is_in_the_book, "{place} is outside of the book");
            if !wanted.is_empty() {
                let anchors = anchors(&fs::read_to_string(&linked).unwrap());
                assert!(anchors.contains(wanted), "{place} is no heading");
            }
        }
    }
}

#[test]
fn the_book_has_every_page() {
    let summary = read("SUMMARY.md");
    for page in pages() {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "add {name} to it");
    }
}

#[test]
fn version_is_that_of_the_changelog_and_the_manual() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = read("../CHANGELOG.md");
    let mut newest = changelog.lines().filter_map(|line| line.strip_prefix("## "));
    assert_eq!(newest.find(|heading| *heading != "Unreleased"), Some(version));
    assert!(read("README.md").contains(&format!("livedeck {version}.")), "docs/README.md");
}

#[test]
fn help_lists_topics_and_commands() {
    let folder = TempDir::new().unwrap();
    let list = assert_succeeds(folder.path(), "livedeck help");
    assert!(list.contains("\n  check ") && list.contains("\n  tutorial  "), "{list}");
    let command = assert_succeeds(folder.path(), "livedeck help check");
    assert!(command.contains("--strict"), "{command}");
    let unknown = shell(folder.path(), "livedeck help turorial");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains("did you mean `tutorial`?"),
        "{}",
        text(&unknown.stderr)
    );
}

#[rstest]
#[case("tutorial", "1. The first deck in five minutes", "livedeck hello.md")]
#[case("format", "Front matter", "column_layout: [2, 1]")]
#[case("security", "Not promised", "`livedeck help sandbox`")]
fn help_prints_pages(#[case] topic: &str, #[case] heading: &str, #[case] inside: &str) {
    let folder = TempDir::new().unwrap();
    let page = assert_succeeds(folder.path(), &format!("livedeck help {topic}"));
    assert!(page.contains(&format!("\n{heading}\n──")) && page.contains(inside), "{page}");
    assert!(!page.contains('\x1b') && !page.contains("\n|---"), "{page}");
}
