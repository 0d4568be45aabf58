//! Pixels: decoding a file, scaling, putting them on a background, cutting rows out.

use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use fast_image_resize::images::TypedImage;
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, Limits, Rgba, RgbaImage};

use super::limits::{self, DECODER_NAME, MAX_ANIMATION_PIXELS, MAX_CANVAS_PIXELS, MAX_FRAMES};
use crate::files::{self, FileKind};
use crate::panics::contain;

/// Decodes a picture, upright; a GIF's first frame.
pub(super) fn decode(path: &Path) -> Result<DynamicImage, String> {
    let bytes = files::read(path, FileKind::Picture).map_err(|error| error.to_string())?;
    let decode = || -> Result<DynamicImage, String> {
        let (mut decoder, _) = limits::decoder(&bytes)?;
        limits::check(&decoder)?;
        let orientation = decoder.orientation().map_err(|error| error.to_string())?;
        let picture = DynamicImage::from_decoder(decoder);
        let mut picture = picture.map_err(|error| error.to_string())?;
        picture.apply_orientation(orientation);
        Ok(picture)
    };
    contain(DECODER_NAME, decode).map_err(|panicked| panicked.to_string())?
}

/// Pixels that all frames of a picture that moves may have, scaled.
const MAX_SCALED_ANIMATION_PIXELS: u64 = 64_000_000;

/// Shorter times between two frames are not meant, as browsers have it.
const MIN_FRAME_TIME: Duration = Duration::from_millis(20);

/// The time between two frames of a picture that does not say.
const DEFAULT_FRAME_TIME: Duration = Duration::from_millis(100);

/// A frame of a picture that moves, and how long it stays.
pub(super) type AnimationFrame = (RgbaImage, Duration);

/// The frames of a GIF that moves, scaled; none if it does not move, or has more than a terminal
/// should be sent.
pub(super) fn frames(path: &Path, size: (u32, u32)) -> Result<Vec<AnimationFrame>, String> {
    let bytes = files::read(path, FileKind::Picture).map_err(|error| error.to_string())?;
    contain(DECODER_NAME, || moving(&bytes, size)).map_err(|panicked| panicked.to_string())?
}

fn moving(bytes: &[u8], size: (u32, u32)) -> Result<Vec<AnimationFrame>, String> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    decoder.set_limits(Limits::default()).map_err(|error| error.to_string())?;
    let pixels = |(width, height): (u32, u32)| (u64::from(width) * u64::from(height)).max(1);
    let canvas = pixels(decoder.dimensions());
    if canvas > MAX_CANVAS_PIXELS {
        return Ok(Vec::new());
    }
    let most = (MAX_SCALED_ANIMATION_PIXELS / pixels(size)).min(MAX_ANIMATION_PIXELS / canvas);
    let most = usize::try_from(most).unwrap_or(MAX_FRAMES).min(MAX_FRAMES);
    let mut frames = Vec::new();
    for frame in decoder.into_frames() {
        // One that is broken from here on shows what is whole.
        let Ok(frame) = frame else { break };
        if frames.len() == most {
            return Ok(Vec::new());
        }
        let delay = Duration::from(frame.delay());
        let delay = if delay < MIN_FRAME_TIME { DEFAULT_FRAME_TIME } else { delay };
        frames.push((scale(frame.into_buffer().into(), size)?, delay));
    }
    Ok(if frames.len() > 1 { frames } else { Vec::new() })
}

/// Scales a picture to exactly this size.
///
/// One kind of pixels and of image only: each more would be the whole of the scaling code once more
/// in our build.
pub(super) fn scale(picture: DynamicImage, size: (u32, u32)) -> Result<RgbaImage, String> {
    let has_alpha = picture.color().has_alpha();
    let mut picture = picture.into_rgba8();
    let (width, height) = picture.dimensions();
    if (width, height) == size {
        return Ok(picture);
    }
    let mut scaled = RgbaImage::new(size.0, size.1);
    let from = TypedImage::<U8x4>::from_buffer(width, height, &mut picture)
        .map_err(|error| error.to_string())?;
    let mut to = TypedImage::<U8x4>::from_buffer(size.0, size.1, &mut scaled)
        .map_err(|error| error.to_string())?;
    // Sharper filters ring: at a few pixels a letter it shows as a halo around every one.
    let filter = ResizeAlg::Convolution(FilterType::Hamming);
    let options = ResizeOptions::new().use_alpha(has_alpha).resize_alg(filter);
    Resizer::new().resize_typed(&from, &mut to, &options).map_err(|error| error.to_string())?;
    Ok(scaled)
}

/// Puts a picture on a background, so that nothing of it shows through any more.
pub(super) fn compose(picture: &mut RgbaImage, background: [u8; 3]) {
    for Rgba([red, green, blue, alpha]) in picture.pixels_mut() {
        if *alpha < 255 {
            let opacity = u32::from(*alpha);
            for (channel, behind) in [red, green, blue].into_iter().zip(background) {
                let mixed = u32::from(*channel) * opacity + u32::from(behind) * (255 - opacity);
                *channel = u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX);
            }
            *alpha = 255;
        }
    }
}

/// The rows from `top` on, at most `height` of them.
pub(super) fn rows(picture: &RgbaImage, top: u32, height: u32) -> RgbaImage {
    image::imageops::crop_imm(picture, 0, top, picture.width(), height).to_image()
}
