//! Standard input of runs: what the speaker types, what the author wrote, or nothing; and detecting
//! that a run waits for input.
//!
//! A run reads from its terminal, so programs prompt and echo as they do for a person. No event
//! reports that a program waits there, but Linux shows in `/proc` which system call each thread
//! sleeps in, and for which files.

#![expect(clippy::disallowed_methods, reason = "reads `/proc` at intervals")]

use std::collections::VecDeque;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::Pid;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Winsize};

use crate::exec::RunSink;
use crate::exec::os::pty::PtyPair;
use crate::run::{Event, StdinSource};

/// How often to check whether a run waits for the speaker, or waits though it has no input: too often to
/// notice the delay.
const CHECK_INTERVAL: Duration = Duration::from_millis(60);

/// How often to check whether a run waits for the author's lines.
const FEED_INTERVAL: Duration = Duration::from_millis(10);

/// Ctrl-d: ends a terminal's input at the start of a line.
const END_OF_INPUT: &[u8] = b"\x04";

/// How often to end the input of a run that keeps reading: more often than any program asks again.
const MAX_ENDS: u32 = 100;

/// Follows the output of a run that reads on though its input has ended.
const STILL_READS: &str = "\nstopped: it waits for input, and there is none here\n";

/// How programs that use the whole screen begin: they read keys, so ctrl-d would only change what they
/// show.
const ALTERNATE_SCREEN: &[u8] = b"\x1b[?1049h";

/// The input side of a run's terminal, which may not be open yet.
#[derive(Debug, Default)]
pub(in crate::exec) struct Keyboard {
    state: Mutex<KeyboardState>,
}

#[derive(Debug, Default)]
struct KeyboardState {
    terminal: Option<OwnedFd>,
    /// Input and size that arrived before the terminal was open.
    typed: Vec<u8>,
    size: Option<Winsize>,
}

impl Keyboard {
    /// Attaches the terminal and applies the input and size that arrived before.
    pub(in crate::exec) fn attach(&self, master: OwnedFd) {
        let mut keys = self.state.lock();
        if let Some(size) = keys.size.take() {
            let _ = rustix::termios::tcsetwinsize(&master, size);
        }
        type_at(&master, &std::mem::take(&mut keys.typed));
        keys.terminal = Some(master);
    }

    /// Types bytes. What the terminal's buffer cannot hold is lost.
    pub(in crate::exec) fn type_in(&self, bytes: &[u8]) {
        let mut keys = self.state.lock();
        match &keys.terminal {
            Some(terminal) => type_at(terminal, bytes),
            None => keys.typed.extend(bytes),
        }
    }

    /// Resizes the terminal.
    pub(in crate::exec) fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        let mut keys = self.state.lock();
        match &keys.terminal {
            Some(terminal) => drop(rustix::termios::tcsetwinsize(terminal, size)),
            None => keys.size = Some(size),
        }
    }
}

fn type_at(terminal: impl AsFd, bytes: &[u8]) {
    let mut left = bytes;
    while let Ok(written @ 1..) = rustix::io::write(&terminal, left) {
        left = &left[written..];
    }
}

/// Detects that a run waits for input, and feeds it the author's lines.
pub(in crate::exec) struct InputWatcher {
    /// Our end of the run's terminal, and the path of the other end.
    terminal: OwnedFd,
    path: PathBuf,
    /// Its number, as `/proc` has it.
    number: u64,
    /// The lines left to feed; `None` if the speaker types.
    lines: Option<VecDeque<Vec<u8>>>,
    /// How often the end of the input was typed, or a program that reads keys waited for it.
    ends: u32,
    reads_keys: bool,
    /// Whether the run's terminal is shown as one. Programs that use the whole screen may then wait.
    has_screen: bool,
    next: Instant,
    has_reported: bool,
}

