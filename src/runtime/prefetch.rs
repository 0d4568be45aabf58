//! Highlighting the neighbours' code before they are shown, on a thread of its own: the
//! highlighter remembers it.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::deck::{Block, BlockKind, CodeBlock, Deck, SlideNo};
use crate::highlight::Highlighter;

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
    pub(super) fn start() -> std::io::Result<Self> {
        let (places, newest) = bounded::<Place>(1);
        let heard = newest.clone();
        std::thread::Builder::new().name("prefetch".to_owned()).spawn(move || {
            for (deck, highlighter, at) in heard {
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
        if told || !neighbours(deck, slide).any(|near| has_code(&deck.slide(near).blocks)) {
            return;
        }
        let place = (Arc::clone(deck), Arc::clone(highlighter), slide);
        self.last = Some(place.clone());
        let _ = self.newest.try_recv();
        let _ = self.places.try_send(place);
    }
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
    visit(blocks, &mut |code| drop(highlighter.lines(&code.language, &code.text)));
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
