//! Numbers in large digits made of block characters.

/// Rows of a glyph's bitmap.
const HEIGHT: usize = 5;

/// The size of large digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DigitSize {
    /// Two cells per pixel: five rows.
    Large,
    /// Half a cell per pixel: three rows.
    Small,
}

impl DigitSize {
    /// Returns the number of rows.
    pub(super) fn rows(self) -> usize {
        match self {
            Self::Large => HEIGHT,
            Self::Small => HEIGHT.div_ceil(2),
        }
    }

    /// Draws a number, all rows equally wide. Returns `None` for characters without a glyph.
    pub(super) fn draw(self, number: &str) -> Option<Vec<String>> {
        let glyphs: Option<Vec<_>> = number.chars().map(glyph).collect();
        let glyphs = glyphs?;
        let pixels: Vec<Vec<bool>> = (0..HEIGHT).map(|y| pixel_row(&glyphs, y)).collect();
        let blank = vec![false; pixels[0].len()];
        let below = |y: usize| pixels.get(y + 1).unwrap_or(&blank);
        let is_set = |pixel: &bool| if *pixel { "██" } else { "  " };
        Some(match self {
            Self::Large => pixels.iter().map(|row| row.iter().map(is_set).collect()).collect(),
            Self::Small => (0..HEIGHT)
                .step_by(2)
                .map(|y| pixels[y].iter().zip(below(y)).map(half_blocks).collect())
                .collect(),
        })
    }
}

/// Returns a row of pixels of glyphs with gaps between them.
fn pixel_row(glyphs: &[[&str; HEIGHT]], y: usize) -> Vec<bool> {
    let texts: Vec<&str> = glyphs.iter().map(|glyph| glyph[y]).collect();
    texts.join(".").bytes().map(|byte| byte == b'#').collect()
}

fn half_blocks((upper, lower): (&bool, &bool)) -> char {
    match (upper, lower) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

/// Returns the bitmap of a character.
fn glyph(character: char) -> Option<[&'static str; HEIGHT]> {
    Some(match character {
        '0' => ["###", "#.#", "#.#", "#.#", "###"],
        '1' => ["##.", ".#.", ".#.", ".#.", "###"],
        '2' => ["###", "..#", "###", "#..", "###"],
        '3' => ["###", "..#", "###", "..#", "###"],
        '4' => ["#.#", "#.#", "###", "..#", "..#"],
        '5' => ["###", "#..", "###", "..#", "###"],
        '6' => ["###", "#..", "###", "#.#", "###"],
        '7' => ["###", "..#", "..#", "..#", "..#"],
        '8' => ["###", "#.#", "###", "#.#", "###"],
        '9' => ["###", "#.#", "###", "..#", "###"],
        '×' => ["...", "#.#", ".#.", "#.#", "..."],
        '.' => [".", ".", ".", ".", "#"],
        ',' => [".", ".", ".", "#", "#"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_drawn_in_two_sizes() {
        let drawn = |size: DigitSize, number| size.draw(number).unwrap().join("\n");
        insta::assert_snapshot!(drawn(DigitSize::Large, "4.7×"));
        insta::assert_snapshot!(drawn(DigitSize::Small, "1,230×"));
        assert_eq!(DigitSize::Small.draw("x"), None);
    }

    #[test]
    fn rows_are_equally_wide() {
        for size in [DigitSize::Large, DigitSize::Small] {
            let rows = size.draw("0123456789.,×").unwrap();
            assert_eq!(rows.len(), size.rows());
            assert!(rows.iter().all(|row| row.chars().count() == rows[0].chars().count()));
        }
    }
}
