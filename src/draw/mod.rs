//! Drawings: blocks as vector graphics. An engine turns the text of a block into SVG (`latex`);
//! [`VectorPicture`] is an SVG that was read, whoever wrote it, and gives pixels of any size.
//!
//! Everything here works on untrusted text: sizes, depths and numbers of elements are limited, and
//! nothing but the system's fonts is read. The caller limits the time and contains panics.

mod fonts;
mod ground;
mod latex;
#[cfg(feature = "mermaid")]
mod mermaid;
mod placed_text;
mod svg_limits;
mod vector;

use crate::deck::DrawingLanguage;
use crate::layout::{Drawing, DrawingLook};

pub use fonts::MONOSPACED_FONTS;
pub use placed_text::PlacedText;
pub use vector::{MAX_SIDE, SvgFonts, VectorPicture};

/// Whether this build draws mermaid diagrams.
pub const DRAWS_MERMAID: bool = cfg!(feature = "mermaid");

/// Stack of a thread that draws: the libraries are recursive, up to their limits.
pub const STACK_BYTES: usize = 64 << 20;

/// Limit of the text of a drawing.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// The size of text in drawings, in units of the SVG.
const TEXT_SIZE: f64 = 16.0;

/// Why there is no picture of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawError {
    /// What is wrong.
    pub why: String,
    /// A hint, if there is one.
    pub hint: Option<String>,
    /// Line and column in the text, from 1, if known.
    pub at: Option<(usize, usize)>,
}

impl DrawError {
    /// Creates an error without a hint or a place.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), ..Self::default() }
    }

    /// Sets the place to that of a byte of `text`.
    fn at_byte(self, text: &str, byte: usize) -> Self {
        let byte = text.floor_char_boundary(byte);
        let before = &text[..byte];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Self { at: Some((line, column)), ..self }
    }
}

/// Draws a block in this process.
///
/// # Errors
/// As for [`svg`].
pub fn draw(drawing: &Drawing) -> Result<VectorPicture, DrawError> {
    VectorPicture::read(&svg(drawing)?, SvgFonts::Bundled)
}

/// Returns the SVG of a block, for [`SvgFonts::Bundled`].
///
/// # Errors
/// The text is wrong, too large, or in a language that is not built in.
pub fn svg(drawing: &Drawing) -> Result<String, DrawError> {
    let Drawing { language, text, colors, look } = drawing;
    if text.len() > MAX_TEXT_BYTES {
        return Err(DrawError::new(format!(
            "it has {} bytes; at most {MAX_TEXT_BYTES} are drawn",
            text.len()
        )));
    }
    if text.trim().is_empty() {
        return Err(DrawError::new("there is nothing to draw"));
    }
    let svg = match language {
        DrawingLanguage::Latex if look.is_in_line => latex::draw_in_line(text, colors),
        DrawingLanguage::Latex => latex::draw(text, colors),
        #[cfg(feature = "mermaid")]
        DrawingLanguage::Mermaid => mermaid::draw(text, colors, look),
        #[cfg(not(feature = "mermaid"))]
        DrawingLanguage::Mermaid => {
            let hint = "install `mmdc` (mermaid-cli), or build livedeck with `cargo install --path . \
                        --features full`; releases are built so";
            let why = "this build of livedeck does not draw mermaid itself";
            Err(DrawError { hint: Some(hint.to_owned()), ..DrawError::new(why) })
        }
        _ => {
            let hint = "save a picture of it and write `![](picture.png)`".to_owned();
            let why = format!("`{}` blocks cannot be drawn here", language.name());
            Err(DrawError { hint: Some(hint), ..DrawError::new(why) })
        }
    }?;
    let DrawingLook { ground, margin, .. } = look;
    if ground.is_none() && *margin == (0, 0) {
        return Ok(svg);
    }
    let units = VectorPicture::read(&svg, SvgFonts::Bundled)?.units();
    let margin = (f64::from(margin.0) * latex::POINT, f64::from(margin.1) * latex::POINT);
    ground::with_ground(&svg, units, *ground, margin)
}

#[cfg(test)]
mod tests;
