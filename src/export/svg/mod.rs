//! A painted buffer as an SVG picture: backgrounds, text, box-drawing characters and embedded
//! pictures, placed by cell.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr as _;

use super::palette::{CellStyle, Rgb, TerminalColors};
use super::shapes::{CELL_HEIGHT, CELL_WIDTH, Shape, shapes};
use crate::view::{self, LargeGlyph, Overlay};

/// Returns a buffer as SVG. `pictures` are its overlays with the bytes of their files (PNG, JPEG or
/// GIF).
pub fn svg(buffer: &Buffer, pictures: &[(Overlay, Vec<u8>)], colors: &TerminalColors) -> String {
    let (width, height) = (across(buffer.area.width), down(buffer.area.height));
    let mut writer = SvgWriter(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\">\n"
    ));
    writer.rect(0.0, 0.0, width, height, colors.background);
    for row in 0..buffer.area.height {
        let glyphs = glyphs(buffer, row, colors);
        writer.backgrounds(row, &glyphs, colors);
        writer.drawings(row, &glyphs);
        writer.texts(row, &glyphs);
        writer.rules(row, &glyphs);
    }
    for (overlay, bytes) in pictures {
        writer.picture(overlay, bytes, (buffer.area.x, buffer.area.y));
    }
    writer.0.push_str("</svg>\n");
    writer.0
}

const FONTS: &str = "ui-monospace,'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,\
    monospace";

/// Font size of text, in SVG units.
const FONT_SIZE: f32 = 16.0;

/// Baseline of text, from the top of its cell.
const BASELINE: f32 = 15.0;

/// A character and the columns it occupies.
struct SvgGlyph<'a> {
    column: u16,
    columns: u16,
    symbol: &'a str,
    style: CellStyle,
    /// Its size, in multiples of the font size.
    scale: f32,
}

impl SvgGlyph<'_> {
    /// Whether adjacent glyphs like this stay in their columns when drawn as one text.
    fn flows(&self) -> bool {
        let fills_columns = f32::from(self.columns) <= self.scale;
        fills_columns && self.symbol.chars().all(|c| c.is_ascii() || c.is_alphanumeric())
    }

    fn is_blank(&self) -> bool {
        self.style.hidden || self.symbol.trim().is_empty()
    }
}

/// Returns a row's glyphs. The content of cells covered by wide ones is ignored.
fn glyphs<'a>(buffer: &'a Buffer, row: u16, colors: &TerminalColors) -> Vec<SvgGlyph<'a>> {
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
        found.push(SvgGlyph { column, columns, symbol, style: colors.cell_style(cell), scale });
        column += columns;
    }
    found
}

/// Returns the scale of a large grapheme.
fn scale(large: LargeGlyph<'_>) -> f32 {
    let size = f32::from(u8::try_from(large.rows).unwrap_or(u8::MAX));
    if large.is_raised { size / 2.0 } else { size }
}

/// Splits a row into runs of adjacent glyphs for which `same` holds.
fn runs<'a, 'b>(
    glyphs: &'a [SvgGlyph<'b>],
    same: impl Fn(&SvgGlyph<'b>, &SvgGlyph<'b>) -> bool,
) -> impl Iterator<Item = GlyphRun<'a, 'b>> {
    glyphs.chunk_by(same).map(GlyphRun)
}

/// Adjacent glyphs, at least one.
struct GlyphRun<'a, 'b>(&'a [SvgGlyph<'b>]);

impl<'b> GlyphRun<'_, 'b> {
    fn first(&self) -> &SvgGlyph<'b> {
        &self.0[0]
    }

    fn left(&self) -> f32 {
        across(self.first().column)
    }

    fn width(&self) -> f32 {
        across(self.0.iter().map(|glyph| glyph.columns).sum())
    }

    fn text(&self) -> String {
        self.0.iter().map(|glyph| glyph.symbol).collect()
    }
}

/// Appends elements to a document.
struct SvgWriter(String);

