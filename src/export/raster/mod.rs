//! A painted buffer as pixels, for PNG and GIF files. Glyphs are drawn once and kept, since a talk has
//! few of them.

mod fonts;
mod glyphs;

use std::collections::HashMap;

use image::imageops::FilterType;
use image::{ImageReader, Limits, RgbaImage};
use ratatui::buffer::Buffer;
use resvg::tiny_skia::{
    Color, FilterQuality, IntSize, Paint, PathBuilder, Pattern, Pixmap, PixmapPaint, PixmapRef,
    PremultipliedColorU8, Rect, SpreadMode, Stroke, Transform,
};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use self::glyphs::{GlyphKey, Glyphs};
use super::canvas::{self, Area, Canvas, CroppedPicture, TextFit, TextRun};
use super::palette::{Rgb, TerminalColors};
use super::shapes::{CELL_WIDTH, Curve};
use crate::media::DocumentPicture;
use crate::view::Overlay;

/// The width of curves, in units.
const LINE_WIDTH: f32 = 2.0;

/// Maximum number of pixels of a page: they take 600 MB.
const MAX_PAGE_PIXELS: u64 = 150_000_000;

/// Maximum width and height of a picture to decode, in pixels.
const MAX_PICTURE_SIDE: u32 = 16_384;

/// Maximum memory for decoding a picture, in bytes.
const MAX_PICTURE_BYTES: u64 = 512 * 1024 * 1024;

/// Maximum number of scaled pictures that are kept.
const MAX_KEPT_PICTURES: usize = 32;

/// Draws buffers as pixels.
pub struct Rasterizer {
    /// Pixels of a unit; a cell is 10 units wide and 20 high.
    zoom: f32,
    glyphs: Glyphs,
    pictures: HashMap<(blake3::Hash, u32, u32), Option<Pixmap>>,
}

/// Opaque pixels, from left to right and top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green and blue of each.
    pub rgb: Vec<u8>,
}

impl Rasterizer {
    /// Creates one that draws a cell as `10 * zoom` by `20 * zoom` pixels.
    pub fn new(zoom: u8) -> Self {
        let zoom = f32::from(zoom.max(1));
        Self { zoom, glyphs: Glyphs::new(zoom), pictures: HashMap::new() }
    }

    /// Draws a buffer and its pictures. `colors` are those that a terminal would choose itself. Returns
    /// `None` if there is nothing to draw, or far too much.
    pub fn draw(
        &mut self,
        buffer: &Buffer,
        pictures: &[(Overlay, DocumentPicture)],
        colors: &TerminalColors,
    ) -> Option<Pixels> {
        let (width, height) = canvas::page_size(buffer);
        let size = IntSize::from_wh(pixels(width * self.zoom), pixels(height * self.zoom))?;
        if u64::from(size.width()) * u64::from(size.height()) > MAX_PAGE_PIXELS {
            return None;
        }
        let pixmap = Pixmap::new(size.width(), size.height())?;
        let mut canvas = RasterCanvas { pixmap, rasterizer: self };
        canvas::draw(buffer, pictures, colors, &mut canvas);
        let pixmap = canvas.pixmap;
        let rgb =
            pixmap.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]);
        Some(Pixels { width: pixmap.width(), height: pixmap.height(), rgb: rgb.collect() })
    }

    /// Draws a picture with two pixels in each cell.
    pub fn half_blocks(
        &mut self,
        overlay: &Overlay,
        content: &DocumentPicture,
        background: Rgb,
        buffer: &mut Buffer,
    ) {
        let (columns, rows) =
            (u32::from(overlay.whole.0), overlay.whole.1.min(MAX_PICTURE_SIDE / 2));
        let Some(picture) = self.picture(content, columns.max(1), rows.max(1) * 2) else { return };
        let color = |x: u16, y: u32| {
            let pixel = picture.pixel(u32::from(x), y).map(|pixel| pixel.demultiply())?;
            let part = |over: u8, under: u8| {
                let alpha = u16::from(pixel.alpha());
                ((u16::from(over) * alpha + u16::from(under) * (255 - alpha)) / 255) as u8
            };
            Some(ratatui::style::Color::Rgb(
                part(pixel.red(), background.0),
                part(pixel.green(), background.1),
                part(pixel.blue(), background.2),
            ))
        };
        for position in overlay.area.positions() {
            let x = position.x - overlay.area.x;
            let y = (u32::from(position.y - overlay.area.y) + overlay.skipped) * 2;
            if let (Some(cell), Some(upper), Some(lower)) =
                (buffer.cell_mut(position), color(x, y), color(x, y + 1))
            {
                cell.reset();
                cell.set_symbol("▀").set_fg(upper).set_bg(lower);
            }
        }
    }

    fn picture(
        &mut self,
        content: &DocumentPicture,
        width: u32,
        height: u32,
    ) -> Option<PixmapRef<'_>> {
        let hash = match content {
            DocumentPicture::File(bytes) => blake3::hash(bytes),
            DocumentPicture::Vector(vector) => blake3::hash(vector.svg().as_bytes()),
        };
        let key = (hash, width, height);
        if self.pictures.len() >= MAX_KEPT_PICTURES && !self.pictures.contains_key(&key) {
            self.pictures.clear();
        }
        let scaled = || match content {
            DocumentPicture::File(bytes) => scaled(bytes, width, height),
            DocumentPicture::Vector(vector) => pixmap(&vector.pixels((width, height)).ok()?),
        };
        self.pictures.entry(key).or_insert_with(scaled).as_ref().map(Pixmap::as_ref)
    }
}

