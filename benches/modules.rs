//! Time of an edited `+pymodule` block in the whole program: from saving the deck to the first output of
//! the Python block that imports the module, compared with calling the compiler directly, with
//! incremental compilation. Alternates, and compares medians.
//!
//! `cargo bench --bench modules`

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "measures"
)]

#[path = "../tests/it/harness/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod harness;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use harness::PtyHarness;

/// Number of measurements of each.
const ROUNDS: u32 = 15;

fn main() -> ExitCode {
    // Each invocation compiles new code.
    let first = std::process::id() * 1000;
    let talk = PtyHarness::show(&deck(first));
    talk.wait_for("module `fast` is ready");
    talk.keys("tab tab enter");
    talk.wait_for(&format!("it is {first}"));
    let by_hand = ByHand::find(talk.folder());
    by_hand.run(first);
    edit(&talk, first + 1);
    by_hand.run(first + 1);
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for round in first + 2..first + 2 + ROUNDS {
        one.push(edit(&talk, round));
        other.push(by_hand.run(round));
    }
    let (ours, hand) = (median(one), median(other));
    let ratio = ours.as_secs_f64() / hand.as_secs_f64();
    println!("edited `+pymodule` block, median of {ROUNDS}:");
    println!("  livedeck, save to Python's first output {:6.1} ms", ours.as_secs_f64() * 1000.0);
    println!("  rustc by hand                           {:6.1} ms", hand.as_secs_f64() * 1000.0);
    println!("  ratio {ratio:.2} (limit: 1.30)");
    talk.keys("q");
    talk.end();
    if ratio <= 1.3 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn code(round: u32) -> String {
    format!(
        "#[pyclass]\nstruct Counter(u32);\n\n#[pymethods]\nimpl Counter {{\n    #[new]\n    \
         fn new() -> Self {{\n        Self({round})\n    }}\n    \
         fn up(&mut self) -> u32 {{\n        self.0 += 1;\n        self.0\n    }}\n}}\n\n\
         #[pyfunction]\nfn answer() -> u32 {{\n    {round}\n}}\n"
    )
}

fn deck(round: u32) -> String {
    let rust = code(round);
    format!(
        "```rust +pymodule:fast\n{rust}```\n\n```python +exec\nimport fast\n\
         print(f\"it is {{fast.answer()}}\")\n```\n"
    )
}

/// Saves the deck, runs it when its code is on the screen, and waits for the output of Python.
fn edit(talk: &PtyHarness, round: u32) -> Duration {
    let started = Instant::now();
    std::fs::write(talk.deck(), deck(round)).unwrap();
    talk.wait_for(&format!("Self({round})"));
    talk.keys("enter");
    talk.wait_for(&format!("it is {round}"));
    started.elapsed()
}

/// Calls the compiler directly, with the crates that livedeck built.
struct ByHand {
    rustc: PathBuf,
    links: Vec<String>,
    folder: PathBuf,
}

impl ByHand {
    fn find(folder: &Path) -> Self {
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
        let sysroot = String::from_utf8(sysroot).unwrap();
        let crates = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache/livedeck/crates");
        let mut links = Vec::new();
        for toolchain in std::fs::read_dir(crates).unwrap().flatten() {
            for set in std::fs::read_dir(toolchain.path().join("sets")).unwrap().flatten() {
                let Ok(text) = std::fs::read_to_string(set.path().join("links.json")) else {
                    continue;
                };
                let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                let externs = json["externs"].as_object().unwrap();
                if let (1, Some(pyo3)) = (externs.len(), externs.get("pyo3")) {
                    let pyo3 = pyo3.as_str().unwrap();
                    let deps = Path::new(pyo3).parent().unwrap();
                    links = vec![
                        format!("--extern=pyo3={pyo3}"),
                        format!("-Ldependency={}", deps.display()),
                    ];
                }
            }
        }
        assert!(!links.is_empty(), "pyo3 was built");
        let rustc = Path::new(sysroot.trim()).join("bin/rustc");
        Self { rustc, links, folder: folder.to_owned() }
    }

    fn run(&self, round: u32) -> Duration {
        let source = self.folder.join("hand.rs");
        let inside = code(round);
        let module = "#[pyo3::pymodule] mod fast { use pyo3::prelude::*;";
        std::fs::write(&source, format!("{module}\n{inside}\n}}\n")).unwrap();
        let started = Instant::now();
        let flags = ["--edition=2024", "--crate-type=cdylib", "--crate-name=fast", "-Awarnings"];
        let compiled = Command::new(&self.rustc)
            .args(flags)
            .args(["-Copt-level=3", "-Cdebuginfo=0", "-Cstrip=debuginfo"])
            .arg(format!("-Cincremental={}", self.folder.join("memory").display()))
            .arg("-o")
            .arg(self.folder.join("hand.so"))
            .arg(&source)
            .args(&self.links)
            .status()
            .unwrap();
        assert!(compiled.success(), "it compiles");
        started.elapsed()
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
