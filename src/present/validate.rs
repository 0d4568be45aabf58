//! Runs `+validate` blocks when a deck is loaded or changes, on a separate thread, if enabled
//! (`--validate-snippets`, `snippet.validate`).

use std::path::PathBuf;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::LoopEvent;
use super::channel::EventSender;
use crate::deck::{Deck, Fingerprint};
use crate::diag::Diagnostic;
use crate::headless::{PlanEvent, run_all};
use crate::project::{Execution, LoadedDeck};
use crate::recording::{Finding, Verdict, validation_runs};
use crate::source::Span;

/// Handle of the thread.
pub(super) struct Validation {
    wanted: Sender<LoadedDeck>,
    newest: Receiver<LoadedDeck>,
    /// The code of the deck that was sent last.
    last: Option<Vec<(Fingerprint, Span)>>,
}

impl Validation {
    /// Starts the thread for the deck at `path`.
    pub(super) fn start(
        path: PathBuf,
        execution: Execution,
        sender: EventSender,
    ) -> std::io::Result<Self> {
        let (wanted, newest) = bounded::<LoadedDeck>(1);
        let heard = newest.clone();
        std::thread::Builder::new().name("validate".to_owned()).spawn(move || {
            for loaded in heard {
                let mut found = Vec::new();
                let rounds = validation_runs(&loaded.deck);
                run_all(&loaded, &path, &execution, &rounds, &mut |event| {
                    let PlanEvent::Ended(round, captured) = event else { return };
                    let ran = captured.map(|captured| captured.ran);
                    let finding = Finding::of(&loaded.deck, round, ran, None);
                    let cell = loaded.deck.cell(round.cell);
                    let problem = cell.zip(finding).and_then(|(cell, it)| mistake(&it, cell.span));
                    found.extend(problem);
                });
                sender.send(LoopEvent::Validated(found));
            }
        })?;
        Ok(Self { wanted, newest, last: None })
    }

    /// Runs the blocks of this deck, unless they are unchanged. Replaces a pending job.
    pub(super) fn request(&mut self, loaded: &LoadedDeck) {
        let code = Some(code(&loaded.deck));
        if self.last == code {
            return;
        }
        self.last = code;
        let _ = self.newest.try_recv();
        let _ = self.wanted.try_send(loaded.clone());
    }
}

/// Returns the fingerprints and positions of the blocks to run.
fn code(deck: &Deck) -> Vec<(Fingerprint, Span)> {
    let due = validation_runs(deck).into_iter().filter_map(|round| deck.cell(round.cell));
    due.map(|cell| (cell.fingerprint, cell.span)).collect()
}

/// Returns the problem of a block, if any.
fn mistake(finding: &Finding, span: Span) -> Option<Diagnostic> {
    if matches!(finding.verdict, Verdict::Passed | Verdict::Skipped(_)) {
        return None;
    }
    let mistake = Diagnostic::error(span, format!("validation {}", finding.verdict.message()));
    let last = finding.last_lines().into_iter().rfind(|line| !line.trim().is_empty());
    Some(match last {
        Some(line) => mistake.hint(format!("last line of output: {line}")),
        None => mistake,
    })
}
