//! The thread that knows which kernel a block means, and passes commands on to it. It never waits for a
//! kernel, nor for a server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::KernelContext;
use super::origin::KernelOrigin;
use super::server::{ServerApi, ServerSpecs};
use super::session::{KernelCommand, KernelLink};
use super::spec::{KernelChoice, KernelSpecs};
use crate::deck::{JupyterServer, RemoteHost};
use crate::exec::{ExecEvent, Stop};
use crate::run::{Event, Outcome, Preparation, RunId};

/// A command, and the kernel that it is for.
pub(super) enum Dispatched {
    /// For the kernel that a block asks for, of this server or installed here.
    To(Option<Arc<RemoteHost>>, KernelChoice, KernelCommand),
    /// A server says which kernels it has.
    Answered(Arc<RemoteHost>, Result<ServerSpecs, String>),
    /// For the kernel that has this run: one that does not ignores it.
    Stop(RunId, Stop),
    Type(RunId, Vec<u8>),
    /// For all kernels.
    Restart,
    /// There will be no more.
    End,
}

/// The kernels that are in use.
pub(super) struct Dispatcher {
    context: Arc<KernelContext>,
    links: BTreeMap<(Option<Arc<RemoteHost>>, String), KernelLink>,
    /// The names of kernels that are installed here.
    names: BTreeMap<KernelChoice, String>,
    servers: BTreeMap<Arc<RemoteHost>, ServerKernels>,
    /// How servers answer.
    sender: Sender<Dispatched>,
}

/// What is known of a server.
enum ServerKernels {
    /// It was asked for its kernels. What waits for the answer.
    Asked(Vec<(KernelChoice, KernelCommand)>),
    /// It has these.
    Known(ServerSpecs),
}

impl Dispatcher {
    /// Creates the state of the thread. `sender` is for commands to it.
    pub(super) fn new(context: Arc<KernelContext>, sender: Sender<Dispatched>) -> Self {
        let (links, names, servers) = Default::default();
        Self { context, links, names, servers, sender }
    }

    /// Passes commands on until the end. The kernels end with this.
    pub(super) fn serve(mut self, commands: &Receiver<Dispatched>) {
        for command in commands {
            match command {
                Dispatched::To(None, choice, command) => match self.link(&choice) {
                    Ok(link) => link.send(command),
                    Err(why) => self.refuse(command, why),
                },
                Dispatched::To(Some(host), choice, command) => {
                    self.send_to_server(&host, choice, command);
                }
                Dispatched::Answered(host, answer) => self.take_answer(&host, answer),
                Dispatched::Stop(run, how) => self.stop(run, how),
                Dispatched::Type(run, bytes) => {
                    self.send_to_all(|| KernelCommand::Type(run, bytes.clone()));
                }
                Dispatched::Restart => self.send_to_all(|| KernelCommand::Restart),
                Dispatched::End => return,
            }
        }
    }

    fn send_to_all(&self, command: impl Fn() -> KernelCommand) {
        self.links.values().for_each(|link| link.send(command()));
    }

    fn stop(&mut self, run: RunId, how: Stop) {
        self.send_to_all(|| KernelCommand::Stop(run, how));
        for server in self.servers.values_mut() {
            let ServerKernels::Asked(waiting) = server else { continue };
            let is_it = |command: &KernelCommand| matches!(command, KernelCommand::Run(request, _) if request.run == run);
            for (_, command) in waiting.extract_if(.., |(_, command)| is_it(command)) {
                if let KernelCommand::Run(_, sink) = command {
                    sink(Event::Finished(Outcome::Stopped, Duration::ZERO));
                }
            }
        }
    }

    /// Returns the link to a kernel that is installed here. Its thread is started with the first command
    /// for it.
    fn link(&mut self, choice: &KernelChoice) -> Result<&KernelLink, String> {
        if !self.names.contains_key(choice) {
            // A kernel that is missing may be installed during the talk, so only success is remembered.
            let KernelContext { directory, python, .. } = &*self.context;
            let specs = KernelSpecs::find(directory, python.as_deref());
            let spec = specs.get(choice)?.clone();
            let name = spec.name.clone();
            self.add_link((None, name.clone()), KernelOrigin::Installed(spec))?;
            self.names.insert(choice.clone(), name);
        }
        let name = self.names.get(choice).cloned().unwrap_or_default();
        self.links.get(&(None, name)).ok_or_else(|| "its kernel is gone".to_owned())
    }

