//! Asking cargo: it is run where nothing of the deck's surroundings can mislead it, tells how far it
//! is, and what it has built.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::toolchain::{MOST_OUTPUT, Toolchain};
use crate::ansi::strip_colors;
use crate::exec::os::process_tree::{Child, ChildStatus, ProcessTree};
use crate::exec::os::spawn::SpawnCommand;

/// The profile that crates are built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CargoProfile {
    /// `--release`
    Release,
    /// What cargo does by itself.
    Dev,
}

/// Where and with what cargo works.
pub(super) struct Cargo<'a> {
    /// Its process is one of these.
    pub(super) tree: &'a ProcessTree,
    /// Itself, and its compiler.
    pub(super) toolchain: &'a Toolchain,
    /// The folder of the package.
    pub(super) folder: &'a Path,
    /// Where it puts what it builds.
    pub(super) target: &'a Path,
    /// Whether what it builds is to be the same whatever Python is there.
    pub(super) needs_no_python: bool,
    /// Gets its process.
    pub(super) begun: &'a dyn Fn(&Arc<Child>),
    /// Hears how far it is.
    pub(super) progress: &'a dyn Fn(&str),
}

/// What cargo answered.
#[derive(Debug)]
pub(super) struct CargoOutput {
    /// What it wrote for programs.
    pub(super) output: Vec<u8>,
    /// What it wrote for people, without its progress.
    pub(super) said: String,
    /// How it ended.
    pub(super) status: ChildStatus,
}

/// The file of a package that cargo writes itself.
pub(super) const LOCK: &str = "Cargo.lock";

/// Variables of ours that would change what is built, as far as they are not a whole family of names.
const MISLEADING: &[&str] = &[
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
];

/// How cargo is to talk, and how long it is to wait for a network that may not be there.
const MANNER: &[(&str, &str)] = &[
    ("CARGO_TERM_COLOR", "always"),
    ("CARGO_TERM_PROGRESS_WHEN", "always"),
    ("CARGO_TERM_PROGRESS_WIDTH", "200"),
    ("CARGO_TERM_PROGRESS_TERM_INTEGRATION", "false"),
    ("CARGO_TERM_HYPERLINKS", "false"),
    ("CARGO_HTTP_TIMEOUT", "15"),
    ("CARGO_NET_RETRY", "1"),
];

impl Cargo<'_> {
    /// Runs cargo to its end.
    pub(super) fn ask(&self, arguments: &[&str]) -> io::Result<CargoOutput> {
        let mut answers = tempfile::tempfile()?;
        let (mut said, writer) = io::pipe()?;
        let child = self.tree.spawn(self.command(arguments, &answers, &writer))?;
        drop(writer);
        (self.begun)(&child);
        let said = self.listen(&mut said);
        let status = child.wait();
        let mut output = Vec::new();
        answers.rewind()?;
        answers.read_to_end(&mut output)?;
        Ok(CargoOutput { output, said: said?, status })
    }

    fn command<'fd>(
        &self,
        arguments: &[&str],
        answers: &'fd File,
        said: &'fd io::PipeWriter,
    ) -> SpawnCommand<'fd> {
        let mut command = SpawnCommand::new(&self.toolchain.cargo, said.as_fd())
            .output(answers.as_fd())
            .args(arguments.iter().map(OsString::from))
            .directory(self.folder)
            .env("RUSTC", &self.toolchain.rustc)
            .env("CARGO_TARGET_DIR", self.target)
            .writes(self.target)
            .writes(self.folder.join(LOCK));
        let families: &[&str] =
            if self.needs_no_python { &["CARGO_PROFILE_", "PYO3_"] } else { &["CARGO_PROFILE_"] };
        let misleads =
            |name: &OsString| families.iter().any(|tree| name.to_string_lossy().starts_with(tree));
        let ours = std::env::vars_os().map(|(name, _)| name).filter(misleads);
        for name in ours.chain(MISLEADING.iter().map(OsString::from)) {
            command = command.env_remove(name);
        }
        for (name, value) in MANNER {
            command = command.env(name, value);
        }
        if self.needs_no_python { command.env("PYO3_NO_PYTHON", "1") } else { command }
    }

    /// Reads what it says; tells its progress, and keeps the rest.
    fn listen(&self, said: &mut impl Read) -> io::Result<String> {
        let mut lines = LineSplitter::default();
        let mut kept = String::new();
        let mut chunk = [0; 8192];
        loop {
            let count = match said.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            for line in lines.take(&chunk[..count]) {
                match progress(&line) {
                    Some(how_far) => (self.progress)(&how_far),
                    None if is_status(&line) || kept.len() as u64 > MOST_OUTPUT => {}
                    None => {
                        kept.push_str(&line);
                        kept.push('\n');
                    }
                }
            }
        }
        Ok(kept)
    }
}

/// Cuts what comes in pieces into lines, at line feeds and carriage returns.
#[derive(Default)]
struct LineSplitter {
    begun: Vec<u8>,
}

impl LineSplitter {
    fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        self.begun.extend_from_slice(bytes);
        let end = self.begun.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
        let rest = self.begun.split_off(end.map_or(0, |end| end + 1));
        let whole = std::mem::replace(&mut self.begun, rest);
        let text = String::from_utf8_lossy(&whole);
        let lines = text.split(['\n', '\r']);
        // Behind the last mark stands nothing.
        let count = lines.clone().count().saturating_sub(1);
        lines.take(count).map(str::to_owned).collect()
    }
}

/// How far cargo is, if a line of it says so: `compiling 12/37 serde_json`.
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

/// Whether a line only says what cargo is at.
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
    line.trim().is_empty() && line.contains("  ") || WORDS.contains(&first)
}

