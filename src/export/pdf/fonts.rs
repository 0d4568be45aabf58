//! The fonts of a PDF: a monospaced family, and for characters that it lacks, fonts of the system.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use fontdb::{Database, ID};
use krilla::text::{Font, GlyphId};
use ttf_parser::{Face, FaceTables};
use unicode_width::UnicodeWidthStr as _;

use crate::draw::MONOSPACED_FONTS;
use crate::export::shapes::{CELL_HEIGHT, CELL_WIDTH};
use crate::export::system_fonts::{self, Variant, is_emoji, is_invisible};
use crate::export::words::WordFonts;

type FontData = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// One font.
#[derive(Clone)]
pub(super) struct LoadedFont {
    /// As the PDF library knows it.
    pub(super) font: Font,
    /// Whether its glyphs are pictures, as those of emoji are.
    pub(super) has_pictures: bool,
    data: FontData,
    index: u32,
}

impl LoadedFont {
    fn new(data: FontData, index: u32) -> Option<Self> {
        let face = Face::parse(data.as_ref().as_ref(), index).ok()?;
        let FaceTables { cbdt, sbix, colr, svg, .. } = face.tables();
        let has_pictures = cbdt.is_some() || sbix.is_some() || colr.is_some() || svg.is_some();
        Some(Self { font: Font::new(data.clone().into(), index)?, has_pictures, data, index })
    }

    fn face(&self) -> Option<Face<'_>> {
        Face::parse(self.data.as_ref().as_ref(), self.index).ok()
    }

    fn glyph(&self, character: char) -> Option<GlyphId> {
        let glyph = self.face()?.glyph_index(character)?;
        Some(GlyphId::new(u32::from(glyph.0)))
    }

    /// The width of the widest character of a grapheme, in multiples of the font's size.
    pub(super) fn width(&self, text: &str) -> f32 {
        let Some(face) = self.face() else { return 1.0 };
        let advance = |c| face.glyph_hor_advance(face.glyph_index(c)?);
        let units = text.chars().filter_map(advance).max().unwrap_or_default();
        f32::from(units) / f32::from(face.units_per_em())
    }
}

/// The characters whose glyphs are stand-ins: they are never written as text, since their shapes are drawn.
const STAND_INS: RangeInclusive<char> = '\u{2500}'..='\u{257f}';

/// Those for marks, which have hardly any width: `MuPDF` expects letters at the place of marks before them, and
/// poppler and pdfium letters and marks beside each other.
const NARROW_STAND_INS: RangeInclusive<char> = '\u{2580}'..='\u{259f}';

/// How much narrower than other stand-ins they are.
const NARROWING: u16 = 16;

/// Glyphs that are written invisibly, for text whose own glyphs are drawn as pictures or outlines.
///
/// Readers take the text of a page from its glyphs, of which each has one text. They misplace text that has
/// several glyphs, and letters that are pictures.
struct StandIns {
    fonts: Vec<LoadedFont>,
    /// The numbers of the texts, and of the texts that are only marks.
    chosen: [HashMap<Box<str>, usize>; 2],
}

/// The glyph of a text that is drawn.
#[derive(Clone)]
pub(super) struct StandIn {
    pub(super) font: LoadedFont,
    pub(super) glyph: GlyphId,
    /// Its width, in multiples of the font's size.
    pub(super) width: f32,
}

impl StandIns {
    fn new() -> Self {
        let font = |font: &&[u8]| LoadedFont::new(Arc::new(with_narrow_stand_ins(font)?), 0);
        let fonts = MONOSPACED_FONTS.iter().filter_map(font).collect();
        Self { fonts, chosen: Default::default() }
    }

    /// Returns the glyph of a text. There are enough for most documents.
    fn glyph(&mut self, text: &str) -> Option<StandIn> {
        let is_mark = text.width() == 0;
        let characters = if is_mark { NARROW_STAND_INS } else { STAND_INS };
        let chosen = &mut self.chosen[usize::from(is_mark)];
        let next = chosen.len();
        let number = *chosen.entry(text.into()).or_insert(next);
        let count = characters.clone().count();
        let font = self.fonts.get(number / count % self.fonts.len().max(1))?;
        let character = characters.clone().nth(number % count)?;
        let width = font.width(character.encode_utf8(&mut [0; 4]));
        Some(StandIn { font: font.clone(), glyph: font.glyph(character)?, width })
    }
}

