//! Real Pythons, each way to run them: every test here holds for the embedded interpreter and for
//! one in a process of its own.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use rstest::rstest;

use super::*;
use crate::deck::Fingerprint;
use crate::run::Snippet;

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
enum Mode {
    Embedded,
    Own,
}
use Mode::{Embedded, Own};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A deck's Python, and what it says.
struct Stage {
    python: Python,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new(mode: Mode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut places = Places::of(folder.path().to_owned(), None);
        places.virtual_env = None;
        Self::at(mode, places, folder)
    }

    fn at(mode: Mode, places: Places, folder: tempfile::TempDir) -> Self {
        let cache = folder.path().join("cache");
        let python = Python::at(places, cache.clone());
        let mut worker = lock(&python.shared.worker);
        let interpreter = worker.interpreter(&python.shared.places, &cache).unwrap();
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
        let code = Snippet {
            language: "python".into(),
            alternative: None,
            code: code.into(),
            fingerprint: Fingerprint(0),
            file: "talk.md".into(),
            first_line: 42,
        };
        let run = RunId(id);
        let request = Request { run, code, columns: 91, rows: 13, timeout };
        let (send, events) = channel();
        self.python.start(&request, Arc::new(move |event| drop(send.send(event))));
        Running { run, events, text: Vec::new() }
    }

    fn run(&self, code: &str) -> (String, Outcome) {
        self.start(1, code).end()
    }
}

struct Running {
    run: RunId,
    events: Receiver<Event>,
    text: Vec<u8>,
}

impl Running {
    /// Waits until this was written.
    fn until(&mut self, text: &str) {
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

    fn end(mut self) -> (String, Outcome) {
        loop {
            match self.events.recv_timeout(PATIENCE) {
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

#[rstest]
fn it_prints(#[values(Embedded, Own)] mode: Mode) {
    let (text, how) = Stage::new(mode).run("print('hello', 1 + 1)");
    assert_eq!((text.as_str(), how), ("hello 2\n", Outcome::Exited(0)));
}
