//! Which decks may run their code without asking: by path, with a record of everything that decides
//! what is executed, when and by what, so that a change by somebody else asks again and is named.
//!
//! `record` is what is kept and compared; `collect` looks at files within bounds, for `python`,
//! `rust` and `named`, which know what matters to whom; `inquiry` words the question; `keeper` does
//! all of it for a talk, on a thread of its own. Nothing here starts anything.

mod collect;
mod inquiry;
mod keeper;
mod named;
mod python;
mod record;
mod rust;
mod store;
mod store_check;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Execution;
use super::load::folder;
use crate::app::TrustSummary;
use crate::deck::Deck;
use crate::exec::CustomExecutor;

use collect::Collector;
use record::Record;

pub use store_check::{FileDiagnostics, trust_store_mistakes};

pub(crate) use keeper::{ExaminedDeck, TrustReport, TrustWorker};

/// The user's own executors, by language.
type Executors = BTreeMap<String, CustomExecutor>;

/// What there is to know of a deck before it may run.
#[derive(Clone, Debug)]
struct Findings {
    record: Record,
    /// Why not all of it could be looked at: such a deck cannot be remembered.
    trouble: Option<String>,
}

/// Whether the code of the deck at `path` was allowed before to run always, and nothing that decides
/// what runs has changed since.
pub fn is_known(path: &Path, deck: &Deck, execution: &Execution) -> bool {
    let Some(known) = store::find(path) else { return false };
    let findings = examine(path, deck, &execution.custom);
    findings.trouble.is_none() && findings.record == known
}

/// Looks at everything that decides what the deck at `path` runs. Takes milliseconds, and with large
/// crates or environments around it, up to a second.
fn examine(path: &Path, deck: &Deck, executors: &Executors) -> Findings {
    let mut collector = Collector::new(home_of(path));
    let used: BTreeMap<&String, &CustomExecutor> = executors
        .iter()
        .filter(|(language, _)| deck.cells.iter().any(|cell| *cell.language == ***language))
        .collect();
    if !deck.cells.is_empty() {
        let commands: Vec<String> = used.values().flat_map(|custom| commands(custom)).collect();
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
    let record = Record::new(deck, collector.files, executors.collect());
    Findings { record, trouble: collector.trouble }
}

/// The words of an executor's commands.
fn commands(custom: &CustomExecutor) -> Vec<String> {
    let recipes = custom.alternatives.values().chain([&custom.recipe]);
    recipes.flat_map(|recipe| &recipe.commands).map(|words| words.join(" ")).collect()
}

/// The folder that a deck's code runs in, without links.
fn home_of(path: &Path) -> PathBuf {
    let folder = folder(path);
    folder.canonicalize().or_else(|_| std::path::absolute(&folder)).unwrap_or(folder)
}

/// The question about a deck, with what has changed since `known` was remembered.
fn question(path: &Path, deck: &Deck, findings: &Findings, known: Option<&Record>) -> TrustSummary {
    inquiry::inquiry(&home_of(path), deck, findings, known)
}
