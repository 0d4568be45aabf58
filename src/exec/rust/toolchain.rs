//! The real `rustc`: what stands on `PATH` is often rustup's proxy, which costs 11 ms a call.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::exec::os::process_tree::{Child, ChildStatus, ProcessTree};
use crate::exec::os::spawn::{self, SpawnCommand};

/// The most that is read of what a compiler says.
pub(super) const MOST_OUTPUT: u64 = 256 * 1024;

/// A Rust toolchain.
#[derive(Debug)]
pub(super) struct Toolchain {
    /// Its compiler.
    pub(super) rustc: PathBuf,
    /// Its cargo; only a name where it has none of its own.
    pub(super) cargo: PathBuf,
    /// What it says of itself: equal for equal compilers.
    pub(super) version: Vec<u8>,
}

/// What compiles Rust blocks here, as far as it concerns a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// The release of `rustc`: `1.95.0`.
    pub rustc: String,
    /// The release of `cargo`, which builds crates; why there is none.
    pub cargo: Result<String, String>,
    /// Whether there is what makes programs of what is compiled.
    pub has_linker: bool,
    /// The version of `PyO3` that modules are made with.
    pub pyo3: String,
    /// Whether that is built already.
    pub has_pyo3: bool,
}

impl Compiler {
    /// What is missing to compile a block, and how to get it; nothing if nothing is.
    pub fn lack(&self, needs_cargo: bool) -> Option<String> {
        if !self.has_linker {
            let hint = "Debian, Ubuntu: `sudo apt install gcc`; macOS: `xcode-select --install`";
            return Some(format!("`cc`, with which `rustc` links, is not installed: {hint}"));
        }
        self.cargo.as_ref().err().filter(|_| needs_cargo).cloned()
    }
}

impl Toolchain {
    /// The toolchain for this folder, or why there is none.
    pub(super) fn find(tree: &ProcessTree, directory: &Path) -> Result<Self, String> {
        let Some(rustc) = spawn::find_program("rustc".as_ref(), directory) else {
            let hint = "https://rustup.rs installs it";
            return Err(format!("`rustc` is not installed, or not on `PATH`: {hint}"));
        };
        let sysroot = ask(tree, &rustc, directory, &["--print", "sysroot"])?;
        // rustup may have said something before.
        let sysroot = String::from_utf8_lossy(&sysroot);
        let sysroot = Path::new(sysroot.lines().next_back().unwrap_or_default());
        let real = |name: &str| Some(sysroot.join("bin").join(name)).filter(|it| it.is_file());
        let rustc = real("rustc").unwrap_or(rustc);
        let cargo = real("cargo").or_else(|| spawn::find_program("cargo".as_ref(), directory));
        let version = ask(tree, &rustc, directory, &["-vV"])?;
        Ok(Self { rustc, cargo: cargo.unwrap_or_else(|| "cargo".into()), version })
    }

    /// The release of its compiler: `1.95.0`.
    pub(super) fn release(&self) -> String {
        let version = String::from_utf8_lossy(&self.version);
        let release = version.lines().find_map(|line| line.strip_prefix("release: "));
        release.unwrap_or_else(|| version.lines().next().unwrap_or_default()).to_owned()
    }

    /// The release of its cargo, or why there is none.
    pub(super) fn cargo_release(
        &self,
        tree: &ProcessTree,
        directory: &Path,
    ) -> Result<String, String> {
        let why =
            |error| format!("`cargo` could not be run ({error}): https://rustup.rs installs it");
        let asked = listen(tree, &self.cargo, vec!["-V".into()], (directory, &[]), |_| {});
        let (answer, status) = asked.map_err(|error| why(error.to_string()))?;
        let answer = String::from_utf8_lossy(&answer);
        let release =
            answer.lines().find_map(|line| line.strip_prefix("cargo ")?.split(' ').next());
        match (status, release) {
            (ChildStatus::Exited(0), Some(release)) => Ok(release.to_owned()),
            _ => Err(why(answer.lines().next().unwrap_or("it says nothing").to_owned())),
        }
    }

    /// The platform that it compiles for.
    pub(super) fn host(&self) -> Option<String> {
        let version = String::from_utf8_lossy(&self.version);
        version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
    }
}

fn ask(
    tree: &ProcessTree,
    rustc: &Path,
    directory: &Path,
    question: &[&str],
) -> Result<Vec<u8>, String> {
    let arguments = question.iter().map(OsString::from).collect();
    let asked = listen(tree, rustc, arguments, (directory, &[]), |_| {});
    let (answer, status) = asked.map_err(|error| format!("`rustc` could not be run: {error}"))?;
    if status == ChildStatus::Exited(0) {
        return Ok(answer);
    }
    let answer = String::from_utf8_lossy(&answer);
    let why = answer.lines().next().unwrap_or("it does not say why");
    Err(format!("`rustc {}` does not work: {why}", question.join(" ")))
}

/// Runs a compiler, which makes its files in these folders, to its end: what it wrote, and how it ended.
pub(super) fn listen(
    tree: &ProcessTree,
    rustc: &Path,
    arguments: Vec<OsString>,
    (directory, outputs): (&Path, &[&Path]),
    begun: impl FnOnce(&Arc<Child>),
) -> io::Result<(Vec<u8>, ChildStatus)> {
    let (reader, writer) = io::pipe()?;
    let mut command = SpawnCommand::new(rustc, writer.as_fd()).args(arguments).directory(directory);
    for folder in outputs {
        command = command.writes(*folder);
    }
    let child = tree.spawn(command)?;
    drop(writer);
    begun(&child);
    let mut output = Vec::new();
    // Closing the pipe after the most that is read ends a compiler that would say more.
    let read = reader.take(MOST_OUTPUT).read_to_end(&mut output);
    let status = child.wait();
    read.map(|_| (output, status))
}
