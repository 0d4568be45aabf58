//! Lines that have left the screen: the first ones and the last ones, with a count of those between.
//! Both ends are bounded in lines and in bytes, so that endless output takes bounded memory.

use std::collections::VecDeque;

use super::row::Row;
use crate::run::OutputRow;

/// Lines kept at either end.
const LINES: usize = 1_000;

/// Bytes kept at either end, about.
const BYTES: usize = 8 << 20;

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
    /// Takes in the next line; answers one that was left out for it, to be used again.
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
        let mut left_out = None;
        while self.tail.len() > LINES || (self.tail_bytes > BYTES && self.tail.len() > 1) {
            let mut row = self.tail.pop_front()?;
            self.tail_bytes = self.tail_bytes.saturating_sub(row.bytes());
            self.omitted += 1;
            row.clear();
            left_out = Some(row);
        }
        left_out
    }

    fn fits_head(&self, bytes: usize) -> bool {
        self.head.len() < LINES && self.head_bytes + bytes <= BYTES
    }

    /// How many rows [`History::row`] knows.
    pub(super) fn len(&self) -> usize {
        self.head.len() + usize::from(self.omitted > 0) + self.tail.len()
    }

    /// The row at `index`, from 0.
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
