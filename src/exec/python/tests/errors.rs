//! What goes wrong in a block, told in the deck's words, and how it ends then.

use super::*;

#[rstest]
fn a_traceback_speaks_of_the_deck(#[values(Embedded, Own)] mode: Mode) {
    let (text, how) = Stage::new(mode).run("def f(x):\n    return 1 / x\n\nprint(f(0))");
    assert_eq!(how, Outcome::Raised);
    let text = plain(&text);
    let places: Vec<_> = text.lines().filter(|line| line.contains("File")).collect();
    let expected =
        ["  File \"talk.md\", line 45, in <module>", "  File \"talk.md\", line 43, in f"];
    assert_eq!(places, expected, "{text}");
    assert!(text.contains("    return 1 / x\n"), "{text}");
    assert!(text.ends_with("ZeroDivisionError: division by zero\n"), "{text}");
}

#[rstest]
fn a_syntax_error_speaks_of_the_deck(#[values(Embedded, Own)] mode: Mode) {
    let (text, how) = Stage::new(mode).run("x = 1\ny = = 2\n");
    assert_eq!(how, Outcome::Raised);
    let text = plain(&text);
    assert!(text.starts_with("  File \"talk.md\", line 43\n    y = = 2\n"), "{text}");
    assert!(text.ends_with("SyntaxError: invalid syntax\n"), "{text}");
}

#[rstest]
fn an_error_after_an_error_shows_both(#[values(Embedded, Own)] mode: Mode) {
    let code = "try:\n    {}['a']\nexcept KeyError:\n    int('b')";
    let text = plain(&Stage::new(mode).run(code).0);
    assert!(text.contains("line 43"), "{text}");
    assert!(text.contains("During handling of the above exception"), "{text}");
    assert!(text.contains("line 45"), "{text}");
    assert!(!text.contains("<livedeck>"), "{text}");
}

#[rstest]
#[case("import sys; print('bye'); sys.exit(3)", "bye\n", Outcome::Exited(3))]
#[case("import sys; sys.exit('no such file')", "no such file\n", Outcome::Exited(1))]
#[case("raise SystemExit", "", Outcome::Exited(0))]
#[case("import os; print('bye'); os._exit(4)", "bye\n", Outcome::Exited(4))]
#[case("import os; os.kill(os.getpid(), 15)", "", Outcome::Signaled(15))]
fn it_ends_as_it_says(
    #[values(Embedded, Own)] mode: Mode,
    #[case] code: &str,
    #[case] text: &str,
    #[case] how: Outcome,
) {
    assert_eq!(Stage::new(mode).run(code), (text.into(), how));
}

#[rstest]
fn a_crash_says_where_and_costs_nothing_else(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let code = "import ctypes\ndef f():\n    ctypes.string_at(0)\nprint('before')\nf()";
    let (text, how) = stage.run(code);
    assert_eq!(how, Outcome::Signaled(11));
    assert!(text.starts_with("before\nFatal Python error: Segmentation fault\n"), "{text}");
    assert!(text.contains("  File \"talk.md\", line 44 in f\n"), "{text}");
    assert!(text.ends_with("  File \"talk.md\", line 46 in <module>\n"), "{text}");
    assert_eq!(stage.run("print('again')").0, "again\n");
}

#[rstest]
fn a_worker_that_is_killed_is_replaced(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let mut running = stage.start(1, "import os, time\nprint(os.getppid(), 'on')\ntime.sleep(60)");
    running.until("on\n");
    stage.python.shared.zygote().unwrap().kill();
    let (text, how) = running.end();
    assert_eq!(how, Outcome::Signaled(9));
    assert!(
        text.ends_with("the Python worker was killed; the next run starts a new one\n"),
        "{text}"
    );
    assert_eq!(stage.run("print('again')"), ("again\n".into(), Outcome::Exited(0)));
}
