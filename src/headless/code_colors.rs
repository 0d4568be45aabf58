//! Whether a slide's code is highlighted already, or can be in a moment.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::bounded;

use crate::deck::{Block, BlockKind, CodeBlock, Deck, SlideNo};
use crate::highlight::Highlighter;
use crate::layout::{Highlighting, visible_code};

/// Code that is coloured while the slide waits for it, in bytes: more takes longer than [`SOON`].
const AT_ONCE: usize = 4_000;

/// How long a slide waits for the colours of its code: less than two frames. Few bytes can take any
/// time: a grammar may try all ways to read a line (bash's took 120 ms for one of 500 bytes,
/// markdown's 110 ms for one of 90).
const SOON: Duration = Duration::from_millis(16);

/// Whether a slide is shown with the colours of all its code: where they are known, or are so soon.
pub(crate) fn colors(
    deck: &Arc<Deck>,
    highlighter: &Arc<Highlighter>,
    slide: SlideNo,
) -> Highlighting {
    match unknown(deck, highlighter, slide) {
        0 => Highlighting::Full,
        1..=AT_ONCE if are_soon_known(deck, highlighter, slide) => Highlighting::Full,
        _ => Highlighting::Cached,
    }
}

/// Waits for the colours of a slide's code, but not for long; whether they are there.
fn are_soon_known(deck: &Arc<Deck>, highlighter: &Arc<Highlighter>, slide: SlideNo) -> bool {
    let (deck, highlighter) = (Arc::clone(deck), Arc::clone(highlighter));
    let (done, known) = bounded(1);
    let thread = std::thread::Builder::new().name("colours".to_owned()).spawn(move || {
        highlight(&deck.slide(slide).blocks, &highlighter);
        let _ = done.send(());
    });
    thread.is_ok() && known.recv_timeout(SOON).is_ok()
}

/// Bytes of code on a slide that were never coloured.
pub(crate) fn unknown(deck: &Deck, highlighter: &Highlighter, slide: SlideNo) -> usize {
    let mut bytes = 0;
    visit(&deck.slide(slide).blocks, &mut |code| {
        let text = visible_code(code);
        if bytes <= AT_ONCE && !highlighter.is_cached(&code.language, text) {
            bytes += text.len().max(1);
        }
    });
    bytes
}

/// Whether there is anything to highlight.
pub(crate) fn has_code(blocks: &[Block]) -> bool {
    let mut any = false;
    visit(blocks, &mut |_| any = true);
    any
}

pub(crate) fn highlight(blocks: &[Block], highlighter: &Highlighter) {
    visit(blocks, &mut |code| drop(highlighter.lines(&code.language, visible_code(code))));
}

/// Shows every code block to `found`.
fn visit(blocks: &[Block], found: &mut impl FnMut(&CodeBlock)) {
    for block in blocks {
        match &block.kind {
            BlockKind::Code(code) => found(code),
            BlockKind::Quote(inner) | BlockKind::Alert(.., inner) => visit(inner, found),
            BlockKind::Columns(columns) => {
                columns.columns.iter().for_each(|column| visit(column, found));
            }
            BlockKind::List(list) => list.items.iter().for_each(|item| visit(&item.blocks, found)),
            _ => {}
        }
    }
}
