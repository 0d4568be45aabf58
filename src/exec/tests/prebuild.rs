//! Builds in the background: their order, and how they are cancelled.

use super::rust::{SEED, run_rust};
use super::*;
use crate::exec::os::procfs;

/// Returns code that takes minutes to compile.
fn slow(name: &str) -> String {
    format!(
        "#![allow(long_running_const_eval)]
        const fn spin(n: u64) -> u64 {{ let mut i = 0; while i < n {{ i += 1; }} i }}
        const LONG: u64 = spin(4_000_000_000);
        fn main() {{ println!(\"{name} {{LONG}}\"); }}"
    )
}

#[test]
fn prepared_block_runs_without_compiling() {
    let mut harness = ExecHarness::new();
    let ready = snippet("rust", SEED, 7);
    let wrong = snippet("rust", "fn main() { 1 + }", 20);
    harness.executor().prepare(vec![ready.clone(), snippet("bash", "exit", 3), wrong.clone()], &[]);
    harness.wait_for_preparation(&ready, Preparation::Compiling);
    harness.wait_for_preparation(&ready, Preparation::Ready);
    harness.wait_for_preparation(&wrong, Preparation::Failed);
    let output = "applying a function: 5\n".to_owned();
    assert_eq!(run_rust(&mut harness, SEED), (output, Outcome::Exited(0), false));
    harness.executor().prepare(vec![ready.clone()], &[]);
    harness.wait_for_preparation(&ready, Preparation::Ready);
}

#[test]
fn run_does_not_wait_for_background_builds() {
    let mut harness = ExecHarness::new();
    let slow = [snippet("rust", &slow("one"), 7), snippet("rust", &slow("two"), 30)];
    harness.executor().prepare(slow.to_vec(), &[]);
    harness.wait_for_preparation(&slow[1], Preparation::Compiling);
    let output = "applying a function: 5\n".to_owned();
    assert_eq!(run_rust(&mut harness, SEED), (output, Outcome::Exited(0), true));
    let events = harness.earlier.borrow();
    assert!(
        !events.iter().any(|event| matches!(event, ExecEvent::Prepared(_, Preparation::Ready)))
    );
}

#[test]
fn stop_ends_compiler() {
    let mut harness = ExecHarness::new();
    let run = harness.start("rust", &slow("never"));
    assert_eq!(harness.next(run), RunEvent::Compiling);
    harness.executor().stop(run, Stop::Interrupt);
    assert!(matches!(harness.next(run), RunEvent::Finished(Outcome::Stopped, _)));
}

/// `rustc` handles SIGINT, and exits as if the code had errors.
#[cfg(target_os = "linux")]
#[test]
fn interrupted_build_leaves_no_errors() {
    let mut harness = ExecHarness::new();
    let run = harness.start("rust", &slow("never"));
    assert_eq!(harness.next(run), RunEvent::Compiling);
    let cache = harness.folder.path().join("cache");
    wait_until("the compiler does not handle SIGINT", || handles_interrupts(&cache));
    harness.executor().stop(run, Stop::Interrupt);
    assert!(matches!(harness.next(run), RunEvent::Finished(Outcome::Stopped, _)));
    let kept = fs::read_dir(cache.join("rust")).unwrap().flatten();
    assert_eq!(kept.filter(|entry| entry.path().join("errors").exists()).count(), 0);
}

/// Returns whether a process whose command line contains this folder handles SIGINT.
#[cfg(target_os = "linux")]
fn handles_interrupts(folder: &Path) -> bool {
    let of = |process: &procfs::Process, file: &str| {
        let path = format!("/proc/{}/{file}", process.pid.as_raw_nonzero());
        String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
    };
    let names_it = |process: &procfs::Process| {
        of(process, "cmdline").contains(&folder.to_string_lossy().into_owned())
    };
    let handles = |process: &procfs::Process| {
        let status = of(process, "status");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.is_some_and(|mask| mask & 2 != 0)
    };
    procfs::descendants().iter().filter(|process| names_it(process)).any(handles)
}

#[test]
fn unwanted_build_is_cancelled() {
    let harness = ExecHarness::new();
    let slow = snippet("rust", &slow("never"), 7);
    let other = snippet("rust", SEED, 7);
    harness.executor().prepare(vec![slow.clone()], &[]);
    harness.wait_for_preparation(&slow, Preparation::Compiling);
    harness.executor().prepare(vec![other.clone()], &[]);
    harness.wait_for_preparation(&other, Preparation::Ready);
    let events = harness.earlier.borrow();
    assert!(!events.contains(&ExecEvent::Prepared(slow.fingerprint, Preparation::Ready)));
}

#[test]
fn end_of_talk_removes_unfinished_build() {
    let mut harness = ExecHarness::new();
    let run = harness.start("rust", &slow("never"));
    assert_eq!(harness.next(run), RunEvent::Compiling);
    harness.leave();
    assert!(matches!(harness.next(run), RunEvent::Finished(_, Duration::ZERO)));
    let built = fs::read_dir(harness.folder.path().join("cache/rust"));
    assert_eq!(built.map_or(0, Iterator::count), 0);
}
