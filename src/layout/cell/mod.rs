//! Executable code blocks: the code, a status line, and the output.

pub(super) mod bench;
mod card;
pub(super) mod data_table;
pub(super) mod output;
pub(super) mod prompt;
pub(super) mod result;
pub(super) mod screen;
mod side_by_side;
pub(super) mod status;
mod window;

use self::result::{CellExtent, extent, folded, start_error};
use self::screen::FrameTop;
use crate::deck::{Cell, CellId, CodeBlock, OutputPlace, Picture, SizePercent, Start};
use crate::layout::code;
use crate::layout::flow::Flow;
use crate::layout::inputs::PictureContent;
use crate::layout::scene::{Item, PlacedItem};
use crate::layout::{drawn_block, picture};
use crate::run::{CellRun, Outcome, STATUS_DELAY, State};
use crate::theme::OutputShape;

/// Lays out a cell: code, status line and output. Adds an item with their area, for clicks.
pub(super) fn lay_out(flow: &mut Flow<'_>, block: &CodeBlock, id: CellId) {
    let Some(cell) = flow.context.inputs.deck.cell(id).filter(|it| it.exec.start != Start::OnCheck)
    else {
        code::lay_out(flow, block);
        return;
    };
    let none = CellRun::default();
    let run = flow.context.run(id).unwrap_or(&none);
    if let Some(spec) = block.render
        && flow.context.inputs.measures.content != PictureContent::Pixels
        && !replaces_code(flow, cell, run)
    {
        return drawn_block::lay_out_unmade(flow, block, spec);
    }
    let top = flow.open();
    let (left, right, columns) = if replaces_code(flow, cell, run) {
        in_place_of_code(flow, block, cell, run)
    } else if let Some(shares) = side_by_side::shares(flow, block, cell) {
        side_by_side::lay_out(flow, block, (cell, run), shares)
    } else {
        below_code(flow, block, cell, run)
    };
    let height = flow.height().saturating_sub(top);
    let area = Item::Cell { width: right.saturating_sub(left), height, id, columns };
    flow.place(left, top, area);
}

/// Lays out the output of a cell at another place than below its code.
pub(super) fn detached(flow: &mut Flow<'_>, id: CellId) {
    let top = flow.next();
    lay_out_detached(flow, id);
    let height = flow.height().saturating_sub(top);
    if height > 0 {
        flow.place(0, top, Item::DetachedOutput { height, id });
    }
}

fn lay_out_detached(flow: &mut Flow<'_>, id: CellId) {
    let deck = flow.context.inputs.deck;
    let block = deck.cell(id).and_then(|cell| deck.block_of(cell));
    let (Some(block), Some(run)) = (block, flow.context.run(id)) else { return };
    if flow.context.is_folded(id) {
        let panel = code::panel(flow, block);
        folded(flow, run, &panel);
        return;
    }
    if let Some(cell) = deck.cell(id).filter(|cell| cell.exec.pty.is_some()) {
        screen::lay_out(flow, block, (cell, run), FrameTop::Title(None));
        return;
    }
    let columns = code::panel(flow, block).range.width;
    result::text(flow, block, (id, run), (columns, None));
}

fn below_code(flow: &mut Flow<'_>, block: &CodeBlock, cell: &Cell, run: &CellRun) -> CellExtent {
    if flow.context.theme().output.shape == OutputShape::Card {
        return card::lay_out(flow, block, cell, run);
    }
    let (top, at) = (flow.open(), flow.content.items.len());
    let panel = code::lay_out(flow, block);
    let is_focused = flow.context.inputs.focus == Some(cell.id);
    if is_focused && panel.above > 0 && panel.beside > 0 {
        let is_fill =
            matches!(flow.content.items.get(at), Some(PlacedItem { item: Item::Fill { .. }, .. }));
        let row = flow.height().saturating_sub(1);
        card::focus_frame(flow, &panel, (top, row), at + usize::from(is_fill));
    }
    status::lay_out(flow, &panel, cell, run);
    let output = result::lay_out(flow, block, (cell, run), &panel);
    start_error(flow, run);
    extent(panel, output.unwrap_or(panel))
}

/// Lays out the output of a run in place of the code, with a status line only if something went
/// wrong.
fn in_place_of_code(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    cell: &Cell,
    run: &CellRun,
) -> CellExtent {
    let panel = output::panel(flow, block, &run.output, 0);
    let top = flow.height();
    if flow.context.is_folded(cell.id) {
        let panel = folded(flow, run, &panel);
        return extent(panel, panel);
    }
    if let Some(picture) = &run.output.picture {
        let width = block.render.and_then(|spec| spec.width_percent);
        let size = SizePercent::of_width(width);
        let picture = Picture { size, ..result::picture_of(picture) };
        let language = block.render.map(|spec| spec.language);
        picture::lay_out_made(flow, &picture, (language, cell.span));
    }
    let first = flow.next();
    let output = match cell.exec.pty {
        Some(_) => screen::lay_out(flow, block, (cell, run), FrameTop::TitleWithStatus),
        // What a program that draws was given is not its output.
        None if block.render.is_some() && run.output.picture.is_some() => None,
        None => result::text(flow, block, (cell.id, run), (0, None)),
    };
    let is_focused = flow.context.inputs.focus == Some(cell.id);
    // The frame of a terminal shows the focus, and the status in its first line.
    let terminal = output.filter(|_| cell.exec.pty.is_some());
    if is_focused && terminal.is_none() {
        let x = output.unwrap_or(panel).range.x;
        card::focus_edge(flow, x, top..flow.height());
    }
    if !is_fine(run) || is_focused {
        match flow.context.theme().output.shape {
            OutputShape::Card => match terminal {
                Some(panel) => card::chip(flow, &panel, (panel.range, first), (cell, run)),
                None => card::chip_below(flow, &output.unwrap_or(panel), cell, run),
            },
            OutputShape::Rule => status::lay_out(flow, &panel, cell, run),
        }
        start_error(flow, run);
    } else if flow.height() == top {
        flow.close(top.saturating_add(1), 1);
    }
    extent(panel, output.unwrap_or(panel))
}

/// Returns whether the output replaces the code now. With `+output:replace`, the code stays until
/// there is output, and returns when it is edited.
fn replaces_code(flow: &Flow<'_>, cell: &Cell, run: &CellRun) -> bool {
    if flow.context.edited_rows(Some(cell.id)).is_some() {
        return false;
    }
    if cell.exec.place == OutputPlace::Replace {
        return run.has_output() && !run.origin.is_stale && !flow.context.is_folded(cell.id);
    }
    let has_begun = !matches!(
        run.state,
        State::NotRun | State::NotAllowed | State::Ready | State::Ended(Outcome::NotStarted(_))
    );
    cell.exec.output_mode.replaces_code() && has_begun
}

/// Returns whether no status line is needed: the run succeeded, or started only a moment ago.
fn is_fine(run: &CellRun) -> bool {
    match &run.state {
        State::Ended(outcome) => {
            outcome.is_success() && !run.origin.is_stale && run.origin.recorded.is_none()
        }
        _ => run.elapsed < STATUS_DELAY,
    }
}
