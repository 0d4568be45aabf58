//! How much of each typed text is shown.

use std::collections::BTreeMap;

use crate::deck::{CodeBlock, Fingerprint};

/// How much of each typed text is shown.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct TypedTexts {
    /// Whether keys type; otherwise all texts are shown whole.
    is_on: bool,
    /// The characters that are shown, by text; none for a text that was not begun.
    shown: BTreeMap<Fingerprint, usize>,
}

impl TypedTexts {
    /// Returns the texts of a talk in which keys type, or of one that shows them whole.
    pub(in crate::app) fn new(is_on: bool) -> Self {
        Self { is_on, shown: BTreeMap::new() }
    }

    /// Returns whether keys type.
    pub(in crate::app) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Returns whether no text was begun.
    pub(in crate::app) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Returns whether a block was begun.
    pub(in crate::app) fn is_begun(&self, code: &CodeBlock) -> bool {
        code.typed.is_some_and(|typed| self.shown.contains_key(&typed.key))
    }

    /// Returns how many bytes of a block's text are shown; `None` for all.
    pub(in crate::app) fn shown_bytes(&self, code: &CodeBlock) -> Option<usize> {
        let typed = code.typed.filter(|_| self.is_on)?;
        let shown = self.shown.get(&typed.key).copied().unwrap_or_default();
        code.text.char_indices().nth(shown).map(|(at, _)| at)
    }

    /// Returns whether all of a block is shown.
    pub(in crate::app) fn is_whole(&self, code: &CodeBlock) -> bool {
        self.shown_bytes(code).is_none()
    }

    /// Shows all of a block.
    pub(in crate::app) fn complete(&mut self, code: &CodeBlock) {
        if let Some(typed) = code.typed {
            self.shown.insert(typed.key, usize::MAX);
        }
    }

    /// Shows what one more key types. The indentation of a line comes with its line feed.
    pub(in crate::app) fn type_key(&mut self, code: &CodeBlock) {
        let Some(typed) = code.typed else { return };
        let shown = self.shown.entry(typed.key).or_default();
        let mut rest = code.text.chars().skip(*shown).peekable();
        for _ in 0..typed.pace {
            let Some(next) = rest.next() else { return };
            *shown += 1;
            if next == '\n' || *shown == 1 && next == ' ' {
                while rest.next_if(|c| matches!(c, ' ' | '\t' | '\n')).is_some() {
                    *shown += 1;
                }
            }
        }
    }
}
