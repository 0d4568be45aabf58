//! The panel that lists the variables of a session: of the focused block, or else of the block that
//! ran last.

use crate::app::effect::Effect;
use crate::app::state::{App, Mode, Variables};
use crate::deck::CellId;
use crate::run::{CellRun, RunId, Variable};

/// Opens or closes the panel.
pub(in crate::app) fn toggle(app: &mut App) -> Vec<Effect> {
    app.paint_changed();
    if let Mode::Variables(_) = app.mode {
        app.mode = Mode::Slide;
        return Vec::new();
    }
    match choose(app) {
        Ok((cell, run)) => {
            app.mode = Mode::Variables(Variables { cell, found: None, row: 0, run });
            vec![Effect::ListVariables(run)]
        }
        Err(why) => {
            app.notify(why);
            Vec::new()
        }
    }
}

/// Returns the block to list and its run, or why there is none.
fn choose(app: &App) -> Result<(CellId, RunId), &'static str> {
    let Some(id) = app.view.focus else {
        let snapshots = app.runs.iter().filter(|(_, run)| run.link.has_snapshot);
        let last = snapshots.max_by_key(|(_, run)| run.run);
        return last.map(|(&id, run)| (id, run.run)).ok_or("no block of a session has run yet");
    };
    if app.deck.cell(id).is_none_or(|cell| cell.exec.session.is_none()) {
        return Err("this block is not part of a session");
    }
    match app.runs.get(&id) {
        Some(run) if run.link.has_snapshot => Ok((id, run.run)),
        Some(run) if run.is_under_way() => Err("this block is still running"),
        Some(_) => Err("the state of this block is gone; run it again"),
        None => Err("this block has not run yet"),
    }
}

/// Stores the answer if the panel still waits for it.
pub(in crate::app) fn answered(app: &mut App, of: RunId, answer: Result<Vec<Variable>, String>) {
    if let Mode::Variables(Variables { run, found, .. }) = &mut app.mode
        && *run == of
    {
        *found = Some(answer);
        app.paint_changed();
    }
}

/// The run of a cell has ended: lists its variables again if the panel shows that cell.
pub(in crate::app) fn refresh(app: &mut App, of: CellId) -> Option<Effect> {
    let Mode::Variables(Variables { cell, run, .. }) = &mut app.mode else { return None };
    let CellRun { run: present, link, .. } = app.runs.get(&of).filter(|_| *cell == of)?;
    *run = *present;
    link.has_snapshot.then_some(Effect::ListVariables(*present))
}
