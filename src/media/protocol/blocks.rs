//! Block characters: each cell shows two to eight pixels, in its foreground and background colours.

use image::{Rgba, RgbaImage};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::ansi::Channels;

/// Minimum alpha of visible pixels, used if there is no background to blend with.
const MIN_VISIBLE_ALPHA: u8 = 128;

/// The characters that pictures are drawn from, in terminals without pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureBlocks {
    /// `▀` and `▄`, two pixels in a cell, in every font.
    Halves,
    /// `▘` to `▟`, four pixels, in every font for terminals.
    #[default]
    Quadrants,
    /// Six pixels (U+1FB00 to U+1FB3B), in newer fonts.
    Sextants,
    /// Eight pixels (U+1CD00 to U+1CDE5), in few fonts.
    Octants,
}

/// Quadrants by their pixels, from the lowest bit: upper left, upper right, lower left, lower right.
const QUADRANTS: [char; 16] =
    [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];

/// Octants with characters outside of the block of octants, which has the others in order.
const OTHER_OCTANTS: [(u32, char); 26] = [
    (0x00, ' '),
    (0x01, '\u{1cea8}'),
    (0x02, '\u{1ceab}'),
    (0x03, '\u{1fb82}'),
    (0x05, '▘'),
    (0x0a, '▝'),
    (0x0f, '▀'),
    (0x14, '\u{1fbe6}'),
    (0x28, '\u{1fbe7}'),
    (0x3f, '\u{1fb85}'),
    (0x40, '\u{1cea3}'),
    (0x50, '▖'),
    (0x55, '▌'),
    (0x5a, '▞'),
    (0x5f, '▛'),
    (0x80, '\u{1cea0}'),
    (0xa0, '▗'),
    (0xa5, '▚'),
    (0xaa, '▐'),
    (0xaf, '▜'),
    (0xc0, '▂'),
    (0xf0, '▄'),
    (0xf5, '▙'),
    (0xfa, '▟'),
    (0xfc, '▆'),
    (0xff, '█'),
];

/// Maximum number of pixels in a cell.
const MAX_PIXELS: usize = 8;

impl PictureBlocks {
    /// Returns the columns and rows of pixels in a cell.
    pub(in crate::media) fn pixels(self) -> (u16, u16) {
        match self {
            Self::Halves => (1, 2),
            Self::Quadrants => (2, 2),
            Self::Sextants => (2, 3),
            Self::Octants => (2, 4),
        }
    }

    /// Returns the character with these pixels set: bit 0 is the upper left one, bit 1 the one to its
    /// right.
    fn symbol(self, set: u32) -> char {
        match self {
            Self::Halves => [' ', '▀', '▄', '█'][set as usize & 3],
            Self::Quadrants => QUADRANTS[set as usize & 15],
            Self::Sextants => match set {
                0 => ' ',
                0b01_0101 => '▌',
                0b10_1010 => '▐',
                0b11_1111 => '█',
                _ => {
                    let skipped = 1 + u32::from(set > 0b01_0101) + u32::from(set > 0b10_1010);
                    char::from_u32(0x1fb00 + set - skipped).unwrap_or(' ')
                }
            },
            Self::Octants => match OTHER_OCTANTS.binary_search_by_key(&set, |(known, _)| *known) {
                Ok(at) => OTHER_OCTANTS[at].1,
                Err(skipped) => char::from_u32(0x1cd00 + set - skipped as u32).unwrap_or(' '),
            },
        }
    }
}

/// A picture as cells.
#[derive(Debug)]
pub(in crate::media) struct BlockPicture {
    columns: u16,
    /// None where it is transparent.
    cells: Vec<Option<BlockCell>>,
}

/// A cell of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct BlockCell {
    symbol: char,
    text: Channels,
    /// None for that of the slide.
    ground: Option<Channels>,
}

impl BlockPicture {
    /// Converts a picture with [`PictureBlocks::pixels`] for each cell.
    pub(in crate::media) fn new(picture: &RgbaImage, blocks: PictureBlocks) -> Self {
        let (across, down) = blocks.pixels();
        let (across, down) = (u32::from(across), u32::from(down));
        let (columns, rows) = (picture.width().div_ceil(across), picture.height().div_ceil(down));
        let mut cells = Vec::with_capacity(columns as usize * rows as usize);
        for row in 0..rows {
            for column in 0..columns {
                let mut pixels = [None; MAX_PIXELS];
                for (index, pixel) in (0..across * down).zip(&mut pixels) {
                    let (x, y) = (column * across + index % across, row * down + index / across);
                    *pixel = picture.get_pixel_checked(x, y).copied().and_then(visible);
                }
                cells.push(cell(&pixels[..(across * down) as usize], blocks));
            }
        }
        Self { columns: columns as u16, cells }
    }

    /// Returns the memory it takes in bytes.
    pub(in crate::media) fn len(&self) -> usize {
        self.cells.len() * size_of::<Option<BlockCell>>()
    }

