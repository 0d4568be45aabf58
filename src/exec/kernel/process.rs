//! The process of a kernel: starts it, meets it, exchanges messages with it, interrupts and kills it.

#![expect(clippy::disallowed_methods, reason = "keeps time limits")]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::PollFd;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::KernelContext;
use super::connection::{KernelChannel, KernelSocket, Rendezvous};
use super::message::KernelMessage;
use super::spec::KernelSpec;
use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::process_tag::Owner;
use crate::exec::os::process_tree;
use crate::exec::os::spawn::{SpawnCommand, find_program};
use crate::exec::os::wait::readable;

/// How long a kernel may take to answer after its start. Julia compiles for a minute.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// How often to try to connect to a kernel that does not listen yet.
const CONNECT_INTERVAL: Duration = Duration::from_millis(20);

/// How often to ask a kernel about itself until what it publishes arrives, too.
const NUDGE_INTERVAL: Duration = Duration::from_millis(250);

/// How many of these questions a kernel may answer without publishing anything.
const MAX_NUDGES: u32 = 20;

/// How long a kernel whose connections are closed may live.
const CLOSED_TIMEOUT: Duration = Duration::from_secs(2);

/// How often to check for the end of a process that has no pidfd.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The most bytes to keep of what the process itself writes.
const MAX_LOG_BYTES: usize = 4 * 1024;

/// The most characters of a kernel's language and version.
const MAX_LABEL: usize = 24;

/// A running kernel.
pub(super) struct KernelProcess {
    child: Arc<Child>,
    owner: Owner,
    rendezvous: Rendezvous,
    sockets: Vec<KernelSocket>,
    log: ProcessLog,
    stage: KernelStage,
    label: Option<String>,
    has_interrupt_message: bool,
    /// When it was started.
    since: Instant,
    /// Why a connection was closed, and when.
    closed: Option<(String, Instant)>,
}

/// How far a kernel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KernelStage {
    /// It may not listen yet.
    Connecting,
    /// It was asked about itself.
    Greeting {
        /// Whether it has answered.
        has_answered: bool,
        /// Whether something that it published has arrived.
        has_published: bool,
        /// How often it was asked.
        nudges: u32,
        /// When to ask again.
        next: Instant,
    },
    /// It runs code.
    Ready,
}

/// What the process itself writes: its last bytes, for messages about its end.
struct ProcessLog {
    reader: Option<OwnedFd>,
    bytes: Vec<u8>,
}

impl KernelProcess {
    /// Starts a kernel.
    ///
    /// # Errors
    /// It cannot be started: a message.
    pub(super) fn start(spec: &KernelSpec, context: &KernelContext) -> Result<Self, String> {
        let name = &spec.name;
        let why = |error: io::Error| format!("cannot start the kernel `{name}`: {error}");
        let found = find(spec, &context.directory)?;
        let rendezvous = Rendezvous::new(name, &context.temp_root).map_err(why)?;
        let (log, writer) = ProcessLog::open().map_err(why)?;
        let arguments = spec.argv[1..].iter().map(|word| expand(word, rendezvous.file(), spec));
        let mut command = SpawnCommand::new(found, writer.as_fd())
            .args(arguments)
            .directory(&context.directory)
            .writes(rendezvous.folder());
        for (name, value) in &spec.environment {
            command = command.env(name, value);
        }
        let owner = context.tree.new_owner();
        let child = context.tree.spawn_for(owner, command).map_err(why)?;
        Ok(Self {
            child,
            owner,
            rendezvous,
            sockets: Vec::new(),
            log,
            stage: KernelStage::Connecting,
            label: None,
            has_interrupt_message: spec.has_interrupt_message,
            since: Instant::now(),
            closed: None,
        })
    }

    /// Returns whether it runs code.
    pub(super) fn is_ready(&self) -> bool {
        self.stage == KernelStage::Ready
    }

    /// Returns its language and version, as far as it has told them.
    pub(super) fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Returns how it ended, if it has. Everything that it sent was received before.
    pub(super) fn end(&self) -> Option<ChildStatus> {
        self.child.reap()
    }

    /// Returns what the process itself has written last.
    pub(super) fn log(&mut self) -> String {
        self.log.read();
        String::from_utf8_lossy(&self.log.bytes).trim().to_owned()
    }

