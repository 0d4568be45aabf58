//! A run as other threads see it: they read its state and stop it while its own thread monitors it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal};

use crate::exec::Stop;
use crate::exec::io::stdin::Keyboard;
use crate::exec::os::process_tag::Owner;
use crate::exec::os::process_tree;
use crate::exec::python::session::Snapshot;

/// The shared handle of a Python run.
#[derive(Debug)]
pub(in crate::exec::python) struct PythonRun {
    state: Mutex<PythonRunState>,
    /// The session state that it continues from.
    snapshot: Option<Arc<Snapshot>>,
    /// The folder with the states of the deck's modules.
    modules: Option<PathBuf>,
    keyboard: Keyboard,
    owner: Owner,
}

#[derive(Debug, Default)]
struct PythonRunState {
    group: Option<Pid>,
    stop_request: Option<Stop>,
    ended: bool,
    forgotten: bool,
}

impl PythonRun {
    /// Returns the handle of a run that continues from `snapshot`, imports the deck's modules from the
    /// `modules` folder and whose processes belong to `owner`.
    pub(in crate::exec::python) fn new(
        snapshot: Option<Arc<Snapshot>>,
        modules: Option<PathBuf>,
        owner: Owner,
    ) -> Self {
        Self { state: Mutex::default(), snapshot, modules, keyboard: Keyboard::default(), owner }
    }

    /// Returns the owner of the processes that it starts.
    pub(in crate::exec::python) fn owner(&self) -> Owner {
        self.owner
    }

    /// Returns the folder with the states of the deck's modules, if there are any.
    pub(in crate::exec::python) fn modules(&self) -> Option<&Path> {
        self.modules.as_deref()
    }

    /// Returns the session state that it continues from.
    pub(in crate::exec::python) fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.snapshot.as_ref()
    }

    /// Records that no later run will continue from it.
    pub(in crate::exec::python) fn forget(&self) {
        self.state.lock().forgotten = true;
    }

    /// Returns whether no later run will continue from it.
    pub(in crate::exec::python) fn is_forgotten(&self) -> bool {
        self.state.lock().forgotten
    }

    /// Returns its process, once it has started.
    pub(in crate::exec::python) fn process(&self) -> Option<Pid> {
        self.state.lock().group
    }

    /// Stops it, now or as soon as it has started. Returns whether it had started.
    pub(in crate::exec::python) fn stop(&self, how: Stop) -> bool {
        let mut state = self.state.lock();
        if state.ended {
            return true;
        }
        if state.stop_request != Some(Stop::Kill) {
            state.stop_request = Some(how);
        }
        state.group.map(|group| self.signal(group, how)).is_some()
    }

    /// Returns the terminal that takes the speaker's input.
    pub(in crate::exec::python) fn keyboard(&self) -> &Keyboard {
        &self.keyboard
    }

    /// Returns whether a stop was requested.
    pub(in crate::exec::python) fn is_stopped(&self) -> bool {
        self.state.lock().stop_request.is_some()
    }

    /// Returns whether a kill was requested.
    pub(in crate::exec::python) fn is_killed(&self) -> bool {
        self.state.lock().stop_request == Some(Stop::Kill)
    }

    /// Records its process group, and stops it if a stop was requested before.
    pub(in crate::exec::python) fn start(&self, group: Pid) {
        let mut state = self.state.lock();
        state.group = Some(group);
        if let Some(how) = state.stop_request {
            self.signal(group, how);
        }
    }

    /// Kills its remaining processes without a request to stop.
    pub(in crate::exec::python) fn kill(&self) {
        if let Some(group) = self.state.lock().group {
            self.signal(group, Stop::Kill);
        }
    }

    /// Records that it has ended.
    pub(in crate::exec::python) fn end(&self) {
        self.state.lock().ended = true;
    }

    fn signal(&self, group: Pid, how: Stop) {
        let send = |signal| {
            let _ = rustix::process::kill_process_group(group, signal);
        };
        match how {
            Stop::Interrupt => {
                send(Signal::INT);
                // A stopped process receives the interrupt only once it continues.
                send(Signal::CONT);
            }
            Stop::Kill => {
                send(Signal::KILL);
                process_tree::kill_owned(self.owner);
            }
        }
    }
}
