//! Sessions with real Pythons: what a block finds of those before it, and what is left when one of
//! their processes ends.

use std::time::{Duration, Instant};

use rstest::rstest;
use rustix::process::{Pid, Signal};

use super::TestMode::{self, Embedded, Standalone};
use super::{PythonHarness, TEST_TIMEOUT, TestRun, plain, pyenv, request};
use crate::exec::Stop;
use crate::exec::python::interpreter::InterpreterSearch;
use crate::run::{Event, Outcome, Request, RunId, SessionStart};

/// A block of a session that goes on from an earlier run; 0 for the first.
fn block(id: u64, base: u64, code: &str) -> Request {
    let session = if base == 0 { SessionStart::Fresh } else { SessionStart::After(RunId(base)) };
    Request { session: Some(session), ..request(id, code) }
}

/// What a run wrote, how it ended, and what was told of its state.
#[derive(Debug, PartialEq)]
struct BlockResult {
    text: String,
    how: Outcome,
    kept: bool,
    in_place: bool,
    base_gone: bool,
}

/// Runs a block to its end.
fn run(stage: &PythonHarness, id: u64, base: u64, code: &str) -> BlockResult {
    end(&stage.start_request(&block(id, base, code)))
}

fn end(running: &TestRun) -> BlockResult {
    let mut text = running.text.clone();
    let (mut kept, mut in_place, mut base_gone) = (false, false, false);
    loop {
        match running.events.recv_timeout(TEST_TIMEOUT) {
            Ok(Event::Output(bytes)) => text.extend(bytes),
            Ok(Event::SnapshotReady) => kept = true,
            Ok(Event::SharesProcess) => in_place = true,
            Ok(Event::SnapshotLost) => base_gone = true,
            Ok(Event::Finished(how, _)) => {
                let text = plain(&String::from_utf8_lossy(&text));
                return BlockResult { text, how, kept, in_place, base_gone };
            }
            Ok(_) => {}
            Err(error) => panic!("{error}, not ended after {:?}", String::from_utf8_lossy(&text)),
        }
    }
}

/// What a block that went well tells.
fn done(text: &str) -> BlockResult {
    let how = Outcome::Exited(0);
    BlockResult { text: text.to_owned(), how, kept: true, in_place: false, base_gone: false }
}

/// The process that a number in an output means.
fn process(text: &str) -> Pid {
    text.trim().parse().ok().and_then(Pid::from_raw).unwrap()
}

fn kill(process: Pid) {
    rustix::process::kill_process(process, Signal::KILL).unwrap();
    wait_until_gone(process);
}

fn wait_until_gone(process: Pid) {
    let start = Instant::now();
    while is_alive(process) {
        assert!(start.elapsed() < TEST_TIMEOUT, "{process:?} lives on");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn is_alive(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    stat.is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}

const PID: &str = "import os; print(os.getpid())";

#[rstest]
fn a_block_goes_on_from_the_one_before_it(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    assert_eq!(run(&stage, 1, 0, "x = 41"), done(""));
    assert_eq!(run(&stage, 2, 1, "x += 1; print(x)"), done("42\n"));
    assert_eq!(run(&stage, 3, 1, "x += 1; print(x)"), done("42\n"), "from the same state again");
    assert_eq!(run(&stage, 4, 3, "x += 1; print(x)"), done("43\n"));
    assert_eq!(run(&stage, 5, 0, "x = 9"), done(""));
    assert_eq!(run(&stage, 6, 5, "x += 1; print(x)"), done("10\n"));
    assert_eq!(run(&stage, 7, 4, "print(x)"), done("43\n"), "what was known is still known");
}

#[rstest]
fn all_that_a_block_sets_up_is_there(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let code = "import os, sys, colorsys\nos.environ['MARK'] = 'm'\nos.chdir('/')\n\
                sys.path.append('mine')\nclass P:\n    x = 3\ndef f():\n    return 1 / 0";
    assert_eq!(run(&stage, 1, 0, code), done(""));
    let code = "import pickle\nprint(os.environ['MARK'], os.getcwd(), sys.path.count('mine'), __name__)\n\
                print(pickle.loads(pickle.dumps(P())).x, colorsys.__name__, len(sys.argv))";
    assert_eq!(run(&stage, 2, 1, code), done("m / 1 __main__\n3 colorsys 1\n"));
}

#[rstest]
fn random_numbers_go_on_where_the_block_before_stopped(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    let expected =
        run(&stage, 1, 0, "import random\nrandom.seed(1)\nrandom.random()\nprint(random.random())");
    assert_eq!(run(&stage, 2, 0, "import random\nrandom.seed(1)\n_ = random.random()"), done(""));
    assert_eq!(run(&stage, 3, 2, "print(random.random())"), expected);
    assert_eq!(run(&stage, 4, 2, "print(random.random())"), expected, "again from there");
    let draw = |id| run(&stage, id, 0, "import random\nprint(random.random())");
    assert_ne!(draw(5), draw(6), "nothing is drawn before a session begins");
}

#[rstest]
fn a_traceback_shows_the_lines_of_an_earlier_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    run(&stage, 1, 0, "def f(x):\n    return 1 / x");
    let mut second = block(2, 1, "f(0)");
    second.code.first_line = 50;
    let told = end(&stage.start_request(&second));
    assert_eq!((&told.how, told.kept), (&Outcome::Raised, true));
    assert!(told.text.contains("line 50, in <module>\n    f(0)\n"), "{}", told.text);
    assert!(told.text.contains("line 43, in f\n    return 1 / x\n"), "{}", told.text);
    assert!(!told.text.contains("livedeck"), "{}", told.text);
}

#[rstest]
#[case("y = 1; 1 / 0", Outcome::Raised)]
#[case("y = 1; import sys; sys.exit(3)", Outcome::Exited(3))]
#[case("y = 1; import os; os.closerange(3, 100)", Outcome::Exited(0))]
#[case("y = 1; import os; os.close(1); os.close(2)", Outcome::Exited(0))]
#[case("y = 1; import os; _ = os.fork()", Outcome::Exited(0))]
fn what_a_block_did_before_it_failed_is_kept(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] how: Outcome,
) {
    let stage = PythonHarness::new(mode);
    run(&stage, 1, 0, "x = 41");
    let told = run(&stage, 2, 1, code);
    assert_eq!((told.how, told.kept), (how, true), "{}", told.text);
    assert_eq!(run(&stage, 3, 2, "print(x + y)"), done("42\n"));
}

