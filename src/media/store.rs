//! What was made of pictures so far, bounded in bytes: the longest unused goes first. What the
//! current frame shows never goes.

use super::draw::{Draw, Made};

/// Bytes kept, here or in the terminal.
const BYTES: usize = 64 << 20;

/// Results by what they are results of.
#[derive(Debug, Default)]
pub(super) struct Store {
    entries: Vec<Entry>,
    frame: u64,
}

/// One result.
#[derive(Debug)]
pub(super) struct Entry {
    draw: Draw,
    /// The number by which the terminal knows it.
    pub(super) id: u32,
    /// What was made; none if the terminal has it, or if nothing could be made.
    pub(super) made: Option<Made>,
    weight: usize,
    used: u64,
}

impl Entry {
    /// Whether there is anything to show.
    pub(super) fn is_there(&self) -> bool {
        self.weight > 0
    }
}

impl Store {
    /// A new frame begins: nothing is in use until it is asked for.
    pub(super) fn next_frame(&mut self) {
        self.frame += 1;
    }

    /// A result, which is in use then.
    pub(super) fn get(&mut self, draw: &Draw) -> Option<&mut Entry> {
        let entry = self.entries.iter_mut().find(|entry| entry.draw == *draw)?;
        entry.used = self.frame;
        Some(entry)
    }

    /// Takes in a result; answers the numbers of those that had to go.
    pub(super) fn insert(&mut self, draw: Draw, id: u32, made: Option<Made>) -> Vec<u32> {
        let weight = made.as_ref().map_or(0, |made| draw.weight(made));
        let used = self.frame;
        let mut gone = self.remove(|entry| entry.draw == draw);
        self.entries.push(Entry { draw, id, made, weight, used });
        while self.entries.iter().map(|entry| entry.weight).sum::<usize>() > BYTES {
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
        self.entries.retain(Entry::is_there);
    }

    /// Drops everything; answers the numbers.
    pub(super) fn clear(&mut self) -> Vec<u32> {
        self.remove(|_| true)
    }

    fn remove(&mut self, which: impl Fn(&Entry) -> bool) -> Vec<u32> {
        self.entries.extract_if(.., |entry| which(entry)).map(|entry| entry.id).collect()
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.entries.iter().map(|entry| entry.weight).sum()
    }
}
