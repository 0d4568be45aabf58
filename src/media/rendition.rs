//! Renditions: the pixels or bytes that show a picture at one placement.

use std::io::{self, Write};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, RgbaImage};
use ratatui::layout::Rect;

use super::find::PictureFile;
use super::pixels;
use super::protocol::{self, Parts, Protocol};
use crate::files::{self, FileKind};

/// Limit of a scaled picture's pixels, whatever the screen's size.
const MAX_SCALED_PIXELS: u64 = 16_000_000;

/// Limit of the size of files that are sent without re-encoding.
const MAX_PASSTHROUGH_BYTES: u64 = 1 << 20;

/// Everything a rendition depends on: equal specs give equal renditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RenditionSpec {
    /// The picture.
    pub(super) found: PictureFile,
    /// The terminal's protocol.
    pub(super) protocol: Protocol,
    /// The colour to blend transparent pixels with, if any.
    background: Option<[u8; 3]>,
    /// Size that the whole picture is scaled to, in pixels.
    size: (u32, u32),
    /// First row of pixels and number of rows that are sent.
    rows: (u32, u32),
    /// Columns and rows of cells that they cover.
    cells: (u16, u16),
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

/// A picture, ready to be shown.
#[derive(Debug)]
pub(super) enum Rendition {
    /// Pixels for half blocks.
    Pixels(RgbaImage),
    /// Bytes for the terminal.
    Bytes(Vec<u8>),
}

