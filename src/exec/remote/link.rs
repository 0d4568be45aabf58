//! A connection to another machine: `ssh`, and the agent that it has started there.
//!
//! Three threads serve it: one writes, so that no key waits for the network; one reads, and gives each run
//! its frames; one keeps the end of what `ssh` reports. A run that is slow to take its output holds the
//! connection back, and with it the program.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use parking_lot::Mutex;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::frame::{AgentFrame, FrameReader};
use super::ssh;
use super::sync::{self, SyncedFile};
use crate::deck::RemoteHost;
use crate::exec::os::child::Child;
use crate::exec::os::process_tree::ProcessTree;
use crate::exec::os::spawn::{SpawnCommand, find_program};
use crate::exec::os::wait::wait_readable;
use crate::exec::python::BOOT;
use crate::run::RunId;

/// How often livedeck shows the agent that it is alive.
const ALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// The frames that wait for a run at most.
const MAX_WAITING_FRAMES: usize = 64;

/// How long `ssh` may take to end once it has closed the connection.
const END_TIMEOUT: Duration = Duration::from_millis(500);

/// The bytes of errors that are kept.
const MAX_ERRORS_LEN: usize = 8 << 10;

/// The parts of files that wait to be sent at most.
const MAX_WAITING_PARTS: usize = 32;

/// How long to wait before looking whether more can be sent.
const PAUSE: Duration = Duration::from_millis(2);

/// The bytes of a part of a file.
const FILE_PART: usize = 256 << 10;

/// A connection, from its start.
#[derive(Debug)]
pub(super) struct Link {
    host: Arc<RemoteHost>,
    outgoing: Sender<Vec<u8>>,
    /// Disconnected once the agent has answered, or the connection has failed.
    settled: Receiver<()>,
    state: Mutex<LinkState>,
    /// Held by the thread that waits for an answer.
    asking: Mutex<()>,
    /// The files that were copied last.
    synced: Mutex<Option<Vec<SyncedFile>>>,
}

#[derive(Debug, Default)]
struct LinkState {
    machine: Option<Arc<Machine>>,
    /// Why it is not usable any more.
    failure: Option<String>,
    runs: BTreeMap<RunId, Sender<AgentFrame>>,
    answers: Option<Sender<AgentFrame>>,
    /// The runs whose session state is kept there, and whether it has threads.
    kept: BTreeMap<RunId, bool>,
    has_worker: bool,
    settling: Option<Sender<()>>,
}

/// What an agent tells about its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    /// The version of its Python.
    pub(super) python: String,
    /// The program of its Python.
    pub(super) program: String,
    /// Its system and processor.
    pub(super) system: String,
    /// The folder that code runs in.
    pub(super) folder: String,
    /// The folder of the runs' own folders.
    pub(super) temp: String,
}

impl Link {
    /// Starts to connect, for the deck with this name. A failure shows in [`Self::machine`].
    pub(super) fn start(tree: &ProcessTree, host: &Arc<RemoteHost>, deck: &str) -> Arc<Self> {
        let (outgoing, queue) = unbounded();
        let (settling, settled) = bounded(0);
        let state = LinkState { settling: Some(settling), ..LinkState::default() };
        let link = Arc::new(Self {
            host: host.clone(),
            outgoing,
            settled,
            state: Mutex::new(state),
            asking: Mutex::default(),
            synced: Mutex::default(),
        });
        if let Err(why) = link.connect(tree, queue) {
            link.fail(why);
        }
        link.send(&AgentFrame::json(
            b'H',
            0,
            &json!({ "deck": deck, "folder": host.folder.as_deref() }),
        ));
        link
    }

