//! Races: which lanes run when one is asked for, and one after the other, so that each is timed alone.

use super::{App, Effect, cells};
use crate::deck::{Cell, CellId};
use crate::run::{CellRun, Standing, State};

/// These cells, and with each lane of a race the lanes that it runs against: those of its slide that
/// can be seen, and those before that have not run since they were changed. What has to be compiled
/// yet runs first, so that no compiler is at work while another lane is timed.
pub(super) fn with_lanes(app: &App, cells: Vec<CellId>) -> Vec<CellId> {
    let mut all: Vec<CellId> = Vec::new();
    for id in cells {
        let lanes = app.deck.lanes(id).filter(|cell| cell.id == id || runs_against(app, id, cell));
        let mut lanes: Vec<CellId> = lanes.map(|cell| cell.id).collect();
        lanes.sort_by_key(|lane| !is_to_be_compiled(app, *lane));
        let chosen = if lanes.is_empty() { vec![id] } else { lanes };
        for id in chosen {
            if !all.contains(&id) {
                all.push(id);
            }
        }
    }
    all
}

fn runs_against(app: &App, id: CellId, other: &Cell) -> bool {
    let Some(own) = app.deck.cell(id) else { return false };
    let is_seen = app.at.slide != other.slide || other.step <= app.at.step;
    if own.slide == other.slide {
        return is_seen;
    }
    let has_run = app.runs.get(&other.id).is_some_and(|run| {
        run.is_under_way() || matches!(run.state, State::Ended(_)) && !run.stale
    });
    other.slide < own.slide && !has_run
}

fn is_to_be_compiled(app: &App, id: CellId) -> bool {
    let is_rust = app.deck.cell(id).is_some_and(|cell| &*cell.language == "rust");
    is_rust
        && app.runs.get(&id).is_none_or(|run| matches!(run.state, State::NotRun | State::Compiling))
}

/// Where a run that starts now stands: a lane waits until no other one is on its way.
pub(super) fn standing(app: &App, id: CellId, standing: Standing) -> Standing {
    let is_busy =
        is_lane(app, id) && app.runs.iter().any(|(&other, run)| is_on_its_way(app, other, run));
    Standing { waits: standing.waits || is_busy, ..standing }
}

/// Begins the lane that waits longest, if none is on its way.
pub(super) fn go_on(app: &mut App) -> Vec<Effect> {
    if app.runs.iter().any(|(&id, run)| is_on_its_way(app, id, run) && !run.standing.waits) {
        return Vec::new();
    }
    let waiting =
        app.runs.iter().filter(|(id, run)| run.standing.waits && is_on_its_way(app, **id, run));
    let Some(next) = waiting.min_by_key(|(_, run)| run.run).map(|(&id, _)| id) else {
        return Vec::new();
    };
    if let Some(run) = app.runs.get_mut(&next) {
        run.standing.waits = false;
    }
    cells::begin(app, next).into_iter().collect()
}

fn is_on_its_way(app: &App, id: CellId, run: &CellRun) -> bool {
    is_lane(app, id) && run.is_under_way()
}

fn is_lane(app: &App, id: CellId) -> bool {
    app.deck.cell(id).is_some_and(|cell| cell.how.race.is_some())
}
