//! Applies the events of runs: states, output, compile progress, elapsed time.
//!
//! Events of a run that has been replaced (the cell was run again, or its code changed) are dropped. So is
//! progress that arrives after the end of its run: output and ends have a channel of their own, which may be
//! faster.

use std::time::Duration;

use crate::app::effect::Effect;
use crate::app::input::stdin_prompt;
use crate::app::runs::{schedule, session};
use crate::app::state::{App, ScrollTarget};
use crate::deck::{CellId, Fingerprint};
use crate::run::{
    CellRun, DisplayName, Event, MarkdownOutput, Outcome, Output, Preparation, RunId, State,
};

/// What an event leads to.
pub(in crate::app) enum EventResult {
    /// These effects.
    Effects(Vec<Effect>),
    /// The run of this cell has ended.
    Ended(CellId),
}

/// Applies an event of a run.
pub(in crate::app) fn apply(app: &mut App, run: RunId, event: Event) -> EventResult {
    let nothing = EventResult::Effects(Vec::new());
    let Some((&id, cell)) = app.runs.iter_mut().find(|(_, cell)| cell.run == run) else {
        return nothing;
    };
    if matches!(cell.state, State::Ended(_)) && is_progress(&event) {
        return nothing;
    }
    let mut answers = Vec::new();
    let mut has_ended = false;
    let mut shares_process = false;
    match event {
        Event::WaitsForInput { hidden } => {
            stdin_prompt::wait(app, id, hidden);
            return nothing;
        }
        Event::InputDone => {
            stdin_prompt::reads_on(app, id);
            return nothing;
        }
        Event::Compiling => cell.state = State::Compiling,
        Event::Started => {
            cell.state = State::Running;
            cell.build.crates = None;
            cell.wanted = false;
            cell.elapsed = Duration::ZERO;
        }
        Event::Kernel(label) => cell.processes.kernel = Some(label),
        Event::Output(bytes) => {
            clear_kept_output(cell);
            match &mut cell.output.screen {
                Some(screen) => answers = screen.feed(&bytes),
                None => cell.output.feed(&bytes),
            }
        }
        Event::Value(value, name) => {
            show(app, id, name.as_ref(), |output| output.show_as(value, name.as_ref()));
            return nothing;
        }
        Event::Clear { waits } => {
            clear_kept_output(cell);
            cell.output.clear_shown(waits);
        }
        Event::Sampled(sampling) => {
            clear_kept_output(cell);
            cell.output.sample(sampling);
        }
        Event::Picture(file) => {
            clear_kept_output(cell);
            cell.output.picture = Some(file);
        }
        Event::WaitsForModule(module) => cell.build.module = module,
        Event::Background(count) => cell.processes.background = count,
        Event::SharesProcess => {
            cell.link.shares_process = true;
            shares_process = true;
        }
        Event::SnapshotLost => cell.link.base_gone = true,
        Event::SnapshotReady => cell.link.has_snapshot = true,
        Event::Finished(outcome, took) => {
            clear_kept_output(cell);
            cell.state = State::Ended(outcome);
            has_ended = true;
            cell.wanted = false;
            cell.build.module = None;
            cell.elapsed = took;
        }
    }
    redraw_if_shown(app, id);
    if shares_process {
        session::consume_base(app, id);
    }
    if has_ended {
        return EventResult::Ended(id);
    }
    if answers.is_empty() {
        return nothing;
    }
    EventResult::Effects(vec![Effect::SendInput(run, answers)])
}

/// Returns whether an event is progress of a run that has not ended.
fn is_progress(event: &Event) -> bool {
    matches!(
        event,
        Event::Compiling | Event::Started | Event::WaitsForInput { .. } | Event::WaitsForModule(_)
    )
}

/// Shows Markdown that a run displayed.
pub(in crate::app) fn show_markdown(
    app: &mut App,
    run: RunId,
    markdown: MarkdownOutput,
    name: Option<&DisplayName>,
) {
    if let Some((&id, _)) = app.runs.iter().find(|(_, cell)| cell.run == run) {
        show(app, id, name, |output| output.show_markdown(markdown, name));
    }
}

