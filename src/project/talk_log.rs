//! The log of a talk on disk, read for its runs: a terminal recording in asciinema's format, in which
//! each run is an event of its own kind.

#![expect(clippy::disallowed_methods, reason = "pictures of a log are files for a while")]

use std::borrow::Cow;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use super::{LoadedDeck, markdown};
use crate::files::{self, FileKind, ReadError};
use crate::recording::{LastRuns, LoggedRun, RUN_EVENT, Recording};
use crate::run::Runs;

/// The runs of a talk.
#[derive(Debug)]
pub struct TalkLogRuns {
    /// The last run of each block of the deck that ran.
    pub runs: Runs,
    /// The number of blocks that ran and are not in the deck any more.
    pub lost: usize,
    /// Where their pictures are, as long as this exists.
    _pictures: TempDir,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TalkLogError {
    /// The file cannot be read.
    #[error("the log cannot be read")]
    Unreadable(#[from] ReadError),
    /// Its first line is not that of a recording.
    #[error("it is not a terminal recording\nhint: `livedeck DECK --log FILE` writes one")]
    NotRecording,
    /// It has no runs.
    #[error("it has no runs\nhint: only logs of talks have them (`livedeck DECK --log FILE`)")]
    NoRuns,
    /// A run is damaged.
    #[error("line {0}: invalid run: {1}")]
    Broken(usize, String),
    /// Its pictures cannot be stored.
    #[error("cannot store its pictures")]
    Pictures(#[from] io::Error),
}

/// Reads the runs of a talk from its log. The end may be missing, as after a crash.
///
/// # Errors
/// The file cannot be read, is no log, or is damaged.
pub fn read_talk_log(path: &Path, loaded: &LoadedDeck) -> Result<TalkLogRuns, TalkLogError> {
    let (mut last, mut number) = (LastRuns::default(), 0);
    let (mut has_runs, mut is_recording, mut broken) = (false, false, None);
    files::read_lines(path, FileKind::Log, &mut |line| {
        number += 1;
        if number == 1 {
            is_recording = is_header(line);
        }
        let Some(text) = run_text(line) else { return };
        match LoggedRun::read(&text) {
            Ok(run) => {
                has_runs = true;
                last.add(run);
            }
            Err(why) => broken = broken.take().or(Some(TalkLogError::Broken(number, why))),
        }
    })?;
    match broken {
        Some(broken) => Err(broken),
        None if !is_recording => Err(TalkLogError::NotRecording),
        None if !has_runs => Err(TalkLogError::NoRuns),
        None => {
            let (recording, pictures) = last.into_recording();
            let folder = tempfile::Builder::new().prefix("livedeck-log-").tempdir()?;
            for (name, bytes) in &pictures {
                if Path::new(name).file_name() == Some(name.as_ref()) {
                    std::fs::write(folder.path().join(name), bytes)?;
                }
            }
            Ok(runs(&recording, loaded, folder))
        }
    }
}

fn runs(recording: &Recording, loaded: &LoadedDeck, pictures: TempDir) -> TalkLogRuns {
    let found = recording.find(&loaded.deck);
    let lost = recording.entries.len().saturating_sub(found.len());
    let runs = found.into_iter().map(|(id, found)| {
        let mut run = found.entry.to_run(pictures.path(), found.is_outdated);
        markdown::read_all(&mut run.output);
        (id, run)
    });
    TalkLogRuns { runs: runs.collect(), lost, _pictures: pictures }
}

/// Whether a line is the first one of a terminal recording.
fn is_header(line: &[u8]) -> bool {
    let header: Option<serde_json::Value> = serde_json::from_slice(line).ok();
    header.is_some_and(|header| header.get("version").is_some_and(serde_json::Value::is_u64))
}

/// Returns the text of an event that is a run.
fn run_text(line: &[u8]) -> Option<String> {
    // The other events are many: most are recognized without reading all of them.
    let start = &line[..line.len().min(64)];
    let mark = format!("\"{RUN_EVENT}\"");
    start.windows(mark.len()).find(|part| *part == mark.as_bytes())?;
    let (_, kind, text): (f64, Cow<'_, str>, String) = serde_json::from_slice(line).ok()?;
    (kind == RUN_EVENT).then_some(text)
}
