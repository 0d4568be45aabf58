//! Builds on other machines: what their compiler gets. The program is the same as one that is built here.

use std::path::Path;

use serde_json::{Value, json};

use super::links::Links;
use super::rewrite::{self, BlackBox};
use super::rustc;
use crate::ansi::strip_colors;
use crate::run::Snippet;

/// Placeholder for the path of the source in arguments.
const SOURCE: &str = "$source";

/// How another machine compiles a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) struct RemoteBuild {
    /// The arguments of `rustc`, without the files.
    arguments: Vec<String>,
    /// The sources to try, in order.
    attempts: Vec<SourceAttempt>,
    /// Whether running the program runs tests.
    pub(in crate::exec) is_tests: bool,
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
    /// It needs crates, which are built here only.
    pub(in crate::exec) fn new(snippet: &Snippet) -> Result<Self, String> {
        if snippet.rust.as_ref().is_some_and(|build| !build.crates.is_empty()) {
            let why = "crates are not built on other machines: add `+local` to the block";
            return Err(why.to_owned());
        }
        let run = |source| SourceAttempt { source, is_check: false };
        let attempts = if snippet.is_timed {
            let (code, line) = (&snippet.code, snippet.first_line);
            let check = SourceAttempt { source: rewrite::program(code, line), is_check: true };
            let unhidden = rewrite::bench(code, line, BlackBox::Nothing);
            vec![run(rustc::source(snippet)), check, run(unhidden)]
        } else {
            let with_value = rustc::source_with_value(snippet);
            with_value.into_iter().chain([rustc::source(snippet)]).map(run).collect()
        };
        let arguments = rustc::arguments(snippet, &Links::default(), Path::new(SOURCE));
        let arguments = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Ok(Self { arguments, attempts, is_tests: rustc::is_tests(snippet) })
    }

    /// Returns what the other machine gets.
    pub(in crate::exec) fn fields(&self) -> Value {
        let attempts = self.attempts.iter();
        let attempts = attempts.map(|it| json!({ "source": it.source, "checks": it.is_check }));
        json!({ "arguments": self.arguments, "attempts": attempts.collect::<Vec<_>>() })
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn crates_are_refused() {
        let rust = crate::deck::RustBuild {
            crates: vec![crate::deck::Crate::new("serde")],
            ..crate::deck::RustBuild::default()
        };
        let needy = Snippet { rust: Some(std::sync::Arc::new(rust)), ..snippet("f()") };
        assert!(RemoteBuild::new(&needy).unwrap_err().contains("`+local`"));
    }

    #[test]
    fn missing_linker_is_not_shown_as_the_blocks_error() {
        assert!(
            RemoteBuild::errors("error: linker `cc` not found\n").unwrap_err().contains("linker")
        );
        assert_eq!(RemoteBuild::errors("error: no\n").unwrap(), b"error: no\n");
    }
}
