//! The fonts of drawings and documents: a monospaced family and those of formulas, which we ship, so
//! that drawings look the same everywhere, and for what they lack the system's fonts. Those are read
//! when first needed.

use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb::{Database, FaceInfo, Family, ID, Query, Source, Style, Weight};
use resvg::usvg::{Font, FontFamily, FontResolver, FontStyle};

/// The family: regular, bold, oblique, bold oblique. Their licence is beside them.
pub const MONOSPACED_FONTS: [&[u8]; 4] = [
    include_bytes!("fonts/DejaVuSansMono.ttf"),
    include_bytes!("fonts/DejaVuSansMono-Bold.ttf"),
    include_bytes!("fonts/DejaVuSansMono-Oblique.ttf"),
    include_bytes!("fonts/DejaVuSansMono-BoldOblique.ttf"),
];

/// Includes fonts of `KaTeX`. Their licence is beside them.
macro_rules! katex_fonts {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("fonts/katex/KaTeX_", $name, ".ttf")))),*]
    };
}

/// The fonts of formulas, by name.
const FORMULA_FONTS: [(&str, &[u8]); 20] = katex_fonts![
    "AMS-Regular",
    "Caligraphic-Bold",
    "Caligraphic-Regular",
    "Fraktur-Bold",
    "Fraktur-Regular",
    "Main-Bold",
    "Main-BoldItalic",
    "Main-Italic",
    "Main-Regular",
    "Math-BoldItalic",
    "Math-Italic",
    "SansSerif-Bold",
    "SansSerif-Italic",
    "SansSerif-Regular",
    "Script-Regular",
    "Size1-Regular",
    "Size2-Regular",
    "Size3-Regular",
    "Size4-Regular",
    "Typewriter-Regular",
];

/// The start of the names of the families of formulas.
const FORMULA_FAMILY: &str = "KaTeX_";

/// The family's name.
pub(super) const FAMILY: &str = "DejaVu Sans Mono";

/// Returns the fonts that we ship.
pub(super) fn bundled() -> Arc<Database> {
    static BUNDLED: OnceLock<Arc<Database>> = OnceLock::new();
    let load = || {
        let mut fonts = Database::new();
        for font in MONOSPACED_FONTS {
            fonts.load_font_source(Source::Binary(Arc::new(font)));
        }
        for (name, font) in FORMULA_FONTS {
            let faces = fonts.load_font_source(Source::Binary(Arc::new(font)));
            if name.ends_with("Italic") {
                faces.into_iter().for_each(|face| mark_italic(&mut fonts, face));
            }
        }
        Arc::new(fonts)
    };
    Arc::clone(BUNDLED.get_or_init(load))
}

/// Marks a face as italic: `KaTeX`'s fonts do not say so.
fn mark_italic(fonts: &mut Database, face: ID) {
    let Some(known) = fonts.face(face).cloned() else { return };
    fonts.remove_face(face);
    fonts.push_face_info(FaceInfo { style: Style::Italic, ..known });
}

/// Returns the fonts that we ship, with the same ids, and the system's.
fn all() -> Arc<Database> {
    static ALL: OnceLock<Arc<Database>> = OnceLock::new();
    let load = || {
        let mut fonts = (*bundled()).clone();
        fonts.load_system_fonts();
        Arc::new(fonts)
    };
    Arc::clone(ALL.get_or_init(load))
}

/// Chooses our own family for all text except formulas, and fonts of the system for characters that it lacks.
pub(super) fn bundled_first() -> FontResolver<'static> {
    FontResolver {
        select_font: Box::new(|font, fonts| formula(font, fonts).or_else(|| own(font, fonts))),
        select_fallback: Box::new(fallback),
    }
}

/// Chooses the named families if the system has them.
pub(super) fn named_first() -> FontResolver<'static> {
    FontResolver {
        select_font: Box::new(|font, fonts| named(font, fonts).or_else(|| own(font, fonts))),
        select_fallback: Box::new(fallback),
    }
}

fn formula(font: &Font, fonts: &Database) -> Option<ID> {
    let families = font.families().iter().filter_map(|family| match family {
        FontFamily::Named(name) if name.starts_with(FORMULA_FAMILY) => Some(Family::Name(name)),
        _ => None,
    });
    fonts.query(&query(font, &families.collect::<Vec<_>>()))
}

fn own(font: &Font, fonts: &Database) -> Option<ID> {
    fonts.query(&query(font, &[Family::Name(FAMILY)]))
}

fn named(font: &Font, fonts: &mut Arc<Database>) -> Option<ID> {
    let families: Vec<_> = font
        .families()
        .iter()
        .map(|family| match family {
            FontFamily::Serif => Family::Serif,
            FontFamily::SansSerif => Family::SansSerif,
            FontFamily::Cursive => Family::Cursive,
            FontFamily::Fantasy => Family::Fantasy,
            FontFamily::Monospace => Family::Name(FAMILY),
            FontFamily::Named(name) => Family::Name(name),
        })
        .collect();
    *fonts = all();
    fonts.query(&query(font, &families))
}

fn query<'a>(font: &Font, families: &'a [Family<'a>]) -> Query<'a> {
    let style = match font.style() {
        FontStyle::Normal => Style::Normal,
        FontStyle::Italic => Style::Italic,
        FontStyle::Oblique => Style::Oblique,
    };
    Query { families, weight: Weight(font.weight()), style, ..Query::default() }
}

/// Returns another font that has the character.
fn fallback(character: char, used: &[ID], fonts: &mut Arc<Database>) -> Option<ID> {
    let find = |fonts: &Database| {
        let is_of_formulas = |face: &FaceInfo| {
            face.families.iter().any(|(name, _)| name.starts_with(FORMULA_FAMILY))
        };
        let mut faces =
            fonts.faces().filter(|face| !used.contains(&face.id) && !is_of_formulas(face));
        faces.find(|face| has_character(fonts, face.id, character)).map(|face| face.id)
    };
    find(fonts).or_else(|| {
        *fonts = all();
        find(fonts)
    })
}

fn has_character(fonts: &Database, id: ID, character: char) -> bool {
    let has = |data: &[u8], index| {
        let face = ttf_parser::Face::parse(data, index).ok()?;
        face.glyph_index(character).filter(|glyph| glyph.0 != 0)
    };
    fonts.with_face_data(id, has).flatten().is_some()
}
