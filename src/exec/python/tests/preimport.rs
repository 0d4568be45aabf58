//! Imports ahead of the blocks that name them, with real Pythons: what is loaded when a block begins,
//! and that a block notices nothing else of it.

use std::path::Path;
use std::time::{Duration, Instant};

use rstest::rstest;
use rustix::process::{Pid, Signal};

use super::TestMode::{self, Embedded, Standalone};
use super::{PythonHarness, TEST_TIMEOUT, make_environment, plain, request};
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::python::interpreter::InterpreterSearch;
use crate::run::{Outcome, Request, RunId, RunLimits, SessionStart, Snippet};

/// A stage whose Python has these modules installed.
fn with_modules(mode: TestMode, modules: &[(&str, &str)]) -> PythonHarness {
    let folder = tempfile::tempdir().unwrap();
    let mut places = InterpreterSearch::of(folder.path().to_owned(), None);
    places.virtual_env = None;
    let python = places.choose(&ProcessTree::new()).unwrap().executable;
    let library = make_environment(&python, &folder.path().join(".venv"));
    for (name, code) in modules {
        std::fs::write(library.join(format!("{name}.py")), code).unwrap();
    }
    PythonHarness::at(mode, places, folder)
}

/// Prepares the stage for blocks, and waits until what they import is loaded, if it can be.
fn prepare(stage: &PythonHarness, preload: &[&str], blocks: &[&str]) {
    let snippets: Vec<Snippet> = blocks.iter().map(|code| request(0, code).code).collect();
    prepare_for(stage, preload, &snippets);
}

fn prepare_for(stage: &PythonHarness, preload: &[&str], snippets: &[Snippet]) {
    let preload: Vec<String> = preload.iter().map(|name| (*name).to_owned()).collect();
    stage.python.warm(&preload, &snippets.iter().collect::<Vec<_>>());
    settle(stage);
}

fn settle(stage: &PythonHarness) {
    let start = Instant::now();
    while !stage.python.shared.preimports.is_settled() {
        assert!(start.elapsed() < TEST_TIMEOUT, "the imports do not end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A block that tells which of these are loaded when it begins. It names an import that the worker
/// itself has not loaded: others have no need of what is loaded ahead.
fn loaded(names: &[&str]) -> String {
    let names = names.join(" ");
    format!(
        "import sys\nif 0: import no_module\nprint(*(name for name in '{names}'.split() if name in sys . modules))"
    )
}

/// What a block writes.
fn written(stage: &PythonHarness, code: &str) -> String {
    written_by(stage, &request(1, code))
}

fn written_by(stage: &PythonHarness, request: &Request) -> String {
    let (text, how) = stage.start_request(request).end();
    assert_eq!(how, Outcome::Exited(0), "{text}");
    text
}

/// The block of a session.
fn block(id: u64, base: SessionStart, code: &str) -> Request {
    let mut request = request(id, code);
    request.code.session = Some("s".to_owned());
    Request { session: Some(base), ..request }
}

#[rstest]
fn what_blocks_import_is_loaded_when_they_begin(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let names = ["colorsys", "xml.dom.minidom", "sndhdr_", "cmd"];
    assert_eq!(written(&stage, &loaded(&names)), "\n", "nothing is, as long as nobody asks");
    let blocks = ["import colorsys as c, sndhdr_", "from xml.dom import minidom", "'import cmd'"];
    prepare(&stage, &[], &blocks);
    assert_eq!(written(&stage, &loaded(&names)), "colorsys xml.dom.minidom\n");
    let session = block(2, SessionStart::Fresh, &(loaded(&names) + "; x = 41"));
    assert_eq!(written_by(&stage, &session), "colorsys xml.dom.minidom\n");
    let next = block(3, SessionStart::After(RunId(2)), "x += 1; print(x, __name__, len(sys.argv))");
    assert_eq!(written_by(&stage, &next), "42 __main__ 1\n");
}

#[rstest]
fn what_the_author_asks_for_is_loaded(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    prepare(&stage, &["colorsys", "no_such_module", "xml.sax"], &["print(1)"]);
    assert_eq!(written(&stage, &loaded(&["colorsys", "xml.sax"])), "colorsys xml.sax\n");
}

#[rstest]
#[case::fails("raise ValueError('no')", "ValueError: no\n", 1)]
#[case::exits("import os\nos._exit(3)", "", 3)]
#[case::crashes("import os\nos.kill(os.getpid(), 15)", "", -15)]
#[case::prints("print('hello')", "hello\n", 0)]
#[case::writes("import os\nos.write(2, b'hello\\n')", "hello\n", 0)]
#[case::warns("import warnings\nwarnings.warn('old')", "old", 0)]
#[case::floods("print('y' * 100 * 1024)", "yyyy", 0)]
#[case::asks("input('name? ')", "EOFError", 1)]
#[case::starts_a_thread(
    "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()",
    "",
    0
)]
#[case::starts_a_process("import subprocess\np = subprocess.Popen(['sleep', '60'])", "", 0)]
#[case::keeps_a_file_open("import os\nf = open(os.devnull)", "", 0)]
#[case::wants_interrupts("import signal\nsignal.signal(signal.SIGINT, lambda *_: None)", "", 0)]
#[case::takes_the_output("import sys, io\nsys.stdout = io.StringIO()", "", 0)]
fn what_does_more_than_load_is_left_to_the_block(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] text: &str,
    #[case] status: i32,
) {
    let stage = with_modules(mode, &[("strange", code), ("usual", "")]);
    prepare(&stage, &["strange"], &["import usual, strange"]);
    assert_eq!(written(&stage, &loaded(&["usual", "strange"])), "usual\n");
    let (seen, how) = stage.start_request(&request(1, "import usual, strange")).end();
    let expected = match status {
        1 => Outcome::Raised,
        -15 => Outcome::Signaled(15),
        status => Outcome::Exited(status),
    };
    assert_eq!(how, expected, "{seen}");
    assert!(plain(&seen).contains(text), "{seen}");
    assert_eq!(text.is_empty(), seen.is_empty(), "{seen}");
}