impl SvgWriter {
    fn backgrounds(&mut self, row: u16, glyphs: &[SvgGlyph<'_>], colors: &TerminalColors) {
        for run in runs(glyphs, |a, b| a.style.background == b.style.background) {
            if run.first().style.background != colors.background {
                self.rect(
                    run.left(),
                    down(row),
                    run.width(),
                    CELL_HEIGHT,
                    run.first().style.background,
                );
            }
        }
    }

    fn drawings(&mut self, row: u16, glyphs: &[SvgGlyph<'_>]) {
        for run in runs(glyphs, |a, b| a.symbol == b.symbol && a.style == b.style) {
            let Some(shapes) = shapes(run.first().symbol) else { continue };
            if run.first().style.hidden {
                continue;
            }
            if shapes.iter().all(Shape::spans) {
                self.shapes(&shapes, run.left(), row, run.width(), &run.first().style);
            } else {
                for glyph in run.0 {
                    self.shapes(&shapes, across(glyph.column), row, CELL_WIDTH, &glyph.style);
                }
            }
        }
    }

    /// Draws the shapes of one character; those that span the cell are stretched to `width`.
    fn shapes(&mut self, shapes: &[Shape], left: f32, row: u16, width: f32, style: &CellStyle) {
        for shape in shapes {
            match *shape {
                Shape::Rect(x, y, w, h, cover) => {
                    let w = if shape.spans() { width } else { w };
                    let cover = if style.dim { cover * DIM_OPACITY } else { cover };
                    self.cover(left + x, down(row) + y, w, h, style.text, cover);
                }
                Shape::Path(path) => self.push(format_args!(
                    "<path transform=\"translate({left} {})\" d=\"{path}\" fill=\"none\" \
                     stroke=\"{}\" stroke-width=\"2\"{}/>\n",
                    down(row),
                    style.text,
                    if style.dim { " stroke-opacity=\"0.6\"" } else { "" },
                )),
            }
        }
    }

    fn texts(&mut self, row: u16, glyphs: &[SvgGlyph<'_>]) {
        let is_text = |glyph: &SvgGlyph<'_>| !glyph.is_blank() && shapes(glyph.symbol).is_none();
        let same = |a: &SvgGlyph<'_>, b: &SvgGlyph<'_>| {
            a.style == b.style
                && a.scale.to_bits() == b.scale.to_bits()
                && (a.flows() && b.flows() || a.is_blank() && b.is_blank())
        };
        for run in runs(glyphs, same) {
            let Some(start) = run.0.iter().position(is_text) else { continue };
            let end = run.0.iter().rposition(is_text).map_or(start, |last| last + 1);
            self.text(row, &GlyphRun(&run.0[start..end]));
        }
    }

    fn text(&mut self, row: u16, run: &GlyphRun<'_, '_>) {
        let (first, y) = (run.first(), down(row) + BASELINE * run.first().scale);
        if first.flows() {
            let (left, width) = (run.left(), run.width());
            self.push(format_args!("<text x=\"{left}\" y=\"{y}\" textLength=\"{width}\""));
        } else {
            let middle = run.left() + run.width() / 2.0;
            self.push(format_args!("<text x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\""));
        }
        self.push(format_args!(" fill=\"{}\"", first.style.text));
        if first.scale.to_bits() != 1.0_f32.to_bits() {
            self.push(format_args!(" font-size=\"{}\"", FONT_SIZE * first.scale));
        }
        for (wanted, attribute) in [
            (first.style.bold, " font-weight=\"bold\""),
            (first.style.italic, " font-style=\"italic\""),
            (first.style.dim, " fill-opacity=\"0.6\""),
            (run.text().contains(' '), " xml:space=\"preserve\""),
        ] {
            self.0.push_str(if wanted { attribute } else { "" });
        }
        self.push(format_args!(">{}</text>\n", escape(&run.text())));
    }

    /// Draws underlines and strike-throughs, of blanks, too.
    fn rules(&mut self, row: u16, glyphs: &[SvgGlyph<'_>]) {
        for run in runs(glyphs, |a, b| a.style == b.style) {
            let (style, left, width) = (run.first().style, run.left(), run.width());
            let cover = if style.dim { DIM_OPACITY } else { 1.0 };
            if style.underlined {
                self.cover(left, down(row) + 17.0, width, 1.0, style.line, cover);
            }
            if style.struck {
                self.cover(left, down(row) + 10.0, width, 1.0, style.text, cover);
            }
        }
    }

    /// Embeds a picture, cropped to its visible rows.
    fn picture(&mut self, overlay: &Overlay, bytes: &[u8], origin: (u16, u16)) {
        let x = across(overlay.area.x.saturating_sub(origin.0));
        let y = down(overlay.area.y.saturating_sub(origin.1));
        let (width, height) = (across(overlay.area.width), down(overlay.area.height));
        let (whole_width, whole_height) = (across(overlay.whole.0), rows(overlay.whole.1));
        self.push(format_args!(
            "<svg x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"><image y=\"-{}\" \
             width=\"{whole_width}\" height=\"{whole_height}\" preserveAspectRatio=\"none\" \
             href=\"data:{};base64,{}\"/></svg>\n",
            rows(overlay.skipped),
            media_type(bytes),
            STANDARD.encode(bytes),
        ));
    }

    fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, fill: Rgb) {
        self.cover(x, y, width, height, fill, 1.0);
    }

    /// Draws a rectangle with an opacity. Edges are not anti-aliased: adjacent ones must not show a
    /// seam.
    fn cover(&mut self, x: f32, y: f32, width: f32, height: f32, fill: Rgb, cover: f32) {
        self.push(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\" \
             shape-rendering=\"crispEdges\""
        ));
        if cover < 1.0 {
            self.push(format_args!(" fill-opacity=\"{cover}\""));
        }
        self.0.push_str("/>\n");
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.0.write_fmt(text).expect("writing to a string does not fail");
    }
}

/// Opacity of dimmed text.
const DIM_OPACITY: f32 = 0.6;

fn across(columns: u16) -> f32 {
    f32::from(columns) * CELL_WIDTH
}

fn down(row: u16) -> f32 {
    f32::from(row) * CELL_HEIGHT
}

#[expect(clippy::cast_precision_loss, reason = "exact up to millions of rows")]
fn rows(count: u32) -> f32 {
    count as f32 * CELL_HEIGHT
}

/// Returns the media type of a picture's bytes.
fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, ..] => "image/jpeg",
        [b'G', b'I', b'F', ..] => "image/gif",
        _ => "image/png",
    }
}

/// Escapes text for XML; characters that XML does not allow become the replacement character.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
