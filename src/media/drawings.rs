//! Vector pictures: drawn blocks and SVG files, made on threads and kept by what they are made from.
//!
//! A drawing of the current slide is waited for briefly, so that it usually appears with its slide.
//! Those of neighbouring slides are made ahead. Nothing is started before the first is wanted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::FinishedPicture;
use super::drawing_files::DrawingFiles;
use super::find::Stamp;
use super::time_limit::within_time;
use crate::draw::{self, DrawError, SvgFonts, VectorPicture};
use crate::files::{self, FileKind};
use crate::layout::Drawing;
use crate::panics::contain;

/// How long the loop waits for a drawing of the current slide: not noticeable between a key and its
/// slide.
const DRAW_TIMEOUT: Duration = Duration::from_millis(30);

/// Limit of the bytes of all drawings kept, as SVG.
const MAX_KEPT_BYTES: usize = 32 << 20;

/// Limit of the drawings that wait for a thread. Further ones are requested by a later frame.
const MAX_WAITING: usize = 32;

/// Limit of the bytes of an SVG file.
const MAX_SVG_BYTES: u64 = 16 << 20;

/// What a vector picture is made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum VectorSource {
    /// A block of the deck.
    Block(Arc<Drawing>),
    /// A version of an SVG file.
    File(PathBuf, Stamp),
}

/// A vector picture, or why there is none.
pub(super) type DrawResult = Result<Arc<VectorPicture>, DrawError>;

/// Whether a frame needs a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// It is on the current slide.
    Now,
    /// It may be on the next one.
    Ahead,
}

/// The state of one drawing.
#[derive(Debug)]
enum DrawState {
    Pending,
    Done { drawn: DrawResult, bytes: usize, used: u64 },
}

/// A drawing to make, and where to send it while the loop waits for it.
struct DrawJob {
    source: VectorSource,
    reply: Sender<DrawResult>,
}

/// All vector pictures of a deck.
pub(super) struct Drawings {
    states: BTreeMap<VectorSource, DrawState>,
    uses: u64,
    /// Number of threads that draw; 0 to draw on the caller's.
    threads: usize,
    /// Where drawings are kept for the next time, if they are.
    files: Option<Arc<DrawingFiles>>,
    jobs: Option<Sender<DrawJob>>,
    send: Arc<dyn Fn(FinishedPicture) + Send + Sync>,
}

impl Drawings {
    /// Draws on the caller's thread until [`Drawings::set_threads`].
    pub(super) fn new(send: Arc<dyn Fn(FinishedPicture) + Send + Sync>) -> Self {
        Self { states: BTreeMap::new(), uses: 0, threads: 0, files: None, jobs: None, send }
    }

    /// Draws on this many threads; `send` gets what the loop did not wait for.
    pub(super) fn set_threads(&mut self, threads: usize) {
        self.threads = threads;
    }

    /// Keeps drawings in this folder, too.
    pub(super) fn keep_in(&mut self, folder: PathBuf) {
        self.files = Some(Arc::new(DrawingFiles::new(folder)));
    }

    /// Returns a drawing; `None` while it is being made.
    pub(super) fn get(&mut self, source: &VectorSource, urgency: Urgency) -> Option<&DrawResult> {
        self.uses += 1;
        if !self.states.contains_key(source) {
            self.request(source.clone(), urgency);
        }
        match self.states.get_mut(source) {
            Some(DrawState::Done { drawn, used, .. }) => {
                *used = self.uses;
                Some(drawn)
            }
            Some(DrawState::Pending) | None => None,
        }
    }

    /// Stores a drawing.
    pub(super) fn accept(&mut self, source: VectorSource, drawn: DrawResult) {
        self.uses += 1;
        let bytes = drawn.as_ref().map_or(0, |picture| picture.bytes());
        let text = match &source {
            VectorSource::Block(drawing) => drawing.text.len(),
            VectorSource::File(..) => 0,
        };
        let done = DrawState::Done { drawn, bytes: bytes + text, used: self.uses };
        self.states.insert(source, done);
        self.evict();
    }

    /// Forgets failures, whose causes may be gone.
    pub(super) fn forget_failures(&mut self) {
        self.states
            .retain(|_, state| !matches!(state, DrawState::Done { drawn, .. } if drawn.is_err()));
    }

