//! The fonts of a PDF: a monospaced family, and for characters that it lacks, fonts of the system.

use std::collections::HashMap;
use std::sync::Arc;

use fontdb::{Database, ID};
use krilla::text::{Font, GlyphId};
use ttf_parser::Face;

use crate::draw::MONOSPACED_FONTS;
use crate::export::shapes::{CELL_HEIGHT, CELL_WIDTH};
use crate::export::system_fonts::{self, Variant, is_invisible};
use crate::export::words::{WordFonts, is_emoji};

type FontData = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// One font.
#[derive(Clone)]
pub(super) struct LoadedFont {
    /// As the PDF library knows it.
    pub(super) font: Font,
    data: FontData,
    index: u32,
}

impl LoadedFont {
    fn new(data: FontData, index: u32) -> Option<Self> {
        Face::parse(data.as_ref().as_ref(), index).ok()?;
        Some(Self { font: Font::new(data.clone().into(), index)?, data, index })
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
        Ok(Self { family, metrics, glyphs: HashMap::new(), system: None })
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
        let found = system.find(first, variant);
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
    found: HashMap<(char, Variant), Option<ID>>,
}

impl SystemFonts {
    fn load() -> Self {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        let order = system_fonts::best_first(&fonts);
        Self { fonts, order, loaded: HashMap::new(), found: HashMap::new() }
    }

    /// A font with this character, of the wanted variant if there is one.
    fn find(&mut self, character: char, variant: Variant) -> Option<LoadedFont> {
        let id = if let Some(found) = self.found.get(&(character, variant)) {
            *found
        } else {
            let found = system_fonts::find(&self.fonts, &self.order, character, variant);
            self.found.insert((character, variant), found);
            found
        }?;
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