    /// Returns the files to wait for.
    pub(super) fn files(&self) -> Vec<PollFd<'_>> {
        let exit = self
            .child
            .exit()
            .map(|exit| PollFd::from_borrowed_fd(exit, rustix::event::PollFlags::IN));
        let mut files: Vec<PollFd<'_>> = self.sockets.iter().map(readable).collect();
        files.extend(exit);
        files.extend(self.log.reader.iter().map(readable));
        files
    }

    /// Returns how long to wait for these files at most.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        let stage = match self.stage {
            KernelStage::Connecting => Some(CONNECT_INTERVAL),
            KernelStage::Greeting { next, .. } => Some(until(next)),
            KernelStage::Ready => None,
        };
        let closed = self.closed.as_ref().map(|(_, at)| until(*at + CLOSED_TIMEOUT));
        let exit = self.child.exit().is_none().then_some(POLL_INTERVAL);
        stage.into_iter().chain(closed).chain(exit).min()
    }

    /// Does what is due: connects, asks, reads. Returns the messages about runs.
    ///
    /// # Errors
    /// It cannot be talked to: a message. It has to be killed.
    pub(super) fn step(&mut self) -> Result<Vec<(KernelChannel, KernelMessage)>, String> {
        self.log.read();
        if self.stage == KernelStage::Connecting
            && let Ok(sockets) = self.rendezvous.connect()
        {
            self.sockets = sockets;
            self.stage = KernelStage::Greeting {
                has_answered: false,
                has_published: false,
                nudges: 0,
                next: Instant::now(),
            };
        }
        let received = self.receive();
        let messages =
            received.into_iter().filter(|(channel, message)| !self.greet(*channel, message));
        let messages = messages.collect();
        self.nudge()?;
        if !self.is_ready() && self.since.elapsed() > START_TIMEOUT {
            return Err(format!(
                "it did not answer within {} minutes",
                START_TIMEOUT.as_secs() / 60
            ));
        }
        match &self.closed {
            Some((why, at)) if at.elapsed() > CLOSED_TIMEOUT => Err(why.clone()),
            _ => Ok(messages),
        }
    }

    /// Reads from all sockets. Messages that are not signed with the key are ignored.
    fn receive(&mut self) -> Vec<(KernelChannel, KernelMessage)> {
        let mut all = Vec::new();
        let mut closed = None;
        let messages = self.rendezvous.messages();
        self.sockets.retain_mut(|socket| {
            let (received, end) = socket.receive();
            let read = received.iter().filter_map(|frames| messages.read(frames).ok());
            all.extend(read.map(|message| (socket.channel(), message)));
            let is_open = end.is_none();
            closed = closed.take().or(end);
            is_open
        });
        if let Some(why) = closed {
            self.closed.get_or_insert_with(|| (why, Instant::now()));
        }
        all
    }

    /// Takes a message that tells whether the kernel is ready. Returns whether it was one.
    fn greet(&mut self, channel: KernelChannel, message: &KernelMessage) -> bool {
        let KernelStage::Greeting { has_answered, has_published, .. } = &mut self.stage else {
            return message.kind == "kernel_info_reply";
        };
        *has_published |= channel == KernelChannel::Iopub;
        if message.kind == "kernel_info_reply" {
            *has_answered = true;
            self.label = label(&message.content);
        }
        true
    }

    /// Asks a kernel about itself until both its answer and something that it published have arrived:
    /// only then does all of a run's output.
    fn nudge(&mut self) -> Result<(), String> {
        let KernelStage::Greeting { has_answered, has_published, nudges, next } = self.stage else {
            return Ok(());
        };
        if has_answered && (has_published || nudges > MAX_NUDGES) {
            self.stage = KernelStage::Ready;
            return Ok(());
        }
        if next > Instant::now() || self.closed.is_some() {
            return Ok(());
        }
        // Before its first answer, a kernel may be busy for long.
        if nudges == 0 || has_answered {
            self.request(KernelChannel::Shell, "kernel_info_request", &json!({}), None)?;
        }
        let next = Instant::now() + NUDGE_INTERVAL;
        let nudges = if has_answered { nudges + 1 } else { 1 };
        self.stage = KernelStage::Greeting { has_answered, has_published, nudges, next };
        Ok(())
    }

    /// Sends a message. Returns its id.
    ///
    /// # Errors
    /// The connection is closed: a message.
    pub(super) fn request(
        &mut self,
        channel: KernelChannel,
        kind: &str,
        content: &Value,
        parent: Option<&Value>,
    ) -> Result<String, String> {
        let (id, frames) = self.rendezvous.messages().write(kind, content, parent);
        let socket = self.sockets.iter_mut().find(|socket| socket.channel() == channel);
        socket.ok_or("its connection is closed")?.send(&frames)?;
        Ok(id)
    }

    /// Interrupts what it runs, in the way that its specification asks for.
    pub(super) fn interrupt(&mut self) {
        if self.has_interrupt_message {
            // If it is gone, its end is reported anyway.
            let _ = self.request(KernelChannel::Control, "interrupt_request", &json!({}), None);
        } else {
            self.child.signal(Signal::INT);
            self.child.signal(Signal::CONT);
        }
    }

    /// Kills it and all processes that it started.
    pub(super) fn kill(&self) {
        self.child.signal(Signal::KILL);
        process_tree::kill_owned(self.owner);
    }
}

