//! Builds on other machines: what their cargo and their compiler get. The program is the same as one that is
//! built here.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde_json::{Value, json};

use super::cargo::{self, CargoProfile};
use super::crates;
use super::includes::Includes;
use super::links::Links;
use super::rewrite::{self, BlackBox, IncludedItems};
use super::rustc;
use crate::ansi::strip_colors;
use crate::deck::{CrateOrigin, RemoteHost, RustBuild};
use crate::run::Snippet;

/// Placeholder for the path of the source in arguments.
const SOURCE: &str = "$source";

/// Placeholder for the deck's folder there.
const FOLDER: &str = "$deck";

/// How another machine compiles a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) struct RemoteBuild {
    /// The arguments of `rustc`, without the files.
    arguments: Vec<String>,
    /// The sources to try, in order.
    attempts: Vec<SourceAttempt>,
    /// The crates that it needs, if any.
    crates: Option<RemoteCrates>,
    /// The files of the deck's folder that the source includes, if they are there.
    includes: Vec<String>,
    /// Whether running the program runs tests.
    pub(in crate::exec) is_tests: bool,
}

/// The crates of a block, for cargo on the other machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RemoteCrates {
    /// The manifest of a package that depends on them.
    manifest: String,
    is_release: bool,
    /// Whether some are in the deck's folder, and may change at any time.
    may_change: bool,
}

/// A source, and what follows when it has been compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SourceAttempt {
    source: String,
    /// Whether it only shows if the block itself has errors, which are then reported. Otherwise the program
    /// is run, and after errors the next source is tried.
    is_check: bool,
}

impl RemoteBuild {
    /// Returns how a block is compiled.
    ///
    /// # Errors
    /// It needs a crate that is not copied to the other machine.
    pub(in crate::exec) fn new(snippet: &Snippet) -> Result<Self, String> {
        let build = snippet.rust.as_ref().filter(|build| !build.crates.is_empty());
        let crates = build.map(|build| remote_crates(build, snippet)).transpose()?;
        let attempts = attempts(snippet, &IncludedItems::default());
        let arguments = rustc::arguments(snippet, &Links::default(), Path::new(SOURCE));
        let arguments = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let (includes, is_tests) = (Vec::new(), rustc::is_tests(snippet));
        Ok(Self { arguments, attempts, crates, includes, is_tests })
    }

    /// Adds the files that the block includes from the deck's folder, which is read.
    ///
    /// # Errors
    /// One of them is not copied to the machine: a message.
    pub(in crate::exec) fn add_includes(
        &mut self,
        snippet: &Snippet,
        folder: &Path,
    ) -> Result<(), String> {
        let found = Includes::of(&snippet.code, folder);
        self.includes = found.relative_paths().map(str::to_owned).collect();
        self.attempts = attempts(snippet, found.items());
        let Some(host) = snippet.remote.as_deref() else { return Ok(()) };
        let is_missing = |path: &&String| folder.join(path).is_file() && !is_there(path, host);
        let Some(path) = self.includes.iter().find(is_missing) else { return Ok(()) };
        let hint = if path.starts_with("..") {
            "is outside of the deck's folder: add `+local` to the block".to_owned()
        } else {
            format!("is not copied there: add it to `options.remote`, `sync: [{path}]`")
        };
        Err(format!("`{path}`, which the block includes, {hint}"))
    }

    /// Returns what the other machine gets.
    pub(in crate::exec) fn fields(&self) -> Value {
        let attempts = self.attempts.iter();
        let attempts = attempts.map(|it| json!({ "source": it.source, "checks": it.is_check }));
        let crates = self.crates.as_ref().map(|it| {
            json!({
                "manifest": it.manifest,
                "release": it.is_release,
                "changes": it.may_change,
                "removed_variables": cargo::REMOVED_VARIABLES,
                "variables": cargo::VARIABLES.iter().copied().collect::<BTreeMap<_, _>>(),
            })
        });
        json!({
            "arguments": self.arguments,
            "attempts": attempts.collect::<Vec<_>>(),
            "crates": crates,
            "includes": self.includes,
        })
    }

