//! Runs that exceed their limits of time, memory or processes.

use super::*;

#[test]
fn time_limit_ends_run() {
    let mut harness = ExecHarness::new();
    let run = harness.start_request("bash", "echo on; trap '' INT TERM; sleep 1000", |request| {
        request.limits.timeout = Some(Duration::from_millis(300));
    });
    assert_eq!(harness.end(run).1, Outcome::TimedOut);
}

#[test]
fn quick_run_keeps_within_time_limit() {
    let mut harness = ExecHarness::new();
    let run =
        harness.start_request("bash", "echo on", |request| request.limits.timeout = Some(TIMEOUT));
    assert_eq!(harness.end(run), ("on\n".into(), Outcome::Exited(0)));
}

#[test]
fn memory_limit_applies_to_one_run() {
    let mut harness = ExecHarness::new();
    for (language, code, refusal) in [
        ("python", "x = bytearray(1 << 30)", "MemoryError"),
        ("bash", "python3 -c 'x = bytearray(1 << 30)' 2>&1", "MemoryError"),
        (
            "rust",
            "fn main() { let mut x = vec![0_u8; 1 << 30]; x[5] = 1; println!(\"{}\", x[5]); }",
            "alloc",
        ),
    ] {
        let limited = harness.start_request(language, code, |request| {
            request.limits.memory = Some(256 << 20);
        });
        let (output, outcome) = harness.end(limited);
        assert!(output.contains(refusal), "{language}: {output} {outcome:?}");
        assert!(!outcome.is_success(), "{language}");
        let (output, outcome) = harness.run(language, code);
        assert_eq!(outcome, Outcome::Exited(0), "{language}: {output}");
    }
}

#[test]
fn fork_bomb_is_ended() {
    for (language, bomb) in [
        ("bash", "b() { sleep 0.03; b | b & }; b; sleep 1000"),
        ("python", "import os, time\nwhile True:\n    os.fork()\n    time.sleep(0.05)"),
    ] {
        let mut harness = ExecHarness::new();
        let run = harness.start_request(language, bomb, |request| {
            request.limits.processes = Some(60);
        });
        let (_, outcome) = harness.end(run);
        assert_eq!(outcome, Outcome::Signaled(9), "{language}");
        assert_eq!(harness.run("bash", "echo on").0, "on\n");
    }
}

#[test]
fn process_limit_counts_all_sessions() {
    for (language, code) in [
        ("bash", "while :; do setsid -f env -i sleep 1000; done"),
        ("python", "import os\nwhile True: os.system('setsid -f env -i sleep 1000')"),
    ] {
        let mut harness = ExecHarness::new();
        let run = harness.start_request(language, code, |request| {
            request.limits.processes = Some(60);
        });
        assert_eq!(harness.end(run).1, Outcome::Signaled(9), "{language}");
        let trouble = harness.await_event(|event| match event {
            ExecEvent::Warning(what) => Some(what.clone()),
            _ => None,
        });
        assert_eq!(trouble, "ended the block talk.md:7: it had more than 60 processes");
    }
}
