//! An SVG that was read: its size, its pixels, and its shapes for documents.

use std::sync::Arc;

use image::{ImageReader, RgbaImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Group, ImageHrefResolver, ImageKind, Node, Options, Tree, WriteOptions};

use super::placed_text::{self, PlacedText};
use super::{DrawError, fonts, svg_limits};

/// Limit of the sides of a drawing in pixels.
pub const MAX_SIDE: u32 = 4096;

/// Limit of the pixels of a picture inside an SVG.
const MAX_EMBEDDED_PIXELS: u64 = 16_000_000;

/// Limit of the memory for layers while an SVG is drawn.
const MAX_LAYER_BYTES: u64 = 1 << 30;

/// The fonts of an SVG's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvgFonts {
    /// Those that we ship.
    Bundled,
    /// Those that the SVG names, if the system has them.
    Named,
}

/// The attribute with the rows of a formula in a line above that of the text.
pub(super) const ROWS_ABOVE: &str = "data-rows-above";

/// A picture as vectors.
#[derive(Debug)]
pub struct VectorPicture {
    tree: Tree,
    source: Box<str>,
    rows_above: u16,
}

impl VectorPicture {
    /// Reads an SVG. Other files that it refers to are not read.
    ///
    /// # Errors
    /// It is not an SVG, or exceeds a limit.
    pub fn read(svg: &str, fonts: SvgFonts) -> Result<Self, DrawError> {
        let document = svg_limits::parse(svg)?;
        let options = Options {
            font_family: fonts::FAMILY.to_owned(),
            fontdb: fonts::bundled(),
            font_resolver: match fonts {
                SvgFonts::Bundled => fonts::bundled_first(),
                SvgFonts::Named => fonts::named_first(),
            },
            image_href_resolver: embedded_only(),
            ..Options::default()
        };
        let tree = Tree::from_xmltree(&document, &options);
        let tree = tree.map_err(|error| DrawError::new(error.to_string()))?;
        let rows_above = document.root_element().attribute(ROWS_ABOVE);
        let rows_above = rows_above.and_then(|rows| rows.parse().ok()).unwrap_or(0);
        Ok(Self { tree, source: svg.into(), rows_above })
    }

    /// Returns its size in pixels, in proportion if it is larger than the limit.
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    pub fn size(&self) -> (u32, u32) {
        let (width, height) = (self.tree.size().width(), self.tree.size().height());
        let fitted = (MAX_SIDE as f32 / width.max(height)).min(1.0);
        (side(width * fitted), side(height * fitted))
    }

    /// Draws it in the middle of this size, in its proportions.
    ///
    /// # Errors
    /// The size exceeds the limit.
    pub fn pixels(&self, size: (u32, u32)) -> Result<RgbaImage, String> {
        self.drawn(size, |(across, down)| {
            let scale = across.min(down);
            (scale, scale)
        })
    }