    fn add_link(
        &mut self,
        key: (Option<Arc<RemoteHost>>, String),
        origin: KernelOrigin,
    ) -> Result<(), String> {
        if !self.links.contains_key(&key) {
            let name = origin.name();
            let link = KernelLink::start(origin, self.context.clone());
            let why = |error| format!("cannot start a thread for the kernel `{name}`: {error}");
            self.links.insert(key, link.map_err(why)?);
        }
        Ok(())
    }

    /// Passes on a command to a kernel of a server, once it is known which kernels the server has.
    fn send_to_server(
        &mut self,
        host: &Arc<RemoteHost>,
        choice: KernelChoice,
        command: KernelCommand,
    ) {
        match self.servers.get_mut(host) {
            Some(ServerKernels::Asked(waiting)) => {
                report_connecting(&self.context, host, &command);
                waiting.push((choice, command));
            }
            Some(ServerKernels::Known(specs)) if specs.get(&choice).is_ok() => {
                let specs = specs.clone();
                self.send_known(host, &specs, &choice, command);
            }
            // A kernel that is missing may be installed during the talk.
            _ => {
                report_connecting(&self.context, host, &command);
                let waiting = vec![(choice, command)];
                self.servers.insert(host.clone(), ServerKernels::Asked(waiting));
                self.ask(host);
            }
        }
    }

    /// Asks a server for its kernels, on a thread of its own.
    fn ask(&mut self, host: &Arc<RemoteHost>) {
        let Some(server) = host.jupyter.clone() else { return };
        let (sender, asked, context) = (self.sender.clone(), host.clone(), self.context.clone());
        let ask = move || {
            let answer = ask(&server, &context);
            // If the talk has ended, no one waits for it.
            let _ = sender.send(Dispatched::Answered(asked, answer));
        };
        let thread = std::thread::Builder::new().name("kernels of a server".to_owned());
        if let Err(error) = thread.spawn(ask) {
            self.take_answer(host, Err(format!("cannot start a thread: {error}")));
        }
    }

    /// Takes the answer of a server, and passes on what waits for it.
    fn take_answer(&mut self, host: &Arc<RemoteHost>, answer: Result<ServerSpecs, String>) {
        let Some(ServerKernels::Asked(waiting)) = self.servers.remove(host) else { return };
        for (choice, command) in waiting {
            match &answer {
                Ok(specs) => self.send_known(host, specs, &choice, command),
                Err(why) => self.refuse(command, why.clone()),
            }
        }
        if let Ok(specs) = answer {
            self.servers.insert(host.clone(), ServerKernels::Known(specs));
        }
    }

    fn send_known(
        &mut self,
        host: &Arc<RemoteHost>,
        specs: &ServerSpecs,
        choice: &KernelChoice,
        command: KernelCommand,
    ) {
        let linked = specs.get(choice).and_then(|spec| {
            let key = (Some(host.clone()), spec.name.clone());
            self.add_link(key.clone(), KernelOrigin::OnServer(spec.clone(), host.clone()))?;
            self.links.get(&key).ok_or_else(|| "its kernel is gone".to_owned())
        });
        match linked {
            Ok(link) => link.send(command),
            Err(why) => self.refuse(command, why),
        }
    }

    /// Reports that there is no kernel for a run. Preparing one says nothing: running the block does.
    fn refuse(&self, command: KernelCommand, why: String) {
        match command {
            KernelCommand::Run(_, sink) => {
                sink(Event::Finished(Outcome::NotStarted(why), Duration::ZERO));
            }
            KernelCommand::Prepare(code) => {
                (self.context.send)(ExecEvent::Prepared(code, Preparation::Failed));
            }
            _ => {}
        }
    }
}

/// Asks a server for its kernels.
pub(super) fn ask(server: &JupyterServer, context: &KernelContext) -> Result<ServerSpecs, String> {
    ServerApi::new(server, &context.directory)?.specs()
}

/// Shows that a command waits for a server.
fn report_connecting(context: &KernelContext, host: &RemoteHost, command: &KernelCommand) {
    let code = match command {
        KernelCommand::Prepare(code) => *code,
        KernelCommand::Run(request, sink) => {
            sink(Event::Compiling);
            request.code.fingerprint
        }
        _ => return,
    };
    let words = format!("connecting to {}", host.name);
    for state in [Preparation::Compiling, Preparation::Building(words.into())] {
        (context.send)(ExecEvent::Prepared(code, state));
    }
}
