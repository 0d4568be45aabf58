//! A cell: a code block that can run. Its identity across edits is its fingerprint; its id is its
//! place in the deck.

use std::sync::Arc;

use super::rust_build::RustBuild;
use super::step::{SlideNo, Step};
use crate::source::Span;

/// A cell's place in the deck: an index into `Deck::cells`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u32);

/// What a cell would run, as a number: equal for equal language, executor and code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

/// What makes a cell start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// The speaker's key: `+exec`.
    #[default]
    OnKey,
    /// By itself, when its slide is about to be shown: `+auto_exec`, `+exec_replace`, `+image`.
    Auto,
    /// Only a check of the whole deck: `+validate` alone.
    OnCheck,
}

/// What becomes of what a cell writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputMode {
    /// It stands below the code, or where the deck wants it.
    #[default]
    Below,
    /// It stands in place of the code: `+exec_replace`.
    Replace,
    /// Its standard output is a picture, which stands in place of the code: `+image`.
    Picture,
    /// It has the speaker's own terminal while it runs: `+acquire_terminal`.
    Handover,
}

impl OutputMode {
    /// Whether the code gives way to what it makes, which presenterm's decks need `-X` for.
    pub fn replaces_code(self) -> bool {
        matches!(self, Self::Replace | Self::Picture)
    }
}

/// Where a cell's output stands on its slide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputPlace {
    /// Below the code.
    #[default]
    Below,
    /// At the right of the code, where there is room: `+output:right`.
    Right,
    /// In place of the code, as long as there is any: `+output:replace`.
    Replace,
    /// Nowhere; only how the run went is said: `+output:none`.
    Nowhere,
}

/// A terminal on the slide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pty {
    /// Whether its room is kept free before it runs.
    pub standby: bool,
    /// Columns and rows; none for as much as there is room for.
    pub size: Option<(u16, u16)>,
}

impl Pty {
    /// Columns and rows of the smallest terminal: a wide character has to fit into a row.
    pub const MIN_SIZE: (u16, u16) = (2, 1);

    /// Columns and rows of the largest terminal: larger than any screen, and its cells take less than
    /// 10 MiB.
    pub const MAX_SIZE: (u16, u16) = (1_000, 300);

    /// The nearest size that a terminal can have.
    pub fn fit((columns, rows): (u16, u16)) -> (u16, u16) {
        (
            columns.clamp(Self::MIN_SIZE.0, Self::MAX_SIZE.0),
            rows.clamp(Self::MIN_SIZE.1, Self::MAX_SIZE.1),
        )
    }
}

/// How a cell runs, as its fence's attributes say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecSpec {
    /// The executor named behind `+exec:`.
    pub alternative: Option<Box<str>>,
    /// What makes it start.
    pub start: Start,
    /// What becomes of what it writes.
    pub output_mode: OutputMode,
    /// Where its output stands: `+output`.
    pub place: OutputPlace,
    /// The terminal that it draws on: `+pty`.
    pub pty: Option<Pty>,
    /// Variables of the file behind `+env:`, over those that it has anyway.
    pub environment: Vec<(Box<str>, Box<str>)>,
    /// The author's own limit in milliseconds, from `+timeout:`.
    pub timeout_ms: Option<u64>,
    /// What it reads, from `+input:`.
    pub input: Option<Box<str>>,
    /// What a block of Rust is built with, if it or its deck says.
    pub rust: Option<Arc<RustBuild>>,
    /// The session whose state it goes on from, by its name, which may be empty: `+session`.
    pub session: Option<Box<str>>,
    /// The Python module that it becomes, in place of being run: `+pymodule`.
    pub module: Option<Module>,
    /// The race that it is a lane of, by its name, which may be empty: `+bench`.
    pub bench: Option<Box<str>>,
}

/// The Python module that a block of Rust becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// What Python imports it by.
    pub name: Box<str>,
    /// Whether the block is all of it; else it is the inside of a `#[pymodule] mod`.
    pub is_whole: bool,
}

/// What a check of the deck makes of a cell: `+validate`, `+expect` and `+mask`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Whether it is run for the sake of the check: `+validate`.
    pub validates: bool,
    /// The executor named behind `+validate:`; none for the cell's own.
    pub alternative: Option<Box<str>>,
    /// Whether it is meant to fail.
    pub expects_failure: bool,
    /// What of its output is never the same: a regular expression.
    pub mask: Option<Box<str>>,
}

/// A code block that can run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Its place among the deck's cells.
    pub id: CellId,
    /// The slide it stands on.
    pub slide: SlideNo,
    /// From which step on it can be seen, and so run by key.
    pub step: Step,
    /// The fence's language as an executor key, lower case: `python`, `rust`, `bash`.
    pub language: Box<str>,
    /// How it runs.
    pub exec: ExecSpec,
    /// What runs: the block's code with hidden lines, without their prefix.
    pub code: Box<str>,
    /// Equal as long as what runs is the same.
    pub fingerprint: Fingerprint,
    /// Where the code stands (its first to last line, without the fences).
    pub span: Span,
    /// Line of the deck's file (from 1) on which the code's first line stands.
    pub first_line: u32,
    /// The name behind `+id:`.
    pub name: Option<Box<str>>,
    /// Whether its output stands elsewhere: where `snippet_output` names it.
    pub detached: bool,
    /// What a check of the deck makes of it.
    pub check: Check,
}

impl Fingerprint {
    /// The fingerprint of a language, an executor's name and a code text (FNV-1a, 64 bit: the
    /// same on every machine, which `std`'s hashers do not promise).
    pub fn of(language: &str, alternative: Option<&str>, code: &str) -> Self {
        let parts = [language, alternative.unwrap_or(""), code];
        parts.into_iter().fold(Self(0xcbf2_9ce4_8422_2325), Self::with)
    }

    /// The fingerprint of the same and something more.
    #[must_use]
    pub fn with(self, part: &str) -> Self {
        let hash = part
            .bytes()
            .chain([0])
            .fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(hash)
    }
}
