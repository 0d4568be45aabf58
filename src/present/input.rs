//! Reads keys and mouse events on the loop's thread. A separate thread would cost a second wake-up
//! between a key and its slide.
//!
//! At startup, answers of the terminal ([`terminal_probe`](super::terminal_probe)) arrive among the
//! keys.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock and opens files")]

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tempfile::NamedTempFile;

use super::key_parser::{InputEnd, KeyParser};
use super::terminal_probe::{
    ANSWER_TIMEOUT, FILE_PIXEL, TerminalAnswers, graphics_queries, queries,
};
use super::{LoopEvent, terminal};
use crate::media::Capabilities;
use crate::theme::Background;

/// How long to wait for the rest of an escape sequence. After it, the sequence is a key with alt.
const SEQUENCE_TIMEOUT: Duration = Duration::from_millis(50);

/// How long to wait for the rest of an answer of the terminal.
const ANSWER_PART_TIMEOUT: Duration = Duration::from_secs(1);

/// How many bytes to read before the keys among them are handled.
const READ_BYTES: usize = 4096;

/// How long to wait for the terminal around tmux, which answers after tmux. tmux loses queries while it draws
/// its own screen: they are sent again each time. After the first time, pictures are shown without an answer.
const OUTER_TIMEOUTS: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(750),
    Duration::from_secs(2),
    Duration::from_secs(6),
];

/// The terminal's keyboard and mouse.
#[derive(Debug)]
pub(super) struct Input {
    keyboard: OwnedFd,
    parser: KeyParser,
    /// The answers so far, and the deadline for the others.
    asking: Option<(TerminalAnswers, Instant)>,
    /// The background that the terminal reported.
    background: Option<Background>,
    /// When the last input was read, if it ends in an incomplete sequence.
    incomplete_since: Option<Instant>,
    is_in_tmux: bool,
    /// The query of the terminal around tmux, until it is answered.
    outer: Option<OuterQuery>,
    /// Its answers so far.
    outer_answers: TerminalAnswers,
    /// The file that the terminal is asked to read.
    file: Option<NamedTempFile>,
}

/// A query of the terminal around tmux.
#[derive(Clone, Copy, Debug)]
struct OuterQuery {
    /// How often it was sent again.
    repeats: usize,
    /// The deadline for its answer.
    until: Instant,
}

impl OuterQuery {
    fn new(repeats: usize, now: Instant) -> Option<Self> {
        OUTER_TIMEOUTS.get(repeats).map(|&timeout| Self { repeats, until: now + timeout })
    }

    /// Returns whether nothing has been reported yet.
    fn is_first(&self) -> bool {
        self.repeats == 0
    }
}

impl Input {
    /// Queries the terminal's capabilities and, if requested, its colours. The answers arrive as an
    /// event.
    pub(super) fn open(asks_for_colors: bool) -> io::Result<Self> {
        let keyboard: OwnedFd = if io::stdin().is_terminal() {
            io::stdin().as_fd().try_clone_to_owned()?
        } else {
            File::open("/dev/tty")?.into()
        };
        let is_in_tmux = Capabilities::from_env().is_tmux();
        // Without a file, pictures are sent as bytes.
        let file = pixel_file().ok();
        terminal::write(&queries(
            asks_for_colors,
            file.as_ref().map(NamedTempFile::path),
            is_in_tmux,
        ))?;
        let now = Instant::now();
        Ok(Self {
            keyboard,
            parser: KeyParser::default(),
            asking: Some((TerminalAnswers::default(), now + ANSWER_TIMEOUT)),
            background: None,
            incomplete_since: None,
            is_in_tmux,
            outer: OuterQuery::new(0, now).filter(|_| is_in_tmux),
            outer_answers: TerminalAnswers::default(),
            file,
        })
    }

    /// Returns the file descriptor to poll.
    pub(super) fn keyboard(&self) -> &OwnedFd {
        &self.keyboard
    }

    /// Returns whether there is input to read.
    pub(super) fn is_readable(&self) -> bool {
        state(&self.keyboard).is_ok_and(|state| !state.is_empty())
    }

