//! Preimporting: which modules are loaded when a block starts, and that nothing else differs.

use std::path::Path;
use std::time::{Duration, Instant};

use rstest::rstest;
use rustix::process::{Pid, Signal};

use super::TestMode::{self, Embedded, Standalone};
use super::{PythonHarness, TEST_TIMEOUT, make_environment, plain, request};
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::python::interpreter_search::InterpreterSearch;
use crate::run::{Outcome, Request, RunId, RunLimits, SessionStart, Snippet};

/// Returns a harness whose Python has these modules installed.
fn with_modules(mode: TestMode, modules: &[(&str, &str)]) -> PythonHarness {
    let folder = tempfile::tempdir().unwrap();
    let mut search = InterpreterSearch::of(folder.path().to_owned(), None);
    search.virtual_env = None;
    let python = search.choose(&ProcessTree::new()).unwrap().executable;
    let library = make_environment(&python, &folder.path().join(".venv"));
    for (name, code) in modules {
        std::fs::write(library.join(format!("{name}.py")), code).unwrap();
    }
    PythonHarness::at(mode, search, folder)
}

/// Preimports the modules of these blocks and waits until that has finished.
fn prepare(harness: &PythonHarness, preload: &[&str], blocks: &[&str]) {
    let snippets: Vec<Snippet> = blocks.iter().map(|code| request(0, code).code).collect();
    prepare_for(harness, preload, &snippets);
}

fn prepare_for(harness: &PythonHarness, preload: &[&str], snippets: &[Snippet]) {
    let preload: Vec<String> = preload.iter().map(|name| (*name).to_owned()).collect();
    harness.python.warm(&preload, &snippets.iter().collect::<Vec<_>>());
    settle(harness);
}

