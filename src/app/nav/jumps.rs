//! The history of jumps. Going step by step is not a jump.

use crate::deck::Cursor;

/// The maximum number of jumps in the history.
const MAX_JUMPS: usize = 100;

/// The positions that jumps started from.
#[derive(Debug, Default)]
pub(in crate::app) struct Jumps {
    back: Vec<Cursor>,
    forward: Vec<Cursor>,
    /// The last jump: from where, and to where.
    last: Option<(Cursor, Cursor)>,
}

impl Jumps {
    /// Records a jump between these positions.
    pub(super) fn push(&mut self, from: Cursor, to: Cursor) {
        self.last = Some((from, to));
        self.forward.clear();
        self.back.push(from);
        if self.back.len() > MAX_JUMPS {
            self.back.remove(0);
        }
    }

    /// Returns where the last jump started, and records the current position to go forward to.
    pub(super) fn back(&mut self, at: Cursor) -> Option<Cursor> {
        let to = self.back.pop()?;
        self.last = Some((at, to));
        self.forward.push(at);
        Some(to)
    }

    /// Undoes the last [`back`](Self::back).
    pub(super) fn forward(&mut self, at: Cursor) -> Option<Cursor> {
        let to = self.forward.pop()?;
        self.last = Some((at, to));
        self.back.push(at);
        Some(to)
    }

    /// Returns where the last jump started, if it led to this position.
    pub(super) fn way_back(&self, at: Cursor) -> Option<Cursor> {
        self.last.filter(|(_, to)| *to == at).map(|(from, _)| from)
    }
}
