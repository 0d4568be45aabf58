//! How other threads reach the loop: a channel for what happens, a short one for what runs write,
//! and a bell, a pipe that the loop can wait for together with the keyboard.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};

use super::LoopEvent;
use crate::exec;
use crate::run::Event::{
    Background, Finished, Output, Picture, SharesProcess, SnapshotLost, SnapshotReady, Value,
};

/// How many pieces of output may wait: each is at most 64 KiB.
const MAX_PENDING_OUTPUT: usize = 16;

/// The senders' end.
#[derive(Clone, Debug)]
pub(super) struct EventSender {
    events: Sender<LoopEvent>,
    output: Sender<exec::ExecEvent>,
    waker: Arc<OwnedFd>,
}

/// The loop's end.
#[derive(Debug)]
pub(super) struct Receivers {
    /// What happened.
    pub(super) events: Receiver<LoopEvent>,
    /// What runs wrote, and that they ended.
    pub(super) output: Receiver<exec::ExecEvent>,
    waker: OwnedFd,
}

/// Both ends.
pub(super) fn channel() -> io::Result<(EventSender, Receivers)> {
    let (heard, waker) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let (events, event_letters) = unbounded();
    let (output, output_letters) = bounded(MAX_PENDING_OUTPUT);
    let sender = EventSender { events, output, waker: Arc::new(waker) };
    let receivers = Receivers { events: event_letters, output: output_letters, waker: heard };
    Ok((sender, receivers))
}

impl EventSender {
    /// Tells the loop. After the talk's end nobody wants to know.
    pub(super) fn send(&self, event: LoopEvent) {
        let _ = self.events.send(event);
        self.wake();
    }

    /// Tells the loop of a run, and waits if too much of what runs wrote is waiting. All of a run
    /// that must stay in order goes one way.
    pub(super) fn send_run(&self, event: exec::ExecEvent) {
        match event {
            exec::ExecEvent::Run(
                _,
                Output(_) | Value(_) | Picture(_) | SharesProcess | SnapshotLost | SnapshotReady
                | Finished(..) | Background(_),
            ) => {
                let _ = self.output.send(event);
                self.wake();
            }
            _ => self.send(LoopEvent::Exec(event)),
        }
    }

    fn wake(&self) {
        // A full pipe has rung already.
        let _ = rustix::io::write(&*self.waker, &[0]);
    }
}

impl Receivers {
    /// Whether no letter waits.
    pub(super) fn are_read(&self) -> bool {
        self.events.is_empty() && self.output.is_empty()
    }

    /// Waits for a letter, a key, or the end of `patience`.
    pub(super) fn wait(&self, keyboard: &OwnedFd, timeout: Option<Duration>) -> io::Result<()> {
        if !self.are_read() {
            return Ok(());
        }
        let limit = timeout.and_then(|left| Timespec::try_from(left).ok());
        let mut waiting =
            [PollFd::new(keyboard, PollFlags::IN), PollFd::new(&self.waker, PollFlags::IN)];
        rustix::io::retry_on_intr(|| poll(&mut waiting, limit.as_ref()))?;
        if !waiting[1].revents().is_empty() {
            let mut rung = [0; 1024];
            while matches!(rustix::io::read(&self.waker, &mut rung), Ok(1024)) {}
        }
        Ok(())
    }
}
