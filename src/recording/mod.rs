//! Recordings: the results of a deck's code, stored beside the deck. They can be shown when code
//! fails in a presentation, and compared with new results. Plain data; `headless` runs the code and
//! `project` stores the files.
//!
//! `file` is the file format and `limits` its limits; `value` and `recorded_values` are displayed
//! values and their format; `find` matches entries with cells; `ansi_text` converts styled lines;
//! `mask` hides text that differs on each run and `hide` what is secret; `compare` judges a run; `report` and `junit` report
//! it; `plan` lists what to run; `merge` updates a recording; `log` is the runs of a talk.

mod ansi_text;
mod compare;
mod file;
mod find;
mod hide;
mod junit;
mod limits;
mod log;
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
use crate::run::{CellRun, Emulator, Outcome, Output, OutputOrigin, State};
use crate::source::visible_line;

pub use compare::{Purpose, Verdict, differs, judge};
pub use file::RecordingSyntaxError;
pub use find::{BlockPosition, EntryMatch, block_positions, file_names};
pub use hide::hide as hide_masked;
pub use junit::junit;
pub use log::{LastRuns, LoggedRun, RUN_EVENT};
pub use merge::{MergeOutcome, merge};
pub use plan::{
    BlockSelection, PlannedRun, check_runs, presentation_runs, skip_reason, validation_runs,
};
pub use report::{Finding, Summary, json, line};
pub use value::{PlacedValue, RecordedValue};

/// A recording of a deck, in deck order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// An entry for each cell that was run.
    pub entries: Vec<Entry>,
}

/// The recorded result of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The position of the cell.
    pub place: BlockPosition,
    /// The language of the cell.
    pub language: String,
    /// The fingerprint of its code.
    pub code: Fingerprint,
    /// The first date with this result: `2026-11-22`.
    pub date: String,
    /// The result.
    pub result: RunResult,
}

/// The result of running a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// The output lines, with escape sequences for colours.
    pub lines: Vec<String>,
    /// Columns and rows of the terminal, if the lines are those of a terminal.
    pub screen: Option<(u16, u16)>,
    /// The picture that it made.
    pub picture: Option<RecordedPicture>,
    /// The displayed values, in order.
    pub values: Vec<PlacedValue>,
}

/// A picture made by a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPicture {
    /// The file's name in the recording's folder.
    pub file: String,
    /// Equal for equal bytes.
    pub hash: String,
    /// The kind and size, if known: `PNG, 640 × 480`.
    pub kind: String,
}

impl RecordedPicture {
    /// Returns the file's path, if its name is valid.
    fn path(&self, folder: &Path) -> Option<PathBuf> {
        Some(folder.join(Path::new(&self.file).file_name()?))
    }

    /// Returns the text by which pictures are compared.
    fn comparison_key(&self) -> &str {
        if self.kind.is_empty() { &self.hash } else { &self.kind }
    }
}

impl Entry {
    /// Returns the entry as a run to show. `folder` is the recording's; `is_outdated` marks the run
    /// as stale.
    pub fn to_run(&self, folder: &Path, is_outdated: bool) -> CellRun {
        let RunResult { outcome, took, lines, screen, picture, values } = &self.result;
        let mut output = match screen {
            Some(size) => Output::default().on_screen(Some(ansi_text::to_terminal(lines, *size))),
            None => ansi_text::to_output(lines, values, folder),
        };
        output.picture = picture.as_ref().and_then(|picture| picture.path(folder));
        CellRun {
            state: State::Ended(outcome.clone()),
            elapsed: *took,
            output,
            origin: OutputOrigin {
                is_stale: is_outdated,
                recorded: Some(visible_line(&self.date).into()),
                ..OutputOrigin::default()
            },
            ..CellRun::default()
        }
    }
}

/// Returns a run that shows these lines, with escape sequences for colours, or the rows of a program's
/// screen.
pub fn run_of_lines(lines: &[String], screen: Option<(u16, u16)>) -> CellRun {
    let size = screen.map(crate::deck::Pty::fit);
    CellRun {
        state: State::Ended(Outcome::Exited(0)),
        output: match size {
            Some(size) => Output::default().on_screen(Some(ansi_text::to_terminal(lines, size))),
            None => ansi_text::to_output(lines, &[], Path::new("")),
        },
        ..CellRun::default()
    }
}

impl RunResult {
    /// Creates the result of a finished run. `picture` is the picture that it made; `pictures` are
    /// those that it displayed, as far as their files could be read.
    pub fn of(
        run: &CellRun,
        outcome: Outcome,
        picture: Option<RecordedPicture>,
        pictures: Vec<Option<RecordedPicture>>,
    ) -> Self {
        let (lines, values) = match &run.output.screen {
            Some(screen) => (ansi_text::screen(screen), Vec::new()),
            None => ansi_text::output(&run.output, pictures),
        };
        let screen = run.output.screen.as_ref().map(Emulator::size);
        Self { outcome, took: run.elapsed, lines, screen, picture, values }
    }

    /// Returns all pictures.
    pub fn pictures(&self) -> impl Iterator<Item = &RecordedPicture> {
        let values = self.values.iter().filter_map(|placed| placed.value.picture());
        self.picture.iter().chain(values)
    }

    /// Returns whether the program was still drawing: an interactive program does not end by
    /// itself.
    pub fn is_endless(&self) -> bool {
        self.screen.is_some() && self.outcome == Outcome::Stopped
    }
}
