//! A painted buffer as drawing operations: backgrounds, text and drawn characters at the positions of
//! their cells, then pictures. Each document format is a [`Canvas`].

mod text_runs;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::palette::{CellStyle, Rgb, TerminalColors};
use super::shapes::{CELL_HEIGHT, CELL_WIDTH, Curve, Shape, shapes};
use crate::media::DocumentPicture;
use crate::view::{self, LargeGlyph, Overlay};

/// Opacity of dim text.
const DIM_OPACITY: f32 = 0.6;

/// Where the underline and the line through text are in a cell, from its top.
const UNDERLINE_Y: f32 = 17.0;
const STRIKE_Y: f32 = 10.0;

/// A rectangle in the units of [`CELL_WIDTH`] and [`CELL_HEIGHT`], from the upper left corner of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    /// Left edge.
    pub(super) x: f32,
    /// Upper edge.
    pub(super) y: f32,
    /// Width.
    pub(super) width: f32,
    /// Height.
    pub(super) height: f32,
}

/// How text fills the cells of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TextFit {
    /// Every character fills its columns in a monospaced font.
    Columns,
    /// It is one character, in the middle of its columns.
    Centred,
    /// It is a word whose letters depend on each other: shaped as a whole, and as wide as its columns.
    /// Words that are written from right to left are one run with what is between them.
    Shaped,
}

/// The factors by which a shaped word may be made narrower or wider than its font has it.
const MIN_STRETCH: f32 = 0.1;
const MAX_STRETCH: f32 = 1.2;

/// The part of their columns that Chinese, Japanese and Korean characters fill, as in terminals: they are
/// as wide as their font is high, which is a little less. Readers of PDF files see blanks in wider gaps.
const FILLED: f32 = 0.94;

/// Characters that fill less of their columns than this, such as arrows, keep their width.
const MIN_FILLED: f32 = 0.75;

/// How far the middle of ideographs is above their baseline, in multiples of the font's size.
#[cfg(feature = "pdf")]
const IDEOGRAPH_MIDDLE: f32 = 0.38;

/// Returns how far characters that are enlarged by a factor are moved down, in multiples of the font's size:
/// they grow from their middle, not into the row above.
#[cfg(feature = "pdf")]
pub(super) fn lowering(stretch: f32) -> f32 {
    IDEOGRAPH_MIDDLE * (stretch - 1.0).max(0.0)
}

impl TextFit {
    /// Returns the factor that fits text into its columns, and the margin that is left on both sides.
    pub(super) fn stretch(self, natural: f32, columns: f32) -> (f32, f32) {
        let fills_most = (MIN_FILLED..FILLED).contains(&(natural / columns));
        let most = match self {
            Self::Shaped => MAX_STRETCH,
            Self::Centred if fills_most => FILLED * columns / natural,
            Self::Columns | Self::Centred => 1.0,
        };
        let stretch = if natural > 0.0 { columns / natural } else { 1.0 };
        let stretch = stretch.clamp(MIN_STRETCH, most);
        (stretch, (columns - natural * stretch) / 2.0)
    }
}

/// Text of one style in one row.
#[derive(Clone, Debug)]
pub(super) struct TextRun {
    /// The cells that it covers; the height is that of one cell, whatever the scale.
    pub(super) area: Area,
    /// What it says.
    pub(super) text: String,
    /// Its style.
    pub(super) style: CellStyle,
    /// Its opacity, from 0 to 1.
    pub(super) opacity: f32,
    /// Its size, in multiples of the normal text size.
    pub(super) scale: f32,
    /// How it fills its cells.
    pub(super) fit: TextFit,
    /// What it belongs to; neighbours of different groups are different runs.
    pub(super) group: u64,
}

/// A picture, cropped to the rows that are visible.
#[derive(Clone, Copy, Debug)]
pub(super) struct CroppedPicture<'a> {
    /// The visible part.
    pub(super) visible: Area,
    /// The whole picture.
    pub(super) whole: Area,
    /// Its path, as the deck names it.
    #[cfg(feature = "pdf")]
    pub(super) name: &'a str,
    /// What it shows.
    pub(super) content: &'a DocumentPicture,
}

