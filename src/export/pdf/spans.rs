//! Which glyphs of a word are written, and which are drawn with a stand-in for their text.
//!
//! In a PDF file, each glyph has one text. Where several glyphs make one character, or one glyph makes several
//! from right to left, readers of its text lose or misplace characters.

use std::ops::Range;

use crate::export::words::ShapedGlyph;

/// Neighbouring glyphs of a word.
pub(super) struct GlyphSpan {
    /// The glyphs, from left to right.
    pub(super) glyphs: Vec<ShapedGlyph>,
    /// The texts of stand-ins from left to right, if the glyphs are drawn.
    pub(super) stand_ins: Vec<String>,
}

/// Splits the glyphs of a text from left to right.
pub(super) fn left_to_right(glyphs: &[ShapedGlyph], text: &str) -> Vec<GlyphSpan> {
    let clusters: Vec<_> = glyphs.chunk_by(|a, b| a.text == b.text).collect();
    let spans = clusters.chunk_by(|a, b| a.len() == 1 && b.len() == 1);
    let span = |clusters: &[&[ShapedGlyph]]| {
        let is_drawn = clusters[0].len() > 1;
        let stand_in = is_drawn.then(|| text[clusters[0][0].text.clone()].to_owned());
        GlyphSpan { glyphs: clusters.concat(), stand_ins: stand_in.into_iter().collect() }
    };
    spans.map(span).collect()
}

/// Returns the glyphs of a text from right to left. Readers reverse it letter by letter, and `MuPDF` only
/// what is written at once: either all letters have stand-ins, or none.
pub(super) fn right_to_left(glyphs: &[ShapedGlyph], text: &str) -> GlyphSpan {
    let mut glyphs = glyphs.to_vec();
    separate_marks(&mut glyphs, text);
    let clusters: Vec<_> = glyphs.chunk_by(|a, b| a.text == b.text).collect();
    let text_of = |cluster: &[ShapedGlyph]| &text[cluster[0].text.clone()];
    let is_written =
        |cluster: &&[ShapedGlyph]| cluster.len() == 1 && text_of(cluster).chars().count() == 1;
    let stand_ins = if clusters.iter().all(is_written) {
        Vec::new()
    } else {
        let letters = clusters.iter().flat_map(|cluster| text_of(cluster).chars().rev());
        letters.map(String::from).collect()
    };
    GlyphSpan { glyphs, stand_ins }
}

/// Gives letters and their marks each their own part of the text, where they are as many glyphs in one line
/// as characters.
fn separate_marks(glyphs: &mut [ShapedGlyph], text: &str) {
    for cluster in glyphs.chunk_by_mut(|a, b| a.text == b.text) {
        let Range { start, end } = cluster[0].text.clone();
        let letters: Vec<_> = text[start..end].char_indices().collect();
        let is_level = cluster.iter().all(|glyph| glyph.offset.1.abs() < f32::EPSILON);
        if is_level && letters.len() == cluster.len() {
            for (glyph, (at, letter)) in cluster.iter_mut().zip(letters.into_iter().rev()) {
                glyph.text = start + at..start + at + letter.len_utf8();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Glyphs with their texts and how far they are raised.
    fn glyphs(parts: &[(Range<usize>, f32)]) -> Vec<ShapedGlyph> {
        let glyph = |(text, up): &(Range<usize>, f32)| ShapedGlyph {
            id: 1,
            advance: (0.5, 0.0),
            offset: (0.0, *up),
            text: text.clone(),
        };
        parts.iter().map(glyph).collect()
    }

    /// The texts of the stand-ins or glyphs of each span.
    fn texts(spans: Vec<GlyphSpan>, text: &str) -> Vec<String> {
        let own = |span: &GlyphSpan| -> Vec<_> {
            span.glyphs.iter().map(|glyph| text[glyph.text.clone()].to_owned()).collect()
        };
        let name = |span: GlyphSpan| match span.stand_ins.join("|") {
            none if none.is_empty() => own(&span).join("|"),
            texts => format!("={texts}"),
        };
        spans.into_iter().map(name).collect()
    }

    #[test]
    fn character_of_several_glyphs_has_a_stand_in() {
        let text = "abcd";
        let shaped = glyphs(&[(0..1, 0.0), (1..3, 0.0), (1..3, 0.0), (3..4, 0.0)]);
        assert_eq!(texts(left_to_right(&shaped, text), text), ["a", "=bc", "d"]);
    }

    #[test]
    fn letters_of_a_ligature_are_from_left_to_right() {
        // Lam and alef are one glyph, before a meem.
        let text = "لام";
        let shaped = glyphs(&[(4..6, 0.0), (0..4, 0.0)]);
        assert_eq!(texts(vec![right_to_left(&shaped, text)], text), ["=م|ا|ل"]);
    }

    #[test]
    fn raised_mark_has_a_stand_in() {
        let text = "مُح";
        let shaped = glyphs(&[(4..6, 0.0), (0..4, 0.2), (0..4, 0.0)]);
        assert_eq!(texts(vec![right_to_left(&shaped, text)], text), ["=ح|\u{64f}|م"]);
    }

    #[test]
    fn marks_in_line_are_written() {
        let text = "שׁל";
        let shaped = glyphs(&[(4..6, 0.0), (0..4, 0.0), (0..4, 0.0)]);
        assert_eq!(texts(vec![right_to_left(&shaped, text)], text), ["ל|\u{5c1}|ש"]);
    }
}