/// The crates that code can name, and where the compiler finds what they are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Links {
    /// By the name that code knows it by.
    pub(super) externs: BTreeMap<String, PathBuf>,
    /// Folders of the crates' own crates.
    pub(super) dependencies: BTreeSet<PathBuf>,
    /// Where build scripts say that libraries are, as `-L` takes it.
    pub(super) search: BTreeSet<String>,
}

impl Links {
    /// What `cargo metadata` and `cargo build` tell; none if they tell nothing that makes sense.
    pub(super) fn read(metadata: &[u8], messages: &[u8], profile: CargoProfile) -> Option<Self> {
        let metadata: Value = serde_json::from_slice(metadata).ok()?;
        let mut links = Self::default();
        let mut built: BTreeMap<String, PathBuf> = BTreeMap::new();
        let messages = messages.split(|byte| *byte == b'\n');
        for message in messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok()) {
            match message["reason"].as_str()? {
                "compiler-artifact" => {
                    links.artifact(&message, profile, &mut built);
                }
                "build-script-executed" => {
                    let paths = message["linked_paths"].as_array().into_iter().flatten();
                    links.search.extend(paths.filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        let root = metadata["resolve"]["root"].as_str()?;
        let nodes = metadata["resolve"]["nodes"].as_array()?;
        let root = nodes.iter().find(|node| node["id"] == root)?;
        for crate_ in root["deps"].as_array()? {
            let file = built.get(crate_["pkg"].as_str()?)?;
            links.externs.insert(crate_["name"].as_str()?.to_owned(), file.clone());
        }
        Some(links)
    }

    /// Takes in what one target of a package has become.
    fn artifact(
        &mut self,
        message: &Value,
        profile: CargoProfile,
        built: &mut BTreeMap<String, PathBuf>,
    ) -> Option<()> {
        let kinds = message["target"]["kind"].as_array()?;
        let is = |kind: &str| kinds.iter().any(|known| known == kind);
        if is("custom-build") || is("bin") || is("test") || is("example") || is("bench") {
            return None;
        }
        let wanted: &[&str] = if is("proc-macro") { &["so", "dylib", "dll"] } else { &["rlib"] };
        let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
        let is_wanted = |file: &&Path| {
            file.extension().is_some_and(|it| wanted.iter().any(|wanted| it == *wanted))
        };
        let file = files.map(Path::new).find(is_wanted)?;
        self.dependencies.extend(file.parent().map(Path::to_owned));
        // A crate that build scripts use, too, may be there twice.
        let is_ours = is("proc-macro")
            || match profile {
                CargoProfile::Release => message["profile"]["opt_level"] != "0",
                CargoProfile::Dev => message["profile"]["debug_assertions"] == true,
            };
        if is_ours {
            built.insert(message["package_id"].as_str()?.to_owned(), file.to_owned());
        }
        Some(())
    }

    /// Whether all of it is there still.
    pub(super) fn are_there(&self) -> bool {
        self.externs.values().all(|file| file.is_file())
    }

    /// What the compiler is told.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let externs = self.externs.iter().flat_map(|(name, file)| {
            let mut named = OsString::from(format!("{name}="));
            named.push(file);
            ["--extern".into(), named]
        });
        let dependencies = self.dependencies.iter().map(|folder| {
            let mut search = OsString::from("-Ldependency=");
            search.push(folder);
            search
        });
        let search = self.search.iter().flat_map(|path| ["-L".into(), OsString::from(path)]);
        externs.chain(dependencies).chain(search).collect()
    }
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
    fn progress_is_how_many_of_how_many(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(progress(line).as_deref(), expected);
    }

    #[test]
    fn lines_end_as_progress_does() {
        let mut lines = LineSplitter::default();
        assert_eq!(lines.take(b"one\rtw"), ["one"]);
        assert_eq!(lines.take(b"o\n\nthr"), ["two", ""]);
        assert_eq!(lines.take(b"ee\n"), ["three"]);
    }

    #[test]
    fn what_was_built_is_known_by_the_name_that_code_uses() {
        let metadata = r#"{"resolve":{"root":"me","nodes":[{"id":"x","deps":[]},
            {"id":"me","deps":[{"name":"js","pkg":"json#1"},{"name":"derive","pkg":"mac#1"}]}]}}"#;
        let artifact = |id: &str, kind: &str, level: &str, file: &str| {
            serde_json::json!({ "reason": "compiler-artifact", "package_id": id,
                "target": { "kind": [kind] }, "filenames": [file, "/t/deps/x.rmeta"],
                "profile": { "opt_level": level, "debug_assertions": level == "d" } })
            .to_string()
        };
        let script = r#"{"reason":"build-script-executed","linked_paths":["native=/lib"]}"#;
        let messages = [
            artifact("json#1", "lib", "3", "/t/deps/libjson-1.rlib"),
            artifact("json#1", "lib", "0", "/t/deps/libjson-2.rlib"),
            artifact("json#1", "custom-build", "0", "/t/build/run"),
            artifact("mac#1", "proc-macro", "0", "/t/deps/libmac.so"),
            script.to_owned(),
        ];
        let links =
            Links::read(metadata.as_bytes(), messages.join("\n").as_bytes(), CargoProfile::Release);
        let arguments = links.unwrap().arguments();
        assert_eq!(
            arguments,
            [
                "--extern",
                "derive=/t/deps/libmac.so",
                "--extern",
                "js=/t/deps/libjson-1.rlib",
                "-Ldependency=/t/deps",
                "-L",
                "native=/lib",
            ]
        );
        assert_eq!(Links::read(b"{}", b"", CargoProfile::Dev), None);
    }
}
