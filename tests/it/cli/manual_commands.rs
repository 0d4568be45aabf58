//! Every `livedeck` command, every deck and every configuration on the pages of the manual works.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use tempfile::TempDir;

use super::manual::{assert_succeeds, read, shell};
use crate::harness::{Opening, PtyHarness};

/// The pages for users. The tutorial's decks build on each other, and those of the format are described
/// one by one: they have tests of their own.
const PAGES: [&str; 24] = [
    "../README.md",
    "COMPATIBILITY.md",
    "CONFIG.md",
    "CONTROL.md",
    "EDITORS.md",
    "EXECUTION.md",
    "EXPORT.md",
    "FAQ.md",
    "FORMAT.md",
    "INSTALL.md",
    "KERNELS.md",
    "MIGRATING.md",
    "NOTEBOOKS.md",
    "PYO3.md",
    "README.md",
    "REMOTE.md",
    "SANDBOX.md",
    "SECURITY.md",
    "SERVE.md",
    "STAGE.md",
    "THEMES.md",
    "TROUBLESHOOTING.md",
    "TUTORIAL.md",
    "presenterm-format.md",
];

/// Commands that are not run here, and why.
const NOT_RUN: [(&str, &str); 5] = [
    ("livedeck <(generate)", "`generate` stands for any program"),
    ("livedeck talk.md --serve", "`present::serve` serves talks"),
    ("livedeck talk.md --serve 0.0.0.0", "tests open no port to other machines"),
    ("livedeck talk.md --serve 192.168.1.7:8000", "the address of a machine"),
    ("livedeck remote link", "`present::serve` asks a served talk"),
];

/// Words that stand for others, and what they stand for here.
const PLACEHOLDERS: [(&str, &str); 6] = [
    ("DECK", "talk.md"),
    ("TOPIC", "tutorial"),
    ("NAME", "theme"),
    ("hello.md", "talk.md"),
    ("deck.md", "talk.md"),
    ("my-talk.md", "talk.md"),
];

/// Returns a deck of twelve slides, with the tags and the code that commands of the manual name.
fn deck() -> String {
    let tags = "<!-- // tags: [deep] -->\n\nDeep\n\n<!-- end_slide -->\n\n\
                <!-- // tags: [workshop] -->\n\nWorkshop\n\n<!-- end_slide -->\n\n";
    let code = "```python +exec\nprint(6 * 7)\n```\n\n<!-- end_slide -->\n\n";
    let rest: Vec<_> = (4..12).map(|n| format!("slide {n}\n\n<!-- end_slide -->\n\n")).collect();
    let rest = rest.concat();
    format!("{code}{tags}{rest}the end\n")
}

const NOTEBOOK: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["# Lesson"]},
  {"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": ["6 * 7"]}
 ],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5
}
"##;

/// A folder with the files that commands of the manual name, and a home folder.
fn workplace() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for name in ["talk.md", "python.md", "rust.md"] {
        write(name, &deck());
    }
    // Small pages are drawn fast.
    write("livedeck.yaml", "export:\n  dimensions:\n    columns: 20\n    rows: 8\n");
    write("lesson.ipynb", NOTEBOOK);
    for shell in [".zfunc", ".local/share/bash-completion/completions", ".config/fish/completions"]
    {
        write(&format!("home/{shell}/none"), "");
    }
    write("home/.local/share/man/man1/none", "");
    write("home/.config/livedeck/themes/none.yaml", "extends: dark\n");
    // What `livedeck config --import` reads.
    write("none/presenterm/config.yaml", "defaults:\n  theme: dark\n");
    folder
}

/// Code on a page: the language of its fence, or none if it is indented or in text.
struct PageCode {
    language: Option<String>,
    text: String,
}

/// Returns the code on a page.
fn code(page: &str) -> Vec<PageCode> {
    let mut found = Vec::new();
    let mut is_block = false;
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Code(text) => found.push(PageCode { language: None, text: text.into_string() }),
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => Some(language.into_string()),
                    CodeBlockKind::Indented => None,
                };
                found.push(PageCode { language, text: String::new() });
                is_block = true;
            }
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Text(text) if is_block => found.last_mut().unwrap().text += &text,
            _ => {}
        }
    }
    found
}