#[rstest]
fn what_hangs_is_left_to_the_block(#[values(Embedded, Standalone)] mode: TestMode) {
    let hangs = [("endless", "import time\ntime.sleep(600)"), ("usual", "")];
    let stage = with_modules(mode, &hangs);
    stage.python.shared.preimports.set_timeout(Duration::from_secs(6));
    prepare(&stage, &["endless"], &["import usual"]);
    assert_eq!(written(&stage, &loaded(&["usual", "endless"])), "usual\n");
}

#[rstest]
fn a_run_does_not_wait_for_what_is_imported(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = with_modules(mode, &[("endless", "import time\ntime.sleep(600)")]);
    let snippet = request(0, "import endless").code;
    stage.python.warm(&[], &[&snippet]);
    assert_eq!(written(&stage, "import sys; print(1)"), "1\n");
    assert!(!stage.python.shared.preimports.is_settled());
}

#[rstest]
fn a_module_beside_the_deck_stands_before_one_that_is_loaded(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[values("colorsys.py", "colorsys/__init__.py")] file: &str,
) {
    let stage = PythonHarness::new(mode);
    prepare(&stage, &[], &["import colorsys"]);
    let own = stage.folder.path().join(file);
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(own, "says = 'mine'").unwrap();
    let code = "import colorsys; print(colorsys.says)";
    assert_eq!(written(&stage, code), "mine\n");
    assert_eq!(written_by(&stage, &block(2, SessionStart::Fresh, code)), "mine\n");
}

#[rstest]
fn a_folder_of_data_is_no_module(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    std::fs::create_dir(stage.folder.path().join("colorsys")).unwrap();
    std::fs::write(stage.folder.path().join("colorsys.csv"), "").unwrap();
    prepare(&stage, &[], &["import colorsys"]);
    assert_eq!(written(&stage, &loaded(&["colorsys"])), "colorsys\n");
}

#[rstest]
fn the_decks_own_modules_are_imported_by_blocks_only(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = with_modules(mode, &[("usual", "")]);
    let folder = stage.folder.path();
    // As an editable install has it: found, wherever Python is started.
    let library = find_library(folder);
    std::fs::write(library.join("own.pth"), folder.as_os_str().as_encoded_bytes()).unwrap();
    let code = "import os\nopen(__file__ + '.seen', 'a').close()";
    std::fs::write(folder.join("mine.py"), code).unwrap();
    std::fs::write(library.join("through.py"), "import mine").unwrap();
    prepare(&stage, &["mine"], &["import mine", "import through", "import usual"]);
    assert_eq!(written(&stage, &loaded(&["usual", "mine", "through"])), "usual\n");
    let seen = folder.join("mine.py.seen");
    // What an installed module imports is known when that was done; it is thrown away.
    let _ = std::fs::remove_file(&seen);
    assert_eq!(written(&stage, "import mine; print(mine.__name__)"), "mine\n");
    assert!(seen.exists());
    std::fs::write(folder.join("mine.py"), "says = 'edited'").unwrap();
    assert_eq!(written(&stage, "import mine; print(mine.says)"), "edited\n");
}

fn find_library(folder: &Path) -> std::path::PathBuf {
    let libraries = std::fs::read_dir(folder.join(".venv/lib")).unwrap();
    let mut libraries = libraries.map(|entry| entry.unwrap().path().join("site-packages"));
    libraries.find(|library| library.is_dir()).unwrap()
}

