//! Cache of renditions, limited in bytes: the least recently used is dropped first. Renditions in the
//! current frame are never dropped.

use super::rendition::{Rendition, RenditionSpec};

/// Renditions by their spec.
#[derive(Debug)]
pub(super) struct RenditionCache {
    entries: Vec<CachedRendition>,
    frame: u64,
    /// Limit of the bytes kept, here and in the terminal.
    max_bytes: usize,
}

/// One entry.
#[derive(Debug)]
pub(super) struct CachedRendition {
    spec: RenditionSpec,
    /// The picture's id in the terminal.
    pub(super) id: u32,
    /// The rendition; `None` if it was sent to the terminal, or could not be made.
    pub(super) rendition: Option<Rendition>,
    weight: usize,
    used: u64,
}

impl CachedRendition {
    /// Whether it can be shown.
    pub(super) fn is_showable(&self) -> bool {
        self.weight > 0
    }
}

impl RenditionCache {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { entries: Vec::new(), frame: 0, max_bytes }
    }

    /// Sets the limit of the bytes kept.
    pub(super) fn set_limit(&mut self, max_bytes: usize) {
        self.max_bytes = max_bytes;
    }

    /// Returns how many bytes are left beside the entries of the current frame.
    pub(super) fn left(&self) -> usize {
        let used = self.entries.iter().filter(|entry| entry.used == self.frame);
        self.max_bytes.saturating_sub(used.map(|entry| entry.weight).sum())
    }

    /// Starts a frame: entries are in use once [`Self::get`] returns them.
    pub(super) fn next_frame(&mut self) {
        self.frame += 1;
    }

    /// Returns whether there is an entry.
    pub(super) fn has(&self, spec: &RenditionSpec) -> bool {
        self.entries.iter().any(|entry| entry.spec == *spec)
    }

    /// Returns an entry, without marking it as in use.
    pub(super) fn peek(&self, spec: &RenditionSpec) -> Option<&CachedRendition> {
        self.entries.iter().find(|entry| entry.spec == *spec)
    }

    /// Returns an entry and marks it as in use.
    pub(super) fn get(&mut self, spec: &RenditionSpec) -> Option<&mut CachedRendition> {
        let entry = self.entries.iter_mut().find(|entry| entry.spec == *spec)?;
        entry.used = self.frame;
        Some(entry)
    }

    /// Keeps an entry in preference to those that were used earlier. Returns its weight, or 0 if it is in use
    /// in the current frame; `None` if there is no entry.
    pub(super) fn touch(&mut self, spec: &RenditionSpec) -> Option<usize> {
        let entry = self.entries.iter_mut().find(|entry| entry.spec == *spec)?;
        let is_in_use = std::mem::replace(&mut entry.used, self.frame) == self.frame;
        Some(if is_in_use { 0 } else { entry.weight })
    }

    /// Adds an entry; returns the ids of those dropped.
    pub(super) fn insert(
        &mut self,
        spec: RenditionSpec,
        id: u32,
        rendition: Option<Rendition>,
    ) -> Vec<u32> {
        let weight = rendition.as_ref().map_or(0, |rendition| spec.weight(rendition));
        let used = self.frame;
        let mut dropped = self.remove(|entry| entry.spec == spec);
        self.entries.push(CachedRendition { spec, id, rendition, weight, used });
        while self.entries.iter().map(|entry| entry.weight).sum::<usize>() > self.max_bytes {
            let unused = self.entries.iter().filter(|entry| entry.used < self.frame);
            let Some(oldest) = unused.min_by_key(|entry| entry.used).map(|entry| entry.id) else {
                break;
            };
            dropped.extend(self.remove(|entry| entry.id == oldest));
        }
        dropped
    }

    /// Drops failed renditions, to retry them.
    pub(super) fn forget_failures(&mut self) {
        self.entries.retain(CachedRendition::is_showable);
    }

    /// Drops all entries; returns their ids.
    pub(super) fn clear(&mut self) -> Vec<u32> {
        self.remove(|_| true)
    }

    fn remove(&mut self, which: impl Fn(&CachedRendition) -> bool) -> Vec<u32> {
        self.entries.extract_if(.., |entry| which(entry)).map(|entry| entry.id).collect()
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.entries.iter().map(|entry| entry.weight).sum()
    }
}
