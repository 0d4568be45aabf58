//! Blocks behave like scripts started in a terminal.

use super::*;

#[rstest]
fn block_can_inspect_its_own_source(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import inspect\nfrom dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: int\n\
                def f():\n    return P(1)\nprint(f())\nprint(inspect.getsource(P), end='')\n\
                print(inspect.getsource(f), end='')";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert_eq!(how, Outcome::Exited(0), "{text}");
    let source = "@dataclass\nclass P:\n    x: int\ndef f():\n    return P(1)\n";
    assert_eq!(text, format!("P(x=1)\n{source}"));
}

#[rstest]
fn magics_of_ipython_work(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "%matplotlib inline\nn = 2\n!echo {n + 1}\nlines = !printf 'a\\nb'\nlines";
    assert!(harness.run(code).0.ends_with("['a', 'b']\n"));
    let (text, _) = harness.run("%%time\nn = 40\nn + 2");
    assert!(text.contains("Wall time: ") && text.ends_with("42\n"), "{text}");
    let (text, how) = harness.run("x = 1\n%nope");
    assert!(text.contains("line 43") && text.contains("`%nope` does not work here"), "{text}");
    assert_eq!(how, Outcome::Raised);
    let (text, _) = harness.run("%time 1 +");
    assert!(text.contains("SyntaxError"), "{text}");
    let (text, _) = harness.run("%run gone.py");
    assert!(text.contains("gone.py") && !text.contains("<livedeck>"), "{text}");
    assert!(harness.run("%nope").0.contains("\nUsageError: "));
}

#[rstest]
fn question_mark_describes_a_value(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "def f(a, b=2):\n    'Adds.'\n    return a + b\nx = 3\nf?\n?x\nf??\ngone?";
    let expected = "Signature:      f(a, b=2)\nDocstring:      Adds.\nType:           function\n\
                    Type:           int\nString form:    3\n";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert_eq!(how, Outcome::Exited(0), "{text}");
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("Source:\ndef f(a, b=2):\n    'Adds.'\n"), "{text}");
    assert!(text.ends_with("Object `gone` not found.\n"), "{text}");
}

#[rstest]
fn capture_keeps_output_in_a_variable(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "%%capture kept --no-stderr\nimport atexit\nprint('out')\ndisplay(1)\n\
                atexit.register(lambda: print(repr(kept.stdout), kept.stderr == ''))\n2";
    assert_eq!(harness.run(code), ("'out\\n' True\n".into(), Outcome::Exited(0)));
    let (text, how) = harness.run("%%capture\nx = 1\n1 / 0");
    assert!(text.contains("File \"talk.md\", line 44") && how == Outcome::Raised, "{text}");
}

#[rstest]
fn get_ipython_runs_magics(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "get_ipython().run_line_magic('matplotlib', 'inline')\n\
                print(get_ipython().getoutput('echo a'), 'colab' in str(get_ipython()))";
    assert_eq!(harness.run(code).0, "['a'] False\n");
    // A script that asks whether it runs in a notebook gets the answer of a script.
    let code = "try:\n    get_ipython()\nexcept NameError:\n    print('script')";
    assert_eq!(harness.run(code).0, "script\n");
}

#[rstest]
fn cells_are_files_and_scripts(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let file = harness.folder.path().join("made.txt");
    assert_eq!(harness.run("%%writefile made.txt\none").0, "Writing made.txt\n");
    assert_eq!(harness.run("%%file -a made.txt\ntwo").0, "Appending to made.txt\n");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "one\ntwo\n");
    assert_eq!(harness.run("%cat made.txt").0, "one\ntwo\n");
    assert_eq!(harness.run("%%python3\nprint(__name__)").0, "__main__\n");
    let (text, how) = harness.run("%%script sh\nexit 3");
    assert!(text.contains("`sh` exited with status 3") && how == Outcome::Raised, "{text}");
    let (text, _) = harness.run("%%script no-such-program\nx");
    assert!(text.contains("cannot run `no-such-program`: No such file"), "{text}");
}

#[rstest]
fn classes_beside_magics_have_a_source(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "%matplotlib inline\nimport inspect\nclass P:\n    x = 1\n\
                print(inspect.getsource(P), end='')";
    assert_eq!(PythonHarness::new(mode).run(code).0, "class P:\n    x = 1\n");
}

#[rstest]
fn classes_of_a_block_can_be_pickled(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import multiprocessing, pickle\nclass P:\n    x = 3\ndef f(p):\n    return p.x * 2\n\
                print(pickle.loads(pickle.dumps(P())).x)\n\
                with multiprocessing.get_context('fork').Pool(2) as pool:\n    \
                print(pool.map(f, [P(), P()]))";
    assert_eq!(PythonHarness::new(mode).run(code), ("3\n[6, 6]\n".into(), Outcome::Exited(0)));
}

