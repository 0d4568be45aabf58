//! The thread that decodes, scales and encodes. It works on what the last frame asked for and drops
//! what earlier frames asked for and did not get.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::FinishedPicture;
use super::rendition::{RenditionSpec, ScaleCache};
use crate::panics::contain;

/// One thing to make.
#[derive(Clone, Debug)]
pub(super) struct RenderJob {
    /// What.
    pub(super) spec: RenditionSpec,
    /// The number by which the terminal is to know it.
    pub(super) id: u32,
}

/// The thread, once there was something to do.
pub(super) struct RenderWorker {
    send: Arc<dyn Fn(FinishedPicture) + Send + Sync>,
    jobs: Option<Sender<Vec<RenderJob>>>,
}

impl RenderWorker {
    /// A worker that hands over what it made through `send`. Starts nothing.
    pub(super) fn new(send: impl Fn(FinishedPicture) + Send + Sync + 'static) -> Self {
        Self { send: Arc::new(send), jobs: None }
    }

    /// Has these rendition, in this order, in place of what was wanted before.
    pub(super) fn want(&mut self, jobs: Vec<RenderJob>) {
        let send = &self.send;
        let sender = self.jobs.get_or_insert_with(|| start(Arc::clone(send)));
        // It ends only when this sender does, or where no thread can be had: then there are no
        // pictures, and the talk goes on.
        drop(sender.send(jobs));
    }
}

fn start(send: Arc<dyn Fn(FinishedPicture) + Send + Sync>) -> Sender<Vec<RenderJob>> {
    let (sender, jobs) = unbounded();
    let work = move || work(&jobs, &*send);
    drop(thread::Builder::new().name("pictures".to_owned()).spawn(work));
    sender
}

fn work(wanted: &Receiver<Vec<RenderJob>>, send: &dyn Fn(FinishedPicture)) {
    let mut scaled = ScaleCache::default();
    while let Ok(first) = wanted.recv() {
        let mut jobs = first.into_iter();
        loop {
            if let Some(newer) = wanted.try_iter().last() {
                jobs = newer.into_iter();
            }
            let Some(RenderJob { spec, id }) = jobs.next() else { break };
            let rendered = contain("drawing it", || spec.make(id, &mut scaled));
            let rendition = rendered.unwrap_or_else(|panicked| {
                scaled = ScaleCache::default();
                Err(panicked.to_string())
            });
            send(FinishedPicture { spec, id, rendition });
        }
    }
}
