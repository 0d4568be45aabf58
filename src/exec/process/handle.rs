//! A handle to a run, by which it is stopped early and typed into.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use rustix::process::Signal;

use crate::exec::Stop;
use crate::exec::io::stdin::Keyboard;
use crate::exec::os::child::Child;
use crate::exec::os::process_tag::Owner;
use crate::exec::os::process_tree;

/// An active run: its current process, if any, and whether it is to stop.
#[derive(Debug)]
pub(in crate::exec) struct RunHandle {
    state: Mutex<HandleState>,
    keyboard: Keyboard,
    cancelled: Receiver<()>,
    owner: Owner,
}

#[derive(Debug)]
struct HandleState {
    stop_reason: Option<RunStopReason>,
    child: Option<Arc<Child>>,
    /// Dropped to disconnect `cancelled`.
    alive: Option<Sender<()>>,
}

/// Why a run stops early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec) enum RunStopReason {
    /// The speaker stopped it.
    Stopped,
    /// It reached its time limit.
    TimedOut,
}

impl RunHandle {
    /// Creates the handle of a run without a process. Its processes will belong to this owner.
    pub(in crate::exec) fn new(owner: Owner) -> Self {
        let (alive, cancelled) = crossbeam_channel::bounded(0);
        let state = HandleState { stop_reason: None, child: None, alive: Some(alive) };
        Self { state: Mutex::new(state), keyboard: Keyboard::default(), cancelled, owner }
    }

    /// Stops the run. The first reason is kept.
    pub(in crate::exec) fn stop(&self, reason: RunStopReason, how: Stop) {
        let mut state = self.state.lock();
        state.stop_reason.get_or_insert(reason);
        state.alive = None;
        let Some(child) = &state.child else { return };
        match how {
            Stop::Interrupt => {
                child.signal(Signal::INT);
                // A suspended process handles SIGINT when it continues.
                child.signal(Signal::CONT);
            }
            Stop::Kill => {
                child.signal(Signal::KILL);
                process_tree::kill_owned(self.owner);
            }
        }
    }

    /// Returns the owner of the run's processes.
    pub(in crate::exec) fn owner(&self) -> Owner {
        self.owner
    }

    /// Sets the run's current process. Kills it if the run was stopped in the meantime.
    pub(in crate::exec) fn adopt(&self, child: &Arc<Child>) {
        let mut state = self.state.lock();
        if state.stop_reason.is_some() {
            child.signal(Signal::KILL);
        }
        state.child = Some(child.clone());
    }

    /// Returns the input side of the run's terminal.
    pub(in crate::exec) fn keyboard(&self) -> &Keyboard {
        &self.keyboard
    }

    /// Returns why the run is to stop, if it is.
    pub(in crate::exec) fn stop_reason(&self) -> Option<RunStopReason> {
        self.state.lock().stop_reason
    }

    /// Returns a channel that disconnects when the run is to stop.
    pub(in crate::exec) fn cancelled(&self) -> &Receiver<()> {
        &self.cancelled
    }
}
