//! A kernel of a Jupyter server as a kernel's thread uses it. What waits for the server is on a thread of its
//! own.

#![expect(clippy::disallowed_methods, reason = "keeps time limits")]

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use rustix::event::PollFd;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::api::ServerApi;
use super::channel::ServerChannel;
use super::started::{LiveGuard, LiveKernels, StartedKernel};
use crate::exec::kernel::connection::KernelChannel;
use crate::exec::kernel::greeting::{self, GREETING, GREETING_REPLY, Greeting, KernelLabel};
use crate::exec::kernel::message::{KernelMessage, hex};
use crate::exec::kernel::running::RunningKernel;
use crate::exec::os::child::ChildStatus;
use crate::exec::os::wait::readable;
use crate::files;

/// A kernel on a server.
pub(in crate::exec::kernel) struct ServerKernel {
    stage: ServerStage,
    label: Option<String>,
    /// When it was started.
    since: Instant,
    /// Why the connection was closed, if messages came before.
    closed: Option<String>,
}

/// How far a kernel is.
enum ServerStage {
    /// The server starts it.
    Opening(Receiver<Result<OpenKernel, String>>, OwnedFd),
    /// It is asked about itself.
    Greeting(OpenKernel, Greeting),
    /// It runs code.
    Ready(OpenKernel),
    /// It was killed, and whether it ran code before.
    Killed { was_ready: bool },
}

/// A kernel that runs, and the connection to it.
struct OpenKernel {
    channel: ServerChannel,
    started: StartedKernel,
}

impl ServerKernel {
    /// Has a server start a kernel.
    ///
    /// # Errors
    /// The talk ends, or there is no thread to wait for the server: a message.
    pub(in crate::exec::kernel) fn start(
        name: &str,
        api: &Arc<ServerApi>,
        live: &LiveKernels,
    ) -> Result<Self, String> {
        let alive = live.guard().ok_or("the talk ends")?;
        let why = |error: io::Error| format!("cannot start the kernel `{name}`: {error}");
        let (woken, wake) = io::pipe().map_err(why)?;
        let (sender, opened) = bounded(1);
        let (owned, api) = (name.to_owned(), api.clone());
        let open = move || {
            // If no one waits for it any more, it is deleted.
            let _ = sender.send(OpenKernel::open(&owned, &api, alive));
            drop(wake);
        };
        thread::Builder::new().name(format!("kernel {name} start")).spawn(open).map_err(why)?;
        let stage = ServerStage::Opening(opened, woken.into());
        Ok(Self { stage, label: None, since: Instant::now(), closed: None })
    }

    fn kernel(&self) -> Option<&OpenKernel> {
        match &self.stage {
            ServerStage::Greeting(kernel, _) | ServerStage::Ready(kernel) => Some(kernel),
            ServerStage::Opening(..) | ServerStage::Killed { .. } => None,
        }
    }

    fn kernel_mut(&mut self) -> Option<&mut OpenKernel> {
        match &mut self.stage {
            ServerStage::Greeting(kernel, _) | ServerStage::Ready(kernel) => Some(kernel),
            ServerStage::Opening(..) | ServerStage::Killed { .. } => None,
        }
    }

    /// Takes the connection, once it is there.
    fn open(&mut self) -> Result<(), String> {
        let ServerStage::Opening(opened, _) = &self.stage else { return Ok(()) };
        match opened.try_recv() {
            Ok(kernel) => self.stage = ServerStage::Greeting(kernel?, Greeting::new()),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Err("its start panicked".to_owned()),
        }
        Ok(())
    }

    /// Takes a message that tells whether the kernel is ready. Returns whether it was one.
    fn greet(&mut self, channel: KernelChannel, message: &KernelMessage) -> bool {
        match &mut self.stage {
            ServerStage::Greeting(_, greeting) => {
                greeting.note(channel, message);
                true
            }
            _ => message.kind == GREETING_REPLY,
        }
    }

