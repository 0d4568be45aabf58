//! Painting a scene into a buffer. What cells cannot hold (pictures) comes back as overlays.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::layout::{PictureKey, Scene};

/// A picture's place on the screen, for whoever can put pictures there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// Which picture.
    pub key: PictureKey,
    /// The cells it shows in, all of them on the screen.
    pub area: Rect,
    /// Columns and rows of the whole picture.
    pub whole: (u16, u32),
    /// How many of its rows are scrolled away above `area`.
    pub skipped: u32,
}

/// Paints the scene, its body scrolled down by `scroll` rows, and says where its pictures go.
pub fn paint(scene: &Scene, _scroll: u32, buffer: &mut Buffer) -> Vec<Overlay> {
    buffer.set_style(buffer.area, scene.background);
    Vec::new()
}
