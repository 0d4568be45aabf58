//! What runs read: the line that the speaker types, what the author wrote, or nothing; and knowing
//! that a run waits for it.
//!
//! A run reads from its terminal, so that programs ask and echo as they do for a person. Nobody tells
//! when a program waits there, but Linux shows in `/proc` in which system call each thread sleeps,
//! and on what.

#![expect(clippy::disallowed_methods, reason = "looks into `/proc`, and does so from time to time")]

use std::collections::VecDeque;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::Pid;
use rustix::termios::{LocalModes, Winsize};

use crate::exec::RunSink;
use crate::exec::os::pty::PtyPair;
use crate::run::{Event, StdinSource};

/// How often is looked whether a run waits: so that a person does not notice the time between.
const LOOK: Duration = Duration::from_millis(60);

/// The same where it is not a person who answers.
const LOOK_TO_FEED: Duration = Duration::from_millis(10);

/// Ends a terminal's input where a line would start.
const END: &[u8] = b"\x04";

/// A terminal that can be typed at, or will be.
#[derive(Debug, Default)]
pub(in crate::exec) struct Keyboard {
    state: Mutex<KeyboardState>,
}

#[derive(Debug, Default)]
struct KeyboardState {
    terminal: Option<OwnedFd>,
    /// What was typed, and the size that was wanted, before the terminal was there.
    typed: Vec<u8>,
    size: Option<Winsize>,
}

impl Keyboard {
    /// Takes the terminal, and does to it what was asked for before it was there.
    pub(in crate::exec) fn take(&self, master: OwnedFd) {
        let mut keys = self.state.lock();
        if let Some(size) = keys.size.take() {
            let _ = rustix::termios::tcsetwinsize(&master, size);
        }
        type_at(&master, &std::mem::take(&mut keys.typed));
        keys.terminal = Some(master);
    }

    /// Types at it. What it does not read is lost, once its terminal can hold no more.
    pub(in crate::exec) fn type_in(&self, bytes: &[u8]) {
        let mut keys = self.state.lock();
        match &keys.terminal {
            Some(terminal) => type_at(terminal, bytes),
            None => keys.typed.extend(bytes),
        }
    }

    /// Gives it another size.
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

/// Looks whether a run waits for input, and feeds it what the author wrote.
pub(in crate::exec) struct InputWatcher {
    /// Our end of the run's terminal, and the name of the run's.
    terminal: OwnedFd,
    path: PathBuf,
    /// Lines that are still to be fed; none where it is the speaker who types.
    lines: Option<VecDeque<Vec<u8>>>,
    next: Instant,
    has_told: bool,
}

impl InputWatcher {
    /// Watches a run in this terminal; none where it reads nothing, or nothing can be known.
    pub(in crate::exec) fn new(input: &StdinSource, pty: &PtyPair) -> Option<Self> {
        let lines = match input {
            StdinSource::Empty => return None,
            StdinSource::Speaker => None,
            StdinSource::Text(text) => Some(lines(text)),
        };
        let terminal = pty.master.try_clone().ok()?;
        let every = if lines.is_some() { LOOK_TO_FEED } else { LOOK };
        let next = Instant::now() + every;
        Some(Self { terminal, path: pty.path.clone(), lines, next, has_told: false })
    }

    /// How long until the next look.
    pub(in crate::exec) fn left(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// Looks, if it is time to: at the process and all that it started.
    pub(in crate::exec) fn look(&mut self, leader: Pid, sink: &RunSink) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        let found = find_reader(leader, &self.path);
        if self.lines.is_some() {
            self.next = now + LOOK_TO_FEED;
            self.feed(found);
        } else {
            self.next = now + LOOK;
            self.tell(found, sink);
        }
    }

    fn tell(&mut self, found: ReaderState, sink: &RunSink) {
        match found {
            ReaderState::Reader => {
                self.has_told = true;
                sink(Event::WaitsForInput { hidden: is_hidden(&self.terminal) });
            }
            ReaderState::NoReader | ReaderState::Unknown if self.has_told => {
                self.has_told = false;
                sink(Event::InputDone);
            }
            ReaderState::NoReader | ReaderState::Unknown => {}
        }
    }

    /// A line for whoever waits; everything at once where nobody can know.
    fn feed(&mut self, found: ReaderState) {
        let Some(lines) = &mut self.lines else { return };
        match found {
            ReaderState::Reader => match lines.pop_front() {
                Some(line) => type_at(&self.terminal, &line),
                None => type_at(&self.terminal, END),
            },
            ReaderState::Unknown => {
                lines.drain(..).for_each(|line| type_at(&self.terminal, &line));
                type_at(&self.terminal, END);
                self.next += Duration::from_secs(1);
            }
            ReaderState::NoReader => {}
        }
    }
}

/// Each line with its end, as a person would type it.
fn lines(text: &str) -> VecDeque<Vec<u8>> {
    text.lines().map(|line| format!("{line}\n").into_bytes()).collect()
}

/// Whether a terminal shows nothing of what is typed at it, though it takes whole lines.
fn is_hidden(terminal: &OwnedFd) -> bool {
    rustix::termios::tcgetattr(terminal).is_ok_and(|modes| {
        let modes = modes.local_modes;
        modes.contains(LocalModes::ICANON) && !modes.contains(LocalModes::ECHO)
    })
}

/// Whether somebody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReaderState {
    Reader,
    NoReader,
    /// The system does not say.
    Unknown,
}

