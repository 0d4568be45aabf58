//! A run that is under way, for whoever wants to end it before its time.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use rustix::process::Signal;

use crate::exec::Stop;
use crate::exec::io::stdin::Keyboard;
use crate::exec::os::process_tree::{self, Child, Owner};

/// A run under way: its process, if one runs, and whether it is to end.
#[derive(Debug)]
pub(in crate::exec) struct RunHandle {
    state: Mutex<HandleState>,
    keyboard: Keyboard,
    is_cut: Receiver<()>,
    owner: Owner,
}

#[derive(Debug)]
struct HandleState {
    /// Why the run ends before its time.
    cut: Option<StopReason>,
    child: Option<Arc<Child>>,
    /// Dropped to tell those who wait.
    alive: Option<Sender<()>>,
}

/// Why a run ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec) enum StopReason {
    /// The speaker stopped it.
    Stopped,
    /// It reached its limit.
    TimedOut,
}

impl RunHandle {
    /// A run that has not started a process yet; what it starts is this owner's.
    pub(in crate::exec) fn new(owner: Owner) -> Self {
        let (alive, is_cut) = crossbeam_channel::bounded(0);
        let state = HandleState { cut: None, child: None, alive: Some(alive) };
        Self { state: Mutex::new(state), keyboard: Keyboard::default(), is_cut, owner }
    }

    /// Ends the run, for this reason unless there was one before.
    pub(in crate::exec) fn cut(&self, cut: StopReason, how: Stop) {
        let mut state = self.state.lock();
        state.cut.get_or_insert(cut);
        state.alive = None;
        let Some(child) = &state.child else { return };
        match how {
            Stop::Interrupt => {
                child.signal(Signal::INT);
                // What is stopped hears of it when it goes on.
                child.signal(Signal::CONT);
            }
            Stop::Kill => {
                child.signal(Signal::KILL);
                process_tree::kill_owned(self.owner);
            }
        }
    }

    /// Whose processes it starts.
    pub(in crate::exec) fn owner(&self) -> Owner {
        self.owner
    }

    /// Takes the process that the run waits for next; ends it at once if the run was cut meanwhile.
    pub(in crate::exec) fn adopt(&self, child: &Arc<Child>) {
        let mut state = self.state.lock();
        if state.cut.is_some() {
            child.signal(Signal::KILL);
        }
        state.child = Some(child.clone());
    }

    /// The terminal that it can be typed at.
    pub(in crate::exec) fn keyboard(&self) -> &Keyboard {
        &self.keyboard
    }

    /// Why the run is to end, if it is.
    pub(in crate::exec) fn reason(&self) -> Option<StopReason> {
        self.state.lock().cut
    }

    /// Disconnects when the run is to end.
    pub(in crate::exec) fn is_cut(&self) -> &Receiver<()> {
        &self.is_cut
    }
}
