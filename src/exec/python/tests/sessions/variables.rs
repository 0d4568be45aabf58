//! Threads of a session, and listing its variables beside them.

use rstest::rstest;

use super::*;

#[rstest]
fn next_block_runs_in_place_beside_threads(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import os, threading, time\nx = 41\npid = os.getpid()\n\
                def count():\n    global x\n    while True:\n        time.sleep(0.01)\n\
                threading.Thread(target=count, daemon=True).start()";
    assert_eq!(run(&harness, 1, 0, code), done(""));
    let result =
        run(&harness, 2, 1, "x += 1\nprint(x, pid == os.getpid(), threading.active_count())");
    assert_eq!(result, BlockResult { in_place: true, ..done("42 True 2\n") });
    assert!(
        run(&harness, 3, 1, "print('never')").base_gone,
        "the state was taken over by a later block"
    );
    let result = run(&harness, 4, 2, "os._exit(3)");
    assert_eq!((result.how, result.kept), (Outcome::Exited(3), false), "{}", result.text);
    let result = run(&harness, 5, 2, "print('never')");
    assert!(result.base_gone, "{result:?}");
    assert_eq!(run(&harness, 6, 0, "print('again')"), done("again\n"));
}

#[rstest]
fn ended_threads_do_not_count(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "from concurrent.futures import ThreadPoolExecutor\n\
                with ThreadPoolExecutor() as pool:\n    print(sum(pool.map(len, ['ab', 'c'])))";
    assert_eq!(run(&harness, 1, 0, code), done("3\n"));
    assert_eq!(run(&harness, 2, 1, "print('fork')"), done("fork\n"));
}

/// Returns the variables after a run, as lines of text.
fn variables(harness: &PythonHarness, id: u64) -> Result<Vec<String>, String> {
    let (send, result) = std::sync::mpsc::channel();
    harness.python.variables(RunId(id), move |names| drop(send.send(names)));
    let names = result.recv_timeout(TEST_TIMEOUT).unwrap()?;
    Ok(names.iter().map(|it| format!("{}: {} = {}", it.name, it.kind, it.value)).collect())
}

#[rstest]
fn variables_are_listed_in_order_and_shortened(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    run(&harness, 1, 0, "import os\nx = 41\n_hidden = 1\nB = 'b' * 1000\nclass P: shape = (2, 3)");
    run(&harness, 2, 1, "x = 'a\\nb'\nq = P()\ndef f(a, *, b=2): return 1");
    let second = variables(&harness, 2).unwrap();
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
    let first = variables(&harness, 1).unwrap();
    assert_eq!(first.last().unwrap(), "x: int = 41", "each block has its own variables");
    assert!(variables(&harness, 3).is_err());
}

#[rstest]
#[case("raise ValueError", Ok("x: X = <X instance at 0x"))]
#[case("import os; os._exit(1)", Err("inspecting a value ended the process"))]
#[case("print('loud'); return 'quiet'", Ok("x: X = quiet"))]
#[case("while True: pass", Err("inspecting the values takes too long"))]
fn misbehaving_value_does_no_harm(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] body: &str,
    #[case] expected: Result<&str, &str>,
) {
    let harness = PythonHarness::new(mode);
    let code = format!("class X:\n    def __repr__(self): {body}\nx = X(); a = 1; del X");
    run(&harness, 1, 0, &code.replace("): while True: pass", "):\n        while True: pass"));
    let names = variables(&harness, 1);
    match (&names, expected) {
        (Ok(names), Ok(expected)) => assert!(names[1].starts_with(expected), "{names:?}"),
        (names, expected) => assert_eq!(names.as_ref().err().map(String::as_str), expected.err()),
    }
    assert_eq!(run(&harness, 2, 1, "print(a)"), done("1\n"));
}

/// Checks that variables are listed, and the next block runs, beside a thread of an earlier block.
fn look_beside_threads(harness: &PythonHarness) {
    let code = "import threading, warnings\nx = 41\n\
                threading.Thread(target=threading.Event().wait, daemon=True).start()";
    assert_eq!(run(harness, 1, 0, code), done(""));
    assert_eq!(variables(harness, 1).unwrap(), ["x: int = 41"]);
    assert_eq!(
        run(harness, 2, 1, "x += 1; print(x)"),
        BlockResult { in_place: true, ..done("42\n") }
    );
}

#[rstest]
fn variables_are_listed_beside_threads(#[values(Embedded, Standalone)] mode: TestMode) {
    look_beside_threads(&PythonHarness::new(mode));
}

#[rstest]
fn fork_warnings_beside_threads_are_hidden(#[values(Embedded, Standalone)] mode: TestMode) {
    let Some(python) = pyenv("3.13") else {
        return println!("no Python 3.13 here");
    };
    let folder = tempfile::tempdir().unwrap();
    let search = InterpreterSearch::of(folder.path().to_owned(), Some(python));
    look_beside_threads(&PythonHarness::at(mode, search, folder));
}
