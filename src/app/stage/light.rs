//! What the spotlight lights.

use crate::app::state::layout_info::LitArea;
use crate::deck::Cursor;

/// What the spotlight lights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Spotlight {
    pub(in crate::app) target: SpotlightTarget,
    /// The position that it was turned on for.
    pub(in crate::app) at: Cursor,
}

/// A part of the slide, or an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) enum SpotlightTarget {
    /// A part of the slide.
    Part(SpotlightParts, ChosenPart),
    /// An area dragged with the mouse.
    Area(LitArea),
}

/// A part among those of the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum ChosenPart {
    /// Its number.
    Number(usize),
    /// The next layout chooses the first one that does not end before this row; without a row, the focused
    /// cell or what is new.
    Near(Option<u32>),
}

/// The kind of parts that the spotlight goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotlightParts {
    /// Blocks: paragraphs, lists, code with its output.
    Blocks,
    /// Lines of code, list items, table rows, rows of text.
    Lines,
    /// Columns side by side.
    Columns,
}
