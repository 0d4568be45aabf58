//! Errors of blocks, reported by lines of the deck, and exit statuses.

use super::*;

#[rstest]
fn traceback_names_lines_of_the_deck(#[values(Embedded, Standalone)] mode: TestMode) {
    let (text, how) = PythonHarness::new(mode).run("def f(x):\n    return 1 / x\n\nprint(f(0))");
    assert_eq!(how, Outcome::Raised);
    let text = plain(&text);
    let frames: Vec<_> = text.lines().filter(|line| line.contains("File")).collect();
    let expected =
        ["  File \"talk.md\", line 45, in <module>", "  File \"talk.md\", line 43, in f"];
    assert_eq!(frames, expected, "{text}");
    assert!(text.contains("    return 1 / x\n"), "{text}");
    assert!(text.ends_with("ZeroDivisionError: division by zero\n"), "{text}");
}

#[rstest]
fn syntax_error_names_the_line_of_the_deck(#[values(Embedded, Standalone)] mode: TestMode) {
    let (text, how) = PythonHarness::new(mode).run("x = 1\ny = = 2\n");
    assert_eq!(how, Outcome::Raised);
    let text = plain(&text);
    assert!(text.starts_with("  File \"talk.md\", line 43\n    y = = 2\n"), "{text}");
    assert!(text.ends_with("SyntaxError: invalid syntax\n"), "{text}");
}

#[rstest]
fn chained_exceptions_are_both_shown(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "try:\n    {}['a']\nexcept KeyError:\n    int('b')";
    let text = plain(&PythonHarness::new(mode).run(code).0);
    assert!(text.contains("line 43"), "{text}");
    assert!(text.contains("During handling of the above exception"), "{text}");
    assert!(text.contains("line 45"), "{text}");
    assert!(!text.contains("<livedeck>"), "{text}");
}

#[rstest]
fn failed_excepthook_is_reported(#[values(Embedded, Standalone)] mode: TestMode) {
    let code =
        "import sys\ndef hook(*_):\n    raise KeyError('hook')\nsys.excepthook = hook\n1 / 0";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert_eq!(how, Outcome::Raised);
    let text = plain(&text);
    assert!(text.starts_with("Error in sys.excepthook:\nTraceback"), "{text}");
    assert!(text.contains("KeyError: 'hook'\n\nOriginal exception was:\nTraceback"), "{text}");
    assert!(text.contains("line 46") && text.ends_with("division by zero\n"), "{text}");
}

#[rstest]
#[case("import sys; print('bye'); sys.exit(3)", "bye\n", Outcome::Exited(3))]
#[case("import sys; sys.exit('no such file')", "no such file\n", Outcome::Exited(1))]
#[case("raise SystemExit", "", Outcome::Exited(0))]
#[case("import os; print('bye'); os._exit(4)", "bye\n", Outcome::Exited(4))]
#[case("import os; os.kill(os.getpid(), 15)", "", Outcome::Signaled(15))]
fn exit_status_is_reported(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] text: &str,
    #[case] how: Outcome,
) {
    assert_eq!(PythonHarness::new(mode).run(code), (text.into(), how));
}

#[rstest]
fn crash_shows_its_line_and_ends_one_run(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import ctypes\ndef f():\n    ctypes.string_at(0)\nprint('before')\nf()";
    let (text, how) = harness.run(code);
    assert_eq!(how, Outcome::Signaled(11));
    assert!(text.starts_with("before\nFatal Python error: Segmentation fault\n"), "{text}");
    assert!(text.contains("  File \"talk.md\", line 44 in f\n"), "{text}");
    assert!(text.ends_with("  File \"talk.md\", line 46 in <module>\n"), "{text}");
    assert_eq!(harness.run("print('again')").0, "again\n");
}

#[rstest]
fn killed_worker_is_replaced(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let mut running =
        harness.start(1, "import os, time\nprint(os.getppid(), 'on')\ntime.sleep(60)");
    running.until("on\n");
    harness.python.shared.zygote().unwrap().kill();
    let (text, how) = running.end();
    assert_eq!(how, Outcome::Signaled(9));
    assert!(
        text.ends_with("the Python worker was killed; the next run starts a new one\n"),
        "{text}"
    );
    assert_eq!(harness.run("print('again')"), ("again\n".into(), Outcome::Exited(0)));
}

#[rstest]
#[case(
    "readings = [1]\nprint(reading)",
    "name 'reading' is not defined. Did you mean: 'readings'?"
)]
#[case("[].appendd(1)", "'list' object has no attribute 'appendd'. Did you mean: 'append'?")]
#[case("from math import sqroot", ". Did you mean: 'sqrt'?")]
#[case("xyzzy_plugh", "name 'xyzzy_plugh' is not defined")]
#[case(
    "try:\n    prin(1)\nexcept NameError as e:\n    raise ValueError() from e",
    "Did you mean: 'print'?"
)]
fn misspelled_names_get_suggestions(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] expected: &str,
) {
    let text = plain(&PythonHarness::new(mode).run(code).0);
    assert!(text.lines().any(|line| line.ends_with(expected)), "{text}");
}

#[rstest]
#[case("(a +\n b) = 3", "    (a +\n     ^")]
#[case("x = 1\nreturn 3", "    return 3\n    ^")]
#[case("foo(a,\n    b c,\n    d)", "    b c,\n    ^")]
fn syntax_error_shows_the_line_of_the_block(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] expected: &str,
) {
    let harness = PythonHarness::new(mode);
    // The file on disk may differ from the block, for example by quote marks.
    std::fs::write(harness.folder.path().join("talk.md"), "> other\n".repeat(60)).unwrap();
    let text = plain(&harness.run(code).0);
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("other"), "{text}");
}

#[rstest]
fn failed_await_shows_only_lines_of_the_deck(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "async def f():\n    return 1 / 0\nawait f()";
    let text = plain(&PythonHarness::new(mode).run(code).0);
    let frames: Vec<_> = text.lines().filter(|line| line.contains("File")).collect();
    assert_eq!(
        frames,
        ["  File \"talk.md\", line 44, in <module>", "  File \"talk.md\", line 43, in f"],
        "{text}"
    );
}

#[rstest]
fn faulthandler_shows_only_lines_of_the_deck(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import faulthandler\nfaulthandler.enable()\ndef f():\n    faulthandler.dump_traceback()\nf()";
    let (text, _) = PythonHarness::new(mode).run(code);
    let frames: Vec<_> = text.lines().filter(|line| line.contains("File")).collect();
    let expected = ["  File \"talk.md\", line 45 in f", "  File \"talk.md\", line 46 in <module>"];
    assert_eq!(frames, expected, "{text}");
}
