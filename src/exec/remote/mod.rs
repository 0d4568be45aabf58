//! Runs on other machines, over ssh. One connection to each machine serves the whole talk: `ssh` starts an
//! agent there (`py/agent.py`), a Python program that starts processes, compiles Rust, and keeps the Python
//! worker with its sessions.
//!
//! `ssh` builds the command, `link` is a connection, `frame` what goes through it, `program` what is asked
//! for, `run` one run, `sync` the files that are copied. Requests never block.

mod frame;
mod link;
mod program;
mod run;
mod ssh;
mod sync;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::never;
use parking_lot::Mutex;

use self::frame::AgentFrame;
use self::link::Link;
use self::run::RemoteRun;
use super::os::process_tree::ProcessTree;
use super::os::temp_dir::TempRoot;
use super::process::FOLLOWER;
use super::python::parse_variables;
use super::{ExecSink, RunSink, Stop};
use crate::deck::RemoteHost;
use crate::files::{self, FileKind};
use crate::panics::contain;
use crate::run::{Event, Outcome, Request, RunId, Variable};

pub(super) use self::program::RemoteProgram;

/// Runs code on other machines.
pub(super) struct Remotes {
    shared: Arc<RemoteShared>,
}

/// What the threads of all runs share.
struct RemoteShared {
    directory: PathBuf,
    /// Where progress is reported.
    send: ExecSink,
    tree: Arc<ProcessTree>,
    temp_root: Arc<TempRoot>,
    links: Mutex<BTreeMap<Arc<RemoteHost>, Arc<Link>>>,
    runs: Mutex<BTreeMap<RunId, Arc<RemoteRun>>>,
    /// Whether no more events are sent.
    is_shut_down: AtomicBool,
}

/// A machine that could be reached, and what it has to run code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteReport {
    /// The machine, as `ssh` names it.
    pub name: String,
    /// Its system and processor.
    pub system: String,
    /// The version and the program of its Python.
    pub python: String,
    /// What its Rust compiler says of itself, if it has one.
    pub rustc: Option<String>,
    /// The folder that code runs in.
    pub folder: String,
    /// The programs that it lacks.
    pub missing: Vec<String>,
}

impl Remotes {
    /// Creates the runner for a deck in this folder. Starts nothing.
    pub(super) fn new(
        directory: PathBuf,
        (tree, temp_root): (Arc<ProcessTree>, Arc<TempRoot>),
        send: ExecSink,
    ) -> Self {
        let (links, runs) = (Mutex::default(), Mutex::default());
        let is_shut_down = AtomicBool::new(false);
        let shared = RemoteShared { directory, send, tree, temp_root, links, runs, is_shut_down };
        Self { shared: Arc::new(shared) }
    }

    /// Connects to these machines, copies the deck's files and starts the Python worker where there is
    /// Python to run, on a thread of its own for each.
    pub(super) fn prepare(&self, hosts: BTreeMap<Arc<RemoteHost>, bool>) {
        for (host, has_python) in hosts {
            let shared = self.shared.clone();
            let connect = move || {
                let link = shared.link(&host);
                if let Some(Ok(_)) = link.machine(&never()) {
                    // An error is reported by the run that needs the files.
                    let _ = link.sync(&shared.directory);
                    if has_python {
                        link.start_worker();
                    }
                }
            };
            // If no thread can be started, the first run connects.
            let _ = thread::Builder::new().name("ssh".to_owned()).spawn(connect);
        }
    }

