//! Starts runs: which cells a key runs, which have to run before them, and which have to wait.
//!
//! A cell has at most one run at a time.

use crate::app::effect::Effect;
use crate::app::runs::session::NextRuns;
use crate::app::runs::{bench, replay, session};
use crate::app::stage::typing;
use crate::app::state::permission::{Trust, TrustPrompt};
use crate::app::state::{App, Mode};
use crate::deck::{CellId, Pty};
use crate::run::{
    self, CellRun, Emulator, Outcome, Output, OutputOrigin, OutputView, RunId, RunProcesses, State,
};

/// The minimum number of rows in the terminal of a run.
const MIN_ROWS: u16 = 10;

/// Runs the focused cell; without a focus, the slide's cells that have not run, or all of them if
/// each has run.
pub(in crate::app) fn execute(app: &mut App) -> Vec<Effect> {
    let chosen = chosen(app);
    run(app, chosen)
}

/// Returns the cells that [`execute`] runs.
pub(in crate::app) fn chosen(app: &App) -> Vec<CellId> {
    if let Some(focused) = app.view.focus {
        return vec![focused];
    }
    let (allowed, others): (Vec<_>, Vec<_>) =
        app.visible_cells().partition(|cell| app.may_run(cell));
    let asked = if allowed.is_empty() { others } else { allowed };
    let visible: Vec<CellId> = asked.into_iter().map(|cell| cell.id).collect();
    let fresh: Vec<CellId> =
        visible.iter().copied().filter(|id| !has_run(app.runs.get(id))).collect();
    if fresh.is_empty() { visible } else { fresh }
}

/// Runs the focused cell; without a focus, does nothing.
pub(in crate::app) fn run_focused(app: &mut App) -> Vec<Effect> {
    let chosen = app.view.focus.into_iter().collect();
    run(app, chosen)
}

/// Runs these cells and what has to run before them, or asks whether they may run.
pub(in crate::app) fn run(app: &mut App, cells: Vec<CellId>) -> Vec<Effect> {
    if cells.is_empty() {
        return Vec::new();
    }
    if app.only_replays() {
        replay::show_instead(app, &cells);
        return Vec::new();
    }
    let cells = bench::with_contenders(app, cells);
    if needs_consent(app, &cells) {
        return ask(app, cells);
    }
    app.watch(&cells);
    cells.into_iter().flat_map(|id| start_due(app, id)).collect()
}

/// Returns whether any of these cells, or of what has to run before or beside them, may not run yet.
pub(in crate::app) fn needs_consent(app: &App, cells: &[CellId]) -> bool {
    let cells = bench::with_contenders(app, cells.to_vec());
    !app.only_replays() && !cells.iter().all(|&id| may_run_chain(app, id))
}

/// Asks whether the deck's code may run, for these cells. While the trust store is being read, they
/// wait for its answer.
fn ask(app: &mut App, cells: Vec<CellId>) -> Vec<Effect> {
    app.paint_changed();
    if app.permission.trust == Trust::Checking {
        app.permission.waiting = cells;
        return Vec::new();
    }
    app.mode = Mode::TrustPrompt(TrustPrompt { cells, row: 0 });
    let is_known = app.permission.summary.is_some();
    if is_known { Vec::new() } else { vec![Effect::Examine] }
}

/// Returns whether a cell and all that has to run before it may run.
pub(super) fn may_run_chain(app: &App, id: CellId) -> bool {
    let due = run::cells_to_run(&app.deck, &app.runs, id);
    due.into_iter().filter_map(|id| app.deck.cell(id)).all(|cell| app.may_run(cell))
}

/// Starts what has to run before a cell, and the cell.
fn start_due(app: &mut App, id: CellId) -> Vec<Effect> {
    if let Some(why) = session::lost_before(app, id) {
        app.internal.last_run += 1;
        let (run, state) = (RunId(app.internal.last_run), State::Ended(Outcome::NotStarted(why)));
        app.runs.insert(id, CellRun { run, state, ..CellRun::default() });
        app.scene_changed();
        return Vec::new();
    }
    let due = run::cells_to_run(&app.deck, &app.runs, id);
    due.into_iter().flat_map(|id| start(app, id)).collect()
}

/// Starts a cell, whose last output stays until there is new output.
pub(super) fn start_again(app: &mut App, cell: CellId) -> Vec<Effect> {
    let has_output = |run: &&CellRun| !run.output.is_empty() || run.output.picture.is_some();
    let before = app.runs.get(&cell).filter(has_output);
    let kept = before.map(|run| (run.output.clone(), run.origin.is_stale));
    let effects = start_due(app, cell);
    if let (Some((output, is_stale)), Some(run)) = (kept, app.runs.get_mut(&cell)) {
        run.output = output.on_screen(run.output.screen.take());
        run.origin = OutputOrigin { is_stale, is_kept: true, recorded: None };
    }
    effects
}