/// Looks for a thread of the process, or of one that it started, that sleeps until there is something
/// to read from the terminal.
fn find_reader(leader: Pid, terminal: &Path) -> ReaderState {
    let mut found = ReaderState::Unknown;
    let mut to_visit = vec![leader.as_raw_nonzero().get()];
    while let Some(process) = to_visit.pop() {
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for thread in threads.flatten().map(|thread| thread.path()) {
            let children = fs::read_to_string(thread.join("children")).unwrap_or_default();
            to_visit.extend(children.split_whitespace().filter_map(|it| it.parse::<i32>().ok()));
            let Ok(call) = fs::read_to_string(thread.join("syscall")) else { continue };
            found = ReaderState::NoReader;
            let Some(call) = Syscall::read(&call) else { continue };
            if call.files(process).iter().any(|file| is_link(process, *file, terminal)) {
                return ReaderState::Reader;
            }
        }
    }
    found
}

/// Whether a file of a process is this one.
fn is_link(process: i32, file: u64, path: &Path) -> bool {
    fs::read_link(format!("/proc/{process}/fd/{file}")).is_ok_and(|link| link == path)
}

/// A system call that a thread sleeps in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Syscall {
    number: i64,
    first: u64,
    second: u64,
}

/// How a system call names the files that it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WaitKind {
    /// One, by its number.
    Read,
    /// A list of structures.
    Poll,
    /// A set of bits.
    Select,
    /// A file that knows them.
    Epoll,
}

impl Syscall {
    /// Reads `0 0x0 0x7f… 0x400 …`; nothing for `running`.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let number = words.next()?.parse().ok()?;
        let mut argument = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
        Some(Self { number, first: argument()?, second: argument()? })
    }

    fn kind(self) -> Option<WaitKind> {
        CALLS.iter().find(|(number, _)| *number == self.number).map(|(_, kind)| *kind)
    }

    /// The files from which it waits to read.
    fn files(self, process: i32) -> Vec<u64> {
        match self.kind() {
            None => Vec::new(),
            Some(WaitKind::Read) => vec![self.first],
            Some(WaitKind::Poll) => polled(&memory(process, self.first, self.second.min(64) * 8)),
            Some(WaitKind::Select) => {
                let bytes = self.first.min(1024).div_ceil(8);
                selected(&memory(process, self.second, bytes), self.first)
            }
            Some(WaitKind::Epoll) => {
                let info = fs::read_to_string(format!("/proc/{process}/fdinfo/{}", self.first));
                epolled(&info.unwrap_or_default())
            }
        }
    }
}

/// The calls by which programs wait for input.
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

/// Bytes of a process's memory; none if they cannot be had.
fn memory(process: i32, at: u64, count: u64) -> Vec<u8> {
    let mut bytes = vec![0; count as usize];
    let memory = fs::File::open(format!("/proc/{process}/mem"));
    let read = memory.and_then(|memory| memory.read_exact_at(&mut bytes, at));
    if read.is_ok() { bytes } else { Vec::new() }
}

/// Files of a `pollfd` list that are waited for to be read.
fn polled(list: &[u8]) -> Vec<u64> {
    let entries = list.chunks_exact(8).map(|entry| {
        let file = i32::from_ne_bytes([entry[0], entry[1], entry[2], entry[3]]);
        (file, i16::from_ne_bytes([entry[4], entry[5]]))
    });
    let wanted = entries.filter(|(_, events)| events & 1 != 0);
    wanted.filter_map(|(file, _)| u64::try_from(file).ok()).collect()
}

/// Files of an `fd_set`.
fn selected(set: &[u8], count: u64) -> Vec<u64> {
    let has =
        |file: &u64| set.get((file / 8) as usize).is_some_and(|byte| byte >> (file % 8) & 1 != 0);
    (0..count.min(1024)).filter(has).collect()
}

/// Files that an `epoll` waits for to be read, as its `fdinfo` lists them.
fn epolled(info: &str) -> Vec<u64> {
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
    fn a_call_is_read_as_the_system_shows_it() {
        let call = Syscall::read("7 0x7ffc 0x2 0xffffffff 0x0 0x0 0x0 0x7ffd 0x7f2a\n");
        assert_eq!(call, Some(Syscall { number: 7, first: 0x7ffc, second: 2 }));
        assert_eq!(Syscall::read("running\n"), None);
        assert_eq!(
            Syscall::read("-1 0x7ffd 0x7f2a"),
            Some(Syscall { number: -1, first: 0x7ffd, second: 0x7f2a })
        );
    }

    #[test]
    fn each_way_to_wait_names_its_files() {
        let entry = |file: i32, events: i16| {
            [&file.to_ne_bytes()[..], &events.to_ne_bytes(), &[0; 2]].concat()
        };
        assert_eq!(polled(&[entry(0, 1), entry(5, 4), entry(-1, 1)].concat()), [0]);
        assert_eq!(selected(&[0b101, 0b1000_0000], 16), [0, 2, 15]);
        let info = "pos:\t0\nflags:\t02\ntfd:        0 events:       19 data: 0\ntfd: 9 events: 4 data: 9\n";
        assert_eq!(epolled(info), [0]);
    }

    #[test]
    fn given_lines_have_their_ends() {
        assert_eq!(lines("a\nb"), [b"a\n", b"b\n"]);
        assert!(lines("").is_empty());
    }
}