#[rstest]
fn a_block_that_changes_imports_finds_nothing_imported(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let stage = PythonHarness::new(mode);
    let changes = "import os; os.environ['A'] = 'b'";
    let mut snippet = block(0, SessionStart::Fresh, changes).code;
    let usual = request(0, "import colorsys").code;
    prepare_for(&stage, &[], &[usual, snippet.clone()]);
    let look = loaded(&["colorsys"]);
    assert_eq!(written(&stage, &look), "colorsys\n");
    assert_eq!(written(&stage, &format!("{look}\n{changes}")), "\n");
    let mut with_variable = request(1, &look);
    with_variable.code.environment = vec![("A".to_owned(), "b".to_owned())];
    assert_eq!(written_by(&stage, &with_variable), "\n");
    // One block of a session is enough for all of it.
    assert_eq!(written_by(&stage, &block(2, SessionStart::Fresh, &look)), "\n");
    snippet.code = "x = 1".to_owned();
    prepare_for(&stage, &["colorsys"], &[snippet]);
    assert_eq!(written_by(&stage, &block(3, SessionStart::Fresh, &look)), "colorsys\n");
}

#[rstest]
fn other_imports_are_loaded_after_a_reload(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    let names = ["colorsys", "cmd"];
    prepare(&stage, &[], &["import colorsys"]);
    let first = block(1, SessionStart::Fresh, &format!("{}; x = 3", loaded(&names)));
    assert_eq!(written_by(&stage, &first), "colorsys\n");
    prepare(&stage, &[], &["import cmd"]);
    assert_eq!(written(&stage, &loaded(&names)), "cmd\n");
    let next = block(2, SessionStart::After(RunId(1)), "print(x)");
    assert_eq!(written_by(&stage, &next), "3\n", "a session lives on");
    prepare(&stage, &[], &["print(1)"]);
    assert_eq!(written(&stage, &loaded(&names)), "\n");
}

#[rstest]
fn what_was_killed_is_imported_again(#[values(Embedded, Standalone)] mode: TestMode) {
    let stage = PythonHarness::new(mode);
    prepare(&stage, &[], &["import colorsys"]);
    let parent = written(&stage, "import os; print(os.getppid())");
    let parent = parent.trim().parse().ok().and_then(Pid::from_raw).unwrap();
    rustix::process::kill_process(parent, Signal::KILL).unwrap();
    until_loaded(&stage);
    let worker = stage.python.shared.worker.lock().zygote.clone().unwrap();
    worker.kill();
    until_loaded(&stage);
}

/// Runs blocks until one finds the module. Those that meet what is just being killed may fail.
fn until_loaded(stage: &PythonHarness) {
    let start = Instant::now();
    let look = request(1, &loaded(&["colorsys"]));
    while stage.start_request(&look).end().0 != "colorsys\n" {
        assert!(start.elapsed() < TEST_TIMEOUT, "it is not imported again");
        settle(stage);
    }
}

#[rstest]
fn memory_that_imports_took_is_not_the_blocks(#[values(Embedded, Standalone)] mode: TestMode) {
    let large = [("large", "data = bytearray(400 << 20)")];
    let stage = with_modules(mode, &large);
    prepare(&stage, &["large"], &["import large"]);
    let limited = |code: &str| {
        let limits = RunLimits { memory: Some(200 << 20), ..RunLimits::default() };
        stage.start_request(&Request { limits, ..request(1, code) }).end()
    };
    let (text, how) = limited("import large; print(len(large.data) >> 20)");
    assert_eq!((text.as_str(), how), ("400\n", Outcome::Exited(0)));
    let (text, how) = limited("import large; more = bytearray(400 << 20)");
    assert_eq!(how, Outcome::Raised, "{text}");
    assert!(text.ends_with("MemoryError\n"), "{text}");
}

#[rstest]
fn what_is_drawn_by_lot_differs_from_run_to_run(#[values(Embedded, Standalone)] mode: TestMode) {
    // As numpy does: a seed of its own when it is imported, which nothing renews in a fork.
    let numpy = "import os\nstate = os.urandom(8)\ndef seed():\n    global state\n    state = os.urandom(8)";
    let stage = with_modules(mode, &[]);
    let package = find_library(stage.folder.path()).join("numpy");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "").unwrap();
    std::fs::write(package.join("random.py"), numpy).unwrap();
    prepare(&stage, &[], &["import numpy.random, random"]);
    let code = "import numpy.random, random; print(numpy.random.state, random.random())";
    let (first, second) = (written(&stage, code), written(&stage, code));
    let parts = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(parts(&first).iter().zip(parts(&second)).all(|(a, b)| *a != b), "{first}{second}");
}
