//! What to render: the pictures on the screen first; those of neighbouring slides ahead, one at a time on a
//! second thread, for which no picture on the screen waits.

use std::collections::VecDeque;
use std::sync::Arc;

use super::FinishedPicture;
use super::protocol::picture_id;
use super::rendition::RenditionSpec;
use super::worker::{RenderJob, RenderWorker};

/// The renditions that are being made.
pub(super) struct RenderQueue {
    worker: RenderWorker,
    /// Renditions of the current frame that are not made yet.
    awaited: Vec<RenditionSpec>,
    ahead_worker: RenderWorker,
    /// Renditions to make ahead, the most urgent first.
    ahead: VecDeque<RenditionSpec>,
    /// The rendition that is being made ahead.
    in_progress: Option<RenditionSpec>,
    /// Number of renditions requested.
    count: u32,
}

impl RenderQueue {
    /// Creates a queue whose threads call `send` with each result. Starts no thread.
    pub(super) fn new(send: Arc<dyn Fn(FinishedPicture) + Send + Sync>) -> Self {
        Self {
            worker: RenderWorker::new("pictures", Arc::clone(&send)),
            awaited: Vec::new(),
            ahead_worker: RenderWorker::new("pictures ahead", send),
            ahead: VecDeque::new(),
            in_progress: None,
            count: 0,
        }
    }

    /// Requests the missing renditions of a frame, unless they are pending.
    pub(super) fn request(&mut self, missing: Vec<RenditionSpec>) {
        if missing.iter().all(|spec| self.awaited.contains(spec)) {
            return;
        }
        let in_progress = self.in_progress.clone();
        let others = missing.iter().filter(|spec| in_progress.as_ref() != Some(*spec));
        let jobs = others.map(|spec| self.job(spec.clone())).collect();
        self.ahead.retain(|spec| !missing.contains(spec));
        self.awaited = missing;
        self.worker.request(jobs);
    }

    /// Replaces the renditions to make ahead.
    pub(super) fn request_ahead(&mut self, specs: Vec<RenditionSpec>) {
        self.ahead = specs.into();
        self.continue_ahead();
    }

    /// Makes no further renditions ahead.
    pub(super) fn cancel_ahead(&mut self) {
        self.ahead.clear();
    }

    /// Discards all requests.
    pub(super) fn clear(&mut self) {
        self.awaited.clear();
        self.ahead.clear();
    }

    /// Notes that a rendition is finished. Returns whether a frame waits for it.
    pub(super) fn finish(&mut self, spec: &RenditionSpec) -> bool {
        let count = self.awaited.len();
        self.awaited.retain(|awaited| awaited != spec);
        self.ahead.retain(|ahead| ahead != spec);
        if self.in_progress.as_ref() == Some(spec) {
            self.in_progress = None;
            self.continue_ahead();
        }
        self.awaited.len() < count
    }

    /// Returns whether renditions are being made.
    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        !self.awaited.is_empty() || self.in_progress.is_some()
    }

    fn continue_ahead(&mut self) {
        if self.in_progress.is_some() {
            return;
        }
        let Some(spec) = self.ahead.pop_front() else { return };
        self.in_progress = Some(spec.clone());
        let job = self.job(spec);
        self.ahead_worker.request(vec![job]);
    }

    fn job(&mut self, spec: RenditionSpec) -> RenderJob {
        let id = picture_id(self.count);
        self.count = self.count.wrapping_add(1);
        RenderJob { spec, id }
    }
}