#[rstest]
fn runs_share_no_state(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let code = "import sys\nx = 1\nsys.path.append('gone')\nimport colorsys\ncolorsys.mark = 1";
    assert_eq!(harness.run(code).1, Outcome::Exited(0));
    let code = "import sys, colorsys\nprint('x' in globals(), 'gone' in sys.path, \
                hasattr(colorsys, 'mark'), sorted(globals()))";
    let names = "['__annotations__', '__builtins__', '__cached__', '__doc__', '__file__', '__loader__', '__name__', \
                 '__package__', '__spec__', 'colorsys', 'sys']";
    assert_eq!(harness.run(code).0, format!("False False False {names}\n"));
}

#[rstest]
fn block_looks_like_a_script_in_a_terminal(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    std::fs::write(harness.folder.path().join("beside.py"), "name = 'beside'").unwrap();
    let code = "import os, sys, beside\nprint(__name__, beside.name, os.getcwd() == sys.path[0])\n\
                print(sys.argv == [__file__], os.path.basename(__file__), __spec__)\n\
                print(sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size())\n\
                print(os.environ['TERM'], sys.stdout.encoding, '\\x1b[31mred\\x1b[0m')\n\
                with open('/dev/tty', 'w') as tty: print('a tty', file=tty)\n\
                print(sys.stdin.read() == '', os.getpid() == os.getsid(0))";
    let (text, _) = harness.run(code);
    let expected = "__main__ beside True\nTrue snippet.py None\n\
                    True True os.terminal_size(columns=91, lines=13)\n\
                    xterm-256color utf-8 \x1b[31mred\x1b[0m\na tty\nTrue True\n";
    assert_eq!(text, expected);
}

#[rstest]
fn worker_environment_does_not_leak_into_runs(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import os, sys\nprint(sorted(n for n in os.environ if 'PYTHON' in n or 'LD_' in n))\n\
                print(sorted(m for m in sys.modules if m == '__main__'))\n\
                print([f for f in os.listdir('/dev/fd') if int(f) > 2 and os.get_inheritable(int(f))] if 0 else '')";
    let (text, _) = PythonHarness::new(mode).run(code);
    let ours = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut ours: Vec<_> = ours
        .filter(|name| name.contains("PYTHON") && name != "PYTHONHOME" || name.contains("LD_"))
        .collect();
    ours.sort();
    let ours = ours.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    assert_eq!(text, format!("[{ours}]\n['__main__']\n\n"));
}

#[rstest]
fn block_ends_when_a_script_would(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import atexit, threading, time\natexit.register(print, 'at exit')\n\
                class Goes:\n    def __del__(self):\n        print('gone')\n\
                held = Goes()\n\
                said = threading.Event()\n\
                def late():\n    said.wait()\n    time.sleep(0.1)\n    print('thread')\n\
                threading.Thread(target=late).start()\n\
                threading.Thread(target=time.sleep, args=[60], daemon=True).start()\n\
                print('main')\nsaid.set()";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert_eq!((text.as_str(), how), ("main\nthread\nat exit\ngone\n", Outcome::Exited(0)));
}

#[rstest]
fn fork_of_a_block_does_not_end_it_twice(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0); print('parent')\n\
                else: print('child')";
    assert_eq!(PythonHarness::new(mode).run(code), ("child\nparent\n".into(), Outcome::Exited(0)));
}

#[rstest]
fn runs_are_concurrent(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let mut first = harness.start(1, "import time\nprint('on')\ntime.sleep(60)");
    first.until("on\n");
    assert_eq!(harness.start(2, "print('second')").end().0, "second\n");
    harness.python.stop(RunId(1), Stop::Kill);
    assert_eq!(first.end(), ("on\n".into(), Outcome::Stopped));
}

#[rstest]
fn pagers_do_not_wait_for_keys(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import os\nprint(os.environ['PAGER'], os.environ['GIT_PAGER'])\nhelp(len)";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert!(text.starts_with("cat cat\nHelp on built-in function len"), "{text}");
    assert_eq!(how, Outcome::Exited(0));
}

#[rstest]
#[case("spawn")]
#[case("forkserver")]
fn spawned_processes_find_functions_of_the_block(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] how: &str,
) {
    let code = format!(
        "import concurrent.futures, multiprocessing as mp\ndef square(x):\n    return x * x\n\n\
         def fail(x):\n    return 1 / x\n\n\
         if __name__ == '__main__':\n    context = mp.get_context('{how}')\n    \
         with context.Pool(2) as pool:\n        print(pool.map(square, range(4)))\n    \
         with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:\n        \
         print(list(pool.map(square, [5])))\n        print(pool.submit(fail, 0).exception().__cause__)"
    );
    let (text, outcome) = PythonHarness::new(mode).run(&code);
    assert!(text.starts_with("[0, 1, 4, 9]\n[25]\n"), "{text}");
    assert!(text.contains("File \"talk.md\", line 47, in fail"), "{text}");
    assert_eq!(outcome, Outcome::Exited(0));
}