impl InputWatcher {
    /// Watches a run in this terminal, which `has_screen` if it is shown as a terminal. Returns `None` if
    /// it cannot be watched.
    pub(in crate::exec) fn new(
        input: &StdinSource,
        pty: &PtyPair,
        has_screen: bool,
    ) -> Option<Self> {
        let lines = match input {
            StdinSource::Empty => Some(VecDeque::new()),
            StdinSource::Speaker => None,
            StdinSource::Text(text) => Some(lines(text)),
        };
        let terminal = pty.master.try_clone().ok()?;
        let interval = if lines.is_some() { FEED_INTERVAL } else { CHECK_INTERVAL };
        let next = Instant::now() + interval;
        let (path, number, has_reported) = (pty.path.clone(), number_of(pty)?, false);
        let (ends, reads_keys) = (0, false);
        Some(Self {
            terminal,
            path,
            number,
            lines,
            ends,
            reads_keys,
            has_screen,
            next,
            has_reported,
        })
    }

    /// Returns the time until the next check.
    pub(in crate::exec) fn until_check(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// Looks at output for signs that the run reads keys.
    pub(in crate::exec) fn see(&mut self, output: &[u8]) {
        let mut starts = output.windows(ALTERNATE_SCREEN.len());
        self.reads_keys = self.reads_keys || starts.any(|bytes| bytes == ALTERNATE_SCREEN);
    }

    /// Returns whether the run keeps reading though its input has ended again and again.
    pub(in crate::exec) fn is_ignored(&self) -> bool {
        self.ends > MAX_ENDS
    }

    /// Returns the text that tells why a run is stopped whose input is ignored. None fits on a screen.
    pub(in crate::exec) fn stop_message(&self) -> Option<&'static str> {
        (!self.has_screen).then_some(STILL_READS)
    }

    /// Checks the process and its descendants, if it is time to.
    pub(in crate::exec) fn check(&mut self, leader: Pid, sink: &RunSink) {
        let now = Instant::now();
        if now < self.next || self.is_ignored() {
            return;
        }
        let found = find_reader(leader, (&self.path, self.number));
        if let Some(lines) = &self.lines {
            let is_over = lines.is_empty() && found != ReaderState::Reader;
            self.next = now + if is_over { CHECK_INTERVAL } else { FEED_INTERVAL };
            self.feed(found);
        } else {
            self.next = now + CHECK_INTERVAL;
            self.report(found, sink);
        }
    }

    fn report(&mut self, found: ReaderState, sink: &RunSink) {
        match found {
            ReaderState::Reader => {
                self.has_reported = true;
                sink(Event::WaitsForInput { hidden: is_hidden(&self.terminal) });
            }
            ReaderState::NoReader | ReaderState::Unknown if self.has_reported => {
                self.has_reported = false;
                sink(Event::InputDone);
            }
            ReaderState::NoReader | ReaderState::Unknown => {}
        }
    }

    /// Feeds one line to a reader, or all lines if the system does not show readers.
    fn feed(&mut self, found: ReaderState) {
        let Some(lines) = &mut self.lines else { return };
        match found {
            ReaderState::Reader => match lines.pop_front() {
                Some(line) => type_at(&self.terminal, &line),
                None if self.reads_keys && self.has_screen => {}
                None if self.reads_keys => self.ends += 1,
                None => {
                    self.ends += 1;
                    read_lines(&self.terminal);
                    type_at(&self.terminal, END_OF_INPUT);
                }
            },
            ReaderState::Unknown => {
                lines.drain(..).for_each(|line| type_at(&self.terminal, &line));
                type_at(&self.terminal, END_OF_INPUT);
                self.next += Duration::from_secs(1);
            }
            ReaderState::NoReader => {}
        }
    }
}

/// Splits a text into lines, each with its line end.
fn lines(text: &str) -> VecDeque<Vec<u8>> {
    text.lines().map(|line| format!("{line}\n").into_bytes()).collect()
}

