//! Formulas in lines: pictures in the colour of the text around them, as high as a row where they can be
//! read at that height, otherwise with rows above or below it. Where there are no pixels they are text.

use std::sync::Arc;

use super::context::LayoutContext;
use super::drawing::{DrawingColors, line_drawing};
use super::inputs::{PictureContent, PictureKey, PixelSize};
use super::text::{DIM, StyledText};
use super::text_row::{LinePicture, TextFormat};
use crate::ansi;
use crate::deck::LineFormula;

/// The height of a row of text, in units of a drawn formula.
pub const FORMULA_ROW_UNITS: u32 = 20;

/// Appends a formula to a line.
pub(super) fn push(
    line: &mut StyledText,
    formula: &LineFormula,
    format: TextFormat,
    context: &LayoutContext<'_>,
) {
    let measures = &context.inputs.measures;
    match measures.content {
        PictureContent::Pixels => {}
        PictureContent::Text => return line.push(&formula.written(), format),
        PictureContent::Blank => {
            // Wraps like the text.
            let blank = |c: char| if c == ' ' { ' ' } else { '\u{a0}' };
            let blanks: String = formula.written().chars().map(blank).collect();
            return line.push(&blanks, format);
        }
    }
    let drawing = line_drawing(formula, context.theme());
    let key = PictureKey::Drawing(Arc::clone(&drawing));
    match measures.pictures.get(&key) {
        Some(Ok(_)) if context.inputs.size.is_coarse => line.push(&formula.text(), format),
        Some(Ok(size)) => {
            let above = measures.rows_above.get(&key).copied().unwrap_or(0);
            let (columns, below) = cells(*size, context.inputs.size.cell, above);
            let foreground = format.style.fg.and_then(ansi::rgb);
            let foreground = foreground.unwrap_or(drawing.colors.foreground);
            let key = if foreground == drawing.colors.foreground {
                key
            } else {
                let mut own = (*drawing).clone();
                own.colors = DrawingColors { foreground, ..own.colors };
                PictureKey::Drawing(Arc::new(own))
            };
            let alt = formula.source.clone();
            line.push_picture(&Arc::new(LinePicture { key, columns, above, below, alt }), format);
        }
        Some(Err(_)) if formula.plain.is_some() => line.push(&formula.written(), format),
        Some(Err(_)) => {
            let style = format.style.patch(context.theme().output.failure);
            line.push(&formula.written(), TextFormat { style, ..format });
        }
        None => {
            let style = format.style.patch(DIM);
            line.push(&formula.text(), TextFormat { style, ..format });
        }
    }
}

/// Returns the columns of a formula, and its rows below that of the text.
fn cells(size: PixelSize, (cell_width, cell_height): (u16, u16), above: u16) -> (u16, u16) {
    let [cell_width, cell_height] = [cell_width, cell_height].map(|px| u32::from(px.max(1)));
    let width = size.width.saturating_mul(cell_height).div_ceil(FORMULA_ROW_UNITS * cell_width);
    let rows = size.height / FORMULA_ROW_UNITS;
    let short = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
    (short(width).max(1), short(rows.saturating_sub(1)).saturating_sub(above))
}
