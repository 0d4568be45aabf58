//! Reload: replaces the deck. Outputs are kept for code that did not change, and the presentation goes to
//! the first change.

use std::sync::Arc;

use crate::app::cell_pairs::CellPairs;
use crate::app::effect::Effect;
use crate::app::input::{editor, stdin_prompt};
use crate::app::nav::movement;
use crate::app::runs::{schedule, session};
use crate::app::stage::typing;
use crate::app::state::pane::Pane;
use crate::app::state::permission::Trust;
use crate::app::state::{App, Mode};
use crate::deck::{Block, CellId, Cursor, Deck, SlideKind, SlideNo, Step};
use crate::run::{CellRun, Outcome, OutputOrigin, OutputView, RunId, Runs, State};
use crate::source::Span;

/// Replaces the deck and goes to the first change.
pub(in crate::app) fn reload(app: &mut App, deck: Arc<Deck>) -> Vec<Effect> {
    let target = first_change(&app.deck, &deck);
    app.notice = None;
    let effects = replace(app, deck);
    if let Some(at) = target.filter(|_| !matches!(app.mode, Mode::Edit(_))) {
        movement::jump(app, at);
    }
    effects
}

/// Replaces the deck. The position stays the same if it still exists.
pub(in crate::app) fn replace(app: &mut App, deck: Arc<Deck>) -> Vec<Effect> {
    if let Mode::StdinPrompt(cell) = app.mode {
        stdin_prompt::leave(app, cell);
    }
    let pairs = CellPairs::new(&app.deck, &deck);
    let (runs, lost) = carry(&app.deck, &deck, &app.runs, &pairs);
    let is_unsaved = matches!(&app.mode, Mode::Edit(editor) if app.is_unsaved(editor.cell));
    move_closed_editors(app, &deck, &pairs);
    app.view.focus = app.view.focus.and_then(|id| same_place(&app.deck, &deck, id));
    let pane = app.pane.take();
    app.pane = pane.and_then(|pane| {
        let cell = same_place(&app.deck, &deck, pane.cell)?;
        Some(Pane { cell, ..pane })
    });
    app.mode = match std::mem::take(&mut app.mode) {
        Mode::Edit(mut editor) => {
            if let Some(cell) = same_block(&app.deck, &deck, editor.cell, &pairs) {
                editor.cell = cell;
                Mode::Edit(editor)
            } else {
                if editor.has_changes() || is_unsaved {
                    editor::keep_orphan(app, *editor);
                }
                Mode::Slide
            }
        }
        Mode::Index(_)
        | Mode::Overview(_)
        | Mode::TrustPrompt(_)
        | Mode::Problems(_)
        | Mode::Variables(_)
        | Mode::Passthrough(_)
        | Mode::StdinPrompt(_)
        | Mode::Slide => Mode::Slide,
        Mode::Help(row) => Mode::Help(row),
        Mode::Address(shown) => Mode::Address(shown),
    };
    // The answer for the old deck does not apply to the new one.
    app.permission.summary = None;
    app.permission.waiting = Vec::new();
    typing::carry(app, &deck);
    let dropped = dropped_snapshots(&app.runs, &runs);
    let other_python = app.deck.options.python_interpreter != deck.options.python_interpreter;
    app.runs = runs;
    app.deck = deck;
    editor::follow(app, is_unsaved);
    editor::adopt_orphans(app);
    if other_python {
        session::forget_all(app);
    }
    session::stop_orphans(app);
    if app.view.at.slide > app.deck.last_slide() {
        let end = app.deck.last_slide();
        movement::go_to(app, end);
        movement::skip_pauses(app);
    } else {
        let at = &mut app.view.at;
        at.step = at.step.min(Step(app.deck.slide(at.slide).steps.max(1) - 1));
    }
    app.scene_changed();
    let mut effects: Vec<Effect> = lost.into_iter().map(Effect::Kill).collect();
    effects.extend(dropped.into_iter().map(Effect::DropSnapshot));
    effects.extend(schedule::begin_next_contender(app));
    if app.deck.cells.iter().any(|cell| app.may_run(cell)) {
        effects.push(Effect::Prepare);
    }
    match app.permission.trust {
        Trust::Always => effects.push(Effect::RememberEdit),
        Trust::Checking => effects.push(Effect::CheckTrust),
        Trust::Unknown | Trust::Once | Trust::Sandboxed | Trust::No => {}
    }
    effects
}

