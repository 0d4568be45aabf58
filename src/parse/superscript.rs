//! Superscript (`a^2^`). It is parsed separately, since pulldown-cmark ignores carets inside words,
//! where decks use them.

use crate::deck::{Inline, TextStyle};

/// A `^` that may open or close superscript.
#[derive(Debug)]
pub(super) struct Caret {
    /// The index of its run.
    piece: usize,
    opens: bool,
    closes: bool,
}

impl Caret {
    /// Creates the caret at byte `at` of `source`, which is run number `piece`. It can open if text
    /// follows directly, and close if text precedes directly.
    pub(super) fn new(piece: usize, source: &str, at: usize) -> Self {
        let word = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        let before = source.get(..at).and_then(|text| text.chars().next_back());
        let after = source.get(at + 1..).and_then(|text| text.chars().next());
        Self { piece, opens: word(after), closes: word(before) }
    }
}

/// Marks the runs between each pair of carets as superscript and removes the carets; returns the
/// removed indices, in order. Unpaired carets stay.
pub(super) fn resolve(pieces: &mut Vec<Inline>, carets: &mut Vec<Caret>) -> Vec<usize> {
    if carets.is_empty() {
        return Vec::new();
    }
    let mut gone = Vec::new();
    let mut open = None;
    for caret in carets.drain(..) {
        match open {
            Some(from) if caret.closes && caret.piece > from + 1 => {
                raise(&mut pieces[from + 1..caret.piece]);
                gone.extend([from, caret.piece]);
                open = None;
            }
            _ if caret.opens => open = Some(caret.piece),
            _ => {}
        }
    }
    let mut next = gone.iter().peekable();
    let mut index = 0;
    pieces.retain(|_| {
        index += 1;
        next.next_if(|&&at| at == index - 1).is_none()
    });
    gone
}

fn raise(pieces: &mut [Inline]) {
    for piece in pieces {
        if let Inline::Text(_, style) = piece {
            *style = std::mem::take(style).with(TextStyle::SUPERSCRIPT);
        }
    }
}