    /// Draws it over all of this size.
    ///
    /// # Errors
    /// The size exceeds the limit.
    pub fn stretched_pixels(&self, size: (u32, u32)) -> Result<RgbaImage, String> {
        self.drawn(size, |scale| scale)
    }

    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    fn drawn(
        &self,
        (width, height): (u32, u32),
        fit: fn((f32, f32)) -> (f32, f32),
    ) -> Result<RgbaImage, String> {
        let too_large = || format!("{width}x{height} pixels are too many for a drawing");
        let within = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height);
        let pixmap = within.then(|| Pixmap::new(width, height)).flatten();
        let mut pixmap = pixmap.ok_or_else(too_large)?;
        let size = self.tree.size();
        let (width, height) = (width as f32, height as f32);
        let (across, down) = fit((width / size.width(), height / size.height()));
        let corner = ((width - size.width() * across) / 2.0, (height - size.height() * down) / 2.0);
        if layer_bytes(self.tree.root(), (pixmap.width(), pixmap.height()), (across, down))
            > MAX_LAYER_BYTES
        {
            return Err("its effects need too much memory".to_owned());
        }
        let scale = Transform::from_row(across, 0.0, 0.0, down, corner.0, corner.1);
        resvg::render(&self.tree, scale, &mut pixmap.as_mut());
        let (width, height) = (pixmap.width(), pixmap.height());
        RgbaImage::from_raw(width, height, pixmap.take_demultiplied()).ok_or_else(too_large)
    }

    /// Returns it as an SVG that needs no fonts and refers to nothing.
    pub fn svg(&self) -> String {
        let options = WriteOptions {
            coordinates_precision: 3,
            transforms_precision: 5,
            ..WriteOptions::default()
        };
        self.tree.to_string(&options)
    }

    /// Returns the length of the SVG that was read.
    pub fn bytes(&self) -> usize {
        self.source.len()
    }

    /// Returns its lines of text, and the rest of it.
    ///
    /// # Errors
    /// The rest cannot be read.
    pub fn texts_and_shapes(&self) -> Result<(Vec<PlacedText>, Self), DrawError> {
        let document = svg_limits::parse(&self.source)?;
        // Text is omitted if there is no font.
        let options = Options { image_href_resolver: embedded_only(), ..Options::default() };
        let tree = Tree::from_xmltree(&document, &options);
        let tree = tree.map_err(|error| DrawError::new(error.to_string()))?;
        Ok((placed_text::texts(&self.tree), Self { tree, source: "".into(), rows_above: 0 }))
    }

    /// Returns its width and height in its own units.
    pub fn units(&self) -> (f32, f32) {
        (self.tree.size().width(), self.tree.size().height())
    }

    /// Returns its rows above that of the text, of a formula in a line.
    pub fn rows_above(&self) -> u16 {
        self.rows_above
    }

    /// Returns its shapes.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// Returns the most memory that layers take at one time: groups with effects are drawn on layers of
/// their own, which may be larger than the picture.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
#[expect(clippy::cast_sign_loss, reason = "lengths are positive")]
fn layer_bytes(group: &Group, size: (u32, u32), scale: (f32, f32)) -> u64 {
    let area = group.abs_layer_bounding_box();
    // As the library limits them.
    let pixels = |length: f32, limit: u32| (length.ceil() as u64).min(u64::from(limit) * 5);
    let bytes =
        4 * pixels(area.width() * scale.0, size.0) * pixels(area.height() * scale.1, size.1);
    let steps: usize = group.filters().iter().map(|filter| filter.primitives().len()).sum();
    let masks = [group.mask().is_some(), group.clip_path().is_some()];
    let layers = u64::from(group.should_isolate())
        + masks.into_iter().map(u64::from).sum::<u64>()
        + u64::try_from(steps).unwrap_or(u64::MAX);
    let inside = group.children().iter().map(|node| match node {
        Node::Group(group) => layer_bytes(group, size, scale),
        Node::Path(_) | Node::Image(_) | Node::Text(_) => 0,
    });
    let inside = inside.max().unwrap_or(0);
    bytes.saturating_mul(layers).saturating_add(inside)
}

/// Rounds a length up to pixels.
#[expect(clippy::cast_sign_loss, reason = "it is positive, and `as` saturates")]
fn side(length: f32) -> u32 {
    (length.ceil() as u32).clamp(1, MAX_SIDE)
}

/// Shows pictures that are part of the SVG, and no others.
fn embedded_only() -> ImageHrefResolver<'static> {
    let embedded = ImageHrefResolver::default_data_resolver();
    ImageHrefResolver {
        resolve_data: Box::new(move |media_type, data: Arc<Vec<u8>>, options| {
            let kind = embedded(media_type, data, options)?;
            let fits = match &kind {
                ImageKind::JPEG(data)
                | ImageKind::PNG(data)
                | ImageKind::GIF(data)
                | ImageKind::WEBP(data) => is_small(data),
                ImageKind::SVG(_) => true,
            };
            fits.then_some(kind)
        }),
        resolve_string: Box::new(|_, _| None),
    }
}

fn is_small(data: &[u8]) -> bool {
    let reader = ImageReader::new(std::io::Cursor::new(data)).with_guessed_format();
    let size = reader.ok().and_then(|reader| reader.into_dimensions().ok());
    size.is_some_and(|(width, height)| u64::from(width) * u64::from(height) <= MAX_EMBEDDED_PIXELS)
}
