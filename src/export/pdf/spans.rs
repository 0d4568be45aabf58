//! Which glyphs of a word are written, and which are drawn with a stand-in for their text.
//!
//! In a PDF file, each glyph has one text. Where several glyphs make one character, or one glyph makes several
//! from right to left, readers of its text lose or misplace characters.

use unicode_width::UnicodeWidthStr as _;

use crate::export::words::ShapedGlyph;

/// An invisible letter.
const RIGHT_TO_LEFT_MARK: &str = "\u{200f}";

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

/// Returns the glyphs of parts of a text from right to left, in order, and the stand-ins of all of them.
/// Readers reverse such text letter by letter, and `MuPDF` only what is written at once: either all letters
/// have stand-ins, or none.
pub(super) fn right_to_left(parts: &[&[ShapedGlyph]], text: &str) -> Vec<String> {
    let clusters = || parts.iter().flat_map(|glyphs| glyphs.chunk_by(|a, b| a.text == b.text));
    let text_of = |cluster: &[ShapedGlyph]| &text[cluster[0].text.clone()];
    let is_written =
        |cluster: &[ShapedGlyph]| cluster.len() == 1 && text_of(cluster).chars().count() == 1;
    if parts.len() == 1 && clusters().all(is_written) {
        return Vec::new();
    }
    let letters = clusters().flat_map(|cluster| text_of(cluster).chars().rev());
    let mut stand_ins: Vec<_> = letters.map(String::from).collect();
    // `MuPDF` adds a mark to what was written before it.
    if stand_ins.first().is_some_and(|first| first.width() == 0) {
        stand_ins.insert(0, RIGHT_TO_LEFT_MARK.to_owned());
    }
    stand_ins
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    /// Glyphs with their texts.
    fn glyphs(parts: &[Range<usize>]) -> Vec<ShapedGlyph> {
        let glyph = |text: &Range<usize>| ShapedGlyph {
            id: 1,
            advance: (0.5, 0.0),
            offset: (0.0, 0.0),
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
        let shaped = glyphs(&[0..1, 1..3, 1..3, 3..4]);
        assert_eq!(texts(left_to_right(&shaped, text), text), ["a", "=bc", "d"]);
    }

    #[test]
    fn letters_of_a_ligature_are_from_left_to_right() {
        // Lam and alef are one glyph, before a meem.
        let text = "لام";
        let shaped = glyphs(&[4..6, 0..4]);
        assert_eq!(right_to_left(&[&shaped], text), ["م", "ا", "ل"]);
    }

    #[test]
    fn letters_without_marks_are_written() {
        let text = "של";
        assert!(right_to_left(&[&glyphs(&[2..4, 0..2])], text).is_empty());
    }

    #[test]
    fn letters_with_marks_have_stand_ins() {
        let text = "מֻחָ";
        let shaped = glyphs(&[4..8, 4..8, 0..4, 0..4]);
        let expected = ["\u{200f}", "\u{5b8}", "ח", "\u{5bb}", "מ"];
        assert_eq!(right_to_left(&[&shaped], text), expected, "no mark is first");
    }

    #[test]
    fn letters_of_two_fonts_have_stand_ins() {
        let text = "של";
        let shaped = glyphs(&[2..4, 0..2]);
        assert_eq!(right_to_left(&[&shaped[..1], &shaped[1..]], text), ["ל", "ש"]);
    }
}
