//! A cell: a code block that can run. Its identity across edits is its fingerprint; its id is its
//! place in the deck.

use super::step::{SlideNo, Step};
use crate::source::Span;

/// A cell's place in the deck: an index into `Deck::cells`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u32);

/// What a cell would run, as a number: equal for equal language, executor and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

/// What makes a cell start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// The speaker's key: `+exec`.
    #[default]
    OnKey,
    /// By itself: `+auto_exec`.
    Auto,
    /// By itself, its output in place of the code: `+exec_replace`.
    Replace,
}

/// A code block that can run.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its place among the deck's cells.
    pub id: CellId,
    /// The slide it stands on.
    pub slide: SlideNo,
    /// From which step on it can be seen, and so run by key.
    pub step: Step,
    /// The fence's language as an executor key, lower case: `python`, `rust`, `bash`.
    pub language: Box<str>,
    /// The executor named behind `+exec:`.
    pub alternative: Option<Box<str>>,
    /// What makes it start.
    pub start: Start,
    /// What runs: the block's code with hidden lines, without their prefix.
    pub code: Box<str>,
    /// Equal as long as what runs is the same.
    pub fingerprint: Fingerprint,
    /// Where the code stands (its first to last line, without the fences).
    pub span: Span,
    /// Line of the deck's file (from 1) on which the code's first line stands.
    pub first_line: u32,
    /// The author's own limit in milliseconds, from `+timeout:`.
    pub timeout_ms: Option<u64>,
}

impl Fingerprint {
    /// The fingerprint of a language, an executor's name and a code text (FNV-1a, 64 bit: the
    /// same on every machine, which `std`'s hashers do not promise).
    pub fn of(language: &str, alternative: Option<&str>, code: &str) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for part in [language, alternative.unwrap_or(""), code] {
            for byte in part.bytes().chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self(hash)
    }
}
