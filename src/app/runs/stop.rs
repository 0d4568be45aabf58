//! The stop key: interrupts runs, then kills them, then ends background processes, then quits.

use crate::app::effect::Effect;
use crate::app::input::bindings::Action;
use crate::app::input::editor;
use crate::app::runs::session;
use crate::app::state::App;
use crate::deck::CellId;
use crate::run::{CellRun, RunId};

/// The start of the notice of a stop, which disappears when nothing runs any more.
const STOPPING: &str = "stopping";

/// Interrupts what runs, kills it the second time, quits when nothing runs. If the runs ended just
/// before a second press, that press does not quit.
pub(in crate::app) fn stop(app: &mut App) -> Vec<Effect> {
    session::stop_waiting(app);
    let running: Vec<RunId> =
        app.runs.values().filter(|run| run.is_under_way()).map(|run| run.run).collect();
    let last_stop = app.internal.stopped.take();
    let is_repeated = last_stop.is_some_and(|number| number + 1 == app.internal.pressed);
    if running.is_empty()
        && let Some(effects) = end_background(app)
    {
        return effects;
    }
    if running.is_empty() && !is_repeated {
        return editor::quit(app, Action::Stop);
    }
    app.paint_changed();
    if running.is_empty() {
        let key = app.keymap.first_of(Action::Stop);
        if let Some(key) = key {
            app.notify(format!("nothing is running; {key} again to quit"));
        }
        return Vec::new();
    }
    app.internal.stopped = Some(app.internal.pressed);
    let effect = if app.internal.interrupted { Effect::Kill } else { Effect::Interrupt };
    let notice = match app.keymap.first_of(Action::Stop) {
        _ if app.internal.interrupted => "killed".to_owned(),
        Some(key) => format!("{STOPPING}; {key} again to kill"),
        None => STOPPING.to_owned(),
    };
    app.notify(notice);
    app.internal.interrupted = true;
    running.into_iter().map(effect).collect()
}

/// Removes the notice of a stop once nothing runs.
pub(in crate::app) fn clear_notice(app: &mut App) {
    if !app.is_running() && app.notice().is_some_and(|notice| notice.starts_with(STOPPING)) {
        app.clear_notice();
    }
}

/// Ends the background processes of the focused cell, or else of the slide's cells; returns none if
/// there are none.
fn end_background(app: &mut App) -> Option<Vec<Effect>> {
    let has_some = |id: &CellId| app.runs.get(id).is_some_and(|run| run.processes.background > 0);
    let focused: Vec<CellId> = app.view.focus.into_iter().filter(has_some).collect();
    let chosen: Vec<CellId> = if focused.is_empty() {
        app.visible_cells().map(|cell| cell.id).filter(has_some).collect()
    } else {
        focused
    };
    let runs: Vec<&CellRun> = chosen.iter().filter_map(|id| app.runs.get(id)).collect();
    let count: usize = runs.iter().map(|run| run.processes.background).sum();
    let ended: Vec<RunId> = runs.iter().map(|run| run.run).collect();
    if ended.is_empty() {
        return None;
    }
    // A second press right after this one does not quit.
    app.internal.stopped = Some(app.internal.pressed);
    app.notify(format!("ended {count} background process{}", if count == 1 { "" } else { "es" }));
    Some(ended.into_iter().map(Effect::Kill).collect())
}
