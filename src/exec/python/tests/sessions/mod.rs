//! Sessions: the state that a block gets from earlier ones, and what survives a process that ends.

mod snapshots;
mod variables;

use std::time::{Duration, Instant};

use rstest::rstest;
use rustix::process::{Pid, Signal};

use super::TestMode::{self, Embedded, Standalone};
use super::{PythonHarness, TEST_TIMEOUT, TestRun, plain, pyenv, request};
use crate::exec::Stop;
use crate::exec::python::interpreter_search::InterpreterSearch;
use crate::run::{Event, Outcome, Request, RunId, SessionStart};

/// Returns the request for a block that continues from the run `base`; 0 starts a session.
fn block(id: u64, base: u64, code: &str) -> Request {
    let session = if base == 0 { SessionStart::Fresh } else { SessionStart::After(RunId(base)) };
    Request { session: Some(session), ..request(id, code) }
}

/// The output and outcome of a block, and the events about its state.
#[derive(Debug, PartialEq)]
struct BlockResult {
    text: String,
    how: Outcome,
    kept: bool,
    in_place: bool,
    base_gone: bool,
}

/// Runs a block to its end.
fn run(harness: &PythonHarness, id: u64, base: u64, code: &str) -> BlockResult {
    end(&harness.start_request(&block(id, base, code)))
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

/// Returns the result of a successful block.
fn done(text: &str) -> BlockResult {
    let how = Outcome::Exited(0);
    BlockResult { text: text.to_owned(), how, kept: true, in_place: false, base_gone: false }
}

/// Parses a process number in an output.
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
        assert!(start.elapsed() < TEST_TIMEOUT, "{process:?} is still alive");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn is_alive(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    stat.is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}

const PID: &str = "import os; print(os.getpid())";

#[rstest]
fn block_continues_from_the_previous_one(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    assert_eq!(run(&harness, 1, 0, "x = 41"), done(""));
    assert_eq!(run(&harness, 2, 1, "x += 1; print(x)"), done("42\n"));
    assert_eq!(
        run(&harness, 3, 1, "x += 1; print(x)"),
        done("42\n"),
        "the same snapshot can be used twice"
    );
    assert_eq!(run(&harness, 4, 3, "x += 1; print(x)"), done("43\n"));
    assert_eq!(run(&harness, 5, 0, "x = 9"), done(""));
    assert_eq!(run(&harness, 6, 5, "x += 1; print(x)"), done("10\n"));
    assert_eq!(run(&harness, 7, 4, "print(x)"), done("43\n"), "an older session is unchanged");
}

#[rstest]
fn next_block_sees_environment_folder_and_classes(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import os, sys, colorsys\nos.environ['MARK'] = 'm'\nos.chdir('/')\n\
                sys.path.append('mine')\nclass P:\n    x = 3\ndef f():\n    return 1 / 0";
    assert_eq!(run(&harness, 1, 0, code), done(""));
    let code = "import pickle\nprint(os.environ['MARK'], os.getcwd(), sys.path.count('mine'), __name__)\n\
                print(pickle.loads(pickle.dumps(P())).x, colorsys.__name__, len(sys.argv))";
    assert_eq!(run(&harness, 2, 1, code), done("m / 1 __main__\n3 colorsys 1\n"));
}

#[rstest]
fn random_state_continues_in_the_next_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let expected = run(
        &harness,
        1,
        0,
        "import random\nrandom.seed(1)\nrandom.random()\nprint(random.random())",
    );
    assert_eq!(run(&harness, 2, 0, "import random\nrandom.seed(1)\n_ = random.random()"), done(""));
    assert_eq!(run(&harness, 3, 2, "print(random.random())"), expected);
    assert_eq!(
        run(&harness, 4, 2, "print(random.random())"),
        expected,
        "the same snapshot can be used twice"
    );
    let draw = |id| run(&harness, id, 0, "import random\nprint(random.random())");
    assert_ne!(draw(5), draw(6), "each session has its own seed");
}

#[rstest]
fn traceback_shows_lines_of_an_earlier_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    run(&harness, 1, 0, "def f(x):\n    return 1 / x");
    let mut second = block(2, 1, "f(0)");
    second.code.first_line = 50;
    let result = end(&harness.start_request(&second));
    assert_eq!((&result.how, result.kept), (&Outcome::Raised, true));
    assert!(result.text.contains("line 50, in <module>\n    f(0)\n"), "{}", result.text);
    assert!(result.text.contains("line 43, in f\n    return 1 / x\n"), "{}", result.text);
    assert!(!result.text.contains("livedeck"), "{}", result.text);
}

#[rstest]
#[case("y = 1; 1 / 0", Outcome::Raised, true)]
#[case("y = 1; import sys; sys.exit(3)", Outcome::Exited(3), true)]
#[case("y = 1; import os; os.closerange(3, 100)", Outcome::Exited(0), true)]
#[case("y = 1; import os; os.close(1); os.close(2)", Outcome::Exited(0), true)]
#[case("y = 1; import os; _ = os.fork()", Outcome::Exited(0), true)]
#[case("import os; os._exit(4)", Outcome::Exited(4), false)]
#[case("import ctypes; ctypes.string_at(0)", Outcome::Signaled(11), false)]
#[case("import os; os.kill(os.getpid(), 9)", Outcome::Signaled(9), false)]
fn failure_keeps_the_state_and_a_crash_loses_one_block(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] how: Outcome,
    #[case] kept: bool,
) {
    let harness = PythonHarness::new(mode);
    run(&harness, 1, 0, "x = 41");
    let result = run(&harness, 2, 1, code);
    assert_eq!((result.how, result.kept), (how, kept), "{}", result.text);
    let (base, next) = if kept { (2, "print(x + y)") } else { (1, "print(x + 1)") };
    assert_eq!(run(&harness, 3, base, next), done("42\n"));
}

