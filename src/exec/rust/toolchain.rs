//! Finds `rustc` and `cargo` of the toolchain itself: on `PATH` there is often rustup's proxy, which
//! adds 11 ms to each call.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::spawn::{self, SpawnCommand};

/// The most bytes of a compiler's messages that are read.
pub(super) const MAX_OUTPUT: u64 = 256 * 1024;

/// A Rust toolchain.
#[derive(Debug)]
pub(super) struct Toolchain {
    /// The compiler's file.
    pub(super) rustc: PathBuf,
    /// Cargo's file; only `cargo` if there is none.
    pub(super) cargo: PathBuf,
    /// The output of `rustc -vV`, which identifies the compiler.
    pub(super) version: Vec<u8>,
}

/// The Rust toolchain as users see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// The release of `rustc`: `1.95.0`.
    pub rustc: String,
    /// The release of `cargo`, which builds crates, or why there is none.
    pub cargo: Result<String, String>,
    /// Whether there is a linker.
    pub has_linker: bool,
    /// The version of `PyO3` that Python modules are built with.
    pub pyo3: String,
    /// The Python that they are built for: `cpython-3.11`.
    pub python: Option<String>,
    /// Whether `PyO3` is built for it.
    pub has_pyo3: bool,
}

impl Compiler {
    /// Returns what is missing to compile a block, and how to install it; `None` if nothing is.
    pub fn lack(&self, needs_cargo: bool) -> Option<String> {
        if !self.has_linker {
            let hint = "Debian, Ubuntu: `sudo apt install gcc`; macOS: `xcode-select --install`";
            return Some(format!("`cc`, with which `rustc` links, is not installed: {hint}"));
        }
        self.cargo.as_ref().err().filter(|_| needs_cargo).cloned()
    }
}

impl Toolchain {
    /// Finds the toolchain for this folder.
    ///
    /// # Errors
    /// There is no `rustc`, or it does not work.
    pub(super) fn find(tree: &ProcessTree, directory: &Path) -> Result<Self, String> {
        let Some(rustc) = spawn::find_program("rustc".as_ref(), directory) else {
            let hint = "https://rustup.rs installs it";
            return Err(format!("`rustc` is not installed, or not on `PATH`: {hint}"));
        };
        let sysroot = query(tree, &rustc, directory, &["--print", "sysroot"])?;
        // rustup may print messages first.
        let sysroot = String::from_utf8_lossy(&sysroot);
        let sysroot = Path::new(sysroot.lines().next_back().unwrap_or_default());
        let real = |name: &str| Some(sysroot.join("bin").join(name)).filter(|it| it.is_file());
        let rustc = real("rustc").unwrap_or(rustc);
        let cargo = real("cargo").or_else(|| spawn::find_program("cargo".as_ref(), directory));
        let version = query(tree, &rustc, directory, &["-vV"])?;
        Ok(Self { rustc, cargo: cargo.unwrap_or_else(|| "cargo".into()), version })
    }

    /// Returns the release of the compiler: `1.95.0`.
    pub(super) fn release(&self) -> String {
        let version = String::from_utf8_lossy(&self.version);
        let release = version.lines().find_map(|line| line.strip_prefix("release: "));
        release.unwrap_or_else(|| version.lines().next().unwrap_or_default()).to_owned()
    }

    /// Returns the release of cargo.
    ///
    /// # Errors
    /// There is no cargo, or it does not work.
    pub(super) fn cargo_release(
        &self,
        tree: &ProcessTree,
        directory: &Path,
    ) -> Result<String, String> {
        let why = |error| format!("cannot run `cargo` ({error}): https://rustup.rs installs it");
        let answer = run(tree, &self.cargo, vec!["-V".into()], (directory, &[]), |_| {});
        let (answer, status) = answer.map_err(|error| why(error.to_string()))?;
        let answer = String::from_utf8_lossy(&answer);
        let release =
            answer.lines().find_map(|line| line.strip_prefix("cargo ")?.split(' ').next());
        match (status, release) {
            (ChildStatus::Exited(0), Some(release)) => Ok(release.to_owned()),
            _ => Err(why(answer.lines().next().unwrap_or("it prints nothing").to_owned())),
        }
    }

    /// Returns the target that the compiler builds for by default.
    pub(super) fn host(&self) -> Option<String> {
        let version = String::from_utf8_lossy(&self.version);
        version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
    }
}

/// Returns what `rustc` prints with these arguments.
fn query(
    tree: &ProcessTree,
    rustc: &Path,
    directory: &Path,
    arguments: &[&str],
) -> Result<Vec<u8>, String> {
    let words = arguments.iter().map(OsString::from).collect();
    let answer = run(tree, rustc, words, (directory, &[]), |_| {});
    let (answer, status) = answer.map_err(|error| format!("cannot run `rustc`: {error}"))?;
    if status == ChildStatus::Exited(0) {
        return Ok(answer);
    }
    let answer = String::from_utf8_lossy(&answer);
    let why = answer.lines().next().unwrap_or("it reports no error");
    Err(format!("`rustc {}` failed: {why}", arguments.join(" ")))
}

/// Runs a compiler that may write to the folders `outputs`, and returns its messages and its status.
pub(super) fn run(
    tree: &ProcessTree,
    rustc: &Path,
    arguments: Vec<OsString>,
    (directory, outputs): (&Path, &[&Path]),
    on_start: impl FnOnce(&Arc<Child>),
) -> io::Result<(Vec<u8>, ChildStatus)> {
    let (reader, writer) = io::pipe()?;
    let mut command = SpawnCommand::new(rustc, writer.as_fd()).args(arguments).directory(directory);
    for folder in outputs {
        command = command.writes(*folder);
    }
    let child = tree.spawn(command)?;
    drop(writer);
    on_start(&child);
    let mut output = Vec::new();
    // A compiler that prints more gets SIGPIPE when the pipe is closed.
    let read = reader.take(MAX_OUTPUT).read_to_end(&mut output);
    let status = child.wait();
    read.map(|_| (output, status))
}
