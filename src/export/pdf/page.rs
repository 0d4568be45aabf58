//! One page: its shapes, text and pictures.

use std::collections::{BTreeSet, HashMap};

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::num::NormalizedF32;
use krilla::page::Page;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{ContentTag, Identifier, Tag, TagGroup};
use krilla::text::{GlyphId, KrillaGlyph, TextDirection};
use krilla_svg::{SurfaceExt as _, SvgSettings};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::fonts::{Fonts, LoadedFont, StandIn};
use super::layout::{PlacedContent, Sheet};
use super::links;
use super::spans::{self, GlyphSpan};
use crate::export::canvas::{self, Area, Canvas, CroppedPicture, TextFit, TextRun};
use crate::export::palette::Rgb;
use crate::export::shapes::{CELL_WIDTH, Curve};
use crate::export::system_fonts::Variant;
use crate::export::words::{self, ShapedGlyph, ShapedPart, WordFonts as _};
use crate::media::DocumentPicture;

/// How far filled areas reach under their right and lower neighbours, in units: viewers smooth edges,
/// which would leave a seam.
const OVERLAP: f32 = 0.3;

/// The width of curves, in units.
const LINE_WIDTH: f32 = 2.0;

/// A page that has been drawn.
pub(super) struct DrawnPage {
    /// Its content, for readers of the document's structure.
    pub(super) tags: TagGroup,
    /// Characters that no font has.
    pub(super) missing: BTreeSet<char>,
    /// Why pictures are missing.
    pub(super) lost_pictures: Vec<String>,
}

/// The pictures of a document: each is embedded once.
#[derive(Default)]
pub(super) struct Pictures(HashMap<blake3::Hash, Result<Image, String>>);

impl Pictures {
    fn image(&mut self, bytes: &[u8]) -> Result<Image, String> {
        let embed = || {
            let data = || bytes.to_vec().into();
            match bytes {
                [0xff, 0xd8, ..] => Image::from_jpeg(data(), true),
                [b'G', b'I', b'F', ..] => Image::from_gif(data(), true),
                [b'R', b'I', b'F', b'F', ..] => Image::from_webp(data(), true),
                _ => Image::from_png(data(), true),
            }
        };
        self.0.entry(blake3::hash(bytes)).or_insert_with(embed).clone()
    }
}

/// Draws a sheet with its links.
pub(super) fn draw_sheet(
    sheet: &Sheet<'_>,
    page: &mut Page<'_>,
    fonts: &mut Fonts,
    pictures: &mut Pictures,
) -> DrawnPage {
    let mut tags = TagGroup::new(Tag::Section);
    let (mut missing, mut lost_pictures) = (BTreeSet::new(), Vec::new());
    let mut surface = page.surface();
    for part in &sheet.parts {
        let (content, drawn) = draw_content(part, &mut surface, fonts, pictures);
        let mut text = TagGroup::new(Tag::P);
        text.push(content);
        tags.push(text);
        for (figure, description) in drawn.figures {
            let mut group = TagGroup::new(Tag::Figure(Some(description)));
            group.push(figure);
            tags.push(group);
        }
        missing.extend(drawn.missing);
        lost_pictures.extend(drawn.lost_pictures);
    }
    surface.finish();
    for part in &sheet.parts {
        links::add(part, page);
    }
    DrawnPage { tags, missing, lost_pictures }
}

/// Draws everything but links; returns the identifier of all that is not a picture.
fn draw_content(
    part: &PlacedContent<'_>,
    surface: &mut Surface<'_>,
    fonts: &mut Fonts,
    pictures: &mut Pictures,
) -> (Identifier, Drawn) {
    let PlacedContent { at: (left, top), scale, .. } = *part;
    surface.push_transform(&Transform::from_row(scale, 0.0, 0.0, scale, left, top));
    let identifier = surface.start_tagged(ContentTag::Other);
    let drawn = Drawn { is_text_open: true, ..Drawn::default() };
    let (growing, last_run) = (Vec::new(), None);
    let mut canvas = PdfCanvas { surface, fonts, pictures, growing, last_run, drawn };
    let content = part.content.get();
    canvas::draw(&content.buffer, &content.pictures, &content.colors, &mut canvas);
    canvas.flush();
    if canvas.drawn.is_text_open {
        canvas.surface.end_tagged();
    }
    canvas.surface.pop();
    (identifier, canvas.drawn)
}

