//! Pictures: finding, measuring, decoding in the background, and putting them on the terminal in
//! whatever way it knows.
//!
//! A picture's size is read from its header when its slide is laid out. Its pixels are decoded,
//! scaled and encoded by a thread of its own once it is to be shown; until they are there its room
//! stays blank. What the terminal was told to show is remembered, so that a frame which changes
//! nothing writes nothing.

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

/// The pictures of a deck, and of the terminal.
pub struct Media {
    finder: Finder,
    cache: RenditionCache,
    worker: RenderWorker,
    protocol: Option<Protocol>,
    /// What was asked of the worker and has not come back.
    asked: Vec<RenditionSpec>,
    shown: Vec<ShownPicture>,
    /// Bytes to be written with the next frame.
    pending: Vec<u8>,
    last_id: u32,
}

/// Something rendition in the background, for [`Media::loaded`].
#[derive(Debug)]
pub struct FinishedPicture {
    spec: RenditionSpec,
    id: u32,
    rendition: Result<Rendition, String>,
}

/// What the terminal was told to show.
#[derive(Clone, Debug, PartialEq)]
struct ShownPicture {
    spec: RenditionSpec,
    id: u32,
    /// Tells apart the places of one picture; from 1.
    number: u32,
    place: PicturePlacement,
}

impl Media {
    /// Pictures that are looked for beside the deck's files, then in `directory`. What was rendition in
    /// the background is handed over through `send`. Without a protocol nothing is shown until
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
            asked: Vec::new(),
            shown: Vec::new(),
            pending: Vec::new(),
            last_id: 0,
        }
    }

    /// Waits for no file: one that is slow to read is reported as such, and `wake` is called from
    /// another thread when it was read.
    pub fn read_in_background(&mut self, wake: impl Fn() + Send + Sync + 'static) {
        self.finder.read_in_background(wake);
    }

    /// Sets how pictures are shown.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        if self.protocol != Some(protocol) {
            let end = self.quit();
            self.pending.extend(end);
            self.protocol = Some(protocol);
        }
    }

    /// The size of a picture.
    ///
    /// # Errors
    /// It is not there, it is no picture, or it could not be decoded: what to say in its place.
    pub fn measure(&mut self, key: &PictureKey) -> Result<PixelSize, PictureProblem> {
        self.finder.find(key).map(|found| found.size)
    }

    /// The file of a picture that can be measured.
    pub fn file(&mut self, key: &PictureKey) -> Option<PathBuf> {
        self.finder.find(key).ok().map(|found| found.path.clone())
    }

    /// Every file that was found or looked for: what to watch.
    pub fn watched_files(&self) -> Vec<PathBuf> {
        self.finder.checked_paths().cloned().collect()
    }

    /// Files have changed: looks at them again.
    pub fn forget(&mut self) {
        self.finder.forget();
        self.cache.forget_failures();
    }

    /// Takes in what was rendition in the background; the next frame shows it.
    pub fn accept(&mut self, finished: FinishedPicture) {
        let FinishedPicture { spec, id, rendition } = finished;
        self.asked.retain(|asked| *asked != spec);
        if Some(spec.protocol) != self.protocol {
            return;
        }
        if let Err(why) = &rendition {
            self.finder.note_broken(&spec.found.path, spec.found.stamp, why.clone());
        }
        let is_kitty = spec.protocol.is_kitty();
        let gone = self.cache.insert(spec, id, rendition.ok());
        if is_kitty {
            self.delete(&gone);
        }
    }

    /// What was put on the terminal is no longer there (it was cleared, or resized): the next frame
    /// puts it there again.
    pub fn repaint(&mut self) {
        self.shown.clear();
    }

    /// The bytes to write before the terminal is given back: nothing of ours stays in it.
    pub fn quit(&mut self) -> Vec<u8> {
        self.shown.clear();
        self.asked.clear();
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

    /// Puts the pictures of a frame on the terminal: into the buffer's cells, or through the bytes
    /// that are to be written after them.
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
            } else if entry.is_there() {
                reserve_cells(place.area, protocol, buffer);
                let number = shown.len() as u32 + 1;
                shown.push(ShownPicture { spec, id: entry.id, number, place });
            }
        }
        self.ask(missing);
        self.show(shown)
    }

    /// Puts those pictures into the buffer's cells that are shown by cells anyway; others leave
    /// their room blank.
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

    /// Has rendition what is missing, unless that is under way.
    fn ask(&mut self, missing: Vec<RenditionSpec>) {
        if missing.iter().all(|spec| self.asked.contains(spec)) {
            return;
        }
        let mut job = |spec: &RenditionSpec| {
            self.last_id = self.last_id.wrapping_add(1);
            RenderJob { spec: spec.clone(), id: FIRST_ID.wrapping_add(self.last_id) }
        };
        let jobs = missing.iter().map(&mut job).collect();
        self.asked = missing;
        self.worker.want(jobs);
    }

    /// The bytes that make the terminal show these, and none of those it showed before.
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
        // The cursor stays where the cells left it.
        [b"\x1b7", &bytes[..], b"\x1b8"].concat()
    }
}

/// Picture numbers are the terminal's: a start of our own keeps out of the way of other programs.
const FIRST_ID: u32 = 0x4c44_0000;

/// Writes what puts one picture at its place.
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

/// Where an overlay shows; none if that is not wholly on the screen.
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

/// Blanks the cells under a picture. Where writing a cell is what takes the picture away, they are
/// marked: blank cells of the next slide then differ, and are written.
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
