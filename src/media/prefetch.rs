//! Renders pictures ahead, within the memory limit.

use ratatui::layout::Rect;
use ratatui::style::Color;

use super::Media;
use super::drawings::Urgency;
use super::paint::rgb;
use super::rendition::{PicturePlacement, RenditionSpec};
use crate::view::Overlay;

/// A picture of another slide, and the colour behind it.
pub type ExpectedPicture = (Overlay, Color);

impl Media {
    /// Sets the limit of the memory that renditions take, here and in the terminal, in bytes.
    pub fn set_memory_limit(&mut self, max_bytes: usize) {
        self.cache.set_limit(max_bytes);
    }

    /// Renders pictures that may be shown soon, the most likely first, on a screen of this size. What
    /// exceeds the memory limit is not rendered, nor are the pictures of earlier calls.
    pub fn prefetch(&mut self, expected: &[ExpectedPicture], cell: (u16, u16), screen: Rect) {
        let Some(protocol) = self.terminal.protocol else { return };
        let mut left = self.cache.left();
        let mut specs: Vec<RenditionSpec> = Vec::new();
        for (overlay, background) in expected {
            let Some(place) = PicturePlacement::of(overlay, protocol, screen) else { continue };
            let Ok(Some(found)) = self.find(&overlay.key, Urgency::Ahead) else { continue };
            let shown_by = (protocol, self.terminal.blocks);
            let spec = RenditionSpec::new(&found, shown_by, place, cell, rgb(*background))
                .driven(self.terminal.lacks_animations);
            if specs.contains(&spec) {
                continue;
            }
            let known = self.cache.touch(&spec);
            let weight = known.unwrap_or_else(|| spec.expected_weight());
            if weight > left {
                break;
            }
            left -= weight;
            if known.is_none() {
                specs.push(spec);
            }
        }
        self.renders.request_ahead(specs);
    }

    /// Stops rendering ahead.
    pub fn cancel_prefetch(&mut self) {
        self.renders.cancel_ahead();
    }
}
