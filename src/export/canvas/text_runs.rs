//! The glyphs of a row as runs of text: columns of a monospaced font, single characters, and words of
//! scripts whose letters join, stack, or are written from right to left.

use super::{GlyphRun, PlacedGlyph, TextFit, TextRun};
use crate::export::shapes::shapes;

/// Finds the runs of a row.
pub(super) fn text_runs(row: u16, glyphs: &[PlacedGlyph<'_>], found: &mut impl FnMut(TextRun)) {
    let mut start = 0;
    while start < glyphs.len() {
        let script = script(&glyphs[start]);
        let length = match script {
            Script::Columns | Script::Joined => alike(&glyphs[start..], script),
            Script::RightToLeft => phrase(glyphs, start),
            Script::Blank | Script::Drawn | Script::Single => 1,
        };
        let run = &glyphs[start..start + length];
        start += length;
        if !matches!(script, Script::Blank | Script::Drawn) && !run[0].style.hidden {
            found_run(row, run, script.fit(), found);
        }
    }
}

/// Reports glyphs as a run, without the blanks around them.
fn found_run(row: u16, glyphs: &[PlacedGlyph<'_>], fit: TextFit, found: &mut impl FnMut(TextRun)) {
    let Some(start) = glyphs.iter().position(|glyph| !is_blank(glyph)) else { return };
    let end = glyphs.iter().rposition(|glyph| !is_blank(glyph)).map_or(start, |last| last + 1);
    let run = GlyphRun(&glyphs[start..end]);
    let first = run.first();
    found(TextRun {
        area: run.area(row),
        text: run.0.iter().map(|glyph| glyph.symbol).collect(),
        style: first.style,
        opacity: first.opacity(),
        scale: first.scale,
        fit,
        group: first.group,
    });
}

/// How a glyph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    /// Nothing is visible.
    Blank,
    /// It is drawn, without a font.
    Drawn,
    /// Every character of a monospaced font is as wide, and ASCII blanks are, too.
    Columns,
    /// A single character, which may be in another font.
    Single,
    /// As a part of a word.
    Joined,
    /// As a part of a word, from right to left.
    RightToLeft,
}

impl Script {
    fn fit(self) -> TextFit {
        match self {
            Self::Joined | Self::RightToLeft => TextFit::Shaped,
            Self::Columns => TextFit::Columns,
            Self::Blank | Self::Drawn | Self::Single => TextFit::Centred,
        }
    }
}

fn script(glyph: &PlacedGlyph<'_>) -> Script {
    let fills_its_columns = f32::from(glyph.columns) <= glyph.scale;
    let is_simple = || glyph.symbol.chars().all(|c| c.is_ascii() || c.is_alphanumeric());
    match glyph.symbol.chars().next() {
        None => Script::Blank,
        Some(first) if is_right_to_left(first) => Script::RightToLeft,
        Some(first) if is_joined(first) => Script::Joined,
        Some(_) if fills_its_columns && is_simple() => Script::Columns,
        Some(_) if is_blank(glyph) => Script::Blank,
        Some(_) if shapes(glyph.symbol).is_some() => Script::Drawn,
        Some(_) => Script::Single,
    }
}

fn is_blank(glyph: &PlacedGlyph<'_>) -> bool {
    glyph.symbol.trim().is_empty()
}

/// Whether two glyphs can be in one run.
fn look_alike(a: &PlacedGlyph<'_>, b: &PlacedGlyph<'_>) -> bool {
    a.style == b.style && a.group == b.group && a.scale.to_bits() == b.scale.to_bits()
}

/// Returns how many glyphs look like the first one and are written like it.
fn alike(glyphs: &[PlacedGlyph<'_>], of: Script) -> usize {
    let same = |glyph: &&PlacedGlyph<'_>| look_alike(&glyphs[0], glyph) && script(glyph) == of;
    glyphs.iter().take_while(same).count()
}

/// Returns the number of glyphs of words from right to left, with the digits, marks and single blanks
/// between them. Marks after the last one belong to it if no other text is before the first one.
fn phrase(glyphs: &[PlacedGlyph<'_>], start: usize) -> usize {
    let first = &glyphs[start];
    let (mut end, mut was_blank) = (start + 1, false);
    for (at, glyph) in glyphs.iter().enumerate().skip(start + 1) {
        let script = script(glyph);
        let is_gap = was_blank && is_blank(glyph);
        if !look_alike(first, glyph) || is_gap || is_other_text(glyph, script) {
            break;
        }
        was_blank = is_blank(glyph);
        end = if script == Script::RightToLeft { at + 1 } else { end };
    }
    let is_mark = |glyph: &PlacedGlyph<'_>| {
        look_alike(first, glyph)
            && matches!(script(glyph), Script::Columns | Script::Single)
            && !glyph.symbol.chars().any(char::is_alphanumeric)
            && !is_blank(glyph)
    };
    let is_start = glyphs[..start].iter().rev().take(2).all(is_blank);
    if is_start {
        end += glyphs[end..].iter().take_while(|glyph| is_mark(glyph)).count();
    }
    end - start
}

/// Whether text from right to left ends before a glyph.
fn is_other_text(glyph: &PlacedGlyph<'_>, script: Script) -> bool {
    match script {
        Script::RightToLeft | Script::Blank => false,
        Script::Drawn | Script::Joined => true,
        Script::Columns | Script::Single => glyph.symbol.chars().any(char::is_alphabetic),
    }
}

/// Whether a character is of a script that is written from right to left: Hebrew, Arabic and their
/// neighbours, their presentation forms, and the scripts of later planes.
fn is_right_to_left(character: char) -> bool {
    matches!(
        u32::from(character),
        0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x1_0800..=0x1_0fff | 0x1_e800..=0x1_efff
    )
}

/// Whether a character is of another script whose letters depend on each other or that monospaced fonts
/// lack: those of India and its neighbours, Thai, Lao, Tibetan, Burmese, Ethiopic, Khmer, Mongolian.
fn is_joined(character: char) -> bool {
    matches!(
        u32::from(character),
        0x0900..=0x109f
            | 0x1200..=0x139f
            | 0x1700..=0x18af
            | 0x1900..=0x1c7f
            | 0x1cd0..=0x1cff
            | 0xa800..=0xa95f
            | 0xa980..=0xaaff
            | 0xabc0..=0xabff
            | 0x1_1000..=0x1_1fff
    )
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::{Modifier, Style};

    use super::*;
    #[cfg(feature = "pdf")]
    use crate::export::canvas::lowering;
    use crate::export::canvas::text_runs as runs_of;
    #[cfg(feature = "pdf")]
    use crate::export::shapes::CELL_HEIGHT;
    use crate::export::{Rgb, TerminalColors};

    /// Returns the runs of a row, each with the mark of its fit.
    fn runs(row: &str) -> Vec<String> {
        let buffer = Buffer::with_lines([row.to_owned()]);
        let colors = TerminalColors::new(Rgb(0, 0, 0), Rgb(255, 255, 255));
        let mark = |fit| match fit {
            TextFit::Columns => "=",
            TextFit::Centred => "^",
            TextFit::Shaped => "~",
        };
        let runs = runs_of(&buffer, &colors, &|_, _| 0);
        runs.into_iter().map(|run| format!("{}{}", mark(run.fit), run.text)).collect()
    }

    #[test]
    fn words_whose_letters_join_are_runs() {
        assert_eq!(runs("नमस्ते दुनिया, ok"), ["~नमस्ते", "~दुनिया", "=, ok"]);
        assert_eq!(runs("a ภาษาไทย b"), ["=a", "~ภาษาไทย", "=b"]);
        assert_eq!(runs("  日本 é ┌─┐ 🦀  "), ["^日", "^本", "=é", "^🦀"]);
        assert_eq!(runs("   "), Vec::<String>::new());
    }

    #[test]
    fn phrases_from_right_to_left_are_runs() {
        assert_eq!(runs("a שלום עולם, b"), ["=a", "~שלום עולם", "=, b"]);
        assert_eq!(runs("יש 12 (שחור) פה! ok"), ["~יש 12 (שחור) פה!", "=ok"]);
        assert_eq!(runs("مرحبا، 3 قطط 4"), ["~مرحبا، 3 قطط", "=4"]);
        assert_eq!(runs("שלום  עולם│לילה"), ["~שלום", "~עולם", "~לילה"], "columns stay apart");
    }

    #[test]
    fn styles_and_groups_separate_words() {
        let mut buffer = Buffer::with_lines(["नमत"]);
        let bold = Style::new().add_modifier(Modifier::BOLD);
        buffer.set_style(Rect::new(0, 0, 1, 1), bold);
        let colors = TerminalColors::new(Rgb(0, 0, 0), Rgb(255, 255, 255));
        let runs = runs_of(&buffer, &colors, &|column, _| u64::from(column == 2));
        let texts: Vec<_> = runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!(texts, ["न", "म", "त"]);
    }

    #[test]
    fn shaped_words_are_as_wide_as_their_columns() {
        assert_eq!(TextFit::Shaped.stretch(50.0, 40.0), (0.8, 0.0));
        assert_eq!(TextFit::Shaped.stretch(10.0, 20.0), (1.2, 4.0), "but not distorted");
        assert_eq!(TextFit::Centred.stretch(10.0, 20.0), (1.0, 5.0));
        assert_eq!(TextFit::Centred.stretch(0.0, 20.0), (1.0, 10.0));
        let (stretch, margin) = TextFit::Centred.stretch(16.0, 20.0);
        assert!(stretch > 1.1 && margin < 1.0, "ideographs are close to each other");
    }

    #[cfg(feature = "pdf")]
    #[test]
    fn enlarged_characters_stay_in_their_row() {
        // Where the middle of an ideograph is in a row, with a baseline that fits Latin letters.
        let middle = |stretch: f32| 15.0 + 16.6 * (lowering(stretch) - 0.38 * stretch);
        assert!((middle(1.2) - middle(1.0)).abs() < 0.01);
        assert!(middle(1.2) - 0.46 * 16.6 * 1.2 > -0.5 && middle(1.2) < CELL_HEIGHT / 2.0);
        assert!(lowering(0.5).abs() < f32::EPSILON);
    }
}
