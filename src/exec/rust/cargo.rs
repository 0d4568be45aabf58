//! Runs cargo with a controlled environment, and reads its progress.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::toolchain::{MAX_OUTPUT, Toolchain};
use crate::ansi::strip_colors;
use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::spawn::SpawnCommand;

/// The profile that crates are built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CargoProfile {
    /// `--release`
    Release,
    /// Cargo's default.
    Dev,
}

/// The Python that `PyO3` is built for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BuildPython {
    /// The one that its build script finds: a program embeds it.
    Environment,
    /// All, by the stable ABI: none is looked for.
    Any,
    /// The one that this file describes, a `PYO3_CONFIG_FILE`.
    Configured(PathBuf),
}

/// A package, and what cargo builds it with.
pub(super) struct Cargo<'a> {
    /// The tree of cargo's process.
    pub(super) tree: &'a ProcessTree,
    /// Cargo itself, and its compiler.
    pub(super) toolchain: &'a Toolchain,
    /// The folder of the package.
    pub(super) folder: &'a Path,
    /// The target folder.
    pub(super) target: &'a Path,
    /// The Python that crates are built for.
    pub(super) python: &'a BuildPython,
    /// Called with cargo's process.
    pub(super) on_start: &'a dyn Fn(&Arc<Child>),
    /// Called with cargo's progress.
    pub(super) on_progress: &'a dyn Fn(&str),
}

/// The output of one call of cargo.
#[derive(Debug)]
pub(super) struct CargoOutput {
    /// Standard output: JSON.
    pub(super) stdout: Vec<u8>,
    /// The messages, without progress.
    pub(super) messages: String,
    /// The exit status.
    pub(super) status: ChildStatus,
}

/// The file of a package that cargo writes.
pub(super) const LOCK_FILE: &str = "Cargo.lock";

/// Variables that change the build, and are removed. Others are removed by their prefixes.
pub(super) const REMOVED_VARIABLES: &[&str] = &[
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
];

/// Variables for cargo: its output is parsed, and it must not wait long for a missing network.
pub(super) const VARIABLES: &[(&str, &str)] = &[
    ("CARGO_TERM_COLOR", "always"),
    ("CARGO_TERM_PROGRESS_WHEN", "always"),
    ("CARGO_TERM_PROGRESS_WIDTH", "200"),
    ("CARGO_TERM_PROGRESS_TERM_INTEGRATION", "false"),
    ("CARGO_TERM_HYPERLINKS", "false"),
    ("CARGO_HTTP_TIMEOUT", "15"),
    ("CARGO_NET_RETRY", "1"),
];

