//! Paints the pictures of a frame, and writes what the terminal needs to show them.

#![expect(clippy::disallowed_methods, reason = "the shell reads the clock")]

use std::time::{Duration, Instant};

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::animation::DrivenFrame;
use super::cache::RenditionCache;
use super::drawings::Urgency;
use super::protocol::{self, Protocol};
use super::rendition::{PicturePlacement, Rendition, RenditionSpec};
use super::{Media, ShownPicture};
use crate::deck::SlideNo;
use crate::view::Overlay;

/// The shortest time between two frames of an animation.
const MIN_FRAME_WAIT: Duration = Duration::from_millis(16);

/// The pictures of a frame that is not shown yet.
#[derive(Debug, Default)]
pub struct PreparedPictures {
    /// Where they are, and what is shown there.
    all: Vec<(PicturePlacement, RenditionSpec)>,
    /// Those that the terminal shows, unlike pictures of cells.
    shown: Vec<ShownPicture>,
}

impl Media {
    /// Sets the slide that is painted: on the same one, a picture is shown until its successor is made.
    pub fn at_slide(&mut self, slide: SlideNo) {
        self.predecessors.at(slide);
    }

    /// Paints the pictures of a frame into the buffer; returns the bytes to write after it, for
    /// protocols other than block characters.
    pub fn paint(
        &mut self,
        overlays: &[Overlay],
        background: Color,
        cell: (u16, u16),
        buffer: &mut Buffer,
    ) -> Vec<u8> {
        let Some(protocol) = self.terminal.protocol else { return Vec::new() };
        self.cache.next_frame();
        let elapsed = self.clock.start.elapsed();
        let mut wait = None;
        let mut shown = Vec::new();
        let mut missing = Vec::new();
        for overlay in overlays {
            let Some((place, spec)) = self.wanted(overlay, (background, cell), buffer) else {
                continue;
            };
            self.predecessors.note(place, &spec);
            let (place, spec) = if self.cache.has(&spec) {
                (place, spec)
            } else {
                if !missing.contains(&spec) {
                    missing.push(spec);
                }
                let Some(before) = self.predecessors.of(place, &self.cache) else { continue };
                before
            };
            let Some(entry) = self.cache.get(&spec) else { continue };
            if let Some(Rendition::Blocks(picture)) = &entry.rendition {
                picture.paint(place.area, place.skipped, buffer);
            } else if let Some(Rendition::Cells(picture)) = &entry.rendition {
                picture.paint(place.area, place.skipped, buffer);
            } else if let Some(Rendition::Frames(animation)) = &entry.rendition {
                let (frame, stays) = animation.at(elapsed);
                wait = Some(wait.map_or(stays, |wait: Duration| wait.min(stays)));
                if let Some(DrivenFrame::Blocks(picture)) = animation.frame(frame) {
                    picture.paint(place.area, place.skipped, buffer);
                } else {
                    reserve(place, (protocol, self.terminal.tmux), entry.id, buffer);
                    let (id, number) = (entry.id, shown.len() as u32 + 1);
                    shown.push(ShownPicture { spec, id, number, place, frame });
                }
            } else if entry.is_showable() {
                reserve(place, (protocol, self.terminal.tmux), entry.id, buffer);
                let number = shown.len() as u32 + 1;
                shown.push(ShownPicture { spec, id: entry.id, number, place, frame: 0 });
            }
        }
        self.clock.next = wait.map(|wait| Instant::now() + wait.max(MIN_FRAME_WAIT));
        self.renders.request(missing);
        self.show(shown)
    }

    /// Returns where a picture is on the screen, and what is shown there; `None` if it cannot be.
    fn wanted(
        &mut self,
        overlay: &Overlay,
        (background, cell): (Color, (u16, u16)),
        buffer: &Buffer,
    ) -> Option<(PicturePlacement, RenditionSpec)> {
        let protocol = self.terminal.protocol?;
        let place = PicturePlacement::of(overlay, protocol, buffer.area)?;
        let found = self.find(&overlay.key, Urgency::Ahead).ok()??;
        // A formula in a line is on the ground of its text.
        let ground = buffer.cell(place.area.as_position()).and_then(|cell| rgb(cell.bg));
        let ground = ground.filter(|_| found.is_in_line()).or(rgb(background));
        let shown_by = (protocol, self.terminal.blocks);
        let spec = RenditionSpec::new(&found, shown_by, place, cell, ground);
        Some((place, spec.driven(self.terminal.lacks_animations)))
    }

    /// Like [`Media::paint`], for a frame that may be shown later. Returns `None` if a picture is not ready, or
    /// moves.
    pub fn paint_ahead(
        &mut self,
        overlays: &[Overlay],
        background: Color,
        cell: (u16, u16),
        buffer: &mut Buffer,
    ) -> Option<PreparedPictures> {
        let mut prepared = PreparedPictures::default();
        for overlay in overlays {
            let (place, spec) = self.wanted(overlay, (background, cell), buffer)?;
            let entry = self.cache.peek(&spec)?;
            match &entry.rendition {
                Some(Rendition::Blocks(picture)) => {
                    picture.paint(place.area, place.skipped, buffer);
                }
                Some(Rendition::Cells(picture)) => {
                    picture.paint(place.area, place.skipped, buffer);
                }
                Some(Rendition::Frames(_)) => return None,
                _ if entry.is_showable() => {
                    let protocol = spec.protocol;
                    reserve(place, (protocol, self.terminal.tmux), entry.id, buffer);
                    let (id, number) = (entry.id, prepared.shown.len() as u32 + 1);
                    let spec = spec.clone();
                    prepared.shown.push(ShownPicture { spec, id, number, place, frame: 0 });
                }
                _ => return None,
            }
            prepared.all.push((place, spec));
        }
        Some(prepared)
    }

