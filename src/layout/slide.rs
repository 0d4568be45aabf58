//! Lays out whole slides: the body, the footer, and the mark of a body that scrolls.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::blocks;
use super::code;
use super::context::LayoutContext;
use super::flow::{Flow, FlowContent, OverflowingPart};
use super::footer;
use super::inputs::{Inputs, Size};
use super::intro;
use super::placement;
use super::scene::{Item, PlacedItem, Scene};
use super::viewport::{BodyRows, body_rows};
use crate::deck::{Block, BlockKind, CodeBlock, Cursor, Deck, OutputPlace, SlideKind, Start, Step};
use crate::run::Runs;

/// The first row of a slide's blocks.
const FIRST_ROW: u32 = 1;

/// Minimum rows of an output that is made smaller to keep a slide on its page.
const MIN_OUTPUT_ROWS: u32 = 3;

/// Rows that a centred slide reserves for an output, at most.
const MAX_RESERVED_ROWS: u32 = 8;

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
        gradient: inputs.theme.gradient.filter(|_| inputs.size.has_gradients),
        viewport: Rect::new(0, 0, inputs.size.columns, rows.count),
        height: body.height,
        columns: body.columns,
        revealed: body.revealed,
        mark_place: rows.mark,
        mark: Style { bg: None, ..inputs.theme.base }.add_modifier(Modifier::DIM),
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
    let body = fitted(&context, rows_above(&context));
    let frame = footer::lay_out(&context, footer_rows);
    let rows = body_rows((columns, rows), footer_rows, (body.height, &body.items), &frame);
    SlidePage { body, frame, rows }
}

/// Lays out the slide's blocks, `above` empty rows below the title. If they do not fit, outputs get
/// smaller, then there are fewer rows.
fn fitted(context: &LayoutContext<'_>, above: u32) -> SlideBody {
    let whole = body(context, above);
    if whole.height <= context.rows {
        return whole;
    }
    if let Some(smaller) = with_smaller_outputs(context, &whole, above) {
        return smaller;
    }
    if above == 0 {
        return whole;
    }
    fitted(context, above.saturating_sub(whole.height - context.rows))
}

/// Returns the number of empty rows below the title of a slide that is centred. It depends on neither
/// the step nor on runs, for which it reserves space, so nothing moves during a talk.
fn rows_above(context: &LayoutContext<'_>) -> u32 {
    let slide = context.slide();
    let jumps = |block: &Block| matches!(block.kind, BlockKind::JumpToMiddle);
    let is_centered = slide.is_centered.unwrap_or(context.theme().is_centered);
    if !is_centered || slide.kind == SlideKind::Intro || slide.blocks.iter().any(jumps) {
        return 0;
    }
    let runs = Runs::default();
    let at = Cursor { step: Step::LAST, ..context.inputs.at };
    let inputs = Inputs { at, runs: &runs, focus: None, ..*context.inputs };
    let height = body(&LayoutContext::new(&inputs, context.rows), 0).height;
    let each = MAX_RESERVED_ROWS.min(context.rows / 4);
    let reserved = reserved_rows(context.inputs.deck, &slide.blocks, each);
    let free = context.rows.saturating_sub(height.saturating_add(reserved));
    // Below a title, the middle seems low.
    free / 3
}

/// Returns the rows to reserve for outputs below these blocks, `each` for one. Outputs in columns share
/// their rows.
fn reserved_rows(deck: &Deck, blocks: &[Block], each: u32) -> u32 {
    let rows = |block: &Block| {
        let inside = block.children().into_iter().map(|blocks| reserved_rows(deck, blocks, each));
        match &block.kind {
            BlockKind::Code(code) => each * u32::from(has_output_below(deck, code)),
            BlockKind::Columns(_) => inside.max().unwrap_or(0),
            _ => inside.sum(),
        }
    };
    blocks.iter().map(rows).sum()
}

fn has_output_below(deck: &Deck, code: &CodeBlock) -> bool {
    code.cell.and_then(|id| deck.cell(id)).is_some_and(|cell| {
        let exec = &cell.exec;
        exec.start != Start::OnCheck
            && exec.place == OutputPlace::Below
            && !exec.output_mode.replaces_code()
    })
}

/// Lays out the slide's blocks, `above` empty rows below the title.
fn body(context: &LayoutContext<'_>, above: u32) -> SlideBody {
    let (margin, width) =
        placement::inside_margins(context.theme().margin, context.inputs.size.columns);
    let mut flow = Flow::new(context, width);
    match context.slide().kind {
        SlideKind::Intro => intro::lay_out(&mut flow),
        SlideKind::Normal => {
            flow.close(FIRST_ROW, 0);
            let blocks = &context.slide().blocks;
            let is_title = |block: &Block| matches!(block.kind, BlockKind::Title(_));
            let title = usize::from(blocks.first().is_some_and(is_title));
            blocks::lay_out(&mut flow, &blocks[..title]);
            if above > 0 {
                flow.skip(above);
            }
            blocks::lay_out(&mut flow, &blocks[title..]);
        }
    }
    let (height, columns) = (flow.height(), code::columns(&flow));
    let mut whole = Flow::new(context, context.inputs.size.columns);
    whole.adopt(flow, margin, 0);
    let FlowContent { items, revealed, overflows, .. } = whole.content;
    SlideBody { items, height, columns, revealed, overflows }
}

/// Lays out a slide that is too tall with outputs so small that it fits. Returns `None` if it fits
/// already, or if its outputs cannot get that small.
fn with_smaller_outputs(
    context: &LayoutContext<'_>,
    whole: &SlideBody,
    above: u32,
) -> Option<SlideBody> {
    let mut limit = smaller_limit(whole, context.rows)?;
    loop {
        let tried = body(&LayoutContext { max_output_rows: limit, ..*context }, above);
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
