//! Blocks that read standard input.

use super::*;

#[rstest]
fn prompted_lines_are_read(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import sys\nname = input('Who? ')\nprint(repr(name), sys.stdin.readline())\n\
                print([*sys.stdin], sys.stdin.isatty(), sys.stdin.name)";
    let given = StdinSource::Text("Zoë\nb\nc\nd".into());
    let (text, how) = harness.start_reading(code, given).end();
    assert_eq!(how, Outcome::Exited(0), "{text}");
    assert_eq!(plain(&text), "Who? Zoë\nb\n'Zoë' b\n\nc\nd\n['c\\n', 'd\\n'] True <stdin>\n");
}

#[rstest]
fn block_waiting_for_input_can_be_interrupted(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "try:\n    input('Who? ')\nexcept KeyboardInterrupt:\n    print('caught')";
    let run = harness.start_reading(code, StdinSource::Speaker);
    while run.events.recv_timeout(TEST_TIMEOUT).expect("it waits")
        != (Event::WaitsForInput { hidden: false })
    {}
    harness.python.stop(run.run, Stop::Interrupt);
    let (text, how) = run.end();
    assert!(text.contains("caught"), "{text}");
    assert_eq!(how, Outcome::Stopped);
}

#[rstest]
fn input_says_that_there_is_none(#[values(Embedded, Standalone)] mode: TestMode) {
    let (text, how) = PythonHarness::new(mode).run("name = input('Who? ')");
    assert_eq!(how, Outcome::Raised);
    let text = plain(&text);
    assert!(text.starts_with("Who? "), "{text}");
    assert!(text.ends_with("EOFError\n"), "{text}");
}

#[rstest]
#[case("import readline")]
#[case("import select, sys\nselect.select([sys.stdin], [], [])")]
fn input_ends_for_readers_that_wait(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] before: &str,
) {
    let code = format!("{before}\ntry:\n    input('Who? ')\nexcept EOFError:\n    print('no one')");
    let (text, how) = PythonHarness::new(mode).run(&code);
    assert!(plain(&text).ends_with("no one\n"), "{text:?}");
    assert_eq!(how, Outcome::Exited(0));
}

#[rstest]
fn block_that_reads_on_is_stopped(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import os, termios, tty\ntty.setraw(0)\nwhile True: os.read(0, 1)";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert!(text.contains("stopped: it waits for input, and there is none here"), "{text:?}");
    assert_eq!(how, Outcome::Stopped);
}
