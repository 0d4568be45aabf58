//! The worker's reports about one run: lines on a socket, some followed by the bytes of a value to
//! show. A crash writes lines of its own.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::RecvFlags;
use rustix::process::Pid;

use crate::exec::os::procfs;
use crate::exec::os::wait::wait_readable;
use crate::run::Outcome;

/// The file name of the worker's own code in tracebacks.
pub(in crate::exec::python) const OWN_CODE: &str = "<livedeck>";

/// The most bytes of a value. The worker sends no more.
const MAX_VALUE_SIZE: usize = 17 << 20;

/// The longest credible time between the start of a run and its report.
const MAX_START_DELAY: Duration = Duration::from_secs(1);

/// The most stack frames of a crash that are shown.
const MAX_FRAMES: usize = 10;

/// A report of the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec) enum RunReport {
    /// The run has started with this process group, at this time: see [`ago`].
    Started(Pid, u64),
    /// Its code has ended, and the process stays as a snapshot.
    Snapshot(Outcome, Threads),
    /// It waits for this module to be compiled; `None` ends the wait.
    Awaits(Option<Box<str>>),
    /// The process has ended.
    Ended(Outcome),
    /// The import with this number begins.
    Imports(usize),
    /// The import with this number has side effects.
    Rejected(usize),
    /// The modules that were loaded.
    Loaded(Vec<String>),
    /// A value to show at the mark with this number.
    Value(u64, Vec<u8>),
    /// The worker and the run have closed the socket.
    Disconnected,
}

/// Whether a snapshot's process has threads besides the main one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec) enum Threads {
    /// It has none: a fork has its complete state.
    None,
    /// It has some, which a fork would lose.
    Running,
}

/// Reads the reports about one run.
#[derive(Debug)]
pub(in crate::exec::python) struct ReportReader {
    socket: UnixStream,
    parser: RunReportParser,
    /// Whether reported processes must be ours.
    is_checked: bool,
}

/// Parses the reports about one run.
#[derive(Debug, Default)]
pub(in crate::exec) struct RunReportParser {
    unread: Vec<u8>,
    /// The number and the size of the value that comes next.
    announced: Option<(u64, usize)>,
    raised: bool,
    crash: Vec<String>,
}

impl ReportReader {
    /// Returns a reader of this socket.
    pub(in crate::exec::python) fn new(socket: UnixStream) -> Self {
        Self { socket, parser: RunReportParser::default(), is_checked: false }
    }

    /// Makes the reader ignore reports of processes that are not ours: a run that lies about its number
    /// could make us stop another program.
    pub(in crate::exec::python) fn checked(self) -> Self {
        Self { is_checked: cfg!(target_os = "linux"), ..self }
    }

    /// Returns the reports since the last call. Never blocks.
    pub(in crate::exec::python) fn take(&mut self) -> Vec<RunReport> {
        let mut buffer = vec![0_u8; 64 * 1024];
        let mut reports = Vec::new();
        loop {
            match rustix::net::recv(&self.socket, &mut buffer, RecvFlags::DONTWAIT) {
                Ok((read @ 1.., _)) => {
                    let is_checked = self.is_checked;
                    let is_credible = |report: &RunReport| match report {
                        RunReport::Started(process, _) if is_checked => procfs::is_own(*process),
                        _ => true,
                    };
                    reports
                        .extend(self.parser.push(&buffer[..read]).into_iter().filter(is_credible));
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return reports,
                Ok(_) | Err(_) => {
                    reports.push(RunReport::Disconnected);
                    return reports;
                }
            }
        }
    }

    /// Waits for reports and returns them, or none after `timeout`.
    pub(in crate::exec::python) fn wait(&mut self, timeout: Duration) -> Vec<RunReport> {
        wait_readable(&self.socket, Some(timeout));
        self.take()
    }

    /// Returns the socket, which takes requests once the run has become a snapshot.
    pub(in crate::exec::python) fn request_socket(&self) -> &UnixStream {
        &self.socket
    }

    /// Returns whether the socket is open with nothing to read, as it is while a snapshot lives.
    pub(in crate::exec::python) fn is_silent(&self) -> bool {
        let how = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let read = rustix::net::recv(&self.socket, &mut [0_u8; 1], how);
        self.parser.unread.is_empty() && matches!(read, Err(Errno::AGAIN))
    }

    /// Returns the message of a crash and the deck's part of its stack.
    pub(in crate::exec::python) fn crash(&self) -> Option<String> {
        self.parser.crash()
    }
}

impl RunReportParser {
    /// Adds bytes, and returns the reports that are complete.
    pub(in crate::exec) fn push(&mut self, bytes: &[u8]) -> Vec<RunReport> {
        self.unread.extend(bytes);
        self.parse()
    }

