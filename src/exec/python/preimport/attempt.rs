//! One attempt to preimport modules in a fork of the worker. Its reports, its output and its silence
//! decide whether each module is accepted.

#![expect(clippy::disallowed_methods, reason = "waits for imports with a timeout")]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::{Import, Preimported};
use crate::exec::io::capture::StdioFds;
use crate::exec::os::pty::PtyPair;
use crate::exec::os::wait::{poll, readable};
use crate::exec::python::session::Snapshot;
use crate::exec::python::worker::report::{ReportReader, RunReport, Threads};
use crate::exec::python::worker::request::{Dispatch, RequestKind, RunRequest};
use crate::exec::python::worker::zygote::Zygote;
use crate::run::{Snippet, StdinSource};

/// How long the worker may take to start.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of output that are read.
const MAX_PRINTED: usize = 64 * 1024;

/// The mark after the output of each import.
const IMPORT_MARK: &[u8] = b"\x1b_livedeck;imported\x1b\\";

/// The result of preimporting.
pub(in crate::exec::python) enum PreimportResult {
    /// All modules except rejected ones are loaded; `None` if there are none to load.
    Done(Option<Preimported>),
    /// The worker ended.
    WorkerLost,
}

/// The result of one attempt.
#[derive(Debug)]
pub(in crate::exec::python) enum AttemptResult {
    /// All modules are loaded, without side effects.
    Accepted(Preimported),
    /// The import with this number failed or had side effects.
    Rejected(usize),
    /// The worker ended.
    WorkerLost,
}

/// How the fork ended its work.
enum AttemptEnd {
    /// It has done all imports and waits for requests.
    Ready(Pid),
    Rejected(usize),
    WorkerLost,
}

/// An attempt that is under way.
pub(in crate::exec::python) struct Attempt {
    count: usize,
    reports: ReportReader,
    /// Our end of its terminal, while the other end is open.
    terminal: Option<OwnedFd>,
    printed: Vec<u8>,
    process: Option<Pid>,
    current: usize,
    loaded: Vec<String>,
}

impl Attempt {
    /// Starts the imports in a fork of the worker, for a deck in `directory`.
    pub(in crate::exec::python) fn start(
        zygote: &Zygote,
        imports: &[Import],
        directory: &Path,
    ) -> io::Result<Self> {
        let sign = |import: &Import| if import.is_requested { '+' } else { '-' };
        let lines = imports.iter().map(|it| format!("{}{}", sign(it), it.import));
        let code = lines.collect::<Vec<_>>().join("\n");
        let snippet = Snippet { code, ..Snippet::default() };
        let (kind, modules) = (RequestKind::Preimport, None);
        let request = RunRequest {
            snippet: &snippet,
            script: None,
            directory,
            memory: None,
            kind,
            modules,
            owner: None,
        };
        let pty = PtyPair::open(80, 24, &StdinSource::Empty)?;
        let (ours, theirs) = UnixStream::pair()?;
        let output = StdioFds::all(pty.slave.as_fd());
        zygote.dispatch(&Dispatch { request: &request, output, reports: theirs.as_fd() })?;
        Ok(Self {
            count: imports.len(),
            reports: ReportReader::new(ours).checked(),
            terminal: Some(pty.master),
            printed: Vec::new(),
            process: None,
            current: 0,
            loaded: Vec::new(),
        })
    }

    /// Monitors the fork to its end; `timeout` limits each import.
    pub(in crate::exec::python) fn run_to_end(mut self, timeout: Duration) -> AttemptResult {
        let mut due = Instant::now() + STARTUP_TIMEOUT;
        loop {
            let end = if self.wait(due) {
                self.handle_reports(&mut due, timeout)
            } else {
                Some(
                    self.process
                        .map_or(AttemptEnd::WorkerLost, |_| AttemptEnd::Rejected(self.current)),
                )
            };
            match end {
                Some(AttemptEnd::Ready(process)) => return self.accept_if_silent(process),
                Some(AttemptEnd::Rejected(number)) => {
                    return self.end(AttemptResult::Rejected(number));
                }
                Some(AttemptEnd::WorkerLost) => return self.end(AttemptResult::WorkerLost),
                None => {}
            }
        }
    }

