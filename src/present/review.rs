//! Reviews the whole deck on a separate thread: pictures that cannot be shown, unknown names in the
//! theme's palette, a chosen Python that is gone and, if enabled, slides that do not fit the terminal (`--validate-overflows`, or
//! the configuration).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::LoopEvent;
use super::channel::EventSender;
use crate::diag::{Diagnostic, Severity};
use crate::exec::CustomExecutor;
use crate::headless::{misfits, python_problem, unseen};
use crate::layout::Size;
use crate::media::Media;
use crate::panics::contain;
use crate::project::LoadedDeck;
use crate::run::Runs;

/// A deck, and the size that it must fit, if any.
type ReviewJob = (LoadedDeck, Option<Size>);

/// Handle of the thread.
pub(super) struct Review {
    wanted: Sender<ReviewJob>,
    newest: Receiver<ReviewJob>,
    fits: bool,
    /// The job that was sent last.
    last: Option<ReviewJob>,
}

impl Review {
    /// Starts the thread. With `fits`, it also reports slides that do not fit.
    pub(super) fn start(
        fits: bool,
        custom: BTreeMap<String, CustomExecutor>,
        sender: EventSender,
    ) -> std::io::Result<Self> {
        let (wanted, newest) = bounded::<ReviewJob>(1);
        let heard = newest.clone();
        std::thread::Builder::new().name("review".to_owned()).spawn(move || {
            for (loaded, size) in heard {
                // After a panic, the next deck is still reviewed.
                let found = contain("the review of the deck", || review(&loaded, &custom, size));
                sender.send(LoopEvent::Reviewed(found.unwrap_or_default()));
            }
        })?;
        Ok(Self { wanted, newest, fits, last: None })
    }

    /// Reviews the deck at this size, unless it was reviewed already. Replaces a pending job.
    pub(super) fn request(&mut self, loaded: &LoadedDeck, size: Size) {
        let size = Some(size).filter(|_| self.fits);
        let known = |(known, at): &ReviewJob| Arc::ptr_eq(&known.deck, &loaded.deck) && *at == size;
        if self.last.as_ref().is_some_and(known) {
            return;
        }
        self.last = Some((loaded.clone(), size));
        let _ = self.newest.try_recv();
        let _ = self.wanted.try_send((loaded.clone(), size));
    }

    /// Forgets the last review: files have changed.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

/// Returns the problems of a deck in source order.
fn review(
    loaded: &LoadedDeck,
    custom: &BTreeMap<String, CustomExecutor>,
    size: Option<Size>,
) -> Vec<Diagnostic> {
    let mut media = Media::new(PathBuf::from("."), None, |_| {});
    let mut found = unseen(loaded, &mut media);
    found.extend(python_problem(loaded, custom));
    // As errors, because the slide shows those.
    let misfits = size.into_iter().flat_map(|size| misfits(loaded, size, &Runs::new(), &mut media));
    found.extend(misfits.map(|it| Diagnostic { severity: Severity::Error, ..it }));
    found.sort_by_key(|found| (found.span.file, found.span.start));
    found
}
