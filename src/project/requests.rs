//! Requests to run a deck's cells, and the options that all of its runs share.

use std::path::Path;
use std::time::Duration;

use super::Execution;
use super::load::{LoadedDeck, folder};
use crate::deck::{Cell, CellId, Deck, OutputMode};
use crate::exec::{self, SandboxOptions};
use crate::run::{Request, RunId, RunLimits, SessionStart, Snippet, StdinSource, Target};

/// Returns the executor options for the deck at `path`.
pub(crate) fn options(
    execution: &Execution,
    path: &Path,
    loaded: &LoadedDeck,
) -> exec::ExecOptions {
    let cache = match execution.sandbox {
        Some(_) => SandboxOptions::cache(&execution.cache, path),
        None => execution.cache.clone(),
    };
    exec::ExecOptions {
        directory: folder(path),
        custom: execution.custom.clone(),
        python: loaded.deck.options.python_interpreter.clone(),
        cache,
        sandbox: execution.sandbox,
    }
}

/// Returns the request to run a cell, in a session on top of another run. Returns `None` if the deck
/// does not have the cell.
pub(crate) fn request(
    deck: &Deck,
    (run, cell, base): (RunId, CellId, Option<RunId>),
    (columns, rows): (u16, u16),
    limits: RunLimits,
) -> Option<Request> {
    let cell = deck.cell(cell)?;
    let own = cell.exec.timeout_ms.map(Duration::from_millis);
    let limits = RunLimits { timeout: own.or(limits.timeout), ..limits };
    let target = match cell.exec.output_mode {
        _ if cell.exec.pty.is_some() => Target::Screen,
        OutputMode::Picture => Target::Picture,
        OutputMode::Handover => Target::Handover,
        OutputMode::Below | OutputMode::Replace => Target::Terminal,
    };
    let base = base.map_or(SessionStart::Fresh, SessionStart::After);
    let session = cell.exec.session.is_some().then_some(base);
    let input = cell.exec.input.clone().map_or(StdinSource::Empty, StdinSource::Text);
    Some(Request { run, code: snippet(deck, cell), columns, rows, limits, target, session, input })
}

/// Converts a cell to the executor's input.
pub(crate) fn snippet(deck: &Deck, cell: &Cell) -> Snippet {
    let file = deck.sources.get(cell.span.file).map(|file| file.path().to_owned());
    Snippet {
        language: cell.language.to_string(),
        alternative: cell.exec.alternative.as_deref().map(str::to_owned),
        code: cell.code.to_string(),
        rust: cell.exec.rust.clone(),
        session: cell.exec.session.as_deref().map(str::to_owned),
        module: cell.exec.module.clone(),
        is_timed: cell.exec.bench.is_some(),
        environment: owned(&cell.exec.environment),
        fingerprint: cell.fingerprint,
        file: file.unwrap_or_default(),
        first_line: cell.first_line,
    }
}

fn owned(variables: &[(Box<str>, Box<str>)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}