#[rstest]
fn spawned_process_has_the_file_of_the_block(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[values("spawn", "forkserver")] how: &str,
) {
    let code = format!(
        "\"\"\"Doc.\"\"\"\nfrom __future__ import annotations\nimport multiprocessing as mp, os, sys\n\
         def tell(queue):\n    main = sys.modules['__main__']\n    \
         queue.put((main.__name__, __doc__, os.path.basename(__file__), os.path.basename(sys.argv[0])))\n\n\
         if __name__ == '__main__':\n    context = mp.get_context('{how}')\n    queue = context.Queue()\n    \
         child = context.Process(target=tell, args=(queue,))\n    child.start()\n    \
         print(queue.get())\n    child.join()\n    print(child.exitcode)"
    );
    let (text, outcome) = PythonHarness::new(mode).run(&code);
    assert_eq!(text, "('__mp_main__', 'Doc.', 'snippet.py', 'snippet.py')\n0\n");
    assert_eq!(outcome, Outcome::Exited(0));
}

#[rstest]
fn manager_and_set_start_method_work(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import multiprocessing as mp\nclass Add:\n    n = 1\n    \
                def __call__(self, x): return self.n + x\n\
                if __name__ == '__main__':\n    mp.set_start_method('spawn')\n    \
                with mp.Manager() as manager, mp.Pool(2) as pool:\n        \
                shared = manager.dict(a=1)\n        print(dict(shared), pool.map(Add(), [1, 2]))";
    let (text, outcome) = PythonHarness::new(mode).run(code);
    assert_eq!((text.as_str(), outcome), ("{'a': 1} [2, 3]\n", Outcome::Exited(0)));
}

#[rstest]
fn main_module_is_a_scripts(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import inspect, sys\nmain = sys.modules['__main__']\n\
                print(type(__loader__).__name__, __loader__.path == __file__, __package__, __spec__)\n\
                print(inspect.getmodule(inspect.currentframe()) is main, \
                inspect.getsource(main)[:10])";
    let (text, outcome) = PythonHarness::new(mode).run(code);
    let expected = "SourceFileLoader True None None\nTrue import ins\n";
    assert_eq!((text.as_str(), outcome), (expected, Outcome::Exited(0)));
}

#[rstest]
#[case::unittest(
    "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(1, 2)\n\
     unittest.main()",
    &["FAIL: test_a (__main__.T", "File \"talk.md\", line 44, in test_a", "FAILED (failures=1)"]
)]
#[case::doctest(
    "def f():\n    \"\"\"\n    >>> f()\n    2\n    \"\"\"\n    return 1\nimport doctest\nprint(doctest.testmod())",
    &["line 44, in __main__.f", "Expected:\n    2\nGot:\n    1", "TestResults(failed=1, attempted=1)"]
)]
#[case::thread(
    "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='T')\nt.start(); t.join()",
    &["Exception in thread T:", "File \"talk.md\", line 43, in <lambda>", "ZeroDivisionError"]
)]
#[case::hook(
    "import sys\nsys.excepthook = lambda kind, value, trace: print('hook', kind.__name__, trace.tb_lineno)\n1 / 0",
    &["hook ZeroDivisionError 44"]
)]
#[case::timeit(
    "import timeit\ndef f(): return 1\nprint(timeit.timeit('f()', 'from __main__ import f', number=3) > 0)",
    &["True"]
)]
#[case::group(
    "import asyncio\nasync def main():\n    try:\n        await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0, 3))\n    \
     finally:\n        print('end')\nasync def fail(): raise RuntimeError('x')\nasyncio.run(main())\nasyncio.run(fail())",
    &["end\n", "File \"talk.md\", line 48, in fail", "RuntimeError: x"]
)]
fn standard_tools_find_the_block(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] expected: &[&str],
) {
    let text = plain(&PythonHarness::new(mode).run(code).0);
    for part in expected {
        assert!(text.contains(part), "{part:?}: {text}");
    }
    assert!(!text.contains("<livedeck>"), "{text}");
}

#[rstest]
fn argparse_names_the_script(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import argparse\nargparse.ArgumentParser().parse_args(['--no'])";
    let (text, outcome) = PythonHarness::new(mode).run(code);
    assert!(plain(&text).contains("usage: snippet.py [-h]"), "{text}");
    assert_eq!(outcome, Outcome::Exited(2));
}

