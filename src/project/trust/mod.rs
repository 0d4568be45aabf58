//! Remembers which decks may run their code without asking: by path, with a record of everything that
//! determines what runs. If anyone else changes it, livedeck asks again and lists the changes.
//!
//! `record` is the stored data; `collect` reads files within limits, for `python`, `rust` and `named`,
//! which know the relevant files; `summary` describes the deck for the trust prompt; `worker` does
//! all this on a separate thread. Nothing here starts a process.

mod collect;
mod kernel;
mod named;
mod python;
mod record;
mod rust;
mod store;
mod store_check;
mod summary;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Execution;
use super::options::folder;
use crate::app::TrustSummary;
use crate::deck::Deck;
use crate::exec::CustomExecutor;

use collect::Collector;
use record::Record;

pub use store_check::{FileDiagnostics, trust_store_mistakes};

pub(crate) use worker::{ExaminedDeck, TrustReport, TrustWorker};

/// The user's own executors, by language.
type Executors = BTreeMap<String, CustomExecutor>;

/// What was found out about a deck before it may run.
#[derive(Clone, Debug)]
struct DeckFindings {
    record: Record,
    /// Why the examination is incomplete. Such a deck cannot be remembered.
    trouble: Option<String>,
}

/// Returns whether the user has allowed the code of the deck at `path` permanently, and nothing that
/// determines what runs has changed since.
pub fn is_known(path: &Path, deck: &Deck, execution: &Execution) -> bool {
    let Some(known) = store::find(path) else { return false };
    let findings = examine(path, deck, &execution.custom);
    findings.trouble.is_none() && findings.record == known
}

/// Examines everything that determines what the deck at `path` runs. Takes milliseconds; with large
/// crates or environments, up to a second.
fn examine(path: &Path, deck: &Deck, executors: &Executors) -> DeckFindings {
    let mut collector = Collector::new(home_of(path));
    let used: BTreeMap<&String, &CustomExecutor> = executors
        .iter()
        .filter(|(language, _)| deck.cells.iter().any(|cell| *cell.language == ***language))
        .collect();
    let mut options = BTreeMap::new();
    if !deck.cells.is_empty() {
        let mut commands: Vec<String> = used.values().flat_map(|custom| commands(custom)).collect();
        let kernels = kernel::named(&collector.folder, deck);
        commands.extend(kernels.iter().filter_map(|kernel| kernel.command.clone()));
        options.extend(kernels.into_iter().map(kernel::NamedKernel::into_option));
        named::collect(&mut collector, deck, &commands);
        if python::is_needed(deck) {
            python::collect(&mut collector, deck);
        }
        if rust::is_needed(deck) {
            rust::collect(&mut collector, deck);
        }
    }
    let executors = used.into_iter().map(|(language, custom)| {
        (format!("executor of {language}"), record::hash(format!("{custom:?}").as_bytes()))
    });
    options.extend(executors);
    let record = Record::new(deck, collector.files, options);
    DeckFindings { record, trouble: collector.trouble }
}

/// Returns an executor's commands.
fn commands(custom: &CustomExecutor) -> Vec<String> {
    let recipes = custom.alternatives.values().chain([&custom.recipe]);
    recipes.flat_map(|recipe| &recipe.commands).map(|words| words.join(" ")).collect()
}

/// Returns the canonical folder that a deck's code runs in.
fn home_of(path: &Path) -> PathBuf {
    let folder = folder(path);
    folder.canonicalize().or_else(|_| std::path::absolute(&folder)).unwrap_or(folder)
}

/// Returns the summary of a deck for the trust prompt, with the changes since `known`.
fn summarize(
    path: &Path,
    deck: &Deck,
    findings: &DeckFindings,
    known: Option<&Record>,
) -> TrustSummary {
    summary::summary(&home_of(path), deck, findings, known)
}
