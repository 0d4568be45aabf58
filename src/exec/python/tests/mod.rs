//! Tests with real Pythons, most of them both embedded and standalone. This file has the harness.

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
use crate::run::{Event, RunLimits, Snippet, StdinSource, Target};

/// Makes the test program serve as a worker or launcher when it is started as one.
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

/// How the tested Python runs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum TestMode {
    Embedded,
    Standalone,
}

use TestMode::{Embedded, Standalone};

/// How long to wait for an event. Longer than any test takes on a busy machine.
const TEST_TIMEOUT: Duration = Duration::from_mins(3);

/// The Python engine of a deck in a temporary folder.
struct PythonHarness {
    python: Python,
    folder: tempfile::TempDir,
}

impl PythonHarness {
    fn new(mode: TestMode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut search = InterpreterSearch::of(folder.path().to_owned(), None);
        search.virtual_env = None;
        Self::at(mode, search, folder)
    }

    fn at(mode: TestMode, search: InterpreterSearch, folder: tempfile::TempDir) -> Self {
        let python = Python::at(search, Default::default(), Arc::default());
        let mut worker = python.shared.worker.lock();
        worker.interpreter(&python.shared.search, &python.shared.tree).unwrap();
        let is_embedded = matches!(worker.launch_modes.front(), Some(LaunchMode::Embedded(_)));
        match mode {
            Embedded if is_embedded => worker.launch_modes.truncate(1),
            Embedded => println!("no libpython here: testing the standalone mode instead"),
            Standalone => worker.launch_modes = [LaunchMode::Standalone].into(),
        }
        drop(worker);
        Self { python, folder }
    }

    /// Returns whether the interpreter is in our own process, which ends its children with it.
    fn is_embedded(&self) -> bool {
        let worker = self.python.shared.worker.lock();
        matches!(worker.launch_modes.front(), Some(LaunchMode::Embedded(_)))
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

fn request(id: u64, code: &str) -> Request {
    let code = Snippet {
        remote: None,
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
    /// Waits until the output contains `text`.
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

/// Removes the colours that newer Pythons add to tracebacks.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// Creates a virtual environment with the module `snake`; returns its `site-packages`.
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

/// Returns pyenv's interpreter of this version, if it is installed.
fn pyenv(version: &str) -> Option<String> {
    let versions = std::env::home_dir()?.join(".pyenv/versions");
    let entries = std::fs::read_dir(versions).ok()?.flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let found =
        names.find(|name| name.strip_prefix(version).is_some_and(|it| it.starts_with('.')))?;
    let program = std::env::home_dir()?.join(".pyenv/versions").join(found).join("bin/python3");
    program.is_file().then(|| program.to_string_lossy().into_owned())
}
