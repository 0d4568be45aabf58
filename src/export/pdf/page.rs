//! One page: its shapes, text and pictures.

use std::collections::{BTreeSet, HashMap};

use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::num::NormalizedF32;
use krilla::page::Page;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{ContentTag, Identifier, Tag, TagGroup};
use krilla::text::{KrillaGlyph, TextDirection};
use krilla_svg::{SurfaceExt as _, SvgSettings};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::fonts::{Fonts, Variant};
use super::layout::{PlacedContent, Sheet};
use crate::export::canvas::{self, Area, Canvas, CroppedPicture, TextRun};
use crate::export::palette::Rgb;
use crate::export::shapes::{CELL_HEIGHT, CELL_WIDTH, Curve};
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
        add_links(part, page);
    }
    DrawnPage { tags, missing, lost_pictures }
}

fn add_links(part: &PlacedContent<'_>, page: &mut Page<'_>) {
    let (left, top) = part.at;
    let (width, height) = (CELL_WIDTH * part.scale, CELL_HEIGHT * part.scale);
    for link in &part.content.get().links {
        let area = Rect::from_xywh(
            left + f32::from(link.cells.x) * width,
            top + f32::from(link.cells.y) * height,
            f32::from(link.cells.width) * width,
            height,
        );
        if let Some(area) = area {
            let target = Target::Action(Action::Link(LinkAction::new(link.address.clone())));
            page.add_annotation(Annotation::new_link(LinkAnnotation::new(area, target), None));
        }
    }
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
    let mut canvas = PdfCanvas { surface, fonts, pictures, growing: Vec::new(), drawn };
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
        if run.is_monospaced && self.columns(run, variant) {
            return;
        }
        if !run.is_monospaced {
            self.grapheme(&run.text, (run.area.x, run.area.width), run, variant);
            return;
        }
        let mut x = run.area.x;
        for part in parts(&run.text, |c| self.fonts.glyph(variant, c).is_some()) {
            let is_joined = self.joined(part, x, run, variant);
            for grapheme in part.graphemes(true) {
                let width = columns(grapheme) * CELL_WIDTH * run.scale;
                if !is_joined {
                    self.grapheme(grapheme, (x, width), run, variant);
                }
                x += width;
            }
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

    /// Writes text in columns; whether the family has all of its characters, and they need no shaping.
    fn columns(&mut self, run: &TextRun, variant: Variant) -> bool {
        let metrics = self.fonts.metrics();
        let advance = CELL_WIDTH / metrics.size;
        let mut glyphs = Vec::with_capacity(run.text.len());
        for (start, character) in run.text.char_indices() {
            let Some(glyph) = self.fonts.glyph(variant, character) else { return false };
            let bytes = start..start + character.len_utf8();
            glyphs.push(KrillaGlyph::new(glyph, advance, 0.0, 0.0, 0.0, bytes, None));
        }
        let start = Point::from_xy(run.area.x, run.area.y + metrics.baseline * run.scale);
        let (font, size) = (self.fonts.family(variant).font.clone(), metrics.size * run.scale);
        if run.text.chars().any(is_right_to_left) {
            self.surface.draw_text(start, font, size, &run.text, false, TextDirection::Auto);
        } else {
            self.surface.draw_glyphs(start, &glyphs, font, &run.text, size, false);
        }
        true
    }

    /// Writes a word whose letters join, or are written from right to left, in the middle of its columns.
    /// Returns false if no single font has it.
    fn joined(&mut self, word: &str, left: f32, run: &TextRun, variant: Variant) -> bool {
        let mut graphemes = word.graphemes(true);
        let Some(first) = graphemes.next().filter(|_| graphemes.next().is_some()) else {
            return false;
        };
        let font = self.fonts.for_grapheme(variant, first);
        let Some(font) = font.filter(|font| font.has_all(word)) else { return false };
        let metrics = self.fonts.metrics();
        let width: f32 = word.graphemes(true).map(columns).sum::<f32>() * CELL_WIDTH * run.scale;
        let full = font.total_width(word) * metrics.size * run.scale;
        let shrink = if full > width { width / full } else { 1.0 };
        let start = Point::from_xy(
            left + (width - full * shrink) / 2.0,
            run.area.y + metrics.baseline * run.scale,
        );
        let size = metrics.size * run.scale * shrink;
        self.surface.draw_text(start, font.font, size, word, false, TextDirection::Auto);
        true
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
            self.fonts.family(variant).clone()
        });
        let metrics = self.fonts.metrics();
        let full = font.width(grapheme) * metrics.size * run.scale;
        let shrink = if full > width { width / full } else { 1.0 };
        let size = metrics.size * run.scale * shrink;
        let x = left + (width - full * shrink) / 2.0;
        let start = Point::from_xy(x, run.area.y + metrics.baseline * run.scale);
        self.surface.draw_text(start, font.font, size, grapheme, false, TextDirection::Auto);
    }
}

/// The columns of a grapheme.
fn columns(grapheme: &str) -> f32 {
    f32::from(u8::try_from(grapheme.width()).unwrap_or(1).max(1))
}

/// Splits text into graphemes and into words that are shaped as a whole: those of scripts that the
/// family lacks, unless their characters fill two columns each. Words from right to left stay together.
fn parts(text: &str, mut is_in_family: impl FnMut(char) -> bool) -> Vec<&str> {
    let mut is_letter = |grapheme: &str| {
        let first = grapheme.chars().next().unwrap_or(' ');
        first.is_alphabetic() && first.width() == Some(1) && !is_in_family(first)
    };
    let starts_from_right = |text: &str| text.starts_with(is_right_to_left);
    let mut parts: Vec<&str> = Vec::new();
    let (mut start, mut is_word) = (0, false);
    for (at, grapheme) in text.grapheme_indices(true) {
        let word = &text[start..at];
        let goes_on = is_word
            && (is_letter(grapheme)
                || starts_from_right(word)
                    && grapheme == " "
                    && starts_from_right(&text[at + 1..]));
        if !goes_on {
            parts.extend((!word.is_empty()).then_some(word));
            (start, is_word) = (at, is_letter(grapheme));
        }
    }
    parts.extend((start < text.len()).then(|| &text[start..]));
    parts
}

/// Whether a character is of a script that is written from right to left: Hebrew, Arabic and their
/// neighbours, and the presentation forms.
fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_scripts_are_one_part() {
        let parts = |text| parts(text, |c| c.is_ascii());
        assert_eq!(parts("ab"), ["a", "b"]);
        assert_eq!(parts("a שלום עולם, b"), ["a", " ", "שלום עולם", ",", " ", "b"]);
        assert_eq!(parts("नमस्ते दुनिया"), ["नमस्ते", " ", "दुनिया"]);
        assert_eq!(parts("日本 🦀"), ["日", "本", " ", "🦀"]);
        assert_eq!(parts("שלום "), ["שלום", " "]);
        assert_eq!(parts(""), Vec::<&str>::new());
    }
}
