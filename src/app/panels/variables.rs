//! The names that a session has, looked at: of the focused block, else of the one that ran last.

use crate::app::{App, Effect, Mode};
use crate::deck::CellId;
use crate::run::{CellRun, RunId, Variable};

/// The open panel.
#[derive(Clone, Debug)]
pub struct Variables {
    /// After which block.
    pub cell: CellId,
    /// What it knows, or why that cannot be told; nothing yet.
    pub found: Option<Result<Vec<Variable>, String>>,
    /// How many rows it is scrolled by.
    pub row: u16,
    run: RunId,
}

/// Opens the panel, or closes it.
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
            app.notice = Some(why.to_owned());
            Vec::new()
        }
    }
}

/// The block to look at, and its run, or why there is none.
fn choose(app: &App) -> Result<(CellId, RunId), &'static str> {
    let Some(id) = app.focus else {
        let held = app.runs.iter().filter(|(_, run)| run.link.has_snapshot);
        let last = held.max_by_key(|(_, run)| run.run);
        return last.map(|(&id, run)| (id, run.run)).ok_or("no block of a session has run yet");
    };
    if app.deck.cell(id).is_none_or(|cell| cell.exec.session.is_none()) {
        return Err("this block is in no session: it leaves no names");
    }
    match app.runs.get(&id) {
        Some(run) if run.link.has_snapshot => Ok((id, run.run)),
        Some(run) if run.is_under_way() => Err("this block is still running"),
        Some(_) => Err("what this block left is gone: run it again"),
        None => Err("this block has not run yet"),
    }
}

/// Takes in what was asked for, if it is still wanted.
pub(in crate::app) fn told(app: &mut App, of: RunId, told: Result<Vec<Variable>, String>) {
    if let Mode::Variables(Variables { run, found, .. }) = &mut app.mode
        && *run == of
    {
        *found = Some(told);
        app.paint_changed();
    }
}

/// The block that is looked at has run again: asks again.
pub(in crate::app) fn refresh(app: &mut App, of: CellId) -> Option<Effect> {
    let Mode::Variables(Variables { cell, run, .. }) = &mut app.mode else { return None };
    let CellRun { run: present, link, .. } = app.runs.get(&of).filter(|_| *cell == of)?;
    *run = *present;
    link.has_snapshot.then_some(Effect::ListVariables(*present))
}