    /// Returns the message of a crash and the deck's part of its stack.
    pub(in crate::exec) fn crash(&self) -> Option<String> {
        let fatal = self.crash.iter().find(|line| line.starts_with("Fatal Python error"))?;
        let calls =
            self.crash.iter().skip_while(|line| !line.ends_with("(most recent call first):"));
        let calls = calls.filter(|line| line.starts_with("  File "));
        let own = format!("\"{OWN_CODE}\"");
        let shown = calls.take_while(|line| !line.contains(&own)).take(MAX_FRAMES);
        Some(shown.fold(format!("{fatal}\n"), |text, line| text + line + "\n"))
    }

    /// Parses complete lines and the complete values after them.
    fn parse(&mut self) -> Vec<RunReport> {
        let mut reports = Vec::new();
        let mut at = 0;
        loop {
            if let Some((number, size)) = self.announced {
                let Some(value) = self.unread.get(at..at + size) else { break };
                reports.push(RunReport::Value(number, value.to_vec()));
                at += size;
                self.announced = None;
            }
            let Some(length) = self.unread[at..].iter().position(|byte| *byte == b'\n') else {
                break;
            };
            let line = String::from_utf8_lossy(&self.unread[at..at + length]).into_owned();
            reports.extend(self.parse_line(line.trim_end()));
            at += length + 1;
        }
        self.unread.drain(..at);
        reports
    }

    fn parse_line(&mut self, line: &str) -> Option<RunReport> {
        if line == "raised" {
            self.raised = true;
            return None;
        }
        let number = |name: &str| line.strip_prefix(name)?.parse::<i32>().ok();
        if let Some(started) = line.strip_prefix("started ") {
            let (process, since) = started.split_once(' ')?;
            let process = process.parse().ok().and_then(Pid::from_raw)?;
            return Some(RunReport::Started(process, since.parse().ok()?));
        }
        if let Some(status) = number("status ") {
            return Some(RunReport::Ended(self.outcome(status)));
        }
        if let Some(number) = line.strip_prefix("imports ").and_then(|it| it.parse().ok()) {
            return Some(RunReport::Imports(number));
        }
        if let Some(number) = line.strip_prefix("rejected ").and_then(|it| it.parse().ok()) {
            return Some(RunReport::Rejected(number));
        }
        if let Some(names) = line.strip_prefix("loaded ") {
            return Some(RunReport::Loaded(names.split(' ').map(str::to_owned).collect()));
        }
        if let Some(module) = line.strip_prefix("awaits") {
            return Some(RunReport::Awaits(module.strip_prefix(' ').map(Into::into)));
        }
        if let Some(status) = line.strip_prefix("kept ") {
            let (status, threads) = match status.strip_suffix(" threads") {
                Some(status) => (status, Threads::Running),
                None => (status, Threads::None),
            };
            return Some(RunReport::Snapshot(self.outcome(status.parse().ok()?), threads));
        }
        match announced_value(line) {
            Some(value) => self.announced = Some(value),
            None => self.crash.push(line.to_owned()),
        }
        None
    }

