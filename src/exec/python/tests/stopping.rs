//! Stopping blocks, time limits, and the processes that blocks leave behind.

use super::*;

#[rstest]
fn endless_loop_is_interrupted(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let mut running = harness.start(1, "print('on')\nwhile True:\n    pass");
    running.until("on\n");
    harness.python.stop(running.run, Stop::Interrupt);
    let (text, how) = running.end();
    assert_eq!(how, Outcome::Stopped);
    let lines =
        ["42", "43", "44"].map(|line| format!("on\ninterrupted in line {line} of talk.md\n"));
    assert!(lines.contains(&text), "{text}");
}

#[rstest]
fn interrupt_reaches_child_processes(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    // The process that prints "on" is the one that the block waits for.
    let code = "import os\nos.system('sh -c \"echo on; exec sleep 60\"; echo late')";
    let mut running = harness.start(1, code);
    running.until("on\n");
    harness.python.stop(running.run, Stop::Interrupt);
    let (text, how) = running.end();
    assert_eq!(how, Outcome::Stopped);
    assert!(!text.contains("late"), "{text}");
}

#[rstest]
fn block_that_ignores_interrupts_is_killed(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import signal\nsignal.signal(signal.SIGINT, lambda *_: print('no'))\nprint('on')\n\
                while True:\n    pass";
    let mut running = harness.start(1, code);
    running.until("on\n");
    harness.python.stop(running.run, Stop::Interrupt);
    running.until("no");
    harness.python.stop(running.run, Stop::Kill);
    assert_eq!(running.end().1, Outcome::Stopped);
}

#[rstest]
fn stop_before_the_start_takes_effect(#[values(Embedded, Standalone)] mode: TestMode) {
    for how in [Stop::Interrupt, Stop::Kill] {
        let harness = PythonHarness::new(mode);
        let running = harness.start(1, "import time\ntime.sleep(60)");
        harness.python.stop(running.run, how);
        assert_eq!(running.end().1, Outcome::Stopped);
    }
}

#[rstest]
fn time_limit_stops_the_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let limit = Some(Duration::from_millis(100));
    let code = "import time\ntime.sleep(60)";
    assert_eq!(harness.start_within(1, code, limit).end().1, Outcome::TimedOut);
    let deaf = "import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(60)";
    assert_eq!(harness.start_within(2, deaf, limit).end().1, Outcome::TimedOut);
}

#[rstest]
fn leftover_process_is_read_and_killed_at_the_end(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import subprocess\n\
                wait = 'until test -e go; do sleep 0.01; done; echo late; sleep 60'\n\
                p = subprocess.Popen(['sh', '-c', wait])\nprint(p.pid)";
    let mut running = harness.start(1, code);
    running.until("\n");
    let pid: i32 = running.text().trim().parse().unwrap();
    let mut seen = Vec::new();
    while !running.text().contains("late") {
        if seen.iter().any(|event| matches!(event, Event::Finished(..))) {
            std::fs::write(harness.folder.path().join("go"), "").unwrap();
        }
        match running.events.recv_timeout(TEST_TIMEOUT).unwrap() {
            Event::Output(bytes) => running.text.extend(bytes),
            Event::Background(_) => {}
            event => seen.push(event),
        }
    }
    assert!(matches!(seen.last(), Some(Event::Finished(Outcome::Exited(0), _))), "{seen:?}");
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    assert!(rustix::process::test_kill_process(pid).is_ok());
    drop(harness);
    assert!(rustix::process::test_kill_process(pid).is_err());
}

#[rstest]
fn dropping_the_engine_kills_its_processes(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import os, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n\
                print(os.getpid(), os.getppid(), flush=True)\nwhile True: pass";
    let mut running = harness.start(1, code);
    running.until("\n");
    let text = running.text();
    drop(harness);
    for pid in text.split_whitespace() {
        // They are killed, but may take a while to exit, or stay as zombies.
        let start = Instant::now();
        let runs = || std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        while runs().is_some_and(|stat| !stat.contains(") Z ")) {
            assert!(start.elapsed() < TEST_TIMEOUT, "{pid:?} is alive");
            thread::sleep(Duration::from_millis(5));
        }
    }
    let rest = running.events.try_iter().find(|event| matches!(event, Event::Finished(..)));
    assert_eq!(rest, None, "no events after the engine was dropped");
}

const STOP_PARENT: &str =
    "import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\nprint('on')";

#[rstest]
fn block_that_stopped_its_parent_can_be_killed(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let mut running = harness.start(1, &format!("{STOP_PARENT}\ntime.sleep(1000)"));
    running.until("on\n");
    harness.python.stop(running.run, Stop::Kill);
    assert_eq!(running.end().1, Outcome::Stopped);
    assert_eq!(harness.start(2, "print('again')").end(), ("again\n".into(), Outcome::Exited(0)));
}

#[rstest]
fn end_is_reported_after_the_parent_was_stopped(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    assert_eq!(harness.run(STOP_PARENT), ("on\n".into(), Outcome::Exited(0)));
}

#[rstest]
fn run_starts_after_another_stopped_the_worker(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let mut first = harness.start(1, &format!("{STOP_PARENT}\ntime.sleep(1000)"));
    first.until("on\n");
    // The first may be started by a fork that was already waiting.
    for id in [2, 3] {
        assert_eq!(harness.start(id, "print(6 * 7)").end(), ("42\n".into(), Outcome::Exited(0)));
    }
    harness.python.stop(RunId(1), Stop::Kill);
    assert_eq!(first.end().1, Outcome::Stopped);
}

#[cfg(target_os = "linux")]
#[rstest]
fn nothing_stays_in_shared_memory(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import signal, time\nfrom multiprocessing import get_context, shared_memory\n\
                queue = get_context('spawn').Queue()\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n\
                memory = shared_memory.SharedMemory(create=True, size=10)\n\
                print(memory.name, queue._rlock._semlock.name, 'made', flush=True)\ntime.sleep(60)";
    let mut run = harness.start(1, code);
    run.until("made\n");
    let text = run.text();
    let mut names = text.split_whitespace();
    let memory = Path::new("/dev/shm").join(names.next().unwrap());
    let lock = format!("sem.{}", names.next().unwrap().trim_start_matches('/'));
    let lock = Path::new("/dev/shm").join(lock);
    assert!(memory.exists() && lock.exists(), "{text}");
    harness.python.stop(RunId(1), Stop::Kill);
    assert_eq!(run.end().1, Outcome::Stopped);
    let give_up = Instant::now() + TEST_TIMEOUT;
    while memory.exists() || lock.exists() {
        assert!(Instant::now() < give_up, "{} stays", memory.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}
