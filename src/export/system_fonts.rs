//! Which fonts of the system have the characters that ours lack: the same ones in every format.

use resvg::usvg::fontdb::{Database, FaceInfo, ID, Stretch, Style, Weight};
use ttf_parser::Face;

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

/// Returns the fonts of a database, the best first: monospaced ones, those of emoji, then by name.
pub(super) fn best_first(fonts: &Database) -> Vec<ID> {
    let mut order: Vec<_> = fonts.faces().collect();
    order.sort_by_key(|face| {
        let is_emoji = face.families.iter().any(|(name, _)| name.contains("Emoji"));
        let name = face.families.first().map_or("", |(name, _)| name);
        (
            (!face.monospaced, !is_emoji, name.to_owned()),
            face.stretch != Stretch::Normal,
            face.weight.0.abs_diff(Weight::NORMAL.0),
            (face.index, face.post_script_name.clone()),
        )
    });
    order.into_iter().map(|face| face.id).collect()
}

/// Returns the first font that has a character: of the wanted variant, else of its weight, else any.
pub(super) fn find<'a>(
    fonts: &Database,
    order: impl IntoIterator<Item = &'a ID>,
    character: char,
    wanted: Variant,
) -> Option<ID> {
    let difference = |id: &ID| {
        let variant = fonts.face(*id).map(Variant::of).unwrap_or_default();
        (variant.bold != wanted.bold, variant.italic != wanted.italic)
    };
    let mut order: Vec<_> = order.into_iter().copied().collect();
    // Keeps the order of fonts that are as different.
    order.sort_by_key(difference);
    order.into_iter().find(|id| has_character(fonts, *id, character))
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