    /// Replaces the cell at a column and row by a character, in its colour on its ground.
    pub(in crate::media) fn put(
        &mut self,
        (column, row): (usize, usize),
        symbol: char,
        (text, ground): (Channels, Channels),
    ) {
        if let Some(cell) = self.cells.get_mut(row * usize::from(self.columns) + column) {
            *cell = Some(BlockCell { symbol, text, ground: Some(ground) });
        }
    }

    /// Paints it into `area`, from row `skipped` of its cells on.
    pub(in crate::media) fn paint(&self, area: Rect, skipped: u32, buffer: &mut Buffer) {
        let rows = self.cells.chunks(usize::from(self.columns.max(1)));
        for (cells, y) in rows.skip(skipped as usize).zip(area.top()..area.bottom()) {
            for (block, x) in cells.iter().zip(area.left()..area.right()) {
                let (Some(block), Some(cell)) = (block, buffer.cell_mut((x, y))) else { continue };
                let rgb = |[red, green, blue]: Channels| Color::Rgb(red, green, blue);
                cell.set_char(block.symbol).set_fg(rgb(block.text));
                if let Some(ground) = block.ground {
                    cell.set_bg(rgb(ground));
                }
                cell.modifier = Modifier::empty();
            }
        }
    }
}

fn visible(Rgba([red, green, blue, alpha]): Rgba<u8>) -> Option<Channels> {
    (alpha >= MIN_VISIBLE_ALPHA).then_some([red, green, blue])
}

/// Converts the pixels of a cell.
fn cell(pixels: &[Option<Channels>], blocks: PictureBlocks) -> Option<BlockCell> {
    let all = (1_u32 << pixels.len()) - 1;
    let shown = pixels.iter().rev().fold(0, |set, pixel| set << 1 | u32::from(pixel.is_some()));
    let sums = sums(pixels);
    let mean = |set: u32| {
        let count = set.count_ones().max(1);
        sums[set as usize].map(|sum| ((sum + count / 2) / count) as u8)
    };
    if shown == 0 {
        return None;
    }
    if shown != all {
        return Some(BlockCell { symbol: blocks.symbol(shown), text: mean(shown), ground: None });
    }
    let set = best_split(&sums, all);
    let (text, ground) = (mean(set), mean(all ^ set));
    let symbol = if text == ground { ' ' } else { blocks.symbol(set) };
    Some(BlockCell { symbol, text, ground: Some(ground) })
}

/// Returns the sum of the colours of every set of pixels.
fn sums(pixels: &[Option<Channels>]) -> [[u32; 3]; 1 << MAX_PIXELS] {
    let mut sums = [[0; 3]; 1 << MAX_PIXELS];
    for set in 1..1_usize << pixels.len() {
        let first = pixels[set.trailing_zeros() as usize].unwrap_or_default();
        let rest = sums[set & (set - 1)];
        sums[set] = [0, 1, 2].map(|channel| rest[channel] + u32::from(first[channel]));
    }
    sums
}

