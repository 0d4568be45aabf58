//! Parses paragraphs, and splits them at pictures.

use std::ops::Range;

use super::{BlockReader, picture};
use crate::deck::{Inline, TextStyle};
use crate::parse::inline::InlineContent;
use crate::parse::tree::{Element, ElementKind};

impl<'t> BlockReader<'t, '_> {
    /// Adds a paragraph, split at its pictures.
    pub(super) fn paragraph(
        &self,
        line: InlineContent,
        range: Range<usize>,
        found: &mut Vec<Element<'t>>,
    ) {
        let InlineContent { mut inlines, pictures } = line;
        let mut cut = 0;
        for (at, draft) in pictures {
            let rest = inlines.split_off(at - cut);
            cut = at;
            self.text_part(std::mem::replace(&mut inlines, rest), &range, found);
            found.push(picture(draft));
        }
        self.text_part(inlines, &range, found);
    }

    fn text_part(&self, mut text: Vec<Inline>, range: &Range<usize>, found: &mut Vec<Element<'t>>) {
        trim(&mut text);
        if !text.is_empty() {
            found.push(self.element(ElementKind::Paragraph(text), range.clone()));
        }
    }
}

/// Trims blanks from the ends of a paragraph's text.
pub(super) fn trim(text: &mut Vec<Inline>) {
    let empty = |inline: &Inline| match inline {
        Inline::Text(text, _) => text.trim().is_empty(),
        Inline::Break | Inline::SoftBreak => true,
        Inline::Counter(..) | Inline::Formula(..) => false,
    };
    while text.last().is_some_and(empty) {
        text.pop();
    }
    let first = text.iter().position(|inline| !empty(inline)).unwrap_or(text.len());
    text.drain(..first);
    if let Some(Inline::Text(text, style)) = text.first_mut()
        && !style.has(TextStyle::CODE)
        && text.starts_with(' ')
    {
        *text = text.trim_start().into();
    }
    if let Some(Inline::Text(text, style)) = text.last_mut()
        && !style.has(TextStyle::CODE)
        && text.ends_with(' ')
    {
        *text = text.trim_end().into();
    }
}
