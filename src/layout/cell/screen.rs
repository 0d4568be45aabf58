//! A terminal on the slide, in a frame that says what runs in it and lies on the edges of its code.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::status;
use crate::deck::{Cell, CodeBlock, Pty};
use crate::layout::code::{self, CodeBox};
use crate::layout::flow::Flow;
use crate::layout::frame;
use crate::layout::placement::ColumnRange;
use crate::layout::scene::Item;
use crate::layout::text::StyledText;
use crate::layout::wrap;
use crate::run::{CellRun, Emulator, State};
use crate::source::visible_line;
use crate::theme::{Alignment, FrameShape, OutputColors};

/// Minimum rows of a terminal. With fewer rows left, it extends below the page.
const MIN_ROWS: u32 = 8;

/// Rows below a terminal: the last line of its frame.
const ROWS_BELOW: u32 = 1;

/// Minimum columns of a frame; less has no space for a program.
const MIN_FRAME_WIDTH: u16 = 3;

/// Maximum characters of a command in a title.
const MAX_COMMAND: usize = 200;

/// Minimum columns of a title with a command and a status.
const MIN_TITLE_WIDTH: u16 = 56;

/// How the frame of a terminal begins.
#[derive(Clone, Copy)]
pub(in crate::layout) enum FrameTop<'c> {
    /// In the last row of the card of its code, whose frame it continues.
    Card(&'c CodeBox),
    /// With a title, on the edges of the code if it is above.
    Title(Option<&'c CodeBox>),
    /// With a title that has space for the status, as the code is not visible.
    TitleWithStatus,
}

/// Returns whether a cell's terminal is visible, which is when it has run or is on standby.
pub(super) fn is_visible(cell: &Cell, run: &CellRun) -> bool {
    cell.exec.pty.is_some_and(|pty| pty.standby || run.output.screen.is_some())
}

/// Lays out the cell's terminal if it is visible, and returns the box of its frame.
pub(in crate::layout) fn lay_out(
    flow: &mut Flow<'_>,
    block: &CodeBlock,
    (cell, run): (&Cell, &CellRun),
    frame_top: FrameTop<'_>,
) -> Option<CodeBox> {
    let pty = cell.exec.pty.filter(|_| is_visible(cell, run))?;
    let top = flow.open();
    let (panel, x, columns) = columns(flow, pty, frame_top);
    let has_title = !matches!(frame_top, FrameTop::Card(_));
    let y = if has_title { top.saturating_add(panel.above) } else { top };
    let rows = pty.size.map_or_else(|| rows_left(flow, y), |(_, rows)| rows);
    let end = y.saturating_add(rows.into());
    let next = end.saturating_add(panel.above);
    let style = if block.no_background {
        flow.style.inline.base
    } else {
        flow.context.theme().output.style
    };
    flow.fill(panel.range.x, top, (panel.range.width, next - top), style);
    if panel.is_framed && has_title {
        let line = line_style(flow, cell, run);
        let title = match frame_top {
            // The author hides the code.
            FrameTop::TitleWithStatus => code::label(block).to_owned(),
            FrameTop::Title(_) | FrameTop::Card(_) => command(block, panel.range.width),
        };
        frame::line(flow, (panel.range, top), frame::TOP, (&title, line));
        let status = status::style_of(&flow.context.theme().output, run);
        frame::below(flow, panel.range, y..end, (status, line));
    }
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
    flow.close(next, 1);
    Some(panel)
}

/// Returns the box of a terminal's frame, and the first column and the number of columns of the
/// terminal. These are as many as requested, or else as many as other output has: the frame lies
/// outside, as far as there is space. It is at least as wide as the code above.
fn columns(flow: &Flow<'_>, pty: Pty, frame_top: FrameTop<'_>) -> (CodeBox, u16, u16) {
    let room = flow.width;
    let wanted = pty.size.map_or_else(|| code::columns(flow), |(columns, _)| columns);
    let is_framed = room >= MIN_FRAME_WIDTH;
    let padding = u16::from(flow.context.theme().output.padding.horizontal).max(1);
    let beside = (room.saturating_sub(wanted) / 2).clamp(1, padding) * u16::from(is_framed);
    let columns = wanted.min(room.saturating_sub(2 * beside)).max(1);
    let alignment = flow.context.theme().code.alignment;
    let least = match frame_top {
        FrameTop::TitleWithStatus => MIN_TITLE_WIDTH.min(room),
        FrameTop::Title(_) | FrameTop::Card(_) => 0,
    };
    let range = range(alignment, room, least.max(columns + 2 * beside));
    let range = match frame_top {
        FrameTop::Card(code) | FrameTop::Title(Some(code)) => code.range.union(range),
        FrameTop::Title(None) | FrameTop::TitleWithStatus => range,
    };
    let mut inner = range;
    (inner.x, inner.width) = (range.x + beside, range.width.saturating_sub(2 * beside));
    let above = u32::from(is_framed);
    let panel = CodeBox { range, most: room, beside, above, is_framed };
    (panel, inner.row_start(columns), columns)
}

/// Returns the columns of a box of at least this width, which may reach into the margins of code.
fn range(alignment: Alignment, room: u16, width: u16) -> ColumnRange {
    let mut range = ColumnRange::for_block(alignment, room, width);
    if let Some(missing) = width.checked_sub(range.width) {
        range.x = match alignment {
            Alignment::Left(_) => range.x.min(room.saturating_sub(width)),
            Alignment::Center { .. } => range.x.saturating_sub(missing / 2),
            Alignment::Right(_) => range.x.saturating_sub(missing),
        };
        range.width = width;
    }
    range
}

/// Returns the rows left for a terminal that starts in row `y`.
fn rows_left(flow: &Flow<'_>, y: u32) -> u16 {
    let rest = flow.room.saturating_sub(y).saturating_sub(ROWS_BELOW);
    let room = if rest < MIN_ROWS { (flow.context.rows / 2).max(1) } else { rest };
    u16::try_from(room).unwrap_or(u16::MAX)
}

/// Returns the style of a terminal's frame.
pub(super) fn line_style(flow: &Flow<'_>, cell: &Cell, run: &CellRun) -> Style {
    let theme = flow.context.theme();
    match theme.code.frame {
        _ if flow.context.inputs.focus == Some(cell.id) => theme.output.running,
        FrameShape::None => status::style_of(&theme.output, run),
        FrameShape::Rounded => theme.code.frame_style,
    }
}

/// Returns what runs in a terminal: the command, if it is the only line, or else the language. It
/// leaves half of a title for the status.
pub(super) fn command(block: &CodeBlock, width: u16) -> String {
    let mut lines = block.text.lines().map(str::trim).filter(|line| !line.is_empty());
    let command = match (lines.next(), lines.next()) {
        (Some(line), None) => line,
        _ => code::label(block),
    };
    let command = visible_line(command);
    let most = width / 2;
    let mut start: String = command.chars().take(MAX_COMMAND).collect();
    if start.len() == command.len() && wrap::columns(&start) <= most {
        return start;
    }
    while !start.is_empty() && wrap::columns(&start) >= most {
        start.pop();
    }
    start + "…"
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