/// Starts one cell unless it is already queued or running. If it continues from a run that has not
/// ended, it waits for that.
fn start(app: &mut App, cell: CellId) -> Vec<Effect> {
    if app.runs.get(&cell).is_some_and(CellRun::is_under_way) {
        return Vec::new();
    }
    typing::complete_cell(app, cell);
    app.internal.last_run += 1;
    app.internal.interrupted = false;
    let state = match app.runs.get(&cell).map(|run| &run.state) {
        Some(State::Compiling) => State::Compiling,
        _ => State::Queued,
    };
    let (columns, rows) = terminal(app, cell);
    let screen = has_screen(app, cell).then(|| Emulator::new(columns, rows));
    let is_folded = app.runs.get(&cell).is_some_and(|run| run.view.is_folded);
    let is_sandboxed = app.permission.trust == Trust::Sandboxed;
    let fresh = CellRun {
        run: RunId(app.internal.last_run),
        state,
        wanted: true,
        output: Output::with_rows(output_size(app, cell).1).on_screen(screen),
        view: OutputView { is_folded, ..OutputView::default() },
        link: bench::link(app, cell, session::link(app, cell)),
        processes: RunProcesses { is_sandboxed, ..RunProcesses::default() },
        ..CellRun::default()
    };
    let before = app.runs.insert(cell, fresh);
    if let Some(pane) = &mut app.pane {
        pane.follow_run(cell);
    }
    app.scene_changed();
    let before = before.as_ref();
    let left = before.filter(|run| run.processes.background > 0).map(|run| Effect::Kill(run.run));
    let drop = before.filter(|run| run.link.has_snapshot);
    let drop = drop.map(|run| Effect::DropSnapshot(run.run));
    left.into_iter().chain(drop).chain(begin(app, cell)).collect()
}

/// Begins a cell's run unless it has to wait.
fn begin(app: &App, cell: CellId) -> Option<Effect> {
    let CellRun { run, link, .. } = app.runs.get(&cell)?;
    let terminal = terminal(app, cell);
    let begun = Effect::Run { run: *run, cell, terminal, base: link.base };
    Some(begun).filter(|_| !link.waits)
}

/// Begins the runs that waited for the end of a cell's run, and the next contender.
pub(in crate::app) fn run_ended(app: &mut App, cell: CellId) -> Vec<Effect> {
    let mut effects: Vec<Effect> = match session::ended(app, cell) {
        NextRuns::Begin(cells) => cells.into_iter().filter_map(|next| begin(app, next)).collect(),
        NextRuns::Restart(cells) => {
            let effects = cells.into_iter().flat_map(|next| start(app, next)).collect();
            session::wait_again(app, cell);
            effects
        }
    };
    effects.extend(begin_next_contender(app));
    effects
}

/// Begins the contender that has waited longest, if none is running.
pub(in crate::app) fn begin_next_contender(app: &mut App) -> Option<Effect> {
    let next = bench::take_next(app)?;
    begin(app, next)
}

/// Resizes the terminals of programs to the sizes they have on the slide.
pub(in crate::app) fn resize_terminals(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (id, size) in app.layout.screens.clone() {
        let (columns, rows) = Pty::fit(size);
        let Some(run) = app.runs.get_mut(&id) else { continue };
        let Some(screen) = run.output.screen.as_mut().filter(|it| it.size() != (columns, rows))
        else {
            continue;
        };
        screen.resize(columns, rows);
        effects.push(Effect::ResizeRun(run.run, (columns, rows)));
        app.scene_changed();
    }
    effects
}

/// Returns the size of the terminal of a cell's run: columns and rows.
fn terminal(app: &App, cell: CellId) -> (u16, u16) {
    let size = screen_size(app, cell).unwrap_or_else(|| output_size(app, cell));
    if has_screen(app, cell) { Pty::fit(size) } else { size }
}

/// Returns whether a cell draws on a terminal on the slide.
fn has_screen(app: &App, cell: CellId) -> bool {
    app.deck.cell(cell).is_some_and(|cell| cell.exec.pty.is_some())
}

/// Returns the columns and rows available to a cell's output.
pub(super) fn output_size(app: &App, cell: CellId) -> (u16, u16) {
    let place = app.layout.cell(cell);
    let columns = place.map_or(app.layout.columns, |place| place.columns).max(1);
    (columns, u16::try_from(app.layout.viewport).unwrap_or(u16::MAX).max(MIN_ROWS))
}

/// Returns the size of a cell's terminal on the slide, or else the one its author chose.
fn screen_size(app: &App, id: CellId) -> Option<(u16, u16)> {
    let shown = app.layout.screens.iter().find(|(cell, _)| *cell == id).map(|(_, size)| *size);
    shown.or_else(|| app.deck.cell(id)?.exec.pty?.size)
}

/// Returns whether a cell has run with its present code, or is queued or running.
pub(super) fn has_run(run: Option<&CellRun>) -> bool {
    run.is_some_and(|run| {
        run.replay.is_some()
            || run.wanted
            || run.state.is_active()
            || matches!(run.state, State::Ended(_)) && !run.origin.is_stale
    })
}
