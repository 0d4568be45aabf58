//! Cells on their way: asked for, compiling, running, ended; and the bytes they write.
//!
//! A cell has at most one run at a time. Events of a run that is no longer the cell's own (it was
//! run again, or its code changed) are dropped.

use std::time::Duration;

use crate::app::input::{passthrough, stdin_prompt};
use crate::app::panels::{pane, trust_prompt};
use crate::app::runs::{autorun, bench, replay, session, stop};
use crate::app::{Action, App, Effect, Mode, OutputHit, ScrollTarget, Trust};
use crate::deck::{CellId, Fingerprint, Pty};
use crate::run::{self, CellRun, Emulator, Event, Outcome, Output, Preparation, RunId, State};

/// Rows of the terminal that a run sees, at least.
const LEAST_ROWS: u16 = 10;

/// ctrl-e: the focused cell; else the slide's cells that have not run; else all of them again.
pub(in crate::app) fn execute(app: &mut App) -> Vec<Effect> {
    if app.focus.is_some() {
        return run_focused(app);
    }
    let (allowed, others): (Vec<_>, Vec<_>) =
        app.visible_cells().partition(|cell| app.may_run(cell));
    let asked = if allowed.is_empty() { others } else { allowed };
    let visible: Vec<CellId> = asked.into_iter().map(|cell| cell.id).collect();
    let fresh: Vec<CellId> =
        visible.iter().copied().filter(|id| !has_run(app.runs.get(id))).collect();
    let chosen = if fresh.is_empty() { visible } else { fresh };
    run(app, chosen)
}

/// The focused cell alone; without a focus, nothing.
pub(in crate::app) fn run_focused(app: &mut App) -> Vec<Effect> {
    let chosen = app.focus.into_iter().collect();
    run(app, chosen)
}

/// Runs the focused cell; where it runs already in a terminal on the slide, or is to, the program has
/// the keys from now on.
pub(in crate::app) fn enter(app: &mut App) -> Vec<Effect> {
    let effects = run_focused(app);
    if let Some(cell) = app.focus.filter(|_| !matches!(app.mode, Mode::TrustPrompt(_))) {
        passthrough::begin(app, cell);
        stdin_prompt::begin(app, cell);
    }
    effects
}

/// Runs these cells and what has to run before them, or asks first whether they may.
pub(in crate::app) fn run(app: &mut App, cells: Vec<CellId>) -> Vec<Effect> {
    if cells.is_empty() {
        return Vec::new();
    }
    if app.only_replays() {
        replay::play(app, &cells);
        return Vec::new();
    }
    let cells = bench::with_lanes(app, cells);
    if !cells.iter().all(|&id| may_all_run(app, id)) {
        return trust_prompt::ask(app, cells);
    }
    watch(app, &cells);
    cells.into_iter().flat_map(|id| start_due(app, id)).collect()
}

/// Keeps the end of the last of these cells in the deck on the screen.
pub(in crate::app) fn watch(app: &mut App, cells: &[CellId]) {
    app.internal.watched = cells.iter().max().copied();
    app.internal.scroll_target = app.internal.watched.map(ScrollTarget::Cell);
}

/// Whether a cell may run, and all that has to run before it.
pub(in crate::app) fn may_all_run(app: &App, id: CellId) -> bool {
    let due = run::cells_to_run(&app.deck, &app.runs, id);
    due.into_iter().filter_map(|id| app.deck.cell(id)).all(|cell| app.may_run(cell))
}

/// Starts what has to run before a cell, and the cell.
fn start_due(app: &mut App, id: CellId) -> Vec<Effect> {
    let due = run::cells_to_run(&app.deck, &app.runs, id);
    due.into_iter().flat_map(|id| start(app, id)).collect()
}

/// The slide is about to be shown: starts what runs by itself, and gives terminals the size that
/// they have on it.
pub(in crate::app) fn shown(app: &mut App) -> Vec<Effect> {
    let comes = app.internal.shown.replace(app.at.slide) != Some(app.at.slide);
    let mut effects = autorun::start(app);
    if comes {
        effects.extend(autorun::bring_up_to_date(app));
    }
    for (id, size) in app.layout.screens.clone() {
        let (columns, rows) = Pty::fit(size);
        let Some(run) = app.runs.get_mut(&id) else { continue };
        let Some(screen) = run.screen.as_mut().filter(|it| it.size() != (columns, rows)) else {
            continue;
        };
        screen.resize(columns, rows);
        effects.push(Effect::ResizeRun(run.run, (columns, rows)));
        app.scene_changed();
    }
    effects
}

