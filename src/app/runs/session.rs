//! Sessions: which run a new one continues from, which runs wait for it, and what its end means for
//! the blocks behind it.

use std::time::Duration;

use crate::app::state::App;
use crate::deck::CellId;
use crate::run::{self, CellRun, Outcome, RunId, SessionLink, State};

/// The runs that follow the end of another one.
pub(super) enum NextRuns {
    /// Begin the runs of these cells, which waited.
    Begin(Vec<CellId>),
    /// Start these cells: the session starts again from its first block.
    Restart(Vec<CellId>),
}

/// Returns how a run that starts now is linked to its session.
pub(super) fn link(app: &App, cell: CellId) -> SessionLink {
    let base = before(app, cell).and_then(|before| app.runs.get(&before));
    SessionLink {
        base: base.map(|base| base.run),
        waits: base.is_some_and(CellRun::is_under_way),
        ..SessionLink::default()
    }
}

/// Returns the cell before this one in its session.
fn before(app: &App, cell: CellId) -> Option<CellId> {
    let chain = app.deck.session_up_to(cell);
    Some(chain.get(chain.len().checked_sub(2)?)?.id)
}

/// Returns the runs to begin after the end of a cell's run. Those that waited for it and cannot
/// continue are ended with the reason.
pub(super) fn ended(app: &mut App, cell: CellId) -> NextRuns {
    let nothing = NextRuns::Begin(Vec::new());
    let Some(run) = app.runs.get(&cell) else { return nothing };
    // A run with output had begun: it must not run twice.
    if run.link.base_gone && !run.link.restarted && run.output.is_empty() {
        return restart(app, cell);
    }
    let State::Ended(outcome) = &run.state else { return nothing };
    let expects_failure = app.deck.cell(cell).is_some_and(|cell| cell.check.expects_failure);
    let continues = run.link.has_snapshot && (outcome.is_success() || expects_failure);
    let next = waiting_for(app, run.run);
    let why = refusal(app, cell, outcome);
    for &next in &next {
        if !continues {
            refuse(app, next, &why);
        } else if let Some(run) = app.runs.get_mut(&next) {
            run.link.waits = false;
        }
    }
    if continues { NextRuns::Begin(next) } else { nothing }
}

/// A run that shares the process of its base has changed the base's state: it is no longer what the
/// base left.
pub(super) fn consume_base(app: &mut App, cell: CellId) {
    let base = app.runs.get(&cell).and_then(|run| run.link.base);
    for run in app.runs.values_mut().filter(|run| Some(run.run) == base) {
        run.link.has_snapshot = false;
    }
}

/// Returns the cells that wait for the end of a run.
fn waiting_for(app: &App, base: RunId) -> Vec<CellId> {
    let waits = |run: &CellRun| run.link.waits && run.link.base == Some(base);
    app.runs.iter().filter(|(_, run)| waits(run)).map(|(&id, _)| id).collect()
}

/// Ends a cell's run before it began, and those that wait for it.
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

/// Returns why a block does not run after one before it ended with this outcome.
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

/// Returns why a cell does not run if an earlier block of its session lost the session's state, and such
/// blocks are not run again: one that was killed, or ended its process.
pub(super) fn lost_before(app: &App, cell: CellId) -> Option<String> {
    if app.internal.repeats_lost_runs {
        return None;
    }
    let chain = app.deck.session_up_to(cell);
    chain.iter().filter(|before| before.id != cell).find_map(|before| {
        let run = app
            .runs
            .get(&before.id)
            .filter(|run| !run.link.has_snapshot && !run.origin.is_stale)?;
        let State::Ended(outcome) = &run.state else { return None };
        let keeps_state = *outcome == Outcome::Raised || is_continued(app, run.run);
        (has_begun(outcome) && !keeps_state).then(|| refusal(app, before.id, outcome))
    })
}

/// Returns whether another run began with the state that this one left.
fn is_continued(app: &App, base: RunId) -> bool {
    app.runs.values().any(|run| {
        let is_refused = matches!(&run.state, State::Ended(outcome) if !has_begun(outcome));
        run.link.base == Some(base) && !is_refused
    })
}

fn has_begun(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::NotStarted(_))
}

/// The snapshot that a cell was to continue from is gone through no fault of the deck: returns the
/// cells that restart the session, which happens once.
fn restart(app: &mut App, cell: CellId) -> NextRuns {
    let chain: Vec<CellId> = app.deck.session_up_to(cell).iter().map(|cell| cell.id).collect();
    let Some(&before) = chain.iter().rev().nth(1) else { return NextRuns::Begin(Vec::new()) };
    for id in &chain[..chain.len() - 1] {
        if let Some(run) = app.runs.get_mut(id) {
            run.link.has_snapshot = false;
        }
    }
    NextRuns::Restart(run::cells_to_run(&app.deck, &app.runs, before))
}

/// Queues a cell's run again, behind the restarted session.
pub(super) fn wait_again(app: &mut App, cell: CellId) {
    let link = SessionLink { restarted: true, ..link(app, cell) };
    if let Some(run) = app.runs.get_mut(&cell).filter(|_| link.waits) {
        (run.state, run.wanted, run.link) = (State::Queued, true, link);
    }
}

/// Ends the runs that wait for another one; they have not begun.
pub(super) fn stop_waiting(app: &mut App) {
    for run in app.runs.values_mut().filter(|run| run.link.waits) {
        end(run, Outcome::Stopped);
    }
}

/// Ends the runs that wait for a run that a reload removed, and those that wait for them.
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

/// Another Python runs the deck from now on: ends the runs of the previous one and drops its states.
pub(in crate::app) fn forget_all(app: &mut App) {
    // Its background processes ended with it.
    app.runs.values_mut().for_each(|run| run.processes.background = 0);
    let is_python = |id: CellId| app.deck.cell(id).is_some_and(|cell| &*cell.language == "python");
    for (_, run) in app.runs.iter_mut().filter(|(id, _)| is_python(**id)) {
        run.link = SessionLink::default();
        if run.is_under_way() {
            end(run, Outcome::Stopped);
        }
    }
}
