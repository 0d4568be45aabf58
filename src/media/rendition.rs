//! Renditions: the pixels or bytes that show a picture at one placement.

use std::io::{self, Write};
use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, RgbaImage};
use ratatui::layout::Rect;
use tempfile::TempPath;

use super::animation::{Animation, DrivenFrame};
use super::find::PictureFile;
use super::found::FoundPicture;
use super::labels;
use super::pixels;
use super::protocol::{
    self, BlockPicture, DottedPicture, Parts, PictureBlocks, Protocol, sampled_size,
};
use super::time_limit::within_time;
use crate::draw::{MAX_SIDE, VectorPicture};
use crate::files::{self, FileKind};
use crate::panics::contain;
use crate::view::Overlay;

/// Limit of a scaled picture's pixels, whatever the screen's size.
const MAX_SCALED_PIXELS: u64 = 16_000_000;

/// Limit of the frames that we drive, in bytes: larger animations show their first frame.
const MAX_DRIVEN_BYTES: usize = 32 << 20;

/// Limit of the size of files that are sent without re-encoding.
const MAX_PASSTHROUGH_BYTES: u64 = 1 << 20;

/// Everything a rendition depends on: equal specs give equal renditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RenditionSpec {
    /// The picture.
    pub(super) found: FoundPicture,
    /// The terminal's protocol.
    pub(super) protocol: Protocol,
    /// The characters to draw it with, if the terminal shows no pictures.
    blocks: PictureBlocks,
    /// The colour to blend transparent pixels with, if any.
    background: Option<[u8; 3]>,
    /// Size that the whole picture is scaled to, in pixels.
    size: (u32, u32),
    /// First row of pixels and number of rows that are sent.
    rows: (u32, u32),
    /// Columns and rows of cells that they cover.
    cells: (u16, u16),
    /// Whether the terminal has kitty's pictures, but not its animations.
    lacks_animations: bool,
}

/// The place of a picture on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PicturePlacement {
    /// The cells that show it.
    pub(super) area: Rect,
    /// Columns and rows of the whole picture.
    pub(super) whole: (u16, u32),
    /// Number of its rows scrolled out above `area`.
    pub(super) skipped: u32,
}

impl PicturePlacement {
    /// Returns the placement of an overlay; `None` if it is not entirely on the screen.
    pub(super) fn of(overlay: &Overlay, protocol: Protocol, screen: Rect) -> Option<Self> {
        let mut area = overlay.area;
        if area.is_empty() || area.intersection(screen) != area {
            return None;
        }
        // Some terminals scroll when a sixel picture ends in the last row.
        if protocol == Protocol::Sixel && area.bottom() == screen.bottom() {
            area.height -= 1;
        }
        let place = Self { area, whole: overlay.whole, skipped: overlay.skipped };
        (!area.is_empty()).then_some(place)
    }
}

/// A picture, ready to be shown.
#[derive(Debug)]
pub(super) enum Rendition {
    /// Cells of block characters.
    Blocks(BlockPicture),
    /// Cells of a drawing.
    Cells(DottedPicture),
    /// Frames that we show one after the other.
    Frames(Animation),
    /// Bytes for the terminal.
    Bytes(Vec<u8>),
    /// A PNG file for the terminal, which deletes it; we do if it is never sent.
    Temporary(TempPath),
}

impl Rendition {
    fn len(&self) -> usize {
        match self {
            Self::Blocks(picture) => picture.len(),
            Self::Cells(picture) => picture.len(),
            Self::Frames(animation) => animation.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Temporary(_) => 0,
        }
    }
}

impl RenditionSpec {
    /// Creates the spec for a placement in a terminal; `cell` is the size of a cell in pixels.
    pub(super) fn new(
        found: &FoundPicture,
        (protocol, blocks): (Protocol, PictureBlocks),
        place: PicturePlacement,
        cell: (u16, u16),
        background: Option<[u8; 3]>,
    ) -> Self {
        let size = scaled(found, (protocol, blocks), place, cell);
        let cuts =
            matches!(protocol, Protocol::Sixel | Protocol::Iterm2 | Protocol::Iterm2Multipart);
        let rows = if cuts { place.rows_of(size.1) } else { (0, size.1) };
        Self {
            found: found.clone(),
            protocol,
            // Other protocols do not depend on it.
            blocks: if protocol == Protocol::Blocks { blocks } else { PictureBlocks::default() },
            background: background.filter(|_| !protocol.is_kitty()),
            size,
            rows,
            cells: match protocol {
                _ if cuts => (place.area.width, place.area.height),
                // Of placeholders: the terminal scales to them.
                Protocol::KittyLocal => {
                    (place.whole.0, u16::try_from(place.whole.1).unwrap_or(u16::MAX))
                }
                _ => (0, 0),
            },
            lacks_animations: false,
        }
    }

