//! Highlighting the neighbours' code before they are shown, on a thread of its own: the
//! highlighter remembers it.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::deck::{Block, BlockKind, Deck, SlideNo};
use crate::highlight::Highlighter;

/// What to look at: the slide shown now, of which deck, in which colours.
type Place = (Arc<Deck>, Arc<Highlighter>, SlideNo);

/// The thread's other end.
pub(super) struct Prefetch {
    places: Sender<Place>,
    newest: Receiver<Place>,
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
        Ok(Self { places, newest })
    }

    /// Tells where the talk is now; an older place not looked at yet is forgotten.
    pub(super) fn at(&self, deck: &Arc<Deck>, highlighter: &Arc<Highlighter>, slide: SlideNo) {
        let _ = self.newest.try_recv();
        let _ = self.places.try_send((Arc::clone(deck), Arc::clone(highlighter), slide));
    }
}

/// The slides that a key press can reach, the likeliest first.
fn neighbours(deck: &Deck, at: SlideNo) -> impl Iterator<Item = SlideNo> {
    let (at, count) = (at.index(), deck.slides.len());
    let near = [at + 1, at + 2, at.wrapping_sub(1), count.wrapping_sub(1), 0];
    near.into_iter().filter(move |&slide| slide < count).map(SlideNo::new)
}

fn highlight(blocks: &[Block], highlighter: &Highlighter) {
    for block in blocks {
        match &block.kind {
            BlockKind::Code(code) => drop(highlighter.lines(&code.language, &code.text)),
            BlockKind::Quote(inner) | BlockKind::Alert(.., inner) => highlight(inner, highlighter),
            BlockKind::Columns(columns) => {
                columns.columns.iter().for_each(|column| highlight(column, highlighter));
            }
            BlockKind::List(list) => {
                list.items.iter().for_each(|item| highlight(&item.blocks, highlighter));
            }
            _ => {}
        }
    }
}
