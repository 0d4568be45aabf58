//! Rules of the source tree: which module may use which, file headers and lengths, circles of files,
//! types. A new dependency between modules is an edit of [`LAYERS`].

mod circles;
mod source;
mod types;

use std::fs;
use std::path::Path;

use source::{rust_files, source_root};

/// Each module and the modules it may use, which are in the rows above it.
const LAYERS: &[(&str, &[&str])] = &[
    ("ansi", &[]),
    ("source", &[]),
    ("panics", &["source"]),
    ("diag", &["source"]),
    ("yaml", &["source", "panics", "diag"]),
    ("deck", &["source", "diag"]),
    ("run", &["ansi", "source", "panics", "deck"]),
    ("recording", &["ansi", "source", "deck", "run"]),
    ("notebook", &[]),
    ("parse", &["source", "diag", "yaml", "deck"]),
    ("theme", &["ansi", "source", "diag", "yaml"]),
    ("highlight", &["ansi", "source", "panics", "deck", "theme"]),
    ("layout", &["ansi", "source", "diag", "deck", "run", "theme", "highlight"]),
    ("app", &["source", "diag", "deck", "run", "theme"]),
    ("view", &["ansi", "source", "diag", "deck", "run", "theme", "layout", "app"]),
    ("files", &["source"]),
    ("exec", &["ansi", "panics", "diag", "files", "deck", "run"]),
    ("draw", &["ansi", "deck", "theme", "layout"]),
    ("media", &["ansi", "panics", "files", "draw", "diag", "deck", "layout", "view"]),
    (
        "export",
        &[
            "ansi",
            "panics",
            "source",
            "diag",
            "deck",
            "run",
            "theme",
            "highlight",
            "layout",
            "view",
            "draw",
            "media",
        ],
    ),
    (
        "config",
        &[
            "source", "diag", "yaml", "deck", "parse", "theme", "layout", "app", "view", "files",
            "exec", "media",
        ],
    ),
    (
        "project",
        &[
            "source",
            "notebook",
            "panics",
            "diag",
            "deck",
            "run",
            "recording",
            "parse",
            "theme",
            "highlight",
            "layout",
            "app",
            "files",
            "exec",
        ],
    ),
    (
        "headless",
        &[
            "source",
            "diag",
            "deck",
            "run",
            "recording",
            "highlight",
            "layout",
            "app",
            "view",
            "theme",
            "files",
            "exec",
            "media",
            "project",
        ],
    ),
    ("control", &["source", "app"]),
    (
        "serve",
        &["source", "panics", "layout", "app", "view", "files", "media", "export", "control"],
    ),
    (
        "present",
        &[
            "ansi",
            "source",
            "panics",
            "diag",
            "deck",
            "run",
            "recording",
            "theme",
            "highlight",
            "layout",
            "app",
            "view",
            "files",
            "exec",
            "media",
            "export",
            "project",
            "headless",
            "control",
            "serve",
        ],
    ),
    (
        "cli",
        &[
            "ansi",
            "source",
            "panics",
            "diag",
            "deck",
            "run",
            "recording",
            "notebook",
            "parse",
            "theme",
            "highlight",
            "layout",
            "app",
            "view",
            "files",
            "exec",
            "draw",
            "media",
            "export",
            "config",
            "project",
            "headless",
            "control",
            "serve",
            "present",
        ],
    ),
];

/// Limit of a file's lines before its tests.
const MAX_LINES: usize = 600;

/// Files outside `files/` that read files themselves, and which. Paths that a deck, theme, configuration,
/// recording or trust store names are read by `files`, which rejects pipes, devices and large files.
const READERS: &[(&str, &str)] = &[
    ("exec/limits/process_limit.rs", "the load, in /proc"),
    ("exec/os/procfs.rs", "processes, in /proc"),
    ("exec/io/stdin.rs", "processes, in /proc"),
    ("exec/os/cgroup.rs", "control groups, in /proc and /sys"),
    ("exec/remote/link.rs", "files to copy, of any size: regular ones in the deck's folder"),
    ("exec/rust/cache.rs", "our own cache, once it is known to be ours"),
    ("exec/rust/crates.rs", "our own cache, once it is known to be ours"),
    ("present/input.rs", "the terminal"),
];

/// Calls that open or read a file.
const READING: &[&str] = &["fs::read(", "fs::read_to_string(", "File::open(", "OpenOptions::new("];

#[test]
fn only_listed_files_read_files() {
    let mut breaches = Vec::new();
    for file in rust_files(&source_root()) {
        let name = file.strip_prefix(source_root()).unwrap().to_str().unwrap().to_owned();
        let is_reader = READERS.iter().any(|(reader, _)| *reader == name);
        if is_reader || name.starts_with("files/") || name.contains("tests") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
        for (number, line) in lines.enumerate() {
            if READING.iter().any(|reading| line.contains(reading)) {
                breaches.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(breaches.is_empty(), "use `files` to read files:\n{}", breaches.join("\n"));
}

#[test]
fn layers_use_only_rows_above() {
    for (row, (module, uses)) in LAYERS.iter().enumerate() {
        for used in *uses {
            let at = LAYERS.iter().position(|(name, _)| name == used);
            assert!(at.is_some_and(|at| at < row), "`{used}` is not above `{module}`");
        }
    }
}

#[test]
fn folders_match_the_layers() {
    let mut folders: Vec<_> = fs::read_dir(source_root())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let mut rows: Vec<_> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    folders.sort();
    rows.sort();
    assert_eq!(folders, rows);
}

#[test]
fn modules_use_only_their_layers() {
    let mut breaches = Vec::new();
    for file in rust_files(&source_root()) {
        let Some((module, uses)) = row_of(&file) else { continue };
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for used in modules_named(code) {
                if used != module && !uses.contains(&used.as_str()) {
                    breaches.push(format!("{}:{}: uses `{used}`", file.display(), number + 1));
                }
            }
            if code.contains("crate::{") || code.contains("super::super::") {
                breaches.push(format!("{}:{}: hides its dependency", file.display(), number + 1));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_file_has_module_docs() {
    let missing: Vec<_> = rust_files(&source_root())
        .into_iter()
        .filter(|file| !fs::read_to_string(file).unwrap().starts_with("//! "))
        .collect();
    assert!(missing.is_empty(), "without `//!`: {missing:?}");
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<_> = rust_files(&source_root())
        .into_iter()
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap();
            let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
            lines.count() > MAX_LINES
        })
        .collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines before their tests: {long:?}");
}

/// Returns the row of a file; `None` for `lib.rs` and `main.rs`.
fn row_of(file: &Path) -> Option<(&'static str, &'static [&'static str])> {
    let inside = file.strip_prefix(source_root()).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    LAYERS.iter().find(|(name, _)| *name == first).copied()
}

/// Returns the modules that a line of code names as `crate::module`.
fn modules_named(code: &str) -> Vec<String> {
    let names = code.split("crate::").skip(1);
    names
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .filter(|name: &String| LAYERS.iter().any(|(module, _)| module == name))
        .collect()
}
