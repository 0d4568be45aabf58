//! Glyphs as pixels, drawn when they are first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use resvg::tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, PixmapRef, Transform};
use resvg::usvg::fontdb::ID;
use resvg::usvg::{
    FallbackSelectionFn, FontFamily, FontResolver, FontSelectionFn, Node, Options, Tree,
};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::fonts::{PictureFonts, SharedFonts};
use crate::export::canvas::{TextFit, TextRun};
use crate::export::palette::Rgb;
use crate::export::shapes::CELL_HEIGHT;
use crate::export::system_fonts::Variant;
use crate::export::words::{self, ShapedPart, WordFonts as _};

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
    fit: TextFit,
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
            fit: run.fit,
            scale: run.scale.to_bits(),
            width: width.to_bits(),
        }
    }
}

/// Glyphs at one zoom.
pub(super) struct Glyphs {
    zoom: f32,
    options: Options<'static>,
    fonts: PictureFonts,
    drawn: HashMap<GlyphKey, Option<Pixmap>>,
}

impl Glyphs {
    pub(super) fn new(zoom: f32) -> Self {
        let fonts = PictureFonts::new();
        let select_font = selection(Arc::clone(&fonts.all));
        let select_fallback = fallback(Arc::clone(&fonts.all));
        let font_resolver = FontResolver { select_font, select_fallback };
        let options = Options {
            fontdb: Arc::clone(&fonts.bundled),
            font_family: FAMILY.to_owned(),
            font_resolver,
            ..Options::default()
        };
        Self { zoom, options, fonts, drawn: HashMap::new() }
    }

    /// Returns the pixels of a glyph and the margin around its cells, in units.
    pub(super) fn glyph(&mut self, key: GlyphKey) -> Option<(PixmapRef<'_>, f32)> {
        let margin = MARGIN * f32::from_bits(key.scale);
        if self.drawn.len() >= MAX_KEPT {
            self.drawn.clear();
        }
        let Self { zoom, options, fonts, drawn } = self;
        let draw = |key: &GlyphKey| {
            let is_word = key.fit == TextFit::Shaped;
            let word = if is_word { draw_word(key, margin, *zoom, fonts) } else { None };
            word.or_else(|| {
                let variant = Variant { bold: key.bold, italic: key.italic };
                let family = fonts.emoji_family(&key.text, variant);
                draw(key, margin, *zoom, (options, family.as_deref().unwrap_or(FAMILY)))
            })
        };
        let pixels = drawn.entry(key).or_insert_with_key(draw);
        pixels.as_ref().map(|pixels| (pixels.as_ref(), margin))
    }
}

/// Finds our family among our fonts, and others among those of the system.
fn selection(shared: SharedFonts) -> FontSelectionFn<'static> {
    let select = FontResolver::default_font_selector();
    Box::new(move |font, fonts| {
        let is_ours =
            |family: &FontFamily| matches!(family, FontFamily::Named(name) if name == FAMILY);
        if !font.families().first().is_some_and(is_ours) {
            *fonts = Arc::clone(&shared.fonts);
        }
        select(font, fonts)
    })
}

/// The fonts that were chosen for characters, if other fonts lack them.
type FallbackFonts = HashMap<(char, Box<[ID]>), Option<ID>>;

/// Chooses the fonts for characters that ours lack.
fn fallback(shared: SharedFonts) -> FallbackSelectionFn<'static> {
    let found: Mutex<FallbackFonts> = Mutex::default();
    Box::new(move |character, used, fonts| {
        let variant = used.first().and_then(|id| fonts.face(*id)).map(Variant::of);
        *fonts = Arc::clone(&shared.fonts);
        let text = character.to_string();
        let search = || shared.find(&text, variant.unwrap_or_default(), used);
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        *found.entry((character, used.into())).or_insert_with(search)
    })
}

