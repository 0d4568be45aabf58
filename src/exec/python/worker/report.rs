//! What the worker tells about one run: lines on a socket, of which a crash writes some itself, and
//! behind some of them the bytes of a value that is to be shown.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use rustix::process::Pid;

use crate::exec::os::process_tree;
use crate::run::Outcome;

/// The file name that the worker's own code has in tracebacks.
pub(in crate::exec::python) const OWN_CODE: &str = "<livedeck>";

/// The most bytes of a value; the worker sends no more.
const MAX_VALUE_SIZE: usize = 17 << 20;

/// A run that began longer ago than this was heard of before.
const MAX_START_DELAY: Duration = Duration::from_secs(1);

/// How many calls of a crash's stack are shown.
const MAX_FRAMES: usize = 10;

/// One thing the worker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec::python) enum RunReport {
    /// The run is a process of its own, at the head of this group, and began at this time: see [`ago`].
    Started(Pid, u64),
    /// Its code has ended, and the process stays for what goes on from it.
    Snapshot(Outcome, Threads),
    /// It waits until this module is compiled; nothing: it does not wait any more.
    Awaits(Option<Box<str>>),
    /// The process has ended.
    Ended(Outcome),
    /// It begins to import this of the modules that it was given.
    Imports(usize),
    /// This one does more than to load modules.
    Rejected(usize),
    /// These modules are loaded.
    Loaded(Vec<String>),
    /// A value to be shown where a mark of this number stands in what is written.
    Shown(u64, Vec<u8>),
    /// Nobody is there to tell any more.
    Lost,
}

/// What goes on in a process whose block has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec::python) enum Threads {
    /// Nothing: a fork of it is all of it.
    None,
    /// Threads, which no fork would have.
    Some,
}

/// The reports about one run, as they come.
#[derive(Debug)]
pub(in crate::exec::python) struct ReportReader {
    socket: UnixStream,
    unread: Vec<u8>,
    /// The number and the size of the value that comes next.
    coming: Option<(u64, usize)>,
    raised: bool,
    crash: Vec<String>,
    /// Whether a process that is named must be one of ours.
    is_checked: bool,
}

impl ReportReader {
    /// The reports that come over this socket.
    pub(in crate::exec::python) fn new(socket: UnixStream) -> Self {
        let (unread, crash) = (Vec::new(), Vec::new());
        Self { socket, unread, coming: None, raised: false, crash, is_checked: false }
    }

    /// The same, without what names a process that is none of ours: a run that lies about its number
    /// would have us stop another program.
    pub(in crate::exec::python) fn checked(self) -> Self {
        Self { is_checked: cfg!(target_os = "linux"), ..self }
    }

