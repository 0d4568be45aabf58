//! Pictures: fits pixels into cells, reserves space while the size is unknown, and shows errors.

use std::path::Path;

use super::drawing_size::program_size;
use super::flow::Flow;
use super::inline::InlineStyle;
use super::placement::effective_alignment;
use super::problem;
use super::scene::Item;
use super::text::StyledText;
use super::{PictureContent, PictureKey, PictureProblem, PixelSize, picture_text};
use crate::deck::{Align, DrawingLanguage, Picture, SizePercent};
use crate::source::Span;
use crate::theme::Alignment;

/// Maximum width of a picture in percent of the available width.
const MAX_WIDTH_PERCENT: u32 = 95;

/// Minimum rows of a picture. With fewer rows left, it extends below the page.
const MIN_ROWS: u32 = 4;

/// The alternative text of pictures that programs made.
const RESULT_ALT: &str = "picture made by the code";

/// Lays out a picture, centred.
pub(super) fn lay_out(flow: &mut Flow<'_>, picture: &Picture, span: Span) {
    lay_out_made(flow, picture, (None, span));
}

/// Like [`lay_out`]; one that a program drew of a block in `language` has the text size of drawings.
pub(super) fn lay_out_made(
    flow: &mut Flow<'_>,
    picture: &Picture,
    (language, span): (Option<DrawingLanguage>, Span),
) {
    let key = PictureKey::of(picture);
    match flow.context.inputs.measures.pictures.get(&key) {
        Some(Ok(size)) => {
            let size = language.map_or(*size, |it| program_size(flow, it, *size));
            let area = room_for(flow, size, picture.size, flow.next());
            place(flow, area, key, &picture.alt);
        }
        Some(Err(reason)) => lay_out_error(flow, picture, reason, span),
        None => reserve(flow, picture),
    }
}

/// Lays out a picture from a run's output. It may take at least half of the page, as the code above
/// may leave little space.
pub(super) fn lay_out_result(flow: &mut Flow<'_>, file: &Path) {
    let key = PictureKey::of_file(file);
    match flow.context.inputs.measures.pictures.get(&key) {
        Some(Ok(size)) => {
            let (width, rows) = room(flow, flow.next());
            let rows = rows.max(flow.context.rows / u32::from(flow.style.size) / 2);
            let area = fit(*size, (None, None), cell(flow), (width, rows));
            place(flow, area, key, RESULT_ALT);
        }
        Some(Err(reason)) => {
            problem::notice(flow, "a result that cannot be shown", [&*reason.why].into_iter());
        }
        None => {}
    }
}

/// Places a picture of this many columns and rows, centred. `alt` is the alternative text.
pub(super) fn place(flow: &mut Flow<'_>, (width, height): (u16, u32), key: PictureKey, alt: &str) {
    let y = flow.open();
    let x = flow.width.saturating_sub(width) / 2;
    flow.reach(x + width);
    match flow.context.inputs.measures.content {
        PictureContent::Pixels => {
            flow.place(x, y, Item::Picture { width, height, key, alt: alt.into() });
        }
        PictureContent::Text => picture_text::put(flow, (y, height), &key, alt),
        PictureContent::Blank => {}
    }
    flow.close(y.saturating_add(height), 1);
}

/// Returns the size of one of the flow's cells in pixels.
fn cell(flow: &Flow<'_>) -> (u16, u16) {
    let (width, height) = flow.context.inputs.size.cell;
    (width.saturating_mul(flow.style.size), height.saturating_mul(flow.style.size))
}

/// Returns the columns and rows of a picture at row `y`.
pub(super) fn room_for(
    flow: &Flow<'_>,
    pixels: PixelSize,
    percent: SizePercent,
    y: u32,
) -> (u16, u32) {
    let page = flow.context.rows / u32::from(flow.style.size);
    let part = |percent: u8, of: u32| f64::from(of) * f64::from(percent) / 100.0;
    let width = percent.width.map(|percent| part(percent, flow.width.into()));
    let height = percent.height.map(|percent| part(percent, page));
    fit(pixels, (width, height), cell(flow), room(flow, y))
}

/// Returns the maximum columns and rows of a picture at row `y`: the rest of the page, or a third
/// of the page if almost nothing is left.
fn room(flow: &Flow<'_>, y: u32) -> (u16, u32) {
    let rest = flow.room.saturating_sub(y);
    let rows = if rest < MIN_ROWS {
        (flow.context.rows / u32::from(flow.style.size) / 3).max(rest)
    } else {
        rest
    };
    (flow.width, rows.max(1))
}

/// Returns the columns and rows of a picture: its own size or what is asked for, shrunk to fit.
fn fit(
    pixels: PixelSize,
    (asked_width, asked_height): (Option<f64>, Option<f64>),
    (cell_width, cell_height): (u16, u16),
    (width, rows): (u16, u32),
) -> (u16, u32) {
    let [cell_width, cell_height] = [cell_width, cell_height].map(|px| f64::from(px.max(1)));
    let [natural_width, natural_height] =
        [pixels.width, pixels.height].map(|px| f64::from(px.max(1)));
    let rows_per_column = natural_height / natural_width * cell_width / cell_height;
    let of_height = asked_height.map(|rows| rows / rows_per_column);
    let asked = [asked_width, of_height].into_iter().flatten().reduce(f64::min);
    let columns = asked.unwrap_or(natural_width / cell_width);
    let widest = (u32::from(width) * MAX_WIDTH_PERCENT / 100).max(1);
    let columns = columns.min(f64::from(widest)).min(f64::from(rows) / rows_per_column);
    #[expect(clippy::cast_sign_loss, reason = "both are positive, and `as` saturates")]
    let (fitted, high) = (columns.round() as u32, (columns * rows_per_column).round() as u32);
    (fitted.clamp(1, widest) as u16, high.clamp(1, rows))
}

/// Lays out an error box: the reason, the position, a hint, and the alternative text.
fn lay_out_error(flow: &mut Flow<'_>, picture: &Picture, reason: &PictureProblem, span: Span) {
    let place = flow.context.inputs.deck.sources.place(span);
    let hint = reason.hint.as_ref().map(|hint| format!("hint: {hint}"));
    let details = [&*place, hint.as_deref().unwrap_or_default(), &picture.alt];
    problem::notice(flow, &reason.why, details.into_iter());
}

/// Reserves space for a picture of unknown size, with its name in the middle.
fn reserve(flow: &mut Flow<'_>, picture: &Picture) {
    let y = flow.open();
    let height = room(flow, y).1;
    let style = flow.style.inline.base.patch(flow.context.theme().output.not_started);
    let name = StyledText::plain(&picture.source, style);
    let middle = effective_alignment(Some(Align::Center), Alignment::default());
    let mut inner = flow.inner(flow.width, y);
    inner.style.inline = InlineStyle::plain(style);
    inner.skip((height - 1) / 2);
    inner.rows(&name, middle);
    flow.adopt(inner, 0, y);
    flow.close(y.saturating_add(height), 1);
}
