//! `livedeck record`: runs a deck's code and saves the output beside the deck.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use time::OffsetDateTime;

use super::args::RecordArgs;
use super::choices::check_variant;
use super::progress::Progress;
use super::settings;
use crate::deck::CellId;
use crate::headless::{CapturedRun, PlanEvent, run_all};
use crate::project::{
    LoadedDeck, RecordingError, load, read_recording, recording_folder, save_recording,
};
use crate::recording::{
    BlockSelection, Finding, MergeOutcome, PlannedRun, Recording, RunResult, Verdict, line, merge,
    presentation_runs,
};
use crate::source::visible_line;

/// Records a deck. The status says whether every block could be started.
pub(super) fn record(args: &RecordArgs) -> anyhow::Result<ExitCode> {
    let config = settings::config(args.choices.config.as_deref(), Some(&args.deck))?;
    let options = settings::load_options(args.deck.clone(), args.choices.theme.clone(), &config);
    let options = args.variant.applied_to(options);
    let loaded = load(&options, None).with_context(|| super::quoted(&args.deck))?;
    check_variant(&loaded.deck)?;
    let before = before(&args.deck)?;
    let selection = BlockSelection { slide: args.slide, block: args.block };
    let mut takes = Takes::of(&loaded, selection)?;
    let plan = takes.selected(presentation_runs(&loaded.deck));
    let mut all_started = true;
    let execution = settings::execution(&config, args.sandbox)?;
    let mut printed = Ok(());
    let progress = Progress::new("block", plan.len());
    run_all(&loaded, &args.deck, &execution, &plan, &mut |event| match event {
        PlanEvent::Begun(number) => progress.begin(number),
        PlanEvent::Ended(planned, captured) => {
            progress.hide();
            let ran = captured.as_ref().map(|captured| captured.ran.clone());
            takes.add(planned, captured);
            if let Some(finding) = Finding::of(&loaded.deck, planned, ran, None) {
                all_started &= report(&finding, &mut printed);
            }
        }
    });
    printed?;
    let changed = takes.save(&loaded, &args.deck, &before)?;
    super::print(&changed)?;
    Ok(if all_started { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the result of a block. Returns whether it could be started.
fn report(finding: &Finding, printed: &mut anyhow::Result<()>) -> bool {
    let is_missing = |ran: &RunResult| matches!(ran.outcome, crate::run::Outcome::NotStarted(_));
    if printed.is_ok() {
        *printed = super::print(&line(finding));
    }
    !finding.result.as_ref().is_some_and(is_missing) || matches!(finding.verdict, Verdict::Passed)
}

/// Reads the existing recording. A damaged one is replaced.
fn before(deck: &Path) -> anyhow::Result<Recording> {
    match read_recording(deck) {
        Ok(before) => Ok(before.unwrap_or_default()),
        Err(error @ RecordingError::Broken(..)) => {
            super::warn(&format!("warning: {error}: replacing it"));
            Ok(Recording::default())
        }
        Err(error) => Err(error.into()),
    }
}

/// The results of a deck's code, to be recorded.
#[derive(Debug)]
pub(super) struct Takes {
    /// The cells that the user asks for.
    cells: BTreeSet<CellId>,
    rounds: Vec<(PlannedRun, RunResult)>,
    pictures: BTreeMap<String, Vec<u8>>,
}

impl Takes {
    /// Returns no results of the selected blocks.
    pub(super) fn of(loaded: &LoadedDeck, selection: BlockSelection) -> anyhow::Result<Self> {
        let cells = selection.cells(&loaded.deck).map_err(anyhow::Error::msg)?;
        Ok(Self { cells, rounds: Vec::new(), pictures: BTreeMap::new() })
    }

    /// Returns the runs of the selected blocks.
    pub(super) fn selected(&self, mut plan: Vec<PlannedRun>) -> Vec<PlannedRun> {
        plan.retain(|planned| self.cells.contains(&planned.cell));
        plan
    }

    /// Adds the result of one run.
    pub(super) fn add(&mut self, round: PlannedRun, rehearsed: Option<CapturedRun>) {
        let Some(CapturedRun { ran, pictures }) = rehearsed else { return };
        self.pictures.extend(pictures);
        self.rounds.push((round, ran));
    }

    /// Saves the results over the existing recording. Returns a summary of the changes.
    pub(super) fn save(
        &self,
        loaded: &LoadedDeck,
        deck: &Path,
        before: &Recording,
    ) -> anyhow::Result<String> {
        let date = OffsetDateTime::now_utc().date().to_string();
        let MergeOutcome { mut recording, changed } =
            merge(&loaded.deck, before, (&self.cells, &self.rounds), &date);
        if loaded.deck.options.variant.is_partial() {
            // Other entries may be of slides that are not shown.
            recording.entries.extend(before.orphans(&loaded.deck).into_iter().cloned());
        }
        let folder = recording_folder(deck);
        let written = save_recording(deck, &recording, &self.pictures, before);
        written.with_context(|| super::quoted(&folder))?;
        let folder = visible_line(&folder.to_string_lossy()).into_owned();
        let blocks = super::counted(recording.entries.len(), "block");
        Ok(format!("{folder}: {blocks}, {changed} changed\n"))
    }
}
