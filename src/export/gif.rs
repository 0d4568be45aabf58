//! Frames as a moving GIF. Only what changed is in a frame.

use std::borrow::Cow;
use std::time::Duration;

use gif::{DisposalMethod, Encoder, Frame, Repeat};

use super::raster::Pixels;

/// How thoroughly colours are chosen for frames with more than 256 of them, from 1 (best) to 30.
const COLOR_SPEED: i32 = 15;

/// Frames shorter than this are shown more slowly by many viewers.
const MIN_DELAY: Duration = Duration::from_millis(20);

/// A GIF file in the making.
pub struct Gif {
    encoder: Encoder<Vec<u8>>,
    /// The pixels on the screen, the frame that changes them, and since when it is shown.
    shown: Option<(Pixels, Frame<'static>, Duration)>,
}

impl Gif {
    /// Starts a file of this size in pixels.
    ///
    /// # Errors
    /// It is too large for the format, whose sides have at most 65,535 pixels.
    pub fn new(width: u32, height: u32) -> Result<Self, String> {
        let side =
            |side: u32| u16::try_from(side).map_err(|_| format!("{side} pixels are too many"));
        let mut encoder = Encoder::new(Vec::new(), side(width)?, side(height)?, &[])
            .map_err(|error| error.to_string())?;
        encoder.set_repeat(Repeat::Infinite).map_err(|error| error.to_string())?;
        Ok(Self { encoder, shown: None })
    }

    /// Shows a frame from this time on.
    ///
    /// # Errors
    /// The frame before it could not be written.
    pub fn frame(&mut self, at: Duration, pixels: Pixels) -> Result<(), String> {
        let Some((before, ..)) = &self.shown else {
            let whole = frame(&pixels, (0, 0, pixels.width, pixels.height));
            self.shown = Some((pixels, whole, at));
            return Ok(());
        };
        let Some(area) = changed(before, &pixels) else { return Ok(()) };
        let next = frame(&pixels, area);
        if let Some((_, shown, since)) = self.shown.replace((pixels, next, at)) {
            self.write(shown, at.saturating_sub(since))?;
        }
        Ok(())
    }

    /// Returns the file, whose last frame is shown until a time.
    ///
    /// # Errors
    /// The last frame could not be written.
    pub fn finish(mut self, end: Duration) -> Result<Vec<u8>, String> {
        if let Some((_, shown, since)) = self.shown.take() {
            self.write(shown, end.saturating_sub(since))?;
        }
        self.encoder.into_inner().map_err(|error| error.to_string())
    }

    /// Returns the number of bytes that were written.
    pub fn bytes(&self) -> usize {
        self.encoder.get_ref().len()
    }

    fn write(&mut self, mut frame: Frame<'static>, shown: Duration) -> Result<(), String> {
        // In hundredths of a second.
        frame.delay = u16::try_from(shown.max(MIN_DELAY).as_millis() / 10).unwrap_or(u16::MAX);
        self.encoder.write_frame(&frame).map_err(|error| error.to_string())
    }
}

/// Left, top, width and height.
type PixelArea = (u32, u32, u32, u32);

/// Returns the smallest area that has all differences of pictures of the same size.
fn changed(before: &Pixels, after: &Pixels) -> Option<PixelArea> {
    let width = after.width as usize * 3;
    let (old, new) = (before.rgb.chunks_exact(width), after.rgb.chunks_exact(width));
    let (mut top, mut bottom, mut left, mut right) = (usize::MAX, 0, usize::MAX, 0);
    for (row, (old, new)) in old.zip(new).enumerate().filter(|(_, (old, new))| old != new) {
        let differs = |(old, new): (&u8, &u8)| old != new;
        let first = old.iter().zip(new).position(differs).unwrap_or(0) / 3;
        let last = old.iter().zip(new).rposition(differs).unwrap_or(0) / 3;
        (top, bottom) = (top.min(row), bottom.max(row));
        (left, right) = (left.min(first), right.max(last));
    }
    let length = |from: usize, to: usize| (to + 1 - from) as u32;
    (top != usize::MAX).then(|| (left as u32, top as u32, length(left, right), length(top, bottom)))
}

/// Returns a frame with an area of a picture.
fn frame(pixels: &Pixels, (left, top, width, height): PixelArea) -> Frame<'static> {
    let row_bytes = pixels.width as usize * 3;
    let columns = left as usize * 3..(left + width) as usize * 3;
    let rows = pixels.rgb.chunks_exact(row_bytes).skip(top as usize).take(height as usize);
    let part: Vec<u8> = rows.flat_map(|row| &row[columns.clone()]).copied().collect();
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
    let (palette, buffer) = indexed(&part).unwrap_or_else(|| {
        let frame = Frame::from_rgb_speed(side(width), side(height), &part, COLOR_SPEED);
        (frame.palette.unwrap_or_default(), frame.buffer.into_owned())
    });
    Frame {
        left: side(left),
        top: side(top),
        width: side(width),
        height: side(height),
        palette: Some(palette),
        buffer: Cow::Owned(buffer),
        dispose: DisposalMethod::Keep,
        ..Frame::default()
    }
}

