//! The panel of the deck's problems: their order, the slide that the chosen one is on, and which
//! errors the speaker has seen, so that they are counted on the slide only until then.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::app::nav::{jumps, movement};
use crate::app::{App, Mode};
use crate::deck::{Block, BlockKind, Cursor, Deck, SlideNo, Step};
use crate::diag::{Diagnostic, Severity};
use crate::source::{FileId, Span};

impl App {
    /// The problems as the panel shows them: in the order of the deck's text.
    pub fn problems_in_order(&self) -> Vec<&Diagnostic> {
        let mut problems: Vec<_> = self.problems().collect();
        problems.sort_by_key(|problem| (problem.span.file, problem.span.start));
        problems
    }

    /// How many errors the deck has, if there is one among them that was not seen in the panel.
    /// Warnings are for the author: they are never counted on a slide.
    pub fn counted_errors(&self) -> usize {
        let is_new = |error: &Diagnostic| !self.internal.seen_errors.contains(&identity(error));
        if self.hides_problems || !self.errors().any(is_new) {
            return 0;
        }
        self.errors().count()
    }

    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.problems().filter(|problem| problem.severity == Severity::Error)
    }
}

/// What stays of an error when text before it changes.
fn identity(error: &Diagnostic) -> u64 {
    let mut hasher = DefaultHasher::new();
    (error.span.file.0, &error.message, &error.hints).hash(&mut hasher);
    hasher.finish()
}

/// Notes that the panel shows all problems of now.
pub(in crate::app) fn mark_seen(app: &mut App) {
    if matches!(app.mode, Mode::Problems(_)) {
        app.internal.seen_errors = app.errors().map(identity).collect();
    }
}

/// Closes the panel and goes to the slide of the chosen problem; one that is on no slide is left
/// open.
pub(in crate::app) fn go_to(app: &mut App, chosen: u16) {
    let problems = app.problems_in_order();
    let Some(problem) = problems.get(usize::from(chosen)) else { return };
    if let Some(at) = place(&app.deck, problem.span) {
        app.mode = Mode::Slide;
        jumps::from_here(app, |app| movement::jump(app, at));
    } else {
        let place = app.deck.sources.place(problem.span);
        app.notice = Some(format!("this is on no slide: {place}"));
    }
    app.paint_changed();
}

/// Where a span is shown: the slide, and the step that reveals its block.
fn place(deck: &Deck, span: Span) -> Option<Cursor> {
    let of_slide = |number: usize| {
        let step = step_of(&deck.slides[number].blocks, span).unwrap_or_default();
        let last = Step(deck.slides[number].steps.max(1) - 1);
        Cursor { slide: SlideNo::new(number), step: step.min(last) }
    };
    let is_there = |number: &usize| step_of(&deck.slides[*number].blocks, span).is_some();
    if let Some(number) = (0..deck.slides.len()).find(is_there) {
        return Some(of_slide(number));
    }
    let is_of_deck = span.file == FileId(0) && span != Span::default();
    let holds = |number: &usize| {
        let slide = deck.slides[*number].span;
        slide.file == span.file && slide.start <= span.start && span.start <= slide.end
    };
    (0..deck.slides.len()).rev().find(holds).filter(|_| is_of_deck).map(of_slide)
}

/// The step of the block that holds a span.
fn step_of(blocks: &[Block], span: Span) -> Option<Step> {
    blocks.iter().find_map(|block| {
        let within = match &block.kind {
            BlockKind::Columns(columns) => {
                columns.columns.iter().find_map(|column| step_of(column, span))
            }
            BlockKind::List(list) => list.items.iter().find_map(|item| step_of(&item.blocks, span)),
            _ => None,
        };
        let holds = block.span.file == span.file
            && block.span.start <= span.start
            && span.end <= block.span.end
            && span.start < block.span.end;
        within.or(holds.then_some(block.step))
    })
}
