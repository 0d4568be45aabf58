//! The output of blocks: complete, in order, unchanged.

use super::*;

#[rstest]
fn printed_text_is_output(#[values(Embedded, Standalone)] mode: TestMode) {
    let (text, how) = PythonHarness::new(mode).run("print('hello', 1 + 1)");
    assert_eq!((text.as_str(), how), ("hello 2\n", Outcome::Exited(0)));
}

#[rstest]
fn partial_line_is_shown_at_once(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import time\nprint('part', end='')\ntime.sleep(60)";
    let mut running = harness.start(1, code);
    running.until("part");
    harness.python.stop(running.run, Stop::Kill);
    assert_eq!(running.end(), ("part".into(), Outcome::Stopped));
}

#[rstest]
fn slow_reader_slows_the_block_down(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import itertools\nwith open('written', 'w') as note:\n  for n in itertools.count():\n    \
                print('x' * 999)\n    note.seek(0); note.write(str(n)); note.flush()";
    let (send, events) = std::sync::mpsc::sync_channel(1);
    let request = request(1, code);
    harness.python.start(&request, None, Arc::new(move |event| drop(send.send(event))));
    let written = || std::fs::read_to_string(harness.folder.path().join("written"));
    let lines = || written().ok().and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
    let give_up = Instant::now() + TEST_TIMEOUT;
    // The block is blocked when two checks see the same count.
    let mut before = 0;
    loop {
        thread::sleep(Duration::from_millis(200));
        let now = lines();
        if std::mem::replace(&mut before, now) == now && now > 0 {
            break;
        }
        assert!(Instant::now() < give_up, "the block continues although nothing reads its output");
    }
    assert!((1..1000).contains(&before), "{before} lines fit into the terminal and one event");
    harness.python.stop(RunId(1), Stop::Kill);
    let end = events.iter().find(|event| matches!(event, Event::Finished(..)));
    assert!(matches!(end, Some(Event::Finished(Outcome::Stopped, _))), "{end:?}");
}

#[rstest]
fn output_just_before_the_exit_is_kept(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    for _ in 0..100 {
        let (text, how) = harness.run("import os\nos.write(1, b'x' * 3000)\nos._exit(0)");
        assert_eq!((text.len(), how), (3000, Outcome::Exited(0)));
    }
}

#[rstest]
fn unfinished_line_of_c_code_is_kept(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import ctypes\nctypes.CDLL(None).printf(b'no line end');";
    assert_eq!(PythonHarness::new(mode).run(code).0, "no line end");
}

#[rstest]
fn bytes_are_passed_on_unchanged(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import sys\nsys.stdout.buffer.write(b'\\xff\\x00\\n')\nsys.stdout.buffer.flush()\n\
                print('é 蛇')";
    let mut running = harness.start(1, code);
    running.until("蛇\n");
    assert_eq!(running.text, b"\xff\x00\n\xc3\xa9 \xe8\x9b\x87\n");
}

#[rstest]
fn output_that_is_not_utf_8_is_treated_as_in_a_script(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let code = "import subprocess, sys\nask = [sys.executable, '-c', 'import sys; print(sys.stdout.errors)']\n\
                said = subprocess.run(ask, stdout=subprocess.PIPE).stdout.decode().strip()\n\
                print(sys.stdout.errors == said)";
    assert_eq!(PythonHarness::new(mode).run(code).0, "True\n");
}

#[rstest]
fn output_of_all_sources_keeps_its_order(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import ctypes, os, subprocess, sys\nprint('1')\nos.system('echo 2')\n\
                print('3', file=sys.stderr)\nsubprocess.run(['echo', '4'])\n\
                ctypes.CDLL(None).printf(b'5\\n')\nos.write(1, b'6\\n')\nprint('7')";
    assert_eq!(PythonHarness::new(mode).run(code).0, "1\n2\n3\n4\n5\n6\n7\n");
}