/// Makes a terminal of ours whose reads return at once read lines, for a program that waits until
/// there is input: ctrl-d then ends the input, and is none.
fn read_lines(terminal: &OwnedFd) {
    let Ok(mut modes) = rustix::termios::tcgetattr(terminal) else { return };
    let minimum = &mut modes.special_codes[SpecialCodeIndex::VMIN];
    if *minimum == 0 && !modes.local_modes.contains(LocalModes::ICANON) {
        // In line mode, `VMIN` may be the place of `VEOF`.
        *minimum = 1;
        modes.special_codes[SpecialCodeIndex::VEOF] = END_OF_INPUT[0];
        modes.local_modes.insert(LocalModes::ICANON);
        let _ = rustix::termios::tcsetattr(terminal, OptionalActions::Now, &modes);
    }
}

/// Returns whether a terminal reads lines without echo, as for a password.
fn is_hidden(terminal: &OwnedFd) -> bool {
    rustix::termios::tcgetattr(terminal).is_ok_and(|modes| {
        let modes = modes.local_modes;
        modes.contains(LocalModes::ICANON) && !modes.contains(LocalModes::ECHO)
    })
}

/// Whether a process reads from the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReaderState {
    Reader,
    NoReader,
    /// The system does not show it.
    Unknown,
}

/// Looks for a thread of the process or its descendants that waits for input from the terminal.
fn find_reader(leader: Pid, terminal: (&Path, u64)) -> ReaderState {
    let mut found = ReaderState::Unknown;
    let mut to_visit = vec![leader.as_raw_nonzero().get()];
    while let Some(process) = to_visit.pop() {
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for thread in threads.flatten().map(|thread| thread.path()) {
            let children = fs::read_to_string(thread.join("children")).unwrap_or_default();
            to_visit.extend(children.split_whitespace().filter_map(|it| it.parse::<i32>().ok()));
            let Ok(call) = fs::read_to_string(thread.join("syscall")) else { continue };
            found = ReaderState::NoReader;
            let Some(call) = Syscall::parse(&call) else { continue };
            if call.files(process).iter().any(|file| is_terminal(process, *file, terminal)) {
                return ReaderState::Reader;
            }
        }
    }
    found
}

/// Returns whether a process's descriptor is this terminal, by its path or as `/dev/tty`.
fn is_terminal(process: i32, file: u64, (path, number): (&Path, u64)) -> bool {
    let link = fs::read_link(format!("/proc/{process}/fd/{file}")).unwrap_or_default();
    link == path || link == Path::new("/dev/tty") && controlling_terminal(process) == Some(number)
}

/// Returns the number of a process's controlling terminal.
fn controlling_terminal(process: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before the last parenthesis may contain anything.
    status.rsplit_once(')')?.1.split_whitespace().nth(4)?.parse().ok()
}

/// Returns the number of a terminal in the form that `/proc` uses.
fn number_of(pty: &PtyPair) -> Option<u64> {
    let device = rustix::fs::fstat(&pty.slave).ok()?.st_rdev;
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    Some(u64::from(minor & 0xff | major << 8 | (minor & !0xff) << 12))
}

/// The system call that a thread sleeps in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Syscall {
    number: i64,
    first: u64,
    second: u64,
}

/// How a system call names the files it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WaitKind {
    /// One descriptor.
    Read,
    /// A list of `pollfd`s.
    Poll,
    /// An `fd_set`.
    Select,
    /// An epoll instance.
    Epoll,
}

impl Syscall {
    /// Parses `0 0x0 0x7f… 0x400 …`. Returns `None` for `running`.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let number = words.next()?.parse().ok()?;
        let mut argument = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
        Some(Self { number, first: argument()?, second: argument()? })
    }

    fn kind(self) -> Option<WaitKind> {
        CALLS.iter().find(|(number, _)| *number == self.number).map(|(_, kind)| *kind)
    }

    /// Returns the descriptors it waits to read from.
    fn files(self, process: i32) -> Vec<u64> {
        match self.kind() {
            None => Vec::new(),
            Some(WaitKind::Read) => vec![self.first],
            Some(WaitKind::Poll) => {
                parse_pollfds(&memory(process, self.first, self.second.min(64) * 8))
            }
            Some(WaitKind::Select) => {
                let bytes = self.first.min(1024).div_ceil(8);
                parse_fd_set(&memory(process, self.second, bytes), self.first)
            }
            Some(WaitKind::Epoll) => {
                let info = fs::read_to_string(format!("/proc/{process}/fdinfo/{}", self.first));
                parse_epoll_info(&info.unwrap_or_default())
            }
        }
    }
}

