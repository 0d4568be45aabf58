//! Replay: shows recorded output in place of a run, by key or as the deck's options say. The live run
//! continues behind it, and the same key brings it back.

use crate::app::state::App;
use crate::deck::{Cell, CellId, Replay};
use crate::run::{Outcome, Runs, State};

/// Stores the recorded outputs of the deck's cells; those that are shown are replaced. Shows those of
/// cells that have not run if the deck's options say so.
pub(in crate::app) fn set_recorded(app: &mut App, recorded: Runs) {
    for (id, run) in app.runs.iter_mut().filter(|(_, run)| run.replay.is_some()) {
        run.replay = recorded.get(id).cloned().map(Box::new);
    }
    app.internal.recorded = recorded;
    if app.deck.options.replay == Replay::UntilRun {
        let cells: Vec<_> = app.internal.recorded.keys().copied().collect();
        for id in cells.into_iter().filter(|id| !app.runs.contains_key(id)).collect::<Vec<_>>() {
            show(app, id);
        }
    }
    app.scene_changed();
}

/// Shows the recorded output of the focused cell, or of the slide's cells; shows the live output if
/// it is already shown.
pub(in crate::app) fn toggle(app: &mut App) {
    let seen: Vec<CellId> = match app.view.focus {
        Some(id) => vec![id],
        None => app.visible_cells().map(|cell| cell.id).collect(),
    };
    let known = &app.internal.recorded;
    let recorded: Vec<_> = seen.into_iter().filter(|id| known.contains_key(id)).collect();
    if recorded.is_empty() {
        app.notify("no recording for this block; create one with `livedeck record`");
        return;
    }
    let is_shown = |id| app.runs.get(id).is_some_and(|run| run.replay.is_some());
    let back = recorded.iter().all(is_shown);
    for id in recorded {
        if back {
            app.runs.entry(id).or_default().replay = None;
        } else {
            show(app, id);
        }
    }
    app.scene_changed();
}

/// A run has ended: replaces its output with the recorded one if the deck's options say so.
pub(in crate::app) fn run_ended(app: &mut App, id: CellId) {
    let Some(State::Ended(outcome)) = app.runs.get(&id).map(|run| &run.state) else { return };
    let expects_failure = app.deck.cell(id).is_some_and(|cell| cell.check.expects_failure);
    let due = match app.deck.options.replay {
        Replay::Never | Replay::UntilRun => false,
        Replay::OnTimeout => *outcome == Outcome::TimedOut,
        // A run that the speaker stopped has not failed.
        Replay::OnFailure | Replay::Always => {
            !outcome.is_success() && *outcome != Outcome::Stopped && !expects_failure
        }
    };
    if due {
        show(app, id);
    }
}

/// Shows the recorded outputs of these cells instead of running them.
pub(super) fn show_instead(app: &mut App, cells: &[CellId]) {
    for &id in cells {
        if !show(app, id) {
            let why = "there is no recorded output, and only that is shown";
            let run = app.runs.entry(id).or_default();
            run.state = State::Ended(Outcome::NotStarted(why.to_owned()));
        }
    }
    app.watch(cells);
    app.scene_changed();
}

/// Shows the recorded outputs of these autorun cells.
pub(super) fn show_autorun<'a>(app: &mut App, due: impl Iterator<Item = &'a Cell>) {
    for cell in due {
        if app.runs.get(&cell.id).is_none_or(|run| run.replay.is_none()) && show(app, cell.id) {
            app.scene_changed();
        }
    }
}

/// Shows the recorded output of a cell; returns whether there is one.
fn show(app: &mut App, id: CellId) -> bool {
    let recorded = app.internal.recorded.get(&id).cloned().map(Box::new);
    let is_there = recorded.is_some();
    if is_there {
        app.runs.entry(id).or_default().replay = recorded;
    }
    is_there
}
