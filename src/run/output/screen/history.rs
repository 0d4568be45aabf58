//! Lines that have scrolled off the screen: the first and the last ones, and a count of those
//! omitted in between. Both ends are bounded in lines and bytes, which bounds the memory for
//! endless output.

use std::collections::VecDeque;

use super::row::{OutputRow, ScreenRow};

/// Maximum lines kept at each end.
const MAX_LINES: usize = 1_000;

/// Approximate maximum bytes kept at each end.
const MAX_BYTES: usize = 8 << 20;

/// The lines above the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    head: Vec<ScreenRow>,
    head_bytes: usize,
    omitted: usize,
    tail: VecDeque<ScreenRow>,
    tail_bytes: usize,
}

impl History {
    /// Appends a line. Returns a row that was dropped to make space, for reuse.
    pub(super) fn push(&mut self, mut row: ScreenRow) -> Option<ScreenRow> {
        row.settle();
        let bytes = row.bytes();
        if self.tail.is_empty() && self.omitted == 0 && self.fits_head(bytes) {
            self.head_bytes += bytes;
            self.head.push(row);
            return None;
        }
        self.tail_bytes += bytes;
        self.tail.push_back(row);
        let mut dropped = None;
        while self.tail.len() > MAX_LINES || (self.tail_bytes > MAX_BYTES && self.tail.len() > 1) {
            let mut row = self.tail.pop_front()?;
            self.tail_bytes = self.tail_bytes.saturating_sub(row.bytes());
            self.omitted += 1;
            row.clear();
            dropped = Some(row);
        }
        dropped
    }

    fn fits_head(&self, bytes: usize) -> bool {
        self.head.len() < MAX_LINES && self.head_bytes + bytes <= MAX_BYTES
    }

    /// Returns the number of rows that [`History::row`] can return.
    pub(super) fn len(&self) -> usize {
        self.head.len() + usize::from(self.omitted > 0) + self.tail.len()
    }

    /// Returns the row at `index`, from 0.
    pub(super) fn row(&self, index: usize) -> Option<OutputRow<'_>> {
        if let Some(row) = self.head.get(index) {
            return Some(OutputRow::Line(row.line()));
        }
        let mut index = index - self.head.len();
        if self.omitted > 0 {
            if index == 0 {
                return Some(OutputRow::Omitted(self.omitted));
            }
            index -= 1;
        }
        self.tail.get(index).map(|row| OutputRow::Line(row.line()))
    }
}
