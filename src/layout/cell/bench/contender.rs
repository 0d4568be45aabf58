//! A contender of a benchmark, and what the card says of it.

use crate::deck::Cell;
use crate::layout::cell::status;
use crate::layout::key_hints::KeyHints;
use crate::run::{CellRun, State, Timing};

/// A contender: its cell, and its run once requested.
pub(super) struct Contender<'a> {
    pub(super) cell: &'a Cell,
    pub(super) run: Option<&'a CellRun>,
    pub(super) keys: &'a KeyHints,
}

impl Contender<'_> {
    /// Returns the timing, which may be that of the samples so far.
    pub(super) fn timing(&self) -> Option<&Timing> {
        let run = self.run?;
        run.output.timing().or_else(|| self.sampling().map(|(timing, _)| timing))
    }

    /// Returns the timing of the samples so far, and the share of the time that they used, from 0 to 1.
    pub(super) fn sampling(&self) -> Option<(&Timing, f64)> {
        let run = self.run.filter(|run| run.is_under_way() && run.output.timing().is_none())?;
        let sampling = run.output.sampling()?;
        Some((&sampling.timing, f64::from(sampling.done) / 1000.0))
    }

    pub(super) fn is_stale(&self) -> bool {
        self.run.is_some_and(|run| run.origin.is_stale)
    }

    /// Returns the speed-up over the slowest, or the reason why there is none.
    pub(super) fn ratio(&self, slowest: f64) -> Option<String> {
        let timing = self.timing()?;
        if self.is_stale() {
            return Some("≠ stale".to_owned());
        }
        Some(timing.speedup(slowest).unwrap_or_else(|| "–".to_owned()))
    }

    /// Returns the median, marked while it may change.
    pub(super) fn median(&self) -> Option<String> {
        let timing = self.timing()?;
        let mark = if self.sampling().is_some() { "● " } else { "" };
        Some(format!("{mark}{}", timing.median_text()))
    }

    pub(super) fn language(&self) -> String {
        let mut letters = self.cell.language.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect()
    }

    /// Returns the status shown in place of a bar.
    pub(super) fn chip(&self) -> String {
        let none = CellRun::default();
        status::chip(self.run.unwrap_or(&none), &self.cell.exec, self.keys, true)
    }
}

/// Returns whether a run was requested or has ended.
pub(super) fn has_begun(run: &CellRun) -> bool {
    run.is_under_way() || matches!(run.state, State::Ended(_))
}