#[rstest]
fn interrupted_block_keeps_its_state_killed_does_not(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let harness = PythonHarness::new(mode);
    run(&harness, 1, 0, "x = 41");
    let code = "y = 1\nprint('on')\nwhile True: pass";
    for (id, how) in [(2, Stop::Interrupt), (3, Stop::Kill)] {
        let mut running = harness.start_request(&block(id, 1, code));
        running.until("on\n");
        harness.python.stop(running.run, how);
        let result = end(&running);
        assert_eq!((result.how, result.kept), (Outcome::Stopped, how == Stop::Interrupt));
    }
    assert_eq!(run(&harness, 4, 2, "print(x + y)"), done("42\n"));
    assert_eq!(run(&harness, 5, 1, "print(x + 1)"), done("42\n"));
}

#[rstest]
fn early_interrupt_keeps_the_previous_state(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let stopped = |id, base, how| {
        let running = harness.start_request(&block(id, base, "import time\ntime.sleep(60)\nx = 0"));
        harness.python.stop(running.run, how);
        let result = end(&running);
        assert_eq!((result.how, result.kept), (Outcome::Stopped, how == Stop::Interrupt), "{id}");
    };
    stopped(1, 0, Stop::Interrupt);
    assert_eq!(run(&harness, 2, 1, "import os\nx = 41\nprint(__name__)"), done("__main__\n"));
    stopped(3, 2, Stop::Interrupt);
    assert_eq!(run(&harness, 4, 3, "print(x + 1)"), done("42\n"));
    stopped(5, 2, Stop::Kill);
}

#[rstest]
fn timed_out_block_loses_only_itself(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    run(&harness, 1, 0, "x = 41");
    let deaf = "import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(60)";
    let mut second = block(2, 1, deaf);
    // Enough time to start and to ignore the interrupt.
    second.limits.timeout = Some(Duration::from_secs(3));
    let result = end(&harness.start_request(&second));
    assert_eq!((result.how, result.kept), (Outcome::TimedOut, false));
    assert_eq!(run(&harness, 3, 1, "print(x + 1)"), done("42\n"));
}

#[rstest]
fn long_session_does_not_deepen_the_stack(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    run(
        &harness,
        1,
        0,
        "import sys\ndepth = 0\nwhile True:\n    try: sys._getframe(depth)\n    \
                       except ValueError: break\n    depth += 1",
    );
    for id in 2..12 {
        assert_eq!(run(&harness, id, id - 1, "pass"), done(""));
    }
    let code = "try: sys._getframe(depth)\nexcept ValueError: print('as deep')";
    assert_eq!(run(&harness, 12, 11, code), done("as deep\n"));
}

#[rstest]
fn last_value_is_bound_to_underscore(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let shown = BlockResult { text: String::new(), ..done("") };
    assert_eq!(run(&harness, 1, 0, "20 * 2"), shown);
    assert_eq!(run(&harness, 2, 1, "print(_ + 2)\n[_]"), done("42\n"));
    // A block's own `_` is kept.
    assert_eq!(run(&harness, 3, 2, "_ = 'mine'; None"), done(""));
    assert_eq!(run(&harness, 4, 3, "5").how, Outcome::Exited(0));
    assert_eq!(run(&harness, 5, 4, "print(_)"), done("mine\n"));
}

#[rstest]
fn tasks_continue_in_the_next_awaiting_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import asyncio\nasync def count():\n    for n in range(2):\n        \
                await asyncio.sleep(0.001)\n        print(n)\n\
                task = asyncio.create_task(count())\nawait asyncio.sleep(0)";
    assert_eq!(run(&harness, 1, 0, code), done(""));
    assert_eq!(run(&harness, 2, 1, "await task\nprint('done')"), done("0\n1\ndone\n"));
}

#[rstest]
fn tasks_start_without_await_in_sessions(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import asyncio\nasync def f():\n    return 5\ntask = asyncio.create_task(f());";
    assert_eq!(run(&harness, 1, 0, code), done(""));
    assert_eq!(run(&harness, 2, 1, "print(await task)"), done("5\n"));
    // No loop runs where the block itself runs one, or only its functions start tasks.
    let code = "async def g():\n    return await asyncio.create_task(f())\nprint(asyncio.run(g()))";
    assert_eq!(run(&harness, 3, 2, code), done("5\n"));
}

#[rstest]
fn new_processes_skip_the_magics_of_a_session(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import multiprocessing\n%matplotlib inline\ndef f(x):\n    return 2 * x";
    let before = block(1, 0, code);
    let result = end(&harness.start_request(&before));
    assert_eq!(result, done(""));
    let mut next = block(2, 1, "%%script cat\nno Python");
    next.code.first_line = 50;
    assert_eq!(end(&harness.start_request(&next)), done("no Python"));
    let code = "display()\nif __name__ == '__main__':\n    \
                with multiprocessing.get_context('spawn').Pool(1) as pool:\n        \
                print(pool.map(f, [1, 2]))";
    let mut last = block(3, 2, code);
    last.code.first_line = 60;
    assert_eq!(end(&harness.start_request(&last)), done("[2, 4]\n"));
}