#[rstest]
#[case("import os; os._exit(4)", Outcome::Exited(4))]
#[case("import ctypes; ctypes.string_at(0)", Outcome::Signaled(11))]
#[case("import os; os.kill(os.getpid(), 9)", Outcome::Signaled(9))]
fn a_crash_loses_one_block_only(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] how: Outcome,
) {
    let stage = PythonHarness::new(mode);
    run(&stage, 1, 0, "x = 41");
    let told = run(&stage, 2, 1, code);
    assert_eq!((told.how, told.kept), (how, false), "{}", told.text);
    assert_eq!(run(&stage, 3, 1, "print(x + 1)"), done("42\n"));
}

#[rstest]
fn a_stopped_block_keeps_what_it_did_and_a_killed_one_does_not(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    run(&stage, 1, 0, "x = 41");
    let code = "y = 1\nprint('on')\nwhile True: pass";
    for (id, how) in [(2, Stop::Interrupt), (3, Stop::Kill)] {
        let mut running = stage.start_request(&block(id, 1, code));
        running.until("on\n");
        stage.python.stop(running.run, how);
        let told = end(&running);
        assert_eq!((told.how, told.kept), (Outcome::Stopped, how == Stop::Interrupt));
    }
    assert_eq!(run(&stage, 4, 2, "print(x + y)"), done("42\n"));
    assert_eq!(run(&stage, 5, 1, "print(x + 1)"), done("42\n"));
}

#[rstest]
fn a_block_that_is_interrupted_before_it_began_leaves_the_state_before_it(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    let stopped = |id, base, how| {
        let running = stage.start_request(&block(id, base, "import time\ntime.sleep(60)\nx = 0"));
        stage.python.stop(running.run, how);
        let told = end(&running);
        assert_eq!((told.how, told.kept), (Outcome::Stopped, how == Stop::Interrupt), "{id}");
    };
    stopped(1, 0, Stop::Interrupt);
    assert_eq!(run(&stage, 2, 1, "import os\nx = 41\nprint(__name__)"), done("__main__\n"));
    stopped(3, 2, Stop::Interrupt);
    assert_eq!(run(&stage, 4, 3, "print(x + 1)"), done("42\n"));
    stopped(5, 2, Stop::Kill);
}

#[rstest]
fn a_block_that_takes_too_long_loses_itself_only(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    run(&stage, 1, 0, "x = 41");
    let deaf = "import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(60)";
    let mut second = block(2, 1, deaf);
    // Time enough to begin, and to ignore the interrupt.
    second.limits.timeout = Some(Duration::from_secs(3));
    let told = end(&stage.start_request(&second));
    assert_eq!((told.how, told.kept), (Outcome::TimedOut, false));
    assert_eq!(run(&stage, 3, 1, "print(x + 1)"), done("42\n"));
}

