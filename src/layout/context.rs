//! The data that all parts of a slide's layout need: theme, step, page size.

use super::Inputs;
use crate::deck::{CellId, Slide, Step};
use crate::run::CellRun;
use crate::theme::Theme;

/// Rows around the editor.
const EDITOR_FRAME_ROWS: u32 = 2;

/// The inputs, the height of the body and the limit of its outputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayoutContext<'a> {
    /// The inputs of the layout.
    pub(super) inputs: &'a Inputs<'a>,
    /// Rows above the footer.
    pub(super) rows: u32,
    /// Maximum rows of an output that scrolls.
    pub(super) max_output_rows: u32,
}

impl<'a> LayoutContext<'a> {
    /// Creates the context of a page with this many rows, which alone limit its outputs.
    pub(super) fn new(inputs: &'a Inputs<'a>, rows: u32) -> Self {
        Self { inputs, rows, max_output_rows: u32::MAX }
    }

    /// Returns the current slide.
    pub(super) fn slide(&self) -> &'a Slide {
        self.inputs.deck.slide(self.inputs.at.slide)
    }

    /// Returns the theme.
    pub(super) fn theme(&self) -> &'a Theme {
        self.inputs.theme
    }

    /// Returns the current step.
    pub(super) fn step(&self) -> Step {
        self.inputs.at.step
    }

    /// Returns whether something that appears at this step is visible.
    pub(super) fn shows(&self, step: Step) -> bool {
        step <= self.step()
    }

    /// Returns whether something that appears at this step is new.
    pub(super) fn is_new(&self, step: Step) -> bool {
        step == self.step() && step > Step::default()
    }

    /// Returns the number of the current slide, from 1.
    pub(super) fn slide_number(&self) -> usize {
        (self.inputs.at.slide.index() + 1).min(self.total_slides())
    }

    /// Returns the number of slides.
    pub(super) fn total_slides(&self) -> usize {
        self.inputs.deck.slides.len()
    }

    /// Returns whether a cell has output and it is folded.
    pub(super) fn is_folded(&self, cell: CellId) -> bool {
        let run = self.inputs.runs.get(&cell);
        run.is_some_and(|run| run.view.is_folded && run.shown().has_output())
    }

    /// Returns the rows reserved for the editor of a cell, if its code is being edited: as many as it
    /// has lines and the page allows.
    pub(super) fn edited_rows(&self, cell: Option<CellId>) -> Option<u32> {
        let (edited, lines) = self.inputs.edited?;
        let most = self.rows.saturating_sub(EDITOR_FRAME_ROWS).max(1);
        (cell == Some(edited)).then(|| u32::try_from(lines).unwrap_or(u32::MAX).clamp(1, most))
    }

    /// Returns the run to show for a cell.
    pub(super) fn run(&self, cell: CellId) -> Option<&'a CellRun> {
        self.inputs.runs.get(&cell).map(CellRun::shown)
    }
}