    /// Starts a run on a thread of its own.
    pub(super) fn start(&self, request: &Request, program: RemoteProgram, sink: &RunSink) {
        let run = Arc::new(RemoteRun::new());
        self.shared.runs.lock().insert(request.run, run.clone());
        let (shared, request, sink) = (self.shared.clone(), request.clone(), sink.clone());
        let id = request.run;
        let failed = sink.clone();
        let events: RunSink = {
            let shared = shared.clone();
            Arc::new(move |event| {
                if !shared.is_shut_down.load(Ordering::Relaxed) {
                    sink(event);
                }
            })
        };
        let follow = {
            let shared = shared.clone();
            move || {
                let follow = || run::run_to_end(&shared, &request, &run, program, &events);
                if let Err(panicked) = contain(FOLLOWER, follow) {
                    let why = Outcome::NotStarted(panicked.to_string());
                    events(Event::Finished(why, Duration::ZERO));
                    shared.end(request.run);
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("remote run".to_owned()).spawn(follow) {
            let why = format!("cannot start a thread for the run: {error}");
            failed(Event::Finished(Outcome::NotStarted(why), Duration::ZERO));
            shared.end(id);
        }
    }

    /// Stops a run, or ends what it has left behind. Does nothing if it is not one of these.
    pub(super) fn stop(&self, run: RunId, how: Stop) {
        self.with(run, |it| it.stop(run.0, how));
    }

    /// Types into a run.
    pub(super) fn type_in(&self, run: RunId, bytes: &[u8]) {
        self.with(run, |it| it.send(AgentFrame::new(b'I', run.0, bytes)));
    }

    /// Resizes a run's terminal.
    pub(super) fn resize(&self, run: RunId, (columns, rows): (u16, u16)) {
        let size = [columns.to_be_bytes(), rows.to_be_bytes()].concat();
        self.with(run, |it| it.send(AgentFrame::new(b'Z', run.0, size)));
    }

    /// Drops the session state after a run, now or when it ends.
    pub(super) fn forget(&self, run: RunId) {
        self.with(run, RemoteRun::forget);
        let links: Vec<Arc<Link>> = self.shared.links.lock().values().cloned().collect();
        for link in links {
            link.forget(run);
        }
    }

    /// Passes the variables of a session after a run to `tell`, on another thread, if its state is on
    /// another machine. Returns `tell` otherwise.
    pub(super) fn variables<T>(&self, run: RunId, tell: T) -> Option<T>
    where
        T: FnOnce(Result<Vec<Variable>, String>) + Send + 'static,
    {
        let link = self.shared.links.lock().values().find(|link| link.has(run)).cloned();
        let Some(link) = link else { return Some(tell) };
        let list = move || {
            let answer =
                link.variables(run).ok_or("the state after this block is gone: run it again");
            let died = || "inspecting a value ended the process".to_owned();
            tell(answer.map_err(str::to_owned).and_then(|answer| {
                parse_variables(&String::from_utf8_lossy(&answer)).ok_or_else(died)
            }));
        };
        // If no thread can be started, the panel keeps waiting.
        let _ = thread::Builder::new().name("variables".to_owned()).spawn(list);
        None
    }

    /// Connects to a machine and asks what it has.
    ///
    /// # Errors
    /// It cannot be reached, or has no Python: a message.
    pub(super) fn probe(
        &self,
        host: &Arc<RemoteHost>,
        programs: &BTreeSet<String>,
    ) -> Result<RemoteReport, String> {
        let link = self.shared.link(host);
        let machine = link.machine(&never()).unwrap_or_else(|| Err(link.failure()))?;
        link.sync(&self.shared.directory)?;
        let (rustc, missing) = link.probe(&programs.iter().cloned().collect::<Vec<_>>())?;
        Ok(RemoteReport {
            name: host.name.to_string(),
            system: machine.system.clone(),
            python: format!("{}, {}", machine.python, machine.program),
            rustc,
            folder: machine.folder.clone(),
            missing,
        })
    }

    /// Sends no more events. The connections end with the process tree.
    pub(super) fn end(&self) {
        self.shared.is_shut_down.store(true, Ordering::Relaxed);
    }

    fn with(&self, run: RunId, act: impl FnOnce(&RemoteRun)) {
        let run = self.shared.runs.lock().get(&run).cloned();
        if let Some(run) = run {
            act(&run);
        }
    }
}

impl RemoteShared {
    /// Returns the connection to a machine, and starts one if none is usable.
    fn link(&self, host: &Arc<RemoteHost>) -> Arc<Link> {
        let mut links = self.links.lock();
        if let Some(link) = links.get(host).filter(|link| link.is_usable()) {
            return link.clone();
        }
        let link = Link::start(&self.tree, host, &deck_name(&self.directory));
        links.insert(host.clone(), link.clone());
        link
    }

    fn end(&self, run: RunId) {
        self.runs.lock().remove(&run);
    }
}

/// Returns the name of a deck's folder on other machines: readable, and one for each folder of each machine.
fn deck_name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = name.chars().filter(is_plain).take(40).collect();
    // Where there is none, the folder alone tells decks apart.
    let machine = files::read(Path::new("/etc/machine-id"), FileKind::Text).unwrap_or_default();
    let mut hash = blake3::Hasher::new();
    hash.update(&machine).update(&[0]).update(folder.as_os_str().as_encoded_bytes());
    format!("{name}-{}", &hash.finalize().to_hex()[..12])
}
