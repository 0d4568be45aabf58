//! A harness for tests of the whole program: runs livedeck in a pseudo-terminal, types keys, and reads
//! the screen of a terminal emulator.
//!
//! Tests wait for something to be seen, with a generous timeout. They do not sleep instead.

pub(crate) mod shipped;

use std::fs;
use std::io::Write as _;
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

/// Timeout of all waits.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(3);

/// How the terminal answers queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// Device attributes only: pictures are half blocks.
    Plain,
    /// Like [`Terminal::Plain`], with kitty's graphics.
    Kitty,
    /// Like [`Terminal::Kitty`], but the first query about graphics is lost on its way.
    DeafKitty,
    /// Like [`Terminal::Plain`], with support for text sizes.
    Sizes,
    /// Like [`Terminal::Plain`], with a white background.
    Light,
    /// Not at all.
    Mute,
}

/// A running livedeck and its terminal.
pub(crate) struct PtyHarness {
    child: Child,
    master: Option<OwnedFd>,
    slave: Option<OwnedFd>,
    /// Ends the reader when closed.
    wake: Option<OwnedFd>,
    reader: Option<JoinHandle<()>>,
    seen: Arc<Mutex<Seen>>,
    mark: String,
    before: String,
    folder: tempfile::TempDir,
}

/// The program's output so far.
pub(crate) struct Seen {
    /// The emulated terminal.
    pub(crate) terminal: vt100::Parser,
    /// All bytes.
    pub(crate) bytes: Vec<u8>,
}

/// How to start the program.
pub(crate) struct Opening<'a> {
    /// Arguments before the deck.
    pub(crate) args: &'a [&'a str],
    /// Columns and rows.
    pub(crate) size: (u16, u16),
    /// How the terminal answers queries.
    pub(crate) terminal: Terminal,
    /// Additional environment variables.
    pub(crate) env: &'a [(&'a str, &'a str)],
    /// The configuration of the tmux to run in, if any.
    pub(crate) tmux: Option<&'a str>,
}

impl Default for Opening<'_> {
    fn default() -> Self {
        Self { args: &["-x"], size: (100, 30), terminal: Terminal::Plain, env: &[], tmux: None }
    }
}

impl PtyHarness {
    /// Opens a deck with this text.
    pub(crate) fn show(text: &str) -> Self {
        Self::show_with(text, &Opening::default())
    }

    /// Opens a deck with this text.
    pub(crate) fn show_with(text: &str, opening: &Opening<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("talk.md");
        fs::write(&deck, text).unwrap();
        Self::open_in(folder, Some(&deck), opening)
    }

    /// Opens a deck file.
    pub(crate) fn open(deck: &Path, opening: &Opening<'_>) -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), Some(deck), opening)
    }

    /// Runs the program without a deck.
    pub(crate) fn alone(opening: &Opening<'_>) -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), None, opening)
    }