    /// Records that a prepared frame is shown; returns the bytes to write after it.
    pub fn show_prepared(&mut self, pictures: PreparedPictures) -> Vec<u8> {
        if self.terminal.protocol.is_none() {
            return Vec::new();
        }
        self.cache.next_frame();
        for (place, spec) in &pictures.all {
            self.predecessors.note(*place, spec);
            self.cache.touch(spec);
        }
        self.clock.next = None;
        self.renders.request(Vec::new());
        self.show(pictures.shown)
    }

    /// Returns how long until an animation on the screen has to be painted again.
    pub fn next_frame(&self) -> Option<Duration> {
        self.clock.next.map(|due| due.saturating_duration_since(Instant::now()))
    }

    /// Paints the pictures if they are block characters; otherwise their cells stay blank.
    pub fn paint_cells(
        &mut self,
        overlays: &[Overlay],
        background: Color,
        cell: (u16, u16),
        buffer: &mut Buffer,
    ) {
        if self.terminal.protocol == Some(Protocol::Blocks) {
            self.paint(overlays, background, cell, buffer);
        }
    }

    /// Returns the bytes that place new pictures and remove those no longer shown.
    fn show(&mut self, shown: Vec<ShownPicture>) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.pending);
        for old in self.shown.iter().filter(|old| !shown.contains(old)) {
            // Placeholders are removed like text.
            if old.spec.protocol.is_kitty() && self.terminal.tmux.is_none() {
                bytes.extend(protocol::delete_placement(old.id, old.number));
            }
        }
        for new in shown.iter().filter(|new| !self.shown.contains(new)) {
            put(new, self.terminal.tmux, &mut self.cache, &mut bytes);
        }
        self.shown = shown;
        if bytes.is_empty() {
            return bytes;
        }
        // Saves and restores the cursor.
        [b"\x1b7", &bytes[..], b"\x1b8"].concat()
    }
}

/// Appends the bytes that place a picture, in the terminal or in a pane of tmux.
fn put(
    new: &ShownPicture,
    tmux: Option<(u16, u16)>,
    cache: &mut RenditionCache,
    bytes: &mut Vec<u8>,
) {
    let ShownPicture { spec, id, number, place, frame } = new;
    let Some(entry) = cache.get(spec) else { return };
    if spec.protocol.is_kitty() {
        let frame = match &entry.rendition {
            Some(Rendition::Frames(animation)) => animation.frame(*frame),
            _ => None,
        };
        let sent = match frame {
            Some(DrivenFrame::Bytes(sequence)) => sequence.clone(),
            _ => transmission(*id, entry.rendition.take()),
        };
        if tmux.is_some() {
            bytes.extend(protocol::wrap_each(&sent));
            bytes.extend(protocol::wrap_each(&protocol::place_virtually(*id, place.whole)));
        } else {
            bytes.extend(sent);
            bytes.extend(protocol::place(*id, *number, place.area, spec.rows_at(*place)));
        }
        return;
    }
    let sequence = match &entry.rendition {
        Some(Rendition::Bytes(sequence)) => Some(sequence),
        Some(Rendition::Frames(animation)) => match animation.frame(*frame) {
            Some(DrivenFrame::Bytes(sequence)) => Some(sequence),
            _ => None,
        },
        _ => None,
    };
    if let Some(sequence) = sequence {
        let Rect { x, y, .. } = place.area;
        bytes.extend(match tmux {
            Some(pane) => protocol::draw_through_tmux(sequence, (x + pane.0, y + pane.1)),
            None => [&protocol::move_to((x, y)), &sequence[..]].concat(),
        });
    }
}

/// Returns the bytes that send a picture to kitty; none if it was sent.
fn transmission(id: u32, rendition: Option<Rendition>) -> Vec<u8> {
    match rendition {
        Some(Rendition::Bytes(transmission)) => transmission,
        Some(Rendition::Temporary(path)) => {
            let sequence = protocol::transmit_file(id, path.as_os_str().as_encoded_bytes(), true);
            // The terminal deletes it.
            let _ = path.keep();
            sequence
        }
        _ => Vec::new(),
    }
}

/// Reserves the cells of picture `id`; in tmux, those of kitty's protocol hold placeholders.
fn reserve(
    place: PicturePlacement,
    (protocol, tmux): (Protocol, Option<(u16, u16)>),
    id: u32,
    buffer: &mut Buffer,
) {
    if protocol.is_kitty() && tmux.is_some() {
        protocol::paint_placeholders(id, place.area, place.skipped, buffer);
    } else {
        reserve_cells(place.area, protocol, buffer);
    }
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

pub(super) fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        _ => None,
    }
}
