//! Line charts and scatter charts: braille dots between two axes.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::axis::Axis;
use super::{ChartArea, ChartPalette, cut};
use crate::deck::{Chart, ChartKind, ChartTable};
use crate::layout::flow::Flow;
use crate::layout::wrap::columns;

/// The bit of each dot in U+2800 to U+28FF, by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Lays out the dots and the axes.
pub(super) fn lay_out(
    flow: &mut Flow<'_>,
    chart: &Chart,
    table: &ChartTable,
    area: &ChartArea,
    palette: &ChartPalette,
) {
    let name_rows = u32::from(!chart.y_name.is_empty()) + u32::from(!chart.x_name.is_empty());
    // The axis and its labels.
    let rows = area.rows.saturating_sub(name_rows + 2).max(1);
    let values = table.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let down = Axis::of(values, (rows as usize / 3).clamp(1, 6));
    let labels: Vec<_> = down.ticks.iter().map(|tick| (*tick, down.label(*tick))).collect();
    let left = labels.iter().map(|(_, label)| columns(label)).max().unwrap_or(1) + 1;
    let width = area.width.saturating_sub(left + 1).max(1);
    let positions = table.numeric_labels();
    let across = positions
        .as_ref()
        .map(|positions| Axis::of(positions.iter().copied(), usize::from(width / 12).clamp(1, 8)));
    let place = |index: usize| match (&across, &positions) {
        (Some(axis), Some(positions)) => axis.place(positions[index]),
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        _ => (index as f64 + 0.5) / table.labels.len().max(1) as f64,
    };
    let mut grid = DotGrid::new(width, rows);
    for (number, series) in table.series.iter().enumerate() {
        let mut last = None;
        for (index, value) in series.values.iter().enumerate() {
            let Some(value) = *value else {
                last = None;
                continue;
            };
            let dot = grid.dot(place(index), down.place(value));
            match (chart.kind, last) {
                (ChartKind::Line, Some(last)) => grid.line(last, dot, number),
                (ChartKind::Line, None) => grid.set(dot, number),
                _ => grid.mark(dot, number),
            }
            last = Some(dot);
        }
    }
    let mut y = flow.open();
    if !chart.y_name.is_empty() {
        let name = cut(&chart.y_name, area.width);
        let width = columns(&name);
        flow.put(area.x, y, (Line::styled(name, palette.axis()), width));
        y = y.saturating_add(1);
    }
    let row_of = |tick: f64| grid.dot(0.0, down.place(tick)).1 / 4;
    for row in 0..rows {
        let label = labels.iter().find(|(tick, _)| row_of(*tick) == row);
        let (label, line) = label.map_or(("", "│"), |(_, label)| (label, "┤"));
        let mut spans =
            vec![Span::styled(format!("{label:>0$}{line}", left as usize), palette.axis())];
        spans.extend(grid.row(row, palette));
        flow.put(area.x, y, (Line::from(spans), area.width));
        y = y.saturating_add(1);
    }
    let marks: Vec<(u16, String)> = if let Some(axis) = &across {
        let at = |tick: &f64| (grid.dot(axis.place(*tick), 0.0).0 / 2) as u16;
        axis.ticks.iter().map(|tick| (at(tick), axis.label(*tick))).collect()
    } else {
        let at = |index: usize| (grid.dot(place(index), 0.0).0 / 2) as u16;
        let labels = table.labels.iter().enumerate();
        labels.map(|(index, label)| (at(index), label.to_string())).collect()
    };
    let (line, written) = under(&marks, width);
    let corner = format!("{}└{line}", " ".repeat(left as usize));
    flow.put(area.x, y, (Line::styled(corner, palette.axis()), area.width));
    let written = format!("{}{written}", " ".repeat(left as usize + 1));
    flow.put(area.x, y.saturating_add(1), (Line::styled(written, palette.axis()), area.width));
    y = y.saturating_add(2);
    if !chart.x_name.is_empty() {
        let name = cut(&chart.x_name, width);
        let x = area.x + left + 1 + (width - columns(&name)) / 2;
        let width = columns(&name);
        flow.put(x, y, (Line::styled(name, palette.axis()), width));
        y = y.saturating_add(1);
    }
    flow.close(y, 1);
}

