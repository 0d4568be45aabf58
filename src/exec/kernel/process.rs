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
use super::greeting::{self, GREETING, GREETING_REPLY, Greeting, KernelLabel};
use super::message::KernelMessage;
use super::running::RunningKernel;
use super::spec::KernelSpec;
use crate::exec::os::child::{Child, ChildStatus};
use crate::exec::os::process_tag::Owner;
use crate::exec::os::process_tree;
use crate::exec::os::spawn::{SpawnCommand, find_program};
use crate::exec::os::wait::readable;

/// How often to try to connect to a kernel that does not listen yet.
const CONNECT_INTERVAL: Duration = Duration::from_millis(20);

/// How long a kernel whose connections are closed may live.
const CLOSED_TIMEOUT: Duration = Duration::from_secs(2);

/// How often to check for the end of a process that has no pidfd.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How often to start a kernel at most whose ports another program has taken before it listened.
const MAX_ATTEMPTS: u32 = 5;

/// What a kernel writes that cannot listen on a port because another program does.
const PORT_IS_TAKEN: [&str; 2] = ["Address already in use", "EADDRINUSE"];

/// The most bytes to keep of what the process itself writes.
const MAX_LOG_BYTES: usize = 4 * 1024;

/// A running kernel.
pub(super) struct KernelProcess {
    child: Arc<Child>,
    owner: Owner,
    rendezvous: Rendezvous,
    sockets: Vec<KernelSocket>,
    log: ProcessLog,
    stage: KernelStage,
    spec: KernelSpec,
    context: Arc<KernelContext>,
    /// When it was started.
    since: Instant,
    /// How often it was started, this time included.
    attempt: u32,
    /// How it ended before it was ready.
    end: Option<ChildStatus>,
    /// Why a connection was closed, and when.
    closed: Option<(String, Instant)>,
}

/// How far a kernel is.
#[derive(Clone, Debug)]
enum KernelStage {
    /// It may not listen yet.
    Connecting,
    /// It is asked about itself.
    Greeting(Greeting),
    /// It runs code.
    Ready(KernelLabel),
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
    pub(super) fn start(spec: &KernelSpec, context: &Arc<KernelContext>) -> Result<Self, String> {
        Self::attempt(spec, context, 1)
    }

    fn attempt(
        spec: &KernelSpec,
        context: &Arc<KernelContext>,
        attempt: u32,
    ) -> Result<Self, String> {
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
            spec: spec.clone(),
            context: context.clone(),
            since: Instant::now(),
            attempt,
            end: None,
            closed: None,
        })
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
        match &mut self.stage {
            KernelStage::Greeting(greeting) => {
                greeting.note(channel, message);
                true
            }
            _ => message.kind == GREETING_REPLY,
        }
    }

    /// Asks the kernel about itself until it is ready.
    fn nudge(&mut self) -> Result<(), String> {
        let KernelStage::Greeting(greeting) = &mut self.stage else { return Ok(()) };
        if let Some(label) = greeting.result() {
            self.stage = KernelStage::Ready(label);
            // What it said about its start does not explain its end.
            self.log.read();
            self.log.bytes.clear();
        } else if self.closed.is_none() && greeting.asks() {
            self.request(KernelChannel::Shell, GREETING, &json!({}), None)?;
        }
        Ok(())
    }

    /// Before it is ready: starts it on other ports if its own were taken, and notes its end.
    fn check_start(&mut self) -> Result<(), String> {
        let end = self.child.reap();
        let log = self.log();
        // Some kernels go on without their ports.
        if self.attempt < MAX_ATTEMPTS && PORT_IS_TAKEN.iter().any(|text| log.contains(text)) {
            self.kill();
            *self = Self::attempt(&self.spec, &self.context, self.attempt + 1)?;
        } else {
            self.end = end;
        }
        Ok(())
    }
}

impl RunningKernel for KernelProcess {
    fn is_ready(&self) -> bool {
        matches!(self.stage, KernelStage::Ready(_))
    }

    fn label(&self) -> Option<&str> {
        match &self.stage {
            KernelStage::Ready(KernelLabel(label)) => label.as_deref(),
            _ => None,
        }
    }

    fn end(&self) -> Option<ChildStatus> {
        if self.is_ready() { self.child.reap() } else { self.end }
    }

    fn log(&mut self) -> String {
        self.log.read();
        String::from_utf8_lossy(&self.log.bytes).trim().to_owned()
    }

    fn files(&self) -> Vec<PollFd<'_>> {
        let exit = self
            .child
            .exit()
            .map(|exit| PollFd::from_borrowed_fd(exit, rustix::event::PollFlags::IN));
        let mut files: Vec<PollFd<'_>> = self.sockets.iter().map(readable).collect();
        files.extend(exit);
        files.extend(self.log.reader.iter().map(readable));
        files
    }

    fn timeout(&self) -> Option<Duration> {
        let stage = match &self.stage {
            KernelStage::Connecting => Some(CONNECT_INTERVAL),
            KernelStage::Greeting(greeting) => Some(greeting.timeout()),
            KernelStage::Ready(_) => None,
        };
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        let closed = self.closed.as_ref().map(|(_, at)| until(*at + CLOSED_TIMEOUT));
        let exit = self.child.exit().is_none().then_some(POLL_INTERVAL);
        stage.into_iter().chain(closed).chain(exit).min()
    }

    fn step(&mut self) -> Result<Vec<(KernelChannel, KernelMessage)>, String> {
        self.log.read();
        if matches!(self.stage, KernelStage::Connecting)
            && let Ok(sockets) = self.rendezvous.connect()
        {
            self.sockets = sockets;
            self.stage = KernelStage::Greeting(Greeting::new());
        }
        let received = self.receive();
        let messages =
            received.into_iter().filter(|(channel, message)| !self.greet(*channel, message));
        let messages = messages.collect();
        self.nudge()?;
        if !self.is_ready() {
            greeting::check_time(self.since)?;
            self.check_start()?;
        }
        match &self.closed {
            Some((why, at)) if at.elapsed() > CLOSED_TIMEOUT => Err(why.clone()),
            _ => Ok(messages),
        }
    }

    fn request(
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

    fn interrupt(&mut self) {
        if self.spec.has_interrupt_message {
            // If it is gone, its end is reported anyway.
            let _ = self.request(KernelChannel::Control, "interrupt_request", &json!({}), None);
        } else {
            self.child.signal(Signal::INT);
            self.child.signal(Signal::CONT);
        }
    }

    fn kill(&mut self) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
