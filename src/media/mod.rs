//! Pictures: finds and measures them, decodes them in the background, and shows them by the protocol
//! that the terminal supports.
//!
//! A picture's size is read from its header when its slide is laid out. A worker thread decodes,
//! scales and encodes pictures when they are shown; their cells are blank until then. Placements in
//! the terminal are tracked: a frame without changes writes nothing.

#![expect(clippy::disallowed_methods, reason = "the shell reads files and the environment")]

mod cache;
mod find;
mod header_reader;
mod limits;
mod pixels;
mod protocol;
mod rendition;
mod worker;

use std::path::PathBuf;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::Color;

use crate::layout::{PictureKey, PictureProblem, PixelSize};
use crate::view::Overlay;

pub use protocol::{Capabilities, Protocol};

use cache::RenditionCache;
use find::Finder;
use rendition::{PicturePlacement, Rendition, RenditionSpec};
use worker::{RenderJob, RenderWorker};

/// The pictures of a deck, and their state in the terminal.
pub struct Media {
    finder: Finder,
    cache: RenditionCache,
    worker: RenderWorker,
    protocol: Option<Protocol>,
    /// Renditions that the worker has not returned.
    pending_specs: Vec<RenditionSpec>,
    shown: Vec<ShownPicture>,
    /// Bytes to write with the next frame.
    pending: Vec<u8>,
    last_id: u32,
}

/// A result of the worker thread, for [`Media::accept`].
#[derive(Debug)]
pub struct FinishedPicture {
    spec: RenditionSpec,
    id: u32,
    rendition: Result<Rendition, String>,
}

/// A picture that the terminal shows.
#[derive(Clone, Debug, PartialEq)]
struct ShownPicture {
    spec: RenditionSpec,
    id: u32,
    /// Number of the placement, from 1: a picture can be on a slide more than once.
    number: u32,
    place: PicturePlacement,
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
        Self {
            finder: Finder::new(directory),
            cache: RenditionCache::default(),
            worker: RenderWorker::new(send),
            protocol,
            pending_specs: Vec::new(),
            shown: Vec::new(),
            pending: Vec::new(),
            last_id: 0,
        }
    }

    /// Reads headers without blocking: a file that is slow to read is reported as such, and `wake` is
    /// called from another thread when it has been read.
    pub fn read_in_background(&mut self, wake: impl Fn() + Send + Sync + 'static) {
        self.finder.read_in_background(wake);
    }

    /// Sets the protocol.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        if self.protocol != Some(protocol) {
            let end = self.quit();
            self.pending.extend(end);
            self.protocol = Some(protocol);
        }
    }

    /// Returns the size of a picture.
    ///
    /// # Errors
    /// It does not exist, is not a picture, or could not be decoded; with the message to show instead.
    pub fn measure(&mut self, key: &PictureKey) -> Result<PixelSize, PictureProblem> {
        self.finder.find(key).map(|found| found.size)
    }

    /// Returns the file of a picture, if it can be measured.
    pub fn file(&mut self, key: &PictureKey) -> Option<PathBuf> {
        self.finder.find(key).ok().map(|found| found.path.clone())
    }

    /// Returns all paths that were found or looked for.
    pub fn watched_files(&self) -> Vec<PathBuf> {
        self.finder.checked_paths().cloned().collect()
    }

    /// Discards what is known about files, after they changed.
    pub fn forget(&mut self) {
        self.finder.forget();
        self.cache.forget_failures();
    }

    /// Stores a result of the worker thread; the next frame shows it.
    pub fn accept(&mut self, finished: FinishedPicture) {
        let FinishedPicture { spec, id, rendition } = finished;
        self.pending_specs.retain(|pending_specs| *pending_specs != spec);
        if Some(spec.protocol) != self.protocol {
            return;
        }
        if let Err(why) = &rendition {
            self.finder.note_broken(&spec.found.path, spec.found.stamp, why.clone());
        }
        let is_kitty = spec.protocol.is_kitty();
        let dropped = self.cache.insert(spec, id, rendition.ok());
        if is_kitty {
            self.delete(&dropped);
        }
    }

    /// Makes the next frame place all pictures again, after the terminal was cleared or resized.
    pub fn repaint(&mut self) {
        self.shown.clear();
    }

    /// Returns the bytes that remove all pictures from the terminal.
    pub fn quit(&mut self) -> Vec<u8> {
        self.shown.clear();
        self.pending_specs.clear();
        let ids = self.cache.clear();
        if self.protocol.is_some_and(Protocol::is_kitty) {
            self.delete(&ids);
        }
        std::mem::take(&mut self.pending)
    }

    fn delete(&mut self, ids: &[u32]) {
        self.shown.retain(|shown| !ids.contains(&shown.id));
        self.pending.extend(ids.iter().flat_map(|id| protocol::delete(*id)));
    }

    /// Paints the pictures of a frame into the buffer; returns the bytes to write after it, for
    /// protocols other than half blocks.
    pub fn paint(
        &mut self,
        overlays: &[Overlay],
        background: Color,
        cell: (u16, u16),
        buffer: &mut Buffer,
    ) -> Vec<u8> {
        let Some(protocol) = self.protocol else { return Vec::new() };
        self.cache.next_frame();
        let background = rgb(background);
        let mut shown = Vec::new();
        let mut missing = Vec::new();
        for overlay in overlays {
            let Some(place) = place(overlay, protocol, buffer.area) else { continue };
            let Ok(found) = self.finder.find(&overlay.key) else { continue };
            let spec = RenditionSpec::new(found, protocol, place, cell, background);
            let Some(entry) = self.cache.get(&spec) else {
                if !missing.contains(&spec) {
                    missing.push(spec);
                }
                continue;
            };
            if let Some(Rendition::Pixels(picture)) = &entry.rendition {
                protocol::paint_blocks(picture, place.area, place.skipped, buffer);
            } else if entry.is_showable() {
                reserve_cells(place.area, protocol, buffer);
                let number = shown.len() as u32 + 1;
                shown.push(ShownPicture { spec, id: entry.id, number, place });
            }
        }
        self.request(missing);
        self.show(shown)
    }

    /// Paints the pictures if they are half blocks; otherwise their cells stay blank.
    pub fn paint_cells(
        &mut self,
        overlays: &[Overlay],
        background: Color,
        cell: (u16, u16),
        buffer: &mut Buffer,
    ) {
        if self.protocol == Some(Protocol::Blocks) {
            self.paint(overlays, background, cell, buffer);
        }
    }

    /// Requests missing renditions from the worker, unless they are pending.
    fn request(&mut self, missing: Vec<RenditionSpec>) {
        if missing.iter().all(|spec| self.pending_specs.contains(spec)) {
            return;
        }
        let mut job = |spec: &RenditionSpec| {
            self.last_id = self.last_id.wrapping_add(1);
            RenderJob { spec: spec.clone(), id: FIRST_ID.wrapping_add(self.last_id) }
        };
        let jobs = missing.iter().map(&mut job).collect();
        self.pending_specs = missing;
        self.worker.request(jobs);
    }

    /// Returns the bytes that place new pictures and remove those no longer shown.
    fn show(&mut self, shown: Vec<ShownPicture>) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.pending);
        for old in self.shown.iter().filter(|old| !shown.contains(old)) {
            if old.spec.protocol.is_kitty() {
                bytes.extend(protocol::delete_placement(old.id, old.number));
            }
        }
        for new in shown.iter().filter(|new| !self.shown.contains(new)) {
            put(new, &mut self.cache, &mut bytes);
        }
        self.shown = shown;
        if bytes.is_empty() {
            return bytes;
        }
        // Saves and restores the cursor.
        [b"\x1b7", &bytes[..], b"\x1b8"].concat()
    }
}