/// Returns the horizontal axis and the labels under it; those without room are left out.
fn under(marks: &[(u16, String)], width: u16) -> (String, String) {
    let mut line = vec!['─'; width.into()];
    let mut labels = String::new();
    let mut end = 0;
    for (at, label) in marks {
        let size = columns(label);
        let start = at.saturating_sub(size / 2).min(width.saturating_sub(size));
        if size > width || (start < end + 1 && end > 0) {
            continue;
        }
        labels.push_str(&" ".repeat(usize::from(start.saturating_sub(columns(&labels)))));
        labels.push_str(label);
        end = start + size;
        if let Some(place) = line.get_mut(usize::from(*at)) {
            *place = '┬';
        }
    }
    (line.into_iter().collect(), labels)
}

/// A grid of dots, two by four in a cell. A cell has the colour of the last series in it.
struct DotGrid {
    columns: u16,
    rows: u32,
    cells: Vec<(u8, usize)>,
}

impl DotGrid {
    fn new(columns: u16, rows: u32) -> Self {
        Self { columns, rows, cells: vec![(0, 0); usize::from(columns) * rows as usize] }
    }

    /// Returns the dot at a place, from 0 to 1 to the right and up.
    #[expect(clippy::cast_sign_loss, reason = "places are not negative")]
    fn dot(&self, right: f64, up: f64) -> (u32, u32) {
        let (width, height) = (u32::from(self.columns) * 2, self.rows * 4);
        let x = (right * f64::from(width - 1)).round() as u32;
        let y = ((1.0 - up) * f64::from(height - 1)).round() as u32;
        (x.min(width - 1), y.min(height - 1))
    }

    fn set(&mut self, (x, y): (u32, u32), series: usize) {
        let index = (y / 4) as usize * usize::from(self.columns) + (x / 2) as usize;
        if let Some((bits, owner)) = self.cells.get_mut(index) {
            *bits |= BITS[(y % 4) as usize][(x % 2) as usize];
            *owner = series;
        }
    }

    /// Sets four dots, which are easier to see than one.
    fn mark(&mut self, (x, y): (u32, u32), series: usize) {
        let (right, below) =
            ((x + 1).min(u32::from(self.columns) * 2 - 1), (y + 1).min(self.rows * 4 - 1));
        for dot in [(x, y), (right, y), (x, below), (right, below)] {
            self.set(dot, series);
        }
    }

    fn line(&mut self, from: (u32, u32), to: (u32, u32), series: usize) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between = |from: u32, to: u32, step: u32| {
            let part = f64::from(step) / f64::from(steps);
            #[expect(clippy::cast_sign_loss, reason = "between two that are not negative")]
            let at = (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u32;
            at
        };
        for step in 0..=steps {
            self.set((between(from.0, to.0, step), between(from.1, to.1, step)), series);
        }
    }

    fn row(&self, row: u32, palette: &ChartPalette) -> Vec<Span<'static>> {
        let start = row as usize * usize::from(self.columns);
        let cells = &self.cells[start..start + usize::from(self.columns)];
        let run = |cells: &[(u8, usize)]| {
            let style = cells.iter().find(|(bits, _)| *bits > 0);
            let style = style.map_or(Style::new(), |(_, series)| palette.series(*series));
            let text: String = cells.iter().map(|(bits, _)| symbol(*bits)).collect();
            Span::styled(text, style)
        };
        // Blanks join their neighbours, but two series never share a run.
        let mut spans = Vec::new();
        let mut begin = 0;
        let mut owner = None;
        for (index, cell) in cells.iter().enumerate() {
            if cell.0 > 0 {
                if owner.is_some_and(|owner| owner != cell.1) {
                    spans.push(run(&cells[begin..index]));
                    begin = index;
                }
                owner = Some(cell.1);
            }
        }
        spans.push(run(&cells[begin..]));
        spans
    }
}

fn symbol(bits: u8) -> char {
    if bits == 0 { ' ' } else { char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' ') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_without_room_are_left_out() {
        let marks = [(2, "10".to_owned()), (4, "20".to_owned()), (9, "30".to_owned())];
        assert_eq!(under(&marks, 10), ("──┬──────┬".to_owned(), " 10     30".to_owned()));
        assert_eq!(under(&[(0, "too long".to_owned())], 3), ("───".to_owned(), String::new()));
    }

    #[test]
    fn lines_join_their_ends() {
        let mut grid = DotGrid::new(4, 1);
        let (from, to) = (grid.dot(0.0, 0.0), grid.dot(1.0, 1.0));
        assert_eq!((from, to), ((0, 3), (7, 0)));
        grid.line(from, to, 0);
        let text: String = grid.cells.iter().map(|(bits, _)| symbol(*bits)).collect();
        assert_eq!(text, "⣀⠤⠒⠉");
    }
}
