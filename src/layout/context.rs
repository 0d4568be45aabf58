//! What every part of a slide's layout can ask: the theme, the step shown, the size of the page.

use super::Inputs;
use crate::deck::{CellId, Slide, Step};
use crate::run::CellRun;
use crate::theme::Theme;

/// The inputs, and how much of the screen the body has.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayoutContext<'a> {
    /// What the scene is made from.
    pub(super) inputs: &'a Inputs<'a>,
    /// Rows of the screen above the footer.
    pub(super) rows: u32,
}

impl<'a> LayoutContext<'a> {
    /// The slide shown.
    pub(super) fn slide(&self) -> &'a Slide {
        self.inputs.deck.slide(self.inputs.at.slide)
    }

    /// What everything looks like.
    pub(super) fn theme(&self) -> &'a Theme {
        self.inputs.theme
    }

    /// How far the slide is revealed.
    pub(super) fn step(&self) -> Step {
        self.inputs.at.step
    }

    /// Whether something of this step is visible.
    pub(super) fn shows(&self, step: Step) -> bool {
        step <= self.step()
    }

    /// Whether something of this step has come with the last key press.
    pub(super) fn is_new(&self, step: Step) -> bool {
        step == self.step() && step > Step::default()
    }

    /// The number of the slide shown, from 1.
    pub(super) fn slide_number(&self) -> usize {
        (self.inputs.at.slide.index() + 1).min(self.total_slides())
    }

    /// How many slides there are.
    pub(super) fn total_slides(&self) -> usize {
        self.inputs.deck.slides.len()
    }

    /// Whether a cell's output is folded, and there is any.
    pub(super) fn is_folded(&self, cell: CellId) -> bool {
        let run = self.inputs.runs.get(&cell);
        run.is_some_and(|run| run.folded && run.shown().has_output())
    }

    /// What a cell has to show.
    pub(super) fn run(&self, cell: CellId) -> Option<&'a CellRun> {
        self.inputs.runs.get(&cell).map(CellRun::shown)
    }
}
