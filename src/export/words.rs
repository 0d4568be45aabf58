//! Words whose letters depend on each other, as glyphs in the order in which they are drawn.

use std::ops::Range;

use rustybuzz::{Direction, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_segmentation::UnicodeSegmentation as _;

use super::system_fonts::Variant;

/// The fonts of a document.
pub(super) trait WordFonts {
    /// One of them.
    type Font: Clone;

    /// Returns the monospaced font of a variant.
    fn family(&self, variant: Variant) -> Self::Font;

    /// Returns the font that has a grapheme; `None` if none has it.
    fn for_grapheme(&mut self, variant: Variant, grapheme: &str) -> Option<Self::Font>;

    /// Returns whether a font has all characters of a text that have glyphs.
    fn has_all(&self, font: &Self::Font, text: &str) -> bool;

    /// Reads a font's file, with its number in it.
    fn read<T>(&self, font: &Self::Font, read: impl FnOnce(&[u8], u32) -> T) -> Option<T>;
}

/// A shaped word, or words with what is between them.
pub(super) struct ShapedWord<F> {
    /// Its parts, from left to right.
    pub(super) parts: Vec<ShapedPart<F>>,
    /// Its width, in multiples of the fonts' size.
    pub(super) width: f32,
    /// The characters that no font has.
    pub(super) missing: Vec<char>,
}

/// A part of a word, in one font and one direction.
pub(super) struct ShapedPart<F> {
    pub(super) font: F,
    pub(super) glyphs: Vec<ShapedGlyph>,
    /// Its width, in multiples of the font's size.
    pub(super) width: f32,
    /// Whether its letters are written from right to left. Its glyphs are from left to right.
    #[cfg_attr(not(feature = "pdf"), expect(dead_code, reason = "PDF files contain it"))]
    pub(super) is_right_to_left: bool,
}

#[cfg(feature = "pdf")]
impl<F> ShapedPart<F> {
    /// Returns the part of the text that it shows.
    pub(super) fn range(&self) -> Range<usize> {
        let texts = || self.glyphs.iter().map(|glyph| &glyph.text);
        let start = texts().map(|text| text.start).min().unwrap_or_default();
        start..texts().map(|text| text.end).max().unwrap_or(start)
    }
}

/// A glyph of a shaped word. Lengths are multiples of the font's size, upwards.
#[derive(Clone, Debug)]
pub(super) struct ShapedGlyph {
    /// Its number in the font.
    pub(super) id: u16,
    /// How far it moves what follows.
    pub(super) advance: (f32, f32),
    /// How far it is moved itself.
    pub(super) offset: (f32, f32),
    /// The part of the text that it shows.
    #[cfg_attr(not(feature = "pdf"), expect(dead_code, reason = "PDF files contain it"))]
    pub(super) text: Range<usize>,
}

/// Shapes a text.
pub(super) fn shape<F: WordFonts>(
    text: &str,
    variant: Variant,
    fonts: &mut F,
) -> ShapedWord<F::Font> {
    let mut word = ShapedWord { parts: Vec::new(), width: 0.0, missing: Vec::new() };
    let bidi = BidiInfo::new(text, None);
    for paragraph in &bidi.paragraphs {
        let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let is_right_to_left = levels.get(run.start).is_some_and(Level::is_rtl);
            let direction =
                if is_right_to_left { Direction::RightToLeft } else { Direction::LeftToRight };
            let mut parts = fonts_of(text, run, variant, fonts, &mut word.missing);
            if is_right_to_left {
                parts.reverse();
            }
            for (font, range) in parts {
                word.parts.extend(shape_part(text, range, (fonts, font), direction));
            }
        }
    }
    word.width = word.parts.iter().map(|part| part.width).sum();
    word
}