/// Returns the commands on a page, in its order.
fn commands(page: &str) -> Vec<String> {
    let is_shell = |code: &PageCode| matches!(code.language.as_deref(), None | Some("sh" | "yaml"));
    let is_command = |line: &String| line.starts_with("livedeck ");
    let command = |line: &str| {
        // What starts a step of a workflow, and a comment of a shell.
        let line = line.trim_start().trim_start_matches("- run: ");
        line.split(" #").next().unwrap_or_default().trim_end().to_owned()
    };
    let blocks = code(page).into_iter().filter(is_shell);
    blocks
        .flat_map(|code| code.text.lines().map(command).collect::<Vec<_>>())
        .filter(is_command)
        .collect()
}

/// What a command does, as far as it decides how to try it.
enum Kind {
    /// It presents a deck, or another page with keys, until `q`.
    Stays,
    /// It drives a talk.
    Drives,
    /// It prints, or writes files.
    Ends,
    /// It is the name of a command without its arguments.
    Name(String),
}

fn kind(command: &str) -> Kind {
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let is_name = |word: &str| word.chars().all(|letter| letter.is_ascii_lowercase());
    match words[..] {
        ["console" | "rehearse", _, ..] | ["console"] => Kind::Stays,
        ["remote", _, ..] => Kind::Drives,
        [name] if is_name(name) && name != "help" => Kind::Name(name.to_owned()),
        ["check", "--run"] => Kind::Name("check".to_owned()),
        [first, ..] if is_name(first) || matches!(first, "-e" | "-E" | "--export-pdf") => {
            Kind::Ends
        }
        _ => Kind::Stays,
    }
}