/// System calls that wait for input.
#[cfg(target_os = "linux")]
const CALLS: &[(i64, WaitKind)] = &[
    (libc::SYS_read, WaitKind::Read),
    (libc::SYS_readv, WaitKind::Read),
    (libc::SYS_ppoll, WaitKind::Poll),
    (libc::SYS_pselect6, WaitKind::Select),
    (libc::SYS_epoll_pwait, WaitKind::Epoll),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_poll, WaitKind::Poll),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_select, WaitKind::Select),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_epoll_wait, WaitKind::Epoll),
];
#[cfg(not(target_os = "linux"))]
const CALLS: &[(i64, WaitKind)] = &[];

/// Reads a process's memory. Returns no bytes on failure.
fn memory(process: i32, at: u64, count: u64) -> Vec<u8> {
    let mut bytes = vec![0; count as usize];
    let memory = fs::File::open(format!("/proc/{process}/mem"));
    let read = memory.and_then(|memory| memory.read_exact_at(&mut bytes, at));
    if read.is_ok() { bytes } else { Vec::new() }
}

/// Returns the descriptors of a `pollfd` list that wait for input.
fn parse_pollfds(list: &[u8]) -> Vec<u64> {
    let entries = list.chunks_exact(8).map(|entry| {
        let file = i32::from_ne_bytes([entry[0], entry[1], entry[2], entry[3]]);
        (file, i16::from_ne_bytes([entry[4], entry[5]]))
    });
    let wanted = entries.filter(|(_, events)| events & 1 != 0);
    wanted.filter_map(|(file, _)| u64::try_from(file).ok()).collect()
}

/// Returns the descriptors of an `fd_set`.
fn parse_fd_set(set: &[u8], count: u64) -> Vec<u64> {
    let has =
        |file: &u64| set.get((file / 8) as usize).is_some_and(|byte| byte >> (file % 8) & 1 != 0);
    (0..count.min(1024)).filter(has).collect()
}

/// Returns the descriptors that an epoll's `fdinfo` lists as waiting for input.
fn parse_epoll_info(info: &str) -> Vec<u64> {
    let entries = info.lines().filter_map(|line| {
        let mut words = line.strip_prefix("tfd:")?.split_whitespace();
        let file = words.next()?.parse().ok()?;
        let events = u64::from_str_radix(words.nth(1)?, 16).ok()?;
        (events & 1 != 0).then_some(file)
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syscall_line_is_parsed() {
        let call = Syscall::parse("7 0x7ffc 0x2 0xffffffff 0x0 0x0 0x0 0x7ffd 0x7f2a\n");
        assert_eq!(call, Some(Syscall { number: 7, first: 0x7ffc, second: 2 }));
        assert_eq!(Syscall::parse("running\n"), None);
        assert_eq!(
            Syscall::parse("-1 0x7ffd 0x7f2a"),
            Some(Syscall { number: -1, first: 0x7ffd, second: 0x7f2a })
        );
    }

    #[test]
    fn waiting_calls_name_their_files() {
        let entry = |file: i32, events: i16| {
            [&file.to_ne_bytes()[..], &events.to_ne_bytes(), &[0; 2]].concat()
        };
        assert_eq!(parse_pollfds(&[entry(0, 1), entry(5, 4), entry(-1, 1)].concat()), [0]);
        assert_eq!(parse_fd_set(&[0b101, 0b1000_0000], 16), [0, 2, 15]);
        let info = "pos:\t0\nflags:\t02\ntfd:        0 events:       19 data: 0\ntfd: 9 events: 4 data: 9\n";
        assert_eq!(parse_epoll_info(info), [0]);
    }

    #[test]
    fn lines_keep_their_ends() {
        assert_eq!(lines("a\nb"), [b"a\n", b"b\n"]);
        assert!(lines("").is_empty());
    }
}
