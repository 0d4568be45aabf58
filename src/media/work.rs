//! The thread that decodes, scales and encodes. It works on what the last frame asked for and drops
//! what earlier frames asked for and did not get.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::Loaded;
use super::draw::{Draw, Scaled};
use crate::panics::contain;

/// One thing to make.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// What.
    pub(super) draw: Draw,
    /// The number by which the terminal is to know it.
    pub(super) id: u32,
}

/// The thread, once there was something to do.
pub(super) struct Worker {
    send: Arc<dyn Fn(Loaded) + Send + Sync>,
    jobs: Option<Sender<Vec<Job>>>,
}

impl Worker {
    /// A worker that hands over what it made through `send`. Starts nothing.
    pub(super) fn new(send: impl Fn(Loaded) + Send + Sync + 'static) -> Self {
        Self { send: Arc::new(send), jobs: None }
    }

    /// Has these made, in this order, in place of what was wanted before.
    pub(super) fn want(&mut self, jobs: Vec<Job>) {
        let send = &self.send;
        let sender = self.jobs.get_or_insert_with(|| start(Arc::clone(send)));
        // It ends only when this sender does, or where no thread can be had: then there are no
        // pictures, and the talk goes on.
        drop(sender.send(jobs));
    }
}

fn start(send: Arc<dyn Fn(Loaded) + Send + Sync>) -> Sender<Vec<Job>> {
    let (sender, jobs) = unbounded();
    let work = move || work(&jobs, &*send);
    drop(thread::Builder::new().name("pictures".to_owned()).spawn(work));
    sender
}

fn work(wanted: &Receiver<Vec<Job>>, send: &dyn Fn(Loaded)) {
    let mut scaled = Scaled::default();
    while let Ok(first) = wanted.recv() {
        let mut jobs = first.into_iter();
        loop {
            if let Some(newer) = wanted.try_iter().last() {
                jobs = newer.into_iter();
            }
            let Some(Job { draw, id }) = jobs.next() else { break };
            let made = contain("drawing it", || draw.make(id, &mut scaled));
            let made = made.unwrap_or_else(|panicked| {
                scaled = Scaled::default();
                Err(panicked.to_string())
            });
            send(Loaded { draw, id, made });
        }
    }
}
