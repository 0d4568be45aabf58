//! Kitty's unicode placeholders: cells of text that show parts of a picture, so that a terminal multiplexer,
//! which knows nothing of pictures, moves and removes them with its panes.
//!
//! The picture is placed virtually. Each cell holds the placeholder character, marks for its row, its column
//! and the first byte of the picture's id, and the last byte of the id as its colour, one of 256.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

/// The character of a cell of a picture.
const PLACEHOLDER: char = '\u{10eeee}';

/// The marks for the numbers from 0 on: ranges of combining characters above the letter that no letter is
/// composed with, of Unicode 6.0.
#[rustfmt::skip]
const MARKS: &[(u32, u32)] = &[
    (0x0305, 0x0305), (0x030d, 0x030e), (0x0310, 0x0310), (0x0312, 0x0312), (0x033d, 0x033f),
    (0x0346, 0x0346), (0x034a, 0x034c), (0x0350, 0x0352), (0x0357, 0x0357), (0x035b, 0x035b),
    (0x0363, 0x036f), (0x0483, 0x0487), (0x0592, 0x0595), (0x0597, 0x0599), (0x059c, 0x05a1),
    (0x05a8, 0x05a9), (0x05ab, 0x05ac), (0x05af, 0x05af), (0x05c4, 0x05c4), (0x0610, 0x0617),
    (0x0657, 0x065b), (0x065d, 0x065e), (0x06d6, 0x06dc), (0x06df, 0x06e2), (0x06e4, 0x06e4),
    (0x06e7, 0x06e8), (0x06eb, 0x06ec), (0x0730, 0x0730), (0x0732, 0x0733), (0x0735, 0x0736),
    (0x073a, 0x073a), (0x073d, 0x073d), (0x073f, 0x0741), (0x0743, 0x0743), (0x0745, 0x0745),
    (0x0747, 0x0747), (0x0749, 0x074a), (0x07eb, 0x07f1), (0x07f3, 0x07f3), (0x0816, 0x0819),
    (0x081b, 0x0823), (0x0825, 0x0827), (0x0829, 0x082d), (0x0951, 0x0951), (0x0953, 0x0954),
    (0x0f82, 0x0f83), (0x0f86, 0x0f87), (0x135d, 0x135f), (0x17dd, 0x17dd), (0x193a, 0x193a),
    (0x1a17, 0x1a17), (0x1a75, 0x1a7c), (0x1b6b, 0x1b6b), (0x1b6d, 0x1b73), (0x1cd0, 0x1cd2),
    (0x1cda, 0x1cdb), (0x1ce0, 0x1ce0), (0x1dc0, 0x1dc1), (0x1dc3, 0x1dc9), (0x1dcb, 0x1dcc),
    (0x1dd1, 0x1de6), (0x1dfe, 0x1dfe), (0x20d0, 0x20d1), (0x20d4, 0x20d7), (0x20db, 0x20dc),
    (0x20e1, 0x20e1), (0x20e7, 0x20e7), (0x20e9, 0x20e9), (0x20f0, 0x20f0), (0x2cef, 0x2cf1),
    (0x2de0, 0x2dff), (0xa66f, 0xa66f), (0xa67c, 0xa67d), (0xa6f0, 0xa6f1), (0xa8e0, 0xa8f1),
    (0xaab0, 0xaab0), (0xaab2, 0xaab3), (0xaab7, 0xaab8), (0xaabe, 0xaabf), (0xaac1, 0xaac1),
    (0xfe20, 0xfe26), (0x1_0a0f, 0x1_0a0f), (0x1_0a38, 0x1_0a38), (0x1_d185, 0x1_d189),
    (0x1_d1aa, 0x1_d1ad), (0x1_d242, 0x1_d244),
];

/// Number of picture ids with the same first byte: colours that have no other meaning.
const COLOR_COUNT: u32 = 240;

/// The first byte of the first id; unlikely to be used by other programs in the same terminal.
const FIRST_ID_BYTE: u32 = 0x4c;

/// Returns the `number`-th picture id that a placeholder can express with 256 colours.
pub(in crate::media) fn picture_id(number: u32) -> u32 {
    let first = FIRST_ID_BYTE + number / COLOR_COUNT % (256 - FIRST_ID_BYTE);
    first << 24 | (256 - COLOR_COUNT + number % COLOR_COUNT)
}

/// Places picture `id` virtually, in this many columns and rows, instead of an earlier placement.
pub(in crate::media) fn place_virtually(id: u32, (columns, rows): (u16, u32)) -> Vec<u8> {
    format!("\x1b_Ga=d,d=i,i={id},q=2\x1b\\\x1b_Ga=p,U=1,i={id},c={columns},r={rows},q=2\x1b\\")
        .into_bytes()
}

/// Paints the placeholders of picture `id` into `area`, from its row `skipped` on.
pub(in crate::media) fn paint(id: u32, area: Rect, skipped: u32, buffer: &mut Buffer) {
    let [first, .., last] = id.to_be_bytes();
    let first = mark(u32::from(first));
    for (row, y) in (skipped..).zip(area.top()..area.bottom()) {
        let Some(row) = mark(row) else { break };
        for (column, x) in (0..).zip(area.left()..area.right()) {
            let Some(cell) = buffer.cell_mut((x, y)) else { continue };
            let mut symbol = String::from_iter([PLACEHOLDER, row]);
            // Without a mark, the column is the one after that of the cell before.
            if let Some(column) = mark(column) {
                symbol.push(column);
                symbol.extend(first);
            }
            cell.set_symbol(&symbol).set_fg(Color::Indexed(last));
            cell.modifier = Modifier::empty();
        }
    }
}

/// Returns the mark for a number.
fn mark(mut number: u32) -> Option<char> {
    for &(start, end) in MARKS {
        let count = end - start + 1;
        if number < count {
            return char::from_u32(start + number);
        }
        number -= count;
    }
    None
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn marks_are_kittys() {
        let all: Vec<_> = (0..).map_while(mark).collect();
        assert_eq!(all.len(), 297);
        assert_eq!(all[..5], ['\u{305}', '\u{30d}', '\u{30e}', '\u{310}', '\u{312}']);
        assert_eq!(all[296], '\u{1d244}');
    }

    #[test]
    fn placeholders_name_picture_row_and_column() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 3));
        paint(picture_id(1), Rect::new(1, 0, 2, 2), 3, &mut buffer);
        let cell = &buffer[(2, 1)];
        assert_eq!(cell.symbol(), "\u{10eeee}\u{312}\u{30d}\u{6df}");
        assert_eq!((cell.fg, cell.symbol().width()), (Color::Indexed(17), 1));
        assert_eq!((buffer[(0, 0)].symbol(), buffer[(1, 2)].symbol()), (" ", " "));
        let mut wide = Buffer::empty(Rect::new(0, 0, 400, 1));
        paint(picture_id(0), wide.area, 0, &mut wide);
        assert_eq!(wide[(399, 0)].symbol(), "\u{10eeee}\u{305}");
    }

    #[test]
    fn picture_ids_are_distinct() {
        let ids: std::collections::BTreeSet<_> = (0..1_000).map(picture_id).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id & 0x00ff_ff00 == 0 && id & 0xff >= 16));
    }
}
