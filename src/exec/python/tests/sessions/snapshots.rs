//! Snapshots: killed ones, forgotten ones, and the end of the worker.

use rstest::rstest;

use super::*;

#[rstest]
fn killed_snapshot_is_reported(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let first = run(&harness, 1, 0, PID);
    kill(process(&first.text));
    let result = run(&harness, 2, 1, "print('never')");
    assert_eq!((result.text.as_str(), result.base_gone, result.kept), ("", true, false));
    assert!(matches!(result.how, Outcome::NotStarted(_)), "{result:?}");
    assert_eq!(run(&harness, 3, 0, "print('again')"), done("again\n"));
}

#[rstest]
fn run_ends_with_its_killed_snapshot(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let first = run(&harness, 1, 0, PID);
    let code = "print('on')\nimport time\ntime.sleep(60)";
    let mut running = harness.start_request(&block(2, 1, code));
    running.until("on\n");
    kill(process(&first.text));
    // Elsewhere, no kernel ends a process with its parent.
    if cfg!(target_os = "linux") {
        assert_eq!(end(&running).how, Outcome::Signaled(9));
    } else {
        harness.python.stop(running.run, Stop::Kill);
        assert_eq!(end(&running).how, Outcome::Stopped);
    }
}

#[rstest]
fn session_restarts_after_the_worker_was_killed(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let first = run(&harness, 1, 0, PID);
    harness.python.shared.zygote().unwrap().kill();
    if cfg!(target_os = "linux") {
        wait_until_gone(process(&first.text));
        assert!(run(&harness, 2, 1, "print('never')").base_gone);
    }
    assert_eq!(run(&harness, 3, 0, "print('again')"), done("again\n"));
}

#[rstest]
fn forgotten_snapshot_ends_after_its_last_child(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let first = process(&run(&harness, 1, 0, PID).text);
    let second = process(&run(&harness, 2, 1, "x = 1\nprint(os.getpid())").text);
    harness.python.forget(RunId(1));
    assert_eq!(
        run(&harness, 3, 2, "print(x)"),
        done("1\n"),
        "a forgotten snapshot lives while a child needs it"
    );
    assert!(is_alive(first) && is_alive(second));
    for id in [2, 3] {
        harness.python.forget(RunId(id));
    }
    for process in [first, second] {
        wait_until_gone(process);
    }
}

#[rstest]
fn run_forgotten_while_running_keeps_no_snapshot(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(0.1)";
    let mut running = harness.start_request(&block(1, 0, code));
    running.until("\n");
    let process = process(&running.text());
    harness.python.forget(RunId(1));
    end(&running);
    wait_until_gone(process);
}

#[rstest]
fn dropping_the_engine_kills_session_processes(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let first = run(&harness, 1, 0, PID);
    let second = run(&harness, 2, 1, "print(os.getpid())");
    let third = run(
        &harness,
        3,
        1,
        "import threading\nthreading.Thread(target=threading.Event().wait).start()\nprint(os.getpid())",
    );
    drop(harness);
    for result in [first, second, third] {
        wait_until_gone(process(&result.text));
    }
}
