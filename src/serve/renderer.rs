//! The thread that makes pages of what the talk hands over. Only the newest publication is waiting.

#![expect(clippy::disallowed_methods, reason = "pages are made at most every few milliseconds")]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::{Condvar, Mutex};

use super::limits::MIN_INTERVAL;
use super::page::{MirrorPage, Publication, mirror_page};
use crate::media::{DocumentPicture, UnreadPicture};
use crate::panics;

/// What is waiting for the thread.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    state: Mutex<MailboxState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct MailboxState {
    waiting: Option<Publication>,
    is_over: bool,
}

impl Mailbox {
    /// Replaces what is waiting. Never blocks for long.
    pub(super) fn put(&self, publication: Publication) {
        let replaced = self.state.lock().waiting.replace(publication);
        self.changed.notify_one();
        // Outside of the lock.
        drop(replaced);
    }

    /// Ends the thread.
    pub(super) fn end(&self) {
        self.state.lock().is_over = true;
        self.changed.notify_one();
    }

    /// Waits for a publication; none at the end.
    fn take(&self) -> Option<Publication> {
        let mut state = self.state.lock();
        loop {
            if state.is_over {
                return None;
            }
            if let Some(publication) = state.waiting.take() {
                return Some(publication);
            }
            self.changed.wait(&mut state);
        }
    }
}

/// What clients get, made from one publication.
#[derive(Clone, Debug)]
pub(super) struct RenderedPage {
    pub(super) mirror: Arc<MirrorPage>,
    /// What the remote shows, as JSON.
    pub(super) remote: Arc<[u8]>,
}

/// Makes pages until the mailbox ends. `done` gets each.
pub(super) fn run(mailbox: &Mailbox, done: impl Fn(RenderedPage)) {
    let mut pictures = PictureFiles::default();
    let mut last: Option<Arc<MirrorPage>> = None;
    while let Some(publication) = mailbox.take() {
        let made = panics::contain("making a page for the audience", || {
            mirror_page(&publication, &mut |picture| pictures.read(picture))
        });
        pictures.forget_unused();
        // Unchanged pages are not sent again.
        let mirror = match (made, &last) {
            (Ok(page), Some(last)) if page == **last => Arc::clone(last),
            (Ok(page), _) => Arc::new(page),
            (Err(_), Some(last)) => Arc::clone(last),
            (Err(_), None) => Arc::default(),
        };
        last = Some(Arc::clone(&mirror));
        let remote = serde_json::to_vec(&publication.remote).unwrap_or_default();
        done(RenderedPage { mirror, remote: remote.into() });
        std::thread::sleep(MIN_INTERVAL);
    }
}

/// Returns what is before and after the remote's view in its state: the time in milliseconds since 1970, since the
/// clocks of phones differ.
pub(super) fn around_remote_state() -> [Arc<[u8]>; 2] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    [format!("{{\"now_ms\":{now},\"view\":").into_bytes().into(), b"}\n".to_vec().into()]
}

/// The files of pictures on the last page: output that streams does not read them again.
#[derive(Debug, Default)]
struct PictureFiles(HashMap<PathBuf, ReadPicture>);

#[derive(Debug)]
struct ReadPicture {
    /// Its size and time of change.
    stamp: Option<(u64, SystemTime)>,
    content: DocumentPicture,
    is_used: bool,
}

impl PictureFiles {
    fn read(&mut self, picture: &UnreadPicture) -> Option<DocumentPicture> {
        let UnreadPicture::File(path) = picture else { return picture.read() };
        let metadata = fs::metadata(path).ok();
        let stamp = metadata.and_then(|it| Some((it.len(), it.modified().ok()?)));
        if let Some(file) = self.0.get_mut(path).filter(|file| file.stamp == stamp) {
            file.is_used = true;
            return Some(file.content.clone());
        }
        let content = picture.read()?;
        let file = ReadPicture { stamp, content: content.clone(), is_used: true };
        self.0.insert(path.clone(), file);
        Some(content)
    }

    fn forget_unused(&mut self) {
        self.0.retain(|_, file| std::mem::take(&mut file.is_used));
    }
}
