//! Charts, as text: bars from blocks, lines and dots from braille, in the theme's colours.

mod axis;
mod bars;
mod plot;

use ratatui::style::{Color, Modifier, Style};

use super::drawing::DrawingColors;
use super::flow::{Flow, OverflowKind};
use super::placement::effective_alignment;
use super::problem;
use super::text::{DIM, StyledText};
use crate::ansi::{Channels, mix};
use crate::deck::{Align, Chart, ChartKind, ChartSource, ChartTable};
use crate::source::Span;
use crate::theme::Alignment;

/// The smallest area of a chart, in columns and rows.
const MIN_AREA: (u16, u32) = (20, 4);

/// The most rows and columns of a chart: larger ones are not easier to read.
const MAX_AREA: (u16, u32) = (110, 24);

/// Lays out a chart.
pub(super) fn lay_out(flow: &mut Flow<'_>, chart: &Chart, span: Span) {
    match &chart.source {
        ChartSource::Table(table) => lay_out_table(flow, chart, table, span),
        ChartSource::Output(cell) => {
            let Some(run) = flow.context.run(*cell) else {
                let note = StyledText::plain("a chart of output that is not there yet", DIM);
                flow.rows(&note, centered());
                return flow.close(flow.height(), 1);
            };
            let output = run.output.plain_text();
            if output.trim().is_empty() {
                return;
            }
            match ChartTable::from_csv(&output) {
                Ok(table) => lay_out_table(flow, chart, &table, span),
                Err((line, why)) => {
                    let why = format!("this output is not a table: line {line}: {why}");
                    let place = flow.context.inputs.deck.sources.place(span);
                    let hint = "hint: print comma-separated values, such as `name,1,2`";
                    problem::notice(flow, &why, [&*place, hint].into_iter());
                }
            }
        }
    }
}

fn lay_out_table(flow: &mut Flow<'_>, chart: &Chart, table: &ChartTable, span: Span) {
    let area = ChartArea::of(flow, chart, table);
    if area.width < MIN_AREA.0 || area.rows < MIN_AREA.1 {
        flow.overflow(OverflowKind::Rows);
        let why = format!(
            "this chart needs {} columns and {} rows; there are {} and {}",
            MIN_AREA.0, MIN_AREA.1, area.width, area.rows
        );
        let place = flow.context.inputs.deck.sources.place(span);
        return problem::notice(flow, &why, [&*place].into_iter());
    }
    let palette = ChartPalette::of(flow);
    heading(flow, chart, table, &palette);
    match chart.kind {
        ChartKind::Bar => bars::lay_out(flow, chart, table, &area, &palette),
        ChartKind::Line | ChartKind::Scatter => {
            plot::lay_out(flow, chart, table, &area, &palette);
        }
    }
    flow.close(flow.height(), 1);
}

/// The cells for the chart itself, without title and legend.
struct ChartArea {
    x: u16,
    width: u16,
    rows: u32,
}

impl ChartArea {
    fn of(flow: &Flow<'_>, chart: &Chart, table: &ChartTable) -> Self {
        let heading = u32::from(!chart.title.is_empty()) + u32::from(has_legend(table));
        let rest = flow.room.saturating_sub(flow.next()).saturating_sub(heading);
        let width = flow.width.min(MAX_AREA.0);
        Self { x: (flow.width - width) / 2, width, rows: rest.min(MAX_AREA.1) }
    }
}

/// The colours of a chart.
struct ChartPalette {
    text: Style,
    colors: DrawingColors,
}

impl ChartPalette {
    fn of(flow: &Flow<'_>) -> Self {
        let colors = DrawingColors::of(flow.context.theme());
        Self { text: flow.style.inline.base, colors }
    }

    fn axis(&self) -> Style {
        self.text.add_modifier(Modifier::DIM)
    }

    /// Returns the style of a series.
    fn series(&self, index: usize) -> Style {
        let DrawingColors { foreground, background, accent, series, .. } = self.colors;
        let others = [accent, foreground, mix(foreground, background, 50)];
        let all = series.into_iter().chain(others);
        let [red, green, blue]: Channels = all.cycle().nth(index).unwrap_or(foreground);
        self.text.fg(Color::Rgb(red, green, blue))
    }
}

fn has_legend(table: &ChartTable) -> bool {
    table.series.len() > 1
}

/// Lays out the title and the names of the series.
fn heading(flow: &mut Flow<'_>, chart: &Chart, table: &ChartTable, palette: &ChartPalette) {
    if !chart.title.is_empty() {
        let style = palette.text.add_modifier(Modifier::BOLD);
        flow.rows(&StyledText::plain(&chart.title, style), centered());
    }
    if has_legend(table) {
        let mut legend = StyledText::default();
        for (index, series) in table.series.iter().enumerate() {
            legend.push(if index > 0 { "   ■ " } else { "■ " }, palette.series(index));
            legend.push(&series.name, palette.text);
        }
        flow.rows(&legend, centered());
    }
}

fn centered() -> Alignment {
    effective_alignment(Some(Align::Center), Alignment::default())
}

/// Cuts a text to a width, with `…` at its end.
fn cut(text: &str, width: u16) -> String {
    if super::wrap::columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if super::wrap::columns(&kept) + super::wrap::columns(c.encode_utf8(&mut [0; 4])) >= width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}