/// Starts one cell, whose last output stays until there is a new one.
pub(in crate::app) fn start_again(app: &mut App, cell: CellId) -> Vec<Effect> {
    let before = app.runs.get(&cell).filter(|run| !run.output.is_empty() || run.picture.is_some());
    let kept = before.map(|run| (run.output.clone(), run.picture.clone(), run.stale));
    let effects = start_due(app, cell);
    if let (Some((output, picture, stale)), Some(run)) = (kept, app.runs.get_mut(&cell)) {
        (run.output, run.picture, run.stale, run.kept) = (output, picture, stale, true);
    }
    effects
}

/// Starts one cell, unless it is already on its way. Where it goes on from a run that is still under
/// way, it waits for that one's end.
pub(in crate::app) fn start(app: &mut App, cell: CellId) -> Vec<Effect> {
    if app.runs.get(&cell).is_some_and(CellRun::is_under_way) {
        return Vec::new();
    }
    app.internal.last_run += 1;
    app.internal.interrupted = false;
    let run = RunId(app.internal.last_run);
    let state = match app.runs.get(&cell).map(|run| &run.state) {
        Some(State::Compiling) => State::Compiling,
        _ => State::Queued,
    };
    let output = Output::with_rows(output_size(app, cell).1);
    let (columns, rows) = terminal(app, cell);
    let screen = has_screen(app, cell).then(|| Emulator::new(columns, rows));
    let link = bench::link(app, cell, session::link(app, cell));
    let folded = app.runs.get(&cell).is_some_and(|run| run.folded);
    let wanted = true;
    let is_sandboxed = app.trust == Trust::Sandboxed;
    let fresh = CellRun {
        run,
        state,
        wanted,
        output,
        screen,
        folded,
        link,
        is_sandboxed,
        ..CellRun::default()
    };
    let before = app.runs.insert(cell, fresh);
    pane::started(app, cell);
    app.scene_changed();
    let before = before.as_ref();
    let left = before.filter(|run| run.background > 0).map(|run| Effect::Kill(run.run));
    let forget =
        before.filter(|run| run.link.has_snapshot).map(|run| Effect::DropSnapshot(run.run));
    left.into_iter().chain(forget).chain(begin(app, cell)).collect()
}

/// Begins a cell's run, unless it has to wait.
pub(in crate::app) fn begin(app: &App, cell: CellId) -> Option<Effect> {
    let CellRun { run, link, .. } = app.runs.get(&cell)?;
    let terminal = terminal(app, cell);
    let begun = Effect::Run { run: *run, cell, terminal, base: link.base };
    Some(begun).filter(|_| !link.waits)
}

/// The size of the terminal that a cell's run sees.
fn terminal(app: &App, cell: CellId) -> (u16, u16) {
    let size = screen_size(app, cell).unwrap_or_else(|| output_size(app, cell));
    if has_screen(app, cell) { Pty::fit(size) } else { size }
}

/// Whether a cell draws on a terminal of its own.
fn has_screen(app: &App, cell: CellId) -> bool {
    app.deck.cell(cell).is_some_and(|cell| cell.exec.pty.is_some())
}

/// Columns and rows that there are for a cell's output.
fn output_size(app: &App, cell: CellId) -> (u16, u16) {
    let place = app.layout.cells.iter().find(|place| place.id == cell);
    let columns = place.map_or(app.layout.columns, |place| place.columns).max(1);
    (columns, u16::try_from(app.layout.viewport).unwrap_or(u16::MAX).max(LEAST_ROWS))
}

/// The size of a cell's terminal: that on the slide, or the one that its author wants.
fn screen_size(app: &App, id: CellId) -> Option<(u16, u16)> {
    let shown = app.layout.screens.iter().find(|(cell, _)| *cell == id).map(|(_, size)| *size);
    shown.or_else(|| app.deck.cell(id)?.exec.pty?.size)
}

/// How the notice of a stop begins, which goes when nothing runs any more.
const STOPPING: &str = "stopping";

