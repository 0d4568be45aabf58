//! Blocks that are drawn as pictures: formulas and diagrams. Until a drawing exists, its space shows
//! the source. One that cannot be made is an error box with line and column, above it the picture that
//! the block had before an edit, or else below it the source.

use ratatui::style::Modifier;

use super::code;
use super::drawing::{drawing, place_in_code};
use super::flow::Flow;
use super::inputs::{PictureKey, PictureProblem, PixelSize, Size};
use super::picture::{place, room_for};
use super::problem;
use super::scene::Item;
use super::text::StyledText;
use crate::deck::{CodeBlock, DrawingLanguage, SizePercent};
use crate::source::Span;

/// The assumed size of a drawing.
const TYPICAL_SIZE: PixelSize = PixelSize { width: 640, height: 400 };

/// The height of the cells for which drawings have the text size of the slide.
const NOMINAL_CELL_HEIGHT: u32 = 20;

/// The size of formulas where they are drawn with characters: a letter has five dots or more.
const COARSE_FORMULA_PERCENT: u32 = 220;

/// Lays out a drawn block, centred.
pub(super) fn lay_out(flow: &mut Flow<'_>, code: &CodeBlock, span: Span) {
    if flow.context.inputs.measures.is_text_only {
        code::lay_out(flow, code);
        return;
    }
    let Some(drawing) = drawing(code, flow.context.theme()) else { return };
    let percent = SizePercent::of_width(code.render.and_then(|spec| spec.width_percent));
    let key = PictureKey::Drawing(drawing);
    let measures = &flow.context.inputs.measures;
    let last_good = measures.last_good.get(&key);
    let last_good =
        last_good.and_then(|last| Some((last, measures.pictures.get(last)?.as_ref().ok()?)));
    match measures.pictures.get(&key) {
        Some(Ok(size)) => {
            let (key, size) = (key, *size);
            lay_out_picture(flow, size, percent, key);
        }
        Some(Err(problem)) => {
            if let Some((last, size)) = last_good {
                lay_out_picture(flow, *size, percent, last.clone());
            }
            lay_out_error(flow, code, problem, span, last_good.is_some());
            if last_good.is_none() {
                code::lay_out(flow, code);
            }
        }
        None => match last_good {
            Some((last, size)) => lay_out_picture(flow, *size, percent, last.clone()),
            None => reserve(flow, code, percent),
        },
    }
}

fn lay_out_picture(flow: &mut Flow<'_>, size: PixelSize, percent: SizePercent, key: PictureKey) {
    let Size { cell, is_coarse, .. } = flow.context.inputs.size;
    let is_formula = code_language(&key) == Some(DrawingLanguage::Latex);
    let enlargement = if is_coarse && is_formula { COARSE_FORMULA_PERCENT } else { 100 };
    let size = in_text_size(size, cell.1, enlargement);
    let area = room_for(flow, size, percent, flow.next());
    place(flow, area, key, "");
}

fn code_language(key: &PictureKey) -> Option<DrawingLanguage> {
    match key {
        PictureKey::Drawing(drawing) => Some(drawing.language),
        PictureKey::File { .. } => None,
    }
}

/// Returns the size at which a drawing's text is as large as that of a slide with these cells, enlarged
/// to so many percent.
fn in_text_size(size: PixelSize, cell_height: u16, percent: u32) -> PixelSize {
    let scaled = |length: u32| {
        let length = length.saturating_mul(cell_height.max(1).into()) / NOMINAL_CELL_HEIGHT;
        (u64::from(length) * u64::from(percent) / 100).clamp(1, u32::MAX.into()) as u32
    };
    PixelSize { width: scaled(size.width), height: scaled(size.height) }
}

fn lay_out_error(
    flow: &mut Flow<'_>,
    code: &CodeBlock,
    problem: &PictureProblem,
    span: Span,
    has_picture: bool,
) {
    let deck = flow.context.inputs.deck;
    let place = problem.at.map_or(span, |at| place_in_code(deck, span, code, at));
    let place = deck.sources.place(place);
    let hint = problem.hint.as_ref().map(|hint| format!("hint: {hint}"));
    let old = if has_picture { "above: the picture before this edit" } else { "" };
    let details = [&*place, hint.as_deref().unwrap_or_default(), old];
    problem::notice(flow, &problem.why, details.into_iter());
}

/// Reserves the space, with the language and the start of the source in it.
fn reserve(flow: &mut Flow<'_>, code: &CodeBlock, percent: SizePercent) {
    let y = flow.open();
    let (width, height) = room_for(flow, TYPICAL_SIZE, percent, y);
    let x = flow.width.saturating_sub(width) / 2;
    let style = flow.context.theme().base.add_modifier(Modifier::DIM);
    let label = StyledText::plain(&format!("{} · being drawn", code.language), style);
    let lines = code.text.lines().map(|line| StyledText::plain(line, style));
    let rows = std::iter::once(label).chain(lines);
    let mut left: Vec<_> = rows.map(|text| text.cut(width)).take(height as usize + 1).collect();
    if left.len() > height as usize {
        left.truncate((height as usize).saturating_sub(1));
        left.push(StyledText::plain("…", style).cut(width));
    }
    for (line, y) in left.into_iter().zip(y..) {
        flow.put(x, y, (line, width));
    }
    flow.place(x, y, Item::Diagram { width, height });
    flow.close(y.saturating_add(height), 1);
}
