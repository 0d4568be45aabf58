//! Blocks that run in a Jupyter kernel: `+exec:kernel`. The blocks of one kernel share its state, run one
//! after the other, and show what it publishes.
//!
//! A kernel is a process of the talk like any other: it starts in advance in decks whose code may run,
//! and ends with the talk. We talk to it over TCP on the loopback interface (`zmtp`, `connection`), in
//! Jupyter's messages (`message`), each signed. `spec` finds the installed kernels; each has a thread
//! (`session`) that owns its `process`, and a second one (`delivery`) that passes events on. A kernel may
//! also be one of a Jupyter server (`server`): the session is the same (`running`). Without such a block,
//! there is no thread, and no file is looked at.

mod connection;
mod delivery;
mod dispatcher;
mod greeting;
mod input;
mod kernel_run;
mod message;
mod mime;
mod origin;
mod process;
mod running;
mod server;
mod session;
mod spec;
mod stream;
#[cfg(test)]
mod tests;
mod zmtp;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::Sender;
use parking_lot::Mutex;

use super::os::process_tree::ProcessTree;
use super::os::temp_dir::TempRoot;
use super::process::refuse;
use super::{ExecSink, RunSink, Stop};
use crate::deck::{Fingerprint, JupyterServer, RemoteHost};
use crate::run::{Request, RunId, Target};
use dispatcher::{Dispatched, Dispatcher};
use server::LiveKernels;
use session::KernelCommand;

pub use server::ServerSpecs;
pub use spec::{KernelChoice, KernelSpec, KernelSpecs};

/// How long the end of the talk waits for servers to delete its kernels. They have been asked by then; an
/// answer takes them seconds if they are busy.
const SERVER_END_TIMEOUT: Duration = Duration::from_secs(1);

/// The kernels of a deck.
pub(super) struct Kernels {
    context: Arc<KernelContext>,
    /// The thread that knows which kernel a block means; started with the first block.
    dispatcher: Mutex<Option<Sender<Dispatched>>>,
}

/// What all kernels share.
pub(super) struct KernelContext {
    /// The deck's folder.
    pub(super) directory: PathBuf,
    /// The front matter's Python.
    pub(super) python: Option<String>,
    pub(super) tree: Arc<ProcessTree>,
    pub(super) temp_root: Arc<TempRoot>,
    pub(super) send: ExecSink,
    /// Whether the deck is in a sandbox without a network.
    pub(super) is_offline: bool,
    pub(super) is_shut_down: AtomicBool,
    /// The kernels that servers run.
    on_servers: LiveKernels,
}

impl KernelContext {
    /// Returns what the kernels of a deck share.
    pub(super) fn new(
        (directory, python): (PathBuf, Option<String>),
        (tree, temp_root): (Arc<ProcessTree>, Arc<TempRoot>),
        send: ExecSink,
        is_offline: bool,
    ) -> Self {
        let is_shut_down = AtomicBool::new(false);
        let on_servers = LiveKernels::default();
        Self { directory, python, tree, temp_root, send, is_offline, is_shut_down, on_servers }
    }
}

impl Kernels {
    /// Creates the kernels of a deck. Starts nothing.
    pub(super) fn new(context: KernelContext) -> Self {
        Self { context: Arc::new(context), dispatcher: Mutex::default() }
    }

    /// Starts the kernels that blocks ask for, here or on a server, in the background.
    pub(super) fn prepare(
        &self,
        blocks: impl Iterator<Item = (Option<Arc<RemoteHost>>, KernelChoice, Fingerprint)>,
    ) {
        for (server, choice, code) in blocks.filter(|_| !self.context.is_offline) {
            self.dispatch(Dispatched::To(server, choice, KernelCommand::Prepare(code)));
        }
    }

    /// Starts a run.
    pub(super) fn start(&self, request: &Request, choice: KernelChoice, sink: RunSink) {
        if let Some(why) = self.why_not(request) {
            return refuse(why, sink);
        }
        let context = self.context.clone();
        let sink: RunSink = Arc::new(move |event| {
            if !context.is_shut_down.load(Ordering::Relaxed) {
                sink(event);
            }
        });
        let command = KernelCommand::Run(Box::new(request.clone()), sink.clone());
        let server = request.code.remote.clone();
        if !self.dispatch(Dispatched::To(server, choice, command)) {
            refuse("cannot start a thread for its kernel".to_owned(), sink);
        }
    }

    /// Returns what is missing to run a block, if anything is.
    pub(super) fn missing(&self, choice: &KernelChoice) -> Option<String> {
        let KernelContext { directory, python, .. } = &*self.context;
        let specs = KernelSpecs::find(directory, python.as_deref());
        let spec = match specs.get(choice) {
            Ok(spec) => spec,
            Err(why) => return Some(why),
        };
        process::find(spec, directory).err()
    }

    /// Asks a server for its kernels.
    ///
    /// # Errors
    /// It cannot be reached, or refuses: a message.
    pub(super) fn ask(&self, server: &JupyterServer) -> Result<ServerSpecs, String> {
        dispatcher::ask(server, &self.context)
    }

    /// Returns why a block cannot run in a kernel, if it cannot.
    fn why_not(&self, request: &Request) -> Option<String> {
        let why = match request.target {
            _ if self.context.is_offline => {
                "a kernel needs the network of this machine, which the sandbox denies: use \
                 `--sandbox=net`, or run this block without a kernel"
            }
            Target::Terminal => return None,
            Target::Screen | Target::Handover => "a kernel has no terminal: remove `:kernel`",
            Target::Picture => "the pictures of a kernel are always shown: use `+exec_replace`",
        };
        Some(why.to_owned())
    }

    /// Stops a run, if it is a kernel's.
    pub(super) fn stop(&self, run: RunId, how: Stop) {
        self.dispatch_if_any(Dispatched::Stop(run, how));
    }

    /// Passes on the speaker's input for a run, if it is a kernel's.
    pub(super) fn type_in(&self, run: RunId, bytes: &[u8]) {
        self.dispatch_if_any(Dispatched::Type(run, bytes.to_vec()));
    }

    /// Ends all kernels, and starts them again with no state.
    pub(super) fn restart(&self) {
        self.dispatch_if_any(Dispatched::Restart);
    }

    /// Lets no event through any more. The kernels end with their process tree; those of servers are
    /// deleted.
    pub(super) fn end(&self) {
        self.context.is_shut_down.store(true, Ordering::Relaxed);
        if let Some(dispatcher) = self.dispatcher.lock().take() {
            let _ = dispatcher.send(Dispatched::End);
            self.context.on_servers.end(SERVER_END_TIMEOUT);
        }
    }

    /// Passes on a command, on a thread that is started with the first one. Returns whether there is one.
    fn dispatch(&self, command: Dispatched) -> bool {
        let mut dispatcher = self.dispatcher.lock();
        if dispatcher.is_none() {
            let (sender, commands) = crossbeam_channel::unbounded();
            let served = Dispatcher::new(self.context.clone(), sender.clone());
            let thread = std::thread::Builder::new().name("kernels".to_owned());
            if thread.spawn(move || served.serve(&commands)).is_err() {
                return false;
            }
            *dispatcher = Some(sender);
        }
        dispatcher.as_ref().is_some_and(|dispatcher| dispatcher.send(command).is_ok())
    }

    fn dispatch_if_any(&self, command: Dispatched) {
        if let Some(dispatcher) = &*self.dispatcher.lock() {
            let _ = dispatcher.send(command);
        }
    }
}
