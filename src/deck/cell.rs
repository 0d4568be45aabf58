//! A cell: a code block that can run. Its fingerprint identifies it across edits; its id is its
//! position in the deck.

use std::borrow::Cow;
use std::sync::Arc;

use super::remote::RemoteHost;
use super::rust_build::RustBuild;
use super::step::{SlideNo, Step};
use crate::source::Span;

/// A cell's position in the deck: an index into `Deck::cells`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u32);

/// A hash of what a cell runs: equal for equal language, executor and code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

/// What starts a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// A key press: `+exec`.
    #[default]
    OnKey,
    /// Showing its slide: `+auto_exec`, `+exec_replace`, `+image`.
    Auto,
    /// A check of the deck only: `+validate` alone.
    OnCheck,
}

/// How the output of a cell is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputMode {
    /// Below the code, or where the deck places it.
    #[default]
    Below,
    /// In place of the code: `+exec_replace`.
    Replace,
    /// As a picture in place of the code, read from standard output: `+image`.
    Picture,
    /// On the real terminal, which the cell gets while it runs: `+acquire_terminal`.
    Handover,
}

impl OutputMode {
    /// Returns whether the output replaces the code, which needs `-X` in presenterm.
    pub fn replaces_code(self) -> bool {
        matches!(self, Self::Replace | Self::Picture)
    }
}

/// Where a cell's output is placed on its slide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputPlace {
    /// Below the code.
    #[default]
    Below,
    /// To the right of the code, if there is space: `+output:right`.
    Right,
    /// In place of the code, once there is output: `+output:replace`.
    Replace,
    /// Nowhere; only the status is shown: `+output:none`.
    Nowhere,
}

/// A terminal on the slide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pty {
    /// Whether its space is reserved before it runs.
    pub standby: bool,
    /// Columns and rows; `None` for all available space.
    pub size: Option<(u16, u16)>,
}

impl Pty {
    /// The minimum columns and rows: a wide character has to fit into a row.
    pub const MIN_SIZE: (u16, u16) = (2, 1);

    /// The maximum columns and rows: larger than any screen, with less than 10 MiB of cells.
    pub const MAX_SIZE: (u16, u16) = (1_000, 300);

    /// Clamps a size to what a terminal can have.
    pub fn fit((columns, rows): (u16, u16)) -> (u16, u16) {
        (
            columns.clamp(Self::MIN_SIZE.0, Self::MAX_SIZE.0),
            rows.clamp(Self::MIN_SIZE.1, Self::MAX_SIZE.1),
        )
    }
}

/// How a cell runs, as set by its fence's attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecSpec {
    /// The executor named in `+exec:NAME`.
    pub alternative: Option<Box<str>>,
    /// What starts it.
    pub start: Start,
    /// How its output is shown.
    pub output_mode: OutputMode,
    /// Where its output is placed: `+output`.
    pub place: OutputPlace,
    /// The terminal on the slide that it runs on: `+pty`.
    pub pty: Option<Pty>,
    /// Variables from the file of `+env:`, added to the environment.
    pub environment: Vec<(Box<str>, Box<str>)>,
    /// The time limit in milliseconds, from `+timeout:`.
    pub timeout_ms: Option<u64>,
    /// Its standard input, from `+input:`.
    pub input: Option<Box<str>>,
    /// Build settings of a Rust block, if it or its deck sets any.
    pub rust: Option<Arc<RustBuild>>,
    /// The name of its session, which may be empty: `+session`.
    pub session: Option<Box<str>>,
    /// The Python module that it is compiled to instead of being run: `+pymodule`.
    pub module: Option<Module>,
    /// The name of the benchmark that it is a contender of, which may be empty: `+bench`.
    pub bench: Option<Box<str>>,
    /// The machine that runs it, if it is another one: `options.remote`, `+remote`.
    pub remote: Option<Arc<RemoteHost>>,
}

/// The executor of blocks that run in a Jupyter kernel, alone or with `=NAME`.
pub const KERNEL: &str = "kernel";

impl ExecSpec {
    /// Returns whether the block runs in a Jupyter kernel.
    pub fn has_kernel(&self) -> bool {
        let rest = self.alternative.as_deref().and_then(|name| name.strip_prefix(KERNEL));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    }

    /// Returns whether the kernel that the block runs in is one of a Jupyter server.
    pub fn is_on_server(&self) -> bool {
        self.remote.as_ref().is_some_and(|host| host.jupyter.is_some())
    }
}

/// The Python module that a Rust block is compiled to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// The name that Python imports it by.
    pub name: Box<str>,
    /// Whether the block is the whole module; otherwise it is the body of a `#[pymodule] mod`.
    pub is_whole: bool,
}

/// What a check of the deck does with a cell: `+validate`, `+expect`, `+varies` and `+mask`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Whether a check runs it: `+validate`.
    pub validates: bool,
    /// The executor named in `+validate:NAME`; `None` for the cell's own.
    pub alternative: Option<Box<str>>,
    /// Whether it is expected to fail.
    pub expects_failure: bool,
    /// A regular expression for output that changes on each run, which is not compared.
    pub varying: Option<Box<str>>,
    /// A regular expression for output that exports and logs hide. It is not compared, either.
    pub mask: Option<Box<str>>,
}

impl Check {
    /// Returns a regular expression for the output that is not compared.
    pub fn uncompared(&self) -> Option<Cow<'_, str>> {
        match (self.varying.as_deref(), self.mask.as_deref()) {
            (Some(varying), Some(mask)) => Some(format!("(?:{varying})|(?:{mask})").into()),
            (one, other) => one.or(other).map(Cow::Borrowed),
        }
    }
}

/// A code block that can run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Its position among the deck's cells.
    pub id: CellId,
    /// Its slide.
    pub slide: SlideNo,
    /// The first step on which it is visible, and can be run by key.
    pub step: Step,
    /// The fence's language as an executor key, lower case: `python`, `rust`, `bash`.
    pub language: Box<str>,
    /// How it runs.
    pub exec: ExecSpec,
    /// The code that runs, with hidden lines, without their prefix.
    pub code: Box<str>,
    /// Equal as long as the same code runs in the same way.
    pub fingerprint: Fingerprint,
    /// The position of the code (first to last line, without the fences).
    pub span: Span,
    /// Line (from 1) of the code's first line in its file.
    pub first_line: u32,
    /// The name given by `+id:`.
    pub name: Option<Box<str>>,
    /// Whether its output is shown elsewhere: by `snippet_output`.
    pub detached: bool,
    /// What a check of the deck does with it.
    pub check: Check,
}

impl Fingerprint {
    /// Returns the fingerprint of a language, an executor's name and a code text (FNV-1a, 64 bit:
    /// the same on every machine, which `std`'s hashers do not guarantee).
    pub fn of(language: &str, alternative: Option<&str>, code: &str) -> Self {
        let parts = [language, alternative.unwrap_or(""), code];
        parts.into_iter().fold(Self(0xcbf2_9ce4_8422_2325), Self::with)
    }

    /// Returns this fingerprint extended by `part`.
    #[must_use]
    pub fn with(self, part: &str) -> Self {
        let hash = part
            .bytes()
            .chain([0])
            .fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(hash)
    }
}