/// What drawing found out.
#[derive(Default)]
struct Drawn {
    figures: Vec<(Identifier, String)>,
    missing: BTreeSet<char>,
    lost_pictures: Vec<String>,
    is_text_open: bool,
}

struct PdfCanvas<'a, 'b> {
    surface: &'b mut Surface<'a>,
    fonts: &'b mut Fonts,
    pictures: &'b mut Pictures,
    /// Rectangles that the next row may continue.
    growing: Vec<(Area, Rgb, f32)>,
    /// The area of the last text, and how it was fitted to it.
    last_run: Option<(Area, TextFit)>,
    drawn: Drawn,
}

impl Canvas for PdfCanvas<'_, '_> {
    fn rect(&mut self, area: Area, color: Rgb, opacity: f32) {
        let continues = |(above, its_color, its_opacity): &(Area, Rgb, f32)| {
            let same = [(above.x, area.x), (above.width, area.width), (*its_opacity, opacity)];
            same.iter().all(|(a, b)| (a - b).abs() < f32::EPSILON)
                && (above.y + above.height - area.y).abs() < f32::EPSILON
                && *its_color == color
        };
        match self.growing.iter_mut().find(|above| continues(above)) {
            Some((above, ..)) => above.height += area.height,
            None => self.growing.push((area, color, opacity)),
        }
    }

    fn curve(&mut self, (left, top): (f32, f32), curve: Curve, color: Rgb, opacity: f32) {
        self.flush();
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
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke {
            paint: paint(color).into(),
            width: LINE_WIDTH,
            opacity: fraction(opacity),
            ..Stroke::default()
        }));
        self.surface.draw_path(&path);
        self.surface.set_stroke(None);
    }

    fn text(&mut self, run: &TextRun) {
        self.flush();
        self.surface.set_fill(Some(fill(run.style.text, run.opacity)));
        let variant = Variant { bold: run.style.bold, italic: run.style.italic };
        self.blanks_before(run, variant);
        match run.fit {
            TextFit::Columns if self.columns(run, variant) => {}
            TextFit::Columns => {
                let mut x = run.area.x;
                for grapheme in run.text.graphemes(true) {
                    let width = columns(grapheme) * CELL_WIDTH * run.scale;
                    self.grapheme(grapheme, (x, width), run, variant);
                    x += width;
                }
            }
            TextFit::Centred => {
                self.grapheme(&run.text, (run.area.x, run.area.width), run, variant);
            }
            TextFit::Shaped => self.word(run, variant),
        }
    }

    fn picture(&mut self, picture: CroppedPicture<'_>) {
        self.flush();
        let name = picture.name;
        let image = match picture.content {
            DocumentPicture::File(bytes) => match self.pictures.image(bytes) {
                Ok(image) => Some(image),
                Err(error) => return self.drawn.lost_pictures.push(format!("{name}: {error}")),
            },
            DocumentPicture::Vector(_) => None,
        };
        let (visible, whole) = (picture.visible, picture.whole);
        let window = rect(visible).map(|rect| {
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            path.finish()
        });
        let (Some(Some(window)), Some(size)) = (window, Size::from_wh(whole.width, whole.height))
        else {
            return;
        };
        if std::mem::take(&mut self.drawn.is_text_open) {
            self.surface.end_tagged();
        }
        let figure = self.surface.start_tagged(ContentTag::Other);
        self.surface.push_clip_path(&window, &FillRule::NonZero);
        self.surface.push_transform(&Transform::from_translate(whole.x, whole.y));
        match (image, picture.content) {
            (Some(image), _) => self.surface.draw_image(image, size),
            (None, DocumentPicture::Vector(vector)) => {
                let settings = SvgSettings::default();
                let (size, corner) = contained(vector.units(), size);
                self.surface.push_transform(&corner);
                if self.surface.draw_svg(vector.tree(), size, settings).is_none() {
                    self.drawn.lost_pictures.push(format!("{name}: it cannot be drawn"));
                }
                self.surface.pop();
            }
            (None, DocumentPicture::File(_)) => {}
        }
        self.surface.pop();
        self.surface.pop();
        self.surface.end_tagged();
        self.drawn.figures.push((figure, name.to_string()));
    }
}