    fn outcome(&self, status: i32) -> Outcome {
        let status = ExitStatus::from_raw(status);
        match (status.code(), status.signal()) {
            (Some(1), _) if self.raised => Outcome::Raised,
            (Some(code), _) => Outcome::Exited(code),
            (None, signal) => Outcome::Signaled(signal.unwrap_or_default()),
        }
    }
}

impl AsFd for ReportReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Returns how long ago a run began, given its start on the system's monotonic clock in nanoseconds.
/// Returns zero where Python uses another clock.
pub(in crate::exec::python) fn ago(began: u64) -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let now = Duration::try_from(now).unwrap_or_default();
    let ago = now.checked_sub(Duration::from_nanos(began)).unwrap_or_default();
    if ago < MAX_START_DELAY { ago } else { Duration::ZERO }
}

/// Returns the number and the size of the value that a line announces.
fn announced_value(line: &str) -> Option<(u64, usize)> {
    let (number, size) = line.strip_prefix("show ")?.split_once(' ')?;
    let size = size.parse().ok().filter(|size| *size <= MAX_VALUE_SIZE)?;
    Some((number.parse().ok()?, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn reports(written: &str) -> (Vec<RunReport>, ReportReader) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(written.as_bytes()).unwrap();
        drop(theirs);
        let mut reports = ReportReader::new(ours);
        (reports.take(), reports)
    }

    fn started(pid: i32) -> RunReport {
        RunReport::Started(Pid::from_raw(pid).unwrap(), 9)
    }

    #[test]
    fn start_and_end_are_reported() {
        let (read, _) = reports("started 77 9\nstatus 768\n");
        assert_eq!(
            read,
            [started(77), RunReport::Ended(Outcome::Exited(3)), RunReport::Disconnected]
        );
    }

    #[test]
    fn uncaught_exception_is_not_an_exit_status() {
        assert_eq!(reports("raised\nstatus 256\n").0[0], RunReport::Ended(Outcome::Raised));
        assert_eq!(reports("status 256\n").0[0], RunReport::Ended(Outcome::Exited(1)));
    }

    #[test]
    fn snapshot_is_reported_before_its_end() {
        let (read, _) = reports("started 77 9\nraised\nkept 256\nstatus 9\n");
        let kept = |threads| RunReport::Snapshot(Outcome::Raised, threads);
        let ended = RunReport::Ended(Outcome::Signaled(9));
        assert_eq!(read, [started(77), kept(Threads::None), ended, RunReport::Disconnected]);
        assert_eq!(reports("raised\nkept 256 threads\n").0[0], kept(Threads::Running));
    }

    #[test]
    fn crash_shows_the_frames_of_the_deck() {
        let (read, reports) = reports(
            "started 5 9\nFatal Python error: Segmentation fault\n\nStack (most recent call first):\n  \
             File \"talk.md\", line 7 in f\n  File \"talk.md\", line 9 in <module>\n  \
             File \"<livedeck>\", line 1 in execute\n  File \"<livedeck>\", line 1 in run\n\n\
             Extension modules: numpy (total: 1)\nstatus 11\n",
        );
        assert_eq!(read[1], RunReport::Ended(Outcome::Signaled(11)));
        assert_eq!(
            reports.crash().unwrap(),
            "Fatal Python error: Segmentation fault\n  File \"talk.md\", line 7 in f\n  \
             File \"talk.md\", line 9 in <module>\n"
        );
    }

    #[test]
    fn value_is_read_between_lines() {
        let (read, _) = reports("started 5 9\nshow 1 7\na\nb\0\n\ncstatus 0\n");
        let value = RunReport::Value(1, b"a\nb\0\n\nc".into());
        assert_eq!(read[..3], [started(5), value, RunReport::Ended(Outcome::Exited(0))]);
    }

    #[test]
    fn value_split_across_reads_is_one_value() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut reports = ReportReader::new(ours);
        theirs.write_all(b"show 2 4\nab").unwrap();
        assert_eq!(reports.take(), []);
        theirs.write_all(b"cd").unwrap();
        assert_eq!(reports.take(), [RunReport::Value(2, b"abcd".into())]);
    }

    #[test]
    fn line_split_across_reads_is_one_line() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut reports = ReportReader::new(ours);
        theirs.write_all(b"start").unwrap();
        assert_eq!(reports.take(), []);
        theirs.write_all(b"ed 12 9\n").unwrap();
        assert_eq!(reports.take(), [started(12)]);
    }
}
