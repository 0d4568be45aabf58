//! Sessions: which blocks must run before another one, and which results are out of date.
//!
//! A session is a chain of blocks in deck order. Each run records the run whose state it started
//! from. A block is current if that is the latest run of the previous block, and the previous block
//! is current itself. Rerunning a block marks nothing; comparing the runs shows what is out of
//! date.

use super::{CellRun, Runs, State};
use crate::deck::{Cell, CellId, Deck};
use crate::run::{Outcome, RunId};

/// A name that a block gave to something, and what that is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// Its value's type.
    pub kind: String,
    /// Its value on one line, truncated if long.
    pub value: String,
}

/// The link between a run and its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct SessionLink {
    /// The run whose state it goes on from; none for the first block.
    pub base: Option<RunId>,
    /// Whether it starts only when that run has ended.
    pub waits: bool,
    /// Whether the state that it left is there to go on from.
    pub has_snapshot: bool,
    /// Whether it ran in the process of its base, whose threads went on.
    pub shares_process: bool,
    /// Whether its base was found to be gone when it was to start.
    pub base_gone: bool,
    /// Whether the session was started again because of that.
    pub restarted: bool,
}

/// Returns the cells to run for this cell to run on the current state: the earlier blocks of its
/// session that have not run since they, or the state that they started from, changed, or whose
/// snapshot is lost and needed; then the cell itself.
pub fn cells_to_run(deck: &Deck, runs: &Runs, id: CellId) -> Vec<CellId> {
    let mut chain: Vec<CellId> = deck.session_up_to(id).iter().map(|cell| cell.id).collect();
    let Some(before) = chain.len().checked_sub(1) else { return vec![id] };
    let mut first = 0;
    let mut base = None;
    for (place, id) in chain[..before].iter().enumerate() {
        let Some(run) = runs.get(id).filter(|run| has_run_on(run, base)) else { break };
        if run.link.has_snapshot || run.is_under_way() {
            first = place + 1;
        }
        base = Some(run.run);
    }
    chain.drain(..first);
    chain
}

/// Returns whether rerunning the whole session would leave this cell's result unchanged. A cell
/// that has not run, or is in no session, is current.
pub fn is_current(deck: &Deck, runs: &Runs, cell: &Cell) -> bool {
    if !runs.get(&cell.id).is_some_and(has_run) {
        return true;
    }
    let mut base = None;
    deck.session_up_to(cell.id).into_iter().all(|cell| {
        let run = runs.get(&cell.id).filter(|run| has_run_on(run, base));
        base = run.map(|run| run.run);
        run.is_some()
    })
}

fn has_run_on(run: &CellRun, base: Option<RunId>) -> bool {
    has_run(run) && !run.origin.is_stale && run.link.base == base
}

fn has_run(run: &CellRun) -> bool {
    match &run.state {
        State::Ended(Outcome::NotStarted(_)) => false,
        State::Ended(_) => true,
        _ => run.is_under_way(),
    }
}
