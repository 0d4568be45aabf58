//! Time of a session: from the request to the first output of a block that continues one which imported
//! pandas and matplotlib, compared with a plain Python block. Alternates, and compares medians; with a
//! pause between runs, and without.
//!
//! `cargo bench --bench sessions -- PYTHON`, an interpreter with both packages.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "measures"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use livedeck::exec::{ExecEvent, ExecOptions, Executor};
use livedeck::run::{self, Outcome, Request, RunId, RunLimits, SessionStart, Snippet, Target};

/// Number of measurements of each.
const ROUNDS: u64 = 31;

/// The first block of the session.
const FIRST: &str =
    "import pandas, matplotlib.pyplot\nframe = pandas.DataFrame({'a': range(1000)})";

/// A speaker's pause between two keys, in which the next run is prepared.
const PAUSE: Duration = Duration::from_millis(150);

fn main() -> ExitCode {
    if let Some(code) = livedeck::exec::entry() {
        return code;
    }
    let python = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let harness = Harness::new(python);
    let (_, outcome) = harness.time(&request(1, FIRST, Some(SessionStart::Fresh)));
    if outcome != Outcome::Exited(0) {
        println!("pandas or matplotlib is missing; name an interpreter that has both after `--`");
        return ExitCode::FAILURE;
    }
    let mut is_within_limit = true;
    for (when, pause) in [("after a pause", PAUSE), ("without a pause", Duration::ZERO)] {
        let (mut plain, mut session) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let id = 10 + 2 * round;
            std::thread::sleep(pause);
            plain.push(harness.time(&request(id, "print(1)", None)).0);
            std::thread::sleep(pause);
            let block = request(id + 1, "print(len(frame))", Some(SessionStart::After(RunId(1))));
            session.push(harness.time(&block).0);
            harness.executor.forget(RunId(id + 1));
        }
        let (plain, session) = (median(plain), median(session));
        let more = session - plain;
        println!("{when}: plain {plain:.2} ms, in the session {session:.2} ms, {more:+.2} ms");
        is_within_limit &= pause.is_zero() || more <= 5.0;
    }
    println!("limit: 5 ms more, after a pause");
    if is_within_limit { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Harness {
    executor: Executor,
    events: Receiver<ExecEvent>,
    _folder: tempfile::TempDir,
}

impl Harness {
    fn new(python: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (send, events) = crossbeam_channel::unbounded();
        let options = ExecOptions {
            sandbox: None,
            directory: folder.path().to_owned(),
            python,
            custom: std::collections::BTreeMap::new(),
            cache: folder.path().join("cache"),
        };
        let executor = Executor::new(options, move |event| drop(send.send(event)));
        Self { executor, events, _folder: folder }
    }

    /// Returns the time to a run's first output, or to its end if there is none, and its outcome.
    fn time(&self, request: &Request) -> (Duration, Outcome) {
        let started = Instant::now();
        self.executor.run(request);
        let mut first = None;
        loop {
            match self.events.recv().unwrap() {
                ExecEvent::Run(_, run::Event::Output(_)) => {
                    first.get_or_insert_with(|| started.elapsed());
                }
                ExecEvent::Run(run, run::Event::Finished(outcome, _)) if run == request.run => {
                    return (first.unwrap_or_else(|| started.elapsed()), outcome);
                }
                _ => {}
            }
        }
    }
}

fn request(id: u64, code: &str, session: Option<SessionStart>) -> Request {
    let code = Snippet {
        language: "python".to_owned(),
        code: code.to_owned(),
        file: PathBuf::from("talk.md"),
        first_line: 7,
        ..Snippet::default()
    };
    let (run, limits, target) = (RunId(id), RunLimits::default(), Target::Terminal);
    let input = run::StdinSource::Empty;
    Request { run, code, columns: 80, rows: 24, limits, target, session, input }
}

/// Returns the median, in milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