/// Draws a glyph as text of a picture.
fn draw(
    key: &GlyphKey,
    margin: f32,
    zoom: f32,
    (options, family): (&Options<'_>, &str),
) -> Option<Pixmap> {
    let family = crate::export::svg::escape(family);
    let (scale, inner) = (f32::from_bits(key.scale), f32::from_bits(key.width));
    let (width, height) = (inner + 2.0 * margin, CELL_HEIGHT * scale + 2.0 * margin);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-family=\"{family}\" font-size=\"{}\" \
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
    let mut pixmap = empty(inner, margin, (scale, zoom))?;
    // Text is in the middle of its cells: it is stretched from there.
    let (stretch, _) = key.fit.stretch(natural_width(&tree), inner);
    let middle = margin + inner / 2.0;
    let left = (middle - middle * stretch) * zoom;
    let transform = Transform::from_row(zoom * stretch, 0.0, 0.0, zoom, left, 0.0);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    Some(pixmap)
}

/// Draws a word from the outlines of its glyphs. `None` if a font has pictures instead, as those of
/// emoji do.
fn draw_word(key: &GlyphKey, margin: f32, zoom: f32, fonts: &mut PictureFonts) -> Option<Pixmap> {
    let (scale, inner) = (f32::from_bits(key.scale), f32::from_bits(key.width));
    let variant = Variant { bold: key.bold, italic: key.italic };
    let word = words::shape(&key.text, variant, fonts);
    let (mut path, mut x) = (PathBuilder::new(), 0.0);
    for part in &word.parts {
        let outlined = |data: &[u8], index| outline(data, index, part, x, &mut path);
        fonts.read(&part.font, outlined).flatten()?;
        x += part.width;
    }
    let mut pixmap = empty(inner, margin, (scale, zoom))?;
    let size = FONT_SIZE * scale;
    let (stretch, left) = key.fit.stretch(word.width * size, inner);
    let transform = Transform::from_row(
        size * stretch * zoom,
        0.0,
        0.0,
        size * zoom,
        (margin + left) * zoom,
        (margin + BASELINE * scale) * zoom,
    );
    let Rgb(red, green, blue) = key.color;
    let mut paint = Paint::default();
    paint.set_color(Color::from_rgba8(red, green, blue, 255));
    if let Some(path) = path.finish() {
        pixmap.fill_path(&path, &paint, FillRule::Winding, transform, None);
    }
    Some(pixmap)
}

/// Adds the outlines of a part of a word that starts at `x`. Lengths are multiples of the font's size.
fn outline(
    data: &[u8],
    index: u32,
    part: &ShapedPart<ID>,
    x: f32,
    path: &mut PathBuilder,
) -> Option<()> {
    let face = Face::parse(data, index).ok()?;
    let scale = 1.0 / f32::from(face.units_per_em());
    let (mut x, mut y) = (x, 0.0);
    for glyph in &part.glyphs {
        let id = GlyphId(glyph.id);
        let mut outline =
            GlyphOutline { path, scale, left: x + glyph.offset.0, up: y + glyph.offset.1 };
        let has_picture =
            face.is_color_glyph(id) || face.glyph_raster_image(id, u16::MAX).is_some();
        if face.outline_glyph(id, &mut outline).is_none() && has_picture {
            return None;
        }
        x += glyph.advance.0;
        y += glyph.advance.1;
    }
    Some(())
}

/// Adds the outline of a glyph to a path, which has its origin at the top.
struct GlyphOutline<'p> {
    path: &'p mut PathBuilder,
    scale: f32,
    left: f32,
    up: f32,
}

impl GlyphOutline<'_> {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.left + x * self.scale, -(self.up + y * self.scale))
    }
}

impl OutlineBuilder for GlyphOutline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (bend, end) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(bend.0, bend.1, end.0, end.1);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, end) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

/// Returns pixels for text of this width and a margin around it.
#[expect(clippy::cast_sign_loss, reason = "`as` saturates")]
fn empty(width: f32, margin: f32, (scale, zoom): (f32, f32)) -> Option<Pixmap> {
    let (width, height) = (width + 2.0 * margin, CELL_HEIGHT * scale + 2.0 * margin);
    Pixmap::new((width * zoom).ceil() as u32, (height * zoom).ceil() as u32)
}

/// The width of text as its fonts have it.
fn natural_width(tree: &Tree) -> f32 {
    let text = tree.root().children().iter().find_map(|node| match node {
        Node::Text(text) => Some(text.bounding_box().width()),
        _ => None,
    });
    text.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> GlyphKey {
        GlyphKey {
            text: text.into(),
            color: Rgb(255, 255, 255),
            bold: false,
            italic: false,
            fit: TextFit::Shaped,
            scale: 1.0_f32.to_bits(),
            width: 40.0_f32.to_bits(),
        }
    }

    /// The font that we ship has these letters, and a text of a picture in one font is right.
    #[test]
    fn words_look_like_text_of_pictures() {
        let mut glyphs = Glyphs::new(4.0);
        for text in ["سلام", "abcd"] {
            let key = key(text);
            let word = draw_word(&key, MARGIN, 4.0, &mut glyphs.fonts).unwrap();
            let expected = draw(&key, MARGIN, 4.0, (&glyphs.options, FAMILY)).unwrap();
            let alpha = |pixmap: &Pixmap| -> Vec<i32> {
                pixmap.pixels().iter().map(|pixel| i32::from(pixel.alpha())).collect()
            };
            let (word, expected) = (alpha(&word), alpha(&expected));
            let ink: i32 = expected.iter().sum();
            let difference: i32 =
                word.iter().zip(&expected).map(|(one, other)| (one - other).abs()).sum();
            assert!(ink > 100_000, "{text}: {ink}");
            assert!(difference < ink / 5, "{text}: {difference} of {ink}");
        }
    }
}
