//! Which cells of a reloaded deck are cells of the deck before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::deck::{Cell, CellId, Deck, Fingerprint};

/// The cells of two versions of a deck that have the same code, one to one: blocks with equal code
/// keep their order.
pub(in crate::app) struct CellPairs {
    pairs: BTreeMap<CellId, CellId>,
    /// The new cells of the pairs.
    known: BTreeSet<CellId>,
}

impl CellPairs {
    /// Pairs the cells before the first difference and after the last one, then the others by code.
    pub(in crate::app) fn new(old: &Deck, new: &Deck) -> Self {
        let (mut before, mut after) = (cells(old), cells(new));
        let is_same = |(a, b): &(&&Cell, &&Cell)| a.fingerprint == b.fingerprint;
        let start = before.iter().zip(&after).take_while(is_same).count();
        let mut pairs: BTreeMap<_, _> =
            before.drain(..start).zip(after.drain(..start)).map(|(a, b)| (a.id, b.id)).collect();
        let end = before.iter().rev().zip(after.iter().rev()).take_while(is_same).count();
        let old_end = before.split_off(before.len() - end);
        let new_end = after.split_off(after.len() - end);
        pairs.extend(old_end.iter().zip(&new_end).map(|(a, b)| (a.id, b.id)));
        let mut copies: HashMap<Fingerprint, Vec<CellId>> = HashMap::new();
        for new in &after {
            copies.entry(new.fingerprint).or_default().push(new.id);
        }
        let mut left: HashMap<Fingerprint, usize> = HashMap::new();
        for old in &before {
            *left.entry(old.fingerprint).or_default() += 1;
        }
        for old in before {
            let (Some(left), Some(copies)) =
                (left.get_mut(&old.fingerprint), copies.get_mut(&old.fingerprint))
            else {
                continue;
            };
            let nearest = copies.iter().enumerate().min_by_key(|(_, id)| id.0.abs_diff(old.id.0));
            let next = if *left == copies.len() { Some(0) } else { nearest.map(|(at, _)| at) };
            pairs.extend(next.map(|at| (old.id, copies.remove(at))));
            *left -= 1;
        }
        let known = pairs.values().copied().collect();
        Self { pairs, known }
    }

    /// Returns the new cell with the code of `id`.
    pub(in crate::app) fn get(&self, id: CellId) -> Option<CellId> {
        self.pairs.get(&id).copied()
    }

    /// Returns whether the new deck's cell has the code of a cell of the old one.
    pub(in crate::app) fn is_known(&self, id: CellId) -> bool {
        self.known.contains(&id)
    }
}

fn cells(deck: &Deck) -> Vec<&Cell> {
    deck.cells.iter().map(AsRef::as_ref).collect()
}