    fn open_in(folder: tempfile::TempDir, deck: Option<&Path>, opening: &Opening<'_>) -> Self {
        let (master, slave) = pty(opening.size);
        let mark = format!("livedeck-test-{}", folder.path().display());
        let before = format!("{:?}", tcgetattr(&slave).unwrap());
        fs::create_dir_all(folder.path().join("run")).unwrap();
        let mut command = program(folder.path(), opening);
        command
            .args(opening.args)
            .args(deck)
            .current_dir(folder.path())
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env_remove("NO_COLOR")
            .env("LIVEDECK_TEST", &mark)
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .env("XDG_CACHE_HOME", cache())
            .env("XDG_CONFIG_HOME", folder.path().join("config"))
            .env("XDG_RUNTIME_DIR", folder.path().join("run"))
            .env_remove("TMUX")
            .envs(opening.env.iter().copied())
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(Stdio::from(slave.try_clone().unwrap()));
        own_terminal(&mut command);
        let child = command.spawn().unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            terminal: vt100::Parser::new(cells(opening.size.1), cells(opening.size.0), 0),
            bytes: Vec::new(),
        }));
        let (woken, wake) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        let reader = watch(master.try_clone().unwrap(), woken, Arc::clone(&seen), opening.terminal);
        Self {
            child,
            master: Some(master),
            slave: Some(slave),
            wake: Some(wake),
            reader: Some(reader),
            seen,
            mark,
            before,
            folder,
        }
    }

    /// Returns the deck's file, if it was created by [`PtyHarness::show`].
    pub(crate) fn deck(&self) -> PathBuf {
        self.folder.path().join("talk.md")
    }

    /// Returns the program's working directory.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Types keys, separated by spaces: characters, or names like `ctrl-e`, `enter`, `esc`, `tab`.
    pub(crate) fn keys(&self, keys: &str) {
        for key in keys.split(' ') {
            let bytes: Vec<u8> = match key {
                "enter" => b"\r".to_vec(),
                // In kitty's encoding: the plain byte, directly followed by another key, would mean alt.
                "esc" => b"\x1b[27u".to_vec(),
                "tab" => b"\t".to_vec(),
                "space" => b" ".to_vec(),
                "down" => b"\x1b[B".to_vec(),
                "end" => b"\x1b[F".to_vec(),
                "backspace" => vec![0x7f],
                _ => match key.strip_prefix("ctrl-") {
                    Some(letter) => vec![letter.as_bytes()[0] & 0x1f],
                    None => key.as_bytes().to_vec(),
                },
            };
            self.write(&bytes);
        }
    }

    /// Writes bytes to the terminal.
    pub(crate) fn write(&self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = rustix::io::write(self.master.as_ref().unwrap(), rest).unwrap();
            rest = &rest[count..];
        }
    }

    /// Waits until the screen contains this text.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait(&format!("`{text}` on the screen"), |screen| screen.contains(text));
    }

    /// Waits until the screen does not contain this text.
    pub(crate) fn wait_gone(&self, text: &str) {
        self.wait(&format!("no `{text}` on the screen"), |screen| !screen.contains(text));
    }

    /// Waits until the screen is as wanted; panics with the screen.
    pub(crate) fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return;
            }
            assert!(start.elapsed() < TIMEOUT, "waited for {what}, saw:\n{screen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns the screen's text.
    pub(crate) fn screen(&self) -> String {
        self.seen().terminal.screen().contents()
    }

    /// Returns the screen's text with escape sequences for colours.
    pub(crate) fn colours(&self) -> String {
        self.seen().terminal.screen().contents_formatted()
    }

    /// Returns the output so far.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Changes the terminal's size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.seen().terminal.screen_mut().set_size(cells(rows), cells(columns));
        tcsetwinsize(self.master.as_ref().unwrap(), winsize((columns, rows))).unwrap();
    }

    /// Runs `livedeck remote` with these arguments, separated by spaces. Returns its output, or its error.
    pub(crate) fn remote(&self, args: &str) -> Result<String, String> {
        let output = Command::new(env!("CARGO_BIN_EXE_livedeck"))
            .arg("remote")
            .args(args.split(' '))
            .env("XDG_RUNTIME_DIR", self.runtime())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Returns the folder for sockets.
    pub(crate) fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// Runs a command of the tmux that the program runs in.
    pub(crate) fn tmux(&self, args: &[&str]) {
        let socket = self.folder.path().join("tmux");
        let status = Command::new("tmux").arg("-S").arg(socket).args(args).status().unwrap();
        assert!(status.success(), "tmux {args:?}");
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        let _ = kill_process(self.pid(), signal);
    }

    /// Returns the program's process id.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether the program still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until the program has ended.
    pub(crate) fn wait_for_end(&mut self) {
        let start = Instant::now();
        while self.is_alive() {
            assert!(start.elapsed() < TIMEOUT, "the program still runs");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Closes the terminal and waits for the program to end.
    pub(crate) fn hang_up(mut self) -> ExitStatus {
        self.wake.take();
        self.reader.take().unwrap().join().unwrap();
        self.slave.take();
        self.master.take();
        let status = wait_for_end(&mut self.child);
        let left = self.left_behind();
        assert!(left.is_empty(), "left behind: {left:?}");
        status
    }

    /// Checks that the next slide, with `the end`, is shown, and quits.
    pub(crate) fn leave(self) {
        self.keys("n");
        self.wait_for("the end");
        self.quit();
    }

    /// Quits.
    pub(crate) fn quit(self) {
        self.keys("q");
        assert!(self.end().success());
    }

    /// Waits for the program to end; checks that it restored the terminal and left no process.
    pub(crate) fn end(mut self) -> ExitStatus {
        let status = wait_for_end(&mut self.child);
        let after = format!("{:?}", tcgetattr(self.slave.as_ref().unwrap()).unwrap());
        assert_eq!(self.before, after, "the terminal's modes were not restored");
        let is_restored = |harness: &Self| {
            let seen = harness.seen();
            let screen = seen.terminal.screen();
            !screen.alternate_screen() && !screen.hide_cursor()
        };
        self.wait_until("the terminal is restored", is_restored);
        let left = self.left_behind();
        assert!(left.is_empty(), "left behind: {left:?}");
        status
    }

    fn wait_until(&self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !wanted(self) {
            assert!(start.elapsed() < TIMEOUT, "waited until {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a program that livedeck started has the terminal.
    pub(crate) fn wait_for_foreground(&self) {
        let own = self.pid();
        self.wait_until("a program has the terminal", |harness| {
            let master = harness.master.as_ref().unwrap();
            rustix::termios::tcgetpgrp(master).is_ok_and(|group| group != own)
        });
    }

    /// Returns the command lines of processes with this harness's mark, except the program. Waits for
    /// those that are ending.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let start = Instant::now();
        loop {
            let left = marked(&self.mark, self.child.id());
            if left.is_empty() || start.elapsed() > TIMEOUT {
                return left;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for PtyHarness {
    fn drop(&mut self) {
        // The child is only a client of tmux, whose server would go on.
        let tmux = self.folder.path().join("tmux");
        if tmux.exists() {
            let _ = Command::new("tmux").arg("-S").arg(tmux).arg("kill-server").output();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for a process to end, with a timeout.
pub(crate) fn wait_for_end(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > TIMEOUT {
            let _ = child.kill();
            panic!("the program did not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Writes an executable script.
///
/// A child process writes it. If this process did, a child forked by another test could hold the file
/// open for writing, and running it would fail with `ETXTBSY`.
pub(crate) fn write_program(path: &Path, text: &str) {
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}

/// Returns the cache of compiled snippets, which all tests share.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// Returns the command that starts the program, in tmux if that is wanted.
fn program(folder: &Path, opening: &Opening<'_>) -> Command {
    let program = env!("CARGO_BIN_EXE_livedeck");
    let Some(config) = opening.tmux else { return Command::new(program) };
    let file = folder.join("tmux.conf");
    fs::write(&file, config).unwrap();
    let mut tmux = Command::new("tmux");
    tmux.arg("-u").arg("-S").arg(folder.join("tmux")).arg("-f").arg(file);
    tmux.args(["new-session", program]);
    tmux
}

fn pty(size: (u16, u16)) -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let slave = rustix::fs::open(path.as_c_str(), flags, rustix::fs::Mode::empty()).unwrap();
    tcsetwinsize(&master, winsize(size)).unwrap();
    (master, slave)
}

fn winsize((columns, rows): (u16, u16)) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: columns * 10, ws_ypixel: rows * 20 }
}

/// Starts the child in a new session, with its standard input as the controlling terminal.
#[expect(unsafe_code, reason = "a session can only be made in the child")]
fn own_terminal(command: &mut Command) {
    // SAFETY: both calls are async-signal-safe and do not access this process's memory.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(std::io::stdin().as_fd())?;
            Ok(())
        });
    }
}

/// Reads the program's output and answers queries, until `woken` is closed.
fn watch(
    master: OwnedFd,
    woken: OwnedFd,
    seen: Arc<Mutex<Seen>>,
    terminal: Terminal,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut chunk = vec![0; 65536];
        let mut is_first = true;
        // How many bytes are on the screen.
        let mut shown = 0;
        loop {
            let mut waiting =
                [PollFd::new(&master, PollFlags::IN), PollFd::new(&woken, PollFlags::IN)];
            poll(&mut waiting, None).unwrap();
            if !waiting[1].revents().is_empty() {
                return;
            }
            let Ok(count @ 1..) = rustix::io::read(&master, &mut chunk) else { return };
            let bytes = &chunk[..count];
            let mut seen = seen.lock().unwrap();
            let before = seen.bytes.len();
            seen.bytes.extend_from_slice(bytes);
            let Seen { terminal: screen, bytes } = &mut *seen;
            let new = &bytes[shown..];
            let new = &new[..whole_frames(new)];
            screen.process(new);
            shown += new.len();
            for _ in 0..arrived(&seen.bytes, before, b"\x1b_Gi=31,") {
                let hears =
                    terminal == Terminal::Kitty || terminal == Terminal::DeafKitty && !is_first;
                is_first = false;
                if hears {
                    let _ = rustix::io::write(&master, b"\x1b_Gi=31;OK\x1b\\");
                }
            }
            let answer: &[u8] = match terminal {
                Terminal::Plain | Terminal::Kitty | Terminal::DeafKitty => b"\x1b[1;1R\x1b[?62;22c",
                Terminal::Sizes => b"\x1b[1;3R\x1b[?62;22c",
                Terminal::Light => b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[1;1R\x1b[?62;22c",
                Terminal::Mute => b"",
            };
            for _ in 0..arrived(&seen.bytes, before, b"\x1b[c") {
                let _ = rustix::io::write(&master, answer);
            }
        }
    })
}

/// Returns how many bytes there are before a frame that has begun and not ended. A test that saw half a frame
/// would compare it with a whole one.
fn whole_frames(bytes: &[u8]) -> usize {
    const BEGIN: &[u8] = b"\x1b[?2026h";
    const END: &[u8] = b"\x1b[?2026l";
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|part| part == mark);
    match (last(BEGIN), last(END)) {
        (Some(begin), end) if end.is_none_or(|end| end < begin) => begin,
        _ => {
            let begun = (1..BEGIN.len()).rev().find(|length| bytes.ends_with(&BEGIN[..*length]));
            bytes.len() - begun.unwrap_or(0)
        }
    }
}

/// Returns how many queries end in the bytes from `start` on. They may arrive in parts.
fn arrived(bytes: &[u8], start: usize, query: &[u8]) -> usize {
    let from = start.saturating_sub(query.len() - 1);
    bytes[from..].windows(query.len()).filter(|part| *part == query).count()
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN)
}

/// Returns the command lines of processes whose environment has `mark`, without `except`.
fn marked(mark: &str, except: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
        let wanted = format!("LIVEDECK_TEST={mark}").into_bytes();
        if pid != except && environ.split(|&byte| byte == 0).any(|entry| entry == wanted) {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    found
}

#[test]
fn only_whole_frames_are_shown() {
    for (bytes, shown) in [
        ("a", 1),
        ("a\x1b[?2026hb", 1),
        ("a\x1b[?2026hb\x1b[?2026lc", 19),
        ("\x1b[?2026hb\x1b[?2026lc\x1b[?2026h", 18),
        ("ab\x1b[?2", 2),
    ] {
        assert_eq!(whole_frames(bytes.as_bytes()), shown, "{bytes:?}");
    }
}
