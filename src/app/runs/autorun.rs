//! Cells that run by themselves, without a key: when their slide or its neighbour is shown, and again
//! when what they go on from has changed since.

use std::sync::Arc;

use crate::app::runs::{bench, replay, schedule};
use crate::app::{App, Effect, Trust};
use crate::deck::{CellId, SlideNo, Start};
use crate::run::{self, CellRun, State};

/// Starts what runs by itself on the slide shown and on its neighbours, where it may; elsewhere
/// says that it may not.
pub(in crate::app) fn start(app: &mut App) -> Vec<Effect> {
    let at = app.at.slide.index();
    let near = [Some(at), Some(at + 1), at.checked_sub(1)].into_iter().flatten().map(SlideNo::new);
    let deck = Arc::clone(&app.deck);
    let own = |slide| deck.cells_of(slide).filter(|cell| cell.exec.start == Start::Auto);
    if app.only_replays() {
        replay::play_by_themselves(app, near.flat_map(own).map(|cell| &**cell));
        return Vec::new();
    }
    let mut effects = Vec::new();
    for slide in near {
        let due = own(slide).map(|cell| cell.id).filter(|id| !schedule::has_run(app.runs.get(id)));
        for id in bench::in_order(app, due.collect()) {
            effects.extend(start_one(app, id));
        }
    }
    effects
}

/// Starts a cell that runs by itself, or says that it may not.
fn start_one(app: &mut App, id: CellId) -> Vec<Effect> {
    if schedule::may_all_run(app, id) {
        return schedule::start_again(app, id);
    }
    if app.trust == Trust::Checking {
        return Vec::new();
    }
    if app.runs.get(&id).is_none_or(|run| run.state != State::NotAllowed) {
        app.runs.entry(id).or_default().state = State::NotAllowed;
        app.scene_changed();
    }
    Vec::new()
}

/// Starts again what runs by itself on the slide that comes, and shows what its session no longer is.
pub(in crate::app) fn bring_up_to_date(app: &mut App) -> Vec<Effect> {
    let deck = Arc::clone(&app.deck);
    let own = deck.cells_of(app.at.slide).filter(|cell| cell.exec.start == Start::Auto);
    let mut effects = Vec::new();
    for cell in own {
        let is_over = !app.runs.get(&cell.id).is_some_and(CellRun::is_under_way);
        let is_old = is_over && !run::is_current(&deck, &app.runs, cell);
        if is_old && !app.only_replays() && schedule::may_all_run(app, cell.id) {
            effects.extend(schedule::start_again(app, cell.id));
        }
    }
    effects
}