/// Presents as a command says, and quits.
fn present(folder: &Path, command: &str, talk: &PtyHarness) {
    let absolute = |word: &str| {
        let is_file = [".md", ".cast", ".ipynb"].iter().any(|ending| word.ends_with(ending));
        if is_file { folder.join(word).display().to_string() } else { word.to_owned() }
    };
    let args: Vec<String> = command.split(' ').skip(1).map(absolute).collect();
    let is_console = args[0] == "console";
    let args: Vec<&str> =
        if is_console { vec!["console"] } else { args.iter().map(|arg| &**arg).collect() };
    // A console follows the talk that runs; a talk of its own gets another folder for its socket.
    let runtime = if is_console { talk.runtime() } else { folder.join("run") };
    let env = [("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    let opening = Opening { args: &args, env: &env, ..Opening::default() };
    let screen = PtyHarness::alone(&opening);
    screen.wait(&format!("something, by {command}"), |screen| !screen.trim().is_empty());
    if command.contains("--log") {
        // A handout needs a run.
        screen.keys("ctrl-e");
        screen.wait_for("Run this deck's code?");
        screen.keys("o");
        screen.wait_for("42");
    }
    screen.quit();
}

/// Whether this machine can do what a command asks for.
fn is_possible(command: &str) -> bool {
    !command.contains("--sandbox") || livedeck::exec::sandbox_support().is_ok()
}

#[test]
fn commands_of_the_manual_work() {
    let folder = workplace();
    fs::create_dir(folder.path().join("run")).unwrap();
    let talk = PtyHarness::show(&deck());
    talk.wait_for("print(6 * 7)");
    let mut tried = BTreeSet::new();
    for page in PAGES {
        for command in commands(&read(page)) {
            let command = PLACEHOLDERS.iter().fold(command, |command, (word, value)| {
                command
                    .split(' ')
                    .map(|it| if it == *word { value } else { it })
                    .collect::<Vec<_>>()
                    .join(" ")
            });
            if NOT_RUN.iter().any(|(it, _)| *it == command) || !is_possible(&command) {
                continue;
            }
            if !tried.insert(command.clone()) {
                continue;
            }
            println!("{page}: {command}");
            match kind(&command) {
                Kind::Stays => present(folder.path(), &command, &talk),
                Kind::Drives => {
                    let action = command.split(" | ").next().unwrap();
                    let action = action.strip_prefix("livedeck remote ").unwrap();
                    talk.remote(action)
                        .unwrap_or_else(|error| panic!("{page}: {command}: {error}"));
                }
                Kind::Name(name) => {
                    assert_succeeds(folder.path(), &format!("livedeck help {name}"));
                }
                Kind::Ends => {
                    let command = command.replace("~/", "home/");
                    assert_succeeds(folder.path(), &command);
                }
            }
        }
    }
    talk.quit();
    // Fewer would mean that commands are not found any more.
    assert!(tried.len() > 50, "{} commands", tried.len());
    for file in
        ["talk.pdf", "talk.html", "slide-01.png", "talk.gif", "slide.svg", "lesson.md", "talk.cast"]
    {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
}

#[test]
fn wrong_commands_are_found() {
    let page = "Run `livedeck chekc DECK`:\n\n    livedeck remote nxt  # drives\n\n```sh\nlivedeck -q talk.md\n```\n";
    let found = commands(page);
    assert_eq!(found, ["livedeck chekc DECK", "livedeck remote nxt", "livedeck -q talk.md"]);
    let folder = workplace();
    for command in found {
        assert!(!shell(folder.path(), &command).status.success(), "{command}");
    }
}

/// Returns the blocks of the pages in this language, each with a place for messages.
fn all_blocks(language: &str) -> Vec<(String, String)> {
    let of_page = |page: &str| {
        let found =
            code(&read(page)).into_iter().filter(|code| code.language.as_deref() == Some(language));
        found.map(|code| (format!("{page}:\n{}", code.text), code.text)).collect::<Vec<_>>()
    };
    PAGES.iter().flat_map(|page| of_page(page)).collect()
}

#[test]
fn decks_of_the_manual_have_no_problems_and_run() {
    let folder = workplace();
    image::RgbImage::new(60, 40).save(folder.path().join("crab.png")).unwrap();
    fs::write(folder.path().join("part.md"), "From the *other* file.\n").unwrap();
    fs::write(folder.path().join("main.rs"), "fn main() {\n    println!(\"hello\");\n}\n").unwrap();
    let mut count = 0;
    for (place, text) in all_blocks("markdown") {
        fs::write(folder.path().join("page.md"), &text).unwrap();
        // Crates cannot be had everywhere.
        let needs_crates = ["dependencies", "cargo-deps"].iter().any(|word| text.contains(word));
        let run = if needs_crates { "" } else { "--run" };
        let command = format!("livedeck check page.md --strict --size 80x24 {run}");
        let output = shell(folder.path(), &command);
        assert!(output.status.success(), "{place}\n{}", String::from_utf8_lossy(&output.stdout));
        count += 1;
    }
    assert!(count > 40, "{count}");
}

#[test]
fn configurations_of_the_manual_are_valid() {
    let folder = workplace();
    let mut count = 0;
    for (place, text) in all_blocks("yaml") {
        // Themes are tested with their schema; `jobs` is a workflow of GitHub.
        if place.starts_with("THEMES.md") || text.starts_with("jobs:") {
            continue;
        }
        fs::write(folder.path().join("config.yaml"), &text).unwrap();
        let output = shell(folder.path(), "livedeck check talk.md --config config.yaml");
        assert!(output.status.success(), "{place}\n{}", String::from_utf8_lossy(&output.stderr));
        count += 1;
    }
    assert!(count > 4, "{count}");
}

#[test]
fn problem_matcher_of_vs_code_matches_reports() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("talk.md"), "text\n\n<!-- puase -->\n").unwrap();
    let report = shell(folder.path(), "livedeck check talk.md");
    let report = String::from_utf8(report.stdout).unwrap();
    let (_, tasks) =
        all_blocks("json").into_iter().find(|(place, _)| place.starts_with("EDITORS.md")).unwrap();
    let tasks: serde_json::Value = serde_json::from_str(&tasks).unwrap();
    let patterns = tasks["tasks"][0]["problemMatcher"]["pattern"].as_array().unwrap().clone();
    let captures = |pattern: &serde_json::Value, line: &str, name: &str| {
        let found = Regex::new(pattern["regexp"].as_str().unwrap()).unwrap().captures(line)?;
        let group = usize::try_from(pattern[name].as_u64()?).unwrap();
        Some(found[group].to_owned())
    };
    let lines: Vec<&str> = report.lines().collect();
    // VS Code matches the patterns with successive lines.
    let at = lines.iter().position(|line| captures(&patterns[0], line, "message").is_some());
    let (first, second) = (lines[at.unwrap()], lines[at.unwrap() + 1]);
    assert_eq!(captures(&patterns[0], first, "severity").as_deref(), Some("error"));
    assert_eq!(
        captures(&patterns[0], first, "message").as_deref(),
        Some("unknown command `puase`")
    );
    for (name, value) in [("file", "talk.md"), ("line", "3"), ("column", "6")] {
        assert_eq!(captures(&patterns[1], second, name).as_deref(), Some(value), "{report}");
    }
}

#[test]
fn every_page_for_users_is_tested() {
    let for_developers = ["ARCHITECTURE.md", "RELEASING.md", "STYLE.md", "SUMMARY.md"];
    let pages = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap();
    let pages = pages.map(|entry| PathBuf::from(entry.unwrap().file_name()));
    for page in pages.filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        let page = page.to_str().unwrap();
        assert!(for_developers.contains(&page) || PAGES.contains(&page), "add {page} to `PAGES`");
    }
}
