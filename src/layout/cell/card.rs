//! The card of a cell: its code with the status as a chip in the lower right corner, and the output
//! attached below. The chip is on the padding row below the code, so that nothing moves when a cell
//! runs.

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::bench;
use super::result::{self, CellExtent, extent, start_error};
use super::screen::{self, FrameTop};
use super::status::{self, FOCUS_MARK};
use crate::deck::{Cell, CodeBlock, OutputPlace};
use crate::layout::code::{self, CodeBox};
use crate::layout::flow::Flow;
use crate::layout::frame;
use crate::layout::placement::ColumnRange;
use crate::layout::role::Role;
use crate::layout::scene::{Item, PlacedItem};
use crate::layout::text::StyledText;
use crate::run::{self, CellRun, Part};
use crate::theme::FrameShape;

/// The edge of a focused cell that has no frame.
const FOCUS_EDGE: &str = "┃";

/// Lays out code, status and output.
pub(super) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    cell: &Cell,
    run: &CellRun,
) -> CellExtent {
    let listing = Listing::new(flow, block);
    let panel = listing.panel;
    for _ in 0..rows_joined(flow, block, cell, run) {
        flow.join();
    }
    let output = if shows_terminal(flow, cell, run) {
        screen::lay_out(flow, block, (cell, run), FrameTop::Card(&panel))
    } else {
        result::lay_out(flow, block, (cell, run), &panel)
    };
    start_error(flow, run);
    listing.finish(flow, block, output, (cell, run));
    extent(panel, output.unwrap_or(panel))
}

/// Lays out code and status without output.
pub(super) fn code_only(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    cell: &Cell,
    run: &CellRun,
) -> CodeBox {
    let listing = Listing::new(flow, block);
    let panel = listing.panel;
    listing.finish(flow, block, None, (cell, run));
    panel
}

/// Lays out the chip on a row of its own, directly below a box.
pub(super) fn chip_below(flow: &mut Flow<'_>, panel: &CodeBox, cell: &Cell, run: &CellRun) {
    flow.join();
    let row = flow.open();
    chip(flow, panel, (panel.range, row), (cell, run));
    flow.close(row.saturating_add(1), 1);
}

/// Returns whether the terminal of a cell is attached to the card.
fn shows_terminal(flow: &Flow<'_>, cell: &Cell, run: &CellRun) -> bool {
    screen::is_visible(cell, run)
        && !cell.detached
        && cell.exec.place != OutputPlace::Nowhere
        && !flow.context.is_folded(cell.id)
}

/// Returns by how many rows the output moves up to be attached: over the gap, and its own padding
/// row over that of the code.
fn rows_joined(flow: &Flow<'_>, block: &CodeBlock, cell: &Cell, run: &CellRun) -> u32 {
    let padded = !block.no_background && flow.context.theme().output.padding.vertical > 0;
    let boxed = 1 + u32::from(padded);
    let has_prompt = run.prompt.is_some();
    if cell.detached || cell.exec.place == OutputPlace::Nowhere && !has_prompt {
        return 0;
    }
    if flow.context.is_folded(cell.id) || cell.exec.pty.is_some() {
        return 1;
    }
    let has_bench_card = bench::has_card(flow, cell.id);
    let is_empty = |part: &&Part| match part {
        Part::Text(text) => text.is_empty(),
        Part::Timing(_) => has_bench_card,
        _ => false,
    };
    let mut shown = run.output.parts().iter().filter(|_| cell.exec.place != OutputPlace::Nowhere);
    match shown.find(|part| !is_empty(part)) {
        Some(Part::Text(_) | Part::Table(_) | Part::Markdown(_)) => boxed,
        Some(Part::Timing(_)) => 1,
        None if has_prompt => boxed,
        _ => 0,
    }
}

/// Returns the language in the frame of a card.
fn label<'a>(flow: &Flow<'_>, block: &'a CodeBlock) -> &'a str {
    match flow.context.theme().code.frame {
        FrameShape::None => "",
        FrameShape::Rounded => code::label(block),
    }
}

/// The code of a card, laid out.
struct Listing {
    panel: CodeBox,
    /// Where its items start.
    at: usize,
    /// Its first row, and that of the chip.
    rows: (u32, u32),
}

impl Listing {
    fn new(flow: &mut Flow<'_>, block: &CodeBlock) -> Self {
        let at = flow.content.items.len();
        let top = flow.open();
        let panel = code::lay_out(flow, block);
        let end = flow.height();
        let row = if panel.above > 0 { end.saturating_sub(1) } else { end };
        flow.close(row.saturating_add(1), 1);
        Self { panel, at, rows: (top, row) }
    }

