//! A text cut into stretches that can be read one by one.

use super::events;
use super::tree::{Element, Origin};
use crate::diag::Diagnostic;
use crate::source::FileId;

/// A stretch of the text.
#[derive(Debug, PartialEq)]
pub(super) struct Segment {
    range: std::ops::Range<usize>,
}

impl Segment {
    /// Its blocks.
    pub(super) fn read<'t>(
        &self,
        text: &'t str,
        file: FileId,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Vec<Element<'t>> {
        let origin = Origin::At(file, self.range.start);
        events::blocks(&text[self.range.clone()], origin, 0, mistakes)
    }
}

/// Cuts `text` from byte `from` on.
pub(super) fn segments(text: &str, from: usize) -> Vec<Segment> {
    vec![Segment { range: from..text.len() }]
}