    /// Returns whether cargo is needed there.
    pub(in crate::exec) fn has_crates(&self) -> bool {
        self.crates.is_some()
    }

    /// Returns why the crates cannot be built, from cargo's messages.
    pub(in crate::exec) fn crate_errors(messages: &str) -> String {
        crates::with_hint(messages)
    }

    /// Returns the errors of a block from the compiler's messages.
    ///
    /// # Errors
    /// The code is not the cause: a message.
    pub(in crate::exec) fn errors(messages: &str) -> Result<Vec<u8>, String> {
        if rustc::is_about_the_code(messages.as_bytes()) {
            return Ok(rustc::without_summary(messages.as_bytes()));
        }
        let first = messages.lines().next().unwrap_or("it reports no error");
        Err(format!("`rustc` failed: {}", strip_colors(first)))
    }
}

/// Returns the sources to try.
fn attempts(snippet: &Snippet, items: &IncludedItems) -> Vec<SourceAttempt> {
    let run = |source| SourceAttempt { source, is_check: false };
    if snippet.is_timed {
        let (code, line) = (&snippet.code, snippet.first_line);
        let source = rewrite::program(code, line, items);
        let check = SourceAttempt { source, is_check: true };
        let unhidden = rewrite::bench(code, line, BlackBox::Nothing);
        return vec![run(rustc::source(snippet, items)), check, run(unhidden)];
    }
    let with_value = rustc::source_with_value(snippet, items);
    with_value.into_iter().chain([rustc::source(snippet, items)]).map(run).collect()
}

/// Returns whether a file of the deck's folder may be on this machine: copied, or in a folder of its own.
fn is_there(path: &str, host: &RemoteHost) -> bool {
    let is_synced = |synced: &str| {
        let synced = synced.trim_start_matches("./");
        matches!(synced, "" | ".") || Path::new(path).starts_with(synced)
    };
    let mut sync = host.sync.iter();
    !path.starts_with("..") && (host.folder.is_some() || sync.any(|synced| is_synced(synced)))
}

