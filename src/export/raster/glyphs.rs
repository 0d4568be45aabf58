//! Glyphs as pixels, drawn when they are first needed.

use std::collections::HashMap;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, PixmapRef, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use crate::draw::MONOSPACED_FONTS;
use crate::export::canvas::TextRun;
use crate::export::palette::Rgb;
use crate::export::shapes::CELL_HEIGHT;

/// The family of the shipped fonts.
const FAMILY: &str = "DejaVu Sans Mono";

/// The size of normal text, and its baseline from the top of its cell, in units.
const FONT_SIZE: f32 = 16.0;
const BASELINE: f32 = 15.0;

/// How far a glyph may reach out of its cells, in units of normal text.
const MARGIN: f32 = 6.0;

/// Maximum number of glyphs that are kept.
const MAX_KEPT: usize = 20_000;

/// What a glyph's pixels depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GlyphKey {
    text: Box<str>,
    color: Rgb,
    bold: bool,
    italic: bool,
    /// The bits of the scale and the width: they are compared, not calculated with.
    scale: u32,
    width: u32,
}

impl GlyphKey {
    /// The key of text in an area of this width, in the style of a run.
    pub(super) fn new(text: &str, width: f32, run: &TextRun) -> Self {
        Self {
            text: text.into(),
            color: run.style.text,
            bold: run.style.bold,
            italic: run.style.italic,
            scale: run.scale.to_bits(),
            width: width.to_bits(),
        }
    }
}

/// Glyphs at one zoom.
pub(super) struct Glyphs {
    zoom: f32,
    options: Options<'static>,
    drawn: HashMap<GlyphKey, Option<Pixmap>>,
}

impl Glyphs {
    pub(super) fn new(zoom: f32) -> Self {
        let mut fonts = Database::new();
        for font in MONOSPACED_FONTS {
            fonts.load_font_source(Source::Binary(Arc::new(font)));
        }
        fonts.load_system_fonts();
        let options = Options {
            fontdb: Arc::new(fonts),
            font_family: FAMILY.to_owned(),
            ..Options::default()
        };
        Self { zoom, options, drawn: HashMap::new() }
    }

    /// Returns the pixels of a glyph and the margin around its cells, in units.
    pub(super) fn glyph(&mut self, key: GlyphKey) -> Option<(PixmapRef<'_>, f32)> {
        let margin = MARGIN * f32::from_bits(key.scale);
        if self.drawn.len() >= MAX_KEPT {
            self.drawn.clear();
        }
        let Self { zoom, options, drawn } = self;
        let pixels = drawn.entry(key).or_insert_with_key(|key| draw(key, margin, *zoom, options));
        pixels.as_ref().map(|pixels| (pixels.as_ref(), margin))
    }
}

#[expect(clippy::cast_sign_loss, reason = "`as` saturates")]
fn draw(key: &GlyphKey, margin: f32, zoom: f32, options: &Options<'_>) -> Option<Pixmap> {
    let (scale, inner) = (f32::from_bits(key.scale), f32::from_bits(key.width));
    let (width, height) = (inner + 2.0 * margin, CELL_HEIGHT * scale + 2.0 * margin);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-family=\"{FAMILY}\" font-size=\"{}\" \
         font-weight=\"{}\" font-style=\"{}\" fill=\"{}\" xml:space=\"preserve\">{}</text></svg>",
        margin + inner / 2.0,
        margin + BASELINE * scale,
        FONT_SIZE * scale,
        if key.bold { "bold" } else { "normal" },
        if key.italic { "italic" } else { "normal" },
        key.color,
        crate::export::svg::escape(&key.text)
    );
    let tree = Tree::from_str(&svg, options).ok()?;
    let mut pixmap = Pixmap::new((width * zoom).ceil() as u32, (height * zoom).ceil() as u32)?;
    resvg::render(&tree, Transform::from_scale(zoom, zoom), &mut pixmap.as_mut());
    Some(pixmap)
}
