//! Sessions: what a run goes on from, what waits for it, and what its end means for the blocks behind
//! it.

use std::time::Duration;

use crate::app::panels::variables;
use crate::app::runs::schedule;
use crate::app::{App, Effect};
use crate::deck::CellId;
use crate::run::{self, CellRun, Outcome, RunId, SessionLink, State};

/// Where a run that starts now stands in its cell's session.
pub(in crate::app) fn link(app: &App, cell: CellId) -> SessionLink {
    let base = before(app, cell).and_then(|before| app.runs.get(&before));
    SessionLink {
        base: base.map(|base| base.run),
        waits: base.is_some_and(CellRun::is_under_way),
        ..SessionLink::default()
    }
}

/// The cell whose state a cell goes on from.
fn before(app: &App, cell: CellId) -> Option<CellId> {
    let chain = app.deck.session_up_to(cell);
    Some(chain.get(chain.len().checked_sub(2)?)?.id)
}

/// A cell's run has ended: begins what waited for it, or says why that does not run.
pub(in crate::app) fn ended(app: &mut App, cell: CellId) -> Vec<Effect> {
    let Some(run) = app.runs.get(&cell) else { return Vec::new() };
    if run.link.base_gone && !run.link.restarted {
        return from_the_start(app, cell);
    }
    let State::Ended(outcome) = &run.state else { return Vec::new() };
    let fails_on_purpose = app.deck.cell(cell).is_some_and(|cell| cell.check.expects_failure);
    let goes_on = run.link.has_snapshot && (outcome.is_success() || fails_on_purpose);
    let next = waiting_for(app, run.run);
    let why = refusal(app, cell, outcome);
    let mut effects: Vec<Effect> = variables::refresh(app, cell).into_iter().collect();
    for next in next {
        if goes_on {
            effects.extend(let_begin(app, next));
        } else {
            refuse(app, next, &why);
        }
    }
    effects
}

/// What a run in place changes is no longer what its base left.
pub(in crate::app) fn consume_base(app: &mut App, cell: CellId) {
    let base = app.runs.get(&cell).and_then(|run| run.link.base);
    for run in app.runs.values_mut().filter(|run| Some(run.run) == base) {
        run.link.has_snapshot = false;
    }
}

/// The cells that wait for the end of a run.
fn waiting_for(app: &App, base: RunId) -> Vec<CellId> {
    let waits = |run: &CellRun| run.link.waits && run.link.base == Some(base);
    app.runs.iter().filter(|(_, run)| waits(run)).map(|(&id, _)| id).collect()
}

fn let_begin(app: &mut App, cell: CellId) -> Option<Effect> {
    app.runs.get_mut(&cell)?.link.waits = false;
    schedule::begin(app, cell)
}

/// Ends a cell's run before it began, and so those that wait for it.
fn refuse(app: &mut App, cell: CellId, why: &str) {
    app.scene_changed();
    let Some(run) = app.runs.get_mut(&cell) else { return };
    end(run, Outcome::NotStarted(why.to_owned()));
    let id = run.run;
    for next in waiting_for(app, id) {
        refuse(app, next, why);
    }
}

/// Ends a run that has not begun.
fn end(run: &mut CellRun, outcome: Outcome) {
    run.link.waits = false;
    run.wanted = false;
    run.elapsed = Duration::ZERO;
    run.state = State::Ended(outcome);
}

/// Why a block does not run when one before it ended like this.
fn refusal(app: &App, cell: CellId, outcome: &Outcome) -> String {
    let how = match outcome {
        Outcome::Stopped => "was stopped",
        Outcome::TimedOut => "took too long",
        outcome if outcome.is_success() => "left no state",
        _ => "failed",
    };
    let place = app.deck.cell(cell).map_or_else(String::new, |cell| {
        format!(" (slide {}, line {})", cell.slide.human(), cell.first_line)
    });
    format!("not run: the block before it in its session{place} {how}")
}

/// What a cell was to go on from is gone, without its doing: the session starts again from its first
/// block, once.
fn from_the_start(app: &mut App, cell: CellId) -> Vec<Effect> {
    let chain: Vec<CellId> = app.deck.session_up_to(cell).iter().map(|cell| cell.id).collect();
    let Some(&before) = chain.iter().rev().nth(1) else { return Vec::new() };
    for id in &chain[..chain.len() - 1] {
        if let Some(run) = app.runs.get_mut(id) {
            run.link.has_snapshot = false;
        }
    }
    let due = run::cells_to_run(&app.deck, &app.runs, before);
    let effects = due.into_iter().flat_map(|id| schedule::start(app, id)).collect();
    let link = SessionLink { restarted: true, ..link(app, cell) };
    if let Some(run) = app.runs.get_mut(&cell).filter(|_| link.waits) {
        (run.state, run.wanted, run.link) = (State::Queued, true, link);
    }
    effects
}

/// Ends what waits for a run: nothing of it has begun.
pub(in crate::app) fn stop_waiting(app: &mut App) {
    for run in app.runs.values_mut().filter(|run| run.link.waits) {
        end(run, Outcome::Stopped);
    }
}

/// After a reload: ends what waits for a run that is none of the talk's any more, and what waits for
/// that.
pub(in crate::app) fn stop_orphans(app: &mut App) {
    loop {
        let under_way = app.runs.values().filter(|run| run.is_under_way());
        let under_way: Vec<Option<RunId>> = under_way.map(|run| Some(run.run)).collect();
        let is_orphan = |run: &&mut CellRun| {
            let SessionLink { waits, base, .. } = run.link;
            waits && base.is_some() && !under_way.contains(&base)
        };
        let mut orphans = app.runs.values_mut().filter(is_orphan).peekable();
        if orphans.peek().is_none() {
            return;
        }
        orphans.for_each(|run| end(run, Outcome::Stopped));
    }
}

/// Another Python runs the deck from now on: what ran in the one before is over, and no state of it
/// is left.
pub(in crate::app) fn forget_all(app: &mut App) {
    // All that ran there has ended.
    app.runs.values_mut().for_each(|run| run.background = 0);
    let is_python = |id: CellId| app.deck.cell(id).is_some_and(|cell| &*cell.language == "python");
    for (_, run) in app.runs.iter_mut().filter(|(id, _)| is_python(**id)) {
        run.link = SessionLink::default();
        if run.is_under_way() {
            end(run, Outcome::Stopped);
        }
    }
}
