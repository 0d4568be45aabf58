//! `livedeck record`: a deck's code run, and what it writes kept beside the deck.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use time::OffsetDateTime;

use super::args::RecordArgs;
use super::settings;
use crate::headless::{CapturedRun, run_all};
use crate::project::{
    LoadedDeck, RecordingError, load, read_recording, recording_folder, save_recording,
};
use crate::recording::{
    Finding, MergeOutcome, PlannedRun, Recording, RunResult, Verdict, line, merge,
    presentation_runs,
};
use crate::source::visible_line;

/// Records. The status says whether every block could be started.
pub(super) fn record(args: &RecordArgs) -> anyhow::Result<ExitCode> {
    let config = settings::config(args.choices.config.as_deref(), Some(&args.deck))?;
    let load_options = settings::origin(args.deck.clone(), args.choices.theme.clone(), &config);
    let loaded = load(&load_options, None).with_context(|| super::quoted(&args.deck))?;
    let before = before(&args.deck)?;
    let mut takes = Takes::default();
    let mut all_started = true;
    let execution = settings::execution(&config, args.sandbox)?;
    let mut told = Ok(());
    run_all(
        &loaded,
        &args.deck,
        &execution,
        &presentation_runs(&loaded.deck),
        &mut |round, rehearsed| {
            let ran = rehearsed.as_ref().map(|rehearsed| rehearsed.ran.clone());
            takes.add(round, rehearsed);
            if let Some(finding) = Finding::of(&loaded.deck, round, ran, None) {
                all_started &= told_of(&finding, &mut told);
            }
        },
    );
    told?;
    let changed = takes.keep(&loaded, &args.deck, &before)?;
    super::print(&changed)?;
    Ok(if all_started { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tells what came of a block; whether it could be started.
fn told_of(finding: &Finding, told: &mut anyhow::Result<()>) -> bool {
    let is_missing = |ran: &RunResult| matches!(ran.outcome, crate::run::Outcome::NotStarted(_));
    if told.is_ok() {
        *told = super::print(&line(finding));
    }
    !finding.result.as_ref().is_some_and(is_missing) || matches!(finding.verdict, Verdict::Passed)
}

/// What was recorded before; a damaged recording is made anew.
fn before(deck: &Path) -> anyhow::Result<Recording> {
    match read_recording(deck) {
        Ok(before) => Ok(before.unwrap_or_default()),
        Err(error @ RecordingError::Broken(..)) => {
            super::warn(&format!("warning: {error}: it is made anew"));
            Ok(Recording::default())
        }
        Err(error) => Err(error.into()),
    }
}

/// What came out of a deck's code, to be kept.
#[derive(Debug, Default)]
pub(super) struct Takes {
    rounds: Vec<(PlannedRun, RunResult)>,
    pictures: BTreeMap<String, Vec<u8>>,
}

impl Takes {
    /// Takes in what came out of a round.
    pub(super) fn add(&mut self, round: PlannedRun, rehearsed: Option<CapturedRun>) {
        let Some(CapturedRun { ran, pictures }) = rehearsed else { return };
        self.pictures.extend(pictures);
        self.rounds.push((round, ran));
    }

    /// Keeps it over what was recorded before; says what has changed.
    pub(super) fn keep(
        &self,
        loaded: &LoadedDeck,
        deck: &Path,
        before: &Recording,
    ) -> anyhow::Result<String> {
        let date = OffsetDateTime::now_utc().date().to_string();
        let MergeOutcome { recording, changed } = merge(&loaded.deck, before, &self.rounds, &date);
        let folder = recording_folder(deck);
        let written = save_recording(deck, &recording, &self.pictures, before);
        written.with_context(|| super::quoted(&folder))?;
        let folder = visible_line(&folder.to_string_lossy()).into_owned();
        let blocks = super::counted(recording.entries.len(), "block");
        Ok(format!("{folder}: {blocks}, {changed} changed\n"))
    }
}
