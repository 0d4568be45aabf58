//! What was rendition of pictures so far, bounded in bytes: the longest unused goes first. What the
//! current frame shows never goes.

use super::rendition::{Rendition, RenditionSpec};

/// Bytes kept, here or in the terminal.
const MAX_CACHE_BYTES: usize = 64 << 20;

/// Results by what they are results of.
#[derive(Debug, Default)]
pub(super) struct RenditionCache {
    entries: Vec<CachedRendition>,
    frame: u64,
}

/// One result.
#[derive(Debug)]
pub(super) struct CachedRendition {
    spec: RenditionSpec,
    /// The number by which the terminal knows it.
    pub(super) id: u32,
    /// What was rendition; none if the terminal has it, or if nothing could be rendition.
    pub(super) rendition: Option<Rendition>,
    weight: usize,
    used: u64,
}

impl CachedRendition {
    /// Whether there is anything to show.
    pub(super) fn is_there(&self) -> bool {
        self.weight > 0
    }
}

impl RenditionCache {
    /// A new frame begins: nothing is in use until it is asked for.
    pub(super) fn next_frame(&mut self) {
        self.frame += 1;
    }

    /// A result, which is in use then.
    pub(super) fn get(&mut self, spec: &RenditionSpec) -> Option<&mut CachedRendition> {
        let entry = self.entries.iter_mut().find(|entry| entry.spec == *spec)?;
        entry.used = self.frame;
        Some(entry)
    }

    /// Takes in a result; answers the numbers of those that had to go.
    pub(super) fn insert(
        &mut self,
        spec: RenditionSpec,
        id: u32,
        rendition: Option<Rendition>,
    ) -> Vec<u32> {
        let weight = rendition.as_ref().map_or(0, |rendition| spec.weight(rendition));
        let used = self.frame;
        let mut gone = self.remove(|entry| entry.spec == spec);
        self.entries.push(CachedRendition { spec, id, rendition, weight, used });
        while self.entries.iter().map(|entry| entry.weight).sum::<usize>() > MAX_CACHE_BYTES {
            let unused = self.entries.iter().filter(|entry| entry.used < self.frame);
            let Some(oldest) = unused.min_by_key(|entry| entry.used).map(|entry| entry.id) else {
                break;
            };
            gone.extend(self.remove(|entry| entry.id == oldest));
        }
        gone
    }

    /// Drops what kept failing, so that it is tried again.
    pub(super) fn forget_failures(&mut self) {
        self.entries.retain(CachedRendition::is_there);
    }

    /// Drops everything; answers the numbers.
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
