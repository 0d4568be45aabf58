//! What a session costs: from the order of a block to its first output, where the block goes on from
//! one that has loaded pandas and matplotlib, against a plain block of Python, which loads nothing.
//! In turn, the median of each; once as by a key, and once right behind another run.
//!
//! `cargo bench --bench sessions -- PYTHON`, an interpreter that has both.

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

/// How often each is measured.
const ROUNDS: u64 = 31;

/// What the first block of the session does.
const FIRST: &str =
    "import pandas, matplotlib.pyplot\nframe = pandas.DataFrame({'a': range(1000)})";

/// The speaker's pause between two keys, in which the next run is got ready.
const PAUSE: Duration = Duration::from_millis(150);

fn main() -> ExitCode {
    if let Some(code) = livedeck::exec::entry() {
        return code;
    }
    let python = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let stage = Stage::new(python);
    let (_, outcome) = stage.time(&request(1, FIRST, Some(SessionStart::Fresh)));
    if outcome != Outcome::Exited(0) {
        println!("this Python has no pandas or no matplotlib: name one that has, behind `--`");
        return ExitCode::FAILURE;
    }
    let mut bar_holds = true;
    for (when, pause) in [("as by a key", PAUSE), ("right behind another run", Duration::ZERO)] {
        let (mut plain, mut session) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let id = 10 + 2 * round;
            std::thread::sleep(pause);
            plain.push(stage.time(&request(id, "print(1)", None)).0);
            std::thread::sleep(pause);
            let block = request(id + 1, "print(len(frame))", Some(SessionStart::After(RunId(1))));
            session.push(stage.time(&block).0);
            stage.executor.forget(RunId(id + 1));
        }
        let (plain, session) = (median(plain), median(session));
        let more = session - plain;
        println!("{when}: plain {plain:.2} ms, in the session {session:.2} ms, {more:+.2} ms");
        bar_holds &= pause.is_zero() || more <= 5.0;
    }
    println!("bar: 5 ms more, as by a key");
    if bar_holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Stage {
    executor: Executor,
    events: Receiver<ExecEvent>,
    _folder: tempfile::TempDir,
}

impl Stage {
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

    /// The time to a run's first output, or to its end if it writes nothing, and how it ended.
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

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
