//! Blocks that are stopped, or whose time is up, and what is there afterwards.

use super::*;

#[rstest]
fn an_endless_loop_is_interrupted(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let mut running = stage.start(1, "print('on')\nwhile True:\n    pass");
    running.until("on\n");
    stage.python.stop(running.run, Stop::Interrupt);
    let (text, how) = running.end();
    assert_eq!(how, Outcome::Stopped);
    let lines =
        ["42", "43", "44"].map(|line| format!("on\ninterrupted in line {line} of talk.md\n"));
    assert!(lines.contains(&text), "{text}");
}

#[rstest]
fn an_interrupt_reaches_what_the_block_waits_for(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    // What says that it is there is what is waited for.
    let code = "import os\nos.system('sh -c \"echo on; exec sleep 60\"; echo late')";
    let mut running = stage.start(1, code);
    running.until("on\n");
    stage.python.stop(running.run, Stop::Interrupt);
    let (text, how) = running.end();
    assert_eq!(how, Outcome::Stopped);
    assert!(!text.contains("late"), "{text}");
}

#[rstest]
fn what_ignores_an_interrupt_is_killed(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let code = "import signal\nsignal.signal(signal.SIGINT, lambda *_: print('no'))\nprint('on')\n\
                while True:\n    pass";
    let mut running = stage.start(1, code);
    running.until("on\n");
    stage.python.stop(running.run, Stop::Interrupt);
    running.until("no");
    stage.python.stop(running.run, Stop::Kill);
    assert_eq!(running.end().1, Outcome::Stopped);
}

#[rstest]
fn a_stop_before_the_start_holds(#[values(Embedded, Standalone)] mode: TestMode) {
    for how in [Stop::Interrupt, Stop::Kill] {
        let stage = PythonHarness::new(mode);
        let running = stage.start(1, "import time\ntime.sleep(60)");
        stage.python.stop(running.run, how);
        assert_eq!(running.end().1, Outcome::Stopped);
    }
}

#[rstest]
fn its_time_is_limited(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let limit = Some(Duration::from_millis(100));
    let code = "import time\ntime.sleep(60)";
    assert_eq!(stage.start_within(1, code, limit).end().1, Outcome::TimedOut);
    let deaf = "import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(60)";
    assert_eq!(stage.start_within(2, deaf, limit).end().1, Outcome::TimedOut);
}

#[rstest]
fn a_grandchild_left_behind_writes_on_and_dies_with_the_talk(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    let code = "import subprocess\n\
                p = subprocess.Popen(['sh', '-c', 'sleep 0.2; echo late; sleep 60'])\nprint(p.pid)";
    let mut running = stage.start(1, code);
    running.until("\n");
    let pid: i32 = running.text().trim().parse().unwrap();
    let mut seen = Vec::new();
    while !running.text().contains("late") {
        match running.events.recv_timeout(TEST_TIMEOUT).unwrap() {
            Event::Output(bytes) => running.text.extend(bytes),
            Event::Background(_) => {}
            event => seen.push(event),
        }
    }
    assert!(matches!(seen.last(), Some(Event::Finished(Outcome::Exited(0), _))), "{seen:?}");
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    assert!(rustix::process::test_kill_process(pid).is_ok());
    drop(stage);
    assert!(rustix::process::test_kill_process(pid).is_err());
}

#[rstest]
fn dropping_it_ends_everything_at_once(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let code = "import os, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n\
                print(os.getpid(), os.getppid(), flush=True)\nwhile True: pass";
    let mut running = stage.start(1, code);
    running.until("\n");
    let text = running.text();
    drop(stage);
    for pid in text.split_whitespace() {
        // Killed they are; a busy machine may take its time, and leave them unburied.
        let start = Instant::now();
        let runs = || std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        while runs().is_some_and(|stat| !stat.contains(") Z ")) {
            assert!(start.elapsed() < TEST_TIMEOUT, "{pid:?} is alive");
            thread::sleep(Duration::from_millis(5));
        }
    }
    let rest = running.events.try_iter().find(|event| matches!(event, Event::Finished(..)));
    assert_eq!(rest, None, "nobody wants to hear of it");
}

const STOP_PARENT: &str =
    "import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\nprint('on')";

#[rstest]
fn block_that_stops_its_parent_ends_by_a_kill(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let mut running = stage.start(1, &format!("{STOP_PARENT}\ntime.sleep(1000)"));
    running.until("on\n");
    stage.python.stop(running.run, Stop::Kill);
    assert_eq!(running.end().1, Outcome::Stopped);
    assert_eq!(stage.start(2, "print('again')").end(), ("again\n".into(), Outcome::Exited(0)));
}

#[rstest]
fn end_of_a_block_that_stopped_its_parent_is_reported(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    assert_eq!(stage.run(STOP_PARENT), ("on\n".into(), Outcome::Exited(0)));
}

#[rstest]
fn run_starts_though_another_has_stopped_the_worker(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    let mut first = stage.start(1, &format!("{STOP_PARENT}\ntime.sleep(1000)"));
    first.until("on\n");
    // The first of these may be served by a fork that was ready.
    for id in [2, 3] {
        assert_eq!(stage.start(id, "print(6 * 7)").end(), ("42\n".into(), Outcome::Exited(0)));
    }
    stage.python.stop(RunId(1), Stop::Kill);
    assert_eq!(first.end().1, Outcome::Stopped);
}
