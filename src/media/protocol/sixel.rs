//! DEC's sixels: unscaled pixels in at most 256 colours, in bands of six rows. A band is written colour
//! by colour, each as the columns that have it.

use std::collections::BTreeMap;

use color_quant::NeuQuant;
use image::{Rgba, RgbaImage};

/// Limit of the colours of a picture.
const MAX_COLORS: usize = 256;

/// Rows of a band.
const BAND_ROWS: usize = 6;

/// Pixels from which the colours of a photo are learnt.
const SAMPLES: usize = 60_000;

/// A colour's number in the picture; `None` for transparent pixels, which are not drawn.
type ColorIndex = Option<u8>;

/// Returns the sequence that draws a picture at the cursor.
pub(in crate::media) fn encode(picture: &RgbaImage) -> Vec<u8> {
    let (colors, indices) = exact(picture).unwrap_or_else(|| reduced(picture));
    let (width, height) = picture.dimensions();
    // 1: other pixels stay as they are. The raster attributes give square pixels and the size.
    let mut sequence = format!("\x1bP0;1;0q\"1;1;{width};{height}").into_bytes();
    for (number, color) in colors.iter().enumerate() {
        let [red, green, blue] = color.map(|channel| (u32::from(channel) * 100 + 127) / 255);
        sequence.extend(format!("#{number};2;{red};{green};{blue}").into_bytes());
    }
    let width = width as usize;
    let mut columns = vec![0; colors.len() * width];
    for band in indices.chunks(width.max(1) * BAND_ROWS) {
        write_band(band, width, &mut columns, &mut sequence);
    }
    sequence.extend(b"\x1b\\");
    sequence
}

/// Writes a band. `columns` has a zero for each colour and column, before and after.
fn write_band(band: &[ColorIndex], width: usize, columns: &mut [u8], sequence: &mut Vec<u8>) {
    let mut is_used = [false; MAX_COLORS];
    for (row, line) in band.chunks(width).enumerate() {
        for (column, color) in line.iter().enumerate() {
            if let Some(color) = color {
                columns[usize::from(*color) * width + column] |= 1 << row;
                is_used[usize::from(*color)] = true;
            }
        }
    }
    for (number, columns) in columns.chunks_mut(width).enumerate() {
        if is_used[number] {
            sequence.extend(format!("#{number}").into_bytes());
            let last = columns.iter().rposition(|column| *column != 0).map_or(0, |last| last + 1);
            columns[..last].chunk_by(|one, next| one == next).for_each(|run| repeat(run, sequence));
            // Back to the start of the band.
            sequence.push(b'$');
            columns.fill(0);
        }
    }
    sequence.push(b'-');
}

/// Writes a run of equal columns.
fn repeat(run: &[u8], sequence: &mut Vec<u8>) {
    let character = b'?' + run[0];
    if run.len() > 3 {
        sequence.extend(format!("!{}", run.len()).into_bytes());
        sequence.push(character);
    } else {
        sequence.extend(run.iter().map(|_| character));
    }
}

fn is_drawn(pixel: Rgba<u8>) -> bool {
    pixel.0[3] >= 128
}

fn channels(pixel: Rgba<u8>) -> [u8; 3] {
    let [red, green, blue, _] = pixel.0;
    [red, green, blue]
}

/// Returns the picture's own colours, unless it has too many.
fn exact(picture: &RgbaImage) -> Option<(Vec<[u8; 3]>, Vec<ColorIndex>)> {
    let mut numbers = BTreeMap::new();
    let mut colors = Vec::new();
    let mut indices = Vec::with_capacity(picture.pixels().len());
    for pixel in picture.pixels() {
        if !is_drawn(*pixel) {
            indices.push(None);
            continue;
        }
        let color = channels(*pixel);
        let number = *numbers.entry(color).or_insert_with(|| {
            colors.push(color);
            colors.len() - 1
        });
        indices.push(Some(u8::try_from(number).ok()?));
    }
    Some((colors, indices))
}

/// Chooses the colours that represent the picture best, and spreads the differences over neighbours
/// (Floyd and Steinberg).
fn reduced(picture: &RgbaImage) -> (Vec<[u8; 3]>, Vec<ColorIndex>) {
    let every = i32::try_from(picture.pixels().len() / SAMPLES).unwrap_or(i32::MAX).clamp(1, 30);
    let quantizer = NeuQuant::new(every, MAX_COLORS, picture.as_raw());
    let colors: Vec<[u8; 3]> =
        quantizer.color_map_rgb().chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]).collect();
    let mut nearest = NearestColors { quantizer, known: vec![None; 1 << 15] };
    let width = picture.width() as usize;
    // The differences that this row and the next get, with a column before and after.
    let (mut now, mut next) = (vec![[0_i32; 3]; width + 2], vec![[0_i32; 3]; width + 2]);
    let mut indices = Vec::with_capacity(picture.pixels().len());
    for row in picture.rows() {
        for (column, pixel) in row.enumerate() {
            if !is_drawn(*pixel) {
                indices.push(None);
                continue;
            }
            let mut wanted = channels(*pixel).map(i32::from);
            for (channel, difference) in wanted.iter_mut().zip(now[column + 1]) {
                *channel = (*channel + difference / 16).clamp(0, 255);
            }
            let number =
                nearest.find(wanted.map(|channel| u8::try_from(channel).unwrap_or(u8::MAX)));
            indices.push(Some(number));
            for (channel, shown) in colors[usize::from(number)].into_iter().enumerate() {
                let difference = wanted[channel] - i32::from(shown);
                now[column + 2][channel] += difference * 7;
                next[column][channel] += difference * 3;
                next[column + 1][channel] += difference * 5;
                next[column + 2][channel] += difference;
            }
        }
        std::mem::swap(&mut now, &mut next);
        next.fill([0; 3]);
    }
    (colors, indices)
}