/// Returns the largest size with these proportions inside another, and its place in the middle.
fn contained((width, height): (f32, f32), within: Size) -> (Size, Transform) {
    let scale = (within.width() / width).min(within.height() / height);
    let size = Size::from_wh(width * scale, height * scale).unwrap_or(within);
    let (x, y) = (within.width() - size.width(), within.height() - size.height());
    (size, Transform::from_translate(x / 2.0, y / 2.0))
}

impl PdfCanvas<'_, '_> {
    /// Draws the rectangles that no further row continues.
    fn flush(&mut self) {
        for (area, color, opacity) in std::mem::take(&mut self.growing) {
            let is_area = area.width >= CELL_WIDTH / 2.0 && area.height >= CELL_WIDTH / 2.0;
            let more = if is_area && opacity >= 1.0 { OVERLAP } else { 0.0 };
            let area = Area { width: area.width + more, height: area.height + more, ..area };
            let mut path = PathBuilder::new();
            let Some(rect) = rect(area) else { continue };
            path.push_rect(rect);
            if let Some(path) = path.finish() {
                self.surface.set_fill(Some(fill(color, opacity)));
                self.surface.draw_path(&path);
            }
        }
    }

    /// Writes the blanks between text in columns and other text: some readers do not find them by the
    /// distance.
    fn blanks_before(&mut self, run: &TextRun, variant: Variant) {
        let Some((before, fit)) = self.last_run.replace((run.area, run.fit)) else { return };
        let is_same_row = before.y.to_bits() == run.area.y.to_bits();
        if !is_same_row || fit == TextFit::Columns && run.fit == TextFit::Columns {
            return;
        }
        let left = before.x + before.width;
        let width = run.area.x - left;
        let blank = Area { x: left, width, ..run.area };
        let text = match (width / (CELL_WIDTH * run.scale)).round() as i32 {
            1 => " ",
            2 => "  ",
            _ => return,
        };
        let blanks = TextRun { area: blank, text: text.to_owned(), ..run.clone() };
        self.columns(&blanks, variant);
    }

    /// Writes text in columns; whether the family has all of its characters.
    fn columns(&mut self, run: &TextRun, variant: Variant) -> bool {
        let metrics = self.fonts.metrics(variant);
        let advance = CELL_WIDTH / metrics.size;
        let mut glyphs = Vec::with_capacity(run.text.len());
        for (start, character) in run.text.char_indices() {
            let Some(glyph) = self.fonts.glyph(variant, character) else { return false };
            let bytes = start..start + character.len_utf8();
            glyphs.push(KrillaGlyph::new(glyph, advance, 0.0, 0.0, 0.0, bytes, None));
        }
        let start = Point::from_xy(run.area.x, run.area.y + metrics.baseline * run.scale);
        let (font, size) = (self.fonts.family(variant).font, metrics.size * run.scale);
        self.surface.draw_glyphs(start, &glyphs, font, &run.text, size, false);
        true
    }

