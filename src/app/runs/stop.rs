//! Processes that runs have left in the background, and the key that ends them.

use crate::app::{App, Effect};
use crate::deck::CellId;
use crate::run::{CellRun, RunId};

/// Ends what the focused cell has left in the background, else what the slide's cells have; none
/// where there is nothing to end.
pub(in crate::app) fn end(app: &mut App) -> Option<Vec<Effect>> {
    let has_some = |id: &CellId| app.runs.get(id).is_some_and(|run| run.background > 0);
    let focused: Vec<CellId> = app.focus.into_iter().filter(has_some).collect();
    let chosen: Vec<CellId> = if focused.is_empty() {
        app.visible_cells().map(|cell| cell.id).filter(has_some).collect()
    } else {
        focused
    };
    let runs: Vec<&CellRun> = chosen.iter().filter_map(|id| app.runs.get(id)).collect();
    let count: usize = runs.iter().map(|run| run.background).sum();
    let ended: Vec<RunId> = runs.iter().map(|run| run.run).collect();
    if ended.is_empty() {
        return None;
    }
    // Pressed once more in haste, the key does not leave the talk.
    app.internal.stopped = Some(app.internal.pressed);
    app.notice =
        Some(format!("ended {count} background process{}", if count == 1 { "" } else { "es" }));
    app.paint_changed();
    Some(ended.into_iter().map(Effect::Kill).collect())
}
