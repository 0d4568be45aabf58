//! Highlighting the neighbours' code before they are shown, on a thread of its own: the
//! highlighter remembers it. A slide that is there before its code is coloured, and has much of it,
//! shows it plain until then.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::Event;
use super::mailbox::Mailbox;
use crate::deck::{Block, BlockKind, CodeBlock, Deck, SlideNo};
use crate::highlight::Highlighter;
use crate::layout::{Colours, shown_code};

/// Code that is coloured while the slide waits for it, in bytes: what takes less than two frames.
const AT_ONCE: usize = 4_000;

/// Bytes of the longest line among them: a grammar may take any time for a longer one. (bash's took
/// 120 ms for one of 500 bytes, full of brackets.)
const LONGEST_LINE: usize = 200;

/// What to look at: the slide shown now, of which deck, in which colours.
type Place = (Arc<Deck>, Arc<Highlighter>, SlideNo);

/// The thread's other end.
pub(super) struct Prefetch {
    places: Sender<Place>,
    newest: Receiver<Place>,
    /// The place that was told last.
    last: Option<Place>,
}

impl Prefetch {
    /// Starts the thread.
    pub(super) fn start(mailbox: Mailbox) -> std::io::Result<Self> {
        let (places, newest) = bounded::<Place>(1);
        let heard = newest.clone();
        std::thread::Builder::new().name("prefetch".to_owned()).spawn(move || {
            for (deck, highlighter, at) in heard {
                if unknown(&deck, &highlighter, at) > 0 {
                    highlight(&deck.slide(at).blocks, &highlighter);
                    mailbox.send(Event::Coloured);
                }
                for slide in neighbours(&deck, at) {
                    highlight(&deck.slide(slide).blocks, &highlighter);
                }
            }
        })?;
        Ok(Self { places, newest, last: None })
    }

    /// Tells where the talk is now; an older place not looked at yet is forgotten.
    pub(super) fn at(&mut self, deck: &Arc<Deck>, highlighter: &Arc<Highlighter>, slide: SlideNo) {
        let told = self.last.as_ref().is_some_and(|(known, colors, at)| {
            Arc::ptr_eq(known, deck) && Arc::ptr_eq(colors, highlighter) && *at == slide
        });
        let shown = [slide].into_iter();
        if told
            || !shown.chain(neighbours(deck, slide)).any(|near| has_code(&deck.slide(near).blocks))
        {
            return;
        }
        let place = (Arc::clone(deck), Arc::clone(highlighter), slide);
        self.last = Some(place.clone());
        let _ = self.newest.try_recv();
        let _ = self.places.try_send(place);
    }
}

/// Whether a slide can wait until its code is coloured.
pub(super) fn colours(deck: &Deck, highlighter: &Highlighter, slide: SlideNo) -> Colours {
    if unknown(deck, highlighter, slide) > AT_ONCE { Colours::Known } else { Colours::All }
}

/// Bytes of code on a slide that were never coloured; with a long line among them, too many.
fn unknown(deck: &Deck, highlighter: &Highlighter, slide: SlideNo) -> usize {
    let mut bytes = 0;
    visit(&deck.slide(slide).blocks, &mut |code| {
        let text = shown_code(code);
        if bytes <= AT_ONCE && !highlighter.knows(&code.language, text) {
            let is_long = text.lines().any(|line| line.len() > LONGEST_LINE);
            bytes += if is_long { AT_ONCE + 1 } else { text.len() };
        }
    });
    bytes
}

/// The slides that a key press can reach, the likeliest first.
fn neighbours(deck: &Deck, at: SlideNo) -> impl Iterator<Item = SlideNo> {
    let (at, count) = (at.index(), deck.slides.len());
    let near = [at + 1, at + 2, at.wrapping_sub(1), count.wrapping_sub(1), 0];
    near.into_iter().filter(move |&slide| slide < count).map(SlideNo::new)
}

/// Whether there is anything to highlight.
pub(super) fn has_code(blocks: &[Block]) -> bool {
    let mut any = false;
    visit(blocks, &mut |_| any = true);
    any
}

fn highlight(blocks: &[Block], highlighter: &Highlighter) {
    visit(blocks, &mut |code| drop(highlighter.lines(&code.language, shown_code(code))));
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