/// Something that a page can be drawn on.
pub(super) trait Canvas {
    /// Fills a rectangle. Neighbours must meet without a seam.
    fn rect(&mut self, area: Area, color: Rgb, opacity: f32);
    /// Draws a line of two units' width along a curve in the cell whose corner is at `origin`.
    fn curve(&mut self, origin: (f32, f32), curve: Curve, color: Rgb, opacity: f32);
    /// Writes text.
    fn text(&mut self, run: &TextRun);
    /// Shows a picture.
    fn picture(&mut self, picture: CroppedPicture<'_>);
}

/// The size of a page, in the units of an [`Area`].
pub(super) fn page_size(buffer: &Buffer) -> (f32, f32) {
    (across(buffer.area.width), down(buffer.area.height))
}

/// Returns the area of cells.
pub(super) fn area(cells: Rect) -> Area {
    Area {
        x: across(cells.x),
        y: down(cells.y),
        width: across(cells.width),
        height: down(cells.height),
    }
}

/// Draws a buffer and its pictures. `colors` are those that a terminal would choose itself.
pub(super) fn draw(
    buffer: &Buffer,
    pictures: &[(Overlay, DocumentPicture)],
    colors: &TerminalColors,
    canvas: &mut impl Canvas,
) {
    // Draws one kind after another, so that shapes that continue in the next row follow each other.
    let rows = Rows::new(buffer, colors, &|_, _| 0);
    rows.draw_backgrounds(page_size(buffer), colors, canvas);
    rows.draw_characters(canvas);
    rows.texts(|run| canvas.text(&run));
    rows.draw_lines(canvas);
    for (overlay, content) in pictures {
        canvas.picture(crop(overlay, content, (buffer.area.x, buffer.area.y)));
    }
}

/// Draws what is behind the text on the first canvas; drawn characters and the lines below and through
/// text on the second.
pub(super) fn draw_without_text(
    buffer: &Buffer,
    colors: &TerminalColors,
    behind: &mut impl Canvas,
    lines: &mut impl Canvas,
) {
    let rows = Rows::new(buffer, colors, &|_, _| 0);
    rows.draw_backgrounds(page_size(buffer), colors, behind);
    rows.draw_characters(lines);
    rows.draw_lines(lines);
}

/// Returns the text of a buffer, row by row. `group` returns what a cell, by its column and row, belongs
/// to.
pub(super) fn text_runs(
    buffer: &Buffer,
    colors: &TerminalColors,
    group: &dyn Fn(u16, u16) -> u64,
) -> Vec<TextRun> {
    let mut runs = Vec::new();
    Rows::new(buffer, colors, group).texts(|run| runs.push(run));
    runs
}

/// The glyphs of each row.
struct Rows<'a>(Vec<(u16, Vec<PlacedGlyph<'a>>)>);

impl<'a> Rows<'a> {
    fn new(buffer: &'a Buffer, colors: &TerminalColors, group: &dyn Fn(u16, u16) -> u64) -> Self {
        let rows = 0..buffer.area.height;
        Self(rows.map(|row| (row, glyphs(buffer, row, colors, group))).collect())
    }

    fn draw_backgrounds(
        &self,
        (width, height): (f32, f32),
        colors: &TerminalColors,
        canvas: &mut impl Canvas,
    ) {
        canvas.rect(Area { x: 0.0, y: 0.0, width, height }, colors.background, 1.0);
        for (row, glyphs) in &self.0 {
            backgrounds(*row, glyphs, colors, canvas);
        }
    }

    fn draw_characters(&self, canvas: &mut impl Canvas) {
        for (row, glyphs) in &self.0 {
            drawn_characters(*row, glyphs, canvas);
        }
    }

    fn texts(&self, mut found: impl FnMut(TextRun)) {
        for (row, glyphs) in &self.0 {
            text_runs::text_runs(*row, glyphs, &mut found);
        }
    }

    fn draw_lines(&self, canvas: &mut impl Canvas) {
        for (row, glyphs) in &self.0 {
            lines(*row, glyphs, canvas);
        }
    }
}

/// A character in its row, with all the columns it covers.
struct PlacedGlyph<'a> {
    column: u16,
    columns: u16,
    symbol: &'a str,
    style: CellStyle,
    scale: f32,
    group: u64,
}

impl PlacedGlyph<'_> {
    fn opacity(&self) -> f32 {
        if self.style.dim { DIM_OPACITY } else { 1.0 }
    }
}

/// The glyphs of a row. A wide glyph owns the cells it covers, whatever they contain.
fn glyphs<'a>(
    buffer: &'a Buffer,
    row: u16,
    colors: &TerminalColors,
    group: &dyn Fn(u16, u16) -> u64,
) -> Vec<PlacedGlyph<'a>> {
    let mut found = Vec::with_capacity(usize::from(buffer.area.width));
    let mut column = 0;
    while column < buffer.area.width {
        let at = (buffer.area.x.saturating_add(column), buffer.area.y.saturating_add(row));
        let Some(cell) = buffer.cell(at) else { break };
        let (symbol, width, scale) = match view::large_glyph(cell.symbol()) {
            Some(large) => (large.grapheme, large.columns, scale(large)),
            None => (cell.symbol(), cell.symbol().width(), 1.0),
        };
        let width = u16::try_from(width).unwrap_or(1).max(1);
        let columns = width.min(buffer.area.width - column);
        let (style, group) = (colors.cell_style(cell), group(column, row));
        found.push(PlacedGlyph { column, columns, symbol, style, scale, group });
        column += columns;
    }
    found
}

fn scale(large: LargeGlyph<'_>) -> f32 {
    let size = f32::from(u8::try_from(large.rows).unwrap_or(u8::MAX));
    if large.is_raised { size / 2.0 } else { size }
}

/// Neighbouring glyphs, at least one.
struct GlyphRun<'a, 'b>(&'a [PlacedGlyph<'b>]);