/// The first picture id; unlikely to be used by other programs in the same terminal.
const FIRST_ID: u32 = 0x4c44_0000;

/// Appends the bytes that place a picture.
fn put(new: &ShownPicture, cache: &mut RenditionCache, bytes: &mut Vec<u8>) {
    let ShownPicture { spec, id, number, place } = new;
    let Some(entry) = cache.get(spec) else { return };
    if spec.protocol.is_kitty() {
        if let Some(Rendition::Bytes(transmission)) = entry.rendition.take() {
            bytes.extend(transmission);
        }
        bytes.extend(protocol::place(*id, *number, place.area, spec.rows_at(*place)));
    } else if let Some(Rendition::Bytes(sequence)) = &entry.rendition {
        let Rect { x, y, .. } = place.area;
        bytes.extend(format!("\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1).into_bytes());
        bytes.extend_from_slice(sequence);
    }
}

/// Returns the placement of an overlay; `None` if it is not entirely on the screen.
fn place(overlay: &Overlay, protocol: Protocol, screen: Rect) -> Option<PicturePlacement> {
    let mut area = overlay.area;
    if area.is_empty() || area.intersection(screen) != area {
        return None;
    }
    // Some terminals scroll when a sixel picture ends in the last row.
    if protocol == Protocol::Sixel && area.bottom() == screen.bottom() {
        area.height -= 1;
    }
    let place = PicturePlacement { area, whole: overlay.whole, skipped: overlay.skipped };
    (!area.is_empty()).then_some(place)
}

/// Blanks the cells under a picture. For protocols whose pictures are removed by writing cells, marks
/// them as different from other blank cells, which the next slide then writes.
fn reserve_cells(area: Rect, protocol: Protocol, buffer: &mut Buffer) {
    for position in area.positions() {
        let Some(cell) = buffer.cell_mut(position) else { continue };
        cell.set_symbol(" ");
        if !protocol.is_kitty() {
            cell.set_diff_option(CellDiffOption::ForcedWidth(std::num::NonZeroU16::MIN));
        }
    }
}

fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