    /// Writes a word, or words from right to left, as wide as its columns.
    fn word(&mut self, run: &TextRun, variant: Variant) {
        let word = words::shape(&run.text, variant, self.fonts);
        self.drawn.missing.extend(word.missing);
        let metrics = self.fonts.metrics(variant);
        let size = metrics.size * run.scale;
        let (stretch, margin) = run.fit.stretch(word.width * size, run.area.width);
        let (left, baseline) = (run.area.x + margin, run.area.y + metrics.baseline * run.scale);
        self.surface.push_transform(&Transform::from_row(stretch, 0.0, 0.0, 1.0, left, baseline));
        let is_reversed =
            |part: &ShapedPart<LoadedFont>| part.is_right_to_left && !part.font.has_pictures;
        let mut x = 0.0;
        for parts in word.parts.chunk_by(|a, b| is_reversed(a) && is_reversed(b)) {
            if is_reversed(&parts[0]) {
                x = self.right_to_left(parts, x, size, run);
            } else {
                x = self.left_to_right(&parts[0], x, size, run);
            }
        }
        self.surface.pop();
    }

    /// Writes a part of a word from left to right at `x`; returns where it ends.
    fn left_to_right(
        &mut self,
        part: &ShapedPart<LoadedFont>,
        x: f32,
        size: f32,
        run: &TextRun,
    ) -> f32 {
        let spans = if part.font.has_pictures {
            let text = run.text[part.range()].to_owned();
            vec![GlyphSpan { glyphs: part.glyphs.clone(), stand_ins: vec![text] }]
        } else {
            spans::left_to_right(&part.glyphs, &run.text)
        };
        let mut end = x;
        for GlyphSpan { glyphs, stand_ins } in spans {
            let is_drawn = !stand_ins.is_empty();
            let width = self.shaped_glyphs(&glyphs, &part.font, (end, size), run, is_drawn);
            self.stand_ins(&stand_ins, Point::from_xy(end, 0.0), width, size);
            end += width;
        }
        end
    }

    /// Writes parts of a word from right to left, of which the last one is at `x`; returns where they end.
    fn right_to_left(
        &mut self,
        parts: &[ShapedPart<LoadedFont>],
        x: f32,
        size: f32,
        run: &TextRun,
    ) -> f32 {
        let glyphs: Vec<_> = parts.iter().map(|part| part.glyphs.as_slice()).collect();
        let stand_ins = spans::right_to_left(&glyphs, &run.text);
        let is_drawn = !stand_ins.is_empty();
        let mut end = x;
        for part in parts {
            end += self.shaped_glyphs(&part.glyphs, &part.font, (end, size), run, is_drawn);
        }
        self.stand_ins(&stand_ins, Point::from_xy(x, 0.0), end - x, size);
        end
    }

    /// Writes or draws glyphs on the baseline; returns their width.
    fn shaped_glyphs(
        &mut self,
        glyphs: &[ShapedGlyph],
        font: &LoadedFont,
        (x, size): (f32, f32),
        run: &TextRun,
        is_drawn: bool,
    ) -> f32 {
        let glyphs: Vec<_> = glyphs.iter().map(pdf_glyph).collect();
        self.glyph_pictures(font, run.opacity, |surface| {
            let (start, font) = (Point::from_xy(x, 0.0), font.font.clone());
            surface.draw_glyphs(start, &glyphs, font, &run.text, size, is_drawn);
        });
        size * glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>()
    }

