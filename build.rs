//! Tells the code which `PyO3` it was locked to.
//!
//! Nothing is linked: the program loads a libpython when it runs, so a machine without Python builds it.
//! `PyO3` gives it the types of Python's C API, and is built with `extension-module`, so it asks for no
//! Python either.

#![expect(clippy::disallowed_methods, reason = "a build script reads files")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=LIVEDECK_PYO3={}", pyo3());
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
