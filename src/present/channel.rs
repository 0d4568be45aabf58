//! How other threads reach the loop: a channel for what happens, a short one for what runs write,
//! and a bell, a pipe that the loop can wait for together with the keyboard.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};

use super::Event;
use crate::exec;
use crate::run::Event::{Background, BaseGone, Finished, InPlace, Kept, Output, Picture, Shown};

/// How many pieces of output may wait: each is at most 64 KiB.
const FLOOD: usize = 16;

/// The senders' end.
#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    events: Sender<Event>,
    output: Sender<exec::ExecEvent>,
    bell: Arc<OwnedFd>,
}

/// The loop's end.
#[derive(Debug)]
pub(super) struct Letters {
    /// What happened.
    pub(super) events: Receiver<Event>,
    /// What runs wrote, and that they ended.
    pub(super) output: Receiver<exec::ExecEvent>,
    bell: OwnedFd,
}

/// Both ends.
pub(super) fn mailbox() -> io::Result<(Mailbox, Letters)> {
    let (heard, bell) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let (events, event_letters) = unbounded();
    let (output, output_letters) = bounded(FLOOD);
    let mailbox = Mailbox { events, output, bell: Arc::new(bell) };
    let letters = Letters { events: event_letters, output: output_letters, bell: heard };
    Ok((mailbox, letters))
}

impl Mailbox {
    /// Tells the loop. After the talk's end nobody wants to know.
    pub(super) fn send(&self, event: Event) {
        let _ = self.events.send(event);
        self.ring();
    }

    /// Tells the loop of a run, and waits if too much of what runs wrote is waiting. All of a run
    /// that must stay in order goes one way.
    pub(super) fn send_run(&self, event: exec::ExecEvent) {
        match event {
            exec::ExecEvent::Run(
                _,
                Output(_) | Shown(_) | Picture(_) | InPlace | BaseGone | Kept | Finished(..)
                | Background(_),
            ) => {
                let _ = self.output.send(event);
                self.ring();
            }
            _ => self.send(Event::Exec(event)),
        }
    }

    fn ring(&self) {
        // A full pipe has rung already.
        let _ = rustix::io::write(&*self.bell, &[0]);
    }
}

impl Letters {
    /// Whether no letter waits.
    pub(super) fn are_read(&self) -> bool {
        self.events.is_empty() && self.output.is_empty()
    }

    /// Waits for a letter, a key, or the end of `patience`.
    pub(super) fn wait(&self, keyboard: &OwnedFd, patience: Option<Duration>) -> io::Result<()> {
        if !self.are_read() {
            return Ok(());
        }
        let limit = patience.and_then(|left| Timespec::try_from(left).ok());
        let mut waiting =
            [PollFd::new(keyboard, PollFlags::IN), PollFd::new(&self.bell, PollFlags::IN)];
        rustix::io::retry_on_intr(|| poll(&mut waiting, limit.as_ref()))?;
        if !waiting[1].revents().is_empty() {
            let mut rung = [0; 1024];
            while matches!(rustix::io::read(&self.bell, &mut rung), Ok(1024)) {}
        }
        Ok(())
    }
}