/// Returns a font with narrow glyphs for marks: its table of widths is replaced by a longer one at its end.
fn with_narrow_stand_ins(font: &[u8]) -> Option<Vec<u8>> {
    let face = Face::parse(font, 0).ok()?;
    let narrow: HashSet<_> = NARROW_STAND_INS.filter_map(|c| face.glyph_index(c)).collect();
    let glyphs = face.number_of_glyphs();
    let mut file = font.to_vec();
    let start = file.len();
    for glyph in (0..glyphs).map(ttf_parser::GlyphId) {
        let divisor = if narrow.contains(&glyph) { NARROWING } else { 1 };
        file.extend((face.glyph_hor_advance(glyph)? / divisor).to_be_bytes());
        file.extend(face.glyph_hor_side_bearing(glyph).unwrap_or_default().to_be_bytes());
    }
    let length = file.len() - start;
    let tables = usize::from(u16::from_be_bytes(font.get(4..6)?.try_into().ok()?));
    // A table's record is its tag, check sum, offset and length.
    let record = |tag: &[u8]| (0..tables).map(|n| 12 + 16 * n).find(|at| &font[*at..at + 4] == tag);
    let (widths, header) = (record(b"hmtx")?, record(b"hhea")?);
    file[widths + 8..widths + 12].copy_from_slice(&u32::try_from(start).ok()?.to_be_bytes());
    file[widths + 12..widths + 16].copy_from_slice(&u32::try_from(length).ok()?.to_be_bytes());
    let header = u32::from_be_bytes(font.get(header + 8..header + 12)?.try_into().ok()?) as usize;
    // The number of widths is the last field of the header.
    file.get_mut(header + 34..header + 36)?.copy_from_slice(&glyphs.to_be_bytes());
    Some(file)
}

/// How large text is, and where in its cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextMetrics {
    /// The font size at which a character is as wide as a cell.
    pub(super) size: f32,
    /// The baseline, from the top of the cell.
    pub(super) baseline: f32,
}

/// All fonts of a document.
pub(super) struct Fonts {
    family: [LoadedFont; 4],
    /// Of each font of the family: a chosen one may be wider or narrower than ours.
    metrics: [TextMetrics; 4],
    glyphs: HashMap<(Variant, char), Option<GlyphId>>,
    system: Option<SystemFonts>,
    /// Made for the first text that is drawn.
    stand_ins: Option<StandIns>,
}

impl Fonts {
    /// The bundled family, with `chosen` fonts (normal, bold, italic, bold italic) in place of its own.
    ///
    /// # Errors
    /// Which of the chosen fonts cannot be read.
    pub(super) fn new(chosen: [Option<Vec<u8>>; 4]) -> Result<Self, String> {
        let mut family = Vec::with_capacity(MONOSPACED_FONTS.len());
        let names = ["normal", "bold", "italic", "bold_italic"];
        for ((chosen, bundled), name) in chosen.into_iter().zip(MONOSPACED_FONTS).zip(names) {
            let data: FontData = chosen.map_or_else(
                || Arc::new(bundled) as FontData,
                |chosen| Arc::new(chosen) as FontData,
            );
            let font = LoadedFont::new(data, 0);
            family.push(font.ok_or_else(|| format!("`export.pdf.fonts.{name}` is not a font"))?);
        }
        let family: [LoadedFont; 4] =
            family.try_into().map_err(|_| "a family has four fonts".to_owned())?;
        let metrics = family.each_ref().map(metrics);
        let normal = metrics[0].ok_or("the normal font has no letters")?;
        // Text of a row has one baseline.
        let metrics =
            metrics.map(|own| TextMetrics { baseline: normal.baseline, ..own.unwrap_or(normal) });
        Ok(Self { family, metrics, glyphs: HashMap::new(), system: None, stand_ins: None })
    }

    /// Returns the font and the glyph to write invisibly for a text that is drawn.
    pub(super) fn stand_in(&mut self, text: &str) -> Option<StandIn> {
        self.stand_ins.get_or_insert_with(StandIns::new).glyph(text)
    }

    /// The size and place of text of this variant.
    pub(super) fn metrics(&self, variant: Variant) -> TextMetrics {
        self.metrics[index(variant)]
    }

    /// The family's glyph of a character.
    pub(super) fn glyph(&mut self, variant: Variant, character: char) -> Option<GlyphId> {
        let font = &self.family[index(variant)];
        *self.glyphs.entry((variant, character)).or_insert_with(|| font.glyph(character))
    }
}

impl WordFonts for Fonts {
    type Font = LoadedFont;

    fn family(&self, variant: Variant) -> LoadedFont {
        self.family[index(variant)].clone()
    }

    /// Returns the font that has all characters of a grapheme, or at least its first one: the family's, else
    /// one of the system.
    fn for_grapheme(&mut self, variant: Variant, grapheme: &str) -> Option<LoadedFont> {
        let mut wanted = grapheme.chars().filter(|c| !is_invisible(*c));
        if !is_emoji(grapheme) && wanted.all(|c| self.glyph(variant, c).is_some()) {
            return Some(self.family(variant));
        }
        let first = grapheme.chars().next()?;
        let system = self.system.get_or_insert_with(SystemFonts::load);
        let found = system.find(grapheme, variant);
        found.or_else(|| self.glyph(variant, first).is_some().then(|| self.family(variant)))
    }

    fn has_all(&self, font: &LoadedFont, text: &str) -> bool {
        let is_known = |c: char| c == ' ' || is_invisible(c) || font.glyph(c).is_some();
        text.chars().all(is_known)
    }

