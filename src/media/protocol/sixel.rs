//! DEC's sixels: unscaled pixels in at most 256 colours.

use icy_sixel::{BackgroundMode, EncodeOptions, SixelImage};
use image::RgbaImage;

/// Returns the sequence that draws a picture at the cursor.
pub(in crate::media) fn encode(picture: &RgbaImage) -> Result<Vec<u8>, String> {
    let (width, height) = picture.dimensions();
    SixelImage::try_from_rgba(picture.as_raw().clone(), width as usize, height as usize)
        .map(|sixel| sixel.with_background_mode(BackgroundMode::Transparent))
        .and_then(|sixel| sixel.encode_with(&EncodeOptions::default()))
        .map(String::into_bytes)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn decoded_sixels_match_the_picture() {
        let picture = RgbaImage::from_fn(12, 14, |x, y| match (x < 6, y < 7) {
            (true, true) => Rgba([255, 0, 0, 255]),
            (false, true) => Rgba([0, 255, 0, 255]),
            (true, false) => Rgba([0, 0, 255, 255]),
            (false, false) => Rgba([255, 255, 255, 255]),
        });
        let bytes = encode(&picture).unwrap();
        assert!(bytes.starts_with(b"\x1bP") && bytes.ends_with(b"\x1b\\"));
        let drawn = SixelImage::decode(&bytes).unwrap();
        let stride = drawn.width;
        for (x, y) in [(0, 0), (11, 0), (0, 13), (11, 13), (5, 6), (6, 7)] {
            let at = (y * stride + x) * 4;
            let expected = picture.get_pixel(x as u32, y as u32).0;
            let close = drawn.pixels[at..at + 4].iter().zip(expected);
            assert!(
                close.clone().all(|(is, should)| is.abs_diff(should) <= 6),
                "{x},{y}: {close:?}"
            );
        }
    }
}
