//! Limits of decoding: a picture is untrusted input, and a few hundred bytes can claim any size. Pixels,
//! bytes and frames are limited, and a panic of a decoder is an error of its picture.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::panics::contain;

/// Limit of a picture's pixels: a photo of a large camera. Decoded, they take 400 MB.
pub(super) const MAX_PIXELS: u64 = 100_000_000;

/// Limit of a decoded picture's bytes: [`MAX_PIXELS`] of four bytes, or fewer of 16 bits a channel.
const MAX_DECODED_BYTES: u64 = 512 << 20;

/// Limit of the bytes that a decoder may allocate for metadata. Colour profiles have less than 4 MiB,
/// but a compressed one can claim any size.
const MAX_METADATA_BYTES: u64 = 16 << 20;

/// Limit of an animation's frames: four minutes at 20 per second.
pub(super) const MAX_FRAMES: usize = 5_000;

/// Limit of the pixels of one frame: twice a 4K screen. Three such buffers are in use at a time.
pub(super) const MAX_CANVAS_PIXELS: u64 = 16_000_000;

/// Limit of the pixels decoded for all frames of an animation: a second or two of work.
pub(super) const MAX_ANIMATION_PIXELS: u64 = 500_000_000;

/// Name of the decoder in error messages.
pub(super) const DECODER_NAME: &str = "the image decoder";

/// The header of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PictureHeader {
    /// Columns and rows of pixels, before the orientation is applied.
    pub(super) size: (u32, u32),
    pub(super) format: ImageFormat,
    pub(super) orientation: Orientation,
}

/// Reads a picture's header.
pub(super) fn header(bytes: &[u8]) -> Result<PictureHeader, String> {
    contain(DECODER_NAME, || {
        let (mut decoder, format) = decoder(bytes)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let size = decoder.dimensions();
        if size.0 == 0 || size.1 == 0 {
            return Err("it has no pixels".to_owned());
        }
        Ok(PictureHeader { size, format, orientation })
    })
    .map_err(|panicked| panicked.to_string())?
}

/// Creates a decoder with the limits set.
pub(super) fn decoder(bytes: &[u8]) -> Result<(impl ImageDecoder + '_, ImageFormat), String> {
    const NONE: &str = "it is not a PNG, JPEG, GIF, WebP or SVG file";
    let mut reader = ImageReader::new(Cursor::new(bytes));
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_METADATA_BYTES);
    reader.limits(limits);
    let reader = reader.with_guessed_format().map_err(|error| error.to_string())?;
    let format = reader.format().filter(ImageFormat::reading_enabled).ok_or(NONE)?;
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    // For pixels; the limit for metadata does not change.
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    decoder.set_limits(limits).map_err(|error| error.to_string())?;
    Ok((decoder, format))
}

/// Checks that a picture is within the limits.
pub(super) fn check(decoder: &impl ImageDecoder) -> Result<(), String> {
    let (width, height) = decoder.dimensions();
    check_pixels(width, height)?;
    if decoder.total_bytes() > MAX_DECODED_BYTES {
        let max = MAX_DECODED_BYTES >> 20;
        return Err(format!("{width}x{height} pixels take more than {max} MiB"));
    }
    Ok(())
}

/// Checks the number of pixels.
pub(super) fn check_pixels(width: u32, height: u32) -> Result<(), String> {
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        let max = MAX_PIXELS / 1_000_000;
        return Err(format!(
            "{width}x{height} pixels are too many; at most {max} megapixels are decoded"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use image::codecs::png::PngEncoder;
    use image::{ExtendedColorType, ImageEncoder};

    use super::*;
    use crate::media::pixels::{decode, frames};

    /// Writes a temporary picture file.
    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn colour_profile_bomb_is_ignored() {
        let mut bytes = Vec::new();
        let mut encoder = PngEncoder::new(&mut bytes);
        encoder.set_icc_profile(vec![0; 40 << 20]).unwrap();
        encoder.write_image(&[9; 12], 2, 2, ExtendedColorType::Rgb8).unwrap();
        assert!(bytes.len() < 1 << 20);
        let (mut picture, _) = decoder(&bytes).unwrap();
        assert_eq!(picture.icc_profile().unwrap(), None);
        assert_eq!(header(&bytes).unwrap().size, (2, 2));
        assert_eq!(decode(file(&bytes).path()).unwrap().to_rgb8().as_raw(), &[9; 12]);
    }

    /// Returns a GIF with frames of one pixel, on a canvas of this size.
    fn gif(width: u16, height: u16, count: usize) -> Vec<u8> {
        let size =
            |(width, height): (u16, u16)| [width.to_le_bytes(), height.to_le_bytes()].concat();
        let mut bytes = b"GIF89a".to_vec();
        bytes.extend(size((width, height)));
        bytes.extend(b"\x80\0\0\0\0\0\xff\xff\xff");
        for _ in 0..count {
            bytes.extend(b"\x21\xf9\x04\x04\x05\0\0\0\x2c\0\0\0\0");
            bytes.extend(size((1, 1)));
            bytes.extend(b"\0\x02\x02\x44\x01\0");
        }
        bytes.push(0x3b);
        bytes
    }

    #[test]
    fn animations_have_limits() {
        let moves = |bytes: &[u8]| frames(file(bytes).path(), (1, 1)).unwrap().len();
        assert_eq!(moves(&gif(4, 3, 7)), 7);
        assert_eq!(moves(&gif(1, 1, MAX_FRAMES)), MAX_FRAMES);
        assert_eq!(moves(&gif(1, 1, MAX_FRAMES + 1)), 0);
        assert_eq!(moves(&gif(4_001, 4_000, 2)), 0);
        assert_eq!(moves(&gif(65_535, 65_535, 2)), 0);
    }

    #[test]
    fn damaged_pictures_do_not_panic() {
        let mut png = Vec::new();
        PngEncoder::new(&mut png).write_image(&[9; 12], 2, 2, ExtendedColorType::Rgb8).unwrap();
        for whole in [png, gif(4, 3, 2), b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec()] {
            for at in 0..whole.len() {
                let mut bytes = whole.clone();
                bytes[at] ^= 0xff;
                for bytes in [&bytes[..], &whole[..at]] {
                    let file = file(bytes);
                    let panicked = [decode(file.path()).err(), frames(file.path(), (2, 2)).err()];
                    let panicked = panicked.into_iter().chain([header(bytes).err()]).flatten();
                    assert_eq!(panicked.filter(|why| why.contains("panicked")).count(), 0);
                }
            }
        }
    }
}
