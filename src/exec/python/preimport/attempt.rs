//! One try to import modules ahead: a fork of the worker does it, and is watched. What it says, what it
//! prints and how long it is silent tell whether every one of the modules is fit for that.

#![expect(clippy::disallowed_methods, reason = "waits for imports, and not for ever")]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal};

use super::{Import, Preimported};
use crate::exec::io::capture::StdioFds;
use crate::exec::os::pty::PtyPair;
use crate::exec::python::session::Snapshot;
use crate::exec::python::worker::report::{ReportReader, RunReport, Threads};
use crate::exec::python::worker::request::{Dispatch, RequestKind, RunRequest};
use crate::exec::python::worker::zygote::Zygote;
use crate::run::{Snippet, StdinSource};

/// How long the worker may take to begin.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(10);

/// What imports print is read so far.
const MAX_PRINTED: usize = 64 * 1024;

/// What stands behind each import in what is printed.
const IMPORT_MARK: &[u8] = b"\x1b_livedeck;warmed\x1b\\";

/// What came of importing modules.
pub(in crate::exec::python) enum PreimportResult {
    /// They are loaded, but for those that are not fit; or there is nothing left to load.
    Done(Option<Preimported>),
    /// The worker ended.
    WorkerLost,
}

/// What came of one try.
#[derive(Debug)]
pub(in crate::exec::python) enum AttemptResult {
    /// All are loaded, and did nothing else.
    Accepted(Preimported),
    /// This one did, or failed.
    Rejected(usize),
    /// The worker ended.
    WorkerLost,
}

/// How the fork itself went.
enum AttemptEnd {
    /// It has gone through all and waits for orders.
    Ready(Pid),
    Rejected(usize),
    WorkerLost,
}

/// A try that is under way.
pub(in crate::exec::python) struct Attempt {
    count: usize,
    reports: ReportReader,
    /// Our end of its terminal, as long as somebody holds the other one.
    terminal: Option<OwnedFd>,
    printed: Vec<u8>,
    process: Option<Pid>,
    at: usize,
    loaded: Vec<String>,
}

impl Attempt {
    /// Has a fork of the worker import these, for a deck of this folder.
    pub(in crate::exec::python) fn start(
        zygote: &Zygote,
        imports: &[Import],
        directory: &Path,
    ) -> io::Result<Self> {
        let sign = |import: &Import| if import.is_asked_for { '+' } else { '-' };
        let lines = imports.iter().map(|it| format!("{}{}", sign(it), it.statement));
        let code = lines.collect::<Vec<_>>().join("\n");
        let snippet = Snippet { code, ..Snippet::default() };
        let (kind, modules) = (RequestKind::Preimport, None);
        let order =
            RunRequest { snippet: &snippet, directory, memory: None, kind, modules, owner: None };
        let pty = PtyPair::open(80, 24, &StdinSource::Empty)?;
        let (ours, theirs) = UnixStream::pair()?;
        let written = StdioFds::all(pty.slave.as_fd());
        zygote.run(&Dispatch { order: &order, written, reports: theirs.as_fd() })?;
        Ok(Self {
            count: imports.len(),
            reports: ReportReader::new(ours).checked(),
            terminal: Some(pty.master),
            printed: Vec::new(),
            process: None,
            at: 0,
            loaded: Vec::new(),
        })
    }

    /// Watches it to its end; one import may take so long.
    pub(in crate::exec::python) fn follow(mut self, timeout: Duration) -> AttemptResult {
        let mut due = Instant::now() + STARTUP_TIMEOUT;
        loop {
            let end = if self.wait(due) {
                self.read_all(&mut due, timeout)
            } else {
                Some(self.process.map_or(AttemptEnd::WorkerLost, |_| AttemptEnd::Rejected(self.at)))
            };
            match end {
                Some(AttemptEnd::Ready(process)) => return self.judge(process),
                Some(AttemptEnd::Rejected(number)) => {
                    return self.end(AttemptResult::Rejected(number));
                }
                Some(AttemptEnd::WorkerLost) => return self.end(AttemptResult::WorkerLost),
                None => {}
            }
        }
    }

    /// Takes in what is there; how it ended, if it has.
    fn read_all(&mut self, due: &mut Instant, timeout: Duration) -> Option<AttemptEnd> {
        self.read();
        if self.printed.len() > MAX_PRINTED {
            return Some(AttemptEnd::Rejected(self.segments().len() - 1));
        }
        for report in self.reports.take() {
            match (report, self.process) {
                (RunReport::Started(process, _), _) => self.process = Some(process),
                (RunReport::Imports(number), _) => {
                    self.at = number;
                    *due = Instant::now() + timeout;
                }
                (RunReport::Loaded(names), _) => self.loaded = names,
                (RunReport::Rejected(number), _) => return Some(AttemptEnd::Rejected(number)),
                (RunReport::Snapshot(_, Threads::None), Some(process)) => {
                    return Some(AttemptEnd::Ready(process));
                }
                (RunReport::Snapshot(..) | RunReport::Ended(_), _) => {
                    return Some(AttemptEnd::Rejected(self.at));
                }
                (RunReport::Lost, _) => return Some(AttemptEnd::WorkerLost),
                (RunReport::Shown(..) | RunReport::Awaits(_), _) => {}
            }
        }
        None
    }

    /// It says that all went well: whether nothing was printed, either.
    fn judge(mut self, process: Pid) -> AttemptResult {
        let due = Instant::now() + STARTUP_TIMEOUT;
        while self.segments().len() <= self.count && self.terminal.is_some() && self.wait(due) {
            self.read();
        }
        let loud = self.segments().iter().position(|printed| !printed.is_empty());
        if let Some(number) = loud {
            let last = self.count - 1;
            return self.end(AttemptResult::Rejected(number.min(last)));
        }
        let base = Arc::new(Snapshot::new(process, self.reports, Threads::None, None));
        AttemptResult::Accepted(Preimported { base, loaded: self.loaded.into_iter().collect() })
    }

    /// Nothing of it goes on.
    fn end(self, verdict: AttemptResult) -> AttemptResult {
        // Only what nobody has reported dead: its number may be another process's.
        if let Some(process) = self.process.filter(|_| self.reports.is_silent()) {
            let _ = rustix::process::kill_process_group(process, Signal::KILL);
        }
        verdict
    }

    /// What was printed by each import, up to the one that is under way.
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

    /// Waits until there is something to read; whether there is before it is too late.
    fn wait(&self, due: Instant) -> bool {
        loop {
            let left = Timespec::try_from(due.saturating_duration_since(Instant::now())).ok();
            let mut files = vec![PollFd::new(&self.reports, PollFlags::IN)];
            files.extend(self.terminal.as_ref().map(|it| PollFd::new(it, PollFlags::IN)));
            match rustix::event::poll(&mut files, left.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(ready) => return ready > 0,
                Err(_) => return false,
            }
        }
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
