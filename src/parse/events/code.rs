//! Parses code blocks: info string, code, and whether the fence is closed.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event};

use super::{BlockReader, EarlyStop, join};
use crate::parse::tree::{Element, ElementKind, FenceDraft};

impl<'t> BlockReader<'t, '_> {
    /// Parses the code block that was just opened.
    pub(super) fn code(&mut self, kind: &CodeBlockKind<'t>, range: Range<usize>) -> Element<'t> {
        let mut code = Cow::Borrowed("");
        let mut inside = None::<Range<usize>>;
        for (event, part) in self.events.by_ref() {
            match event {
                Event::Text(text) => {
                    join(&mut code, text);
                    let start = inside.take().map_or(part.start, |inside| inside.start);
                    inside = Some(start..part.end);
                }
                Event::End(_) => break,
                _ => {}
            }
        }
        let (info, opening) = match kind {
            CodeBlockKind::Fenced(_) => {
                let block = &self.text[range.clone()];
                if self.depth == self.top && range.end == self.text.len() && !is_closed(block) {
                    self.stop = Some(EarlyStop::OpenFence(range.clone()));
                }
                opening_fence(block)
            }
            CodeBlockKind::Indented => ("", 0),
        };
        let info_span = match info {
            "" => range.start..range.start,
            info => {
                let start = info.as_ptr() as usize - self.text.as_ptr() as usize;
                start..start + info.len()
            }
        };
        let after_opening = (range.start + opening).min(range.end);
        let inside = inside.unwrap_or(after_opening..after_opening);
        let fence = FenceDraft {
            info,
            info_span: self.origin.span(info_span),
            code,
            code_span: self.origin.span(inside),
        };
        self.element(ElementKind::Fence(Box::new(fence)), range)
    }
}

/// Returns the info string of a code block's first line, and that line's length.
fn opening_fence(block: &str) -> (&str, usize) {
    let end = block.find('\n').map_or(block.len(), |at| at + 1);
    let line = block[..end].trim_start_matches([' ', '\t']);
    let mark = if line.starts_with('~') { '~' } else { '`' };
    (line.trim_start_matches(mark).trim(), end)
}

/// Returns whether a fenced code block has its closing line.
fn is_closed(block: &str) -> bool {
    let block = block.trim();
    let mark = if block.starts_with('~') { '~' } else { '`' };
    let marks = |line: &str| line.chars().take_while(|&c| c == mark).count();
    let Some((_, last)) = block.rsplit_once('\n') else { return false };
    let last = last.trim();
    marks(last) >= marks(block) && last.trim_start_matches(mark).is_empty()
}