impl<'b> GlyphRun<'_, 'b> {
    fn first(&self) -> &PlacedGlyph<'b> {
        &self.0[0]
    }

    fn area(&self, row: u16) -> Area {
        let columns = self.0.iter().map(|glyph| glyph.columns).sum();
        Area {
            x: across(self.first().column),
            y: down(row),
            width: across(columns),
            height: CELL_HEIGHT,
        }
    }
}

/// Splits a row into runs of neighbours that are the `same`.
fn runs<'a, 'b>(
    glyphs: &'a [PlacedGlyph<'b>],
    same: impl Fn(&PlacedGlyph<'b>, &PlacedGlyph<'b>) -> bool,
) -> impl Iterator<Item = GlyphRun<'a, 'b>> {
    glyphs.chunk_by(same).map(GlyphRun)
}

fn backgrounds(
    row: u16,
    glyphs: &[PlacedGlyph<'_>],
    colors: &TerminalColors,
    canvas: &mut impl Canvas,
) {
    for run in runs(glyphs, |a, b| a.style.background == b.style.background) {
        let background = run.first().style.background;
        if background != colors.background {
            canvas.rect(run.area(row), background, 1.0);
        }
    }
}

fn drawn_characters(row: u16, glyphs: &[PlacedGlyph<'_>], canvas: &mut impl Canvas) {
    let same = |a: &PlacedGlyph<'_>, b: &PlacedGlyph<'_>| {
        a.symbol == b.symbol && a.style == b.style && a.scale.to_bits() == b.scale.to_bits()
    };
    for run in runs(glyphs, same) {
        let first = run.first();
        let Some(shapes) = shapes(first.symbol).filter(|_| !first.style.hidden) else { continue };
        if shapes.iter().all(Shape::spans) {
            draw_shapes(&shapes, run.area(row), first, canvas);
        } else {
            for glyph in run.0 {
                let area = GlyphRun(std::slice::from_ref(glyph)).area(row);
                let width = CELL_WIDTH * glyph.scale;
                draw_shapes(&shapes, Area { width, ..area }, glyph, canvas);
            }
        }
    }
}

/// Draws the shapes of one character, stretching those that span the cell to the width of the area.
fn draw_shapes(shapes: &[Shape], area: Area, glyph: &PlacedGlyph<'_>, canvas: &mut impl Canvas) {
    let scale = glyph.scale;
    for shape in shapes {
        match *shape {
            Shape::Rect(x, y, width, height, opacity) => {
                let width = if shape.spans() { area.width } else { width * scale };
                let (x, y) = (area.x + x * scale, area.y + y * scale);
                let part = Area { x, y, width, height: height * scale };
                canvas.rect(part, glyph.style.text, opacity * glyph.opacity());
            }
            Shape::Curve(curve) => {
                let curve = curve.scaled(scale);
                canvas.curve((area.x, area.y), curve, glyph.style.text, glyph.opacity());
            }
        }
    }
}

/// Lines below and through text, blanks included, but not the rows that large text of another row covers.
fn lines(row: u16, glyphs: &[PlacedGlyph<'_>], canvas: &mut impl Canvas) {
    let same = |a: &PlacedGlyph<'_>, b: &PlacedGlyph<'_>| {
        let is_alike = a.style == b.style && a.scale.to_bits() == b.scale.to_bits();
        is_alike && a.symbol.is_empty() == b.symbol.is_empty()
    };
    for run in runs(glyphs, same) {
        let (area, first) = (run.area(row), run.first());
        if first.symbol.is_empty() {
            continue;
        }
        let line = |y| Area { y: area.y + y * first.scale, height: first.scale, ..area };
        if first.style.underlined {
            canvas.rect(line(UNDERLINE_Y), first.style.line, first.opacity());
        }
        if first.style.struck {
            canvas.rect(line(STRIKE_Y), first.style.text, first.opacity());
        }
    }
}

fn crop<'a>(
    overlay: &'a Overlay,
    content: &'a DocumentPicture,
    origin: (u16, u16),
) -> CroppedPicture<'a> {
    let visible = Area {
        x: across(overlay.area.x.saturating_sub(origin.0)),
        y: down(overlay.area.y.saturating_sub(origin.1)),
        width: across(overlay.area.width),
        height: down(overlay.area.height),
    };
    let whole = Area {
        y: visible.y - rows(overlay.skipped),
        width: across(overlay.whole.0),
        height: rows(overlay.whole.1),
        ..visible
    };
    CroppedPicture {
        visible,
        whole,
        #[cfg(feature = "pdf")]
        name: overlay.key.description(),
        content,
    }
}

fn across(columns: u16) -> f32 {
    f32::from(columns) * CELL_WIDTH
}

fn down(row: u16) -> f32 {
    f32::from(row) * CELL_HEIGHT
}

#[expect(clippy::cast_precision_loss, reason = "a picture of a million rows may be a pixel off")]
fn rows(count: u32) -> f32 {
    count as f32 * CELL_HEIGHT
}
