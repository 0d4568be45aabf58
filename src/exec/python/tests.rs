//! Real Pythons, each way to run them: every test here holds for the embedded interpreter and for
//! one in a process of its own.

#![expect(clippy::disallowed_methods, reason = "tests look at the files that blocks write")]

#[path = "display_tests.rs"]
mod display;

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use rstest::rstest;

use super::*;
use crate::deck::Fingerprint;
use crate::run::{Input, Limits, Snippet, Target};

/// Makes the test program what the real one is when it is started as a worker.
mod as_worker {
    #![expect(unsafe_code, reason = "the test harness owns `main`, so this must come before it")]

    #[used]
    #[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
    #[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
    static BEFORE_MAIN: extern "C" fn() = {
        extern "C" fn serve() {
            if let Some(code) = super::worker_entry() {
                #[expect(clippy::exit, reason = "`main` must not follow")]
                std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
            }
        }
        serve
    };
}

/// How Python runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mode {
    Embedded,
    Own,
}
use Mode::{Embedded, Own};

/// Longer than anything here takes on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A deck's Python, and what it says.
pub(super) struct Stage {
    pub(super) python: Python,
    pub(super) folder: tempfile::TempDir,
}

impl Stage {
    pub(super) fn new(mode: Mode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut places = Places::of(folder.path().to_owned(), None);
        places.virtual_env = None;
        Self::at(mode, places, folder)
    }

    pub(super) fn at(mode: Mode, places: Places, folder: tempfile::TempDir) -> Self {
        let mode = if cfg!(embed) { mode } else { without_library(mode) };
        let cache = folder.path().join("cache");
        let python = Python::at(places, cache.clone(), Default::default());
        let mut worker = lock(&python.shared.worker);
        let interpreter =
            worker.interpreter(&python.shared.places, &python.shared.family, &cache).unwrap();
        match mode {
            Own => worker.ways = [Way::Own].into(),
            Embedded if matches!(worker.ways.front(), Some(Way::Embedded { .. })) => {
                worker.ways.truncate(1);
            }
            Embedded => panic!("{interpreter:?} cannot be embedded: is there a libpython?"),
        }
        drop(worker);
        Self { python, folder }
    }

    fn start(&self, id: u64, code: &str) -> Running {
        self.start_within(id, code, None)
    }

    fn start_within(&self, id: u64, code: &str, timeout: Option<Duration>) -> Running {
        let mut request = request(id, code);
        request.limits.timeout = timeout;
        self.start_request(&request)
    }

    fn start_reading(&self, code: &str, input: Input) -> Running {
        self.start_request(&Request { input, ..request(1, code) })
    }

    pub(super) fn start_request(&self, request: &Request) -> Running {
        let (send, events) = channel();
        self.python.start(request, None, Arc::new(move |event| drop(send.send(event))));
        Running { run: request.run, events, text: Vec::new() }
    }

    fn run(&self, code: &str) -> (String, Outcome) {
        self.start(1, code).end()
    }
}

/// A build without a libpython has one mode left; what it was asked for is said, not skipped.
fn without_library(mode: Mode) -> Mode {
    if mode == Embedded {
        println!("no libpython in this build: tried in the interpreter's own process");
    }
    Own
}

pub(super) fn request(id: u64, code: &str) -> Request {
    let code = Snippet {
        language: "python".into(),
        alternative: None,
        code: code.into(),
        rust: None,
        session: None,
        module: None,
        is_timed: false,
        environment: Vec::new(),
        fingerprint: Fingerprint(0),
        file: "talk.md".into(),
        first_line: 42,
    };
    Request {
        run: RunId(id),
        code,
        columns: 91,
        rows: 13,
        limits: Limits::default(),
        target: Target::Terminal,
        session: None,
        input: Input::Nothing,
    }
}

pub(super) struct Running {
    pub(super) run: RunId,
    pub(super) events: Receiver<Event>,
    pub(super) text: Vec<u8>,
}

