//! Bar charts: a row for each number, with its label before and its value behind the bar.

use ratatui::text::Line;

use super::axis::number;
use super::{ChartArea, ChartPalette, cut};
use crate::deck::{Chart, ChartTable};
use crate::layout::flow::Flow;
use crate::layout::text::{DIM, StyledText};
use crate::layout::wrap::columns;

/// Parts of a cell, in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Lays out the bars.
pub(super) fn lay_out(
    flow: &mut Flow<'_>,
    chart: &Chart,
    table: &ChartTable,
    area: &ChartArea,
    palette: &ChartPalette,
) {
    let all = || table.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let label_width = table.labels.iter().map(|label| columns(label)).max().unwrap_or(0);
    let label_width = label_width.min(area.width / 3);
    let value_width = all().map(|value| columns(&number(value))).max().unwrap_or(1);
    let room = area.width.saturating_sub(label_width + value_width + 3).max(1);
    let low = all().fold(0.0, f64::min);
    let high = all().fold(0.0, f64::max);
    let scale = BarScale { low, span: (high - low).max(f64::MIN_POSITIVE), room };
    let per_label = table.series.len() as u32;
    let names = u32::from(!chart.x_name.is_empty() || !chart.y_name.is_empty());
    let fits = |rows: u32| rows.saturating_add(names) <= area.rows;
    let count = table.labels.len() as u32;
    let gap = u32::from(fits(count.saturating_mul(per_label + 1)));
    let mut y = flow.open();
    let last = y.saturating_add(area.rows.saturating_sub(names));
    for (index, label) in table.labels.iter().enumerate() {
        let left = count - index as u32;
        if y.saturating_add(per_label) > last || (y.saturating_add(per_label) == last && left > 1) {
            let note = StyledText::plain(&format!("… {left} more"), DIM);
            flow.put(area.x, y, (note.cut(area.width), area.width));
            y = y.saturating_add(1);
            break;
        }
        for (number_of, series) in table.series.iter().enumerate() {
            let shown = if number_of == 0 { cut(label, label_width) } else { String::new() };
            let padding = " ".repeat(usize::from(label_width - columns(&shown)));
            let mut text = StyledText::plain(&format!("{padding}{shown} "), palette.text);
            if let Some(value) = series.values.get(index).copied().flatten() {
                text.push(&scale.bar(value), palette.series(number_of));
                text.push(&format!(" {}", number(value)), palette.text);
            }
            flow.put(area.x, y, (text.cut(area.width), text.width().min(area.width)));
            y = y.saturating_add(1);
        }
        y = y.saturating_add(gap);
    }
    y = y.saturating_sub(gap);
    if names > 0 {
        let both = [&*chart.x_name, &*chart.y_name].map(str::to_owned);
        let name = both.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ");
        let name = cut(&name, area.width);
        let x = area.x + label_width + 1;
        let width = columns(&name);
        flow.put(x, y, (Line::styled(name, palette.axis()), width));
        y = y.saturating_add(1);
    }
    flow.close(y, 1);
}

/// How long bars are.
struct BarScale {
    low: f64,
    span: f64,
    room: u16,
}

impl BarScale {
    /// Returns a bar, after blanks to where it begins.
    fn bar(&self, value: f64) -> String {
        let eighths = |part: f64| {
            #[expect(clippy::cast_sign_loss, reason = "not negative")]
            let eighths = (part / self.span * f64::from(self.room) * 8.0).round().max(0.0) as usize;
            eighths.min(usize::from(self.room) * 8)
        };
        let zero = eighths(-self.low);
        if value < 0.0 {
            // Blocks grow to the right, so the left end of these is a whole cell.
            let start = eighths(value - self.low) / 8;
            return " ".repeat(start) + &"█".repeat((zero / 8).saturating_sub(start));
        }
        let length = eighths(value);
        let bar = "█".repeat(length / 8) + EIGHTHS[length % 8];
        let bar = if length == 0 && value > 0.0 { EIGHTHS[1].to_owned() } else { bar };
        " ".repeat(zero / 8) + &bar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion() {
        let scale = BarScale { low: 0.0, span: 10.0, room: 10 };
        assert_eq!(
            [10.0, 5.0, 2.25, 0.001, 0.0].map(|it| scale.bar(it)),
            ["██████████", "█████", "██▎", "▏", ""]
        );
        let scale = BarScale { low: -5.0, span: 10.0, room: 10 };
        assert_eq!([5.0, -5.0, -2.0].map(|it| scale.bar(it)), ["     █████", "█████", "   ██"]);
    }
}