/// Returns what cargo gets to know about the crates of a block. Those in the deck's folder are in its copy.
fn remote_crates(build: &RustBuild, snippet: &Snippet) -> Result<RemoteCrates, String> {
    let mut may_change = false;
    for it in &build.crates {
        let CrateOrigin::Path(path) = &it.origin else { continue };
        may_change = true;
        let (name, shown) = (&it.name, path.display());
        let is_inside =
            path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_inside {
            return Err(format!(
                "the crate `{name}` is outside of the deck's folder (`{shown}`), and is not copied to \
                 other machines: add `+local` to the block"
            ));
        }
        let path = path.to_string_lossy();
        if snippet.remote.as_deref().is_some_and(|host| !is_there(&path, host)) {
            return Err(format!(
                "the crate `{name}` is not copied to the other machine: add `{shown}` to \
                 `options.remote.sync`"
            ));
        }
    }
    Ok(RemoteCrates {
        manifest: crates::manifest(&build.crates, Path::new(FOLDER)),
        is_release: crates::profile(build) == CargoProfile::Release,
        may_change,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::deck::{Crate, RemoteHost};

    fn snippet(code: &str) -> Snippet {
        Snippet {
            language: "rust".to_owned(),
            code: code.to_owned(),
            file: "talk.md".into(),
            first_line: 3,
            ..Snippet::default()
        }
    }

    #[test]
    fn last_value_is_tried_first() {
        let build = RemoteBuild::new(&snippet("let x = 1;\nx + 1\n")).unwrap();
        assert_eq!(build.attempts.len(), 2);
        let is_third = |source: &str| source.lines().nth(2).is_some_and(|it| it.contains("let x"));
        assert!(build.attempts.iter().all(|it| !it.is_check && is_third(&it.source)));
        assert!(build.arguments.contains(&"--remap-path-prefix=$source=talk.md".to_owned()));
        let build = RemoteBuild::new(&snippet("fn main() {}\n")).unwrap();
        assert_eq!((build.attempts.len(), build.is_tests), (1, false));
    }

    #[test]
    fn benchmark_that_fails_is_checked_without_its_harness() {
        let timed = Snippet { is_timed: true, ..snippet("f(1)") };
        let build = RemoteBuild::new(&timed).unwrap();
        let checks: Vec<bool> = build.attempts.iter().map(|it| it.is_check).collect();
        assert_eq!(checks, [false, true, false]);
    }

    fn with_crates(crates: Vec<Crate>) -> Snippet {
        let rust = RustBuild { crates, ..RustBuild::default() };
        let host = RemoteHost { sync: vec!["crates".into()], ..RemoteHost::default() };
        let (rust, remote) = (Some(Arc::new(rust)), Some(Arc::new(host)));
        Snippet { rust, remote, ..snippet("f()") }
    }

    fn at(path: &str) -> Crate {
        Crate { origin: CrateOrigin::Path(path.into()), ..Crate::new("own") }
    }

    #[test]
    fn crates_are_built_there() {
        let build = RemoteBuild::new(&with_crates(vec![Crate::new("serde"), at("crates/own")]));
        let fields = build.unwrap().fields();
        let crates = &fields["crates"];
        let manifest = crates["manifest"].as_str().unwrap();
        assert!(manifest.contains("\"serde\" = { version = \"*\" }\n"), "{manifest}");
        assert!(manifest.contains("path = \"$deck/crates/own\""), "{manifest}");
        assert_eq!((&crates["release"], &crates["changes"]), (&json!(true), &json!(true)));
        let build = RemoteBuild::new(&snippet("fn main() {}\n")).unwrap();
        assert_eq!(build.fields()["crates"], Value::Null);
    }

    #[test]
    fn crates_that_are_not_copied_are_refused() {
        let why = |path| RemoteBuild::new(&with_crates(vec![at(path)])).unwrap_err();
        assert!(why("../own").contains("outside of the deck's folder"));
        assert!(why("/own").contains("`+local`"));
        assert!(why("own").contains("add `own` to `options.remote.sync`"));
    }

    #[test]
    fn included_files_must_be_copied() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("talk")).unwrap();
        std::fs::write(folder.path().join("talk/a.rs"), "").unwrap();
        std::fs::write(folder.path().join("b.txt"), "").unwrap();
        let added = |code: &str, sync: &[&str]| {
            let sync = sync.iter().map(|it| (*it).into()).collect();
            let host = RemoteHost { sync, ..RemoteHost::default() };
            let snippet = Snippet { remote: Some(std::sync::Arc::new(host)), ..snippet(code) };
            let mut build = RemoteBuild::new(&snippet).unwrap();
            let added = build.add_includes(&snippet, &folder.path().join("talk"));
            added.map(|()| build.fields()["includes"].to_string())
        };
        let why = added("include!(\"a.rs\")", &["data"]).unwrap_err();
        assert!(why.contains("`sync: [a.rs]`"), "{why}");
        let why = added("include_str!(\"../b.txt\")", &["."]).unwrap_err();
        assert!(why.contains("`+local`"), "{why}");
        // What is not here may be there.
        let code = "include!(\"./a.rs\"); include_str!(\"c\")";
        for sync in ["a.rs", "."] {
            assert_eq!(added(code, &[sync]).unwrap(), "[\"a.rs\",\"c\"]");
        }
    }

    #[test]
    fn missing_linker_is_not_shown_as_the_blocks_error() {
        assert!(
            RemoteBuild::errors("error: linker `cc` not found\n").unwrap_err().contains("linker")
        );
        assert_eq!(RemoteBuild::errors("error: no\n").unwrap(), b"error: no\n");
    }
}
