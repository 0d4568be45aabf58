//! Runs that take more than they may: of time, of memory, of processes.

use super::*;

#[test]
fn a_time_limit_ends_a_run() {
    let mut harness = ExecHarness::new();
    let run = harness.start_request("bash", "echo on; trap '' INT TERM; sleep 1000", |request| {
        request.limits.timeout = Some(Duration::from_millis(300));
    });
    assert_eq!(harness.end(run).1, Outcome::TimedOut);
}

#[test]
fn a_time_limit_leaves_a_quick_run_alone() {
    let mut harness = ExecHarness::new();
    let run =
        harness.start_request("bash", "echo on", |request| request.limits.timeout = Some(LONG));
    assert_eq!(harness.end(run), ("on\n".into(), Outcome::Exited(0)));
}

#[test]
fn a_run_that_takes_too_much_memory_is_refused_it_and_no_other() {
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
fn a_fork_bomb_is_ended_and_the_next_block_runs() {
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
fn limit_counts_processes_of_all_sessions_and_the_block_is_named() {
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
