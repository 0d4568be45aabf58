//! Words whose letters depend on each other, as glyphs in the order in which they are drawn.

use std::ops::Range;

use krilla::text::{GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_segmentation::UnicodeSegmentation as _;

use super::fonts::{Fonts, LoadedFont};
use crate::export::system_fonts::Variant;

/// A shaped word, or words with what is between them.
pub(super) struct ShapedWord {
    /// Its parts, from left to right.
    pub(super) parts: Vec<ShapedPart>,
    /// Its width, in multiples of the fonts' size.
    pub(super) width: f32,
    /// The characters that no font has.
    pub(super) missing: Vec<char>,
}

/// A part of a word, in one font and one direction.
pub(super) struct ShapedPart {
    pub(super) font: LoadedFont,
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// Its width, in multiples of the font's size.
    pub(super) width: f32,
}

/// Shapes a text.
pub(super) fn shape(text: &str, variant: Variant, fonts: &mut Fonts) -> ShapedWord {
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
                word.parts.extend(shape_part(text, range, font, direction));
            }
        }
    }
    word.width = word.parts.iter().map(|part| part.width).sum();
    word
}

/// Splits a part of a text by the fonts that have its characters.
fn fonts_of(
    text: &str,
    range: Range<usize>,
    variant: Variant,
    fonts: &mut Fonts,
    missing: &mut Vec<char>,
) -> Vec<(LoadedFont, Range<usize>)> {
    let Range { start, end } = range;
    let mut parts: Vec<(LoadedFont, Range<usize>)> = Vec::new();
    for (at, grapheme) in text[start..end].grapheme_indices(true) {
        let own = start + at..start + at + grapheme.len();
        if let Some((font, range)) = parts.last_mut()
            && font.has_all(grapheme)
        {
            range.end = own.end;
            continue;
        }
        let font = fonts.for_grapheme(variant, grapheme).unwrap_or_else(|| {
            missing.extend(grapheme.chars().next());
            fonts.family(variant).clone()
        });
        parts.push((font, own));
    }
    parts
}

#[expect(clippy::cast_precision_loss, reason = "the numbers of fonts have 16 bits")]
fn shape_part(
    text: &str,
    range: Range<usize>,
    font: LoadedFont,
    direction: Direction,
) -> Option<ShapedPart> {
    let Range { start, end } = range;
    let (shaped, em) = {
        let (data, index) = font.data();
        let face = rustybuzz::Face::from_slice(data, index)?;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text[start..end]);
        buffer.guess_segment_properties();
        buffer.set_direction(direction);
        (rustybuzz::shape(&face, &[], buffer), face.units_per_em() as f32)
    };
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
    let glyphs = placed.map(|(glyph, at)| {
        KrillaGlyph::new(
            GlyphId::new(glyph.glyph_id),
            of_em(at.x_advance),
            of_em(at.x_offset),
            of_em(at.y_offset),
            of_em(at.y_advance),
            text_of(glyph.cluster),
            None,
        )
    });
    let glyphs = glyphs.collect();
    let width = of_em(shaped.glyph_positions().iter().map(|at| at.x_advance).sum());
    Some(ShapedPart { font, glyphs, width })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the texts of a word's glyphs as they are drawn. Needs only the fonts that we ship.
    fn drawn(text: &str) -> Vec<&str> {
        let mut fonts = Fonts::new([None, None, None, None]).unwrap();
        let word = shape(text, Variant::default(), &mut fonts);
        assert!(word.width > 0.0 && word.missing.is_empty(), "{text}");
        let glyphs = word.parts.iter().flat_map(|part| &part.glyphs);
        glyphs.map(|glyph| &text[krilla::text::Glyph::text_range(glyph)]).collect()
    }

    #[test]
    fn words_are_drawn_from_right_to_left_and_digits_are_not() {
        assert_eq!(drawn("سن 12"), ["1", "2", " ", "ن", "س"]);
    }

    #[test]
    fn letters_that_join_have_other_glyphs() {
        let glyphs = |text: &str| {
            let mut fonts = Fonts::new([None, None, None, None]).unwrap();
            let word = shape(text, Variant::default(), &mut fonts);
            let glyphs = word.parts.iter().flat_map(|part| &part.glyphs);
            glyphs.map(krilla::text::Glyph::glyph_id).collect::<Vec<_>>()
        };
        let (alone, joined) = (glyphs("س"), glyphs("سس"));
        assert_eq!(joined.len(), 2);
        assert!(!joined.contains(&alone[0]), "{joined:?}");
    }
}