impl Pixels {
    /// Returns them as a PNG file.
    ///
    /// # Errors
    /// They are too many for the format.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        use image::ImageEncoder as _;
        use image::codecs::png::{CompressionType, FilterType, PngEncoder};
        let mut file = Vec::new();
        PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive)
            .write_image(&self.rgb, self.width, self.height, image::ExtendedColorType::Rgb8)
            .map_err(|error| error.to_string())?;
        Ok(file)
    }
}

/// Decodes and scales a picture.
fn scaled(bytes: &[u8], width: u32, height: u32) -> Option<Pixmap> {
    let mut reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_PICTURE_SIDE);
    limits.max_image_height = Some(MAX_PICTURE_SIDE);
    limits.max_alloc = Some(MAX_PICTURE_BYTES);
    reader.limits(limits);
    let decoded = crate::panics::contain("the picture decoder", || reader.decode()).ok()?.ok()?;
    let scaled = decoded.resize_exact(width, height, FilterType::CatmullRom).into_rgba8();
    pixmap(&scaled)
}

fn pixmap(image: &RgbaImage) -> Option<Pixmap> {
    let mut pixmap = Pixmap::new(image.width(), image.height())?;
    for (to, from) in pixmap.pixels_mut().iter_mut().zip(image.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let part = |value: u8| (u16::from(value) * u16::from(alpha) / 255) as u8;
        *to = PremultipliedColorU8::from_rgba(part(red), part(green), part(blue), alpha)?;
    }
    Some(pixmap)
}

struct RasterCanvas<'a> {
    pixmap: Pixmap,
    rasterizer: &'a mut Rasterizer,
}

impl RasterCanvas<'_> {
    fn paint(color: Rgb, opacity: f32) -> Paint<'static> {
        let Rgb(red, green, blue) = color;
        let alpha = (opacity.clamp(0.0, 1.0) * 255.0).round();
        let mut paint = Paint::default();
        #[expect(clippy::cast_sign_loss, reason = "from 0 to 255")]
        paint.set_color(Color::from_rgba8(red, green, blue, alpha as u8));
        paint
    }

    /// Draws a glyph, or a word, fitted to an area.
    fn glyph(&mut self, text: &str, (left, width): (f32, f32), run: &TextRun) {
        let zoom = self.rasterizer.zoom;
        let key = GlyphKey::new(text, width, run);
        let Some((glyph, margin)) = self.rasterizer.glyphs.glyph(key) else { return };
        let (x, y) = ((left - margin) * zoom, (run.area.y - margin) * zoom);
        let paint = PixmapPaint { opacity: run.opacity, ..PixmapPaint::default() };
        let (x, y) = (x.round() as i32, y.round() as i32);
        self.pixmap.draw_pixmap(x, y, glyph, &paint, Transform::identity(), None);
    }
}

