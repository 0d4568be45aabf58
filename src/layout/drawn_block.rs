//! Blocks that are drawn as pictures: formulas and diagrams. Until a drawing exists, its space shows
//! the source. One that cannot be made is an error box with line and column, above it the picture that
//! the block had before an edit, or else below it the source.

use std::borrow::Cow;
use std::sync::Arc;

use ratatui::style::Modifier;

use super::code;
use super::drawing::{Drawing, DrawingColors, DrawingLook, drawing, place_in_code};
use super::drawing_size::own_size;
use super::flow::Flow;
use super::inputs::{PictureContent, PictureKey, PictureProblem, PixelSize};
use super::picture::{place, room_for};
use super::problem;
use super::scene::Item;
use super::text::StyledText;
use crate::deck::{CodeBlock, RenderSpec, SizePercent};
use crate::source::Span;

/// The assumed size of a drawing.
const TYPICAL_SIZE: PixelSize = PixelSize { width: 640, height: 400 };

/// Limit of the source that is shown of a block that cannot be drawn.
const MAX_SOURCE_BYTES: usize = 2_000;

/// Lays out a drawn block, centred.
pub(super) fn lay_out(flow: &mut Flow<'_>, code: &CodeBlock, span: Span) {
    let percent = SizePercent::of_width(code.render.and_then(|spec| spec.width_percent));
    let Some(drawing) = drawing(code, flow.context.theme()) else { return };
    if flow.context.inputs.measures.content == PictureContent::Blank {
        let area = room_for(flow, TYPICAL_SIZE, percent, flow.next());
        return place(flow, area, PictureKey::Drawing(drawing), "");
    }
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
                code::lay_out(flow, &shortened(code));
            }
        }
        None => match last_good {
            Some((last, size)) => lay_out_picture(flow, *size, percent, last.clone()),
            None => reserve(flow, code, percent),
        },
    }
}

/// Lays out a block that a program would draw, for output that has only text.
pub(super) fn lay_out_unmade(flow: &mut Flow<'_>, code: &CodeBlock, spec: RenderSpec) {
    let drawing = Drawing {
        language: spec.language,
        text: code.text.clone(),
        colors: DrawingColors::of(flow.context.theme()),
        look: DrawingLook::default(),
    };
    let percent = SizePercent::of_width(spec.width_percent);
    let area = room_for(flow, TYPICAL_SIZE, percent, flow.next());
    place(flow, area, PictureKey::Drawing(Arc::new(drawing)), "");
}

fn lay_out_picture(flow: &mut Flow<'_>, size: PixelSize, percent: SizePercent, key: PictureKey) {
    let size = match &key {
        PictureKey::Drawing(drawing) => own_size(flow, drawing.language, size),
        PictureKey::File { .. } => size,
    };
    let area = room_for(flow, size, percent, flow.next());
    place(flow, area, key, "");
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

/// Returns a block with the start of a long source: highlighting all of it would hold up the talk.
fn shortened(code: &CodeBlock) -> Cow<'_, CodeBlock> {
    if code.text.len() <= MAX_SOURCE_BYTES {
        return Cow::Borrowed(code);
    }
    let start = &code.text[..code.text.floor_char_boundary(MAX_SOURCE_BYTES)];
    Cow::Owned(CodeBlock { text: format!("{start}…\n").into(), ..code.clone() })
}

/// Reserves the space, with the language and the start of the source in it.
fn reserve(flow: &mut Flow<'_>, code: &CodeBlock, percent: SizePercent) {
    let y = flow.open();
    let (width, height) = room_for(flow, TYPICAL_SIZE, percent, y);
    let x = flow.width.saturating_sub(width) / 2;
    let style = flow.context.theme().base.add_modifier(Modifier::DIM);
    let label = StyledText::plain(&format!("{} · being drawn", code.language), style);
    let code = shortened(code);
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
