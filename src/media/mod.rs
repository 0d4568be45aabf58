//! Pictures: finds and measures them, decodes them in the background, and shows them by the protocol
//! that the terminal supports.
//!
//! A picture's size is read from its header when its slide is laid out. A worker thread decodes,
//! scales and encodes pictures when they are shown; their cells are blank until then. Placements in
//! the terminal are tracked: a frame without changes writes nothing.

#![expect(
    clippy::disallowed_methods,
    reason = "the shell reads files, the environment and the clock"
)]

mod animation;
mod cache;
mod document;
mod drawing_files;
mod drawings;
mod find;
mod found;
mod header_reader;
mod labels;
mod limits;
mod paint;
mod pixels;
mod predecessors;
mod prefetch;
mod protocol;
mod render_queue;
mod rendition;
mod time_limit;
mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::deck::SlideNo;
use crate::draw::DrawError;
use crate::files::{self, FileKind, ReadError};
use crate::layout::{Drawing, PictureContent, PictureKey, PictureProblem, PixelSize};

pub use document::{DocumentPicture, UnreadPicture};
pub use paint::PreparedPictures;
pub use prefetch::ExpectedPicture;
pub use protocol::{Capabilities, PictureBlocks, Protocol, wrap_for_tmux};

use cache::RenditionCache;
use drawings::{DrawResult, Drawings, Urgency, VectorSource, is_edited};
use find::{Finder, PictureFormat};
use found::FoundPicture;
use predecessors::Predecessors;
use render_queue::RenderQueue;
use rendition::{PicturePlacement, Rendition, RenditionSpec};

/// The default of [`Media::set_memory_limit`], in bytes.
pub const DEFAULT_MEMORY_BYTES: usize = 64 << 20;

/// The pictures of a deck, and their state in the terminal.
pub struct Media {
    finder: Finder,
    drawings: Drawings,
    /// What was last drawn in each place.
    last_drawings: BTreeMap<(SlideNo, usize), Arc<Drawing>>,
    cache: RenditionCache,
    renders: RenderQueue,
    terminal: PictureTerminal,
    content: PictureContent,
    shown: Vec<ShownPicture>,
    predecessors: Predecessors,
    /// Bytes to write with the next frame.
    pending: Vec<u8>,
    clock: FrameClock,
}

/// How the terminal shows pictures.
struct PictureTerminal {
    /// Unknown until the terminal has answered.
    protocol: Option<Protocol>,
    blocks: PictureBlocks,
    /// Columns and rows from the terminal's corner to ours, if tmux is between and passes sequences on.
    tmux: Option<(u16, u16)>,
    /// Whether it shows kitty's pictures, but does not move them.
    lacks_animations: bool,
}

/// The time of the animations that we drive.
struct FrameClock {
    /// When their first frames are shown.
    start: Instant,
    /// When the next frame of one on the screen is due.
    next: Option<Instant>,
}

/// A result of another thread, for [`Media::accept`].
#[derive(Debug)]
pub struct FinishedPicture(FinishedWork);

/// What a thread has finished.
#[derive(Debug)]
enum FinishedWork {
    Rendition { spec: RenditionSpec, id: u32, rendition: Result<Rendition, String> },
    Drawing { source: VectorSource, drawn: DrawResult },
}

impl FinishedPicture {
    fn rendered(spec: RenditionSpec, id: u32, rendition: Result<Rendition, String>) -> Self {
        Self(FinishedWork::Rendition { spec, id, rendition })
    }

    fn drawn(source: VectorSource, drawn: DrawResult) -> Self {
        Self(FinishedWork::Drawing { source, drawn })
    }
}

/// A picture that the terminal shows.
#[derive(Clone, Debug, PartialEq)]
struct ShownPicture {
    spec: RenditionSpec,
    id: u32,
    /// Number of the placement, from 1: a picture can be on a slide more than once.
    number: u32,
    place: PicturePlacement,
    /// The number of the frame, of an animation that we drive.
    frame: usize,
}

impl Media {
    /// Creates a `Media` that looks for pictures beside the deck's files, then in `directory`. The
    /// worker thread calls `send` with its results. Without a protocol, pictures are blank until
    /// [`Media::set_protocol`].
    pub fn new(
        directory: PathBuf,
        protocol: Option<Protocol>,
        send: impl Fn(FinishedPicture) + Send + Sync + 'static,
    ) -> Self {
        let send: Arc<dyn Fn(FinishedPicture) + Send + Sync> = Arc::new(send);
        Self {
            finder: Finder::new(directory),
            drawings: Drawings::new(Arc::clone(&send)),
            last_drawings: BTreeMap::new(),
            cache: RenditionCache::new(DEFAULT_MEMORY_BYTES),
            renders: RenderQueue::new(send),
            terminal: PictureTerminal {
                protocol,
                blocks: PictureBlocks::default(),
                tmux: None,
                lacks_animations: false,
            },
            content: PictureContent::default(),
            shown: Vec::new(),
            predecessors: Predecessors::default(),
            pending: Vec::new(),
            clock: FrameClock { start: Instant::now(), next: None },
        }
    }