    /// Makes the frames of animations one picture after the other, if the terminal `lacks_animations`.
    pub(super) fn driven(self, lacks_animations: bool) -> Self {
        Self { lacks_animations: lacks_animations && self.protocol.is_kitty(), ..self }
    }

    /// Returns the rows of the sent picture that a placement shows.
    pub(super) fn rows_at(&self, place: PicturePlacement) -> (u32, u32) {
        place.rows_of(self.size.1)
    }

    /// Returns the memory that a rendition takes, here or in the terminal, in bytes.
    pub(super) fn weight(&self, rendition: &Rendition) -> usize {
        let pixels = if self.protocol.is_kitty() { self.expected_weight() } else { 0 };
        pixels.max(rendition.len())
    }

    /// Returns an estimate of [`Self::weight`], before the rendition is made.
    pub(super) fn expected_weight(&self) -> usize {
        self.size.0 as usize * self.size.1 as usize * 4
    }

    /// Makes the rendition. `id` is the picture's id in the terminal.
    pub(super) fn render(&self, id: u32, scaled: &mut ScaleCache) -> Result<Rendition, String> {
        Ok(match self.protocol {
            Protocol::Blocks => match self.found.drawing() {
                Some((drawing, picture)) => {
                    Rendition::Cells(dotted(picture, self.size, drawing.colors.background)?)
                }
                None => match self.driven_frames(id)? {
                    Some(animation) => Rendition::Frames(animation),
                    None => Rendition::Blocks(self.block_picture(scaled)?),
                },
            },
            Protocol::Sixel => match self.driven_frames(id)? {
                Some(animation) => Rendition::Frames(animation),
                None => Rendition::Bytes(protocol::encode_sixel(&self.cut(scaled)?)),
            },
            Protocol::Iterm2 | Protocol::Iterm2Multipart => match self.inline_frames(id)? {
                Some(animation) => Rendition::Frames(animation),
                None => Rendition::Bytes(self.inline(scaled)?),
            },
            Protocol::KittyRemote | Protocol::KittyLocal => match self.animation(id)? {
                Some(rendition) => rendition,
                None if self.protocol == Protocol::KittyLocal => self.local_file(id, scaled)?,
                None => Rendition::Bytes(protocol::transmit(id, &self.png(scaled)?)),
            },
        })
    }

    /// Returns the cells of a picture, with its labels as text.
    fn block_picture(&self, scaled: &mut ScaleCache) -> Result<BlockPicture, String> {
        let file = self.found.file_of(ImageFormat::Png);
        let start = file.and_then(|file| files::read_start(&file.path, labels::START_BYTES).ok());
        let labels = start.map(|start| labels::read(&start)).unwrap_or_default();
        let (Some(file), false) = (file, labels.is_empty()) else {
            return Ok(BlockPicture::new(self.composed(scaled)?, self.blocks));
        };
        let mut picture = pixels::decode(&file.path)?.into_rgba8();
        if let Some(background) = self.background {
            pixels::compose(&mut picture, background);
        }
        let (across, down) = self.blocks.pixels();
        let cells = (self.size.0 / u32::from(across), self.size.1 / u32::from(down));
        let labels = labels::place(labels, &picture, (cells.0 as usize, cells.1 as usize));
        for label in &labels {
            label.erase(&mut picture);
        }
        let picture = pixels::scale(picture.into(), self.size)?;
        let mut cells = BlockPicture::new(&picture, self.blocks);
        for label in &labels {
            label.write(&mut cells);
        }
        Ok(cells)
    }

    /// Returns the frames of an animation that we drive.
    fn driven_frames(&self, id: u32) -> Result<Option<Animation>, String> {
        let mut made = Vec::new();
        let mut bytes = 0;
        for (mut picture, duration) in self.found.frames(self.size)? {
            if let Some(background) = self.background {
                pixels::compose(&mut picture, background);
            }
            let rows = || pixels::rows(&picture, self.rows.0, self.rows.1);
            let frame = match self.protocol {
                Protocol::Blocks => DrivenFrame::Blocks(BlockPicture::new(&picture, self.blocks)),
                Protocol::Sixel => DrivenFrame::Bytes(protocol::encode_sixel(&rows())),
                Protocol::Iterm2 | Protocol::Iterm2Multipart => {
                    let frame = png(&rows())?;
                    DrivenFrame::Bytes(protocol::inline(&frame, self.cells, self.parts()))
                }
                Protocol::KittyLocal | Protocol::KittyRemote => {
                    DrivenFrame::Bytes(protocol::transmit(id, &png(&picture)?))
                }
            };
            bytes += frame.len();
            if bytes > MAX_DRIVEN_BYTES {
                return Ok(None);
            }
            made.push((frame, duration));
        }
        Ok((!made.is_empty()).then(|| Animation::new(made)))
    }

