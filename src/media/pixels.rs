//! Pixels: decodes, scales, blends and crops pictures.

use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use fast_image_resize::images::TypedImage;
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, Limits, Rgba, RgbaImage};

use super::limits::{self, DECODER_NAME, MAX_ANIMATION_PIXELS, MAX_CANVAS_PIXELS, MAX_FRAMES};
use crate::files::{self, FileKind};
use crate::panics::contain;

/// Decodes a picture and applies its orientation; of a GIF, the first frame.
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

/// Limit of the scaled pixels in all frames of an animation.
const MAX_SCALED_ANIMATION_PIXELS: u64 = 64_000_000;

/// Frames with a shorter delay use [`DEFAULT_FRAME_TIME`], as in browsers.
const MIN_FRAME_TIME: Duration = Duration::from_millis(20);

/// Duration of frames without a valid delay.
const DEFAULT_FRAME_TIME: Duration = Duration::from_millis(100);

/// A frame of an animation, and its duration.
pub(super) type AnimationFrame = (RgbaImage, Duration);

/// Returns the scaled frames of an animated picture; none if it is not animated or exceeds the limits.
pub(super) fn frames(path: &Path, size: (u32, u32)) -> Result<Vec<AnimationFrame>, String> {
    let start =
        files::read_start(path, ANIMATION_HEADER_BYTES).map_err(|error| error.to_string())?;
    if !may_move(&start) {
        return Ok(Vec::new());
    }
    let bytes = files::read(path, FileKind::Picture).map_err(|error| error.to_string())?;
    contain(DECODER_NAME, || animation(&bytes, size)).map_err(|panicked| panicked.to_string())?
}

/// Bytes in which the header of an animation is.
const ANIMATION_HEADER_BYTES: u64 = 64 << 10;

/// Whether a file can be an animation, by its header.
fn may_move(start: &[u8]) -> bool {
    match start {
        [b'G', b'I', b'F', ..] => true,
        [0x89, b'P', b'N', b'G', ..] => start.windows(4).any(|part| part == b"acTL"),
        [b'R', b'I', b'F', b'F', ..] => start.windows(4).any(|part| part == b"ANIM"),
        _ => false,
    }
}

fn animation(bytes: &[u8], size: (u32, u32)) -> Result<Vec<AnimationFrame>, String> {
    #[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
    fn text(error: image::ImageError) -> String {
        error.to_string()
    }
    let reader = Cursor::new(bytes);
    match bytes {
        [b'G', ..] => {
            let mut decoder = GifDecoder::new(reader).map_err(text)?;
            decoder.set_limits(Limits::default()).map_err(text)?;
            collect(decoder.dimensions(), decoder, size)
        }
        [b'R', ..] => {
            let mut decoder = WebPDecoder::new(reader).map_err(text)?;
            decoder.set_limits(Limits::default()).map_err(text)?;
            collect(decoder.dimensions(), decoder, size)
        }
        _ => {
            let decoder = PngDecoder::with_limits(reader, Limits::default()).map_err(text)?;
            collect(decoder.dimensions(), decoder.apng().map_err(text)?, size)
        }
    }
}

/// Decodes and scales all frames on a canvas of this size.
fn collect<'a>(
    canvas: (u32, u32),
    decoder: impl AnimationDecoder<'a>,
    size: (u32, u32),
) -> Result<Vec<AnimationFrame>, String> {
    let pixels = |(width, height): (u32, u32)| (u64::from(width) * u64::from(height)).max(1);
    let canvas = pixels(canvas);
    if canvas > MAX_CANVAS_PIXELS {
        return Ok(Vec::new());
    }
    let max_frames =
        (MAX_SCALED_ANIMATION_PIXELS / pixels(size)).min(MAX_ANIMATION_PIXELS / canvas);
    let max_frames = usize::try_from(max_frames).unwrap_or(MAX_FRAMES).min(MAX_FRAMES);
    let mut frames = Vec::new();
    for frame in decoder.into_frames() {
        // A damaged file shows the frames before the damage.
        let Ok(frame) = frame else { break };
        if frames.len() == max_frames {
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
/// Supports one pixel type only: each would compile the scaling code once more.
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
    // Sharper filters have ringing artefacts, which show as halos around small letters.
    let filter = ResizeAlg::Convolution(FilterType::Hamming);
    let options = ResizeOptions::new().use_alpha(has_alpha).resize_alg(filter);
    Resizer::new().resize_typed(&from, &mut to, &options).map_err(|error| error.to_string())?;
    Ok(scaled)
}

/// Blends a picture with a background; the result is opaque.
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

/// Returns at most `height` rows from `top` on.
pub(super) fn rows(picture: &RgbaImage, top: u32, height: u32) -> RgbaImage {
    image::imageops::crop_imm(picture, 0, top, picture.width(), height).to_image()
}