/// Splits a part of a text by the fonts that have its characters.
fn fonts_of<F: WordFonts>(
    text: &str,
    range: Range<usize>,
    variant: Variant,
    fonts: &mut F,
    missing: &mut Vec<char>,
) -> Vec<(F::Font, Range<usize>)> {
    let Range { start, end } = range;
    let mut parts: Vec<(F::Font, Range<usize>)> = Vec::new();
    for (at, grapheme) in text[start..end].grapheme_indices(true) {
        let own = start + at..start + at + grapheme.len();
        if let Some((font, range)) = parts.last_mut()
            && fonts.has_all(font, grapheme)
        {
            range.end = own.end;
            continue;
        }
        let font = fonts.for_grapheme(variant, grapheme).unwrap_or_else(|| {
            missing.extend(grapheme.chars().next());
            fonts.family(variant)
        });
        parts.push((font, own));
    }
    parts
}

#[expect(clippy::cast_precision_loss, reason = "the numbers of fonts have 16 bits")]
fn shape_part<F: WordFonts>(
    text: &str,
    range: Range<usize>,
    (fonts, font): (&F, F::Font),
    direction: Direction,
) -> Option<ShapedPart<F::Font>> {
    let Range { start, end } = range;
    let (shaped, em) = fonts.read(&font, |data, index| {
        let face = rustybuzz::Face::from_slice(data, index)?;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text[start..end]);
        buffer.guess_segment_properties();
        buffer.set_direction(direction);
        Some((rustybuzz::shape(&face, &[], buffer), face.units_per_em() as f32))
    })??;
    let mut clusters: Vec<_> = shaped.glyph_infos().iter().map(|glyph| glyph.cluster).collect();
    clusters.sort_unstable();
    clusters.dedup();
    // The text of a glyph ends where that of another one starts.
    let text_of = |cluster: u32| {
        let next = clusters.get(clusters.partition_point(|other| *other <= cluster));
        let end = next.map_or(end, |next| start + *next as usize);
        start + cluster as usize..end
    };
    let of_em = |units: i32| units as f32 / em;
    let placed = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
    let glyphs = placed.map(|(glyph, at)| ShapedGlyph {
        // Fonts have at most 65,535 glyphs.
        id: glyph.glyph_id as u16,
        advance: (of_em(at.x_advance), of_em(at.y_advance)),
        offset: (of_em(at.x_offset), of_em(at.y_offset)),
        text: text_of(glyph.cluster),
    });
    let glyphs = glyphs.collect();
    let width = of_em(shaped.glyph_positions().iter().map(|at| at.x_advance).sum());
    let is_right_to_left = direction == Direction::RightToLeft;
    Some(ShapedPart { font, glyphs, width, is_right_to_left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::MONOSPACED_FONTS;

    /// The fonts that we ship, without any of the system.
    struct Shipped;

    impl WordFonts for Shipped {
        type Font = ();

        fn family(&self, _: Variant) -> Self::Font {}

        fn for_grapheme(&mut self, _: Variant, _: &str) -> Option<Self::Font> {
            Some(())
        }

        fn has_all(&self, (): &Self::Font, _: &str) -> bool {
            true
        }

        fn read<T>(&self, (): &Self::Font, read: impl FnOnce(&[u8], u32) -> T) -> Option<T> {
            Some(read(MONOSPACED_FONTS[0], 0))
        }
    }

    fn glyphs(text: &str) -> Vec<ShapedGlyph> {
        let word = shape(text, Variant::default(), &mut Shipped);
        assert!(word.width > 0.0 && word.missing.is_empty(), "{text}");
        word.parts.into_iter().flat_map(|part| part.glyphs).collect()
    }

    #[test]
    fn words_are_drawn_from_right_to_left_and_digits_are_not() {
        let text = "سن 12";
        let drawn: Vec<_> = glyphs(text).into_iter().map(|glyph| &text[glyph.text]).collect();
        assert_eq!(drawn, ["1", "2", " ", "ن", "س"]);
    }

    #[test]
    fn letters_that_join_have_other_glyphs() {
        let ids = |text: &str| glyphs(text).iter().map(|glyph| glyph.id).collect::<Vec<_>>();
        let (alone, joined) = (ids("س"), ids("سس"));
        assert_eq!(joined.len(), 2);
        assert!(!joined.contains(&alone[0]), "{joined:?}");
    }
}
