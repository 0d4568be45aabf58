//! Benchmark results: a card below the last contender, or one line of text where there is no card.

mod bars;
mod block_digits;
mod contender;
#[cfg(test)]
mod tests;

use ratatui::style::Style;
use ratatui::text::Line;

use self::bars::{BenchCard, CardRows};
use self::contender::{Contender, has_begun};
use super::status;
use crate::deck::{Cell, CellId, CodeBlock, OutputPlace};
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::frame;
use crate::layout::role::Role;
use crate::layout::text::{DIM, StyledText};
use crate::layout::wrap;
use crate::run::{OPTIMIZED_AWAY, Timing};
use crate::theme::{Alignment, OutputShape, OutputStyle, Padding};

/// Returns the result of a contender as one line of text.
pub(in crate::layout) fn line(timing: &Timing) -> StyledText {
    let mut text = StyledText::plain("timed ", DIM);
    text.push(&timing.timed, Style::new());
    text.push(&format!(" · {}", timing.words()), DIM);
    if timing.is_empty {
        text.push(&format!(" · {OPTIMIZED_AWAY}"), Style::new());
    }
    text
}

/// Returns whether the card of a contender's benchmark is on its slide, so that its own output needs no
/// result.
pub(in crate::layout) fn has_card(flow: &Flow<'_>, id: CellId) -> bool {
    let Some(last) = near(flow, id).last() else { return false };
    last.exec.place != OutputPlace::Nowhere && !flow.context.is_folded(last.id)
}

/// Lays out the result of a contender in a box.
pub(in crate::layout) fn words(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    panel: &CodeBox,
    timing: &Timing,
) {
    let top = flow.open();
    let rows: Vec<_> = line(timing).rows(panel.inner().max(1)).collect();
    if !block.no_background {
        let style = flow.context.theme().output.style;
        flow.fill(panel.range.x, top, (panel.range.width, rows.len() as u32), style);
    }
    let mut y = top;
    for row in rows {
        flow.put(panel.x(), y, row);
        y = y.saturating_add(1);
    }
    flow.close(y, 1);
}

/// Lays out the card below the last contender, as wide as the slide's text. Returns `None` for other
/// contenders and before any has run.
pub(in crate::layout) fn card(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    id: CellId,
) -> Option<CodeBox> {
    let contenders = contenders(flow, id)?;
    let padding =
        if block.no_background { Padding::default() } else { flow.context.theme().output.padding };
    let panel = CodeBox::aligned(flow, Alignment::default(), padding, u16::MAX);
    let OutputStyle { style, shape, .. } = flow.context.theme().output;
    let top = flow.open();
    let room = flow.room.saturating_sub(top);
    let shape_of = CardRows::new(contenders.len() as u32, panel.above * 2, room);
    let card = BenchCard::new(&contenders, &panel, (&flow.context.theme().output, shape_of));
    let rows = card.rows();
    let height = rows.len() as u32;
    let above = if height + panel.above * 2 > room { 0 } else { panel.above };
    let end = top.saturating_add(height + above * 2);
    let (y, edge) = (top.saturating_add(above), card.edge());
    let digits = card.digits(rows.len());
    if !block.no_background {
        flow.fill(panel.range.x, top, (panel.range.width, height + above * 2), style);
        if panel.is_framed && above > 0 {
            let line = flow.context.theme().code.frame_style;
            let last = end.saturating_sub(1);
            frame::line(flow, (panel.range, top), frame::TOP, ("benchmark", line));
            frame::sides(flow, panel.range, top + 1..last, (("┃", edge), line));
            frame::line(flow, (panel.range, last), frame::BOTTOM, ("", line));
        } else if shape == OutputShape::Card {
            flow.begin(Role::Decoration, (panel.range.x, top));
            status::edge(flow, &panel, top..end, edge);
            flow.end(end);
        }
    }
    flow.begin(Role::Output, (panel.x(), y));
    for (row, y) in rows.into_iter().zip(y..) {
        flow.put(panel.x(), y, row);
    }
    flow.end(y.saturating_add(height));
    if let Some((lines, style)) = digits {
        let y = y.saturating_add(height.saturating_sub(lines.len() as u32) / 2);
        flow.begin(Role::Decoration, (panel.x(), y));
        for (line, y) in lines.into_iter().zip(y..) {
            let width = wrap::columns(&line);
            let x = panel.x() + panel.inner().saturating_sub(width);
            flow.put(x, y, (Line::styled(line, style), width));
        }
        flow.end(y.saturating_add(height));
    }
    flow.close(end, 1);
    Some(panel)
}

/// Returns the contenders of a benchmark on the slide of one of them that are visible.
fn near<'a>(flow: &Flow<'a>, id: CellId) -> impl Iterator<Item = &'a Cell> {
    let context = flow.context;
    let slide = context.inputs.deck.cell(id).map(|own| own.slide);
    let is_seen = move |cell: &Cell| {
        slide == Some(cell.slide)
            && (cell.slide != context.inputs.at.slide
                || context.inputs.deck.shows(cell, context.step()))
    };
    context.inputs.deck.contenders(id).map(|cell| &**cell).filter(move |cell| is_seen(cell))
}

/// Returns the contenders of the card below this cell, if there is one: those visible on its slide, and
/// others that have run.
fn contenders<'a>(flow: &Flow<'a>, id: CellId) -> Option<Vec<Contender<'a>>> {
    let context = flow.context;
    let near: Vec<CellId> = near(flow, id).map(|cell| cell.id).collect();
    if *near.last()? != id {
        return None;
    }
    let contender = |cell: &'a Cell| {
        let run = context.run(cell.id).filter(|run| has_begun(run));
        (run.is_some() || near.contains(&cell.id)).then_some(Contender {
            cell,
            run,
            keys: context.inputs.hints,
        })
    };
    let all = context.inputs.deck.contenders(id);
    let contenders: Vec<_> = all.filter_map(|cell| contender(cell)).collect();
    contenders.iter().any(|contender| contender.run.is_some()).then_some(contenders)
}