    /// Asks the kernel about itself until it is ready.
    fn nudge(&mut self) -> Result<(), String> {
        let ServerStage::Greeting(_, greeting) = &mut self.stage else { return Ok(()) };
        let Some(KernelLabel(label)) = greeting.result() else {
            if greeting.asks() {
                self.request(KernelChannel::Shell, GREETING, &json!({}), None)?;
            }
            return Ok(());
        };
        self.label = label;
        let moved = ServerStage::Killed { was_ready: false };
        if let ServerStage::Greeting(kernel, _) = std::mem::replace(&mut self.stage, moved) {
            self.stage = ServerStage::Ready(kernel);
        }
        Ok(())
    }
}

impl RunningKernel for ServerKernel {
    fn is_ready(&self) -> bool {
        matches!(self.stage, ServerStage::Ready(_) | ServerStage::Killed { was_ready: true })
    }

    fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    fn end(&self) -> Option<ChildStatus> {
        let is_killed = matches!(self.stage, ServerStage::Killed { .. });
        is_killed.then_some(ChildStatus::Signaled(Signal::KILL.as_raw()))
    }

    fn log(&mut self) -> String {
        String::new()
    }

    fn files(&self) -> Vec<PollFd<'_>> {
        match &self.stage {
            ServerStage::Opening(_, woken) => vec![readable(woken)],
            _ => self.kernel().iter().map(|kernel| readable(&kernel.channel)).collect(),
        }
    }

    fn timeout(&self) -> Option<Duration> {
        match &self.stage {
            _ if self.closed.is_some() => Some(Duration::ZERO),
            ServerStage::Greeting(kernel, _) if kernel.channel.has_early() => Some(Duration::ZERO),
            ServerStage::Greeting(_, greeting) => Some(greeting.timeout()),
            ServerStage::Killed { .. } => Some(Duration::ZERO),
            ServerStage::Opening(..) | ServerStage::Ready(_) => None,
        }
    }

    fn step(&mut self) -> Result<Vec<(KernelChannel, KernelMessage)>, String> {
        if let Some(why) = self.closed.take() {
            return Err(why);
        }
        self.open()?;
        let (received, end) = match self.kernel_mut() {
            Some(kernel) => kernel.channel.receive(),
            None => (Vec::new(), None),
        };
        // The server starts another process in place of one that has ended, without its state.
        if received.iter().any(|(_, message)| has_ended(message)) {
            return Err("its process has ended".to_owned());
        }
        let messages =
            received.into_iter().filter(|(channel, message)| !self.greet(*channel, message));
        let messages: Vec<_> = messages.collect();
        // What came before the end counts.
        self.closed = end;
        if self.closed.is_none() {
            self.nudge()?;
        }
        if self.kernel().is_some() && !self.is_ready() {
            greeting::check_time(self.since)?;
        }
        Ok(messages)
    }

    fn request(
        &mut self,
        channel: KernelChannel,
        kind: &str,
        content: &Value,
        parent: Option<&Value>,
    ) -> Result<String, String> {
        let kernel = self.kernel_mut().ok_or("it is not connected")?;
        kernel.channel.send(channel, kind, content, parent)
    }

    fn interrupt(&mut self) {
        if let Some(kernel) = self.kernel() {
            kernel.started.interrupt();
        }
    }

    fn kill(&mut self) {
        self.stage = ServerStage::Killed { was_ready: self.is_ready() };
    }
}

impl OpenKernel {
    /// Starts a kernel and connects to it. Waits for the server.
    fn open(name: &str, api: &Arc<ServerApi>, alive: LiveGuard) -> Result<Self, String> {
        let started = StartedKernel::start(name, api, alive)?;
        let session = files::random_bytes::<16>().map_err(|error| error.to_string())?;
        let session = hex(&session);
        let connection = api.channels(started.id(), &session)?;
        let channel =
            ServerChannel::new(connection, &session).map_err(|error| error.to_string())?;
        Ok(Self { channel, started })
    }
}

/// Returns whether the server says that a kernel's process has ended.
fn has_ended(message: &KernelMessage) -> bool {
    let state = message.content["execution_state"].as_str();
    message.kind == "status" && matches!(state, Some("restarting" | "autorestarting" | "dead"))
}