    /// Drops the drawings used least recently, but not the one just stored.
    fn evict(&mut self) {
        loop {
            let done = self.states.iter().filter_map(|(source, state)| match state {
                DrawState::Done { bytes, used, .. } => Some((*used, *bytes, source)),
                DrawState::Pending => None,
            });
            let done: Vec<_> = done.collect();
            if done.len() < 2
                || done.iter().map(|(_, bytes, _)| bytes).sum::<usize>() <= MAX_KEPT_BYTES
            {
                return;
            }
            let Some(oldest) = done.iter().min().map(|(.., source)| (*source).clone()) else {
                return;
            };
            self.states.remove(&oldest);
        }
    }

    fn request(&mut self, source: VectorSource, urgency: Urgency) {
        if self.threads == 0 {
            let drawn = make(&source, self.files.clone());
            return self.accept(source, drawn);
        }
        let is_alone = !self.states.values().any(|state| matches!(state, DrawState::Pending));
        let (reply, answer) = bounded(1);
        match self.jobs().try_send(DrawJob { source: source.clone(), reply }) {
            Ok(()) => {
                self.states.insert(source.clone(), DrawState::Pending);
            }
            Err(TrySendError::Full(_)) => return,
            Err(TrySendError::Disconnected(_)) => {
                let error = DrawError::new("no thread could be started");
                return self.accept(source, Err(error));
            }
        }
        // A slow drawing must not delay others.
        if urgency == Urgency::Now
            && is_alone
            && let Ok(drawn) = answer.recv_timeout(DRAW_TIMEOUT)
        {
            self.accept(source, drawn);
        }
        // From here on, the thread sends an event.
    }

    fn jobs(&mut self) -> &Sender<DrawJob> {
        let (threads, send, files) = (self.threads, &self.send, &self.files);
        self.jobs.get_or_insert_with(|| {
            let (sender, jobs) = bounded(MAX_WAITING);
            for _ in 0..threads {
                let (jobs, send, files) = (jobs.clone(), Arc::clone(send), files.clone());
                let thread = std::thread::Builder::new().name("drawings".to_owned());
                drop(thread.spawn(move || work(&jobs, files.as_ref(), &*send)));
            }
            sender
        })
    }
}

fn work(
    jobs: &Receiver<DrawJob>,
    files: Option<&Arc<DrawingFiles>>,
    send: &dyn Fn(FinishedPicture),
) {
    for DrawJob { source, reply } in jobs {
        let drawn = make(&source, files.cloned());
        if let Err(unheard) = reply.send(drawn) {
            send(FinishedPicture::drawn(source, unheard.into_inner()));
        }
    }
}

/// Makes a drawing, within the limits of time and stack.
fn make(source: &VectorSource, files: Option<Arc<DrawingFiles>>) -> DrawResult {
    let source = source.clone();
    let made = within_time(move || {
        contain("drawing it", || match &source {
            VectorSource::Block(drawing) => match &files {
                Some(files) => files.draw(drawing),
                None => draw::draw(drawing),
            },
            VectorSource::File(path, _) => read(path),
        })
    });
    match made {
        Ok(Ok(drawn)) => drawn.map(Arc::new),
        Ok(Err(panicked)) => Err(DrawError::new(panicked.to_string())),
        Err(late) => Err(DrawError::new(late.to_string())),
    }
}

/// Reads an SVG file.
fn read(path: &Path) -> Result<VectorPicture, DrawError> {
    let error = |error: files::ReadError| DrawError {
        hint: error.hint().map(str::to_owned),
        ..DrawError::new(error.to_string())
    };
    let bytes = files::read(path, FileKind::Picture).map_err(error)?;
    if bytes.len() as u64 > MAX_SVG_BYTES {
        let max = MAX_SVG_BYTES >> 20;
        return Err(DrawError::new(format!("it is larger than {max} MiB")));
    }
    let text = String::from_utf8(bytes).map_err(|_| DrawError::new("it is not UTF-8 text"))?;
    VectorPicture::read(&text, SvgFonts::Named)
}

/// Whether one drawing is an edit of the other: at least half of the shorter text is the same, at the
/// start and the end.
pub(super) fn is_edited(old: &Drawing, new: &Drawing) -> bool {
    let (old_text, new_text) = (old.text.as_bytes(), new.text.as_bytes());
    let shorter = old_text.len().min(new_text.len());
    let same = |pair: &(&u8, &u8)| pair.0 == pair.1;
    let start = old_text.iter().zip(new_text).take_while(same).count();
    let end = old_text.iter().rev().zip(new_text.iter().rev()).take_while(same).count();
    old.language == new.language && (start + end) * 2 >= shorter
}
