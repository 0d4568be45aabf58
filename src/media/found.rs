//! A picture that can be shown: pixels in a file, or vectors.

use std::sync::Arc;

use image::{ImageFormat, RgbaImage};

use super::drawings::VectorSource;
use super::find::{PictureFile, PictureFormat};
use super::pixels::{self, AnimationFrame};
use super::time_limit::within_time;
use crate::draw::VectorPicture;
use crate::layout::{Drawing, PixelSize};
use crate::panics::contain;

/// A picture that can be shown.
#[derive(Clone, Debug)]
pub(super) enum FoundPicture {
    /// A file with pixels.
    File(PictureFile),
    /// Vectors, and what they are made from.
    Vector { source: VectorSource, picture: Arc<VectorPicture> },
}

impl PartialEq for FoundPicture {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => one == other,
            (Self::Vector { source: one, .. }, Self::Vector { source: other, .. }) => one == other,
            _ => false,
        }
    }
}

impl Eq for FoundPicture {}

impl FoundPicture {
    /// Returns its file, if it has pixels in this format.
    pub(super) fn file_of(&self, format: ImageFormat) -> Option<&PictureFile> {
        match self {
            Self::File(file) if file.format == PictureFormat::Pixels(format) => Some(file),
            _ => None,
        }
    }

    /// Returns the drawn block, if it is one.
    pub(super) fn drawing(&self) -> Option<(&Arc<Drawing>, &Arc<VectorPicture>)> {
        match self {
            Self::Vector { source: VectorSource::Block(drawing), picture } => {
                Some((drawing, picture))
            }
            _ => None,
        }
    }

    /// Returns whether it is a formula in a line.
    pub(super) fn is_in_line(&self) -> bool {
        self.drawing().is_some_and(|(drawing, _)| drawing.look.is_in_line)
    }

    /// Returns the size of its pixels, if it has any.
    pub(super) fn pixels(&self) -> Option<PixelSize> {
        match self {
            Self::File(file) => Some(file.size),
            Self::Vector { .. } => None,
        }
    }

    /// Returns its own size.
    pub(super) fn size(&self) -> PixelSize {
        match self {
            Self::File(file) => file.size,
            Self::Vector { picture, .. } => {
                let (width, height) = picture.size();
                PixelSize { width, height }
            }
        }
    }

    /// Returns the scaled frames of an animation; none if it is not one, or exceeds the limits.
    pub(super) fn frames(&self, size: (u32, u32)) -> Result<Vec<AnimationFrame>, String> {
        let Self::File(file) = self else { return Ok(Vec::new()) };
        let path = file.path.clone();
        // One that takes too long shows its first frame.
        within_time(move || pixels::frames(&path, size)).unwrap_or_else(|_| Ok(Vec::new()))
    }

    /// Returns its pixels, scaled to exactly this size.
    pub(super) fn scaled(&self, size: (u32, u32)) -> Result<RgbaImage, String> {
        match self {
            Self::File(file) => pixels::scale(pixels::decode(&file.path)?, size),
            Self::Vector { picture, .. } => {
                let picture = Arc::clone(picture);
                let drawn = within_time(move || contain("drawing it", || picture.pixels(size)));
                let drawn = drawn.map_err(|late| late.to_string())?;
                drawn.map_err(|panicked| panicked.to_string())?
            }
        }
    }
}