/// Returns the runs under the new deck's ids, and those to kill because their code is gone.
fn carry(old: &Deck, new: &Deck, runs: &Runs, pairs: &CellPairs) -> (Runs, Vec<RunId>) {
    let mut carried = Runs::new();
    let mut changed: Vec<(CellId, &CellRun)> = Vec::new();
    for (&id, run) in runs {
        match pairs.get(id) {
            Some(other) => drop(carried.insert(other, run.clone())),
            None => changed.push((id, run)),
        }
    }
    let mut lost = Vec::new();
    for (id, run) in changed {
        let successor = same_place(old, new, id).filter(|other| !pairs.is_known(*other));
        if run.is_under_way() || run.processes.background > 0 && successor.is_none() {
            lost.push(run.run);
        }
        let is_shown =
            !run.output.is_empty() || run.output.picture.is_some() || run.processes.background > 0;
        if let Some(other) = successor.filter(|_| is_shown) {
            carried.insert(other, aged(run));
        }
    }
    (carried, lost)
}

/// Returns the runs whose snapshots are no longer needed.
fn dropped_snapshots(before: &Runs, after: &Runs) -> Vec<RunId> {
    let gone = |run: &&CellRun| {
        (run.link.has_snapshot || run.is_under_way())
            && after.values().all(|other| other.run != run.run)
    };
    before.values().filter(gone).map(|run| run.run).collect()
}

/// Returns the cell of the new deck at the place of `id`: on the same slide, at the same index among
/// its cells, in the same language.
fn same_place(old: &Deck, new: &Deck, id: CellId) -> Option<CellId> {
    let cell = old.cell(id)?;
    let nth = old.cells_of(cell.slide).position(|other| other.id == id)?;
    let other = new.cells_of(cell.slide).nth(nth)?;
    (other.language == cell.language).then_some(other.id)
}

/// Returns the cell of the new deck with the code of `id`, or else the one with new code at its
/// place.
fn same_block(old: &Deck, new: &Deck, id: CellId, pairs: &CellPairs) -> Option<CellId> {
    let edited = || same_place(old, new, id).filter(|other| !pairs.is_known(*other));
    pairs.get(id).or_else(edited)
}

/// Moves the closed editors to the cells of the new deck.
fn move_closed_editors(app: &mut App, new: &Deck, pairs: &CellPairs) {
    let closed = std::mem::take(&mut app.internal.edits.closed);
    let moved = closed.into_iter().filter_map(|(id, mut editor)| {
        editor.cell = same_block(&app.deck, new, id, pairs)?;
        Some((editor.cell, editor))
    });
    app.internal.edits.closed = moved.collect();
}

/// Returns the position of the first difference between two decks, if there is a visible one.
fn first_change(old: &Deck, new: &Deck) -> Option<Cursor> {
    let pairs = old.slides.iter().zip(&new.slides).enumerate();
    for (number, (before, after)) in pairs {
        let slide = SlideNo::new(number);
        let is_intro = before.kind == SlideKind::Intro && after.kind == SlideKind::Intro;
        // It shows titles and names; the theme, options and mistakes of the front matter are not its own.
        if is_intro && old.meta == new.meta {
            continue;
        }
        if before.blocks.len() == after.blocks.len()
            && before.kind == after.kind
            && text(old, before.span) == text(new, after.span)
            && before.blocks.iter().zip(&after.blocks).all(|(a, b)| same(old, a, new, b))
        {
            continue;
        }
        let step = before
            .blocks
            .iter()
            .zip(&after.blocks)
            .find(|(a, b)| !same(old, a, new, b))
            .map(|(_, b)| b.step)
            .or_else(|| after.blocks.get(before.blocks.len()).map(|block| block.step));
        return Some(Cursor { slide, step: step.unwrap_or_default() });
    }
    (new.slides.len() > old.slides.len())
        .then(|| Cursor { slide: SlideNo::new(old.slides.len()), step: Step(0) })
}

fn same(old: &Deck, before: &Block, new: &Deck, after: &Block) -> bool {
    text(old, before.span) == text(new, after.span)
}

/// Returns the source text of a span, without the empty lines around it.
fn text(deck: &Deck, span: Span) -> Option<&str> {
    Some(deck.sources.get(span.file)?.text().get(span.range())?.trim())
}

/// Returns what a cell keeps when its code has changed: its output, marked as stale.
fn aged(run: &CellRun) -> CellRun {
    let is_over = matches!(run.state, State::Ended(_));
    CellRun {
        output: run.output.clone(),
        // A run that has not ended is killed: its code is gone.
        state: if is_over { run.state.clone() } else { State::Ended(Outcome::Stopped) },
        elapsed: run.elapsed,
        origin: OutputOrigin { is_stale: true, ..OutputOrigin::default() },
        view: OutputView { is_folded: run.view.is_folded, ..OutputView::default() },
        // Its background processes still write.
        run: if is_over && run.processes.background > 0 { run.run } else { RunId::default() },
        processes: run.processes.clone(),
        ..CellRun::default()
    }
}
