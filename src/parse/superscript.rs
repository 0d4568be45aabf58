//! Superscript (`a^2^`). It is parsed separately, since pulldown-cmark ignores carets inside words,
//! where decks use them.

use crate::deck::{Inline, TextStyle};

/// A `^` that may open or close superscript.
#[derive(Debug)]
pub(super) struct Caret {
    /// The index of its inline.
    inline: usize,
    opens: bool,
    closes: bool,
}

impl Caret {
    /// Creates the caret at byte `at` of `source`, which has the index `inline`. It can open if text
    /// follows directly, and close if text precedes directly.
    pub(super) fn new(inline: usize, source: &str, at: usize) -> Self {
        let word = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        let after = source.get(at + 1..).and_then(|text| text.chars().next());
        Self { inline, opens: word(after), closes: word(before) }
    }
}

/// Marks the inlines between each pair of carets as superscript and removes the carets; returns the
/// removed indices, in order. Unpaired carets stay.
pub(super) fn resolve(inlines: &mut Vec<Inline>, carets: &mut Vec<Caret>) -> Vec<usize> {
    if carets.is_empty() {
        return Vec::new();
    }
    let mut gone = Vec::new();
    let mut open = None;
    for caret in carets.drain(..) {
        match open {
            Some(from) if caret.closes && caret.inline > from + 1 => {
                mark_superscript(&mut inlines[from + 1..caret.inline]);
                gone.extend([from, caret.inline]);
                open = None;
            }
            _ if caret.opens => open = Some(caret.inline),
            _ => {}
        }
    }
    let mut next = gone.iter().peekable();
    let mut index = 0;
    inlines.retain(|_| {
        index += 1;
        next.next_if(|&&at| at == index - 1).is_none()
    });
    gone
}

fn mark_superscript(inlines: &mut [Inline]) {
    for inline in inlines {
        if let Inline::Text(_, style) = inline {
            *style = std::mem::take(style).with(TextStyle::SUPERSCRIPT);
        }
    }
}