impl ProcessLog {
    /// Opens a pipe. Returns the log and the end to write to.
    fn open() -> io::Result<(Self, OwnedFd)> {
        let (reader, writer) = io::pipe()?;
        rustix::io::ioctl_fionbio(&reader, true)?;
        Ok((Self { reader: Some(reader.into()), bytes: Vec::new() }, writer.into()))
    }

    /// Reads what is available, and keeps the end of it.
    fn read(&mut self) {
        let mut buffer = [0; MAX_LOG_BYTES];
        while let Some(reader) = &self.reader {
            match rustix::io::read(reader, &mut buffer) {
                Ok(0) => self.reader = None,
                Ok(count) => self.bytes.extend_from_slice(&buffer[..count]),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => break,
                Err(_) => self.reader = None,
            }
            let excess = self.bytes.len().saturating_sub(MAX_LOG_BYTES);
            self.bytes.drain(..excess);
        }
    }
}

/// Finds the program of a kernel.
///
/// # Errors
/// It is not installed: a message.
pub(super) fn find(spec: &KernelSpec, directory: &Path) -> Result<PathBuf, String> {
    let (name, program) = (&spec.name, &spec.argv[0]);
    find_program(program.as_ref(), directory).ok_or_else(|| {
        format!("the kernel `{name}` needs `{program}`, which is not installed or not on `PATH`")
    })
}

/// Replaces the placeholders in an argument.
fn expand(word: &str, file: &Path, spec: &KernelSpec) -> String {
    let file = file.to_string_lossy();
    word.replace("{connection_file}", &file)
        .replace("{resource_dir}", &spec.folder.to_string_lossy())
}

/// Returns the language and the version that a kernel tells about itself: `Python 3.11`.
fn label(answer: &Value) -> Option<String> {
    let text = |key: &str| answer["language_info"][key].as_str().unwrap_or_default();
    let mut name = text("name").chars().filter(|c| !c.is_control());
    let first = name.next()?;
    let numbers = text("version").split('.').take(2);
    let is_number = |it: &&str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    let version = numbers.take_while(is_number).collect::<Vec<_>>().join(".");
    let label: String = first.to_uppercase().chain(name).collect();
    Some(format!("{label} {version}").trim_end().chars().take(MAX_LABEL).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_is_language_and_version() {
        let of = |name: &str, version: &str| {
            label(&json!({ "language_info": { "name": name, "version": version } }))
        };
        assert_eq!(of("python", "3.11.2").as_deref(), Some("Python 3.11"));
        assert_eq!(of("R", "4.3").as_deref(), Some("R 4.3"));
        assert_eq!(of("julia", "1.10.0-rc1").as_deref(), Some("Julia 1.10"));
        assert_eq!(of("bash", "GNU bash, version 5.2").as_deref(), Some("Bash"));
        assert_eq!(of("\u{1b}[31mx", "").as_deref(), Some("[31mx"));
        assert_eq!(label(&json!({})), None);
    }

    #[test]
    fn log_keeps_the_end() {
        let (mut log, writer) = ProcessLog::open().unwrap();
        let text = "x".repeat(3000);
        for part in [&*text, &text, "end"] {
            rustix::io::write(&writer, part.as_bytes()).unwrap();
            log.read();
        }
        assert_eq!(log.bytes.len(), MAX_LOG_BYTES);
        assert!(log.bytes.ends_with(b"xend") && log.reader.is_some());
        drop(writer);
        log.read();
        assert!(log.reader.is_none());
    }
}