    /// Returns the frames of an animated picture for kitty.
    fn animation(&self, id: u32) -> Result<Option<Rendition>, String> {
        if self.lacks_animations {
            return Ok(self.driven_frames(id)?.map(Rendition::Frames));
        }
        let frames = self.found.frames(self.size)?;
        let frames = frames.iter().map(|(frame, stays)| Ok((png(frame)?, *stays)));
        let frames = frames.collect::<Result<Vec<_>, String>>()?;
        let bytes = (!frames.is_empty()).then(|| protocol::transmit_animation(id, &frames));
        Ok(bytes.map(Rendition::Bytes))
    }

    fn composed<'a>(&self, scaled: &'a mut ScaleCache) -> Result<&'a RgbaImage, String> {
        scaled.get(&self.found, self.size, self.background)
    }

    fn cut(&self, scaled: &mut ScaleCache) -> Result<RgbaImage, String> {
        Ok(pixels::rows(self.composed(scaled)?, self.rows.0, self.rows.1))
    }

    /// Returns the frames of an animation in iTerm2's protocol, unless the terminal plays the file: a GIF.
    fn inline_frames(&self, id: u32) -> Result<Option<Animation>, String> {
        match self.found.file_of(ImageFormat::Gif) {
            Some(_) => Ok(None),
            None => self.driven_frames(id),
        }
    }

    fn parts(&self) -> Parts {
        if self.protocol == Protocol::Iterm2 { Parts::One } else { Parts::Several }
    }

    fn inline(&self, scaled: &mut ScaleCache) -> Result<Vec<u8>, String> {
        let is_whole = self.rows == (0, self.size.1);
        let plain =
            match (self.found.file_of(ImageFormat::Jpeg), self.found.file_of(ImageFormat::Gif)) {
                (Some(file), _) if !file.turned && file.stamp.1 <= MAX_PASSTHROUGH_BYTES => {
                    Some(file)
                }
                // The terminal plays it.
                (_, Some(file)) if !self.found.frames(self.size)?.is_empty() => Some(file),
                _ => None,
            };
        let file = match plain {
            Some(file) if is_whole => {
                pixels::decode(&file.path)?;
                read(file)?
            }
            _ => png(&self.cut(scaled)?)?,
        };
        Ok(protocol::inline(&file, self.cells, self.parts()))
    }

    /// Returns the picture as PNG: its file, if that is a PNG of the right size.
    fn png(&self, scaled: &mut ScaleCache) -> Result<Vec<u8>, String> {
        if let Some(file) = readable_by_terminal(&self.found)
            && (file.size.width, file.size.height) == self.size
            && file.stamp.1 <= MAX_PASSTHROUGH_BYTES
        {
            pixels::decode(&file.path)?;
            return read(file);
        }
        png(self.composed(scaled)?)
    }

    fn local_file(&self, id: u32, scaled: &mut ScaleCache) -> Result<Rendition, String> {
        if let Some(file) = readable_by_terminal(&self.found) {
            let path = std::path::absolute(&file.path).map_err(|error| error.to_string())?;
            let path = path.as_os_str().as_encoded_bytes();
            return Ok(Rendition::Bytes(protocol::transmit_file(id, path, false)));
        }
        let png = png(self.composed(scaled)?)?;
        temporary_file(&png).map(Rendition::Temporary).map_err(|error| error.to_string())
    }
}

/// Draws shapes as dots and text as text, with this many samples.
fn dotted(
    picture: &Arc<VectorPicture>,
    size: (u32, u32),
    ground: [u8; 3],
) -> Result<DottedPicture, String> {
    let (texts, shapes) = picture.texts_and_shapes().map_err(|error| error.why)?;
    let pixels = within_time(move || contain("drawing it", || shapes.stretched_pixels(size)));
    let pixels = pixels.map_err(|late| late.to_string())?;
    let pixels = pixels.map_err(|panicked| panicked.to_string())??;
    let mut dotted = DottedPicture::new(&pixels, ground);
    dotted.write(&texts, picture.units());
    Ok(dotted)
}

impl PicturePlacement {
    /// Returns the first row and number of rows shown, of a picture `height` pixels tall.
    fn rows_of(&self, height: u32) -> (u32, u32) {
        let height = u64::from(height);
        let whole = u64::from(self.whole.1.max(1));
        let pixel = |row: u64| (row * height / whole).min(height);
        let top = pixel(u64::from(self.skipped)).min(height.saturating_sub(1));
        let bottom = pixel(u64::from(self.skipped) + u64::from(self.area.height)).max(top + 1);
        (top as u32, (bottom - top) as u32)
    }
}

