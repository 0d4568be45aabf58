//! Links libpython where the Python of this machine has one, and says so to the code as
//! `cfg(embed)`; and tells it which `PyO3` it was locked to.
//!
//! `PyO3` is built with `extension-module`, so it needs no Python and emits no link line of its own:
//! a machine without Python, or with one that has no shared library, still builds. There Python
//! blocks run in the interpreter's own process instead of the embedded one.

#![expect(clippy::disallowed_methods, reason = "a build script asks the machine it runs on")]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints the shared library's file name, then the folders it may be in, likeliest first.
const QUERY: &str = "\
import sys, sysconfig
var = sysconfig.get_config_var
print(var('INSTSONAME') or '')
print(sys.base_prefix + '/lib')
print(var('LIBDIR') or '')
print((var('LIBDIR') or '') + '/' + (var('MULTIARCH') or ''))
";

fn main() {
    println!("cargo:rustc-check-cfg=cfg(embed)");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=LIVEDECK_PYO3={}", pyo3());
    if env::var_os("CARGO_FEATURE_PYTHON").is_none() || !runs_where_it_is_built() {
        return;
    }
    println!("cargo:rerun-if-env-changed=PYO3_PYTHON");
    let python = env::var_os("PYO3_PYTHON").unwrap_or_else(|| OsString::from("python3"));
    match libpython(&python) {
        Ok(library) => link(&library),
        Err(why) => explain(&why),
    }
}

/// The version of `PyO3` that modules on slides are built with: our own, for whoever has built this
/// program has its source already.
fn pyo3() -> String {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    let mut lines = lock.lines().skip_while(|line| *line != "name = \"pyo3\"");
    let version = lines.nth(1).and_then(|line| line.strip_prefix("version = ")?.split('"').nth(1));
    version.map_or_else(|| "0.30".to_owned(), |version| format!("={version}"))
}

/// Whether this machine's libpython is of any use to the program: it is built for this machine,
/// and for a system whose loader is told about libraries by `-rpath`.
fn runs_where_it_is_built() -> bool {
    env::var_os("CARGO_CFG_UNIX").is_some() && env::var_os("TARGET") == env::var_os("HOST")
}

/// The shared library of `python`, or why there is none.
fn libpython(python: &OsString) -> Result<PathBuf, String> {
    let name = python.to_string_lossy();
    let answer = Command::new(python)
        .args(["-I", "-S", "-c", QUERY])
        .output()
        .map_err(|error| format!("no Python to embed: `{name}`: {error}"))?;
    if !answer.status.success() {
        return Err(format!("no Python to embed: `{name}` ended with {}", answer.status));
    }
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    let mut lines = answer.lines();
    let library = lines.next().unwrap_or_default();
    if !library.contains(".so") && !library.contains(".dylib") {
        return Err(format!("`{name}` is built without a shared library"));
    }
    lines
        .map(|folder| Path::new(folder).join(library))
        .find(|path| path.is_absolute() && path.is_file())
        .ok_or_else(|| format!("`{library}` of `{name}` is not installed"))
}

/// Links `library`, by its folder and its own name, and remembers which it was.
fn link(library: &Path) {
    let folder = library.parent().unwrap_or(Path::new("/")).display();
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    println!("cargo:rerun-if-changed={}", library.display());
    println!("cargo:rustc-link-search=native={folder}");
    if let Some(stem) = name.strip_prefix("lib").and_then(|name| name.strip_suffix(".dylib")) {
        println!("cargo:rustc-link-lib=dylib={stem}");
    } else {
        println!("cargo:rustc-link-lib=dylib:+verbatim={name}");
    }
    println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    println!("cargo:rustc-cfg=embed");
    println!("cargo:rustc-env=LIVEDECK_LIBPYTHON={}", library.display());
}

/// Says what would give the embedded interpreter, and looks again when that may have changed.
fn explain(why: &str) {
    println!("cargo:warning={why}: Python blocks will run in the interpreter's own process");
    println!(
        "cargo:warning=for the embedded one: Debian, Ubuntu: `sudo apt install python3-dev`; \
         pyenv: `PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install VERSION`; \
         or name a Python that has a shared library: `PYO3_PYTHON=/path/to/python3 cargo build`"
    );
    println!("cargo:rerun-if-env-changed=PATH");
    let packages = Path::new("/var/lib/dpkg/status");
    if packages.exists() {
        println!("cargo:rerun-if-changed={}", packages.display());
    }
}
