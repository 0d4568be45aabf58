//! Lays out whole slides: the body, the footer, and the mark of a body that scrolls.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::blocks;
use super::code;
use super::context::LayoutContext;
use super::flow::Flow;
use super::footer;
use super::inputs::{Inputs, Size};
use super::intro;
use super::placement;
use super::scene::Scene;
use crate::deck::SlideKind;

/// The first row of a slide's blocks.
const FIRST_ROW: u32 = 1;

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
    let Size { columns, rows, .. } = inputs.size;
    let footer_rows = footer::height(inputs);
    let viewport = Rect::new(0, 0, columns, rows - footer_rows);
    let context = LayoutContext { inputs, rows: viewport.height.into() };

    let (margin, flow) = body(&context);
    let mut body = Flow::new(&context, columns);
    let height = flow.height();
    let output_columns = code::columns(&flow);
    body.adopt(flow, margin, 0);

    Scene {
        size: inputs.size,
        background: inputs.theme.base,
        viewport,
        height,
        columns: output_columns,
        revealed: body.revealed,
        mark_row: mark_row(footer_rows, rows),
        mark: inputs.theme.base.add_modifier(Modifier::DIM),
        body: body.items,
        frame: footer::lay_out(&context, footer_rows),
    }
}

/// Lays out the slide's blocks. Returns their first column and the flow.
pub(super) fn body<'a>(context: &'a LayoutContext<'a>) -> (u16, Flow<'a>) {
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
    (margin, flow)
}

/// Returns the empty row between body and footer, or the body's last row if there is none.
fn mark_row(footer_rows: u16, rows: u16) -> u16 {
    let below_body = rows - footer_rows;
    if footer_rows >= 3 { below_body } else { below_body.saturating_sub(1) }
}
