//! Drawings in terminals without pixels: shapes as braille dots, eight in a cell, and text as text.

use image::RgbaImage;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::ansi::Channels;
use crate::draw::PlacedText;

/// Columns and rows of dots in a cell.
const DOTS: (u32, u32) = (2, 4);

/// Samples along each side of a dot. Lines are thinner than dots: one sample is enough to set one.
const SAMPLES: u32 = 3;

/// Minimum difference of the colours of dots and their ground, as the sum of the channels.
const MIN_DIFFERENCE: u32 = 60;

/// How much wider a text may be than its place: a cut word says less than a narrow margin.
const MAX_OVERLAP: f32 = 1.3;

/// The part of a cell's samples from which on the ground of the slide is that of the cell.
const MIN_BEHIND_PERCENT: usize = 40;

/// Below this difference, two colours count as one.
const SAME_COLOR: u32 = 12;

/// The bit of each dot in U+2800 to U+28FF, by row and column.
const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// A drawing as cells.
#[derive(Clone, Debug)]
pub(in crate::media) struct DottedPicture {
    columns: u16,
    cells: Vec<DottedCell>,
}

/// A cell of a drawing.
#[derive(Clone, Debug)]
struct DottedCell {
    /// Empty if the cell to the left covers this one.
    symbol: String,
    text: Channels,
    /// None for that of the slide.
    ground: Option<Channels>,
}

/// Returns the pixels to draw for this many cells.
pub(in crate::media) fn sampled_size((columns, rows): (u16, u32)) -> (u32, u32) {
    (u32::from(columns).saturating_mul(DOTS.0 * SAMPLES), rows.saturating_mul(DOTS.1 * SAMPLES))
}

impl DottedPicture {
    /// Converts the shapes of a drawing, in [`sampled_size`], on a ground.
    pub(in crate::media) fn new(shapes: &RgbaImage, ground: Channels) -> Self {
        let (width, height) = (DOTS.0 * SAMPLES, DOTS.1 * SAMPLES);
        let (columns, rows) = (shapes.width() / width, shapes.height() / height);
        let mut cells = Vec::with_capacity(columns as usize * rows as usize);
        for row in 0..rows {
            for column in 0..columns {
                cells.push(cell(shapes, (column * width, row * height), ground));
            }
        }
        Self { columns: columns as u16, cells }
    }

    /// Writes the lines of text of a drawing of this size over its shapes.
    pub(in crate::media) fn write(&mut self, texts: &[PlacedText], (width, height): (f32, f32)) {
        let columns = f32::from(self.columns);
        let rows = self.cells.len() / usize::from(self.columns.max(1));
        #[expect(clippy::cast_precision_loss, reason = "a drawing has few rows")]
        let down = rows as f32 / height;
        let across = columns / width;
        for text in texts {
            #[expect(clippy::cast_sign_loss, reason = "`as` saturates")]
            let row = (text.middle * down).floor().max(0.0) as usize;
            #[expect(clippy::cast_sign_loss, reason = "`as` saturates")]
            let room = (text.width * across * MAX_OVERLAP).ceil().max(1.0) as usize + 2;
            let fitted = cut(&text.text, room);
            #[expect(clippy::cast_precision_loss, reason = "it fits")]
            let start = text.center * across - fitted.width() as f32 / 2.0;
            #[expect(clippy::cast_sign_loss, reason = "`as` saturates")]
            let start = (start.round().max(0.0) as usize)
                .min(usize::from(self.columns).saturating_sub(fitted.width()));
            if row < rows {
                self.put(row, start, &fitted, text.color);
            }
        }
    }

    fn put(&mut self, row: usize, column: usize, text: &str, color: Channels) {
        let mut at = column;
        for grapheme in text.graphemes(true) {
            let width = grapheme.width().max(1);
            if at + width > usize::from(self.columns) {
                return;
            }
            for part in 0..width {
                let symbol = if part == 0 { grapheme } else { "" };
                let index = row * usize::from(self.columns) + at + part;
                if let Some(cell) = self.cells.get_mut(index) {
                    symbol.clone_into(&mut cell.symbol);
                    cell.text = color;
                }
            }
            at += width;
        }
    }

    /// Returns the memory it takes in bytes.
    pub(in crate::media) fn len(&self) -> usize {
        self.cells.len() * (size_of::<DottedCell>() + DOTS.1 as usize)
    }

    /// Paints it into `area`, from row `skipped` of its cells on.
    pub(in crate::media) fn paint(&self, area: Rect, skipped: u32, buffer: &mut Buffer) {
        let rows = self.cells.chunks(usize::from(self.columns.max(1)));
        for (cells, y) in rows.skip(skipped as usize).zip(area.top()..area.bottom()) {
            for (dotted, x) in cells.iter().zip(area.left()..area.right()) {
                let Some(cell) = buffer.cell_mut((x, y)) else { continue };
                let rgb = |[red, green, blue]: Channels| Color::Rgb(red, green, blue);
                cell.set_symbol(&dotted.symbol).set_fg(rgb(dotted.text));
                if let Some(ground) = dotted.ground {
                    cell.set_bg(rgb(ground));
                }
                cell.modifier = Modifier::empty();
            }
        }
    }
}