/// Returns the size to scale a picture to: that of its cells, or its own if that is smaller, it has
/// pixels, and the terminal can scale it up.
fn scaled(
    found: &FoundPicture,
    (protocol, blocks): (Protocol, PictureBlocks),
    place: PicturePlacement,
    cell: (u16, u16),
) -> (u32, u32) {
    let (columns, rows) = (u64::from(place.whole.0.max(1)), u64::from(place.whole.1.max(1)));
    let natural = found.pixels().map(|size| (u64::from(size.width), u64::from(size.height)));
    let cells = (columns * u64::from(cell.0.max(1)), rows * u64::from(cell.1.max(1)));
    let (width, height) = match protocol {
        Protocol::Blocks if found.drawing().is_some() => {
            // All cells have the same number of dots.
            let (width, height) = sampled_size(place.whole);
            if width <= MAX_SIDE && height <= MAX_SIDE {
                return (width, height);
            }
            (u64::from(width), u64::from(height))
        }
        Protocol::Blocks => {
            let (across, down) = blocks.pixels();
            (columns * u64::from(across), rows * u64::from(down))
        }
        Protocol::Sixel => cells,
        Protocol::KittyLocal if readable_by_terminal(found).is_some() => {
            return fit(natural.unwrap_or(cells), u64::MAX);
        }
        _ => natural.map_or(cells, |natural| (cells.0.min(natural.0), cells.1.min(natural.1))),
    };
    let (width, height) = fit((width, height), MAX_SCALED_PIXELS);
    // As vectors are limited, in proportion.
    let longest = width.max(height);
    match found {
        FoundPicture::Vector { .. } if longest > MAX_SIDE => {
            let side = |length: u32| {
                (u64::from(length) * u64::from(MAX_SIDE) / u64::from(longest)).max(1) as u32
            };
            (side(width), side(height))
        }
        _ => (width, height),
    }
}

fn readable_by_terminal(found: &FoundPicture) -> Option<&PictureFile> {
    found.file_of(ImageFormat::Png).filter(|file| !file.turned)
}

/// Halves a size until it has at most `max_pixels`.
fn fit((mut width, mut height): (u64, u64), max_pixels: u64) -> (u32, u32) {
    while width.saturating_mul(height) > max_pixels {
        (width, height) = ((width / 2).max(1), (height / 2).max(1));
    }
    let side = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
    (side(width), side(height))
}

fn read(found: &PictureFile) -> Result<Vec<u8>, String> {
    files::read(&found.path, FileKind::Picture).map_err(|error| error.to_string())
}

fn png(picture: &RgbaImage) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    let (width, height) = picture.dimensions();
    let encoder =
        PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive);
    let result = if picture.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        let opaque = DynamicImage::ImageRgba8(picture.clone()).into_rgb8();
        encoder.write_image(&opaque, width, height, ExtendedColorType::Rgb8)
    } else {
        encoder.write_image(picture, width, height, ExtendedColorType::Rgba8)
    };
    result.map_err(|error| error.to_string())?;
    Ok(file)
}

/// Writes a file that the terminal reads and deletes; kitty requires this prefix.
fn temporary_file(bytes: &[u8]) -> io::Result<TempPath> {
    let mut file = tempfile::Builder::new()
        .prefix("livedeck-tty-graphics-protocol-")
        .suffix(".png")
        .tempfile()?;
    file.write_all(bytes)?;
    Ok(file.into_temp_path())
}

/// A picture, the size it is scaled to, and the background it is blended with.
type Scaling = (FoundPicture, (u32, u32), Option<[u8; 3]>);

/// The picture that was scaled last: scrolling crops it repeatedly.
#[derive(Debug, Default)]
pub(super) struct ScaleCache {
    last: Option<(Scaling, RgbaImage)>,
}

impl ScaleCache {
    fn get(
        &mut self,
        found: &FoundPicture,
        size: (u32, u32),
        background: Option<[u8; 3]>,
    ) -> Result<&RgbaImage, String> {
        let scaling = (found.clone(), size, background);
        let known = self.last.take().filter(|last| last.0 == scaling);
        let picture = if let Some((_, picture)) = known {
            picture
        } else {
            let mut picture = found.scaled(size)?;
            if let Some(background) = background {
                pixels::compose(&mut picture, background);
            }
            picture
        };
        Ok(&self.last.insert((scaling, picture)).1)
    }
}
