//! The texts of a figure, which the Python worker notes in its PNG file. Block characters are too coarse for
//! letters: there, the texts are written as text.

use std::collections::BTreeMap;

use image::{Rgba, RgbaImage};
use unicode_width::UnicodeWidthChar as _;

use super::protocol::BlockPicture;
use crate::ansi::{Channels, readable};

/// The type of the chunk with the labels. It is the first one after the header.
const CHUNK_TYPE: &[u8] = b"ldTx";

/// Bytes before that chunk: the signature and the header.
const HEADER_BYTES: usize = 33;

/// Limit of the chunk, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// Bytes at the start of a file in which the chunk is.
pub(super) const START_BYTES: u64 = (HEADER_BYTES + 8 + MAX_BYTES) as u64;

/// Pixels around a label that are erased with it, for the edges of its letters.
const MARGIN: u32 = 1;

/// The least contrast of a label on its ground.
const MIN_CONTRAST: f64 = 3.0;

/// A text of a figure.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FigureLabel {
    /// Left, top, width and height in pixels.
    area: [u32; 4],
    flow: LabelFlow,
    color: Channels,
    text: String,
}

/// Which end of a label is fixed, or whether it goes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LabelFlow {
    Left,
    Center,
    Right,
    Up,
}

/// A label and the cell of its first character.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PlacedLabel {
    label: FigureLabel,
    /// Column and row; `None` if others are there already.
    start: Option<(usize, usize)>,
    ground: Channels,
}

/// Reads the labels from the start of a PNG file; none if there are none.
pub(super) fn read(png: &[u8]) -> Vec<FigureLabel> {
    let labels = || {
        let (length, rest) = png.get(HEADER_BYTES..)?.split_first_chunk::<4>()?;
        let text = rest.strip_prefix(CHUNK_TYPE)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let text = text.get(..length.min(MAX_BYTES))?;
        Some(std::str::from_utf8(text).ok()?.lines().filter_map(label).collect())
    };
    labels().unwrap_or_default()
}

fn label(line: &str) -> Option<FigureLabel> {
    let mut fields = line.splitn(7, '\t');
    let mut number = || fields.next()?.parse::<u32>().ok();
    let area = [number()?, number()?, number()?, number()?];
    let flow = match fields.next()? {
        "left" => LabelFlow::Left,
        "right" => LabelFlow::Right,
        "up" => LabelFlow::Up,
        _ => LabelFlow::Center,
    };
    let color = u32::from_str_radix(fields.next()?, 16).ok()?;
    let [_, color @ ..] = color.to_be_bytes();
    let text = fields.next()?.to_owned();
    // One cell for each character; this excludes marks and what turns text around.
    let fits = text.chars().all(|char| !char.is_control() && char.width() == Some(1));
    (fits && !text.is_empty()).then_some(FigureLabel { area, flow, color, text })
}

/// Chooses the cells of labels, in a picture of this many pixels and cells, the largest first. Labels that
/// do not fit stay as they are, in pixels.
pub(super) fn place(
    mut labels: Vec<FigureLabel>,
    picture: &RgbaImage,
    (columns, rows): (usize, usize),
) -> Vec<PlacedLabel> {
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return Vec::new();
    }
    labels.sort_by_key(|label| std::cmp::Reverse(label.area[2].min(label.area[3])));
    let mut taken = vec![false; columns * rows];
    let mut placed = Vec::new();
    for label in labels {
        let Some(start) = label.start((width, height), (columns, rows)) else { continue };
        let cells: Vec<usize> =
            label.cells(start).map(|(column, row)| row * columns + column).collect();
        // A gap beside horizontal labels.
        let beside = |cell: &usize| {
            let gap = label.flow != LabelFlow::Up;
            let near = [cell.saturating_sub(usize::from(gap)), cell + usize::from(gap)];
            near.iter().any(|near| near / columns == cell / columns && taken[*near])
        };
        let is_free = !cells.iter().any(|cell| taken[*cell] || beside(cell));
        if is_free {
            for cell in cells {
                taken[cell] = true;
            }
        }
        let ground = ground(picture, label.area);
        placed.push(PlacedLabel { label, start: is_free.then_some(start), ground });
    }
    placed
}

impl FigureLabel {
    /// Returns the cell of its first character; `None` if it does not fit.
    fn start(
        &self,
        (width, height): (u32, u32),
        (columns, rows): (usize, usize),
    ) -> Option<(usize, usize)> {
        let [left, top, across, down] = self.area.map(u64::from);
        let count = self.text.chars().count();
        let cell = |pixel: u64, pixels: u32, cells: usize| {
            usize::try_from(pixel * cells as u64 / u64::from(pixels)).unwrap_or(usize::MAX)
        };
        let column = |pixel: u64| cell(pixel, width, columns);
        let row = |pixel: u64| cell(pixel, height, rows);
        if self.flow == LabelFlow::Up {
            let column = column(left + across / 2);
            let first = row(top + down / 2).saturating_sub(count / 2);
            let fits = column < columns && count <= rows;
            return fits.then(|| (column, first.min(rows - count)));
        }
        let row = row(top + down / 2);
        let column = match self.flow {
            LabelFlow::Left => column(left),
            LabelFlow::Right => column(left + across).saturating_sub(count),
            // Of twice the middle, so that halves are not lost.
            _ => column(left * 2 + across).saturating_sub(count) / 2,
        };
        let fits = row < rows && count <= columns;
        fits.then(|| (column.min(columns - count), row))
    }

    /// Returns the cells of its characters.
    fn cells(&self, (column, row): (usize, usize)) -> impl Iterator<Item = (usize, usize)> + use<> {
        let is_up = self.flow == LabelFlow::Up;
        let at = move |number| if is_up { (column, row + number) } else { (column + number, row) };
        (0..self.text.chars().count()).map(at)
    }
}

