//! Tables of data that a run shows: rows one line high, as many columns as there is room for, a
//! window over the rows where there are many.

use ratatui::style::{Modifier, Style};

use super::output::{self, DIM, PartView, RowWindow};
use crate::deck::{Align, CodeBlock};
use crate::layout::code::CodeBox;
use crate::layout::flow::Flow;
use crate::layout::text::StyledText;
use crate::layout::wrap;
use crate::run::{DataColumn, DataTable, group_digits};

/// Columns of the screen between two of the table.
const BETWEEN: u16 = 2;

/// A column of the table is no wider.
const WIDEST: u16 = 40;

/// Rows that a table shows at most on its slide: what follows it is to be seen, too.
const MOST_ROWS: u32 = 15;

/// What stands for the columns there is no room for.
const MORE: &str = "…";

/// How the names of columns look.
const NAME: Style = Style::new().add_modifier(Modifier::BOLD);

/// Columns of the screen that the whole table would take.
pub(in crate::layout) fn natural_width(table: &DataTable) -> u16 {
    let widths = widths(table);
    let more = if table.omitted_columns() > 0 { BETWEEN + 1 } else { 0 };
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
    let room = output::most_rows(flow, top, panel).saturating_sub(head.len() as u32).max(1);
    let window = RowWindow::new(table.rows.len(), room.min(MOST_ROWS), place.scroll.or(Some(0)));
    let label = grid.label(&window);
    let rows = table.rows.iter().skip(window.first).take(window.rows).map(|row| grid.row(row));
    let label = label.map(|words| StyledText::plain(&words, DIM));
    let lines: Vec<StyledText> = head.iter().cloned().chain(rows).chain(label).collect();
    let height = lines.len() as u32 + panel.above * 2;
    if !block.no_background {
        let style = flow.context.theme().output.style;
        flow.fill(panel.range.x, top, (panel.range.width, height), style);
    }
    let y = top.saturating_add(panel.above);
    for (line, y) in lines.iter().zip(y..) {
        flow.put(panel.x(), y, (line.cut(panel.inner()), panel.inner()));
    }
    let y = y.saturating_add(head.len() as u32);
    place.note(flow, (panel.range.x, y, panel.range.width), &window, false);
    flow.close(top.saturating_add(height), 1);
}

/// The columns that show, and how wide each is.
pub(in crate::layout) struct DataGrid<'a> {
    pub(in crate::layout) table: &'a DataTable,
    /// Columns by their number, and how wide each is.
    shown: Vec<(usize, u16)>,
    /// How many columns behind those of the index are scrolled away.
    pub(in crate::layout) skipped: usize,
}

impl<'a> DataGrid<'a> {
    /// As many columns as fit in so many of the screen, those of the index first, then the others
    /// from the one with number `skip` on. No more are skipped than the last ones need to fit.
    pub(in crate::layout) fn new(table: &'a DataTable, room: u16, skip: usize) -> Self {
        let widths: Vec<(usize, u16)> = widths(table).into_iter().enumerate().collect();
        let (index, others): (Vec<_>, Vec<_>) =
            widths.into_iter().partition(|&(column, _)| table.columns[column].is_index);
        let shown = |skip: usize| index.iter().chain(others.iter().skip(skip)).copied();
        let fits = |skip: usize, room: u16| total(shown(skip).map(|(_, width)| width)) <= room;
        let aside = BETWEEN + 1;
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

    /// How many columns are not shown.
    pub(in crate::layout) fn left_out(&self) -> usize {
        self.table.omitted_columns() + (self.table.columns.len() - self.shown.len())
    }

    /// Whether there are columns to the right of those that show.
    fn goes_on(&self) -> bool {
        self.left_out() > self.skipped
    }

    /// Names, types where there are any, and a rule.
    pub(in crate::layout) fn head(&self) -> Vec<StyledText> {
        let columns = &self.table.columns;
        let names = self.line(|at| (&*columns[at].name, NAME));
        let has_kinds = columns.iter().any(|column| column.kind.is_some());
        let kinds =
            has_kinds.then(|| self.line(|at| (columns[at].kind.as_deref().unwrap_or(""), DIM)));
        let aside = usize::from(self.skipped > 0) + usize::from(self.goes_on());
        let width = usize::from(total(self.shown.iter().map(|&(_, width)| width)));
        let rule = "─".repeat(width + aside * usize::from(BETWEEN + 1));
        let rule = StyledText::plain(&rule, DIM);
        [Some(names), kinds, Some(rule)].into_iter().flatten().collect()
    }

    /// A row of the table.
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
                blanks(&mut line, BETWEEN);
            }
            if self.skipped > 0 && first == Some(place) {
                line.push(MORE, DIM);
                blanks(&mut line, BETWEEN);
            }
            let (cell, style) = cell(at);
            let cell = StyledText::from_line(&StyledText::plain(&flat(cell), style).cut(width));
            let free = width.saturating_sub(cell.width());
            if self.table.columns[at].align == Align::Right {
                blanks(&mut line, free);
                line.append(&cell);
            } else {
                line.append(&cell);
                blanks(&mut line, free);
            }
        }
        if self.goes_on() {
            blanks(&mut line, BETWEEN);
            line.push(MORE, DIM);
        }
        line
    }

    /// What of the table is not to be seen, if anything.
    fn label(&self, window: &RowWindow) -> Option<String> {
        if window.first == 0 {
            return self.table.more(window.rows, self.left_out());
        }
        let (first, last) =
            (group_digits(window.first + 1), group_digits(window.first + window.rows));
        Some(format!("rows {first}-{last} of {}", group_digits(self.table.height)))
    }
}

/// The width of each column.
fn widths(table: &DataTable) -> Vec<u16> {
    let of_head =
        |column: &DataColumn| cells(&column.name).max(column.kind.as_deref().map_or(0, cells));
    let mut widths: Vec<u16> = table.columns.iter().map(of_head).collect();
    for row in &table.rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cells(cell).max(*width);
        }
    }
    widths.iter().map(|&width| width.clamp(1, WIDEST)).collect()
}

fn cells(text: &str) -> u16 {
    u16::try_from(wrap::cells(text)).unwrap_or(u16::MAX)
}

/// Text on one line.
fn flat(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains(['\n', '\t', '\r']) {
        text.replace(['\n', '\t', '\r'], " ").into()
    } else {
        text.into()
    }
}

/// Columns of the screen that so wide ones take, with what is between them.
fn total(widths: impl Iterator<Item = u16>) -> u16 {
    let sum = widths.fold(None, |sum: Option<u16>, width| {
        Some(sum.map_or(width, |sum| sum.saturating_add(BETWEEN).saturating_add(width)))
    });
    sum.unwrap_or(0)
}
