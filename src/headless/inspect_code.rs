//! Finds blocks that cannot work, such as code in unknown languages, and blocks that run for long.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::deck::{Cell, Deck};
use crate::diag::{Diagnostic, did_you_mean};
use crate::exec::{
    CustomExecutor, KernelChoice, KernelSpecs, languages, likely_python, why_not_run,
};
use crate::project::LoadedDeck;
use crate::run::format_duration;
use crate::source::Span;

/// Reports blocks whose language or executor is unknown.
pub(super) fn not_runnable(
    loaded: &LoadedDeck,
    custom: &BTreeMap<String, CustomExecutor>,
) -> Vec<Diagnostic> {
    let known = languages(custom);
    let report = |(span, language, alternative): (Span, &str, Option<&str>)| {
        let why = why_not_run(custom, language, alternative)?;
        let is_known = why_not_run(custom, language, None).is_none();
        let (message, advice) = why.split_once(": ").unwrap_or((&why, ""));
        let hint = did_you_mean(language, known.iter().copied()).filter(|_| !is_known);
        let hint = hint.unwrap_or_else(|| advice.to_owned());
        let report = Diagnostic::error(fence_above(&loaded.deck, span), message);
        Some(if hint.is_empty() { report } else { report.hint(hint) })
    };
    let cells = loaded.deck.cells.iter();
    cells
        .map(|cell| (cell.span, &*cell.language, cell.exec.alternative.as_deref()))
        .filter_map(report)
        .collect()
}

/// Reports Jupyter kernels that are not installed, at the first block that asks for each.
pub(super) fn missing_kernels(loaded: &LoadedDeck) -> Vec<Diagnostic> {
    let deck = &loaded.deck;
    // What a server has is only known once it may be asked.
    let here = deck.cells.iter().filter(|cell| !cell.exec.is_on_server());
    let asked = here.filter_map(|cell| {
        Some((cell, KernelChoice::of(&cell.language, cell.exec.alternative.as_deref())?))
    });
    let asked: Vec<_> = asked.collect();
    let file = deck.sources.iter().next().and_then(|file| std::path::absolute(file.path()).ok());
    let Some(folder) = file.as_deref().and_then(Path::parent).filter(|_| !asked.is_empty()) else {
        return Vec::new();
    };
    let specs = KernelSpecs::find(folder, deck.options.python_interpreter.as_deref());
    let mut blocks: BTreeMap<&KernelChoice, usize> = BTreeMap::new();
    for (_, choice) in &asked {
        *blocks.entry(choice).or_default() += 1;
    }
    let report = |(cell, choice): &(&Arc<Cell>, KernelChoice)| {
        let blocks = blocks.remove(choice)?;
        let why = specs.get(choice).err()?;
        let (message, advice) = why.split_once(": ").unwrap_or((&why, ""));
        let more = if blocks > 1 { format!(" ({blocks} blocks)") } else { String::new() };
        let place = fence_above(deck, cell.span);
        Some(Diagnostic::error(place, format!("{message}{more}")).hint(advice))
    };
    asked.iter().filter_map(report).collect()
}

/// Reports at the first Python block that the Python which the deck chooses is gone, or that a virtual
/// environment one folder up is not used.
pub(crate) fn python_problem(
    loaded: &LoadedDeck,
    custom: &BTreeMap<String, CustomExecutor>,
) -> Option<Diagnostic> {
    let deck = &loaded.deck;
    let uses_it = |cell: &&Arc<Cell>| {
        let has_own = custom.contains_key("python") || cell.exec.alternative.is_some();
        &*cell.language == "python" && !has_own
    };
    let first = deck.cells.iter().find(uses_it)?;
    let file = deck.sources.iter().next()?.path();
    let folder = std::path::absolute(file).ok()?.parent()?.to_owned();
    let place = fence_above(deck, first.span);
    match likely_python(&folder, deck.options.python_interpreter.as_deref()) {
        Err(why) => {
            let (message, advice) = why.split_once("; ").unwrap_or((&why, ""));
            Some(Diagnostic::error(place, message).hint(advice))
        }
        Ok(found) => {
            let path = found?.unused?;
            let message = format!("`{path}` is not used: it is not beside the deck");
            let hint = format!(
                "write `options: {{python: {{interpreter: {path}}}}}` into the front matter"
            );
            Some(Diagnostic::warning(place, message).hint(hint))
        }
    }
}

/// Returns the span of the line above a block's code.
fn fence_above(deck: &Deck, code: Span) -> Span {
    let text = deck.sources.get(code.file).map_or("", |file| file.text());
    let above = text.get(..code.range().start).and_then(|text| text.strip_suffix('\n'));
    let Some(above) = above else { return code };
    let start = above.rfind('\n').map_or(0, |at| at + 1);
    Span::new(code.file, start..above.len())
}

/// Time that a block may take on stage before `check` warns.
const LONG_RUN: Duration = Duration::from_secs(10);

/// Warns of blocks that took long when they were recorded.
pub(super) fn slow_blocks(loaded: &LoadedDeck) -> impl Iterator<Item = Diagnostic> {
    loaded.deck.cells.iter().filter_map(|cell| {
        let run = loaded.recorded.get(&cell.id).filter(|run| !run.origin.is_stale)?;
        let message =
            || format!("this block took {} when it was recorded", format_duration(run.elapsed));
        let hint = "the audience waits; make it faster, or show its recording";
        (run.elapsed > LONG_RUN).then(|| Diagnostic::warning(cell.span, message()).hint(hint))
    })
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write a deck")]
mod tests {
    use super::*;
    use crate::deck::CellId;
    use crate::project::{LoadOptions, load};
    use crate::run::CellRun;

    #[test]
    fn long_recorded_runs_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("talk.md");
        std::fs::write(&deck, "```bash +exec\nsleep 11\n```\n").unwrap();
        let mut loaded = load(&LoadOptions::new(deck), None).unwrap();
        let mut warnings = |seconds, stale| {
            let elapsed = Duration::from_secs(seconds);
            let mut run = CellRun { elapsed, ..CellRun::default() };
            run.origin.is_stale = stale;
            loaded.recorded.insert(CellId(0), run);
            slow_blocks(&loaded).map(|found| found.message).collect::<Vec<_>>()
        };
        assert!(warnings(9, false).is_empty());
        assert_eq!(warnings(11, false), ["this block took 11.0 s when it was recorded"]);
        assert!(warnings(11, true).is_empty(), "the code has changed");
    }
}
