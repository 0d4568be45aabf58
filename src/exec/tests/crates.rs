//! Rust blocks with crates, from the registry and from paths, built by the real cargo.

use super::*;
use crate::deck::{Crate, CrateOrigin, RustBuild};

/// Starts a Rust block with these crates. Use a cache that is kept: crates take seconds to build.
fn with_crates(harness: &mut ExecHarness, crates: Vec<Crate>, code: &str) -> RunId {
    let build = RustBuild { crates, ..RustBuild::default() };
    harness.start_request("rust", code, |request| request.code.rust = Some(Arc::new(build)))
}

pub(super) fn version(name: &str, version: &str, features: &[&str]) -> Crate {
    let features = features.iter().map(|&name| name.into()).collect();
    Crate { version: Some(version.into()), features, ..Crate::new(name) }
}

pub(super) fn beside(name: &str) -> Crate {
    Crate { origin: CrateOrigin::Path(name.into()), ..Crate::new(name) }
}

#[test]
fn rust_block_uses_crates() {
    let mut harness = ExecHarness::with_kept_cache();
    let json = Crate { package: Some("serde_json".into()), ..version("json", "1", &[]) };
    let crates = vec![json, version("serde", "1", &["derive"])];
    let code = "#[derive(serde::Serialize)]\nstruct Talk { minutes: u32 }\n\
                println!(\"{}\", json::to_string(&Talk { minutes: 40 })?);";
    let run = with_crates(&mut harness, crates.clone(), code);
    assert_eq!(harness.end(run), ("{\"minutes\":40}\n".into(), Outcome::Exited(0)));
    let run = with_crates(&mut harness, crates, "let talk: serde::Nothing;");
    let (output, outcome) = harness.end(run);
    assert!(output.contains("talk.md:7:18") && outcome == Outcome::NotCompiled, "{output}");
}

#[test]
fn crates_are_built_once_with_progress() {
    let mut harness = ExecHarness::new();
    let build = RustBuild { crates: vec![version("itoa", "1", &[])], ..RustBuild::default() };
    let mut snippet = snippet("rust", "print!(\"{}\", itoa::Buffer::new().format(42));", 7);
    snippet.rust = Some(Arc::new(build));
    harness.executor().prepare(vec![snippet.clone()], &[]);
    harness.await_event(|event| match event {
        ExecEvent::Prepared(code, Preparation::Building(how_far))
            if *code == snippet.fingerprint =>
        {
            (how_far.starts_with("compiling ") && how_far.ends_with(" itoa")).then_some(())
        }
        _ => None,
    });
    harness.wait_for_preparation(&snippet, Preparation::Ready);
    let run = harness.start_request("rust", "", |request| request.code = snippet.clone());
    assert_eq!(harness.end(run), ("42".into(), Outcome::Exited(0)));
    let again = Executor::new(options(harness.folder.path()), |_| {});
    assert!(again.rust.has_binary(&snippet));
}

#[test]
fn changed_path_crate_is_rebuilt() {
    let mut harness = ExecHarness::with_kept_cache();
    let answer = |answer: &str| {
        format!("pub fn answer() -> u32 {{ {answer} + env!(\"MORE\").len() as u32 }}")
    };
    let script = "fn main() { println!(\"cargo:rustc-env=MORE=ab\"); }";
    harness.package("own", &[("src/lib.rs", &answer("40")), ("build.rs", script)]);
    let code = "print!(\"{}\", own::answer());";
    let run = with_crates(&mut harness, vec![beside("own")], code);
    assert_eq!(harness.end(run), ("42".into(), Outcome::Exited(0)));
    harness.package("own", &[("src/lib.rs", &answer("5"))]);
    let run = with_crates(&mut harness, vec![beside("own")], code);
    assert_eq!(harness.end(run), ("7".into(), Outcome::Exited(0)));
}

#[test]
fn cargo_errors_are_shown() {
    let mut harness = ExecHarness::with_kept_cache();
    let run = with_crates(&mut harness, vec![beside("missing")], "fn main() {}");
    let (output, outcome) = harness.end(run);
    assert_eq!(outcome, Outcome::NotCompiled);
    assert!(output.contains("missing/Cargo.toml") && !output.contains("Building"), "{output}");
    harness.package("broken", &[("src/lib.rs", "fn f() { not rust }")]);
    let run = with_crates(&mut harness, vec![beside("broken")], "fn main() {}");
    let (output, outcome) = harness.end(run);
    assert_eq!(outcome, Outcome::NotCompiled);
    assert!(output.contains("src/lib.rs:1") && output.contains("could not compile"), "{output}");
}

#[test]
fn crate_build_can_be_stopped() {
    // With its own cache: cargo locks the target folder.
    let mut harness = ExecHarness::new();
    let script = "fn main() { std::thread::sleep(std::time::Duration::from_secs(1000)); }";
    harness.package("slow", &[("src/lib.rs", ""), ("build.rs", script)]);
    let run = with_crates(&mut harness, vec![beside("slow")], "fn main() {}");
    harness.await_event(|event| match event {
        ExecEvent::Prepared(_, Preparation::Building(how_far)) => {
            how_far.contains("slow").then_some(())
        }
        _ => None,
    });
    harness.executor().stop(run, Stop::Interrupt);
    assert_eq!(harness.end(run).1, Outcome::Stopped);
}
