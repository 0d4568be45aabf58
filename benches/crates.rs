//! Time of an edited Rust block with crates: from the request to its first output, compared with calling
//! the compiler and the program directly. The crates are already built. Alternates, and compares medians.
//!
//! `cargo bench --bench crates`

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "measures"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use livedeck::deck::{Crate, Fingerprint, RustBuild};
use livedeck::exec::{ExecEvent, ExecOptions, Executor};
use livedeck::run::{self, Request, RunId, RunLimits, Snippet, Target};

/// Number of measurements of each.
const ROUNDS: u32 = 15;

fn main() -> ExitCode {
    if let Some(code) = livedeck::exec::entry() {
        return code;
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let (send, events) = crossbeam_channel::unbounded();
    let options = ExecOptions {
        sandbox: None,
        directory: folder.path().to_owned(),
        python: None,
        custom: std::collections::BTreeMap::new(),
        cache: cache.clone(),
    };
    let executor = Executor::new(options, move |event| drop(send.send(event)));
    let livedeck = |round: u32| {
        let started = Instant::now();
        executor.run(&request(round));
        loop {
            match events.recv().unwrap() {
                ExecEvent::Run(_, run::Event::Output(bytes)) => {
                    let (took, text) = (started.elapsed(), String::from_utf8_lossy(&bytes));
                    assert_eq!(text.trim(), format!("{{\"round\":{round}}}"), "it prints this");
                    while !matches!(events.recv(), Ok(ExecEvent::Run(_, run::Event::Finished(..))))
                    {
                    }
                    return took;
                }
                ExecEvent::Run(_, run::Event::Finished(outcome, _)) => panic!("{outcome:?}"),
                _ => {}
            }
        }
    };
    // Each invocation compiles new code.
    let first = std::process::id() * 1000;
    livedeck(first);
    let by_hand = ByHand::find(&cache, folder.path());
    by_hand.run(first);
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for round in first + 1..=first + ROUNDS {
        one.push(livedeck(round));
        other.push(by_hand.run(round));
    }
    let (ours, hand) = (median(one), median(other));
    let ratio = ours.as_secs_f64() / hand.as_secs_f64();
    println!("edited block with serde and serde_json, median of {ROUNDS}:");
    println!("  livedeck, key to first output  {:6.1} ms", ours.as_secs_f64() * 1000.0);
    println!("  rustc by hand, then its output {:6.1} ms", hand.as_secs_f64() * 1000.0);
    println!("  ratio {ratio:.2} (limit: 1.50)");
    if ratio <= 1.5 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn code(round: u32) -> String {
    format!(
        "#[derive(serde::Serialize)]\nstruct Talk {{ round: u32 }}\n\n\
         fn main() {{\n    let talk = Talk {{ round: {round} }};\n    \
         println!(\"{{}}\", serde_json::to_string(&talk).unwrap());\n}}\n"
    )
}

fn request(round: u32) -> Request {
    let serde = Crate { features: vec!["derive".into()], ..Crate::new("serde") };
    let build = RustBuild { crates: vec![serde, Crate::new("serde_json")], ..RustBuild::default() };
    let code = Snippet {
        remote: None,
        session: None,
        language: "rust".to_owned(),
        alternative: None,
        code: code(round),
        rust: Some(Arc::new(build)),
        module: None,
        is_timed: false,
        environment: Vec::new(),
        fingerprint: Fingerprint(u64::from(round)),
        file: PathBuf::from("talk.md"),
        first_line: 7,
    };
    let (limits, target) = (RunLimits::default(), Target::Terminal);
    let (run, input) = (RunId(u64::from(round)), run::StdinSource::Empty);
    Request { run, code, columns: 80, rows: 24, limits, target, session: None, input }
}

/// Calls the compiler directly, with the crates that livedeck built.
struct ByHand {
    rustc: PathBuf,
    links: Vec<String>,
    folder: PathBuf,
}

impl ByHand {
    fn find(cache: &Path, folder: &Path) -> Self {
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
        let sysroot = String::from_utf8(sysroot).unwrap();
        let mut links = Vec::new();
        for toolchain in std::fs::read_dir(cache.join("crates")).unwrap().flatten() {
            let deps = toolchain.path().join("target/release/deps");
            links.push(format!("-Ldependency={}", deps.display()));
            for set in std::fs::read_dir(toolchain.path().join("sets")).unwrap().flatten() {
                let text = std::fs::read_to_string(set.path().join("links.json")).unwrap();
                let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                for (name, file) in json["externs"].as_object().unwrap() {
                    links.push(format!("--extern={name}={}", file.as_str().unwrap()));
                }
            }
        }
        let rustc = Path::new(sysroot.trim()).join("bin/rustc");
        Self { rustc, links, folder: folder.to_owned() }
    }

    fn run(&self, round: u32) -> Duration {
        let (source, program) = (self.folder.join("hand.rs"), self.folder.join("hand"));
        std::fs::write(&source, code(round)).unwrap();
        let started = Instant::now();
        let flags = ["--edition=2024", "-Copt-level=1", "-Cdebug-assertions=on", "-Cdebuginfo=0"];
        let compiled = Command::new(&self.rustc)
            .args(flags)
            .args(["-Cstrip=debuginfo", "-Awarnings", "-o"])
            .arg(&program)
            .arg(&source)
            .args(&self.links)
            .status()
            .unwrap();
        assert!(compiled.success(), "it compiles");
        let output = Command::new(&program).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "it runs");
        started.elapsed()
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
