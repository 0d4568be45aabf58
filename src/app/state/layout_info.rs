//! What the last layout measured that decisions depend on.

use std::ops::Range;

use crate::deck::CellId;

/// The smallest terminal in which a slide is drawn: columns and rows.
pub const MIN_TERMINAL_SIZE: (u16, u16) = (12, 4);

/// What the last layout measured, in rows of the slide's body or of the pane's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayoutInfo {
    /// Columns and rows of the terminal.
    pub terminal: (u16, u16),
    /// Rows of the body that fit on the screen.
    pub viewport: u32,
    /// Rows of the body.
    pub height: u32,
    /// The rows that the current step added.
    pub revealed: Option<Range<u32>>,
    /// Columns available to output that nothing narrows.
    pub columns: u16,
    /// The terminals on the slide: their cells, columns and rows.
    pub screens: Vec<(CellId, (u16, u16))>,
    /// The rows of each cell, and the columns of its output.
    pub cells: Vec<CellPlace>,
    /// The rows that match the pane's search, in order.
    pub matches: Vec<u32>,
    /// The parts of the slide that the spotlight can light, in reading order.
    pub parts: Vec<LitArea>,
    /// How many columns of its tables the pane has scrolled.
    pub left: usize,
}

/// An area that the spotlight lights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LitArea {
    /// Its columns on the screen.
    pub columns: Range<u16>,
    /// Its rows of the body.
    pub rows: Range<u32>,
}

/// The place of a cell on the slide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPlace {
    /// The cell.
    pub id: CellId,
    /// Its rows, from code to output.
    pub rows: Range<u32>,
    /// Columns of its output.
    pub columns: u16,
}

impl LayoutInfo {
    /// Returns by how many rows the body can be scrolled.
    pub fn scroll_limit(&self) -> u32 {
        self.height.saturating_sub(self.viewport)
    }

    /// Returns whether the terminal is too small to show a slide.
    pub fn is_too_small(&self) -> bool {
        self.terminal.0 < MIN_TERMINAL_SIZE.0 || self.terminal.1 < MIN_TERMINAL_SIZE.1
    }

    /// Returns the place of a cell, if it is on the slide.
    pub(in crate::app) fn cell(&self, id: CellId) -> Option<&CellPlace> {
        self.cells.iter().find(|place| place.id == id)
    }
}