    /// What came since the last call. Never waits.
    pub(in crate::exec::python) fn take(&mut self) -> Vec<RunReport> {
        let mut buffer = vec![0_u8; 64 * 1024];
        let mut reports = Vec::new();
        loop {
            match rustix::net::recv(&self.socket, &mut buffer, RecvFlags::DONTWAIT) {
                Ok((read @ 1.., _)) => {
                    self.unread.extend(&buffer[..read]);
                    let is_checked = self.is_checked;
                    let is_credible = |report: &RunReport| match report {
                        RunReport::Started(process, _) if is_checked => {
                            process_tree::is_own(*process)
                        }
                        _ => true,
                    };
                    reports.extend(self.parts().into_iter().filter(is_credible));
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return reports,
                Ok(_) | Err(_) => {
                    reports.push(RunReport::Lost);
                    return reports;
                }
            }
        }
    }

    /// What comes next, or nothing if nothing does for so long.
    pub(in crate::exec::python) fn wait(&mut self, patience: Duration) -> Vec<RunReport> {
        let limit = Timespec::try_from(patience).ok();
        let mut file = [PollFd::new(&self.socket, PollFlags::IN)];
        let _ = rustix::event::poll(&mut file, limit.as_ref());
        self.take()
    }

    /// The socket, once the run has become a base: orders go to it there.
    pub(in crate::exec::python) fn orders(&self) -> &UnixStream {
        &self.socket
    }

    /// Whether nothing was written that was not taken: a base writes nothing as long as it lives.
    pub(in crate::exec::python) fn is_silent(&self) -> bool {
        let how = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let read = rustix::net::recv(&self.socket, &mut [0_u8; 1], how);
        self.unread.is_empty() && matches!(read, Err(Errno::AGAIN))
    }

    /// What a crash left to be read: its name, and the deck's part of the stack.
    pub(in crate::exec::python) fn crash(&self) -> Option<String> {
        let fatal = self.crash.iter().find(|line| line.starts_with("Fatal Python error"))?;
        let calls =
            self.crash.iter().skip_while(|line| !line.ends_with("(most recent call first):"));
        let calls = calls.filter(|line| line.starts_with("  File "));
        let own = format!("\"{OWN_CODE}\"");
        let shown = calls.take_while(|line| !line.contains(&own)).take(MAX_FRAMES);
        Some(shown.fold(format!("{fatal}\n"), |text, line| text + line + "\n"))
    }

    /// The lines that are whole, and the values behind them that are.
    fn parts(&mut self) -> Vec<RunReport> {
        let mut reports = Vec::new();
        let mut at = 0;
        loop {
            if let Some((number, size)) = self.coming {
                let Some(value) = self.unread.get(at..at + size) else { break };
                reports.push(RunReport::Shown(number, value.to_vec()));
                at += size;
                self.coming = None;
            }
            let Some(length) = self.unread[at..].iter().position(|byte| *byte == b'\n') else {
                break;
            };
            let line = String::from_utf8_lossy(&self.unread[at..at + length]).into_owned();
            reports.extend(self.line(line.trim_end()));
            at += length + 1;
        }
        self.unread.drain(..at);
        reports
    }

    fn line(&mut self, line: &str) -> Option<RunReport> {
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
                Some(status) => (status, Threads::Some),
                None => (status, Threads::None),
            };
            return Some(RunReport::Snapshot(self.outcome(status.parse().ok()?), threads));
        }
        match announced(line) {
            Some(coming) => self.coming = Some(coming),
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

/// How long ago a run began, from the nanoseconds of the system's steady clock at that time. Where
/// Python takes another clock than this one, that it was just now is close enough.
pub(in crate::exec::python) fn ago(began: u64) -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let now = Duration::try_from(now).unwrap_or_default();
    let ago = now.checked_sub(Duration::from_nanos(began)).unwrap_or_default();
    if ago < MAX_START_DELAY { ago } else { Duration::ZERO }
}

/// The number and the size of the value that a line says to follow it.
fn announced(line: &str) -> Option<(u64, usize)> {
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
    fn a_run_starts_and_ends() {
        let (told, _) = reports("started 77 9\nstatus 768\n");
        assert_eq!(told, [started(77), RunReport::Ended(Outcome::Exited(3)), RunReport::Lost]);
    }

    #[test]
    fn an_exception_is_not_just_a_status() {
        assert_eq!(reports("raised\nstatus 256\n").0[0], RunReport::Ended(Outcome::Raised));
        assert_eq!(reports("status 256\n").0[0], RunReport::Ended(Outcome::Exited(1)));
    }

    #[test]
    fn a_run_that_stays_says_so_and_may_end_later() {
        let (told, _) = reports("started 77 9\nraised\nkept 256\nstatus 9\n");
        let kept = |threads| RunReport::Snapshot(Outcome::Raised, threads);
        let ended = RunReport::Ended(Outcome::Signaled(9));
        assert_eq!(told, [started(77), kept(Threads::None), ended, RunReport::Lost]);
        assert_eq!(reports("raised\nkept 256 threads\n").0[0], kept(Threads::Some));
    }

    #[test]
    fn a_crash_shows_the_decks_part_of_the_stack() {
        let (told, reports) = reports(
            "started 5 9\nFatal Python error: Segmentation fault\n\nStack (most recent call first):\n  \
             File \"talk.md\", line 7 in f\n  File \"talk.md\", line 9 in <module>\n  \
             File \"<livedeck>\", line 1 in execute\n  File \"<livedeck>\", line 1 in run\n\n\
             Extension modules: numpy (total: 1)\nstatus 11\n",
        );
        assert_eq!(told[1], RunReport::Ended(Outcome::Signaled(11)));
        assert_eq!(
            reports.crash().unwrap(),
            "Fatal Python error: Segmentation fault\n  File \"talk.md\", line 7 in f\n  \
             File \"talk.md\", line 9 in <module>\n"
        );
    }

    #[test]
    fn a_value_comes_between_lines() {
        let (told, _) = reports("started 5 9\nshow 1 7\na\nb\0\n\ncstatus 0\n");
        let value = RunReport::Shown(1, b"a\nb\0\n\nc".into());
        assert_eq!(told[..3], [started(5), value, RunReport::Ended(Outcome::Exited(0))]);
    }

    #[test]
    fn a_value_cut_in_two_is_one_value() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut reports = ReportReader::new(ours);
        theirs.write_all(b"show 2 4\nab").unwrap();
        assert_eq!(reports.take(), []);
        theirs.write_all(b"cd").unwrap();
        assert_eq!(reports.take(), [RunReport::Shown(2, b"abcd".into())]);
    }

    #[test]
    fn a_line_cut_in_two_is_one_line() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut reports = ReportReader::new(ours);
        theirs.write_all(b"start").unwrap();
        assert_eq!(reports.take(), []);
        theirs.write_all(b"ed 12 9\n").unwrap();
        assert_eq!(reports.take(), [started(12)]);
    }
}