/// Adds a value to the output of a cell, or, if it replaces one that another cell of the session displays,
/// to the output of that cell.
fn show(app: &mut App, id: CellId, name: Option<&DisplayName>, add: impl FnOnce(&mut Output)) {
    let Some(cell) = app.runs.get_mut(&id) else { return };
    clear_kept_output(cell);
    let updated = name.filter(|name| name.is_update && !cell.output.shows(&name.id));
    let place = updated.and_then(|name| {
        let shows = |cell: &CellId| app.runs.get(cell).is_some_and(|it| it.output.shows(&name.id));
        app.deck.cells_sharing_state(id).map(|cell| cell.id).find(shows)
    });
    let place = place.unwrap_or(id);
    if let Some(cell) = app.runs.get_mut(&place) {
        add(&mut cell.output);
        redraw_if_shown(app, place);
    }
    if place != id {
        // Its kept output may be gone.
        redraw_if_shown(app, id);
    }
}

/// Redraws the slide if it shows this cell, and keeps the end of watched output on the screen.
fn redraw_if_shown(app: &mut App, id: CellId) {
    let slide = app.view.at.slide;
    if app.deck.cell(id).is_some_and(|cell| cell.slide == slide || cell.detached) {
        let watched = app.internal.watched.filter(|&cell| is_end_in_view(app, cell));
        let target = watched.map(ScrollTarget::Cell);
        app.internal.scroll_target = app.internal.scroll_target.or(target);
        app.scene_changed();
    }
}

/// Returns whether the end of a cell is on the screen.
fn is_end_in_view(app: &App, id: CellId) -> bool {
    app.layout.cell(id).is_some_and(|place| {
        let end = place.rows.end;
        end > app.view.scroll && end <= app.view.scroll + app.layout.viewport
    })
}

/// Clears the output of the last run, which stays until this one writes.
fn clear_kept_output(cell: &mut CellRun) {
    if std::mem::take(&mut cell.origin.is_kept) {
        cell.output.clear();
        cell.origin.is_stale = false;
    }
}

/// Applies the progress of compiling code ahead of its run. A cell that has run keeps what it shows,
/// unless it is a module.
pub(in crate::app) fn prepared(app: &mut App, code: Fingerprint, progress: &Preparation) {
    let same: Vec<CellId> =
        app.deck.cells.iter().filter(|cell| cell.fingerprint == code).map(|cell| cell.id).collect();
    for id in same {
        let is_module = app.deck.cell(id).is_some_and(|cell| cell.exec.module.is_some());
        let rows = schedule::output_size(app, id).1;
        let cell = app.runs.entry(id).or_default();
        if let Preparation::Building(crates) = progress {
            cell.build.crates = Some(crates.clone());
            app.changed.scene |= cell.wanted;
            app.changed.paint |= cell.wanted;
        } else {
            cell.build.crates = None;
        }
        let has_run = matches!(cell.state, State::Ended(_)) && !is_module;
        if cell.wanted || cell.state.is_active() || has_run {
            continue;
        }
        if is_module && matches!(progress, Preparation::Ready | Preparation::Refused(_)) {
            // A module is never run: it shows the compiler's messages only.
            *cell =
                CellRun { run: cell.run, output: Output::with_rows(rows), ..CellRun::default() };
        }
        if let Preparation::Refused(errors) = progress {
            cell.output.feed(errors);
        }
        if let Preparation::Idle(label) = progress {
            cell.processes.kernel = Some(label.clone());
        }
        cell.state = match progress {
            Preparation::Compiling | Preparation::Building(_) => State::Compiling,
            Preparation::Ready | Preparation::Idle(_) => State::Ready,
            Preparation::Failed => State::NotRun,
            Preparation::Refused(_) => State::Ended(Outcome::NotCompiled),
        };
        app.scene_changed();
    }
}

/// Adds to the elapsed time of running cells.
pub(in crate::app) fn tick(app: &mut App, passed: Duration) {
    let mut any = false;
    for run in app.runs.values_mut().filter(|run| run.is_under_way()) {
        let before = run.next_change();
        run.elapsed += passed;
        any |= before <= passed;
    }
    if any {
        app.scene_changed();
    }
    stdin_prompt::tick(app, passed);
}
