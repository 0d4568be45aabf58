//! The speaker's edits of blocks: what is unsaved, and the editors that keep their history.

use std::collections::BTreeMap;

use crate::app::input::block_editor::BlockEditor;
use crate::deck::CellId;
use crate::source::Span;

/// The speaker's edits of blocks.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Edits {
    /// The closed editors.
    pub(in crate::app) closed: BTreeMap<CellId, BlockEditor>,
    /// The editors with changes whose blocks another program removed while they were edited.
    pub(in crate::app) orphans: Vec<BlockEditor>,
    /// Which edits are not saved.
    pub(in crate::app) unsaved: UnsavedEdits,
    /// The number of the key that last asked to quit.
    pub(in crate::app) asked_to_quit: Option<u64>,
}

/// Which edits are not saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnsavedEdits {
    /// The edited parts of the deck's text.
    pub spans: Vec<Span>,
    /// The number of edits whose block another program has changed or removed.
    pub lost: usize,
}

impl UnsavedEdits {
    /// Returns whether all edits are saved.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.lost == 0
    }

    /// Returns whether an unsaved edit contains a part of the text.
    pub(in crate::app) fn contains(&self, part: Span) -> bool {
        let holds = |edit: &Span| {
            edit.file == part.file && edit.start <= part.start && part.end <= edit.end
        };
        self.spans.iter().any(holds)
    }
}
