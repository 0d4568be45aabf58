//! Tests of the executor with real processes. This file has their harness: an executor in a temporary
//! folder, and ways to wait for its events.

#![expect(clippy::disallowed_methods, reason = "tests wait, and look at the system")]

mod bench;
mod cleanup;
mod crates;
mod input;
mod jupyter_server;
mod kernels;
mod limits;
mod output;
mod pictures;
mod prebuild;
mod process;
mod pymodules;
mod rust;
mod stopping;

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use tempfile::TempDir;

use super::*;
use crate::deck::Fingerprint;
use crate::run::{Event as RunEvent, Outcome, RunLimits, StdinSource, Target};

/// How long to wait for an event, also on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(3);

/// An executor in a temporary folder, and its events.
struct ExecHarness {
    executor: Option<Executor>,
    events: Receiver<ExecEvent>,
    /// Events that were received while waiting for others.
    earlier: RefCell<Vec<ExecEvent>>,
    folder: TempDir,
    next: u64,
}

impl ExecHarness {
    fn new() -> Self {
        let (send, events) = crossbeam_channel::unbounded();
        Self::with_events(events, move |event| drop(send.send(event)))
    }

    fn with_events(
        events: Receiver<ExecEvent>,
        send: impl Fn(ExecEvent) + Send + Sync + 'static,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let executor = Some(Executor::new(options(folder.path()), send));
        Self { executor, events, earlier: RefCell::default(), folder, next: 1 }
    }

    /// Returns a harness whose build cache is kept between tests.
    fn with_kept_cache() -> Self {
        let mut harness = Self::new();
        let (send, events) = crossbeam_channel::unbounded();
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/cache");
        let options = ExecOptions { cache, ..options(harness.folder.path()) };
        harness.executor = Some(Executor::new(options, move |event| drop(send.send(event))));
        harness.events = events;
        harness
    }

    fn executor(&self) -> &Executor {
        self.executor.as_ref().unwrap()
    }

    fn start(&mut self, language: &str, code: &str) -> RunId {
        self.start_request(language, code, |_| {})
    }

    fn start_request(
        &mut self,
        language: &str,
        code: &str,
        change: impl FnOnce(&mut Request),
    ) -> RunId {
        let run = RunId(self.next);
        self.next += 1;
        let code = snippet(language, code, 7);
        let mut request = Request {
            run,
            code,
            columns: 80,
            rows: 24,
            limits: RunLimits::default(),
            target: Target::Terminal,
            session: None,
            input: StdinSource::Empty,
        };
        change(&mut request);
        self.executor().run(&request);
        run
    }

    /// Returns the next event of a run.
    fn next(&self, run: RunId) -> RunEvent {
        self.await_event(|event| match event {
            ExecEvent::Run(id, event) if *id == run => Some(event.clone()),
            _ => None,
        })
    }

    /// Waits until a snippet has this state of preparation.
    fn wait_for_preparation(&self, snippet: &Snippet, preparation: Preparation) {
        let wanted = ExecEvent::Prepared(snippet.fingerprint, preparation);
        self.await_event(|event| (*event == wanted).then_some(()));
    }

    /// Waits for the first event that `wanted` accepts, and keeps the others.
    fn await_event<T>(&self, wanted: impl Fn(&ExecEvent) -> Option<T>) -> T {
        let mut earlier = self.earlier.borrow_mut();
        let mut at = 0;
        loop {
            if at == earlier.len() {
                let event = self.events.recv_timeout(TIMEOUT);
                earlier.push(event.expect("the event did not come in time"));
            }
            if let Some(found) = wanted(&earlier[at]) {
                earlier.remove(at);
                return found;
            }
            at += 1;
        }
    }

    /// Waits for the end of a run: returns its output and its outcome.
    fn end(&self, run: RunId) -> (String, Outcome) {
        let (output, outcome) = self.end_bytes(run);
        (String::from_utf8_lossy(&output).into_owned(), outcome)
    }

    fn end_bytes(&self, run: RunId) -> (Vec<u8>, Outcome) {
        let mut output = Vec::new();
        loop {
            match self.next(run) {
                RunEvent::Output(bytes) => output.extend(bytes),
                RunEvent::Finished(outcome, _) => return (output, outcome),
                _ => {}
            }
        }
    }

    /// Waits until a run has written `text`; returns its output.
    fn wait_for(&self, run: RunId, text: &str) -> String {
        let mut output = String::new();
        while !output.contains(text) {
            match self.next(run) {
                RunEvent::Output(bytes) => output.push_str(&String::from_utf8_lossy(&bytes)),
                RunEvent::Finished(outcome, _) => panic!("ended ({outcome:?}) with {output:?}"),
                _ => {}
            }
        }
        output
    }

    fn run(&mut self, language: &str, code: &str) -> (String, Outcome) {
        let run = self.start(language, code);
        self.end(run)
    }

    /// Creates a package in the deck's folder.
    fn package(&self, name: &str, files: &[(&str, &str)]) {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
    }

    /// Ends the talk.
    fn leave(&mut self) {
        self.executor = None;
    }
}

fn options(folder: &Path) -> ExecOptions {
    ExecOptions {
        sandbox: None,
        directory: folder.to_owned(),
        python: None,
        custom: BTreeMap::new(),
        cache: folder.join("cache"),
    }
}

fn snippet(language: &str, code: &str, first_line: u32) -> Snippet {
    Snippet {
        remote: None,
        session: None,
        language: language.to_owned(),
        alternative: None,
        code: code.to_owned(),
        rust: None,
        module: None,
        is_timed: false,
        environment: Vec::new(),
        fingerprint: Fingerprint::of(language, None, code),
        file: PathBuf::from("talk.md"),
        first_line,
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let give_up = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < give_up, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