    /// Draws glyphs that may be pictures: the opacity of outlines is in their colour.
    fn glyph_pictures(
        &mut self,
        font: &LoadedFont,
        opacity: f32,
        draw: impl FnOnce(&mut Surface<'_>),
    ) {
        let is_pale = font.has_pictures && opacity < 1.0;
        if is_pale {
            self.surface.push_opacity(fraction(opacity));
        }
        draw(self.surface);
        if is_pale {
            self.surface.pop();
        }
    }

    /// Writes texts side by side, invisibly, for readers of what is drawn there.
    fn stand_ins(&mut self, texts: &[String], start: Point, width: f32, size: f32) {
        let glyphs = texts.iter().filter_map(|text| Some((text, self.fonts.stand_in(text)?)));
        let glyphs: Vec<_> = glyphs.collect();
        if glyphs.is_empty() {
            return;
        }
        let natural: f32 = glyphs.iter().map(|(_, stand_in)| stand_in.width * size).sum();
        let visible = self.surface.get_fill().cloned();
        self.surface.set_fill(Some(fill(Rgb(0, 0, 0), 0.0)));
        let place = Transform::from_row(width / natural, 0.0, 0.0, 1.0, start.x, start.y);
        self.surface.push_transform(&place);
        let mut x = 0.0;
        for glyphs in glyphs.chunk_by(|(_, a), (_, b)| a.font.font == b.font.font) {
            let font = &glyphs[0].1.font;
            let (mut text, mut written) = (String::new(), Vec::with_capacity(glyphs.len()));
            for (own, StandIn { glyph, width, .. }) in glyphs {
                let bytes = text.len()..text.len() + own.len();
                text.push_str(own);
                written.push(KrillaGlyph::new(*glyph, *width, 0.0, 0.0, 0.0, bytes, None));
            }
            let start = Point::from_xy(x, 0.0);
            self.surface.draw_glyphs(start, &written, font.font.clone(), &text, size, false);
            x += written.iter().map(|glyph| glyph.x_advance).sum::<f32>() * size;
        }
        self.surface.pop();
        self.surface.set_fill(visible);
    }

    /// Writes a grapheme in the middle of its columns, in a font that has it.
    fn grapheme(
        &mut self,
        grapheme: &str,
        (left, width): (f32, f32),
        run: &TextRun,
        variant: Variant,
    ) {
        let font = self.fonts.for_grapheme(variant, grapheme).unwrap_or_else(|| {
            self.drawn.missing.extend(grapheme.chars().next());
            self.fonts.family(variant)
        });
        let metrics = self.fonts.metrics(variant);
        let full = font.width(grapheme) * metrics.size * run.scale;
        let (stretch, margin) = TextFit::Centred.stretch(full, width);
        let natural = metrics.size * run.scale;
        let size = natural * stretch;
        let lowered = canvas::lowering(stretch) * natural;
        let baseline = run.area.y + metrics.baseline * run.scale;
        let start = Point::from_xy(left + margin, baseline + lowered);
        let (picture, direction) = (font.has_pictures, TextDirection::Auto);
        self.glyph_pictures(&font, run.opacity, |surface| {
            surface.draw_text(start, font.font.clone(), size, grapheme, picture, direction);
        });
        if picture {
            let start = Point::from_xy(left, baseline);
            self.stand_ins(&[grapheme.to_owned()], start, width, metrics.size * run.scale);
        }
    }
}

/// Returns a glyph as the PDF library has it.
fn pdf_glyph(glyph: &ShapedGlyph) -> KrillaGlyph {
    let ShapedGlyph { id, advance, offset, text } = glyph;
    let id = GlyphId::new((*id).into());
    KrillaGlyph::new(id, advance.0, offset.0, offset.1, advance.1, text.clone(), None)
}

/// The columns of a grapheme.
fn columns(grapheme: &str) -> f32 {
    f32::from(u8::try_from(grapheme.width()).unwrap_or(1).max(1))
}

fn rect(area: Area) -> Option<Rect> {
    Rect::from_xywh(area.x, area.y, area.width, area.height)
}

fn paint(Rgb(red, green, blue): Rgb) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn fill(color: Rgb, opacity: f32) -> Fill {
    Fill { paint: paint(color).into(), opacity: fraction(opacity), rule: FillRule::NonZero }
}

fn fraction(opacity: f32) -> NormalizedF32 {
    NormalizedF32::new(opacity.clamp(0.0, 1.0)).unwrap_or(NormalizedF32::ONE)
}
