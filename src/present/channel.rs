//! How other threads send events to the loop: an unbounded channel for events, a bounded one for run
//! output, and a waker: a pipe that the loop polls together with the keyboard. The signal of a changed size
//! wakes the loop directly, without another thread.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use signal_hook::consts::SIGWINCH;
use signal_hook::{flag, low_level};

use super::LoopEvent;
use crate::app::Msg;
use crate::run::Event::{
    Background, Clear, Finished, Output, Picture, SharesProcess, SnapshotLost, SnapshotReady, Value,
};

/// Returns whether a message changes what a block shows.
pub(super) fn changes_output(msg: &Msg) -> bool {
    matches!(
        msg,
        Msg::Markdown(..)
            | Msg::Run(_, Output(_) | Value(..) | Clear { .. } | Picture(_) | Finished(..))
    )
}

/// Maximum number of pending output events, each with at most 64 KiB.
const MAX_PENDING_OUTPUT: usize = 16;

/// The sending end.
#[derive(Clone, Debug)]
pub(super) struct EventSender {
    events: Sender<LoopEvent>,
    output: Sender<Msg>,
    waker: Arc<OwnedFd>,
}

/// The receiving end, for the loop.
#[derive(Debug)]
pub(super) struct Receivers {
    /// Events other than run output.
    events: Receiver<LoopEvent>,
    /// Set by the signal of a changed size.
    is_resized: Arc<AtomicBool>,
    /// Output and results of runs.
    pub(super) output: Receiver<Msg>,
    waker: OwnedFd,
}

/// Creates both ends.
pub(super) fn channel() -> io::Result<(EventSender, Receivers)> {
    let (wakeups, waker) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let (events, event_receiver) = unbounded();
    let (output, output_receiver) = bounded(MAX_PENDING_OUTPUT);
    let sender = EventSender { events, output, waker: Arc::new(waker) };
    let is_resized = Arc::<AtomicBool>::default();
    flag::register(SIGWINCH, Arc::clone(&is_resized))?;
    low_level::pipe::register(SIGWINCH, sender.waker.try_clone()?)?;
    let receivers =
        Receivers { events: event_receiver, is_resized, output: output_receiver, waker: wakeups };
    Ok((sender, receivers))
}

impl EventSender {
    /// Sends an event. Does nothing once the loop has ended.
    pub(super) fn send(&self, event: LoopEvent) {
        let _ = self.events.send(event);
        self.wake();
    }

    /// Sends a message about a run. Blocks while too much output is pending. All messages about a run
    /// that must stay in order use the output channel; the others may arrive after its end.
    pub(super) fn send_run(&self, msg: Msg) {
        match msg {
            Msg::Run(_, SharesProcess | SnapshotLost | SnapshotReady | Background(_)) => {}
            ref msg if changes_output(msg) => {}
            _ => return self.send(LoopEvent::Exec(msg)),
        }
        let _ = self.output.send(msg);
        self.wake();
    }

    fn wake(&self) {
        // A full pipe wakes the loop anyway.
        let _ = rustix::io::write(&*self.waker, &[0]);
    }
}

impl Receivers {
    /// Returns whether no event is pending.
    pub(super) fn are_empty(&self) -> bool {
        self.events.is_empty() && self.output.is_empty() && !self.is_resized.load(Ordering::SeqCst)
    }

    /// Returns the pending events other than run output.
    pub(super) fn pending(&self) -> impl Iterator<Item = LoopEvent> {
        let is_resized = self.is_resized.swap(false, Ordering::SeqCst);
        is_resized.then_some(LoopEvent::Resized).into_iter().chain(self.events.try_iter())
    }

    /// Waits for an event, a key, or the timeout.
    pub(super) fn wait(&self, keyboard: &OwnedFd, timeout: Option<Duration>) -> io::Result<()> {
        if !self.are_empty() {
            return Ok(());
        }
        let limit = timeout.and_then(|left| Timespec::try_from(left).ok());
        let mut waiting =
            [PollFd::new(keyboard, PollFlags::IN), PollFd::new(&self.waker, PollFlags::IN)];
        rustix::io::retry_on_intr(|| poll(&mut waiting, limit.as_ref()))?;
        if !waiting[1].revents().is_empty() {
            let mut buffer = [0; 1024];
            while matches!(rustix::io::read(&self.waker, &mut buffer), Ok(1024)) {}
        }
        Ok(())
    }
}
