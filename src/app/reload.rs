//! The deck was saved: what of the talk goes on. Outputs stay with code that did not change,
//! and the screen goes to the first place that did.

use std::sync::Arc;

use crate::app::input::stdin_prompt;
use crate::app::nav::{jumps, movement};
use crate::app::panels::pane;
use crate::app::runs::{bench, schedule, session};
use crate::app::{App, Effect, Mode, Trust};
use crate::deck::{Block, CellId, Cursor, Deck, SlideNo, Step};
use crate::run::{CellRun, RunId, Runs};
use crate::source::Span;

/// Puts the new deck in the old one's place, and goes to what has changed.
pub(in crate::app) fn reload(app: &mut App, deck: Arc<Deck>) -> Vec<Effect> {
    let target = first_change(&app.deck, &deck);
    let effects = exchange(app, deck);
    app.notice = None;
    if let Some(at) = target {
        jumps::from_here(app, |app| movement::jump(app, at));
    }
    effects
}

/// Puts the new deck in the old one's place. The talk stays where it is, if it can.
pub(in crate::app) fn exchange(app: &mut App, deck: Arc<Deck>) -> Vec<Effect> {
    if let Mode::StdinPrompt(cell) = app.mode {
        stdin_prompt::leave(app, cell);
    }
    let (runs, lost) = carry(&app.deck, &deck, &app.runs);
    app.focus = app.focus.and_then(|id| same_place(&app.deck, &deck, id));
    let shown = app.pane.as_ref().and_then(|pane| same_place(&app.deck, &deck, pane.cell));
    app.pane = pane::carried(app.pane.take(), shown);
    app.mode = match std::mem::take(&mut app.mode) {
        Mode::Edit(mut editing) => match same_place(&app.deck, &deck, editing.cell) {
            Some(cell) => {
                editing.cell = cell;
                Mode::Edit(editing)
            }
            None => Mode::Slide,
        },
        Mode::Index(_)
        | Mode::TrustPrompt(_)
        | Mode::Problems(_)
        | Mode::Variables(_)
        | Mode::Passthrough(_)
        | Mode::StdinPrompt(_)
        | Mode::Slide => Mode::Slide,
        Mode::Help(row) => Mode::Help(row),
    };
    // Another deck is another question.
    app.inquiry = None;
    app.internal.waiting = Vec::new();
    let forgotten = forgotten(&app.runs, &runs);
    let other_python = app.deck.options.python_interpreter != deck.options.python_interpreter;
    app.runs = runs;
    app.deck = deck;
    if other_python {
        session::forget_all(app);
    }
    session::stop_orphans(app);
    if app.at.slide > app.deck.last_slide() {
        let end = app.deck.last_slide();
        movement::go_to(app, end);
        movement::skip_pauses(app);
    } else {
        app.at.step = app.at.step.min(Step(app.deck.slide(app.at.slide).steps.max(1) - 1));
    }
    app.scene_changed();
    let mut effects: Vec<Effect> = lost.into_iter().map(Effect::Kill).collect();
    effects.extend(forgotten.into_iter().map(Effect::DropSnapshot));
    effects.extend(bench::go_on(app));
    if app.deck.cells.iter().any(|cell| app.may_run(cell)) {
        effects.push(Effect::Prepare);
    }
    match app.trust {
        Trust::Always => effects.push(Effect::RememberEdit),
        Trust::Checking => effects.push(Effect::CheckTrust),
        Trust::Unknown | Trust::Once | Trust::Sandboxed | Trust::No => {}
    }
    effects
}

/// The runs under the new deck's ids, and those whose code is gone.
fn carry(old: &Deck, new: &Deck, runs: &Runs) -> (Runs, Vec<RunId>) {
    let mut taken = vec![false; new.cells.len()];
    let mut carried = Runs::new();
    let mut changed: Vec<(CellId, &CellRun)> = Vec::new();
    for (&id, run) in runs {
        let Some(cell) = old.cell(id) else { continue };
        let same = new
            .cells
            .iter()
            .filter(|other| other.fingerprint == cell.fingerprint && !taken[other.id.0 as usize])
            .min_by_key(|other| other.id.0.abs_diff(id.0));
        match same {
            Some(other) => {
                taken[other.id.0 as usize] = true;
                carried.insert(other.id, run.clone());
            }
            None => changed.push((id, run)),
        }
    }
    let mut lost = Vec::new();
    for (id, run) in changed {
        let successor = same_place(old, new, id).filter(|other| !taken[other.0 as usize]);
        if run.is_under_way() || run.background > 0 && successor.is_none() {
            lost.push(run.run);
        }
        let is_shown = !run.output.is_empty() || run.picture.is_some() || run.background > 0;
        if let Some(other) = successor.filter(|_| is_shown) {
            taken[other.0 as usize] = true;
            carried.insert(other, schedule::aged(run));
        }
    }
    (carried, lost)
}

/// The runs that left a state and are none of the talk's any more.
fn forgotten(before: &Runs, after: &Runs) -> Vec<RunId> {
    let gone = |run: &&CellRun| {
        (run.link.has_snapshot || run.is_under_way())
            && after.values().all(|other| other.run != run.run)
    };
    before.values().filter(gone).map(|run| run.run).collect()
}

/// The cell that stands where `id` stood: on the same slide, at the same place among its cells,
/// in the same language.
fn same_place(old: &Deck, new: &Deck, id: CellId) -> Option<CellId> {
    let cell = old.cell(id)?;
    let nth = old.cells_of(cell.slide).position(|other| other.id == id)?;
    let other = new.cells_of(cell.slide).nth(nth)?;
    (other.language == cell.language).then_some(other.id)
}

/// Where the first difference between two decks is shown; none if there is none to show.
fn first_change(old: &Deck, new: &Deck) -> Option<Cursor> {
    let pairs = old.slides.iter().zip(&new.slides).enumerate();
    for (number, (before, after)) in pairs {
        let slide = SlideNo::new(number);
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

/// The source text of a span.
fn text(deck: &Deck, span: Span) -> Option<&str> {
    deck.sources.get(span.file)?.text().get(span.range())
}
