//! What others may know of a run and do to it, while a thread of its own follows it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal};

use crate::exec::Stop;
use crate::exec::io::stdin::Keyboard;
use crate::exec::os::process_tree::{self, Owner};
use crate::exec::python::session::Snapshot;

/// What others may know of a run and do to it.
#[derive(Debug)]
pub(in crate::exec::python) struct PythonRun {
    state: Mutex<PythonRunState>,
    /// What it goes on from.
    base: Option<Arc<Snapshot>>,
    /// Where it is told of the deck's modules.
    modules: Option<PathBuf>,
    keyboard: Keyboard,
    owner: Owner,
}

#[derive(Debug, Default)]
struct PythonRunState {
    group: Option<Pid>,
    asked: Option<Stop>,
    ended: bool,
    forgotten: bool,
}

impl PythonRun {
    /// One that goes on from this, if from anything, and is told of the deck's modules there. What it
    /// starts is this owner's.
    pub(in crate::exec::python) fn on(
        base: Option<Arc<Snapshot>>,
        modules: Option<PathBuf>,
        owner: Owner,
    ) -> Self {
        Self { state: Mutex::default(), base, modules, keyboard: Keyboard::default(), owner }
    }

    /// Whose processes it starts.
    pub(in crate::exec::python) fn owner(&self) -> Owner {
        self.owner
    }

    /// Where it is told of the deck's modules, if there are any.
    pub(in crate::exec::python) fn modules(&self) -> Option<&Path> {
        self.modules.as_deref()
    }

    /// What it goes on from.
    pub(in crate::exec::python) fn base(&self) -> Option<&Arc<Snapshot>> {
        self.base.as_ref()
    }

    /// Notes that nothing will go on from it.
    pub(in crate::exec::python) fn forget(&self) {
        self.state.lock().forgotten = true;
    }

    /// Whether nothing will go on from it.
    pub(in crate::exec::python) fn is_forgotten(&self) -> bool {
        self.state.lock().forgotten
    }

    /// Its process, once it has started.
    pub(in crate::exec::python) fn process(&self) -> Option<Pid> {
        self.state.lock().group
    }

    /// Stops it, now or as soon as it has started. Whether it was there to be signalled.
    pub(in crate::exec::python) fn stop(&self, how: Stop) -> bool {
        let mut state = self.state.lock();
        if state.ended {
            return true;
        }
        if state.asked != Some(Stop::Kill) {
            state.asked = Some(how);
        }
        state.group.map(|group| self.signal(group, how)).is_some()
    }

    /// The terminal that it can be typed at.
    pub(in crate::exec::python) fn keyboard(&self) -> &Keyboard {
        &self.keyboard
    }

    /// Whether somebody asked to stop it.
    pub(in crate::exec::python) fn is_stopped(&self) -> bool {
        self.state.lock().asked.is_some()
    }

    /// Whether somebody asked for its end at once.
    pub(in crate::exec::python) fn is_killed(&self) -> bool {
        self.state.lock().asked == Some(Stop::Kill)
    }

    /// Notes its process; one that was asked to stop is stopped.
    pub(in crate::exec::python) fn start(&self, group: Pid) {
        let mut state = self.state.lock();
        state.group = Some(group);
        if let Some(how) = state.asked {
            self.signal(group, how);
        }
    }

    /// Kills what is left of it, which nobody asked for.
    pub(in crate::exec::python) fn kill(&self) {
        if let Some(group) = self.state.lock().group {
            self.signal(group, Stop::Kill);
        }
    }

    /// Notes that it is over.
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
                // What is stopped hears of it when it goes on.
                send(Signal::CONT);
            }
            Stop::Kill => {
                send(Signal::KILL);
                process_tree::kill_owned(self.owner);
            }
        }
    }
}
