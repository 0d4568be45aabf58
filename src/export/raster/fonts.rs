//! The fonts of pictures: those that we ship, and for characters that they lack, those of the system,
//! which are read when the first one is needed.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::{Database, ID, Source};

use crate::draw::MONOSPACED_FONTS;
use crate::export::system_fonts::{self, Variant, is_emoji, is_invisible};
use crate::export::words::WordFonts;

/// All fonts, and their order.
pub(super) struct AllFonts {
    pub(super) fonts: Arc<Database>,
    order: Vec<ID>,
}

impl AllFonts {
    /// Returns the font of a grapheme, other than those in `used`.
    pub(super) fn find(&self, grapheme: &str, variant: Variant, used: &[ID]) -> Option<ID> {
        let others = self.order.iter().filter(|id| !used.contains(id));
        system_fonts::find(&self.fonts, others, grapheme, variant)
    }
}

/// Fonts that are read when they are needed.
pub(super) type SharedFonts = Arc<LazyLock<AllFonts, Box<dyn FnOnce() -> AllFonts + Send>>>;

/// The fonts of words.
pub(super) struct PictureFonts {
    /// Ours alone.
    pub(super) bundled: Arc<Database>,
    /// Normal, bold, italic, bold italic.
    family: [ID; 4],
    /// With those of the system.
    pub(super) all: SharedFonts,
    /// The fonts of graphemes that ours lack.
    found: HashMap<(Box<str>, Variant), Option<ID>>,
}

impl PictureFonts {
    pub(super) fn new() -> Self {
        let mut bundled = Database::new();
        let family = MONOSPACED_FONTS.map(|font| {
            let ids = bundled.load_font_source(Source::Binary(Arc::new(font)));
            ids.first().copied().unwrap_or_else(ID::dummy)
        });
        let copy = bundled.clone();
        let with_system = move || {
            let mut fonts = copy;
            fonts.load_system_fonts();
            let order = system_fonts::best_first(&fonts);
            AllFonts { fonts: Arc::new(fonts), order }
        };
        let all: SharedFonts = Arc::new(LazyLock::new(Box::new(with_system)));
        Self { bundled: Arc::new(bundled), family, all, found: HashMap::new() }
    }

    /// Returns the family of the system's font for an emoji, if it has one.
    pub(super) fn emoji_family(&mut self, grapheme: &str, variant: Variant) -> Option<String> {
        let font = is_emoji(grapheme).then(|| self.for_grapheme(variant, grapheme))??;
        let face = self.all.fonts.face(font)?;
        face.families.first().map(|(name, _)| name.clone())
    }

    /// Returns the fonts that contain one.
    fn holding(&self, font: ID) -> &Database {
        if self.family.contains(&font) { &self.bundled } else { &self.all.fonts }
    }
}

impl WordFonts for PictureFonts {
    type Font = ID;

    fn family(&self, variant: Variant) -> ID {
        self.family[usize::from(variant.bold) + 2 * usize::from(variant.italic)]
    }

    fn for_grapheme(&mut self, variant: Variant, grapheme: &str) -> Option<ID> {
        let own = self.family(variant);
        if !is_emoji(grapheme) && self.has_all(&own, grapheme) {
            return Some(own);
        }
        let Self { found, all, .. } = self;
        let search = || all.find(grapheme, variant, &[]);
        *found.entry((grapheme.into(), variant)).or_insert_with(search)
    }

    fn has_all(&self, font: &ID, text: &str) -> bool {
        let fonts = self.holding(*font);
        let is_known =
            |c: char| c == ' ' || is_invisible(c) || system_fonts::has_character(fonts, *font, c);
        text.chars().all(is_known)
    }

    fn read<T>(&self, font: &ID, read: impl FnOnce(&[u8], u32) -> T) -> Option<T> {
        self.holding(*font).with_face_data(*font, read)
    }
}
