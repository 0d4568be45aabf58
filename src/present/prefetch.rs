//! Highlighting the neighbours' code before they are shown, on a thread of its own: the
//! highlighter remembers it. A slide that is there before its code is coloured waits a moment for
//! that, and shows it plain from then on until it is.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::LoopEvent;
use super::channel::EventSender;
use crate::deck::{Deck, SlideNo};
use crate::headless::{self, has_code, highlight, unknown};
use crate::highlight::Highlighter;
use crate::layout::Highlighting;

/// What to look at: the slide shown now, of which deck, in which colours.
type Place = (Arc<Deck>, Arc<Highlighter>, SlideNo);

/// A place, and whether it is shown without colours that it is to get.
type Order = (Place, bool);

/// The thread's other end.
pub(super) struct Prefetch {
    places: Sender<Order>,
    newest: Receiver<Order>,
    /// The place that was told last.
    last: Option<Place>,
    /// The place that did not get its colours soon: nobody waits for them again.
    late: Option<Place>,
    /// Whether that is still to be told.
    owes: bool,
}

impl Prefetch {
    /// Starts the thread.
    pub(super) fn start(sender: EventSender) -> std::io::Result<Self> {
        let (places, newest) = bounded::<Order>(1);
        let heard = newest.clone();
        std::thread::Builder::new().name("prefetch".to_owned()).spawn(move || {
            for ((deck, highlighter, at), is_plain) in heard {
                if is_plain {
                    highlight(&deck.slide(at).blocks, &highlighter);
                    sender.send(LoopEvent::Coloured);
                }
                for slide in neighbours(&deck, at) {
                    highlight(&deck.slide(slide).blocks, &highlighter);
                }
            }
        })?;
        Ok(Self { places, newest, last: None, late: None, owes: false })
    }

    /// Tells where the talk is now; an older place not looked at yet is forgotten.
    pub(super) fn at(&mut self, deck: &Arc<Deck>, highlighter: &Arc<Highlighter>, slide: SlideNo) {
        let is_plain = std::mem::take(&mut self.owes);
        let told = !is_plain && is_place(self.last.as_ref(), deck, highlighter, slide);
        let shown = [slide].into_iter();
        if told
            || !shown.chain(neighbours(deck, slide)).any(|near| has_code(&deck.slide(near).blocks))
        {
            return;
        }
        let place = (Arc::clone(deck), Arc::clone(highlighter), slide);
        self.last = Some(place.clone());
        let _ = self.newest.try_recv();
        let _ = self.places.try_send((place, is_plain));
    }

    /// As [`headless::colors`]; a slide waits for them once.
    pub(super) fn colours(
        &mut self,
        deck: &Arc<Deck>,
        highlighter: &Arc<Highlighter>,
        slide: SlideNo,
    ) -> Highlighting {
        if is_place(self.late.as_ref(), deck, highlighter, slide) {
            let is_known = unknown(deck, highlighter, slide) == 0;
            return if is_known { Highlighting::Full } else { Highlighting::Cached };
        }
        let colours = headless::colors(deck, highlighter, slide);
        if colours == Highlighting::Cached {
            self.late = Some((Arc::clone(deck), Arc::clone(highlighter), slide));
            self.owes = true;
        }
        colours
    }
}

fn is_place(
    place: Option<&Place>,
    deck: &Arc<Deck>,
    highlighter: &Arc<Highlighter>,
    slide: SlideNo,
) -> bool {
    place.is_some_and(|(known, colors, at)| {
        Arc::ptr_eq(known, deck) && Arc::ptr_eq(colors, highlighter) && *at == slide
    })
}

/// The slides that a key press can reach, the likeliest first.
fn neighbours(deck: &Deck, at: SlideNo) -> impl Iterator<Item = SlideNo> {
    let (at, count) = (at.index(), deck.slides.len());
    let near = [at + 1, at + 2, at.wrapping_sub(1), count.wrapping_sub(1), 0];
    near.into_iter().filter(move |&slide| slide < count).map(SlideNo::new)
}