impl Canvas for RasterCanvas<'_> {
    fn rect(&mut self, area: Area, color: Rgb, opacity: f32) {
        let zoom = self.rasterizer.zoom;
        let edge = |at: f32| (at * zoom).round();
        let (left, top) = (edge(area.x), edge(area.y));
        // A line is at least one pixel.
        let right = edge(area.x + area.width).max(left + 1.0);
        let bottom = edge(area.y + area.height).max(top + 1.0);
        if let Some(rect) = Rect::from_ltrb(left, top, right, bottom) {
            let paint = Paint { anti_alias: false, ..Self::paint(color, opacity) };
            self.pixmap.fill_rect(rect, &paint, Transform::identity(), None);
        }
    }

    fn curve(&mut self, (left, top): (f32, f32), curve: Curve, color: Rgb, opacity: f32) {
        let mut path = PathBuilder::new();
        match curve {
            Curve::Line(from, to) => {
                path.move_to(left + from.0, top + from.1);
                path.line_to(left + to.0, top + to.1);
            }
            Curve::Arc { start, bend, corner, end } => {
                path.move_to(left + start.0, top + start.1);
                path.line_to(left + bend.0, top + bend.1);
                path.quad_to(left + corner.0, top + corner.1, left + end.0, top + end.1);
            }
        }
        let Some(path) = path.finish() else { return };
        let stroke = Stroke { width: LINE_WIDTH, ..Stroke::default() };
        let scale = Transform::from_scale(self.rasterizer.zoom, self.rasterizer.zoom);
        self.pixmap.stroke_path(&path, &Self::paint(color, opacity), &stroke, scale, None);
    }

    fn text(&mut self, run: &TextRun) {
        if run.fit != TextFit::Columns {
            return self.glyph(&run.text, (run.area.x, run.area.width), run);
        }
        let mut x = run.area.x;
        for grapheme in run.text.graphemes(true) {
            let columns = u8::try_from(grapheme.width()).unwrap_or(1).max(1);
            let width = f32::from(columns) * CELL_WIDTH * run.scale;
            if grapheme != " " {
                self.glyph(grapheme, (x, width), run);
            }
            x += width;
        }
    }

    fn picture(&mut self, picture: CroppedPicture<'_>) {
        let zoom = self.rasterizer.zoom;
        let side = |units: f32| pixels(units * zoom).clamp(1, MAX_PICTURE_SIDE);
        let (visible, whole) = (picture.visible, picture.whole);
        let (width, height) = (side(whole.width), side(whole.height));
        let Some(scaled) = self.rasterizer.picture(picture.content, width, height) else { return };
        let window = Rect::from_xywh(
            visible.x * zoom,
            visible.y * zoom,
            visible.width * zoom,
            visible.height * zoom,
        );
        let Some(window) = window else { return };
        let (x, y) = ((whole.x * zoom).round(), (whole.y * zoom).round());
        let shader = Pattern::new(
            scaled,
            SpreadMode::Pad,
            FilterQuality::Nearest,
            1.0,
            Transform::from_translate(x, y),
        );
        let paint = Paint { shader, ..Paint::default() };
        self.pixmap.fill_rect(window, &paint, Transform::identity(), None);
    }
}

