//! The thread that decodes, scales and encodes. A new request replaces the pending jobs of earlier
//! ones.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::FinishedPicture;
use super::rendition::{RenditionSpec, ScaleCache};
use crate::panics::contain;

/// One rendition to make.
#[derive(Clone, Debug)]
pub(super) struct RenderJob {
    /// The rendition.
    pub(super) spec: RenditionSpec,
    /// The picture's id in the terminal.
    pub(super) id: u32,
}

/// A handle to the thread, which is started by the first request.
pub(super) struct RenderWorker {
    name: &'static str,
    send: Arc<dyn Fn(FinishedPicture) + Send + Sync>,
    jobs: Option<Sender<Vec<RenderJob>>>,
}

impl RenderWorker {
    /// Creates a worker that calls `send` with each result. Starts no thread.
    pub(super) fn new(
        name: &'static str,
        send: Arc<dyn Fn(FinishedPicture) + Send + Sync>,
    ) -> Self {
        Self { name, send, jobs: None }
    }

    /// Replaces the pending jobs.
    pub(super) fn request(&mut self, jobs: Vec<RenderJob>) {
        let Self { name, send, .. } = self;
        let sender = self.jobs.get_or_insert_with(|| start(name, Arc::clone(send)));
        // Fails only if no thread could be started: there are no pictures then.
        drop(sender.send(jobs));
    }
}

fn start(name: &str, send: Arc<dyn Fn(FinishedPicture) + Send + Sync>) -> Sender<Vec<RenderJob>> {
    let (sender, jobs) = unbounded();
    let work = move || work(&jobs, &*send);
    drop(thread::Builder::new().name(name.to_owned()).spawn(work));
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
            let rendered = contain("drawing it", || spec.render(id, &mut scaled));
            let rendition = rendered.unwrap_or_else(|panicked| {
                scaled = ScaleCache::default();
                Err(panicked.to_string())
            });
            send(FinishedPicture::rendered(spec, id, rendition));
        }
    }
}