impl Running {
    /// Waits until this was written.
    pub(super) fn until(&mut self, text: &str) {
        let give_up = Instant::now() + PATIENCE;
        while !self.text().contains(text) {
            match self.events.recv_timeout(give_up.saturating_duration_since(Instant::now())) {
                Ok(Event::Output(bytes)) => self.text.extend(bytes),
                Ok(Event::Finished(how, _)) => panic!("{how:?} before {text:?}: {}", self.text()),
                Ok(_) => {}
                Err(error) => panic!("{error} before {text:?}: {}", self.text()),
            }
        }
    }

    pub(super) fn end(mut self) -> (String, Outcome) {
        loop {
            match self.events.recv_timeout(PATIENCE) {
                Ok(Event::Output(bytes)) => self.text.extend(bytes),
                Ok(Event::Finished(how, _)) => return (self.text(), how),
                Ok(_) => {}
                Err(error) => panic!("{error}, not ended after {:?}", self.text()),
            }
        }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

#[rstest]
fn it_prints(#[values(Embedded, Own)] mode: Mode) {
    let (text, how) = Stage::new(mode).run("print('hello', 1 + 1)");
    assert_eq!((text.as_str(), how), ("hello 2\n", Outcome::Exited(0)));
}

#[rstest]
fn part_of_a_line_shows_before_the_line_ends(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let code = "import time\nprint('part', end='')\ntime.sleep(60)";
    let mut running = stage.start(1, code);
    running.until("part");
    stage.python.stop(running.run, Stop::Kill);
    assert_eq!(running.end(), ("part".into(), Outcome::Stopped));
}

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
fn a_block_can_read_its_own_source(#[values(Embedded, Own)] mode: Mode) {
    let code = "import inspect\nfrom dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: int\n\
                def f():\n    return P(1)\nprint(f())\nprint(inspect.getsource(P), end='')\n\
                print(inspect.getsource(f), end='')";
    let (text, how) = Stage::new(mode).run(code);
    assert_eq!(how, Outcome::Exited(0), "{text}");
    let source = "@dataclass\nclass P:\n    x: int\ndef f():\n    return P(1)\n";
    assert_eq!(text, format!("P(x=1)\n{source}"));
}

#[rstest]
fn its_classes_can_be_pickled_and_sent_to_processes(#[values(Embedded, Own)] mode: Mode) {
    let code = "import multiprocessing, pickle\nclass P:\n    x = 3\ndef f(p):\n    return p.x * 2\n\
                print(pickle.loads(pickle.dumps(P())).x)\n\
                with multiprocessing.get_context('fork').Pool(2) as pool:\n    \
                print(pool.map(f, [P(), P()]))";
    assert_eq!(Stage::new(mode).run(code), ("3\n[6, 6]\n".into(), Outcome::Exited(0)));
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
fn an_endless_loop_is_interrupted(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
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
fn an_interrupt_reaches_what_the_block_waits_for(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let mut running = stage.start(1, "import os\nprint('on')\nos.system('sleep 60; echo late')");
    running.until("on\n");
    thread::sleep(Duration::from_millis(50));
    stage.python.stop(running.run, Stop::Interrupt);
    let (text, how) = running.end();
    assert_eq!(how, Outcome::Stopped);
    assert!(!text.contains("late"), "{text}");
}

#[rstest]
fn what_ignores_an_interrupt_is_killed(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
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
fn a_stop_before_the_start_holds(#[values(Embedded, Own)] mode: Mode) {
    for how in [Stop::Interrupt, Stop::Kill] {
        let stage = Stage::new(mode);
        let running = stage.start(1, "import time\ntime.sleep(60)");
        stage.python.stop(running.run, how);
        assert_eq!(running.end().1, Outcome::Stopped);
    }
}

#[rstest]
fn its_time_is_limited(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let limit = Some(Duration::from_millis(100));
    let code = "import time\ntime.sleep(60)";
    assert_eq!(stage.start_within(1, code, limit).end().1, Outcome::TimedOut);
    let deaf = "import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(60)";
    assert_eq!(stage.start_within(2, deaf, limit).end().1, Outcome::TimedOut);
}

#[rstest]
fn a_flood_is_held_back_by_whoever_reads_it(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let code = "import itertools\nwith open('written', 'w') as note:\n  for n in itertools.count():\n    \
                print('x' * 999)\n    note.seek(0); note.write(str(n)); note.flush()";
    let (send, events) = std::sync::mpsc::sync_channel(1);
    let request = request(1, code);
    stage.python.start(&request, None, Arc::new(move |event| drop(send.send(event))));
    let written = || std::fs::read_to_string(stage.folder.path().join("written"));
    let lines = || written().ok().and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
    let give_up = Instant::now() + PATIENCE;
    while lines() == 0 && Instant::now() < give_up {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(500));
    let before = lines();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(lines(), before, "goes on though nobody reads");
    assert!((1..1000).contains(&before), "{before} lines fit into the terminal and one event");
    stage.python.stop(RunId(1), Stop::Kill);
    let end = events.iter().find(|event| matches!(event, Event::Finished(..)));
    assert!(matches!(end, Some(Event::Finished(Outcome::Stopped, _))), "{end:?}");
}

#[rstest]
fn nothing_written_at_the_very_end_is_lost(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    for _ in 0..100 {
        let (text, how) = stage.run("import os\nos.write(1, b'x' * 3000)\nos._exit(0)");
        assert_eq!((text.len(), how), (3000, Outcome::Exited(0)));
    }
}

#[rstest]
fn bytes_pass_as_they_are(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let code = "import sys\nsys.stdout.buffer.write(b'\\xff\\x00\\n')\nsys.stdout.buffer.flush()\n\
                print('\\udcff é 蛇')";
    let mut running = stage.start(1, code);
    running.until("蛇\n");
    assert_eq!(running.text, b"\xff\x00\n? \xc3\xa9 \xe8\x9b\x87\n");
}

#[rstest]
fn all_that_writes_keeps_its_order(#[values(Embedded, Own)] mode: Mode) {
    let code = "import ctypes, os, subprocess, sys\nprint('1')\nos.system('echo 2')\n\
                print('3', file=sys.stderr)\nsubprocess.run(['echo', '4'])\n\
                ctypes.CDLL(None).printf(b'5\\n')\nos.write(1, b'6\\n')\nprint('7')";
    assert_eq!(Stage::new(mode).run(code).0, "1\n2\n3\n4\n5\n6\n7\n");
}

#[rstest]
fn each_run_is_fresh(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let code = "import sys\nx = 1\nsys.path.append('gone')\nimport colorsys\ncolorsys.mark = 1";
    assert_eq!(stage.run(code).1, Outcome::Exited(0));
    let code = "import sys, colorsys\nprint('x' in globals(), 'gone' in sys.path, \
                hasattr(colorsys, 'mark'), sorted(globals()))";
    let names = "['__builtins__', '__doc__', '__file__', '__loader__', '__name__', '__package__', \
                 '__spec__', 'colorsys', 'sys']";
    assert_eq!(stage.run(code).0, format!("False False False {names}\n"));
}

#[rstest]
fn it_looks_like_a_script_in_a_terminal(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    std::fs::write(stage.folder.path().join("beside.py"), "name = 'beside'").unwrap();
    let code = "import os, sys, beside\nprint(__name__, beside.name, os.getcwd() == sys.path[0])\n\
                print(sys.argv == [__file__], os.path.basename(__file__))\n\
                print(sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size())\n\
                print(os.environ['TERM'], sys.stdout.encoding, '\\x1b[31mred\\x1b[0m')\n\
                try: open('/dev/tty')\nexcept OSError as error: print('no tty')\n\
                print(sys.stdin.read() == '', os.getpid() == os.getsid(0))";
    let (text, _) = stage.run(code);
    let expected = "__main__ beside True\nTrue talk.md\n\
                    True True os.terminal_size(columns=91, lines=13)\n\
                    xterm-256color utf-8 \x1b[31mred\x1b[0m\nno tty\nTrue True\n";
    assert_eq!(text, expected);
}

#[rstest]
fn what_the_worker_needs_does_not_leak(#[values(Embedded, Own)] mode: Mode) {
    let code = "import os, sys\nprint(sorted(n for n in os.environ if 'PYTHON' in n or 'LD_' in n))\n\
                print(sorted(m for m in sys.modules if m == '__main__'))\n\
                print([f for f in os.listdir('/dev/fd') if int(f) > 2 and os.get_inheritable(int(f))] if 0 else '')";
    let (text, _) = Stage::new(mode).run(code);
    let ours = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut ours: Vec<_> = ours
        .filter(|name| name.contains("PYTHON") && name != "PYTHONHOME" || name.contains("LD_"))
        .collect();
    ours.sort();
    let ours = ours.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    assert_eq!(text, format!("[{ours}]\n['__main__']\n\n"));
}

#[rstest]
fn lines_are_asked_for_and_read(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let code = "import sys\nname = input('Who? ')\nprint(repr(name), sys.stdin.readline())\n\
                print([*sys.stdin], sys.stdin.isatty())";
    let given = Input::Given("Zoë\nb\nc\nd".into());
    let (text, how) = stage.start_reading(code, given).end();
    assert_eq!(how, Outcome::Exited(0), "{text}");
    assert_eq!(plain(&text), "Who? Zoë\nb\n'Zoë' b\n\nc\nd\n['c\\n', 'd\\n'] True\n");
}

#[rstest]
fn a_block_that_waits_for_a_line_can_be_interrupted(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let code = "try:\n    input('Who? ')\nexcept KeyboardInterrupt:\n    print('caught')";
    let run = stage.start_reading(code, Input::Speaker);
    while run.events.recv_timeout(PATIENCE).expect("it waits") != (Event::Waits { hidden: false }) {
    }
    stage.python.stop(run.run, Stop::Interrupt);
    let (text, how) = run.end();
    assert!(text.contains("caught"), "{text}");
    assert_eq!(how, Outcome::Stopped);
}

#[rstest]
fn input_says_that_there_is_none(#[values(Embedded, Own)] mode: Mode) {
    let (text, how) = Stage::new(mode).run("name = input('Who? ')");
    assert_eq!(how, Outcome::Raised);
    let text = plain(&text);
    assert!(text.starts_with("Who? "), "{text}");
    assert!(text.ends_with("EOFError\n"), "{text}");
}

#[rstest]
fn it_ends_when_a_script_would(#[values(Embedded, Own)] mode: Mode) {
    let code = "import atexit, threading, time\natexit.register(print, 'at exit')\n\
                class Goes:\n    def __del__(self):\n        print('gone')\n\
                held = Goes()\n\
                def late():\n    time.sleep(0.1)\n    print('thread')\n\
                threading.Thread(target=late).start()\n\
                threading.Thread(target=time.sleep, args=[60], daemon=True).start()\nprint('main')";
    let (text, how) = Stage::new(mode).run(code);
    assert_eq!((text.as_str(), how), ("main\nthread\nat exit\ngone\n", Outcome::Exited(0)));
}

#[rstest]
fn a_fork_of_a_block_does_not_end_it_twice(#[values(Embedded, Own)] mode: Mode) {
    let code = "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0); print('parent')\n\
                else: print('child')";
    assert_eq!(Stage::new(mode).run(code), ("child\nparent\n".into(), Outcome::Exited(0)));
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

#[rstest]
fn runs_go_on_side_by_side(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let mut first = stage.start(1, "import time\nprint('on')\ntime.sleep(60)");
    first.until("on\n");
    assert_eq!(stage.start(2, "print('second')").end().0, "second\n");
    stage.python.stop(RunId(1), Stop::Kill);
    assert_eq!(first.end(), ("on\n".into(), Outcome::Stopped));
}

#[rstest]
fn a_virtual_environment_gives_its_packages(#[values(Embedded, Own)] mode: Mode) {
    let folder = tempfile::tempdir().unwrap();
    let mut places = Places::of(folder.path().to_owned(), None);
    places.virtual_env = None;
    let python = places.choose(&Family::new()).unwrap().executable;
    make_environment(&python, &folder.path().join(".venv"));
    let stage = Stage::at(mode, places, folder);
    let code = "import sys, snake, subprocess\nprint(snake.says, sys.prefix.endswith('.venv'))\n\
                subprocess.run(['python3', '-c', 'import snake; print(snake.says)'])\n\
                subprocess.run([sys.executable, '-c', 'import snake; print(snake.says)']);";
    assert_eq!(stage.run(code), ("hiss True\nhiss\nhiss\n".into(), Outcome::Exited(0)));
}

#[test]
fn with_no_python_at_all_a_run_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut places = Places::of(folder.path().to_owned(), None);
    places.virtual_env = None;
    places.path = folder.path().into();
    let python = Python::at(places, folder.path().join("cache"), Default::default());
    let stage = Stage { python, folder };
    let (_, how) = stage.run("print(1)");
    let Outcome::NotStarted(why) = how else { panic!("{how:?}") };
    assert!(why.starts_with("no Python here: looked at `$VIRTUAL_ENV`"), "{why}");
}

#[rstest]
#[case("3.9")]
#[case("3.10")]
#[case("3.12")]
#[case("3.13")]
fn another_python_runs_in_the_same_program(
    #[values(Embedded, Own)] mode: Mode,
    #[case] version: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let Some(named) = pyenv(version) else {
        println!("not tried: pyenv has no Python {version} here");
        return;
    };
    let environment = folder.path().join(".venv");
    make_environment(Path::new(&named), &environment);
    for named in [Some(named), None] {
        let mut places = Places::of(folder.path().to_owned(), named);
        places.virtual_env = None;
        let stage = Stage::at(mode, places, tempfile::tempdir().unwrap());
        let code = "import os, sys, ssl, ctypes\nprint('%d.%d' % sys.version_info[:2], \
                    os.environ.get('LD_LIBRARY_PATH'))\n1 / 0";
        let (text, how) = stage.run(code);
        let text = plain(&text);
        assert_eq!(how, Outcome::Raised, "{text}");
        let before = std::env::var("LD_LIBRARY_PATH").unwrap_or("None".into());
        assert!(text.starts_with(&format!("{version} {before}\n")), "{text}");
        assert!(text.contains("File \"talk.md\", line 44"), "{text}");
        assert!(!text.contains("<livedeck>"), "{text}");
    }
}

#[rstest]
fn a_grandchild_left_behind_writes_on_and_dies_with_the_talk(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
    let code = "import subprocess\n\
                p = subprocess.Popen(['sh', '-c', 'sleep 0.2; echo late; sleep 60'])\nprint(p.pid)";
    let mut running = stage.start(1, code);
    running.until("\n");
    let pid: i32 = running.text().trim().parse().unwrap();
    let mut seen = Vec::new();
    while !running.text().contains("late") {
        match running.events.recv_timeout(PATIENCE).unwrap() {
            Event::Output(bytes) => running.text.extend(bytes),
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
fn dropping_it_ends_everything_at_once(#[values(Embedded, Own)] mode: Mode) {
    let stage = Stage::new(mode);
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
            assert!(start.elapsed() < Duration::from_secs(20), "{pid:?} is alive");
            thread::sleep(Duration::from_millis(5));
        }
    }
    let rest = running.events.try_iter().find(|event| matches!(event, Event::Finished(..)));
    assert_eq!(rest, None, "nobody wants to hear of it");
}

/// Text without colours, which newer Pythons give their tracebacks.
pub(super) fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// A virtual environment with one module in it; where its modules are.
pub(super) fn make_environment(python: &Path, environment: &Path) -> PathBuf {
    let made = std::process::Command::new(python)
        .args(["-m", "venv", "--without-pip"])
        .arg(environment)
        .status();
    assert!(made.unwrap().success());
    let libraries = std::fs::read_dir(environment.join("lib")).unwrap();
    let library = libraries.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    let modules = library.join("site-packages");
    std::fs::write(modules.join("snake.py"), "says = 'hiss'").unwrap();
    modules
}

/// The interpreter that pyenv has of this version.
pub(super) fn pyenv(version: &str) -> Option<String> {
    let versions = std::env::home_dir()?.join(".pyenv/versions");
    let entries = std::fs::read_dir(versions).ok()?.flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let found =
        names.find(|name| name.strip_prefix(version).is_some_and(|it| it.starts_with('.')))?;
    let program = std::env::home_dir()?.join(".pyenv/versions").join(found).join("bin/python3");
    program.is_file().then(|| program.to_string_lossy().into_owned())
}
