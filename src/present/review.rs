//! Looking over the whole deck, on a thread of its own: pictures that cannot be shown, names that the
//! theme does not know and, where that is wanted, what does not fit the terminal
//! (`--validate-overflows`, or as the configuration says).

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::LoopEvent;
use super::channel::EventSender;
use crate::diag::{Diagnostic, Severity};
use crate::headless::{misfits, unseen};
use crate::layout::Size;
use crate::media::Media;
use crate::panics::contain;
use crate::project::LoadedDeck;
use crate::run::Runs;

/// A deck, and the size that it is to fit, if any.
type Wanted = (LoadedDeck, Option<Size>);

/// The thread's other end.
pub(super) struct Review {
    wanted: Sender<Wanted>,
    newest: Receiver<Wanted>,
    fits: bool,
    /// What was asked for last.
    last: Option<Wanted>,
}

impl Review {
    /// Starts the thread. With `fits` it looks for what does not fit, too.
    pub(super) fn start(fits: bool, sender: EventSender) -> std::io::Result<Self> {
        let (wanted, newest) = bounded::<Wanted>(1);
        let heard = newest.clone();
        std::thread::Builder::new().name("review".to_owned()).spawn(move || {
            for (loaded, size) in heard {
                // One that panics leaves this deck without a review, and looks over the next one.
                let found = contain("the review of the deck", || review(&loaded, size));
                sender.send(LoopEvent::Reviewed(found.unwrap_or_default()));
            }
        })?;
        Ok(Self { wanted, newest, fits, last: None })
    }

    /// Looks at the deck in this size, if it did not already; what was asked for and not begun is
    /// forgotten.
    pub(super) fn look(&mut self, loaded: &LoadedDeck, size: Size) {
        let size = Some(size).filter(|_| self.fits);
        let known = |(known, at): &Wanted| Arc::ptr_eq(&known.deck, &loaded.deck) && *at == size;
        if self.last.as_ref().is_some_and(known) {
            return;
        }
        self.last = Some((loaded.clone(), size));
        let _ = self.newest.try_recv();
        let _ = self.wanted.try_send((loaded.clone(), size));
    }

    /// Files have changed: looks again the next time.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

/// What is wrong with a deck, in its order.
fn review(loaded: &LoadedDeck, size: Option<Size>) -> Vec<Diagnostic> {
    let mut media = Media::new(PathBuf::from("."), None, |_| {});
    let mut found = unseen(loaded, &mut media);
    // Whoever asks for them wants to see on the slide that there are some.
    let misfits = size.into_iter().flat_map(|size| misfits(loaded, size, &Runs::new(), &mut media));
    found.extend(misfits.map(|it| Diagnostic { severity: Severity::Error, ..it }));
    found.sort_by_key(|found| (found.span.file, found.span.start));
    found
}
