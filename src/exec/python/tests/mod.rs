//! Real Pythons, each way to run them: every test here holds for the embedded interpreter and for
//! one in a process of its own. Here is what they share: a deck's Python, and what a run of it says.

#![expect(clippy::disallowed_methods, reason = "tests wait, and look at what blocks write")]

mod display;
mod errors;
mod input;
mod interpreters;
mod output;
mod preimport;
mod script;
mod sessions;
mod stopping;

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use rstest::rstest;

use super::*;
use crate::deck::Fingerprint;
use crate::run::{RunLimits, Snippet, StdinSource, Target};

/// Makes the test program what the real one is when it is started as a worker, or as the launcher.
mod as_worker {
    #![expect(unsafe_code, reason = "the test harness owns `main`, so this must come before it")]

    #[used]
    #[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
    #[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
    static BEFORE_MAIN: extern "C" fn() = {
        extern "C" fn serve() {
            if let Some(code) = crate::exec::entry() {
                #[expect(clippy::exit, reason = "`main` must not follow")]
                std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
            }
        }
        serve
    };
}

/// How Python runs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum TestMode {
    Embedded,
    Standalone,
}

use TestMode::{Embedded, Standalone};

/// Longer than anything here takes on a busy machine.
const TEST_TIMEOUT: Duration = Duration::from_mins(3);

/// A deck's Python, and what it says.
struct PythonHarness {
    python: Python,
    folder: tempfile::TempDir,
}

impl PythonHarness {
    fn new(mode: TestMode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut places = InterpreterSearch::of(folder.path().to_owned(), None);
        places.virtual_env = None;
        Self::at(mode, places, folder)
    }

    fn at(mode: TestMode, places: InterpreterSearch, folder: tempfile::TempDir) -> Self {
        let mode = if cfg!(embed) { mode } else { without_library(mode) };
        let cache = folder.path().join("cache");
        let python = Python::at(places, cache.clone(), Default::default(), Arc::default());
        let mut worker = python.shared.worker.lock();
        let interpreter =
            worker.interpreter(&python.shared.places, &python.shared.tree, &cache).unwrap();
        match mode {
            Standalone => worker.ways = [LaunchMode::Standalone].into(),
            Embedded if matches!(worker.ways.front(), Some(LaunchMode::Embedded { .. })) => {
                worker.ways.truncate(1);
            }
            Embedded => panic!("{interpreter:?} cannot be embedded: is there a libpython?"),
        }
        drop(worker);
        Self { python, folder }
    }

    fn start(&self, id: u64, code: &str) -> TestRun {
        self.start_within(id, code, None)
    }

    fn start_within(&self, id: u64, code: &str, timeout: Option<Duration>) -> TestRun {
        let mut request = request(id, code);
        request.limits.timeout = timeout;
        self.start_request(&request)
    }

    fn start_reading(&self, code: &str, input: StdinSource) -> TestRun {
        self.start_request(&Request { input, ..request(1, code) })
    }

    fn start_request(&self, request: &Request) -> TestRun {
        let (send, events) = channel();
        self.python.start(request, None, Arc::new(move |event| drop(send.send(event))));
        TestRun { run: request.run, events, text: Vec::new() }
    }

    fn run(&self, code: &str) -> (String, Outcome) {
        self.start(1, code).end()
    }
}

/// A build without a libpython has one mode left; what it was asked for is said, not skipped.
fn without_library(mode: TestMode) -> TestMode {
    if mode == Embedded {
        println!("no libpython in this build: tried in the interpreter's own process");
    }
    Standalone
}

fn request(id: u64, code: &str) -> Request {
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
        limits: RunLimits::default(),
        target: Target::Terminal,
        session: None,
        input: StdinSource::Empty,
    }
}

struct TestRun {
    run: RunId,
    events: Receiver<Event>,
    text: Vec<u8>,
}

impl TestRun {
    /// Waits until this was written.
    fn until(&mut self, text: &str) {
        let give_up = Instant::now() + TEST_TIMEOUT;
        while !self.text().contains(text) {
            match self.events.recv_timeout(give_up.saturating_duration_since(Instant::now())) {
                Ok(Event::Output(bytes)) => self.text.extend(bytes),
                Ok(Event::Finished(how, _)) => panic!("{how:?} before {text:?}: {}", self.text()),
                Ok(_) => {}
                Err(error) => panic!("{error} before {text:?}: {}", self.text()),
            }
        }
    }

    fn end(mut self) -> (String, Outcome) {
        loop {
            match self.events.recv_timeout(TEST_TIMEOUT) {
                Ok(Event::Output(bytes)) => self.text.extend(bytes),
                Ok(Event::Finished(how, _)) => return (self.text(), how),
                Ok(_) => {}
                Err(error) => panic!("{error}, not ended after {:?}", self.text()),
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

/// Text without colours, which newer Pythons give their tracebacks.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// A virtual environment with one module in it; where its modules are.
fn make_environment(python: &Path, environment: &Path) -> PathBuf {
    let mut command = std::process::Command::new(python);
    command.args(["-m", "venv", "--without-pip"]).arg(environment);
    let made = crate::exec::spawn_unowned(|| command.spawn()).unwrap().wait();
    assert!(made.unwrap().success());
    let libraries = std::fs::read_dir(environment.join("lib")).unwrap();
    let library = libraries.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    let modules = library.join("site-packages");
    std::fs::write(modules.join("snake.py"), "says = 'hiss'").unwrap();
    modules
}

/// The interpreter that pyenv has of this version.
fn pyenv(version: &str) -> Option<String> {
    let versions = std::env::home_dir()?.join(".pyenv/versions");
    let entries = std::fs::read_dir(versions).ok()?.flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let found =
        names.find(|name| name.strip_prefix(version).is_some_and(|it| it.starts_with('.')))?;
    let program = std::env::home_dir()?.join(".pyenv/versions").join(found).join("bin/python3");
    program.is_file().then(|| program.to_string_lossy().into_owned())
}
