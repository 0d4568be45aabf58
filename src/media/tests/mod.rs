//! Pictures from file to cell and to bytes, with files made here. What the tests share: a folder with
//! a deck in it, what shows its pictures, and pictures of a few pixels.

mod drawing;
mod files;
mod frames;
mod prefetch;

use std::fs;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use tempfile::TempDir;

use super::*;
use crate::view::Overlay;

const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
const BLUE: Rgba<u8> = Rgba([0, 0, 255, 255]);
const SCREEN: Rect = Rect::new(0, 0, 20, 10);
const CELL: (u16, u16) = (4, 8);
const PAPER: Color = Color::Rgb(0, 255, 0);

/// A folder with a deck, and a `Media` for its pictures.
struct MediaHarness {
    folder: TempDir,
    media: Media,
    finished: Receiver<FinishedPicture>,
}

impl MediaHarness {
    fn new(protocol: Protocol) -> Self {
        let folder = TempDir::new().unwrap();
        let (send, finished) = unbounded();
        let directory = folder.path().join("work");
        fs::create_dir(&directory).unwrap();
        fs::create_dir(folder.path().join("deck")).unwrap();
        let media = Media::new(directory, Some(protocol), move |picture| drop(send.send(picture)));
        Self { folder, media, finished }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, picture: &RgbaImage) {
        picture.save_with_format(self.path(name), ImageFormat::Png).unwrap();
    }

    fn key(&self, source: &str) -> PictureKey {
        PictureKey::File { base: self.path("deck"), source: source.into() }
    }

    fn overlay(&self, source: &str, area: Rect) -> Overlay {
        let whole = (area.width, u32::from(area.height));
        Overlay { key: self.key(source), area, whole, skipped: 0 }
    }

    fn measure(&mut self, source: &str) -> Result<(u32, u32), String> {
        let key = self.key(source);
        let measured = self.media.measure(&key).map_err(|refused| refused.why);
        measured.map(|size| size.map_or((0, 0), |size| (size.width, size.height)))
    }

    fn hint(&mut self, source: &str) -> Option<String> {
        let key = self.key(source);
        self.media.measure(&key).unwrap_err().hint
    }

    /// Paints one frame; pending pictures are blank.
    fn frame(&mut self, overlays: &[Overlay]) -> (Buffer, String) {
        let mut buffer = Buffer::empty(SCREEN);
        let bytes = self.media.paint(overlays, PAPER, CELL, &mut buffer);
        (buffer, String::from_utf8(bytes).unwrap())
    }

    /// Paints a frame after all pending renditions are done.
    fn shown(&mut self, overlays: &[Overlay]) -> (Buffer, String) {
        self.frame(overlays);
        while self.media.renders.is_busy() {
            self.wait();
        }
        self.frame(overlays)
    }

    fn wait(&mut self) {
        let finished = self.finished.recv_timeout(Duration::from_secs(20)).unwrap();
        self.media.accept(finished);
    }
}

/// Returns a picture that is red above and blue below.
fn flag(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |_, y| if y < height / 2 { RED } else { BLUE })
}

/// Returns a picture that does not compress.
fn noise(width: u32, height: u32) -> RgbaImage {
    let mut state = 1_u32;
    RgbaImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        Rgba([a, b, c, 255])
    })
}

/// Returns a PNG file that ends after its header.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    let sum = crc(&chunk);
    file.extend(chunk);
    file.extend(sum.to_be_bytes());
    file.extend(b"\0\0\0\x01IDAT");
    file
}

fn crc(bytes: &[u8]) -> u32 {
    let divide = |rest: u32| if rest & 1 == 1 { 0xedb8_8320 ^ (rest >> 1) } else { rest >> 1 };
    !bytes
        .iter()
        .fold(!0, |rest, byte| (0..8).fold(rest ^ u32::from(*byte), |rest, _| divide(rest)))
}
