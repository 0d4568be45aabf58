//! Data tables in output: single-line rows, as many columns as fit, and a scrolling window over the
//! rows.

use std::ops::Range;

use ratatui::style::{Modifier, Style};

use super::window::{self, PartView, RowWindow};
use crate::deck::{Align, CodeBlock};
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::role::Role;
use crate::layout::text::{DIM, StyledText};
use crate::layout::wrap;
use crate::run::{DataColumn, DataTable, group_digits};

/// Columns between two table columns.
const COLUMN_GAP: u16 = 2;

/// Maximum width of a table column.
const MAX_COLUMN_WIDTH: u16 = 40;

/// Maximum table rows shown on a slide, which leaves space for what follows.
const MAX_ROWS: u32 = 15;

/// Shown in place of omitted columns.
const ELLIPSIS: &str = "…";

/// The style of column names.
const NAME_STYLE: Style = Style::new().add_modifier(Modifier::BOLD);

/// Returns the width of the whole table.
pub(in crate::layout) fn natural_width(table: &DataTable) -> u16 {
    let widths = widths(table);
    let more = if table.omitted_columns() > 0 { COLUMN_GAP + 1 } else { 0 };
    total(widths.into_iter()).saturating_add(more)
}

/// Lays out a table in its box.
pub(in crate::layout) fn lay_out(
    flow: &mut Flow<'_>,
    table: &DataTable,
    (block, panel): (&CodeBlock, &CodeBox),
    place: PartView,
) {
    let top = flow.open();
    let grid = DataGrid::new(table, panel.inner(), 0);
    let head = grid.head();
    let room = window::most_rows(flow, top, panel, head.len() as u32);
    let window = RowWindow::new(table.rows.len(), room.min(MAX_ROWS), place.scroll.or(Some(0)));
    let label = grid.label(&window);
    let rows = table.rows.iter().skip(window.first).take(window.rows).map(|row| grid.row(row));
    let label = label.map(|words| StyledText::plain(&words, DIM));
    let lines: Vec<StyledText> = head.iter().cloned().chain(rows).collect();
    let height = (lines.len() + usize::from(label.is_some())) as u32 + panel.above * 2;
    if !block.no_background {
        let style = flow.context.theme().output.style;
        flow.fill(panel.range.x, top, (panel.range.width, height), style);
    }
    let y = top.saturating_add(panel.above);
    flow.begin(Role::Table, (panel.x(), y));
    for ((number, line), y) in lines.iter().enumerate().zip(y..) {
        // The rule is the last line of the head.
        let is_header = number + 1 < head.len();
        flow.begin(Role::TableRow { is_header, cells: grid.cells() }, (panel.x(), y));
        flow.put(panel.x(), y, (line.cut(panel.inner()), panel.inner()));
        flow.end(y);
    }
    flow.end(y);
    if let Some(label) = label {
        let below = y.saturating_add(lines.len() as u32);
        flow.put(panel.x(), below, (label.cut(panel.inner()), panel.inner()));
    }
    let y = y.saturating_add(head.len() as u32);
    place.note(flow, (panel.range.x, y, panel.range.width), &window, false);
    flow.close(top.saturating_add(height), 1);
}

/// The visible columns of a table and their widths.
pub(in crate::layout) struct DataGrid<'a> {
    pub(in crate::layout) table: &'a DataTable,
    /// Index and width of each visible column.
    shown: Vec<(usize, u16)>,
    /// Number of columns scrolled away, not counting index columns.
    pub(in crate::layout) skipped: usize,
}

impl<'a> DataGrid<'a> {
    /// Selects as many columns as fit into `room` columns of the screen: index columns, then the
    /// others from number `skip` on. Does not skip more than necessary to show the last column.
    pub(in crate::layout) fn new(table: &'a DataTable, room: u16, skip: usize) -> Self {
        let widths: Vec<(usize, u16)> = widths(table).into_iter().enumerate().collect();
        let (index, others): (Vec<_>, Vec<_>) =
            widths.into_iter().partition(|&(column, _)| table.columns[column].is_index);
        let shown = |skip: usize| index.iter().chain(others.iter().skip(skip)).copied();
        let fits = |skip: usize, room: u16| total(shown(skip).map(|(_, width)| width)) <= room;
        let aside = COLUMN_GAP + 1;
        let most = (1..others.len()).find(|&skip| fits(skip, room.saturating_sub(aside)));
        let most = if fits(0, room) { 0 } else { most.unwrap_or(others.len().saturating_sub(1)) };
        let skipped = skip.min(most);
        let mut shown: Vec<(usize, u16)> = shown(skipped).collect();
        let room = room.saturating_sub(if skipped > 0 { aside } else { 0 });
        let total = |shown: &[(usize, u16)]| total(shown.iter().map(|&(_, width)| width));
        if total(&shown) > room || table.omitted_columns() > 0 {
            let room = room.saturating_sub(aside);
            while shown.len() > 1 + index.len() && total(&shown) > room {
                shown.pop();
            }
        }
        Self { table, shown, skipped }
    }