/// Returns the set of pixels, with the first one, that is closest to two plain colours together with the
/// other pixels: it has the least sum of squared differences from both means.
fn best_split(sums: &[[u32; 3]], all: u32) -> u32 {
    // The sum of the squares of all pixels is the same for every split, and left out.
    let closeness = |set: u32| {
        let squares = sums[set as usize].map(|sum| f64::from(sum) * f64::from(sum));
        squares.iter().sum::<f64>() / f64::from(set.count_ones())
    };
    let mut best = (1, f64::NEG_INFINITY);
    for set in (1..all).step_by(2) {
        let close = closeness(set) + closeness(all ^ set);
        if close > best.1 {
            best = (set, close);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
    const BLUE: Rgba<u8> = Rgba([0, 0, 255, 255]);
    const CLEAR: Rgba<u8> = Rgba([0, 0, 0, 0]);
    const ALL: [PictureBlocks; 4] = [
        PictureBlocks::Halves,
        PictureBlocks::Quadrants,
        PictureBlocks::Sextants,
        PictureBlocks::Octants,
    ];

    fn painted(picture: &RgbaImage, blocks: PictureBlocks, area: Rect, skipped: u32) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 3));
        BlockPicture::new(picture, blocks).paint(area, skipped, &mut buffer);
        buffer
    }

    #[test]
    fn half_blocks_show_two_pixels() {
        let picture = RgbaImage::from_fn(2, 2, |x, y| if x == y { RED } else { BLUE });
        let buffer = painted(&picture, PictureBlocks::Halves, Rect::new(1, 1, 2, 1), 0);
        let cell = &buffer[(1, 1)];
        assert_eq!((cell.symbol(), cell.fg), ("▀", Color::Rgb(255, 0, 0)));
        assert_eq!(cell.bg, Color::Rgb(0, 0, 255));
        assert_eq!(buffer[(2, 1)].bg, Color::Rgb(255, 0, 0));
        assert_eq!(buffer[(0, 1)], ratatui::buffer::Cell::EMPTY);
        assert_eq!(buffer[(3, 1)], ratatui::buffer::Cell::EMPTY);
    }

    #[test]
    fn every_pattern_of_two_colours_is_exact() {
        for blocks in ALL {
            let (across, down) = blocks.pixels();
            let (across, down) = (u32::from(across), u32::from(down));
            let mut symbols = std::collections::BTreeSet::new();
            for set in (1..1_u32 << (across * down)).step_by(2) {
                let picture = RgbaImage::from_fn(across, down, |x, y| {
                    if set >> (y * across + x) & 1 == 1 { RED } else { BLUE }
                });
                let buffer = painted(&picture, blocks, Rect::new(0, 0, 1, 1), 0);
                let cell = &buffer[(0, 0)];
                symbols.insert(cell.symbol().to_owned());
                if set == (1 << (across * down)) - 1 {
                    assert_eq!((cell.symbol(), cell.bg), (" ", Color::Rgb(255, 0, 0)));
                } else {
                    let expected = blocks.symbol(set).to_string();
                    assert_eq!((cell.symbol(), cell.fg), (&*expected, Color::Rgb(255, 0, 0)));
                    assert_eq!(cell.bg, Color::Rgb(0, 0, 255), "{blocks:?} {set:b}");
                }
            }
            assert_eq!(symbols.len(), 1 << (across * down - 1), "{blocks:?}");
        }
    }

    #[test]
    fn characters_of_sextants_and_octants_are_numbered_in_order() {
        let symbol = |blocks: PictureBlocks, set| u32::from(blocks.symbol(set));
        // BLOCK SEXTANT-1, -135 is ▌, -24 and -23456.
        let sextants = [(0b1, 0x1fb00), (0b01_0110, 0x1fb14), (0b11_1110, 0x1fb3b)];
        for (set, expected) in sextants {
            assert_eq!(symbol(PictureBlocks::Sextants, set), expected, "{set:b}");
        }
        // BLOCK OCTANT-3, -23, -123 and -2345678.
        let octants = [(0b100, 0x1cd00), (0b110, 0x1cd01), (0b111, 0x1cd02), (0xfe, 0x1cde5)];
        for (set, expected) in octants {
            assert_eq!(symbol(PictureBlocks::Octants, set), expected, "{set:b}");
        }
    }

    #[test]
    fn many_colours_become_the_nearest_two() {
        // A dark corner among three bright pixels that differ a little.
        let grey = |value: u8| Rgba([value, value, value, 255]);
        let values = [[200, 210], [205, 10]];
        let picture = RgbaImage::from_fn(2, 2, |x, y| grey(values[y as usize][x as usize]));
        let buffer = painted(&picture, PictureBlocks::Quadrants, Rect::new(0, 0, 1, 1), 0);
        let cell = &buffer[(0, 0)];
        assert_eq!((cell.symbol(), cell.fg), ("▛", Color::Rgb(205, 205, 205)));
        assert_eq!(cell.bg, Color::Rgb(10, 10, 10));
    }

    #[test]
    fn skipped_rows_are_not_painted() {
        let picture = RgbaImage::from_fn(1, 4, |_, y| if y < 2 { RED } else { BLUE });
        let buffer = painted(&picture, PictureBlocks::Halves, Rect::new(0, 0, 1, 1), 1);
        assert_eq!(buffer[(0, 0)].bg, Color::Rgb(0, 0, 255));
        let whole = painted(&picture, PictureBlocks::Halves, Rect::new(0, 0, 1, 2), 0);
        assert_eq!(whole[(0, 0)].bg, Color::Rgb(255, 0, 0));
        assert_eq!(whole[(0, 1)].bg, Color::Rgb(0, 0, 255));
    }

    #[test]
    fn transparent_pixels_keep_the_cell() {
        let picture = RgbaImage::from_fn(4, 2, |x, y| if x == 0 && y == 1 { RED } else { CLEAR });
        for (blocks, symbol) in [(PictureBlocks::Halves, "▄"), (PictureBlocks::Quadrants, "▖")]
        {
            let buffer = painted(&picture, blocks, Rect::new(0, 0, 2, 1), 0);
            assert_eq!((buffer[(0, 0)].symbol(), buffer[(0, 0)].bg), (symbol, Color::Reset));
            assert_eq!(buffer[(1, 0)], ratatui::buffer::Cell::EMPTY);
        }
    }

    #[test]
    fn area_larger_than_picture_and_screen_is_clipped() {
        for blocks in ALL {
            let picture = RgbaImage::from_pixel(1, 1, RED);
            painted(&picture, blocks, Rect::new(0, 0, 100, 100), u32::MAX);
            painted(&picture, blocks, Rect::new(0, 0, 100, 100), 0);
        }
    }
}