/// Converts the samples of one cell: the most frequent colour is its ground, the one that differs most
/// that of the dots.
fn cell(shapes: &RgbaImage, (left, top): (u32, u32), behind: Channels) -> DottedCell {
    let (width, height) = (DOTS.0 * SAMPLES, DOTS.1 * SAMPLES);
    let mut samples = Vec::with_capacity((width * height) as usize);
    for y in top..top + height {
        for x in left..left + width {
            let [red, green, blue, alpha] = shapes.get_pixel(x, y).0.map(u32::from);
            let mut color = behind;
            for (channel, over) in color.iter_mut().zip([red, green, blue]) {
                let under = u32::from(*channel);
                *channel = ((over * alpha + under * (255 - alpha)) / 255) as u8;
            }
            samples.push(color);
        }
    }
    let is_behind = |color: &&Channels| difference(**color, behind) < SAME_COLOR;
    let blank = samples.iter().filter(is_behind).count();
    let ground = if blank * 100 >= samples.len() * MIN_BEHIND_PERCENT {
        behind
    } else {
        most_frequent(&samples)
    };
    let text = samples.iter().copied().max_by_key(|color| difference(*color, ground));
    let text = text.unwrap_or(ground);
    let kept = (difference(ground, behind) >= MIN_DIFFERENCE / 4).then_some(ground);
    if difference(text, ground) < MIN_DIFFERENCE {
        return DottedCell { symbol: " ".to_owned(), text, ground: kept };
    }
    let mut bits = 0;
    for (row, columns) in BITS.iter().enumerate() {
        for (column, bit) in columns.iter().enumerate() {
            let is_set = (0..SAMPLES * SAMPLES).filter(|sample| {
                let x = column as u32 * SAMPLES + sample % SAMPLES;
                let y = row as u32 * SAMPLES + sample / SAMPLES;
                let color = samples[(y * width + x) as usize];
                difference(color, ground) > difference(color, text)
            });
            if is_set.count() >= 2 {
                bits |= bit;
            }
        }
    }
    let symbol = match bits {
        0 => ' ',
        bits => char::from_u32(0x2800 + bits).unwrap_or(' '),
    };
    DottedCell { symbol: symbol.to_string(), text, ground: kept }
}

fn most_frequent(samples: &[Channels]) -> Channels {
    let mut counts: Vec<(Channels, u32)> = Vec::new();
    for sample in samples {
        match counts.iter_mut().find(|(color, _)| difference(*color, *sample) < SAME_COLOR) {
            Some((_, count)) => *count += 1,
            None => counts.push((*sample, 1)),
        }
    }
    counts.iter().max_by_key(|(_, count)| *count).map_or([0; 3], |(color, _)| *color)
}

fn difference(one: Channels, other: Channels) -> u32 {
    one.iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(other))).sum()
}

/// Cuts a text to a width, with `…` at its end.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        if kept.width() + grapheme.width() + 1 > width {
            break;
        }
        kept.push_str(grapheme);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    const WHITE: Channels = [255; 3];
    const BLACK: Channels = [0; 3];

    fn rows(picture: &DottedPicture) -> Vec<String> {
        let rows = picture.cells.chunks(picture.columns.into());
        rows.map(|row| row.iter().map(|cell| cell.symbol.as_str()).collect()).collect()
    }

    #[test]
    fn thin_lines_are_dots_in_their_colour() {
        // A line one sample thick, one dot below the top.
        let line = RgbaImage::from_fn(12, 12, |_, y| {
            if y == 4 { Rgba([255, 255, 255, 255]) } else { Rgba([0; 4]) }
        });
        let picture = DottedPicture::new(&line, BLACK);
        assert_eq!(rows(&picture), ["⠒⠒"]);
        assert_eq!((picture.cells[0].text, picture.cells[0].ground), (WHITE, None));
    }

    #[test]
    fn text_is_written_over_shapes() {
        let blank = RgbaImage::new(60, 24);
        let mut picture = DottedPicture::new(&blank, BLACK);
        let text = |text: &str, center, middle, width| PlacedText {
            text: text.to_owned(),
            center,
            middle,
            width,
            color: WHITE,
        };
        let texts = [text("abc", 50.0, 5.0, 30.0), text("long text", 50.0, 35.0, 20.0)];
        picture.write(&texts, (100.0, 40.0));
        assert_eq!(rows(&picture), ["    abc   ", "   long…  "]);
    }

    #[test]
    fn painting_starts_below_the_skipped_rows() {
        let blank = RgbaImage::new(12, 24);
        let mut picture = DottedPicture::new(&blank, BLACK);
        picture.put(1, 0, "x", WHITE);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 2));
        picture.paint(Rect::new(1, 0, 2, 1), 1, &mut buffer);
        assert_eq!(buffer[(1, 0)].symbol(), "x");
        assert_eq!(buffer[(0, 0)].symbol(), " ");
    }
}
