//! The font of large text that is drawn from block characters: 8 by 8 pixels per character, Latin-1,
//! Greek, box drawing and common punctuation.

use font8x8::legacy::LATIN_LEGACY;
use font8x8::{BASIC_FONTS, BLOCK_FONTS, BOX_FONTS, GREEK_FONTS, UnicodeFonts};

/// The first character of the font's Latin table, which is complete.
const FIRST_LATIN: u32 = 0xa0;

/// Typographic characters that the font lacks.
const EXTRA: [(char, [u8; 8]); 9] = [
    ('–', [0, 0, 0, 0x7e, 0, 0, 0, 0]),
    ('—', [0, 0, 0, 0xff, 0, 0, 0, 0]),
    ('‘', [0x18, 0x0c, 0x06, 0, 0, 0, 0, 0]),
    ('’', [0x18, 0x18, 0x0c, 0, 0, 0, 0, 0]),
    ('“', [0x6c, 0x36, 0x1b, 0, 0, 0, 0, 0]),
    ('”', [0x36, 0x36, 0x1b, 0, 0, 0, 0, 0]),
    ('…', [0, 0, 0, 0, 0, 0xdb, 0xdb, 0]),
    ('•', [0, 0, 0x3c, 0x3c, 0x3c, 0, 0, 0]),
    ('→', [0, 0x10, 0x30, 0x7f, 0x30, 0x10, 0, 0]),
];

/// Letters without the serifs that the font gives them.
const SANS: [(char, [u8; 8]); 28] = [
    ('B', [0x3f, 0x63, 0x63, 0x3f, 0x63, 0x63, 0x3f, 0]),
    ('D', [0x1f, 0x33, 0x63, 0x63, 0x63, 0x33, 0x1f, 0]),
    ('E', [0x3f, 0x03, 0x03, 0x1f, 0x03, 0x03, 0x3f, 0]),
    ('F', [0x3f, 0x03, 0x03, 0x1f, 0x03, 0x03, 0x03, 0]),
    ('K', [0x33, 0x33, 0x1b, 0x0f, 0x1b, 0x33, 0x33, 0]),
    ('L', [0x03, 0x03, 0x03, 0x03, 0x03, 0x03, 0x3f, 0]),
    ('P', [0x1f, 0x33, 0x33, 0x1f, 0x03, 0x03, 0x03, 0]),
    ('R', [0x1f, 0x33, 0x33, 0x1f, 0x1b, 0x33, 0x33, 0]),
    ('T', [0x3f, 0x0c, 0x0c, 0x0c, 0x0c, 0x0c, 0x0c, 0]),
    ('Y', [0x33, 0x33, 0x33, 0x1e, 0x0c, 0x0c, 0x0c, 0]),
    ('Z', [0x3f, 0x30, 0x18, 0x0c, 0x06, 0x03, 0x3f, 0]),
    ('a', [0, 0, 0x1e, 0x30, 0x3e, 0x33, 0x3e, 0]),
    ('b', [0x03, 0x03, 0x1f, 0x33, 0x33, 0x33, 0x1f, 0]),
    ('d', [0x30, 0x30, 0x3e, 0x33, 0x33, 0x33, 0x3e, 0]),
    ('f', [0x1c, 0x06, 0x06, 0x0f, 0x06, 0x06, 0x06, 0]),
    ('g', [0, 0, 0x3e, 0x33, 0x33, 0x3e, 0x30, 0x1e]),
    ('h', [0x03, 0x03, 0x1f, 0x33, 0x33, 0x33, 0x33, 0]),
    ('i', [0x0c, 0, 0x0c, 0x0c, 0x0c, 0x0c, 0x0c, 0]),
    ('k', [0x03, 0x03, 0x33, 0x1b, 0x0f, 0x1b, 0x33, 0]),
    ('l', [0x06, 0x06, 0x06, 0x06, 0x06, 0x06, 0x1c, 0]),
    ('p', [0, 0, 0x1f, 0x33, 0x33, 0x1f, 0x03, 0x03]),
    ('q', [0, 0, 0x3e, 0x33, 0x33, 0x3e, 0x30, 0x30]),
    ('r', [0, 0, 0x3b, 0x0f, 0x03, 0x03, 0x03, 0]),
    ('t', [0x06, 0x06, 0x1f, 0x06, 0x06, 0x06, 0x1c, 0]),
    ('u', [0, 0, 0x33, 0x33, 0x33, 0x33, 0x3e, 0]),
    ('ü', [0x36, 0, 0x33, 0x33, 0x33, 0x33, 0x3e, 0]),
    ('ö', [0x36, 0, 0x1e, 0x33, 0x33, 0x33, 0x1e, 0]),
    ('ä', [0x36, 0, 0x1e, 0x30, 0x3e, 0x33, 0x3e, 0]),
];

/// Returns the rows of a character, top row first, the leftmost pixel in the lowest bit.
pub fn bitmap(character: char) -> Option<[u8; 8]> {
    if let Some((_, rows)) = EXTRA.iter().chain(&SANS).find(|(known, _)| *known == character) {
        return Some(*rows);
    }
    if let Some(index) = u32::from(character).checked_sub(FIRST_LATIN)
        && let Some(rows) = LATIN_LEGACY.get(index as usize)
    {
        return Some(*rows);
    }
    let tables = [
        BASIC_FONTS.get(character),
        BLOCK_FONTS.get(character),
        BOX_FONTS.get(character),
        GREEK_FONTS.get(character),
    ];
    tables.into_iter().flatten().next()
}

/// Returns whether the font has every character of a text.
pub(super) fn has_all(text: &str) -> bool {
    text.chars().all(|character| bitmap(character).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws a text with two pixels per character.
    fn drawn(text: &str) -> String {
        let glyphs: Vec<_> = text.chars().map(|it| bitmap(it).unwrap()).collect();
        let row = |y: usize| {
            let pixels = glyphs.iter().flat_map(|rows| (0..8).map(move |x| rows[y] >> x & 1));
            pixels.map(|it| if it == 1 { '#' } else { ' ' }).collect::<String>()
        };
        (0..8).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn font_has_latin_1_and_punctuation() {
        let latin = (0x20..0x7f).chain(0xa1..=0xff).filter_map(char::from_u32);
        let missing: String = latin.filter(|it| bitmap(*it).is_none()).collect();
        assert_eq!(missing, "");
        assert!(has_all("Ärger – «für» Þór’s “naïve” façade… ¿100%?"));
        assert!(!has_all("日本") && !has_all("🦀"));
    }

    #[test]
    fn letters_have_their_shape() {
        insta::assert_snapshot!(drawn("Rü’"), @"
        #####    ## ##     ##
        ##  ##             ##
        ##  ##  ##  ##    ##
        #####   ##  ##
        ## ##   ##  ##
        ##  ##  ##  ##
        ##  ##   #####
        ");
    }
}