/// Returns the most frequent colour around an area.
fn ground(picture: &RgbaImage, [left, top, width, height]: [u32; 4]) -> Channels {
    let (left, top) = (left.saturating_sub(MARGIN + 1), top.saturating_sub(MARGIN + 1));
    let (right, bottom) = (left + width + 2 * MARGIN + 2, top + height + 2 * MARGIN + 2);
    let across = (left..right).flat_map(|x| [(x, top), (x, bottom)]);
    let down = (top..bottom).flat_map(|y| [(left, y), (right, y)]);
    let mut counts = BTreeMap::new();
    for (x, y) in across.chain(down) {
        if let Some(Rgba([red, green, blue, _])) = picture.get_pixel_checked(x, y) {
            *counts.entry([*red, *green, *blue]).or_insert(0_u32) += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or([0; 3], |(color, _)| color)
}

impl PlacedLabel {
    /// Removes the label from the pixels of its picture.
    pub(super) fn erase(&self, picture: &mut RgbaImage) {
        let [left, top, width, height] = self.label.area;
        let [red, green, blue] = self.ground;
        for y in top.saturating_sub(MARGIN)..(top + height + MARGIN).min(picture.height()) {
            for x in left.saturating_sub(MARGIN)..(left + width + MARGIN).min(picture.width()) {
                picture.put_pixel(x, y, Rgba([red, green, blue, u8::MAX]));
            }
        }
    }

    /// Writes the label over the cells of its picture.
    pub(super) fn write(&self, cells: &mut BlockPicture) {
        let Some(start) = self.start else { return };
        let color = readable(self.label.color, self.ground, MIN_CONTRAST);
        for (cell, char) in self.label.cells(start).zip(self.label.text.chars()) {
            cells.put(cell, char, (color, self.ground));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the start of a PNG file with these labels.
    fn png(labels: &str) -> Vec<u8> {
        let mut file = vec![0; HEADER_BYTES];
        file.extend((labels.len() as u32).to_be_bytes());
        file.extend(CHUNK_TYPE);
        file.extend(labels.as_bytes());
        file
    }

    fn starts(labels: &str, cells: (usize, usize)) -> Vec<(String, Option<(usize, usize)>)> {
        let picture = RgbaImage::from_pixel(100, 100, Rgba([1, 2, 3, 255]));
        let placed = place(read(&png(labels)), &picture, cells);
        placed.into_iter().map(|it| (it.label.text, it.start)).collect()
    }

    #[test]
    fn labels_are_read_from_their_chunk() {
        let read = read(&png("10\t20\t30\t8\tright\tff8000\t0.5"));
        let expected = FigureLabel {
            area: [10, 20, 30, 8],
            flow: LabelFlow::Right,
            color: [255, 128, 0],
            text: "0.5".to_owned(),
        };
        assert_eq!(read, [expected]);
    }

    #[test]
    fn damaged_labels_are_left_out() {
        for labels in [
            "10\t20\t30\t8\tright\tff8000\t\u{1b}[0m",
            "10\t20\t30\t8\tright\tff8000\ta\u{202e}b",
            "10\t20\t-1\t8\tright\tff8000\ta",
            "10\t20\t30\t8\tright\tcolour\ta",
            "10\t20",
            "",
        ] {
            assert_eq!(read(&png(labels)), [], "{labels:?}");
        }
        let mut long = png("10\t20\t30\t8\tleft\tff8000\ta");
        long[HEADER_BYTES] = 255;
        assert_eq!(read(&long), []);
        assert_eq!(read(b"\x89PNG"), []);
    }

    #[test]
    fn labels_keep_their_fixed_end() {
        let labels = "50\t50\t20\t6\tleft\t0\tleft\n50\t10\t20\t6\tright\t0\tright\n\
                      40\t90\t20\t6\tcenter\t0\tmid\n0\t20\t6\t60\tup\t0\tup";
        let expected = [
            ("left".to_owned(), Some((10, 5))),
            ("right".to_owned(), Some((9, 1))),
            ("mid".to_owned(), Some((8, 9))),
            ("up".to_owned(), Some((0, 4))),
        ];
        assert_eq!(starts(labels, (20, 10)), expected);
    }

    #[test]
    fn labels_do_not_touch() {
        let labels =
            "0\t0\t10\t6\tleft\t0\tone\n10\t0\t10\t6\tleft\t0\ttwo\n40\t0\t10\t6\tleft\t0\tabc";
        let starts = starts(labels, (20, 10));
        assert_eq!(
            starts.iter().map(|it| it.1).collect::<Vec<_>>(),
            [Some((0, 0)), None, Some((8, 0))]
        );
    }

    #[test]
    fn long_labels_stay_pixels() {
        assert_eq!(starts("0\t0\t90\t6\tleft\t0\ta long label", (8, 4)), []);
        assert_eq!(starts("0\t0\t6\t90\tup\t0\tupright", (8, 4)), []);
        assert_eq!(starts("900\t900\t6\t9\tup\t0\tup", (8, 4)), []);
    }

    #[test]
    fn erased_labels_have_the_ground_of_their_surroundings() {
        let (ground, ink) = (Rgba([1, 2, 3, 255]), Rgba([250, 250, 250, 255]));
        let mut picture = RgbaImage::from_fn(40, 40, |x, y| {
            if (10..30).contains(&x) && (10..16).contains(&y) { ink } else { ground }
        });
        let placed = place(read(&png("10\t10\t20\t6\tleft\tffffff\tab")), &picture, (8, 4));
        for label in &placed {
            label.erase(&mut picture);
        }
        assert!(picture.pixels().all(|pixel| *pixel == ground));
    }
}