    /// Returns the maximum time until the next call of [`read`](Self::read), even without input.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let deadline = match (&self.asking, &self.outer) {
            (Some((_, until)), _) => Some(*until),
            (None, Some(outer)) if outer.is_first() => Some(outer.until),
            (None, outer) => {
                let outer = outer.map(|outer| outer.until);
                outer.into_iter().chain(self.sequence_end()).min()
            }
        };
        deadline.map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Returns until when to wait for the rest of a sequence.
    fn sequence_end(&self) -> Option<Instant> {
        let timeout =
            if self.parser.is_in_answer() { ANSWER_PART_TIMEOUT } else { SEQUENCE_TIMEOUT };
        self.incomplete_since.map(|since| since + timeout)
    }

    /// Reads the available input without waiting.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn read(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        if self.asking.is_some() { self.answers(found) } else { self.keys(found) }
    }

    /// Returns the terminal's background, if reported.
    pub(super) fn background(&self) -> Option<Background> {
        self.asking.as_ref().map_or(self.background, |(answers, _)| answers.background)
    }

    /// Returns whether answers are pending.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// Reads answers and the keys between them, until the last answer or the deadline.
    fn answers(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        let Some((mut answers, until)) = self.asking else { return Ok(()) };
        let mut is_late = false;
        while !answers.complete && !is_late {
            let bytes = self.bytes()?;
            is_late = bytes.is_empty() && Instant::now() >= until;
            let end = if is_late { InputEnd::Final } else { InputEnd::More };
            found.extend(self.parser.feed(&bytes, end, &mut |token| answers.record(token)));
            if bytes.is_empty() {
                break;
            }
        }
        self.asking = Some((answers, until));
        if !answers.complete && !is_late {
            return Ok(());
        }
        found.push(LoopEvent::Answers(answers));
        if self.outer.is_none() {
            self.file = None;
        } else if answers.kitty {
            self.finish_outer(answers, found);
        }
        self.background = answers.background;
        self.asking = None;
        self.outer_answers = answers;
        self.incomplete_since = self.parser.is_waiting().then(Instant::now);
        Ok(())
    }

    fn keys(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        let bytes = self.bytes()?;
        let now = Instant::now();
        let outer = self.outer;
        let is_awaited = outer.is_some_and(|outer| outer.is_first() && now < outer.until);
        let is_late = bytes.is_empty() && outer.is_some_and(|outer| now >= outer.until);
        let is_over = self.sequence_end().is_some_and(|end| now >= end);
        if bytes.is_empty() && !is_late && (is_awaited || !is_over) {
            return Ok(());
        }
        let end = match bytes.last() {
            None if is_over => InputEnd::Final,
            // Parts of the answer are not keys.
            Some(_) if is_awaited => InputEnd::More,
            // The buffer may have cut a sequence.
            Some(0x1b) if self.is_readable() => InputEnd::More,
            None | Some(_) => InputEnd::Keys,
        };
        // Late answers are not keys. The position of the cursor looks like one, with a modifier.
        let before = self.outer_answers;
        let mut late = before;
        let is_answer = &mut |token: &[u8]| !token.ends_with(b"R") && late.record(token);
        found.extend(self.parser.feed(&bytes, end, is_answer));
        self.outer_answers = late;
        // A busy machine may answer after the deadline.
        if self.is_in_tmux && late.kitty && !before.kitty {
            self.finish_outer(late, found);
        } else if is_late {
            self.ask_outer_again(found)?;
        }
        self.incomplete_since = self.parser.is_waiting().then_some(now);
        Ok(())
    }

    /// Sends the query of the terminal around tmux again. The first time, reports that there is no answer.
    fn ask_outer_again(&mut self, found: &mut Vec<LoopEvent>) -> io::Result<()> {
        let Some(outer) = self.outer else { return Ok(()) };
        if outer.is_first() {
            found.push(LoopEvent::OuterGraphics(false, false));
        }
        self.outer = OuterQuery::new(outer.repeats + 1, Instant::now());
        if self.outer.is_none() {
            self.file = None;
            return Ok(());
        }
        terminal::write(&graphics_queries(self.file.as_ref().map(NamedTempFile::path), true))
    }

    /// Reports what the terminal around tmux has answered.
    fn finish_outer(&mut self, answers: TerminalAnswers, found: &mut Vec<LoopEvent>) {
        found.push(LoopEvent::OuterGraphics(answers.kitty, answers.kitty_files));
        self.outer = None;
        self.file = None;
    }

    /// Reads the available bytes, at most [`READ_BYTES`], without waiting.
    fn bytes(&self) -> io::Result<Vec<u8>> {
        if !self.is_readable() {
            return Ok(Vec::new());
        }
        let mut bytes = vec![0; READ_BYTES];
        let count = rustix::io::retry_on_intr(|| rustix::io::read(&self.keyboard, &mut bytes[..]))?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.truncate(count);
        Ok(bytes)
    }
}

/// Creates the file that the terminal is asked to read.
fn pixel_file() -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("livedeck-").tempfile()?;
    file.write_all(FILE_PIXEL)?;
    Ok(file)
}

/// Polls the keyboard without waiting.
fn state(keyboard: &OwnedFd) -> io::Result<PollFlags> {
    let mut waiting = [PollFd::new(keyboard, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut waiting, Some(&Timespec::default())))?;
    Ok(waiting[0].revents())
}
