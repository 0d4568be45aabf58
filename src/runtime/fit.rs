//! Looking for what does not fit the terminal, on a thread of its own: with `--validate-overflows`, or
//! as the configuration says.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::inspect::misfits;
use super::mailbox::Mailbox;
use super::{Event, Show};
use crate::layout::Size;
use crate::media::Media;

/// The thread's other end.
pub(super) struct Fit {
    wanted: Sender<(Show, Size)>,
    newest: Receiver<(Show, Size)>,
    /// What was asked for last.
    last: Option<(Show, Size)>,
}

impl Fit {
    /// Starts the thread.
    pub(super) fn start(mailbox: Mailbox) -> std::io::Result<Self> {
        let (wanted, newest) = bounded::<(Show, Size)>(1);
        let heard = newest.clone();
        std::thread::Builder::new().name("fit".to_owned()).spawn(move || {
            for (show, size) in heard {
                let mut media = Media::new(PathBuf::from("."), None, |_| {});
                mailbox.send(Event::Misfits(misfits(&show, size, &mut media)));
            }
        })?;
        Ok(Self { wanted, newest, last: None })
    }

    /// Looks at the deck in this size, if it did not already; what was asked for and not begun is
    /// forgotten.
    pub(super) fn look(&mut self, show: &Show, size: Size) {
        let known =
            |(known, at): &(Show, Size)| Arc::ptr_eq(&known.deck, &show.deck) && *at == size;
        if self.last.as_ref().is_some_and(known) {
            return;
        }
        self.last = Some((show.clone(), size));
        let _ = self.newest.try_recv();
        let _ = self.wanted.try_send((show.clone(), size));
    }
}
