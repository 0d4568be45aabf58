//! The pane: the output of one cell on the whole screen.

use crate::app::state::layout_info::LayoutInfo;
use crate::deck::CellId;
use crate::run::Prompt;

/// The open pane.
#[derive(Clone, Debug)]
pub struct Pane {
    /// The cell whose output it shows.
    pub cell: CellId,
    /// The first row that is shown; none: the last row stays in view as output is written.
    pub top: Option<u32>,
    /// Columns of tables that are scrolled off to the left.
    pub left: usize,
    /// The line in which a search is being typed.
    pub typed: Option<Prompt>,
    /// The index of the current match.
    pub current: Option<usize>,
    /// The last search that was entered.
    pub(in crate::app) search: String,
}

impl Pane {
    /// Returns what is searched for, as far as it is typed; empty if there is no search.
    pub fn query(&self) -> &str {
        self.typed.as_ref().map_or(&self.search, Prompt::text)
    }

    /// Returns the first row that is shown.
    pub(in crate::app) fn first_row(&self, layout: &LayoutInfo) -> u32 {
        let limit = layout.scroll_limit();
        self.top.map_or(limit, |top| top.min(limit))
    }

    /// Follows a new run if it is the pane's cell that runs.
    pub(in crate::app) fn follow_run(&mut self, cell: CellId) {
        if self.cell == cell {
            (self.top, self.left, self.current) = (None, 0, None);
        }
    }

    /// Keeps the scroll offset and the current match within a new layout.
    pub(in crate::app) fn settle(&mut self, layout: &LayoutInfo) {
        let found = layout.matches.len();
        self.current = self.current.filter(|_| found > 0).map(|at| at.min(found - 1));
        self.left = self.left.min(layout.left);
        self.top = self.top.map(|top| top.min(layout.scroll_limit()));
    }
}