#[rstest]
fn a_base_that_was_killed_is_told_of(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let first = run(&stage, 1, 0, PID);
    kill(process(&first.text));
    let told = run(&stage, 2, 1, "print('never')");
    assert_eq!((told.text.as_str(), told.base_gone, told.kept), ("", true, false));
    assert!(matches!(told.how, Outcome::NotStarted(_)), "{told:?}");
    assert_eq!(run(&stage, 3, 0, "print('again')"), done("again\n"));
}

#[rstest]
fn a_run_goes_with_its_base_or_ends_by_itself(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let first = run(&stage, 1, 0, PID);
    let code = "print('on')\nimport time\ntime.sleep(60)";
    let mut running = stage.start_request(&block(2, 1, code));
    running.until("on\n");
    kill(process(&first.text));
    if mode == Standalone {
        stage.python.stop(running.run, Stop::Kill);
    }
    let how = end(&running).how;
    assert!(matches!(how, Outcome::Signaled(9) | Outcome::Stopped), "{how:?}");
}

#[rstest]
fn a_killed_worker_takes_no_talk_with_it(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let first = run(&stage, 1, 0, PID);
    stage.python.shared.zygote().unwrap().kill();
    if mode == Embedded {
        wait_until_gone(process(&first.text));
        assert!(run(&stage, 2, 1, "print('never')").base_gone);
    }
    assert_eq!(run(&stage, 3, 0, "print('again')"), done("again\n"));
}

#[rstest]
fn what_is_forgotten_ends_when_nothing_goes_on_from_it(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    let first = process(&run(&stage, 1, 0, PID).text);
    let second = process(&run(&stage, 2, 1, "x = 1\nprint(os.getpid())").text);
    stage.python.forget(RunId(1));
    assert_eq!(run(&stage, 3, 2, "print(x)"), done("1\n"), "its base was forgotten, not lost");
    assert!(is_alive(first) && is_alive(second));
    for id in [2, 3] {
        stage.python.forget(RunId(id));
    }
    for process in [first, second] {
        wait_until_gone(process);
    }
}

#[rstest]
fn a_run_forgotten_while_it_runs_leaves_nothing(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let code = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(0.1)";
    let mut running = stage.start_request(&block(1, 0, code));
    running.until("\n");
    let process = process(&running.text());
    stage.python.forget(RunId(1));
    end(&running);
    wait_until_gone(process);
}

#[rstest]
fn beside_threads_the_next_block_runs_in_place(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let code = "import os, threading, time\nx = 41\npid = os.getpid()\n\
                def count():\n    global x\n    while True:\n        time.sleep(0.01)\n\
                threading.Thread(target=count, daemon=True).start()";
    assert_eq!(run(&stage, 1, 0, code), done(""));
    let told = run(&stage, 2, 1, "x += 1\nprint(x, pid == os.getpid(), threading.active_count())");
    assert_eq!(told, BlockResult { in_place: true, ..done("42 True 2\n") });
    assert!(run(&stage, 3, 1, "print('never')").base_gone, "that state has moved on");
    let told = run(&stage, 4, 2, "os._exit(3)");
    assert_eq!((told.how, told.kept), (Outcome::Exited(3), false), "{}", told.text);
    let told = run(&stage, 5, 2, "print('never')");
    assert!(told.base_gone, "{told:?}");
    assert_eq!(run(&stage, 6, 0, "print('again')"), done("again\n"));
}

#[rstest]
fn threads_that_have_ended_are_none(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let code = "from concurrent.futures import ThreadPoolExecutor\n\
                with ThreadPoolExecutor() as pool:\n    print(sum(pool.map(len, ['ab', 'c'])))";
    assert_eq!(run(&stage, 1, 0, code), done("3\n"));
    assert_eq!(run(&stage, 2, 1, "print('fork')"), done("fork\n"));
}

/// The names after a run, as rows of text.
fn names(stage: &PythonHarness, id: u64) -> Result<Vec<String>, String> {
    let (send, told) = std::sync::mpsc::channel();
    stage.python.names(RunId(id), move |names| drop(send.send(names)));
    let names = told.recv_timeout(TEST_TIMEOUT).unwrap()?;
    Ok(names.iter().map(|it| format!("{}: {} = {}", it.name, it.kind, it.value)).collect())
}

#[rstest]
fn the_names_of_a_session_are_told_in_order_and_in_short(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    run(&stage, 1, 0, "import os\nx = 41\n_hidden = 1\nB = 'b' * 1000\nclass P: shape = (2, 3)");
    run(&stage, 2, 1, "x = 'a\\nb'\nq = P()\ndef f(a, *, b=2): return 1");
    let second = names(&stage, 2).unwrap();
    let expected = [
        "B: str = 'bbb",
        "f: function = f(a, *, b=2)",
        "P: type = <class",
        "q: P = 2 × 3: <",
        "x: str = 'a\\nb'",
    ];
    assert_eq!(second.len(), expected.len(), "{second:?}");
    for (name, start) in second.iter().zip(expected) {
        assert!(name.starts_with(start) && name.len() < 320, "{name}");
    }
    let first = names(&stage, 1).unwrap();
    assert_eq!(first.last().unwrap(), "x: int = 41", "each block's own");
    assert!(names(&stage, 3).is_err());
}