impl Rendition {
    fn len(&self) -> usize {
        match self {
            Self::Pixels(picture) => picture.as_raw().len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

impl RenditionSpec {
    /// Creates the spec for a placement in a terminal; `cell` is the size of a cell in pixels.
    pub(super) fn new(
        found: &PictureFile,
        protocol: Protocol,
        place: PicturePlacement,
        cell: (u16, u16),
        background: Option<[u8; 3]>,
    ) -> Self {
        let size = scaled(found, protocol, place, cell);
        let cuts =
            matches!(protocol, Protocol::Sixel | Protocol::Iterm2 | Protocol::Iterm2Multipart);
        let rows = if cuts { place.rows_of(size.1) } else { (0, size.1) };
        Self {
            found: found.clone(),
            protocol,
            background: background.filter(|_| !protocol.is_kitty()),
            size,
            rows,
            cells: if cuts { (place.area.width, place.area.height) } else { (0, 0) },
        }
    }

    /// Returns the rows of the sent picture that a placement shows.
    pub(super) fn rows_at(&self, place: PicturePlacement) -> (u32, u32) {
        place.rows_of(self.size.1)
    }

    /// Returns the memory that a rendition takes, here or in the terminal, in bytes.
    pub(super) fn weight(&self, rendition: &Rendition) -> usize {
        let pixels = self.size.0 as usize * self.size.1 as usize * 4;
        if self.protocol.is_kitty() { pixels.max(rendition.len()) } else { rendition.len() }
    }

    /// Makes the rendition. `id` is the picture's id in the terminal.
    pub(super) fn render(&self, id: u32, scaled: &mut ScaleCache) -> Result<Rendition, String> {
        Ok(match self.protocol {
            Protocol::Blocks => Rendition::Pixels(self.composed(scaled)?.clone()),
            Protocol::Sixel => Rendition::Bytes(protocol::encode_sixel(&self.cut(scaled)?)?),
            Protocol::Iterm2 => Rendition::Bytes(self.inline(Parts::One, scaled)?),
            Protocol::Iterm2Multipart => Rendition::Bytes(self.inline(Parts::Several, scaled)?),
            Protocol::KittyRemote | Protocol::KittyLocal => match self.animation(id)? {
                Some(bytes) => Rendition::Bytes(bytes),
                None if self.protocol == Protocol::KittyLocal => {
                    Rendition::Bytes(self.local_file(id, scaled)?)
                }
                None => Rendition::Bytes(protocol::transmit(id, &self.png(scaled)?)),
            },
        })
    }

    /// Returns the frames of an animated GIF for kitty.
    fn animation(&self, id: u32) -> Result<Option<Vec<u8>>, String> {
        if self.found.format != ImageFormat::Gif {
            return Ok(None);
        }
        let frames = pixels::frames(&self.found.path, self.size)?;
        let frames = frames.iter().map(|(frame, stays)| Ok((png(frame)?, *stays)));
        let frames = frames.collect::<Result<Vec<_>, String>>()?;
        Ok((!frames.is_empty()).then(|| protocol::transmit_animation(id, &frames)))
    }

    fn composed<'a>(&self, scaled: &'a mut ScaleCache) -> Result<&'a RgbaImage, String> {
        scaled.get(&self.found, self.size, self.background)
    }

    fn cut(&self, scaled: &mut ScaleCache) -> Result<RgbaImage, String> {
        Ok(pixels::rows(self.composed(scaled)?, self.rows.0, self.rows.1))
    }

    fn inline(&self, parts: Parts, scaled: &mut ScaleCache) -> Result<Vec<u8>, String> {
        let is_whole = self.rows == (0, self.size.1);
        let is_plain = match self.found.format {
            ImageFormat::Jpeg => !self.found.turned && self.found.stamp.1 <= MAX_PASSTHROUGH_BYTES,
            // The terminal plays it.
            ImageFormat::Gif => !pixels::frames(&self.found.path, self.size)?.is_empty(),
            _ => false,
        };
        let file = if is_whole && is_plain {
            pixels::decode(&self.found.path)?;
            read(&self.found)?
        } else {
            png(&self.cut(scaled)?)?
        };
        Ok(protocol::inline(&file, self.cells, parts))
    }

    /// Returns the picture as PNG: its file, if that is a PNG of the right size.
    fn png(&self, scaled: &mut ScaleCache) -> Result<Vec<u8>, String> {
        let natural = (self.found.size.width, self.found.size.height);
        let is_png = self.found.format == ImageFormat::Png && !self.found.turned;
        if is_png && natural == self.size && self.found.stamp.1 <= MAX_PASSTHROUGH_BYTES {
            pixels::decode(&self.found.path)?;
            return read(&self.found);
        }
        png(self.composed(scaled)?)
    }

    fn local_file(&self, id: u32, scaled: &mut ScaleCache) -> Result<Vec<u8>, String> {
        if is_readable_by_terminal(&self.found) {
            let path = std::path::absolute(&self.found.path).map_err(|error| error.to_string())?;
            return Ok(protocol::transmit_file(id, path.as_os_str().as_encoded_bytes(), false));
        }
        let png = png(self.composed(scaled)?)?;
        let path = temporary_file(&png).map_err(|error| error.to_string())?;
        Ok(protocol::transmit_file(id, path.as_os_str().as_encoded_bytes(), true))
    }
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

/// Returns the size to scale a picture to: that of its cells, or its own if that is smaller and the
/// terminal can scale it up.
fn scaled(
    found: &PictureFile,
    protocol: Protocol,
    place: PicturePlacement,
    cell: (u16, u16),
) -> (u32, u32) {
    let (columns, rows) = (u64::from(place.whole.0.max(1)), u64::from(place.whole.1.max(1)));
    let natural = (u64::from(found.size.width), u64::from(found.size.height));
    let cells = (columns * u64::from(cell.0.max(1)), rows * u64::from(cell.1.max(1)));
    let (width, height) = match protocol {
        Protocol::Blocks => (columns, rows * 2),
        Protocol::Sixel => cells,
        Protocol::KittyLocal if is_readable_by_terminal(found) => return fit(natural, u64::MAX),
        _ => (cells.0.min(natural.0), cells.1.min(natural.1)),
    };
    fit((width, height), MAX_SCALED_PIXELS)
}

fn is_readable_by_terminal(found: &PictureFile) -> bool {
    found.format == ImageFormat::Png && !found.turned
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
fn temporary_file(bytes: &[u8]) -> io::Result<std::path::PathBuf> {
    let mut file = tempfile::Builder::new()
        .prefix("livedeck-tty-graphics-protocol-")
        .suffix(".png")
        .tempfile()?;
    file.write_all(bytes)?;
    file.keep().map(|(_, path)| path).map_err(|error| error.error)
}

/// A picture, the size it is scaled to, and the background it is blended with.
type Scaling = (PictureFile, (u32, u32), Option<[u8; 3]>);

/// The picture that was scaled last: scrolling crops it repeatedly.
#[derive(Debug, Default)]
pub(super) struct ScaleCache {
    last: Option<(Scaling, RgbaImage)>,
}

impl ScaleCache {
    fn get(
        &mut self,
        found: &PictureFile,
        size: (u32, u32),
        background: Option<[u8; 3]>,
    ) -> Result<&RgbaImage, String> {
        let scaling = (found.clone(), size, background);
        let known = self.last.take().filter(|last| last.0 == scaling);
        let picture = if let Some((_, picture)) = known {
            picture
        } else {
            let mut picture = pixels::scale(pixels::decode(&found.path)?, size)?;
            if let Some(background) = background {
                pixels::compose(&mut picture, background);
            }
            picture
        };
        Ok(&self.last.insert((scaling, picture)).1)
    }
}
