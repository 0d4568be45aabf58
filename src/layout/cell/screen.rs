//! A terminal on the slide.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::deck::{Cell, CodeBlock, Pty};
use crate::layout::code::{self, CodeBox};
use crate::layout::flow::Flow;
use crate::layout::scene::Item;
use crate::layout::text::StyledText;
use crate::run::{CellRun, Emulator, State};
use crate::theme::OutputColors;

/// Minimum rows of a terminal. With fewer rows left, it extends below the page.
const MIN_ROWS: u32 = 8;

/// Rows kept free below a terminal.
const ROWS_BELOW: u32 = 1;

/// Lays out the cell's terminal if it is visible, which is when it has run or is on standby.
pub(in crate::layout) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (cell, run): (&Cell, &CellRun),
) -> Option<CodeBox> {
    let pty = cell.exec.pty.filter(|pty| pty.standby || run.output.screen.is_some())?;
    let panel = code::panel(flow, block);
    let y = flow.open();
    let (columns, rows) = size(flow, pty, y);
    let x = flow.width.saturating_sub(columns) / 2;
    let style = if block.no_background {
        flow.style.inline.base
    } else {
        flow.context.theme().output.style
    };
    flow.fill(x, y, (columns, rows.into()), style);
    if let Some(screen) = &run.output.screen {
        let colors = flow.context.theme().output_colors(!block.no_background);
        for (text, y) in self::rows(screen, run, (rows, &colors)).into_iter().zip(y..) {
            if !text.is_empty() {
                let width = text.width().min(columns);
                flow.put(x, y, (text.cut(width), width));
            }
        }
    } else {
        let mark = StyledText::plain("▶", flow.context.theme().output.not_started);
        let middle = (x + columns.saturating_sub(1) / 2, y + u32::from(rows / 2));
        flow.put(middle.0, middle.1, (mark.cut(1), 1));
    }
    flow.place(x, y, Item::Terminal { width: columns, height: rows, id: cell.id });
    flow.close(y.saturating_add(rows.into()), 1);
    Some(panel)
}

/// Returns columns and rows: as requested, as far as they fit.
fn size(flow: &Flow<'_>, pty: Pty, y: u32) -> (u16, u16) {
    let rest = flow.room.saturating_sub(y).saturating_sub(ROWS_BELOW);
    let room = if rest < MIN_ROWS { (flow.context.rows / 2).max(1) } else { rest };
    let room = u16::try_from(room).unwrap_or(u16::MAX);
    match pty.size {
        Some((columns, rows)) => (columns.min(flow.width).max(1), rows),
        None => (code::columns(flow), room),
    }
}

/// Returns the rows of a terminal, as many as fit.
pub(in crate::layout) fn rows(
    screen: &Emulator,
    run: &CellRun,
    (rows, colors): (u16, &OutputColors),
) -> Vec<StyledText> {
    let is_alive = matches!(run.state, State::Running);
    let lines = screen.lines(is_alive).into_iter().take(rows.into());
    lines
        .map(|line| {
            trimmed(line).map(|line| StyledText::from_output(&line, colors)).unwrap_or_default()
        })
        .collect()
}

/// Returns the line without trailing blanks, or `None` if nothing remains.
fn trimmed(line: Line<'static>) -> Option<Line<'static>> {
    let mut spans = line.spans;
    while let Some(last) = spans.last_mut() {
        if last.style != Style::default() {
            break;
        }
        let kept = last.content.trim_end_matches(' ').to_owned();
        if kept.is_empty() {
            spans.pop();
        } else {
            *last = Span::styled(kept, last.style);
            break;
        }
    }
    (!spans.is_empty()).then(|| Line::from(spans))
}
