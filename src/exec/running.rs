//! A run that is under way, for whoever wants to end it before its time.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use rustix::process::Signal;
use rustix::termios::Winsize;

use super::Stop;
use super::family::Child;

/// A run under way: its process, if one runs, and whether it is to end.
#[derive(Debug)]
pub(super) struct Running {
    state: Mutex<State>,
    is_cut: Receiver<()>,
}

#[derive(Debug)]
struct State {
    /// Why the run ends before its time.
    cut: Option<Cut>,
    child: Option<Arc<Child>>,
    /// Our end of the terminal that it can be typed at.
    terminal: Option<OwnedFd>,
    /// What was typed, and the size that was wanted, before there was a terminal.
    typed: Vec<u8>,
    size: Option<Winsize>,
    /// Dropped to tell those who wait.
    alive: Option<Sender<()>>,
}

/// Why a run ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The speaker stopped it.
    Stopped,
    /// It reached its limit.
    TimedOut,
}

impl Running {
    /// A run that has not started a process yet.
    pub(super) fn new() -> Self {
        let (alive, is_cut) = crossbeam_channel::bounded(0);
        let state = State {
            cut: None,
            child: None,
            terminal: None,
            typed: Vec::new(),
            size: None,
            alive: Some(alive),
        };
        Self { state: Mutex::new(state), is_cut }
    }

    /// Ends the run, for this reason unless there was one before.
    pub(super) fn cut(&self, cut: Cut, how: Stop) {
        let mut state = self.lock();
        state.cut.get_or_insert(cut);
        state.alive = None;
        if let Some(child) = &state.child {
            child.signal(match how {
                Stop::Interrupt => Signal::INT,
                Stop::Kill => Signal::KILL,
            });
        }
    }

    /// Takes the process that the run waits for next; ends it at once if the run was cut meanwhile.
    pub(super) fn adopt(&self, child: &Arc<Child>) {
        let mut state = self.lock();
        if state.cut.is_some() {
            child.signal(Signal::KILL);
        }
        state.child = Some(child.clone());
    }

    /// Takes the terminal that the run can be typed at, and does to it what was asked for before
    /// it was there.
    pub(super) fn take_terminal(&self, master: OwnedFd) {
        let mut state = self.lock();
        if let Some(size) = state.size.take() {
            let _ = rustix::termios::tcsetwinsize(&master, size);
        }
        type_at(&master, &std::mem::take(&mut state.typed));
        state.terminal = Some(master);
    }

    /// Types at it. What it does not read is lost, once its terminal can hold no more.
    pub(super) fn type_in(&self, bytes: &[u8]) {
        let mut state = self.lock();
        match &state.terminal {
            Some(terminal) => type_at(terminal, bytes),
            None => state.typed.extend(bytes),
        }
    }

    /// Gives its terminal another size.
    pub(super) fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        let mut state = self.lock();
        match &state.terminal {
            Some(terminal) => drop(rustix::termios::tcsetwinsize(terminal, size)),
            None => state.size = Some(size),
        }
    }

    /// Why the run is to end, if it is.
    pub(super) fn reason(&self) -> Option<Cut> {
        self.lock().cut
    }

    /// Disconnects when the run is to end.
    pub(super) fn is_cut(&self) -> &Receiver<()> {
        &self.is_cut
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that a panic could have left half done is guarded here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn type_at(terminal: &OwnedFd, bytes: &[u8]) {
    let mut left = bytes;
    while let Ok(written @ 1..) = rustix::io::write(terminal, left) {
        left = &left[written..];
    }
}
