//! What a deck's code wrote when all was well, kept beside the deck: to be shown where it fails on
//! stage, and to be compared with what it writes tonight. Values only; `runtime` runs the code and
//! keeps the files.
//!
//! `file` is how a recording is written down, `bounds` what it may say at most, `value` what of it is more than text (`shown`: written down), `find` which part of it belongs to which cell, `ink`
//! how styled lines become text, `mask` what is never the same twice, `verdict` what a run is worth,
//! `report` and `junit` how that is told; `rounds` says what is run, `keep` what is recorded anew.

mod ansi_text;
mod compare;
mod file;
mod find;
mod junit;
mod limits;
mod mask;
mod merge;
mod plan;
mod recorded_values;
mod report;
#[cfg(test)]
mod test_decks;
mod value;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::deck::Fingerprint;
use crate::run::{CellRun, Emulator, Outcome, Output, State};
use crate::source::visible_line;

pub use compare::{Purpose, Verdict, judge};
pub use file::RecordingSyntaxError;
pub use find::{BlockPosition, EntryMatch, block_positions, file_names};
pub use junit::junit;
pub use merge::{MergeOutcome, merge};
pub use plan::{PlannedRun, check_runs, presentation_runs, skip_reason, validation_runs};
pub use report::{Finding, Summary, json, line};
pub use value::{PlacedValue, RecordedValue};

/// Everything that was recorded of a deck, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// A take for each cell that was run.
    pub entries: Vec<Entry>,
}

/// What one cell wrote when it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the cell stood.
    pub place: BlockPosition,
    /// Its language.
    pub language: String,
    /// Its code, as far as equality goes.
    pub code: Fingerprint,
    /// The day on which it came out like this first: `2026-11-22`.
    pub date: String,
    /// What came out.
    pub result: RunResult,
}

/// What came out of running a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// What it wrote, line by line, with the escape sequences of its colours.
    pub lines: Vec<String>,
    /// Columns and rows of the terminal on the slide that the lines are, if they are one.
    pub screen: Option<(u16, u16)>,
    /// The picture it made.
    pub picture: Option<RecordedPicture>,
    /// What it showed that is more than text, in order.
    pub shown: Vec<PlacedValue>,
}

/// A picture that a cell made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPicture {
    /// The name of its file in the recording's folder.
    pub file: String,
    /// Equal for equal bytes.
    pub hash: String,
    /// Its kind and its size, where they are known: `PNG, 640 × 480`.
    pub kind: String,
}

impl RecordedPicture {
    /// Its file; none where its name is no name.
    fn path(&self, folder: &Path) -> Option<PathBuf> {
        Some(folder.join(Path::new(&self.file).file_name()?))
    }

    /// What two pictures have in common that look alike, as far as that can be told.
    fn looks(&self) -> &str {
        if self.kind.is_empty() { &self.hash } else { &self.kind }
    }
}

impl Entry {
    /// It as a run that the slide can show; `folder` is the recording's, and `is_outdated` says that the
    /// code was other code.
    pub fn shown(&self, folder: &Path, is_outdated: bool) -> CellRun {
        let RunResult { outcome, took, lines, screen, picture, shown } = &self.result;
        let output = || ansi_text::shown(lines, shown, folder);
        CellRun {
            state: State::Ended(outcome.clone()),
            elapsed: *took,
            output: if screen.is_some() { Output::default() } else { output() },
            screen: screen.map(|size| ansi_text::drawn(lines, size)),
            picture: picture.as_ref().and_then(|picture| picture.path(folder)),
            stale: is_outdated,
            recorded: Some(visible_line(&self.date).into()),
            ..CellRun::default()
        }
    }
}

impl RunResult {
    /// What a run that is over left to see: the picture that it made, and those that it showed, as
    /// far as their files could be read.
    pub fn of(
        run: &CellRun,
        outcome: Outcome,
        picture: Option<RecordedPicture>,
        pictures: Vec<Option<RecordedPicture>>,
    ) -> Self {
        let (lines, shown) = match &run.screen {
            Some(screen) => (ansi_text::screen(screen), Vec::new()),
            None => ansi_text::output(&run.output, pictures),
        };
        let screen = run.screen.as_ref().map(Emulator::size);
        Self { outcome, took: run.elapsed, lines, screen, picture, shown }
    }

    /// All its pictures.
    pub fn pictures(&self) -> impl Iterator<Item = &RecordedPicture> {
        let shown = self.shown.iter().filter_map(|placed| placed.value.picture());
        self.picture.iter().chain(shown)
    }

    /// Whether its program was still drawing: one that waits for keys has no end
    /// of its own.
    pub fn goes_on(&self) -> bool {
        self.screen.is_some() && self.outcome == Outcome::Stopped
    }
}
