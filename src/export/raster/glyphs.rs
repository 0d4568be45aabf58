//! Glyphs as pixels, drawn when they are first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use resvg::tiny_skia::{Pixmap, PixmapRef, Transform};
use resvg::usvg::fontdb::{Database, ID, Source};
use resvg::usvg::{FallbackSelectionFn, FontResolver, Node, Options, Tree};

use crate::draw::MONOSPACED_FONTS;
use crate::export::canvas::{TextFit, TextRun};
use crate::export::palette::Rgb;
use crate::export::shapes::CELL_HEIGHT;
use crate::export::system_fonts::{self, Variant};

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
    drawn: HashMap<GlyphKey, Option<Pixmap>>,
}

impl Glyphs {
    pub(super) fn new(zoom: f32) -> Self {
        let mut fonts = Database::new();
        for font in MONOSPACED_FONTS {
            fonts.load_font_source(Source::Binary(Arc::new(font)));
        }
        let select_fallback = fallback(fonts.clone());
        let font_resolver = FontResolver { select_fallback, ..FontResolver::default() };
        let options = Options {
            fontdb: Arc::new(fonts),
            font_family: FAMILY.to_owned(),
            font_resolver,
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

/// The fonts that were chosen for characters, if other fonts lack them.
type FallbackFonts = HashMap<(char, Box<[ID]>), Option<ID>>;

/// Chooses the fonts for characters that ours lack. Those of the system are read when the first one is
/// needed.
fn fallback(bundled: Database) -> FallbackSelectionFn<'static> {
    let with_system = move || {
        let mut fonts = bundled.clone();
        fonts.load_system_fonts();
        let order = system_fonts::best_first(&fonts);
        (Arc::new(fonts), order)
    };
    let system = OnceLock::new();
    let found: Mutex<FallbackFonts> = Mutex::default();
    Box::new(move |character, used, fonts| {
        let variant = used.first().and_then(|id| fonts.face(*id)).map(Variant::of);
        let (all, order) = system.get_or_init(&with_system);
        *fonts = Arc::clone(all);
        let search = || {
            let others = order.iter().filter(|id| !used.contains(id));
            system_fonts::find(all, others, character, variant.unwrap_or_default())
        };
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        *found.entry((character, used.into())).or_insert_with(search)
    })
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
    // Text is in the middle of its cells: it is stretched from there.
    let (stretch, _) = key.fit.stretch(natural_width(&tree), inner);
    let middle = margin + inner / 2.0;
    let left = (middle - middle * stretch) * zoom;
    let transform = Transform::from_row(zoom * stretch, 0.0, 0.0, zoom, left, 0.0);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    Some(pixmap)
}

/// The width of text as its fonts have it.
fn natural_width(tree: &Tree) -> f32 {
    let text = tree.root().children().iter().find_map(|node| match node {
        Node::Text(text) => Some(text.bounding_box().width()),
        _ => None,
    });
    text.unwrap_or_default()
}