    fn read<T>(&self, font: &LoadedFont, read: impl FnOnce(&[u8], u32) -> T) -> Option<T> {
        Some(read(font.data.as_ref().as_ref(), font.index))
    }
}

/// The number of a variant's font in a family.
fn index(variant: Variant) -> usize {
    usize::from(variant.bold) + 2 * usize::from(variant.italic)
}

/// Fits the font into the cell: as wide as it, and centred in its height.
fn metrics(font: &LoadedFont) -> Option<TextMetrics> {
    let face = font.face()?;
    let units = f32::from(face.units_per_em());
    let advance = f32::from(face.glyph_hor_advance(face.glyph_index('0')?)?);
    let size = CELL_WIDTH * units / advance;
    let em = size / units;
    let (ascent, descent) = (f32::from(face.ascender()) * em, -f32::from(face.descender()) * em);
    let baseline = (CELL_HEIGHT - ascent - descent) / 2.0 + ascent;
    Some(TextMetrics { size, baseline })
}

/// The fonts that the system has, loaded when the first character is missing.
struct SystemFonts {
    fonts: Database,
    /// The best first: monospaced ones, then by name.
    order: Vec<ID>,
    loaded: HashMap<ID, Option<LoadedFont>>,
    found: HashMap<(Box<str>, Variant), Option<ID>>,
}

impl SystemFonts {
    fn load() -> Self {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        let order = system_fonts::best_first(&fonts);
        Self { fonts, order, loaded: HashMap::new(), found: HashMap::new() }
    }

    /// A font with this grapheme, of the wanted variant if there is one.
    fn find(&mut self, grapheme: &str, variant: Variant) -> Option<LoadedFont> {
        let Self { fonts, order, .. } = self;
        let search = || system_fonts::find(fonts, &*order, grapheme, variant);
        let id = (*self.found.entry((grapheme.into(), variant)).or_insert_with(search))?;
        let font = self.loaded.entry(id).or_insert_with(|| {
            let data = self.fonts.with_face_data(id, |data, index| (data.to_vec(), index))?;
            LoadedFont::new(Arc::new(data.0), data.1)
        });
        font.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fonts() -> Fonts {
        Fonts::new([None, None, None, None]).unwrap()
    }

    #[test]
    fn bundled_family_has_equal_columns() {
        let fonts = fonts();
        for index in 0..4 {
            let TextMetrics { size, baseline } = fonts.metrics[index];
            assert!(baseline > 14.0 && baseline < 17.0, "{baseline}");
            for character in ["i", "W", "─", "é"] {
                let width = fonts.family[index].width(character) * size;
                assert!((width - CELL_WIDTH).abs() < 0.01, "{character}: {width}");
            }
        }
    }

    #[test]
    fn chosen_font_keeps_the_columns_of_the_others() {
        let narrow = include_bytes!("../../draw/fonts/katex/KaTeX_Main-Regular.ttf").to_vec();
        let fonts = Fonts::new([Some(narrow), None, None, None]).unwrap();
        for index in 0..4 {
            let width = fonts.family[index].width("0") * fonts.metrics[index].size;
            assert!((width - CELL_WIDTH).abs() < 0.01, "{index}: {width}");
        }
        assert!(fonts.metrics[0].size > fonts.metrics[1].size * 1.1);
    }

    #[test]
    fn texts_have_stand_ins_of_their_own() {
        let mut fonts = fonts();
        let mut glyph = |number: u32| {
            let StandIn { font, glyph, .. } = fonts.stand_in(&format!("text {number}")).unwrap();
            (font.font, glyph)
        };
        let first: Vec<_> = (0..512).map(&mut glyph).collect();
        let again: Vec<_> = (0..512).map(&mut glyph).collect();
        assert_eq!(first, again);
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 512);
        assert_eq!(glyph(512), first[0], "they are shared when there are no more");
    }

    #[test]
    fn stand_ins_of_marks_are_narrow() {
        let mut fonts = fonts();
        let letter = fonts.stand_in("ب").unwrap();
        let mark = fonts.stand_in("\u{64e}").unwrap();
        assert_eq!(letter.font.font, mark.font.font, "they are written at once");
        assert_ne!(letter.glyph, mark.glyph);
        assert!(mark.width > 0.0 && mark.width < letter.width / 10.0, "{}", mark.width);
    }

    #[test]
    fn missing_glyph_is_known() {
        assert_eq!(fonts().glyph(Variant::default(), '\u{10ffff}'), None);
        assert!(fonts().for_grapheme(Variant::default(), "\u{10ffff}").is_none());
    }

    #[test]
    fn chosen_font_must_be_one() {
        let error = Fonts::new([None, Some(b"no".to_vec()), None, None]).err();
        assert_eq!(error.as_deref(), Some("`export.pdf.fonts.bold` is not a font"));
    }
}