    /// Creates a `Media` for documents and checks, which looks in the working directory. It decodes files
    /// when it measures them: one that is damaged after its header is an error. A talk reports that when it
    /// draws the picture.
    pub fn for_documents() -> Self {
        let mut media = Self::new(PathBuf::from("."), None, |_| {});
        media.finder.decode_files();
        media
    }

    /// Reads headers and draws without blocking: a file that is slow to read is reported as such, and
    /// `wake` is called from another thread when it has been read. Drawings are made on this many
    /// threads.
    pub fn read_in_background(
        &mut self,
        draw_threads: usize,
        wake: impl Fn() + Send + Sync + 'static,
    ) {
        self.finder.read_in_background(wake);
        self.drawings.set_threads(draw_threads.max(1));
    }

    /// Keeps drawings in this folder of the user's, for the next time.
    pub fn keep_drawings_in(&mut self, folder: PathBuf) {
        self.drawings.keep_in(folder);
    }

    /// Sets what fills the space of pictures, for what has only text.
    pub fn fill_pictures_with(&mut self, content: PictureContent) {
        self.content = content;
    }

    /// Returns what fills the space of pictures.
    pub fn content(&self) -> PictureContent {
        self.content
    }

    /// Sets the protocol.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        if self.terminal.protocol != Some(protocol) {
            let end = self.quit();
            self.pending.extend(end);
            self.terminal.protocol = Some(protocol);
        }
    }

    /// Sets whether the terminal shows kitty's pictures, but does not move them.
    pub fn set_lacks_animations(&mut self, lacks_animations: bool) {
        self.terminal.lacks_animations = lacks_animations;
    }

    /// Sets what pictures are drawn from if the terminal shows none.
    pub fn set_blocks(&mut self, blocks: PictureBlocks) {
        self.terminal.blocks = blocks;
    }

    /// Sets whether sequences have to be wrapped for tmux, and where its pane is in the terminal: columns and
    /// rows from the corner.
    pub fn set_tmux(&mut self, pane: Option<(u16, u16)>) {
        if self.terminal.tmux != pane {
            let end = self.quit();
            self.pending.extend(end);
            self.terminal.tmux = pane;
        }
    }

    /// Returns the size of a picture; none while it is being drawn.
    ///
    /// # Errors
    /// It does not exist, is not a picture, or could not be decoded; with the message to show instead.
    pub fn measure(&mut self, key: &PictureKey) -> Result<Option<PixelSize>, PictureProblem> {
        Ok(self.find(key, Urgency::Now)?.map(|found| found.size()))
    }

    /// Returns the rows of a formula in a line that are above that of the text, once it is drawn.
    pub fn rows_above_baseline(&mut self, key: &PictureKey) -> u16 {
        match self.find(key, Urgency::Ahead) {
            Ok(Some(FoundPicture::Vector { picture, .. })) => picture.rows_above(),
            _ => 0,
        }
    }

    /// Remembers what is drawn in a place of the deck: a slide, and the number of the block on it.
    pub fn remember_drawing(&mut self, place: (SlideNo, usize), drawing: Arc<Drawing>) {
        self.last_drawings.insert(place, drawing);
    }

    /// Returns what was drawn in a place before it was edited into `drawing`.
    pub fn last_drawing(&self, place: (SlideNo, usize), drawing: &Drawing) -> Option<Arc<Drawing>> {
        self.last_drawings.get(&place).filter(|last| is_edited(last, drawing)).cloned()
    }

    /// Draws a picture that may be shown soon, if it has to be drawn.
    pub fn prepare(&mut self, key: &PictureKey) {
        let _ = self.find(key, Urgency::Ahead);
    }

    /// Returns a picture for documents, if it can be measured.
    ///
    /// # Errors
    /// Its file cannot be read.
    pub fn document_picture(
        &mut self,
        key: &PictureKey,
    ) -> Result<Option<DocumentPicture>, ReadError> {
        Ok(match self.find(key, Urgency::Now) {
            Ok(Some(FoundPicture::File(file))) => {
                Some(DocumentPicture::File(files::read(&file.path, FileKind::Picture)?))
            }
            Ok(Some(FoundPicture::Vector { picture, .. })) => {
                Some(DocumentPicture::Vector(picture))
            }
            Ok(None) | Err(_) => None,
        })
    }

    /// Returns a picture that is on the screen, for another thread that reads it.
    pub fn unread_picture(&mut self, key: &PictureKey) -> Option<UnreadPicture> {
        Some(match self.find(key, Urgency::Ahead).ok()?? {
            FoundPicture::File(file) => UnreadPicture::File(file.path),
            FoundPicture::Vector { picture, .. } => UnreadPicture::Vector(picture),
        })
    }

    /// Finds a picture and draws it if necessary; none while it is being drawn.
    fn find(
        &mut self,
        key: &PictureKey,
        urgency: Urgency,
    ) -> Result<Option<FoundPicture>, PictureProblem> {
        let source = match key {
            PictureKey::Drawing(drawing) => VectorSource::Block(Arc::clone(drawing)),
            PictureKey::File { base, source } => {
                let found = self.finder.find(base, source)?;
                if found.format != PictureFormat::Svg {
                    return Ok(Some(FoundPicture::File(found.clone())));
                }
                VectorSource::File(found.path.clone(), found.stamp)
            }
        };
        match self.drawings.get(&source, urgency) {
            None => Ok(None),
            Some(Ok(picture)) => {
                let picture = Arc::clone(picture);
                Ok(Some(FoundPicture::Vector { source, picture }))
            }
            Some(Err(error)) => Err(problem(key, error)),
        }
    }

    /// Returns all paths that were found or looked for.
    pub fn watched_files(&self) -> Vec<PathBuf> {
        self.finder.checked_paths().cloned().collect()
    }

    /// Discards what is known about files, after they changed.
    pub fn forget(&mut self) {
        self.finder.forget();
        self.drawings.forget_failures();
        self.cache.forget_failures();
    }

    /// Stores a result of another thread. Returns whether the current frame may change by it.
    pub fn accept(&mut self, finished: FinishedPicture) -> bool {
        let (spec, id, rendition) = match finished.0 {
            FinishedWork::Drawing { source, drawn } => {
                self.drawings.accept(source, drawn);
                return true;
            }
            FinishedWork::Rendition { spec, id, rendition } => (spec, id, rendition),
        };
        let is_awaited = self.renders.finish(&spec);
        if Some(spec.protocol) != self.terminal.protocol {
            return is_awaited;
        }
        if let Err(why) = &rendition {
            match &spec.found {
                FoundPicture::File(file) => {
                    self.finder.note_broken(&file.path, file.stamp, why.clone());
                }
                FoundPicture::Vector { source, .. } => {
                    let error = DrawError::new(why.clone());
                    self.drawings.accept(source.clone(), Err(error));
                }
            }
        }
        let is_predecessor = self.predecessors.include(&spec);
        let is_kitty = spec.protocol.is_kitty();
        let dropped = self.cache.insert(spec, id, rendition.ok());
        if is_kitty {
            self.delete(&dropped);
        }
        is_awaited || is_predecessor
    }

    /// Makes the next frame place all pictures again, after the terminal was cleared or resized.
    pub fn repaint(&mut self) {
        self.shown.clear();
    }

    /// Returns the bytes that remove all pictures from the terminal.
    pub fn quit(&mut self) -> Vec<u8> {
        self.shown.clear();
        self.renders.clear();
        let ids = self.cache.clear();
        if self.terminal.protocol.is_some_and(Protocol::is_kitty) {
            self.delete(&ids);
        }
        std::mem::take(&mut self.pending)
    }

    fn delete(&mut self, ids: &[u32]) {
        self.shown.retain(|shown| !ids.contains(&shown.id));
        let bytes: Vec<_> = ids.iter().flat_map(|id| protocol::delete(*id)).collect();
        let is_wrapped = self.terminal.tmux.is_some();
        self.pending.extend(if is_wrapped { protocol::wrap_each(&bytes) } else { bytes });
    }
}

/// Returns the message for a drawing that failed.
fn problem(key: &PictureKey, error: &DrawError) -> PictureProblem {
    let why = match key {
        PictureKey::Drawing(_) => error.why.clone(),
        PictureKey::File { source, .. } => {
            format!("picture `{source}` cannot be shown: {}", error.why)
        }
    };
    let at = error.at.filter(|_| matches!(key, PictureKey::Drawing(_)));
    PictureProblem { why, hint: error.hint.clone(), at }
}

#[cfg(test)]
mod tests;
