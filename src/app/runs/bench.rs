//! Benchmarks: which contenders run together, and in which order. They run one at a time so that each
//! is measured alone.

use std::collections::BTreeSet;

use crate::app::state::App;
use crate::deck::{Cell, CellId};
use crate::run::{CellRun, SessionLink, State};

/// Adds to each contender among these cells the ones it is compared with: the visible ones on its
/// slide, and those on earlier slides that have not run since they changed. Returns all of them in
/// starting order.
pub(super) fn with_contenders(app: &App, cells: Vec<CellId>) -> Vec<CellId> {
    let mut known = BTreeSet::new();
    let mut all = Vec::new();
    for id in cells {
        let lanes =
            app.deck.contenders(id).filter(|cell| cell.id == id || runs_against(app, id, cell));
        let chosen = lanes.map(|cell| cell.id).chain([id]);
        all.extend(chosen.filter(|id| known.insert(*id)));
    }
    in_order(app, all)
}

/// Sorts cells into starting order: contenders that may still be compiling in the background come
/// first, so that no compiler is running while another contender is measured.
pub(super) fn in_order(app: &App, mut cells: Vec<CellId>) -> Vec<CellId> {
    cells.sort_by_key(|id| !(is_contender(app, *id) && may_be_compiling(app, *id)));
    cells
}

fn runs_against(app: &App, id: CellId, other: &Cell) -> bool {
    let Some(own) = app.deck.cell(id) else { return false };
    if own.slide == other.slide {
        return app.view.at.slide != other.slide || app.deck.shows(other, app.view.at.step);
    }
    let has_run = app.runs.get(&other.id).is_some_and(|run| {
        run.is_under_way() || matches!(run.state, State::Ended(_)) && !run.origin.is_stale
    });
    other.slide < own.slide && !has_run
}

fn may_be_compiling(app: &App, id: CellId) -> bool {
    let is_rust = app.deck.cell(id).is_some_and(|cell| &*cell.language == "rust");
    let is_known = |run: &CellRun| {
        !run.origin.is_stale
            && !matches!(run.state, State::NotRun | State::NotAllowed | State::Compiling)
    };
    is_rust && !app.runs.get(&id).is_some_and(is_known)
}

/// Returns the link of a run that starts now: a contender waits while another one is under way.
pub(super) fn link(app: &App, id: CellId, link: SessionLink) -> SessionLink {
    let is_busy =
        is_contender(app, id) && app.runs.iter().any(|(&other, run)| is_active(app, other, run));
    SessionLink { waits: link.waits || is_busy, ..link }
}

/// Picks the contender that has waited longest, unless one is running. It no longer waits.
pub(super) fn take_next(app: &mut App) -> Option<CellId> {
    if app.runs.iter().any(|(&id, run)| is_active(app, id, run) && !run.link.waits) {
        return None;
    }
    let waiting = app.runs.iter().filter(|(id, run)| run.link.waits && is_active(app, **id, run));
    let next = waiting.min_by_key(|(_, run)| run.run).map(|(&id, _)| id)?;
    if let Some(run) = app.runs.get_mut(&next) {
        run.link.waits = false;
    }
    Some(next)
}

fn is_active(app: &App, id: CellId, run: &CellRun) -> bool {
    is_contender(app, id) && run.is_under_way()
}

fn is_contender(app: &App, id: CellId) -> bool {
    app.deck.cell(id).is_some_and(|cell| cell.exec.bench.is_some())
}
