//! Autorun: cells that start without a key when their slide or a neighbour of it is shown, and again
//! when the session state they ran on has changed.

use std::sync::Arc;

use crate::app::effect::Effect;
use crate::app::runs::{bench, replay, schedule};
use crate::app::state::App;
use crate::app::state::permission::Trust;
use crate::deck::{CellId, SlideNo, Start};
use crate::run::{self, CellRun, State};

/// Starts the autorun cells of the slide that is about to be shown, and of its neighbours.
pub(in crate::app) fn slide_shown(app: &mut App) -> Vec<Effect> {
    let slide = app.view.at.slide;
    let is_new = app.internal.shown.replace(slide) != Some(slide);
    let mut effects = start(app);
    if is_new {
        effects.extend(rerun_outdated(app));
    }
    effects
}

/// Starts the autorun cells of the current slide and its neighbours that may run and have not run;
/// marks the others as not allowed.
fn start(app: &mut App) -> Vec<Effect> {
    let at = app.view.at.slide.index();
    let near = [Some(at), Some(at + 1), at.checked_sub(1)].into_iter().flatten().map(SlideNo::new);
    let deck = Arc::clone(&app.deck);
    let own = |slide| deck.cells_of(slide).filter(|cell| cell.exec.start == Start::Auto);
    if app.only_replays() {
        replay::show_autorun(app, near.flat_map(own).map(|cell| &**cell));
        return Vec::new();
    }
    let mut effects = Vec::new();
    for slide in near {
        let due = own(slide).map(|cell| cell.id);
        let due = due.filter(|id| !schedule::has_run(app.runs.get(id))).collect();
        for id in bench::in_order(app, due) {
            effects.extend(start_one(app, id));
        }
    }
    effects
}

/// Starts an autorun cell, or marks it as not allowed.
fn start_one(app: &mut App, id: CellId) -> Vec<Effect> {
    if schedule::may_run_chain(app, id) {
        return schedule::start_again(app, id);
    }
    if app.permission.trust == Trust::Checking {
        return Vec::new();
    }
    if app.runs.get(&id).is_none_or(|run| run.state != State::NotAllowed) {
        app.runs.entry(id).or_default().state = State::NotAllowed;
        app.scene_changed();
    }
    Vec::new()
}

/// Reruns the autorun cells of the current slide whose session state is out of date.
fn rerun_outdated(app: &mut App) -> Vec<Effect> {
    let deck = Arc::clone(&app.deck);
    let own = deck.cells_of(app.view.at.slide).filter(|cell| cell.exec.start == Start::Auto);
    let mut effects = Vec::new();
    for cell in own {
        let is_over = !app.runs.get(&cell.id).is_some_and(CellRun::is_under_way);
        let is_outdated = is_over && !run::is_current(&deck, &app.runs, cell);
        if is_outdated && !app.only_replays() && schedule::may_run_chain(app, cell.id) {
            effects.extend(schedule::start_again(app, cell.id));
        }
    }
    effects
}