/// ctrl-c: interrupts what runs, kills it the second time, leaves when nothing runs. Pressed twice
/// in haste it leaves no talk whose block had stopped by then: it takes one more.
pub(in crate::app) fn stop(app: &mut App) -> Vec<Effect> {
    session::stop_waiting(app);
    let running: Vec<RunId> =
        app.runs.values().filter(|run| run.is_under_way()).map(|run| run.run).collect();
    let in_haste = app.internal.stopped.take() == Some(app.internal.pressed - 1);
    if running.is_empty()
        && let Some(effects) = stop::end(app)
    {
        return effects;
    }
    if running.is_empty() && !in_haste {
        return vec![Effect::Quit];
    }
    app.paint_changed();
    if running.is_empty() {
        let key = app.keymap.first_of(Action::Stop);
        app.notice = key.map(|key| format!("nothing runs any more; {key} again leaves"));
        return Vec::new();
    }
    app.internal.stopped = Some(app.internal.pressed);
    let how = if app.internal.interrupted { Effect::Kill } else { Effect::Interrupt };
    app.notice = Some(match app.keymap.first_of(Action::Stop) {
        _ if app.internal.interrupted => "killed".to_owned(),
        Some(key) => format!("{STOPPING}; {key} again kills"),
        None => STOPPING.to_owned(),
    });
    app.internal.interrupted = true;
    running.into_iter().map(how).collect()
}

/// Takes in what a run tells.
pub(in crate::app) fn event(app: &mut App, run: RunId, event: Event) -> Vec<Effect> {
    let visible = app.at.slide;
    let Some((&id, cell)) = app.runs.iter_mut().find(|(_, cell)| cell.run == run) else {
        return Vec::new();
    };
    match event {
        Event::WaitsForInput { hidden } => {
            stdin_prompt::wait(app, id, hidden);
            return Vec::new();
        }
        Event::InputDone => {
            stdin_prompt::read_on(app, id);
            return Vec::new();
        }
        _ => {}
    }
    let mut answers = Vec::new();
    let mut has_ended = false;
    let shares_process = event == Event::SharesProcess;
    match event {
        Event::WaitsForInput { .. } | Event::InputDone => {}
        Event::Compiling => cell.state = State::Compiling,
        Event::Started => {
            cell.state = State::Running;
            cell.progress = None;
            cell.wanted = false;
            cell.elapsed = Duration::ZERO;
        }
        Event::Output(bytes) => {
            forget_the_last(cell);
            match &mut cell.screen {
                Some(screen) => answers = screen.feed(&bytes),
                None => cell.output.feed(&bytes),
            }
        }
        Event::Value(value) => {
            forget_the_last(cell);
            cell.output.show(value);
        }
        Event::Picture(file) => {
            forget_the_last(cell);
            cell.picture = Some(file);
        }
        Event::WaitsForModule(module) => cell.awaits = module,
        Event::Background(count) => cell.background = count,
        Event::SharesProcess => cell.link.shares_process = true,
        Event::SnapshotLost => cell.link.base_gone = true,
        Event::SnapshotReady => cell.link.has_snapshot = true,
        Event::Finished(outcome, took) => {
            forget_the_last(cell);
            cell.state = State::Ended(outcome);
            has_ended = true;
            cell.wanted = false;
            cell.awaits = None;
            cell.elapsed = took;
        }
    }
    let shown = app.deck.cell(id).is_some_and(|cell| cell.slide == visible || cell.detached);
    if shown {
        let watched = app.internal.watched.filter(|&cell| app.cell_end_in_view(cell));
        app.internal.scroll_target = app.internal.scroll_target.or(watched.map(ScrollTarget::Cell));
        app.scene_changed();
    }
    if shares_process {
        session::consume_base(app, id);
    }
    if has_ended {
        if !app.is_running() && app.notice.as_ref().is_some_and(|said| said.starts_with(STOPPING)) {
            app.notice = None;
            app.paint_changed();
        }
        passthrough::end(app, id);
        stdin_prompt::end(app, id);
        replay::ended(app, id);
        let mut effects = session::ended(app, id);
        effects.extend(bench::go_on(app));
        return effects;
    }
    if answers.is_empty() { Vec::new() } else { vec![Effect::SendInput(run, answers)] }
}

/// Makes room for what the run writes, where the last run's output has stood so far.
fn forget_the_last(cell: &mut CellRun) {
    if std::mem::take(&mut cell.kept) {
        cell.output = cell.output.anew();
        cell.picture = None;
        cell.stale = false;
    }
}