    /// Reads output and reports; returns how the fork ended, if it has.
    fn handle_reports(&mut self, due: &mut Instant, timeout: Duration) -> Option<AttemptEnd> {
        self.read();
        if self.printed.len() > MAX_PRINTED {
            return Some(AttemptEnd::Rejected(self.segments().len() - 1));
        }
        for report in self.reports.take() {
            match (report, self.process) {
                (RunReport::Started(process, _), _) => self.process = Some(process),
                (RunReport::Imports(number), _) => {
                    self.current = number;
                    *due = Instant::now() + timeout;
                }
                (RunReport::Loaded(names), _) => self.loaded = names,
                (RunReport::Rejected(number), _) => return Some(AttemptEnd::Rejected(number)),
                (RunReport::Snapshot(_, Threads::None), Some(process)) => {
                    return Some(AttemptEnd::Ready(process));
                }
                (RunReport::Snapshot(..) | RunReport::Ended(_), _) => {
                    return Some(AttemptEnd::Rejected(self.current));
                }
                (RunReport::Disconnected, _) => return Some(AttemptEnd::WorkerLost),
                (RunReport::Value(..) | RunReport::Awaits(_), _) => {}
            }
        }
        None
    }

    /// Accepts the imports, all reported as fine, if none of them has printed anything.
    fn accept_if_silent(mut self, process: Pid) -> AttemptResult {
        let due = Instant::now() + STARTUP_TIMEOUT;
        while self.segments().len() <= self.count && self.terminal.is_some() && self.wait(due) {
            self.read();
        }
        let noisy = self.segments().iter().position(|printed| !printed.is_empty());
        if let Some(number) = noisy {
            let last = self.count - 1;
            return self.end(AttemptResult::Rejected(number.min(last)));
        }
        let snapshot = Arc::new(Snapshot::new(process, self.reports, Threads::None, None));
        AttemptResult::Accepted(Preimported { snapshot, loaded: self.loaded.into_iter().collect() })
    }

    /// Kills the fork and returns the result.
    fn end(self, result: AttemptResult) -> AttemptResult {
        // After it was reported as ended, its number may belong to another process.
        if let Some(process) = self.process.filter(|_| self.reports.is_silent()) {
            let _ = rustix::process::kill_process_group(process, Signal::KILL);
        }
        result
    }

    /// Returns the output of each import, up to the current one.
    fn segments(&self) -> Vec<&[u8]> {
        let mut segments = Vec::new();
        let mut rest = self.printed.as_slice();
        while let Some(at) = rest.windows(IMPORT_MARK.len()).position(|part| part == IMPORT_MARK) {
            segments.push(&rest[..at]);
            rest = &rest[at + IMPORT_MARK.len()..];
        }
        segments.push(rest);
        segments
    }

    /// Waits for something to read until `due`; returns whether there is.
    fn wait(&self, due: Instant) -> bool {
        let mut files = vec![readable(&self.reports)];
        files.extend(self.terminal.as_ref().map(readable));
        poll(&mut files, Some(due.saturating_duration_since(Instant::now()))) > 0
    }

    fn read(&mut self) {
        let mut chunk = [0; 4096];
        while let Some(terminal) = &self.terminal {
            match rustix::io::read(terminal, &mut chunk) {
                Ok(read @ 1..) if self.printed.len() <= MAX_PRINTED => {
                    self.printed.extend_from_slice(&chunk[..read]);
                }
                Err(rustix::io::Errno::INTR) => {}
                Ok(1..) | Err(rustix::io::Errno::AGAIN) => return,
                Ok(_) | Err(_) => self.terminal = None,
            }
        }
    }
}