    /// Makes the box as wide as its output, and draws the chip, and a frame if the cell has the focus
    /// or a terminal.
    fn finish(
        &self,
        flow: &mut Flow<'_>,
        block: &CodeBlock,
        output: Option<CodeBox>,
        (cell, run): (&Cell, &CellRun),
    ) {
        let Self { panel, at, rows: (top, row) } = *self;
        let range = output.map_or(panel.range, |output| panel.range.union(output.range));
        let mut first = at;
        if let Some(PlacedItem { x, item: Item::Fill { width, height, .. }, .. }) =
            flow.content.items.get_mut(at)
        {
            (*x, *width, *height) = (range.x, range.width, row + 1 - top);
            first += 1;
        }
        flow.reach(range.right());
        let theme = flow.context.theme();
        let style = status::style_of(&theme.output, run);
        let is_focused = flow.context.inputs.focus == Some(cell.id) && range.width > 1;
        let line = if is_focused { theme.output.running } else { theme.code.frame_style };
        let panel = CodeBox { range, ..panel };
        if panel.is_framed || is_focused {
            let start = flow.content.items.len();
            outline(flow, &panel, (top, row), (label(flow, block), line));
            // Code that reaches into the padding covers the frame.
            let count = flow.content.items.len() - start;
            flow.content.items[first..].rotate_right(count);
        }
        let end = flow.height().saturating_sub(1);
        let is_framed = output.is_some_and(|it| it.is_framed) && end > row;
        let has_outline = panel.is_framed || is_focused && panel.above > 0 && panel.beside > 0;
        match () {
            () if is_framed && shows_terminal(flow, cell, run) => {
                let ends = if has_outline { frame::MIDDLE } else { frame::TOP };
                let line = screen::line_style(flow, cell, run);
                let title = screen::command(block, range.width);
                frame::line(flow, (range, row), ends, (&title, line));
                frame::below(flow, range, row + 1..end, (style, line));
            }
            () if is_framed
                && panel.is_framed
                && !flow.context.is_folded(cell.id)
                && has_box_at_end(run) =>
            {
                frame::line(flow, (range, row), frame::MIDDLE, ("", line));
                frame::below(flow, range, row + 1..end, (style, line));
            }
            () if panel.is_framed || is_focused => {
                frame::line(flow, (range, row), frame::BOTTOM, ("", line));
            }
            () => status::edge(flow, &panel, row..row + 1, style),
        }
        chip(flow, &panel, (range, row), (cell, run));
    }
}

/// Returns whether the last part of an output is in a box.
fn has_box_at_end(run: &CellRun) -> bool {
    let is_empty = |part: &&Part| matches!(part, Part::Text(text) if text.is_empty());
    let last = run.output.parts().iter().rfind(|part| !is_empty(part));
    run.prompt.is_some() || matches!(last, Some(Part::Text(_) | Part::Table(_) | Part::Markdown(_)))
}

/// Draws the frame of a focused cell on the padding of its box, whose items after the background start at
/// `first`.
pub(super) fn focus_frame(
    flow: &mut Flow<'_>,
    panel: &CodeBox,
    (top, row): (u32, u32),
    first: usize,
) {
    if panel.range.width < 2 {
        return;
    }
    let style = flow.context.theme().output.running;
    let start = flow.content.items.len();
    outline(flow, panel, (top, row), ("", style));
    // Code that reaches into the padding covers the frame.
    let count = flow.content.items.len() - start;
    flow.content.items[first..].rotate_right(count);
    frame::line(flow, (panel.range, row), frame::BOTTOM, ("", style));
}

/// Draws a line in the margin beside the rows of a focused cell that has no frame.
pub(super) fn focus_edge(flow: &mut Flow<'_>, x: u16, rows: std::ops::Range<u32>) {
    let Some(x) = x.checked_sub(1) else { return };
    let style = flow.context.theme().output.running.add_modifier(Modifier::BOLD);
    for y in rows {
        flow.begin(Role::Decoration, (x, y));
        flow.put(x, y, (Line::styled(FOCUS_EDGE, style), 1));
        flow.end(y);
    }
}

/// Draws the sides and the top of a frame on the padding of a box.
fn outline(
    flow: &mut Flow<'_>,
    panel: &CodeBox,
    (top, row): (u32, u32),
    (label, style): (&str, Style),
) {
    if panel.above > 0 {
        frame::line(flow, (panel.range, top), frame::TOP, (label, style));
    }
    if panel.beside > 0 {
        let rows = top.saturating_add(panel.above)..row;
        frame::sides(flow, panel.range, rows, (("│", style), style));
    }
}

/// Draws the status at the right end of a row.
pub(super) fn chip(
    flow: &mut Flow<'_>,
    panel: &CodeBox,
    (range, row): (ColumnRange, u32),
    (cell, run): (&Cell, &CellRun),
) {
    let inputs = flow.context.inputs;
    let is_current = run::is_current(inputs.deck, inputs.runs, cell);
    let mark = if inputs.focus == Some(cell.id) { FOCUS_MARK } else { "" };
    let words = status::chip(run, &cell.exec, inputs.hints, is_current);
    let style = status::style_of(&flow.context.theme().output, run).add_modifier(Modifier::BOLD);
    let text = StyledText::plain(&format!(" {mark}{words} "), style);
    let width = text.width().min(flow.width);
    let end = range.right().saturating_sub(panel.beside.min(1));
    let x = end.saturating_sub(width).max(range.x).min(flow.width - width);
    flow.put(x, row, (text.cut(width), width));
}