    /// Returns the number of columns not shown.
    pub(in crate::layout) fn hidden_columns(&self) -> usize {
        self.table.omitted_columns() + (self.table.columns.len() - self.shown.len())
    }

    /// Returns whether there are more columns to the right.
    fn has_more_columns(&self) -> bool {
        self.hidden_columns() > self.skipped
    }

    /// Returns the columns of each cell of a row.
    fn cells(&self) -> Vec<Range<u16>> {
        let first = self.shown.iter().position(|&(at, _)| !self.table.columns[at].is_index);
        let mut start: u16 = 0;
        let range = |(place, &(_, width)): (usize, &(usize, u16))| {
            if self.skipped > 0 && first == Some(place) {
                start = start.saturating_add(COLUMN_GAP + 1);
            }
            let end = start.saturating_add(width);
            std::mem::replace(&mut start, end.saturating_add(COLUMN_GAP))..end
        };
        self.shown.iter().enumerate().map(range).collect()
    }

    /// Returns the names, the types (if any) and a rule; nothing if there are neither.
    pub(in crate::layout) fn head(&self) -> Vec<StyledText> {
        let columns = &self.table.columns;
        let has_kinds = columns.iter().any(|column| column.kind.is_some());
        if !has_kinds && !self.table.has_names() {
            return Vec::new();
        }
        let names = self.line(|at| (&*columns[at].name, NAME_STYLE));
        let kinds =
            has_kinds.then(|| self.line(|at| (columns[at].kind.as_deref().unwrap_or(""), DIM)));
        let aside = usize::from(self.skipped > 0) + usize::from(self.has_more_columns());
        let width = usize::from(total(self.shown.iter().map(|&(_, width)| width)));
        let rule = "─".repeat(width + aside * usize::from(COLUMN_GAP + 1));
        let rule = StyledText::plain(&rule, DIM);
        [Some(names), kinds, Some(rule)].into_iter().flatten().collect()
    }

    /// Returns a row of the table.
    pub(in crate::layout) fn row(&self, cells: &[Box<str>]) -> StyledText {
        let style = |at: usize| if self.table.columns[at].is_index { DIM } else { Style::new() };
        self.line(|at| (cells.get(at).map_or("", |cell| &**cell), style(at)))
    }

    fn line<'c>(&self, cell: impl Fn(usize) -> (&'c str, Style)) -> StyledText {
        let mut line = StyledText::default();
        let blanks = |line: &mut StyledText, count: u16| {
            line.push(&" ".repeat(count.into()), Style::new());
        };
        let first = self.shown.iter().position(|&(at, _)| !self.table.columns[at].is_index);
        for (place, &(at, width)) in self.shown.iter().enumerate() {
            if place > 0 {
                blanks(&mut line, COLUMN_GAP);
            }
            if self.skipped > 0 && first == Some(place) {
                line.push(ELLIPSIS, DIM);
                blanks(&mut line, COLUMN_GAP);
            }
            let (cell, style) = cell(at);
            let cell = StyledText::from_row(&StyledText::plain(&flat(cell), style).cut(width));
            let free = width.saturating_sub(cell.width());
            if self.table.columns[at].align == Align::Right {
                blanks(&mut line, free);
                line.append(&cell);
            } else {
                line.append(&cell);
                blanks(&mut line, free);
            }
        }
        if self.has_more_columns() {
            blanks(&mut line, COLUMN_GAP);
            line.push(ELLIPSIS, DIM);
        }
        line
    }

    /// Returns a note on what is not shown, if anything.
    fn label(&self, window: &RowWindow) -> Option<String> {
        if window.first == 0 {
            return self.table.more(window.rows, self.hidden_columns());
        }
        let (first, last) =
            (group_digits(window.first + 1), group_digits(window.first + window.rows));
        Some(format!("rows {first}-{last} of {}", group_digits(self.table.height)))
    }
}

/// Returns the width of each column.
fn widths(table: &DataTable) -> Vec<u16> {
    let of_head =
        |column: &DataColumn| cells(&column.name).max(column.kind.as_deref().map_or(0, cells));
    let mut widths: Vec<u16> = table.columns.iter().map(of_head).collect();
    for row in &table.rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cells(cell).max(*width);
        }
    }
    widths.iter().map(|&width| width.clamp(1, MAX_COLUMN_WIDTH)).collect()
}

fn cells(text: &str) -> u16 {
    u16::try_from(wrap::cells(text)).unwrap_or(u16::MAX)
}

/// Replaces line breaks and tabs with spaces.
fn flat(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains(['\n', '\t', '\r']) {
        text.replace(['\n', '\t', '\r'], " ").into()
    } else {
        text.into()
    }
}

/// Returns the total width of columns and the gaps between them.
fn total(widths: impl Iterator<Item = u16>) -> u16 {
    let sum = widths.fold(None, |sum: Option<u16>, width| {
        Some(sum.map_or(width, |sum| sum.saturating_add(COLUMN_GAP).saturating_add(width)))
    });
    sum.unwrap_or(0)
}