#[expect(clippy::cast_sign_loss, reason = "`as` saturates")]
fn pixels(length: f32) -> u32 {
    length.round() as u32
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;
    use crate::export::system_fonts::Variant;

    fn draw(rows: &[&str], style: Style) -> Pixels {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 2));
        for (y, row) in (0..).zip(rows) {
            buffer.set_string(0, y, row, style);
        }
        let colors = TerminalColors::new(Rgb(255, 255, 255), Rgb(0, 0, 0));
        Rasterizer::new(1).draw(&buffer, &[], &colors).unwrap()
    }

    fn pixel(pixels: &Pixels, x: usize, y: usize) -> [u8; 3] {
        let at = (y * pixels.width as usize + x) * 3;
        [pixels.rgb[at], pixels.rgb[at + 1], pixels.rgb[at + 2]]
    }

    /// The bright pixels of a cell.
    fn ink(pixels: &Pixels, column: usize, row: usize) -> usize {
        let cell = (0..20).flat_map(|y| (0..10).map(move |x| (column * 10 + x, row * 20 + y)));
        cell.filter(|&(x, y)| pixel(pixels, x, y)[0] > 128).count()
    }

    #[test]
    fn huge_page_is_not_drawn() {
        let colors = TerminalColors::new(Rgb(255, 255, 255), Rgb(0, 0, 0));
        let buffer = Buffer::empty(Rect::new(0, 0, 1000, 1000));
        assert!(Rasterizer::new(1).draw(&buffer, &[], &colors).is_none());
    }

    #[test]
    fn characters_are_drawn_in_their_cells() {
        let pixels = draw(&["W M", " x"], Style::new());
        assert_eq!((pixels.width, pixels.height), (40, 40));
        assert!(ink(&pixels, 0, 0) > 20 && ink(&pixels, 2, 0) > 20 && ink(&pixels, 1, 1) > 10);
        assert_eq!((ink(&pixels, 3, 0), ink(&pixels, 0, 1), ink(&pixels, 3, 1)), (0, 0, 0));
    }

    #[test]
    fn letters_of_a_word_join() {
        let has_ink = |row: &str, x| {
            let pixels = draw(&[row], Style::new());
            (0..20).any(|y| pixel(&pixels, x, y)[0] > 128)
        };
        assert!(has_ink("سس", 9) && has_ink("سس", 10));
        assert!(!has_ink("ll", 9) && !has_ink("ll", 10));
    }

    #[test]
    fn emoji_are_in_colour_and_signs_are_text() {
        let is_coloured = |row: &str| {
            let pixels = draw(&[row], Style::new());
            pixels.rgb.chunks_exact(3).any(|rgb| rgb[0].abs_diff(rgb[2]) > 40)
        };
        assert!(!is_coloured("❤") && !is_coloured("⚠"));
        let mut fonts = fonts::PictureFonts::new();
        if fonts.emoji_family("❤\u{fe0f}", Variant::default()).is_some() {
            assert!(is_coloured("❤\u{fe0f}") && is_coloured("⚠\u{fe0f}") && is_coloured("☕"));
        }
    }

    #[test]
    fn backgrounds_and_blocks_fill_their_cells() {
        let pixels = draw(&["█  ▄"], Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Rgb(9, 8, 7)));
        assert_eq!(pixel(&pixels, 0, 0), [1, 2, 3]);
        assert_eq!(pixel(&pixels, 9, 19), [1, 2, 3]);
        assert_eq!(pixel(&pixels, 15, 10), [9, 8, 7]);
        assert_eq!((pixel(&pixels, 35, 5), pixel(&pixels, 35, 15)), ([9, 8, 7], [1, 2, 3]));
    }

    #[test]
    fn pixels_are_a_png_file() {
        let pixels = draw(&["█"], Style::new());
        let decoded = image::load_from_memory(&pixels.png().unwrap()).unwrap().into_rgb8();
        assert_eq!(decoded.into_raw(), pixels.rgb);
    }

    #[test]
    fn damaged_picture_is_left_out() {
        assert!(scaled(b"GIF89a", 4, 4).is_none());
    }
}
