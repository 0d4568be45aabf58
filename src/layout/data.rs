//! Tables of data that a run shows: rows one line high, as many columns as there is room for, a
//! window over the rows where there are many.

use ratatui::style::{Modifier, Style};

use super::code::Panel;
use super::flow::Flow;
use super::output::{self, DIM, Place, Window};
use super::text::Text;
use super::wrap;
use crate::deck::{Align, CodeBlock};
use crate::run::{DataColumn, DataTable, grouped};

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
pub(super) fn natural_width(table: &DataTable) -> u16 {
    let widths = widths(table);
    let more = if table.columns_left_out() > 0 { BETWEEN + 1 } else { 0 };
    total(&widths).saturating_add(more)
}

/// Lays out a table in its box.
pub(super) fn lay_out(
    flow: &mut Flow<'_>,
    table: &DataTable,
    (block, panel): (&CodeBlock, &Panel),
    place: Place,
) {
    let top = flow.open();
    let grid = Grid::new(table, panel.inner());
    let head = grid.head();
    let room = output::most_rows(flow, top, panel).saturating_sub(head.len() as u32).max(1);
    let window = Window::new(table.rows.len(), room.min(MOST_ROWS), place.scroll.or(Some(0)));
    let label = grid.label(&window);
    let rows = table.rows.iter().skip(window.first).take(window.rows).map(|row| grid.row(row));
    let label = label.map(|words| Text::plain(&words, DIM));
    let lines: Vec<Text> = head.iter().cloned().chain(rows).chain(label).collect();
    let height = lines.len() as u32 + panel.above * 2;
    if !block.no_background {
        let style = flow.page.theme().output.style;
        flow.fill(panel.spot.x, top, (panel.spot.width, height), style);
    }
    let y = top.saturating_add(panel.above);
    for (line, y) in lines.iter().zip(y..) {
        flow.put(panel.x(), y, (line.cut(panel.inner()), panel.inner()));
    }
    let y = y.saturating_add(head.len() as u32);
    place.note(flow, (panel.spot.x, y, panel.spot.width), &window, false);
    flow.close(top.saturating_add(height), 1);
}

/// The columns that show, and how wide each is.
struct Grid<'a> {
    table: &'a DataTable,
    widths: Vec<u16>,
}

impl<'a> Grid<'a> {
    /// As many of the first columns as fit in so many of the screen.
    fn new(table: &'a DataTable, room: u16) -> Self {
        let mut widths = widths(table);
        if total(&widths) > room || table.columns_left_out() > 0 {
            let room = room.saturating_sub(BETWEEN + 1);
            let least = 1 + table.columns.iter().filter(|column| column.is_index).count();
            while widths.len() > least && total(&widths) > room {
                widths.pop();
            }
        }
        Self { table, widths }
    }

    /// How many columns are not shown.
    fn left_out(&self) -> usize {
        self.table.columns_left_out() + (self.table.columns.len() - self.widths.len())
    }

    /// Names, types where there are any, and a rule.
    fn head(&self) -> Vec<Text> {
        let columns = &self.table.columns;
        let names = self.line(columns.iter().map(|column| (&*column.name, NAME)));
        let has_kinds = columns.iter().any(|column| column.kind.is_some());
        let kinds = has_kinds.then(|| {
            self.line(columns.iter().map(|column| (column.kind.as_deref().unwrap_or(""), DIM)))
        });
        let more = if self.left_out() > 0 { BETWEEN + 1 } else { 0 };
        let rule = "─".repeat(usize::from(total(&self.widths).saturating_add(more)));
        let rule = Text::plain(&rule, DIM);
        [Some(names), kinds, Some(rule)].into_iter().flatten().collect()
    }

    fn row(&self, cells: &[Box<str>]) -> Text {
        let style = |column: &DataColumn| if column.is_index { DIM } else { Style::new() };
        let cells = cells.iter().zip(&self.table.columns);
        self.line(cells.map(|(cell, column)| (&**cell, style(column))))
    }

    fn line<'c>(&self, cells: impl Iterator<Item = (&'c str, Style)>) -> Text {
        let mut line = Text::default();
        let columns = self.widths.iter().zip(&self.table.columns);
        for (at, ((cell, style), (&width, column))) in cells.zip(columns).enumerate() {
            if at > 0 {
                line.push(&" ".repeat(BETWEEN.into()), Style::new());
            }
            let cell = Text::from_line(&Text::plain(&flat(cell), style).cut(width));
            let blanks = " ".repeat(width.saturating_sub(cell.width()).into());
            if column.align == Align::Right {
                line.push(&blanks, Style::new());
                line.append(&cell);
            } else {
                line.append(&cell);
                line.push(&blanks, Style::new());
            }
        }
        if self.left_out() > 0 {
            line.push(&" ".repeat(BETWEEN.into()), Style::new());
            line.push(MORE, DIM);
        }
        line
    }

    /// What of the table is not to be seen, if anything.
    fn label(&self, window: &Window) -> Option<String> {
        if window.first == 0 {
            return self.table.more(window.rows, self.left_out());
        }
        let (first, last) = (grouped(window.first + 1), grouped(window.first + window.rows));
        Some(format!("rows {first}-{last} of {}", grouped(self.table.height)))
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

fn total(widths: &[u16]) -> u16 {
    let between =
        BETWEEN.saturating_mul(u16::try_from(widths.len()).unwrap_or(u16::MAX).max(1) - 1);
    widths.iter().fold(between, |sum, &width| sum.saturating_add(width))
}
