//! Lays out whole slides: the body, the footer, and the mark of a body that scrolls.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::blocks;
use super::code;
use super::context::LayoutContext;
use super::flow::{Flow, OverflowingPart};
use super::footer;
use super::inputs::{Inputs, Size};
use super::intro;
use super::placement;
use super::scene::{Item, PlacedItem, Scene};
use super::viewport::{BodyRows, body_rows};
use crate::deck::SlideKind;

/// The first row of a slide's blocks.
const FIRST_ROW: u32 = 1;

/// Minimum rows of an output that is made smaller to keep a slide on its page.
const MIN_OUTPUT_ROWS: u32 = 3;

/// Lays out one step of one slide.
pub fn layout(inputs: &Inputs<'_>) -> Scene {
    let Size { columns, rows, .. } = inputs.size;
    let area = inputs.limits.area(columns, rows);
    if (area.width, area.height) == (columns, rows) {
        return whole(inputs);
    }
    let size = Size { columns: area.width, rows: area.height, ..inputs.size };
    whole(&Inputs { size, ..*inputs }).within(area, inputs.size)
}

/// Lays out a slide over the whole size.
fn whole(inputs: &Inputs<'_>) -> Scene {
    let SlidePage { body, frame, rows } = page(inputs);
    Scene {
        size: inputs.size,
        background: inputs.theme.base,
        viewport: Rect::new(0, 0, inputs.size.columns, rows.count),
        height: body.height,
        columns: body.columns,
        revealed: body.revealed,
        mark_place: rows.mark,
        mark: inputs.theme.base.add_modifier(Modifier::DIM),
        body: body.items,
        frame,
    }
}

/// A slide's body and footer, and the rows that show the body.
pub(super) struct SlidePage {
    pub(super) body: SlideBody,
    pub(super) frame: Vec<PlacedItem>,
    pub(super) rows: BodyRows,
}

/// The blocks of a slide, laid out.
pub(super) struct SlideBody {
    pub(super) items: Vec<PlacedItem>,
    pub(super) height: u32,
    /// Columns available to a run's output.
    pub(super) columns: u16,
    pub(super) revealed: Option<Range<u32>>,
    pub(super) overflows: Vec<OverflowingPart>,
}

/// Lays out the slide's body and footer.
pub(super) fn page(inputs: &Inputs<'_>) -> SlidePage {
    let Size { columns, rows, .. } = inputs.size;
    let footer_rows = footer::height(inputs);
    let context = LayoutContext::new(inputs, (rows - footer_rows).into());
    let body = body(&context);
    let body = with_smaller_outputs(&context, &body).unwrap_or(body);
    let frame = footer::lay_out(&context, footer_rows);
    let rows = body_rows((columns, rows), footer_rows, (body.height, &body.items), &frame);
    SlidePage { body, frame, rows }
}

/// Lays out the slide's blocks.
fn body(context: &LayoutContext<'_>) -> SlideBody {
    let (margin, width) =
        placement::inside_margins(context.theme().margin, context.inputs.size.columns);
    let mut flow = Flow::new(context, width);
    match context.slide().kind {
        SlideKind::Intro => intro::lay_out(&mut flow),
        SlideKind::Normal => {
            flow.close(FIRST_ROW, 0);
            blocks::lay_out(&mut flow, &context.slide().blocks);
        }
    }
    let (height, columns) = (flow.height(), code::columns(&flow));
    let mut whole = Flow::new(context, context.inputs.size.columns);
    whole.adopt(flow, margin, 0);
    let Flow { items, revealed, overflows, .. } = whole;
    SlideBody { items, height, columns, revealed, overflows }
}

/// Lays out a slide that is too tall with outputs so small that it fits. Returns `None` if it fits
/// already, or if its outputs cannot get that small.
fn with_smaller_outputs(context: &LayoutContext<'_>, whole: &SlideBody) -> Option<SlideBody> {
    let mut limit = smaller_limit(whole, context.rows)?;
    loop {
        let tried = body(&LayoutContext { max_output_rows: limit, ..*context });
        if tried.height <= context.rows {
            return Some(tried);
        }
        limit = smaller_limit(&tried, context.rows)?;
    }
}

/// Returns the limit of outputs that makes a body fit, not counting the labels that smaller outputs
/// may need. Returns `None` if it fits already, or all outputs have the minimum size.
fn smaller_limit(body: &SlideBody, page_rows: u32) -> Option<u32> {
    let excess = body.height.checked_sub(page_rows).filter(|&rows| rows > 0)?;
    let outputs = || {
        body.items.iter().filter_map(|placed| match placed.item {
            Item::Output { height, .. } => Some(height),
            _ => None,
        })
    };
    let highest = outputs().max()?;
    let saved = |limit: u32| outputs().map(|rows| rows.saturating_sub(limit)).sum::<u32>();
    let limits = || MIN_OUTPUT_ROWS..highest;
    limits().rev().find(|&limit| saved(limit) >= excess).or_else(|| limits().next())
}