    fn connect(
        self: &Arc<Self>,
        tree: &ProcessTree,
        queue: Receiver<Vec<u8>>,
    ) -> Result<(), String> {
        let ssh = find_program(OsStr::new("ssh"), Path::new("/"))
            .ok_or("`ssh` is not installed: code cannot run on another machine")?;
        let failed = |error: io::Error| format!("cannot start `ssh`: {error}");
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let (errors, errors_end) = io::pipe().map_err(failed)?;
        let command = SpawnCommand::new(ssh, errors_end.as_fd())
            .input(theirs.as_fd())
            .output(theirs.as_fd())
            .args(ssh::arguments(&self.host));
        let child = tree.spawn(command).map_err(failed)?;
        drop((theirs, errors_end));
        let writer = ours.try_clone().map_err(failed)?;
        let (errors_sender, errors_text) = bounded(1);
        let start = |name: &str, act: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(act).map_err(failed)
        };
        start("ssh errors", Box::new(move || drop(errors_sender.send(end_of(errors)))))?;
        start("ssh input", Box::new(move || write_all(writer, &queue)))?;
        let link = self.clone();
        let read = move || {
            let noise = link.read_all(ours);
            end(&child);
            let mut errors = errors_text.recv_timeout(END_TIMEOUT).unwrap_or_default();
            errors.insert_str(0, &noise);
            let is_connected = link.state.lock().machine.is_some();
            link.fail(if is_connected {
                ssh::broken(&link.host, &errors)
            } else {
                ssh::connection_error(&link.host, &errors)
            });
        };
        start("ssh output", Box::new(read)).map(drop)
    }

    /// Returns the machine's properties once it is connected, or `None` if `cancelled` disconnects before.
    ///
    /// # Errors
    /// It cannot be reached: a message.
    pub(super) fn machine(&self, cancelled: &Receiver<()>) -> Option<Result<Arc<Machine>, String>> {
        crossbeam_channel::select! {
            recv(self.settled) -> _ => {}
            recv(cancelled) -> _ => return None,
        }
        let state = self.state.lock();
        Some(match (&state.failure, &state.machine) {
            (Some(why), _) => Err(why.clone()),
            (None, Some(machine)) => Ok(machine.clone()),
            (None, None) => Err(format!("`{}` did not answer", self.host.name)),
        })
    }

    /// Returns whether it is connected, or may become so.
    pub(super) fn is_usable(&self) -> bool {
        self.state.lock().failure.is_none()
    }

    /// Returns why it is not usable any more.
    pub(super) fn failure(&self) -> String {
        self.state.lock().failure.clone().unwrap_or_default()
    }

    /// Sends a frame. Never blocks.
    pub(super) fn send(&self, frame: &AgentFrame) {
        // Without a connection, the runs that wait for an answer are ended.
        let _ = self.outgoing.send(frame.bytes());
    }

    /// Sends the worker's code, once, which starts the worker.
    pub(super) fn start_worker(&self) {
        // Held while it is sent: a run that finds it started follows it.
        let mut state = self.state.lock();
        if !state.has_worker {
            state.has_worker = true;
            self.send(&AgentFrame::new(b'W', 0, BOOT));
        }
    }

    /// Adds a run, and returns the channel of its frames, which disconnects when the connection breaks.
    pub(super) fn add(&self, run: RunId) -> Receiver<AgentFrame> {
        let (sender, frames) = bounded(MAX_WAITING_FRAMES);
        let mut state = self.state.lock();
        if state.failure.is_none() {
            state.runs.insert(run, sender);
        }
        frames
    }

    /// Removes a run, whose frames are of no interest any more.
    pub(super) fn remove(&self, run: RunId) {
        self.state.lock().runs.remove(&run);
    }

    /// Records that the state after a run is kept there, and whether it has threads.
    pub(super) fn keep(&self, run: RunId, has_threads: bool) {
        self.state.lock().kept.insert(run, has_threads);
    }

    /// Returns whether the state after a run has threads, or `None` if it is not kept there. One with
    /// threads can be continued only once.
    pub(super) fn kept(&self, run: RunId) -> Option<bool> {
        let mut state = self.state.lock();
        let has_threads = *state.kept.get(&run)?;
        if has_threads {
            state.kept.remove(&run);
        }
        Some(has_threads)
    }

    /// Returns whether the state after a run is kept there.
    pub(super) fn has(&self, run: RunId) -> bool {
        self.state.lock().kept.contains_key(&run)
    }

    /// Drops the state after a run, if it is kept there.
    pub(super) fn forget(&self, run: RunId) {
        let was_kept = self.state.lock().kept.remove(&run).is_some();
        if was_kept {
            self.send(&AgentFrame::new(b'F', run.0, []));
        }
    }

    /// Returns the bytes that list the variables of a session after a run; `None` if its state is gone.
    pub(super) fn variables(&self, run: RunId) -> Option<Vec<u8>> {
        let _asking = self.asking.lock();
        let answer = self.ask(&AgentFrame::new(b'V', run.0, [])).ok()?;
        Some(answer.payload).filter(|answer| !answer.is_empty())
    }

    /// Returns what is installed there: the version of `rustc`, and those of `programs` that are missing.
    ///
    /// # Errors
    /// The connection has broken: a message.
    pub(super) fn probe(
        &self,
        programs: &[String],
    ) -> Result<(Option<String>, Vec<String>), String> {
        let _asking = self.asking.lock();
        let answer =
            self.ask(&AgentFrame::json(b'P', 0, &json!({ "programs": programs })))?.fields();
        let missing = answer["missing"].as_array().into_iter().flatten();
        let missing = missing.filter_map(Value::as_str).map(str::to_owned);
        Ok((answer["rustc"].as_str().map(str::to_owned), missing.collect()))
    }

    /// Copies the deck's files that have changed since they were copied last.
    ///
    /// # Errors
    /// A file cannot be read or written, or the connection has broken: a message.
    pub(super) fn sync(&self, folder: &Path) -> Result<(), String> {
        let mut synced = self.synced.lock();
        if self.host.sync.is_empty() {
            return Ok(());
        }
        let files = sync::files(folder, &self.host.sync)?;
        if synced.as_ref() == Some(&files) {
            return Ok(());
        }
        let _asking = self.asking.lock();
        let fields: Vec<Value> = files.iter().map(SyncedFile::fields).collect();
        let answer = self.ask(&AgentFrame::json(b'M', 0, &json!({ "files": fields })))?.fields();
        let needed = answer["needed"].as_array().into_iter().flatten();
        for index in needed.filter_map(Value::as_u64) {
            let file = usize::try_from(index).ok().and_then(|index| files.get(index));
            let Some(file) = file else { continue };
            self.send_file(index, &file.path)
                .map_err(|error| format!("cannot copy `{}`: {error}", file.name))?;
        }
        let answer = self.ask(&AgentFrame::new(b'E', 0, []))?.fields();
        if let Some(why) = answer["error"].as_str() {
            return Err(format!("cannot copy files to `{}`: {why}", self.host.name));
        }
        *synced = Some(files);
        Ok(())
    }

    /// Sends a file in parts, at least one.
    fn send_file(&self, index: u64, path: &Path) -> io::Result<()> {
        // Since it was found, it may have become a pipe.
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut is_first = true;
        loop {
            let mut part = Vec::with_capacity(FILE_PART);
            Read::by_ref(&mut file).take(FILE_PART as u64).read_to_end(&mut part)?;
            if part.is_empty() && !is_first {
                return Ok(());
            }
            is_first = false;
            while self.outgoing.len() > MAX_WAITING_PARTS && self.is_usable() {
                thread::sleep(PAUSE);
            }
            self.send(&AgentFrame::new(b'D', index, part));
        }
    }

    /// Sends a frame and waits for its answer.
    fn ask(&self, frame: &AgentFrame) -> Result<AgentFrame, String> {
        let (sender, answer) = bounded(1);
        {
            let mut state = self.state.lock();
            if let Some(why) = &state.failure {
                return Err(why.clone());
            }
            state.answers = Some(sender);
        }
        self.send(frame);
        answer.recv().map_err(|_| self.failure())
    }

    /// Reads frames until the connection ends. Returns what arrived instead.
    fn read_all(&self, mut input: UnixStream) -> String {
        let mut frames = FrameReader::default();
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = match input.read(&mut buffer) {
                Ok(0) => return frames.noise(),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return frames.noise(),
            };
            match frames.push(&buffer[..read]) {
                Ok(frames) => frames.into_iter().for_each(|frame| self.receive(frame)),
                Err(noise) => return noise,
            }
        }
    }

    fn receive(&self, frame: AgentFrame) {
        match frame.kind {
            b'h' => self.greeted(&frame.fields()),
            b'm' | b'e' | b'p' | b'v' => {
                let answers = self.state.lock().answers.take();
                // The one that asked may be gone.
                let _ = answers.map(|sender| sender.send(frame));
            }
            _ => {
                let run = RunId(frame.run);
                let sender = self.state.lock().runs.get(&run).cloned();
                if sender.is_some_and(|sender| sender.send(frame).is_err()) {
                    self.remove(run);
                }
            }
        }
    }

    fn greeted(&self, fields: &Value) {
        let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        if let Some(why) = fields["error"].as_str() {
            return self.fail(format!("no folder for the deck on `{}`: {why}", self.host.name));
        }
        let mut state = self.state.lock();
        state.machine = Some(Arc::new(Machine {
            python: text("python"),
            program: text("program"),
            system: text("system"),
            folder: text("folder"),
            temp: text("temp"),
        }));
        state.settling = None;
    }

    /// Ends its use, for the first reason given, and all that waits for it.
    fn fail(&self, why: String) {
        let mut state = self.state.lock();
        state.failure.get_or_insert(why);
        (state.settling, state.answers) = (None, None);
        state.runs.clear();
        state.kept.clear();
    }
}

/// Waits briefly until `ssh` has ended, or ends it.
fn end(child: &Child) {
    if let Some(exit) = child.exit() {
        wait_readable(exit, Some(END_TIMEOUT));
    }
    child.signal(Signal::KILL);
    child.wait();
}

/// Writes the agent's code, then frames, until the connection is gone.
fn write_all(mut output: UnixStream, queue: &Receiver<Vec<u8>>) {
    let mut next = ssh::agent();
    while output.write_all(&next).is_ok() {
        next = match queue.recv_timeout(ALIVE_INTERVAL) {
            Ok(bytes) => bytes,
            Err(RecvTimeoutError::Timeout) => AgentFrame::new(b'N', 0, []).bytes(),
            Err(RecvTimeoutError::Disconnected) => break,
        };
    }
    let _ = output.shutdown(Shutdown::Both);
}

/// Reads to the end, and returns the last part of it.
fn end_of(mut input: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 4 << 10];
    while let Ok(read @ 1..) = input.read(&mut buffer) {
        kept.extend(&buffer[..read]);
        kept.drain(..kept.len().saturating_sub(MAX_ERRORS_LEN));
    }
    String::from_utf8_lossy(&kept).into_owned()
}