#[rstest]
#[case("raise ValueError", Ok("x: X = <X instance at 0x"))]
#[case("import os; os._exit(1)", Err("a value ended the process that looked at it"))]
#[case("print('loud'); return 'quiet'", Ok("x: X = quiet"))]
#[case("while True: pass", Err("it takes too long to look at the values"))]
fn a_value_that_does_not_behave_harms_nobody(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] body: &str,
    #[case] expected: Result<&str, &str>,
) {
    let stage = PythonHarness::new(mode);
    let code = format!("class X:\n    def __repr__(self): {body}\nx = X(); a = 1; del X");
    run(&stage, 1, 0, &code.replace("): while True: pass", "):\n        while True: pass"));
    let names = names(&stage, 1);
    match (&names, expected) {
        (Ok(names), Ok(expected)) => assert!(names[1].starts_with(expected), "{names:?}"),
        (names, expected) => assert_eq!(names.as_ref().err().map(String::as_str), expected.err()),
    }
    assert_eq!(run(&stage, 2, 1, "print(a)"), done("1\n"));
}

/// What is told of names while a thread of an earlier block goes on, and what the next block says.
fn look_beside_threads(stage: &PythonHarness) {
    let code = "import threading, warnings\nx = 41\n\
                threading.Thread(target=threading.Event().wait, daemon=True).start()";
    assert_eq!(run(stage, 1, 0, code), done(""));
    assert_eq!(names(stage, 1).unwrap(), ["x: int = 41"]);
    assert_eq!(
        run(stage, 2, 1, "x += 1; print(x)"),
        BlockResult { in_place: true, ..done("42\n") }
    );
}

#[rstest]
fn names_are_told_beside_threads_too(#[values(Embedded, Standalone)] mode: TestMode) {
    look_beside_threads(&PythonHarness::new(mode));
}

#[rstest]
fn a_python_that_warns_of_forks_beside_threads_does_not(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let Some(python) = pyenv("3.13") else {
        return println!("no Python 3.13 here");
    };
    let folder = tempfile::tempdir().unwrap();
    let places = InterpreterSearch::of(folder.path().to_owned(), Some(python));
    look_beside_threads(&PythonHarness::at(mode, places, folder));
}

#[rstest]
fn a_long_session_is_no_deep_stack(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    run(
        &stage,
        1,
        0,
        "import sys\ndepth = 0\nwhile True:\n    try: sys._getframe(depth)\n    \
                       except ValueError: break\n    depth += 1",
    );
    for id in 2..12 {
        assert_eq!(run(&stage, id, id - 1, "pass"), done(""));
    }
    let code = "try: sys._getframe(depth)\nexcept ValueError: print('as deep')";
    assert_eq!(run(&stage, 12, 11, code), done("as deep\n"));
}

#[rstest]
fn nothing_of_a_session_is_left(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let first = run(&stage, 1, 0, PID);
    let second = run(&stage, 2, 1, "print(os.getpid())");
    let third = run(
        &stage,
        3,
        1,
        "import threading\nthreading.Thread(target=threading.Event().wait).start()\nprint(os.getpid())",
    );
    drop(stage);
    for told in [first, second, third] {
        wait_until_gone(process(&told.text));
    }
}

#[rstest]
fn last_value_has_a_name(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let shown = BlockResult { text: String::new(), ..done("") };
    assert_eq!(run(&stage, 1, 0, "20 * 2"), shown);
    assert_eq!(run(&stage, 2, 1, "print(_ + 2)\n[_]"), done("42\n"));
    // A name that a block gives is its own.
    assert_eq!(run(&stage, 3, 2, "_ = 'mine'; None"), done(""));
    assert_eq!(run(&stage, 4, 3, "5").how, Outcome::Exited(0));
    assert_eq!(run(&stage, 5, 4, "print(_)"), done("mine\n"));
}

#[rstest]
fn tasks_go_on_in_the_next_block_that_awaits(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let code = "import asyncio\nasync def count():\n    for n in range(2):\n        \
                await asyncio.sleep(0.001)\n        print(n)\n\
                task = asyncio.create_task(count())\nawait asyncio.sleep(0)";
    assert_eq!(run(&stage, 1, 0, code), done(""));
    assert_eq!(run(&stage, 2, 1, "await task\nprint('done')"), done("0\n1\ndone\n"));
}
