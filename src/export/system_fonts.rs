//! Which fonts of the system have the characters that ours lack: the same ones in every format.

use resvg::usvg::fontdb::{Database, FaceInfo, ID, Stretch, Style, Weight};
use ttf_parser::Face;
use unicode_width::UnicodeWidthChar as _;

/// A style of a font.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Variant {
    /// Bold.
    pub(super) bold: bool,
    /// Italic.
    pub(super) italic: bool,
}

impl Variant {
    /// Returns the variant that a face is of.
    pub(super) fn of(face: &FaceInfo) -> Self {
        Self { bold: face.weight > Weight::MEDIUM, italic: face.style != Style::Normal }
    }
}

/// Returns the fonts of a database, the best first: monospaced ones, then by name.
pub(super) fn best_first(fonts: &Database) -> Vec<ID> {
    let mut order: Vec<_> = fonts.faces().collect();
    order.sort_by_key(|face| {
        let name = face.families.first().map_or("", |(name, _)| name);
        (
            (!face.monospaced, name.to_owned()),
            face.stretch != Stretch::Normal,
            face.weight.0.abs_diff(Weight::NORMAL.0),
            (face.index, face.post_script_name.clone()),
        )
    });
    order.into_iter().map(|face| face.id).collect()
}

/// Returns the first font that has all characters of a grapheme, else the first one that has its first
/// character: of the wanted variant, else of its weight, else any. Fonts of emoji are for those alone, if
/// others have the character, too.
pub(super) fn find<'a>(
    fonts: &Database,
    order: impl IntoIterator<Item = &'a ID>,
    grapheme: &str,
    wanted: Variant,
) -> Option<ID> {
    let is_emoji = is_emoji(grapheme);
    let has_emoji = |face: &FaceInfo| face.families.iter().any(|(name, _)| name.contains("Emoji"));
    let difference = |id: &ID| {
        let face = fonts.face(*id);
        let variant = face.map(Variant::of).unwrap_or_default();
        let is_other = face.is_some_and(has_emoji) != is_emoji;
        (is_other, variant.bold != wanted.bold, variant.italic != wanted.italic)
    };
    let mut order: Vec<_> = order.into_iter().copied().collect();
    // Keeps the order of fonts that are as different.
    order.sort_by_key(difference);
    let mut visible = grapheme.chars().filter(|character| !is_invisible(*character));
    let first = visible.next()?;
    let has_first = |id: &&ID| has_character(fonts, **id, first);
    let has_all = |id: &&ID| visible.clone().all(|character| has_character(fonts, **id, character));
    let mut candidates = order.iter().filter(has_first);
    let best = candidates.clone().find(has_all);
    best.or_else(|| candidates.next()).copied()
}

/// Returns whether a grapheme is a picture in colour: its selector says so, or terminals give it two
/// columns as such.
pub(super) fn is_emoji(grapheme: &str) -> bool {
    let is_range = |c: &char| matches!(c, '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}');
    let first = grapheme.chars().next();
    let is_wide = first.filter(is_range).is_some_and(|first| first.width() == Some(2));
    grapheme.contains('\u{fe0f}') || is_wide && !grapheme.contains('\u{fe0e}')
}

/// Returns whether a character has no glyph of its own: joiners and variation selectors.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// Returns whether a font has a character.
pub(super) fn has_character(fonts: &Database, id: ID, character: char) -> bool {
    let has = |data: &[u8], index| {
        let face = Face::parse(data, index).ok()?;
        face.glyph_index(character).filter(|glyph| glyph.0 != 0)
    };
    fonts.with_face_data(id, has).flatten().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::MONOSPACED_FONTS;

    #[test]
    fn emoji_are_wide_or_have_a_selector() {
        let found: Vec<_> = ["☕", "❤\u{fe0f}", "❤", "☕\u{fe0e}", "🦀", "👩‍💻", "漢", "→", "1"]
            .into_iter()
            .filter(|it| is_emoji(it))
            .collect();
        assert_eq!(found, ["☕", "❤\u{fe0f}", "🦀", "👩‍💻"]);
    }

    #[test]
    fn whole_graphemes_are_preferred() {
        let mut fonts = Database::new();
        fonts.load_font_data(include_bytes!("../draw/fonts/katex/KaTeX_Main-Regular.ttf").to_vec());
        fonts.load_font_data(MONOSPACED_FONTS[0].to_vec());
        let order: Vec<_> = fonts.faces().map(|face| face.id).collect();
        let find = |grapheme| find(&fonts, &order, grapheme, Variant::default());
        assert_eq!(find("e"), Some(order[0]));
        assert_eq!(find("e\u{301}"), Some(order[1]), "it has the accent");
        assert_eq!(find("e\u{fe0e}"), Some(order[0]), "selectors are not visible");
        assert_eq!(find("e\u{10fffe}"), Some(order[0]), "else one that has the letter");
        assert_eq!(find("\u{10fffe}e"), None);
    }
}