fn settle(harness: &PythonHarness) {
    let start = Instant::now();
    while !harness.python.shared.preimports.is_settled() {
        assert!(start.elapsed() < TEST_TIMEOUT, "preimporting does not end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Returns a block that prints which of these modules are loaded when it starts. It names an import
/// that the worker has not loaded: other blocks do not start from preimported modules.
fn loaded(names: &[&str]) -> String {
    let names = names.join(" ");
    format!(
        "import sys\nif 0: import no_module\nprint(*(name for name in '{names}'.split() if name in sys . modules))"
    )
}

/// Returns the output of a block.
fn written(harness: &PythonHarness, code: &str) -> String {
    written_by(harness, &request(1, code))
}

fn written_by(harness: &PythonHarness, request: &Request) -> String {
    let (text, how) = harness.start_request(request).end();
    assert_eq!(how, Outcome::Exited(0), "{text}");
    text
}

/// Returns the request for a block of a session.
fn block(id: u64, base: SessionStart, code: &str) -> Request {
    let mut request = request(id, code);
    request.code.session = Some("s".to_owned());
    Request { session: Some(base), ..request }
}

#[rstest]
fn imports_of_blocks_are_preimported(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let names = ["colorsys", "xml.dom.minidom", "sndhdr_", "cmd"];
    assert_eq!(written(&harness, &loaded(&names)), "\n", "nothing is preimported by default");
    let blocks = ["import colorsys as c, sndhdr_", "from xml.dom import minidom", "'import cmd'"];
    prepare(&harness, &[], &blocks);
    assert_eq!(written(&harness, &loaded(&names)), "colorsys xml.dom.minidom\n");
    let session = block(2, SessionStart::Fresh, &(loaded(&names) + "; x = 41"));
    assert_eq!(written_by(&harness, &session), "colorsys xml.dom.minidom\n");
    let next = block(3, SessionStart::After(RunId(2)), "x += 1; print(x, __name__, len(sys.argv))");
    assert_eq!(written_by(&harness, &next), "42 __main__ 1\n");
}

#[rstest]
fn preload_option_is_preimported(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    prepare(&harness, &["colorsys", "no_such_module", "xml.sax"], &["print(1)"]);
    assert_eq!(written(&harness, &loaded(&["colorsys", "xml.sax"])), "colorsys xml.sax\n");
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
fn modules_with_side_effects_are_not_preimported(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[case] code: &str,
    #[case] text: &str,
    #[case] status: i32,
) {
    let harness = with_modules(mode, &[("strange", code), ("usual", "")]);
    prepare(&harness, &["strange"], &["import usual, strange"]);
    assert_eq!(written(&harness, &loaded(&["usual", "strange"])), "usual\n");
    let (seen, how) = harness.start_request(&request(1, "import usual, strange")).end();
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
fn hanging_imports_are_not_preimported(#[values(Embedded, Standalone)] mode: TestMode) {
    let hangs = [("endless", "import time\ntime.sleep(600)"), ("usual", "")];
    let harness = with_modules(mode, &hangs);
    harness.python.shared.preimports.set_timeout(Duration::from_secs(6));
    prepare(&harness, &["endless"], &["import usual"]);
    assert_eq!(written(&harness, &loaded(&["usual", "endless"])), "usual\n");
}

#[rstest]
fn run_does_not_wait_for_preimporting(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = with_modules(mode, &[("endless", "import time\ntime.sleep(600)")]);
    let snippet = request(0, "import endless").code;
    harness.python.warm(&[], &[&snippet]);
    assert_eq!(written(&harness, "import sys; print(1)"), "1\n");
    assert!(!harness.python.shared.preimports.is_settled());
}

#[rstest]
fn module_beside_the_deck_shadows_a_preimported_one(
    #[values(Embedded, Standalone)] mode: TestMode,
    #[values("colorsys.py", "colorsys/__init__.py")] file: &str,
) {
    let harness = PythonHarness::new(mode);
    prepare(&harness, &[], &["import colorsys"]);
    let own = harness.folder.path().join(file);
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(own, "says = 'mine'").unwrap();
    let code = "import colorsys; print(colorsys.says)";
    assert_eq!(written(&harness, code), "mine\n");
    assert_eq!(written_by(&harness, &block(2, SessionStart::Fresh, code)), "mine\n");
}

#[rstest]
fn data_folder_does_not_shadow_a_module(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    std::fs::create_dir(harness.folder.path().join("colorsys")).unwrap();
    std::fs::write(harness.folder.path().join("colorsys.csv"), "").unwrap();
    prepare(&harness, &[], &["import colorsys"]);
    assert_eq!(written(&harness, &loaded(&["colorsys"])), "colorsys\n");
}

#[rstest]
fn modules_of_the_deck_are_not_preimported(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = with_modules(mode, &[("usual", "")]);
    let folder = harness.folder.path();
    // Like an editable install: found from any folder.
    let library = find_library(folder);
    std::fs::write(library.join("own.pth"), folder.as_os_str().as_encoded_bytes()).unwrap();
    let code = "import os\nopen(__file__ + '.seen', 'a').close()";
    std::fs::write(folder.join("mine.py"), code).unwrap();
    std::fs::write(library.join("through.py"), "import mine").unwrap();
    prepare(&harness, &["mine"], &["import mine", "import through", "import usual"]);
    assert_eq!(written(&harness, &loaded(&["usual", "mine", "through"])), "usual\n");
    let seen = folder.join("mine.py.seen");
    // The import inside an installed module shows only when it is done; its process was discarded.
    let _ = std::fs::remove_file(&seen);
    assert_eq!(written(&harness, "import mine; print(mine.__name__)"), "mine\n");
    assert!(seen.exists());
    std::fs::write(folder.join("mine.py"), "says = 'edited'").unwrap();
    assert_eq!(written(&harness, "import mine; print(mine.says)"), "edited\n");
}

fn find_library(folder: &Path) -> std::path::PathBuf {
    let libraries = std::fs::read_dir(folder.join(".venv/lib")).unwrap();
    let mut libraries = libraries.map(|entry| entry.unwrap().path().join("site-packages"));
    libraries.find(|library| library.is_dir()).unwrap()
}

#[rstest]
fn import_changing_block_starts_with_nothing_loaded(
    #[values(Embedded, Standalone)] mode: TestMode,
) {
    let harness = PythonHarness::new(mode);
    let changes = "import os; os.environ['A'] = 'b'";
    let mut snippet = block(0, SessionStart::Fresh, changes).code;
    let usual = request(0, "import colorsys").code;
    prepare_for(&harness, &[], &[usual, snippet.clone()]);
    let look = loaded(&["colorsys"]);
    assert_eq!(written(&harness, &look), "colorsys\n");
    assert_eq!(written(&harness, &format!("{look}\n{changes}")), "\n");
    let mut with_variable = request(1, &look);
    with_variable.code.environment = vec![("A".to_owned(), "b".to_owned())];
    assert_eq!(written_by(&harness, &with_variable), "\n");
    // One such block affects its whole session.
    assert_eq!(written_by(&harness, &block(2, SessionStart::Fresh, &look)), "\n");
    snippet.code = "x = 1".to_owned();
    prepare_for(&harness, &["colorsys"], &[snippet]);
    assert_eq!(written_by(&harness, &block(3, SessionStart::Fresh, &look)), "colorsys\n");
}

#[rstest]
fn reload_changes_what_is_preimported(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    let names = ["colorsys", "cmd"];
    prepare(&harness, &[], &["import colorsys"]);
    let first = block(1, SessionStart::Fresh, &format!("{}; x = 3", loaded(&names)));
    assert_eq!(written_by(&harness, &first), "colorsys\n");
    prepare(&harness, &[], &["import cmd"]);
    assert_eq!(written(&harness, &loaded(&names)), "cmd\n");
    let next = block(2, SessionStart::After(RunId(1)), "print(x)");
    assert_eq!(written_by(&harness, &next), "3\n", "the session continues");
    prepare(&harness, &[], &["print(1)"]);
    assert_eq!(written(&harness, &loaded(&names)), "\n");
}

#[rstest]
fn killed_preimport_process_is_replaced(#[values(Embedded, Standalone)] mode: TestMode) {
    let harness = PythonHarness::new(mode);
    prepare(&harness, &[], &["import colorsys"]);
    let parent = written(&harness, "import os; print(os.getppid())");
    let parent = parent.trim().parse().ok().and_then(Pid::from_raw).unwrap();
    rustix::process::kill_process(parent, Signal::KILL).unwrap();
    until_loaded(&harness);
    let worker = harness.python.shared.worker.lock().zygote.clone().unwrap();
    worker.kill();
    until_loaded(&harness);
}

/// Runs blocks until one finds the module loaded. Blocks that start while the process dies may fail.
fn until_loaded(harness: &PythonHarness) {
    let start = Instant::now();
    let look = request(1, &loaded(&["colorsys"]));
    while harness.start_request(&look).end().0 != "colorsys\n" {
        assert!(start.elapsed() < TEST_TIMEOUT, "the module is not imported again");
        settle(harness);
    }
}

#[rstest]
fn preimported_modules_do_not_count_as_memory(#[values(Embedded, Standalone)] mode: TestMode) {
    let large = [("large", "data = bytearray(400 << 20)")];
    let harness = with_modules(mode, &large);
    prepare(&harness, &["large"], &["import large"]);
    let limited = |code: &str| {
        let limits = RunLimits { memory: Some(200 << 20), ..RunLimits::default() };
        harness.start_request(&Request { limits, ..request(1, code) }).end()
    };
    let (text, how) = limited("import large; print(len(large.data) >> 20)");
    assert_eq!((text.as_str(), how), ("400\n", Outcome::Exited(0)));
    let (text, how) = limited("import large; more = bytearray(400 << 20)");
    assert_eq!(how, Outcome::Raised, "{text}");
    assert!(text.ends_with("MemoryError\n"), "{text}");
}

#[rstest]
fn random_state_differs_from_run_to_run(#[values(Embedded, Standalone)] mode: TestMode) {
    // Like numpy: seeds itself when imported, and not again in a fork.
    let numpy = "import os\nstate = os.urandom(8)\ndef seed():\n    global state\n    state = os.urandom(8)";
    let harness = with_modules(mode, &[]);
    let package = find_library(harness.folder.path()).join("numpy");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "").unwrap();
    std::fs::write(package.join("random.py"), numpy).unwrap();
    prepare(&harness, &[], &["import numpy.random, random"]);
    let code = "import numpy.random, random; print(numpy.random.state, random.random())";
    let (first, second) = (written(&harness, code), written(&harness, code));
    let parts = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(parts(&first).iter().zip(parts(&second)).all(|(a, b)| *a != b), "{first}{second}");
}
