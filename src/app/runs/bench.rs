//! Races: which lanes run when one is asked for, and one after the other, so that each is timed alone.

use std::collections::BTreeSet;

use crate::app::runs::schedule;
use crate::app::{App, Effect};
use crate::deck::{Cell, CellId};
use crate::run::{CellRun, SessionLink, State};

/// These cells, and with each lane of a race the lanes that it runs against: those of its slide that
/// can be seen, and those before that have not run since they were changed. In the order in which they
/// are to start.
pub(in crate::app) fn with_lanes(app: &App, cells: Vec<CellId>) -> Vec<CellId> {
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

/// These cells in the order in which they are to start: lanes that the background may still be
/// compiling stand before all others, so that no compiler is at work while another lane is timed.
pub(in crate::app) fn in_order(app: &App, mut cells: Vec<CellId>) -> Vec<CellId> {
    cells.sort_by_key(|id| !(is_lane(app, *id) && may_be_compiling(app, *id)));
    cells
}

fn runs_against(app: &App, id: CellId, other: &Cell) -> bool {
    let Some(own) = app.deck.cell(id) else { return false };
    if own.slide == other.slide {
        return app.at.slide != other.slide || other.step <= app.at.step;
    }
    let has_run = app.runs.get(&other.id).is_some_and(|run| {
        run.is_under_way() || matches!(run.state, State::Ended(_)) && !run.stale
    });
    other.slide < own.slide && !has_run
}

fn may_be_compiling(app: &App, id: CellId) -> bool {
    let is_rust = app.deck.cell(id).is_some_and(|cell| &*cell.language == "rust");
    let is_known = |run: &CellRun| {
        !run.stale && !matches!(run.state, State::NotRun | State::NotAllowed | State::Compiling)
    };
    is_rust && !app.runs.get(&id).is_some_and(is_known)
}

/// Where a run that starts now stands: a lane waits until no other one is on its way.
pub(in crate::app) fn link(app: &App, id: CellId, link: SessionLink) -> SessionLink {
    let is_busy =
        is_lane(app, id) && app.runs.iter().any(|(&other, run)| is_on_its_way(app, other, run));
    SessionLink { waits: link.waits || is_busy, ..link }
}

/// Begins the lane that waits longest, if none is on its way.
pub(in crate::app) fn go_on(app: &mut App) -> Vec<Effect> {
    if app.runs.iter().any(|(&id, run)| is_on_its_way(app, id, run) && !run.link.waits) {
        return Vec::new();
    }
    let waiting =
        app.runs.iter().filter(|(id, run)| run.link.waits && is_on_its_way(app, **id, run));
    let Some(next) = waiting.min_by_key(|(_, run)| run.run).map(|(&id, _)| id) else {
        return Vec::new();
    };
    if let Some(run) = app.runs.get_mut(&next) {
        run.link.waits = false;
    }
    schedule::begin(app, next).into_iter().collect()
}

fn is_on_its_way(app: &App, id: CellId, run: &CellRun) -> bool {
    is_lane(app, id) && run.is_under_way()
}

fn is_lane(app: &App, id: CellId) -> bool {
    app.deck.cell(id).is_some_and(|cell| cell.exec.bench.is_some())
}