/// Takes in how far code is prepared. A cell that has run keeps what it shows, but for a module.
pub(in crate::app) fn prepared(app: &mut App, code: Fingerprint, how: &Preparation) {
    let same: Vec<CellId> =
        app.deck.cells.iter().filter(|cell| cell.fingerprint == code).map(|cell| cell.id).collect();
    for id in same {
        let is_module = app.deck.cell(id).is_some_and(|cell| cell.exec.module.is_some());
        let rows = output_size(app, id).1;
        let cell = app.runs.entry(id).or_default();
        if let Preparation::Building(how_far) = how {
            cell.progress = Some(how_far.clone());
            app.changed.scene |= cell.wanted;
            app.changed.paint |= cell.wanted;
        } else {
            cell.progress = None;
        }
        let has_run = matches!(cell.state, State::Ended(_)) && !is_module;
        if cell.wanted || cell.state.is_active() || has_run {
            continue;
        }
        if is_module && matches!(how, Preparation::Ready | Preparation::Refused(_)) {
            // Nobody has run it: what it shows is what the compiler said, and no more.
            *cell =
                CellRun { run: cell.run, output: Output::with_rows(rows), ..CellRun::default() };
        }
        if let Preparation::Refused(errors) = how {
            cell.output.feed(errors);
        }
        cell.state = match how {
            Preparation::Compiling | Preparation::Building(_) => State::Compiling,
            Preparation::Ready => State::Ready,
            Preparation::Failed => State::NotRun,
            Preparation::Refused(_) => State::Ended(Outcome::NotCompiled),
        };
        app.scene_changed();
    }
}

/// Adds to the time that running cells show.
pub(in crate::app) fn tick(app: &mut App, passed: Duration) {
    let mut any = false;
    for run in app.runs.values_mut().filter(|run| run.is_under_way()) {
        run.elapsed += passed;
        any = true;
    }
    if any {
        app.scene_changed();
    }
    stdin_prompt::tick(app, passed);
}

/// Focuses the next or previous visible cell, going round.
pub(in crate::app) fn focus(app: &mut App, forward: bool) {
    let cells: Vec<CellId> = app.visible_cells().map(|cell| cell.id).collect();
    if cells.is_empty() {
        return;
    }
    let at = app.focus.and_then(|id| cells.iter().position(|&cell| cell == id));
    let count = cells.len();
    let next = match (at, forward) {
        (None, true) => 0,
        (None, false) => count - 1,
        (Some(at), true) => (at + 1) % count,
        (Some(at), false) => (at + count - 1) % count,
    };
    app.focus = Some(cells[next]);
    app.internal.scroll_target = Some(ScrollTarget::Cell(cells[next]));
    app.scene_changed();
}

/// Scrolls a cell's output by rows; at its end it follows again what is written.
pub(in crate::app) fn scroll_output(app: &mut App, output: OutputHit, rows: i32) {
    let Some(cell) = app.runs.get_mut(&output.cell) else { return };
    let to = output.first.saturating_add_signed(rows as isize);
    let follows = output.follows && to + output.shown >= output.total;
    if follows {
        cell.scroll.remove(&output.part);
    } else {
        cell.scroll.insert(output.part, to);
    }
    app.scene_changed();
}

/// Whether a cell has run as it stands, or is on its way.
pub(in crate::app) fn has_run(run: Option<&CellRun>) -> bool {
    run.is_some_and(|run| {
        run.replay.is_some()
            || run.wanted
            || run.state.is_active()
            || matches!(run.state, State::Ended(_)) && !run.stale
    })
}

impl App {
    /// Whether the end of a cell stands on the screen, so that more output should stay there.
    fn cell_end_in_view(&self, id: CellId) -> bool {
        let place = self.layout.cells.iter().find(|place| place.id == id);
        place.is_some_and(|place| {
            let end = place.rows.end;
            end > self.scroll && end <= self.scroll + self.layout.viewport
        })
    }
}

/// The output a changed cell keeps, marked as stale.
pub(in crate::app) fn aged(run: &CellRun) -> CellRun {
    let is_over = matches!(run.state, State::Ended(_));
    CellRun {
        output: run.output.clone(),
        picture: run.picture.clone(),
        screen: run.screen.clone(),
        // What is still under way is killed: its code is gone.
        state: if is_over { run.state.clone() } else { State::Ended(Outcome::Stopped) },
        elapsed: run.elapsed,
        stale: true,
        folded: run.folded,
        // What it left running is still shown, and still writes.
        run: if is_over && run.background > 0 { run.run } else { RunId::default() },
        background: run.background,
        ..CellRun::default()
    }
}