/// Finds the nearest of the chosen colours, and remembers it for all colours that differ in three bits.
struct NearestColors {
    quantizer: NeuQuant,
    known: Vec<Option<u8>>,
}

impl NearestColors {
    fn find(&mut self, [red, green, blue]: [u8; 3]) -> u8 {
        let top = |channel: u8| usize::from(channel >> 3);
        let known = &mut self.known[(top(red) << 10) | (top(green) << 5) | top(blue)];
        *known.get_or_insert_with(|| self.quantizer.index_of(&[red, green, blue, 255]) as u8)
    }
}

#[cfg(test)]
pub(in crate::media) mod tests {
    use super::*;

    /// Returns what a terminal shows: as many rows as the bands have.
    pub(in crate::media) fn decoded(sequence: &[u8]) -> RgbaImage {
        let text = std::str::from_utf8(sequence).unwrap();
        let body = text.strip_prefix("\x1bP0;1;0q\"1;1;").unwrap().strip_suffix("\x1b\\").unwrap();
        let width = body.split(';').next().unwrap().parse().unwrap();
        let colors_at = body.find('#').unwrap_or(body.len());
        let bands = body.matches('-').count() as u32;
        let mut picture = RgbaImage::new(width, bands * 6);
        let mut palette = BTreeMap::new();
        let (mut color, mut column, mut band, mut count) = (0, 0, 0, 1);
        let mut rest = &body[colors_at..];
        while let Some(first) = rest.chars().next() {
            let digits = rest[1..].find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(0);
            let numbers: Vec<u32> =
                rest[1..=digits].split(';').filter_map(|number| number.parse().ok()).collect();
            rest = &rest[1 + if "#!".contains(first) { digits } else { 0 }..];
            match first {
                '#' => {
                    color = numbers[0];
                    if let [_, 2, red, green, blue] = numbers[..] {
                        let channels =
                            [red, green, blue].map(|percent| ((percent * 255 + 50) / 100) as u8);
                        palette.insert(color, channels);
                    }
                }
                '!' => count = numbers[0],
                '$' => column = 0,
                '-' => (column, band) = (0, band + 1),
                _ => {
                    for x in column..column + count {
                        for row in (0..6).filter(|row| (first as u32 - 63) & (1 << row) != 0) {
                            let [red, green, blue] = palette[&color];
                            let pixel = Rgba([red, green, blue, 255]);
                            picture.put_pixel(x, band * 6 + row, pixel);
                        }
                    }
                    (column, count) = (column + count, 1);
                }
            }
        }
        picture
    }

    fn differences(one: &RgbaImage, other: &RgbaImage) -> Vec<u8> {
        let pairs = one.enumerate_pixels().flat_map(|(x, y, pixel)| {
            pixel.0.into_iter().zip(other.get_pixel(x, y).0).collect::<Vec<_>>()
        });
        pairs.map(|(one, other)| one.abs_diff(other)).collect()
    }

    #[test]
    fn few_colors_are_exact() {
        let picture = RgbaImage::from_fn(12, 14, |x, y| match (x < 6, y < 7) {
            (true, true) => Rgba([255, 0, 0, 255]),
            (false, true) => Rgba([0, 255, 0, 255]),
            (true, false) => Rgba([0, 0, 255, 255]),
            (false, false) => Rgba([0, 0, 0, 0]),
        });
        let drawn = decoded(&encode(&picture));
        assert_eq!(drawn.dimensions(), (12, 18));
        assert!(differences(&picture, &drawn).iter().all(|difference| *difference == 0));
    }

    #[test]
    fn photos_keep_their_colors_on_average() {
        let picture = RgbaImage::from_fn(160, 90, |x, y| {
            Rgba([(x * 255 / 160) as u8, (y * 255 / 90) as u8, ((x + y) % 250) as u8, 255])
        });
        let drawn = decoded(&encode(&picture));
        let differences = differences(&picture, &drawn);
        let sum: u64 = differences.iter().copied().map(u64::from).sum();
        let average = sum / differences.len() as u64;
        assert!(average < 10, "{average}");
        // Dithering: a square of pixels is nearer than each of them.
        let of_square = |picture: &RgbaImage| -> [i64; 3] {
            let mut sums = [0; 3];
            for (x, y) in (40..56).flat_map(|x| (40..56).map(move |y| (x, y))) {
                for (sum, channel) in sums.iter_mut().zip(picture.get_pixel(x, y).0) {
                    *sum += i64::from(channel);
                }
            }
            sums.map(|sum| sum / 256)
        };
        let (should, is) = (of_square(&picture), of_square(&drawn));
        assert!(should.iter().zip(is).all(|(one, other)| (one - other).abs() <= 3), "{is:?}");
    }

    #[test]
    fn pictures_of_one_pixel_and_none_are_encoded() {
        let pixel = RgbaImage::from_pixel(1, 1, Rgba([255, 255, 255, 255]));
        assert_eq!(encode(&pixel), b"\x1bP0;1;0q\"1;1;1;1#0;2;100;100;100#0@$-\x1b\\");
        assert_eq!(encode(&RgbaImage::new(0, 0)), b"\x1bP0;1;0q\"1;1;0;0\x1b\\");
        assert_eq!(encode(&RgbaImage::new(2, 1)), b"\x1bP0;1;0q\"1;1;2;1-\x1b\\");
    }
}
