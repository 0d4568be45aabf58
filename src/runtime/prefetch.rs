//! Highlighting the neighbours' code before they are shown, on a thread of its own: the
//! highlighter remembers it. A slide that is there before its code is coloured waits a moment for
//! that, and shows it plain from then on until it is.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::Event;
use super::mailbox::Mailbox;
use crate::deck::{Block, BlockKind, CodeBlock, Deck, SlideNo};
use crate::highlight::Highlighter;
use crate::layout::{Colours, shown_code};

/// Code that is coloured while the slide waits for it, in bytes: more takes longer than [`SOON`].
const AT_ONCE: usize = 4_000;

/// How long a slide waits for the colours of its code: less than two frames. Few bytes can take any
/// time: a grammar may try all ways to read a line (bash's took 120 ms for one of 500 bytes,
/// markdown's 110 ms for one of 90).
const SOON: Duration = Duration::from_millis(16);

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
    pub(super) fn start(mailbox: Mailbox) -> std::io::Result<Self> {
        let (places, newest) = bounded::<Order>(1);
        let heard = newest.clone();
        std::thread::Builder::new().name("prefetch".to_owned()).spawn(move || {
            for ((deck, highlighter, at), is_plain) in heard {
                if is_plain {
                    highlight(&deck.slide(at).blocks, &highlighter);
                    mailbox.send(Event::Coloured);
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

    /// As [`colours`]; a slide waits for them once.
    pub(super) fn colours(
        &mut self,
        deck: &Arc<Deck>,
        highlighter: &Arc<Highlighter>,
        slide: SlideNo,
    ) -> Colours {
        if is_place(self.late.as_ref(), deck, highlighter, slide) {
            let is_known = unknown(deck, highlighter, slide) == 0;
            return if is_known { Colours::All } else { Colours::Known };
        }
        let colours = colours(deck, highlighter, slide);
        if colours == Colours::Known {
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

/// Whether a slide is shown with the colours of all its code: where they are known, or are so soon.
pub(super) fn colours(deck: &Arc<Deck>, highlighter: &Arc<Highlighter>, slide: SlideNo) -> Colours {
    match unknown(deck, highlighter, slide) {
        0 => Colours::All,
        1..=AT_ONCE if are_soon_known(deck, highlighter, slide) => Colours::All,
        _ => Colours::Known,
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
fn unknown(deck: &Deck, highlighter: &Highlighter, slide: SlideNo) -> usize {
    let mut bytes = 0;
    visit(&deck.slide(slide).blocks, &mut |code| {
        let text = shown_code(code);
        if bytes <= AT_ONCE && !highlighter.knows(&code.language, text) {
            bytes += text.len().max(1);
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