#[rstest]
fn block_has_a_file_of_its_code(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import subprocess, sys\nprint(open(__file__).read().count('\\n'))\n\
                again = sys.argv[1:] == ['again']\n\
                if not again: subprocess.run([*sys.orig_argv, 'again'] if hasattr(sys, 'orig_argv') \
                else [sys.executable, __file__, 'again'])\nprint('again' if again else 'first')";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert_eq!((text.as_str(), how), ("4\n4\nagain\nfirst\n", Outcome::Exited(0)));
}

#[rstest]
fn program_can_replace_itself(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import os, sys\nif len(sys.argv) == 1:\n    \
                os.execv(sys.executable, [sys.executable, *sys.argv, 'x'])\n\
                print(__name__, sys.argv[1:], os.path.basename(sys.argv[0]))";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert_eq!((text.as_str(), how), ("__main__ ['x'] snippet.py\n", Outcome::Exited(0)));
}

#[rstest]
fn objects_travel_between_runs_of_a_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import pickle, subprocess, sys\nclass Point:\n    x = 3\n\
                if len(sys.argv) == 1:\n    \
                sent = subprocess.run([sys.executable, __file__, 'child'], capture_output=True)\n    \
                print(pickle.loads(sent.stdout).x, sent.stderr)\n\
                else:\n    sys.stdout.buffer.write(pickle.dumps(Point()))";
    let (text, how) = PythonHarness::new(mode).run(code);
    assert_eq!((text.as_str(), how), ("3 b''\n", Outcome::Exited(0)));
}

#[rstest]
fn messages_name_the_deck_and_not_the_file(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import faulthandler, sys, traceback, warnings\nwarnings.warn('old')\n\
                faulthandler.dump_traceback(sys.stderr)\ntraceback.print_stack()\n\
                def f(): return 1 / 0\nf()";
    let (text, how) = PythonHarness::new(mode).run(code);
    let text = plain(&text);
    assert_eq!(how, Outcome::Raised);
    assert!(text.contains("talk.md:43: UserWarning: old\n  warnings.warn('old')"), "{text}");
    for line in
        ["line 44 in <module>", "line 45, in <module>", "line 46, in f", "line 47, in <module>"]
    {
        assert!(text.contains(&format!("File \"talk.md\", {line}")), "{line}: {text}");
    }
    assert!(!text.contains("snippet.py") && !text.contains("<livedeck>"), "{text}");
}

#[rstest]
fn stacks_end_at_the_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import inspect, logging, traceback\n\
                def f():\n    print([it.function for it in inspect.stack()])\n    \
                print([it.name for it in traceback.extract_stack()])\n    \
                traceback.print_stack()\n    logging.warning('low', stack_info=True)\nf()\n\
                import warnings\nwarnings.warn('far', stacklevel=2)";
    let harness = PythonHarness::new(mode);
    let (text, how) = harness.run(code);
    let text = plain(&text);
    assert_eq!(how, Outcome::Exited(0));
    assert!(text.starts_with("['f', '<module>']\n['<module>', 'f']\n"), "{text}");
    assert_eq!(text.matches("line 48, in <module>\n    f()\n").count(), 2, "{text}");
    assert!(text.contains("WARNING:root:low\nStack (most recent call last):\n"), "{text}");
    assert!(text.ends_with("\nsys:1: UserWarning: far\n"), "{text}");
    assert!(!text.contains("livedeck") && !text.contains("<string>"), "{text}");
}

#[rstest]
fn debugger_stops_at_the_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let code = "import pdb\ndef f():\n    pdb.set_trace()\n    return 1\nf()";
    let keys = StdinSource::Text("w\nu\nu\nq\n".into());
    let (text, _) = PythonHarness::new(mode).start_reading(code, keys).end();
    let text = plain(&text);
    assert!(text.contains("talk.md(46)<module>()") && text.contains("Oldest frame"), "{text}");
    assert!(!text.contains("livedeck") && !text.contains("<string>"), "{text}");
}

#[rstest]
fn block_of_a_session_restarts_itself(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let first = Request { session: Some(SessionStart::Fresh), ..request(1, "class A: x = 1") };
    assert_eq!(harness.start_request(&first).end().1, Outcome::Exited(0));
    let code = "import inspect, sys\nprint(sys.argv == [__file__], inspect.getsource(A), \
                'inspect' in open(__file__).read())";
    let next = Request { session: Some(SessionStart::After(RunId(1))), ..request(2, code) };
    let next = Request { code: Snippet { first_line: 50, ..next.code.clone() }, ..next };
    let (text, how) = harness.start_request(&next).end();
    assert_eq!((text.as_str(), how), ("True class A: x = 1\n True\n", Outcome::Exited(0)));
}
