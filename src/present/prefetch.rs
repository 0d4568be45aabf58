//! Highlights the code of neighbouring slides on a separate thread; the highlighter caches it. A
//! slide whose code is not highlighted yet waits briefly for that, and is then shown without
//! highlighting until it is ready.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::LoopEvent;
use super::channel::EventSender;
use crate::deck::{Deck, SlideNo};
use crate::headless::{self, has_code, highlight, unknown};
use crate::highlight::Highlighter;
use crate::layout::Highlighting;

/// A slide of a deck, with its highlighter.
type SlideRef = (Arc<Deck>, Arc<Highlighter>, SlideNo);

/// The current slide, and whether it is shown without highlighting.
type PrefetchJob = (SlideRef, bool);

/// Handle of the thread, which is started by the first slide with code.
pub(super) struct Prefetch {
    sender: EventSender,
    job_sender: Sender<PrefetchJob>,
    newest: Receiver<PrefetchJob>,
    is_started: bool,
    /// The slide that was sent last.
    last: Option<SlideRef>,
    /// A slide whose highlighting took too long: do not wait for it again.
    late: Option<SlideRef>,
    /// Whether `late` still has to be sent.
    late_is_pending: bool,
}

impl Prefetch {
    /// Creates a handle. Starts no thread.
    pub(super) fn new(sender: EventSender) -> Self {
        let (job_sender, newest) = bounded(1);
        Self {
            sender,
            job_sender,
            newest,
            is_started: false,
            last: None,
            late: None,
            late_is_pending: false,
        }
    }

    /// Starts the thread, unless it was started.
    fn start(&mut self) {
        if std::mem::replace(&mut self.is_started, true) {
            return;
        }
        let (jobs, sender) = (self.newest.clone(), self.sender.clone());
        // Without the thread, slides are highlighted when they are drawn.
        let thread = std::thread::Builder::new().name("prefetch".to_owned());
        drop(thread.spawn(move || work(&jobs, &sender)));
    }

    /// Sends the current slide to the thread, replacing a pending one.
    pub(super) fn at(&mut self, deck: &Arc<Deck>, highlighter: &Arc<Highlighter>, slide: SlideNo) {
        let is_plain = std::mem::take(&mut self.late_is_pending);
        let is_sent = !is_plain && is_same_slide(self.last.as_ref(), deck, highlighter, slide);
        let shown = [slide].into_iter();
        if is_sent
            || !shown.chain(neighbours(deck, slide)).any(|near| has_code(&deck.slide(near).blocks))
        {
            return;
        }
        let place = (Arc::clone(deck), Arc::clone(highlighter), slide);
        self.last = Some(place.clone());
        self.start();
        let _ = self.newest.try_recv();
        let _ = self.job_sender.try_send((place, is_plain));
    }

    /// Like [`headless::colors`], but waits for a slide only once.
    pub(super) fn colours(
        &mut self,
        deck: &Arc<Deck>,
        highlighter: &Arc<Highlighter>,
        slide: SlideNo,
    ) -> Highlighting {
        if is_same_slide(self.late.as_ref(), deck, highlighter, slide) {
            let is_known = unknown(deck, highlighter, slide) == 0;
            return if is_known { Highlighting::Full } else { Highlighting::Cached };
        }
        let colours = headless::colors(deck, highlighter, slide);
        if colours == Highlighting::Cached {
            self.late = Some((Arc::clone(deck), Arc::clone(highlighter), slide));
            self.late_is_pending = true;
        }
        colours
    }
}

fn work(jobs: &Receiver<PrefetchJob>, sender: &EventSender) {
    for ((deck, highlighter, at), is_plain) in jobs {
        if is_plain {
            highlight(&deck.slide(at).blocks, &highlighter);
            sender.send(LoopEvent::Coloured);
        }
        for (number, slide) in neighbours(&deck, at).enumerate() {
            // The next frame may be rendered now.
            let is_awaited = number == 0 && unknown(&deck, &highlighter, slide) > 0;
            highlight(&deck.slide(slide).blocks, &highlighter);
            if is_awaited {
                sender.send(LoopEvent::Prefetched);
            }
        }
    }
}

fn is_same_slide(
    place: Option<&SlideRef>,
    deck: &Arc<Deck>,
    highlighter: &Arc<Highlighter>,
    slide: SlideNo,
) -> bool {
    place.is_some_and(|(known, colors, at)| {
        Arc::ptr_eq(known, deck) && Arc::ptr_eq(colors, highlighter) && *at == slide
    })
}

/// Returns the slides that one key can reach, most likely first.
fn neighbours(deck: &Deck, at: SlideNo) -> impl Iterator<Item = SlideNo> {
    let (at, count) = (at.index(), deck.slides.len());
    let near = [at + 1, at + 2, at.wrapping_sub(1), count.wrapping_sub(1), 0];
    near.into_iter().filter(move |&slide| slide < count).map(SlideNo::new)
}