/// Returns the colours of pixels and their numbers, if they have at most 256.
fn indexed(rgb: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut numbers = std::collections::HashMap::new();
    let (mut palette, mut buffer) = (Vec::new(), Vec::with_capacity(rgb.len() / 3));
    let mut last = None;
    for color in rgb.chunks_exact(3) {
        let number = match last {
            Some((same, number)) if same == color => number,
            _ => {
                let next = numbers.len();
                *numbers.entry(color).or_insert_with(|| {
                    palette.extend_from_slice(color);
                    next
                })
            }
        };
        last = Some((color, number));
        buffer.push(u8::try_from(number).ok()?);
    }
    Some((palette, buffer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(changes: &[(usize, [u8; 3])]) -> Pixels {
        let mut rgb = vec![7; 20 * 10 * 3];
        for (at, color) in changes {
            rgb[at * 3..at * 3 + 3].copy_from_slice(color);
        }
        Pixels { width: 20, height: 10, rgb }
    }

    fn decoded(file: &[u8]) -> Vec<(u16, u16, u16, u16, u16)> {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::Indexed);
        let mut decoder = options.read_info(file).unwrap();
        let mut frames = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            frames.push((frame.left, frame.top, frame.width, frame.height, frame.delay));
        }
        frames
    }

    #[test]
    fn frames_have_only_what_changed() {
        let mut gif = Gif::new(20, 10).unwrap();
        let seconds = Duration::from_secs;
        gif.frame(seconds(0), pixels(&[])).unwrap();
        gif.frame(seconds(1), pixels(&[(2 * 20 + 3, [1, 2, 3]), (4 * 20 + 5, [1, 2, 3])])).unwrap();
        gif.frame(seconds(2), pixels(&[(2 * 20 + 3, [1, 2, 3]), (4 * 20 + 5, [1, 2, 3])])).unwrap();
        gif.frame(seconds(4), pixels(&[])).unwrap();
        let file = gif.finish(seconds(5)).unwrap();
        assert_eq!(decoded(&file), [(0, 0, 20, 10, 100), (3, 2, 3, 3, 300), (3, 2, 3, 3, 100)]);
    }

    #[test]
    fn many_colours_are_reduced() {
        let rgb: Vec<u8> = (0..20 * 20_u32).flat_map(|at| [at as u8, (at / 7) as u8, 9]).collect();
        assert!(indexed(&rgb).is_none());
        let mut gif = Gif::new(20, 20).unwrap();
        gif.frame(Duration::ZERO, Pixels { width: 20, height: 20, rgb }).unwrap();
        assert_eq!(decoded(&gif.finish(Duration::ZERO).unwrap()), [(0, 0, 20, 20, 2)]);
    }
}
