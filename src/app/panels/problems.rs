//! The list of the deck's problems: their order, the slide of the selected one, and which errors the
//! speaker has seen. A slide shows the number of errors until all were seen.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::app::nav::movement;
use crate::app::state::{App, Mode};
use crate::deck::{Block, BlockKind, Cursor, Deck, SlideNo, Step};
use crate::diag::{Diagnostic, Severity};
use crate::source::{FileId, Span};

impl App {
    /// Returns the problems in the order of the deck's text.
    pub fn problems_in_order(&self) -> Vec<&Diagnostic> {
        let mut problems: Vec<_> = self.problems().collect();
        problems.sort_by_key(|problem| (problem.span.file, problem.span.start));
        problems
    }

    /// Returns the number of errors to show on the slide: 0 if the speaker has seen all of them.
    /// Warnings are for the author and not counted.
    pub fn unseen_errors(&self) -> usize {
        let is_new = |error: &Diagnostic| !self.problems.seen_errors.contains(&identity(error));
        if self.problems.hidden || !self.errors().any(is_new) {
            return 0;
        }
        self.errors().count()
    }

    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.problems().filter(|problem| problem.severity == Severity::Error)
    }
}

/// Returns a hash of an error that does not depend on its position.
fn identity(error: &Diagnostic) -> u64 {
    let mut hasher = DefaultHasher::new();
    (error.span.file.0, &error.message, &error.hints).hash(&mut hasher);
    hasher.finish()
}

/// Marks all errors as seen if the list is open.
pub(in crate::app) fn mark_seen(app: &mut App) {
    if matches!(app.mode, Mode::Problems(_)) {
        app.problems.seen_errors = app.errors().map(identity).collect();
    }
}

/// Closes the list and goes to the slide of the selected problem; notifies the speaker if it is not on
/// a slide.
pub(super) fn go_to(app: &mut App, chosen: u16) {
    let problems = app.problems_in_order();
    let Some(problem) = problems.get(usize::from(chosen)) else { return };
    if let Some(at) = position(&app.deck, problem.span) {
        app.mode = Mode::Slide;
        movement::jump(app, at);
    } else {
        let place = app.deck.sources.place(problem.span);
        app.notify(format!("not on a slide: {place}"));
    }
    app.paint_changed();
}

/// Returns the slide of a span, and the step that reveals its block.
fn position(deck: &Deck, span: Span) -> Option<Cursor> {
    let on_slide = |number: usize| {
        let step = step_of(&deck.slides[number].blocks, span).unwrap_or_default();
        let last = Step(deck.slides[number].steps.max(1) - 1);
        Cursor { slide: SlideNo::new(number), step: step.min(last) }
    };
    let has_block = |number: &usize| step_of(&deck.slides[*number].blocks, span).is_some();
    if let Some(number) = (0..deck.slides.len()).find(has_block) {
        return Some(on_slide(number));
    }
    let is_in_deck_file = span.file == FileId(0) && span != Span::default();
    let contains = |number: &usize| {
        let slide = deck.slides[*number].span;
        slide.file == span.file && slide.start <= span.start && span.start <= slide.end
    };
    let number = (0..deck.slides.len()).rev().find(contains).filter(|_| is_in_deck_file);
    number.map(on_slide)
}

/// Returns the step of the innermost block that contains a span.
fn step_of(blocks: &[Block], span: Span) -> Option<Step> {
    blocks.iter().find_map(|block| {
        let within = match &block.kind {
            BlockKind::Columns(columns) => {
                columns.columns.iter().find_map(|column| step_of(column, span))
            }
            BlockKind::List(list) => list.items.iter().find_map(|item| step_of(&item.blocks, span)),
            _ => None,
        };
        let contains = block.span.file == span.file
            && block.span.start <= span.start
            && span.end <= block.span.end
            && span.start < block.span.end;
        within.or(contains.then_some(block.step))
    })
}
