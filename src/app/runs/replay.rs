//! What was recorded, in the place of what runs: by key, or by itself as the deck's options say. The
//! live run goes on behind it, and the same key brings it back.

use crate::app::App;
use crate::app::runs::schedule;
use crate::deck::{Cell, CellId, Replay};
use crate::run::{Outcome, Runs, State};

/// Takes in what was recorded of the deck's cells; what is shown of an older recording gives way.
pub(in crate::app) fn take_in(app: &mut App, recorded: Runs) {
    app.recorded = recorded;
    for (id, run) in app.runs.iter_mut().filter(|(_, run)| run.replay.is_some()) {
        run.replay = app.recorded.get(id).cloned().map(Box::new);
    }
    app.scene_changed();
}

/// Shows what was recorded of the focused cell, or of the slide's; what is shown already gives way to
/// the live ones.
pub(in crate::app) fn toggle(app: &mut App) {
    let seen: Vec<CellId> = match app.focus {
        Some(id) => vec![id],
        None => app.visible_cells().map(|cell| cell.id).collect(),
    };
    let recorded: Vec<_> = seen.into_iter().filter(|id| app.recorded.contains_key(id)).collect();
    if recorded.is_empty() {
        app.notice = Some("nothing of this is recorded: `livedeck record` does that".to_owned());
        app.paint_changed();
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

/// A run has ended: where the deck's options say so, what was recorded takes its place.
pub(in crate::app) fn ended(app: &mut App, id: CellId) {
    let Some(State::Ended(outcome)) = app.runs.get(&id).map(|run| &run.state) else { return };
    let expects_failure = app.deck.cell(id).is_some_and(|cell| cell.check.expects_failure);
    let due = match app.deck.options.replay {
        Replay::Never => false,
        Replay::OnTimeout => *outcome == Outcome::TimedOut,
        // What the speaker stopped has not failed.
        Replay::OnFailure | Replay::Always => {
            !outcome.is_success() && *outcome != Outcome::Stopped && !expects_failure
        }
    };
    if due {
        show(app, id);
    }
}

/// Shows what was recorded of these cells, where nothing is to run.
pub(in crate::app) fn play(app: &mut App, cells: &[CellId]) {
    for &id in cells {
        if !show(app, id) {
            let why = "nothing of it is recorded, and nothing runs: `options.replay`";
            let run = app.runs.entry(id).or_default();
            run.state = State::Ended(Outcome::NotStarted(why.to_owned()));
        }
    }
    schedule::watch(app, cells);
    app.scene_changed();
}

/// Shows what was recorded of the cells among these that run by themselves.
pub(in crate::app) fn play_by_themselves<'a>(app: &mut App, due: impl Iterator<Item = &'a Cell>) {
    for cell in due {
        if app.runs.get(&cell.id).is_none_or(|run| run.replay.is_none()) && show(app, cell.id) {
            app.scene_changed();
        }
    }
}

/// Whether there is anything to show.
fn show(app: &mut App, id: CellId) -> bool {
    let recorded = app.recorded.get(&id).cloned().map(Box::new);
    let is_there = recorded.is_some();
    if is_there {
        app.runs.entry(id).or_default().replay = recorded;
    }
    is_there
}

impl App {
    /// Whether nothing runs: what was recorded is shown.
    pub fn only_replays(&self) -> bool {
        self.deck.options.replay == Replay::Always
    }
}