impl Cargo<'_> {
    /// Runs cargo and waits for its end.
    pub(super) fn run(&self, arguments: &[&str]) -> io::Result<CargoOutput> {
        let mut stdout_file = tempfile::tempfile()?;
        let (mut reader, writer) = io::pipe()?;
        let child = self.tree.spawn(self.command(arguments, &stdout_file, &writer))?;
        drop(writer);
        (self.on_start)(&child);
        let messages = self.read_messages(&mut reader);
        let status = child.wait();
        let mut stdout = Vec::new();
        stdout_file.rewind()?;
        stdout_file.read_to_end(&mut stdout)?;
        Ok(CargoOutput { stdout, messages: messages?, status })
    }

    fn command<'fd>(
        &self,
        arguments: &[&str],
        stdout: &'fd File,
        messages: &'fd io::PipeWriter,
    ) -> SpawnCommand<'fd> {
        let mut command = SpawnCommand::new(&self.toolchain.cargo, messages.as_fd())
            .output(stdout.as_fd())
            .args(arguments.iter().map(OsString::from))
            .directory(self.folder)
            .env("RUSTC", &self.toolchain.rustc)
            .env("CARGO_TARGET_DIR", self.target)
            .writes(self.target)
            .writes(self.folder.join(LOCK_FILE));
        let prefixes: &[&str] = match self.python {
            BuildPython::Environment => &["CARGO_PROFILE_"],
            BuildPython::Any | BuildPython::Configured(_) => &["CARGO_PROFILE_", "PYO3_"],
        };
        let is_removed = |name: &OsString| {
            prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix))
        };
        let removed = std::env::vars_os().map(|(name, _)| name).filter(is_removed);
        for name in removed.chain(REMOVED_VARIABLES.iter().map(OsString::from)) {
            command = command.env_remove(name);
        }
        for (name, value) in VARIABLES {
            command = command.env(name, value);
        }
        match self.python {
            BuildPython::Environment => command,
            BuildPython::Any => command.env("PYO3_NO_PYTHON", "1"),
            BuildPython::Configured(file) => command.env("PYO3_CONFIG_FILE", file),
        }
    }

    /// Reads cargo's messages, reports the progress among them, and returns the rest.
    fn read_messages(&self, reader: &mut impl Read) -> io::Result<String> {
        let mut messages = CargoMessages::default();
        let mut chunk = [0; 8192];
        loop {
            match reader.read(&mut chunk) {
                Ok(0) => return Ok(messages.kept),
                Ok(count) => messages.push(&chunk[..count], self.on_progress),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What cargo says on standard error.
#[derive(Default)]
pub(in crate::exec) struct CargoMessages {
    lines: LineSplitter,
    /// The messages, without progress.
    pub(in crate::exec) kept: String,
}

impl CargoMessages {
    /// Adds bytes. Reports the progress among them.
    pub(in crate::exec) fn push(&mut self, bytes: &[u8], mut on_progress: impl FnMut(&str)) {
        for line in self.lines.push(bytes) {
            match progress(&line) {
                Some(progress) => on_progress(&progress),
                None if is_status(&line) || self.kept.len() as u64 > MAX_OUTPUT => {}
                None => {
                    self.kept.push_str(&line);
                    self.kept.push('\n');
                }
            }
        }
    }
}

/// Splits a stream into lines at line feeds and carriage returns.
#[derive(Default)]
struct LineSplitter {
    /// An incomplete line.
    rest: Vec<u8>,
}

impl LineSplitter {
    /// Adds bytes, and returns the lines that are complete.
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(bytes);
        let end = self.rest.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
        let rest = self.rest.split_off(end.map_or(0, |end| end + 1));
        let whole = std::mem::replace(&mut self.rest, rest);
        let text = String::from_utf8_lossy(&whole);
        let lines = text.split(['\n', '\r']);
        // The last part is empty.
        let count = lines.clone().count().saturating_sub(1);
        lines.take(count).map(str::to_owned).collect()
    }
}

/// Returns the progress in a line of cargo's, if it has any: `compiling 12/37 serde_json`.
fn progress(line: &str) -> Option<String> {
    let line = strip_colors(line);
    let (word, rest) = line.trim().split_once(' ')?;
    match word {
        "Building" => {
            let (counts, names) = rest.rsplit_once("] ")?.1.split_once(':')?;
            let names = names.trim().trim_end_matches('…').split(", ");
            let name = names.map(|name| name.split('(').next().unwrap_or_default()).next();
            let name = name.unwrap_or_default().trim();
            Some(format!("compiling {counts} {name}").trim_end().to_owned())
        }
        "Updating" | "Downloading" | "Downloaded" | "Fetch" => Some("fetching crates".to_owned()),
        "Blocking" => Some("waiting for another cargo".to_owned()),
        _ => None,
    }
}

/// Returns whether a line only reports what cargo does, or names the package that we have written.
fn is_status(line: &str) -> bool {
    const WORDS: [&str; 8] = [
        "Adding",
        "Compiling",
        "Downgrading",
        "Finished",
        "Fresh",
        "Locking",
        "Removing",
        "Upgrading",
    ];
    let line = strip_colors(line);
    let first = line.trim().split(' ').next().unwrap_or_default();
    if line.contains("required by package `deck v0.0.0 (") {
        return true;
    }
    line.trim().is_empty() && line.contains("  ") || WORDS.contains(&first)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "    Building [=>    ] 12/37: serde_json, quote(build.rs)",
        Some("compiling 12/37 serde_json")
    )]
    #[case(
        "\x1b[1m\x1b[96m    Building\x1b[0m [>  ] 0/24: proc-macro2(…",
        Some("compiling 0/24 proc-macro2")
    )]
    #[case("    Updating crates.io index", Some("fetching crates"))]
    #[case(
        "    Blocking waiting for file lock on build directory",
        Some("waiting for another cargo")
    )]
    #[case("   Compiling serde v1.0.229", None)]
    #[case("error: no matching package named `serd` found", None)]
    #[case("    Building", None)]
    fn progress_counts_crates(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(progress(line).as_deref(), expected);
    }

    #[test]
    fn messages_are_kept_without_progress() {
        let mut messages = CargoMessages::default();
        let mut progress = Vec::new();
        let said = "    Updating crates.io index\nerror: no matching package named `serd` found\n\
                    location searched: crates.io index\nrequired by package `deck v0.0.0 (/x/sets/y)`\n";
        for part in said.as_bytes().chunks(7) {
            messages.push(part, |it| progress.push(it.to_owned()));
        }
        assert_eq!(progress, ["fetching crates"]);
        let kept =
            "error: no matching package named `serd` found\nlocation searched: crates.io index\n";
        assert_eq!(messages.kept, kept);
    }

    #[test]
    fn carriage_returns_end_lines() {
        let mut lines = LineSplitter::default();
        assert_eq!(lines.push(b"one\rtw"), ["one"]);
        assert_eq!(lines.push(b"o\n\nthr"), ["two", ""]);
        assert_eq!(lines.push(b"ee\n"), ["three"]);
    }
}
