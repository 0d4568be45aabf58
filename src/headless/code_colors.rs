//! Decides whether to show a slide with highlighted code: if it is cached, or ready soon.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::bounded;

use crate::deck::{Block, BlockKind, CodeBlock, Deck, SlideNo};
use crate::highlight::Highlighter;
use crate::layout::{Highlighting, visible_code};

/// Maximum bytes of code to wait for: more takes longer than [`HIGHLIGHT_TIMEOUT`].
const MAX_BLOCKING_BYTES: usize = 4_000;

/// How long a slide waits for highlighting: less than two frames. Even short code can take long: a
/// grammar may backtrack (bash took 120 ms for a line of 500 bytes, markdown 110 ms for one of 90
/// bytes).
const HIGHLIGHT_TIMEOUT: Duration = Duration::from_millis(16);

/// Returns how to highlight a slide: fully if its code is cached or ready soon.
pub(crate) fn colors(
    deck: &Arc<Deck>,
    highlighter: &Arc<Highlighter>,
    slide: SlideNo,
) -> Highlighting {
    match unknown(deck, highlighter, slide) {
        0 => Highlighting::Full,
        1..=MAX_BLOCKING_BYTES if are_soon_known(deck, highlighter, slide) => Highlighting::Full,
        _ => Highlighting::Cached,
    }
}

/// Waits briefly for the highlighting of a slide's code. Returns whether it is ready.
fn are_soon_known(deck: &Arc<Deck>, highlighter: &Arc<Highlighter>, slide: SlideNo) -> bool {
    let (deck, highlighter) = (Arc::clone(deck), Arc::clone(highlighter));
    let (done, known) = bounded(1);
    let thread = std::thread::Builder::new().name("colours".to_owned()).spawn(move || {
        highlight(&deck.slide(slide).blocks, &highlighter);
        let _ = done.send(());
    });
    thread.is_ok() && known.recv_timeout(HIGHLIGHT_TIMEOUT).is_ok()
}

/// Returns the number of bytes of code on a slide that are not highlighted yet.
pub(crate) fn unknown(deck: &Deck, highlighter: &Highlighter, slide: SlideNo) -> usize {
    let mut bytes = 0;
    visit(&deck.slide(slide).blocks, &mut |code| {
        let text = visible_code(code);
        if bytes <= MAX_BLOCKING_BYTES && !highlighter.is_cached(&code.language, text) {
            bytes += text.len().max(1);
        }
    });
    bytes
}

/// Returns whether there is code to highlight.
pub(crate) fn has_code(blocks: &[Block]) -> bool {
    let mut any = false;
    visit(blocks, &mut |_| any = true);
    any
}

pub(crate) fn highlight(blocks: &[Block], highlighter: &Highlighter) {
    visit(blocks, &mut |code| drop(highlighter.lines(&code.language, visible_code(code))));
}

/// Calls `found` for every code block that is shown as code.
fn visit(blocks: &[Block], found: &mut impl FnMut(&CodeBlock)) {
    Block::walk_all(blocks, &mut |block| {
        if let BlockKind::Code(code) = &block.kind
            && (code.render.is_none() || code.cell.is_some())
        {
            found(code);
        }
    });
}
