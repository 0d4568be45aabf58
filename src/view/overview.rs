//! The overview: miniatures of the slides with their numbers, titles and jump codes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::dim;
use super::slide::clear;
use crate::ansi::{fixed_rgb, mix};
use crate::app::{App, Overview, OverviewGrid, slide_title};
use crate::deck::SlideNo;
use crate::source::visible_line;
use crate::theme::Theme;

/// Share of the text's colour in the ground around miniatures, in percent.
const TEXT_PERCENT: u16 = 14;

/// Draws the overview over the whole screen. `miniature` returns the picture of a slide.
pub fn draw_overview<'a>(
    app: &App,
    overview: &Overview,
    miniature: impl Fn(SlideNo) -> Option<&'a Buffer>,
    theme: &Theme,
    buffer: &mut Buffer,
) {
    let base = ground(theme);
    clear(buffer, base);
    let area = buffer.area;
    let grid = OverviewGrid::of((area.width, area.height));
    head(app, overview, base, buffer);
    for (at, (place, entry)) in overview.page(&grid).enumerate() {
        let (row, column) = (at / grid.columns, at % grid.columns);
        let cell = Rect {
            x: column as u16 * grid.cell_width,
            y: 1 + row as u16 * (grid.miniature.1 + 1),
            width: grid.miniature.0 + 1,
            height: grid.miniature.1 + 1,
        };
        let cell = cell.intersection(area);
        let is_chosen = place == overview.index.chosen;
        let code = overview.code(place).filter(|_| !overview.is_searching);
        let title = title(app, entry.slide, code.as_deref(), &overview.typed);
        if cell.is_empty() {
            continue;
        }
        let line = Rect { height: 1, ..cell };
        title.render(Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line }, buffer);
        if is_chosen {
            buffer.set_style(line, theme.panel.selection.add_modifier(Modifier::BOLD));
        }
        if let Some(picture) = miniature(entry.slide) {
            copy(picture, (cell.x + 1, cell.y + 1), buffer);
        }
        if is_chosen {
            mark(cell, theme.panel.selection, base, buffer);
        }
    }
    dim::resolve(buffer);
}

/// Returns the style around the miniatures: their ground, with some of the text's colour.
fn ground(theme: &Theme) -> Style {
    let colors = theme.base.fg.and_then(fixed_rgb).zip(theme.base.bg.and_then(fixed_rgb));
    let Some((text, ground)) = colors else { return theme.base };
    let [red, green, blue] = mix(ground, text, TEXT_PERCENT);
    theme.base.bg(Color::Rgb(red, green, blue))
}

/// Draws the first row: what letters do, and the pages.
fn head(app: &App, overview: &Overview, base: Style, buffer: &mut Buffer) {
    let grid = OverviewGrid::of((buffer.area.width, buffer.area.height));
    let count = overview.index.found.len();
    let pages = count.div_ceil(grid.per_page()).max(1);
    let page = overview.index.chosen / grid.per_page() + 1;
    let dim = Style::new().add_modifier(Modifier::DIM);
    let strong = Style::new().add_modifier(Modifier::BOLD);
    let mut line = Line::raw(" ");
    if overview.is_searching {
        line.push_span(Span::styled(format!("/{}▏", visible_line(&overview.index.query)), strong));
        line.push_span(Span::styled(format!("  {count} of {}", app.deck().slides.len()), dim));
        line.push_span(Span::styled("  enter goes there · esc ends the search", dim));
    } else {
        line.push_span(Span::styled(format!("{count} slides"), strong));
        line.push_span(Span::styled("  letters jump · arrows, enter · / searches · esc", dim));
    }
    let row = Rect { height: 1.min(buffer.area.height), ..buffer.area };
    buffer.set_style(row, base);
    line.render(row, buffer);
    if pages > 1 {
        let text = Line::styled(format!("{page}/{pages} "), dim).right_aligned();
        let width = (text.width() as u16).min(row.width);
        text.render(Rect { x: row.right() - width, width, ..row }, buffer);
    }
}

/// Returns the row above a miniature: jump code, number, title.
fn title<'a>(app: &'a App, slide: SlideNo, code: Option<&str>, typed: &str) -> Line<'a> {
    let mut line = Line::default();
    if let Some(code) = code {
        let done = if code.starts_with(typed) { typed.len() } else { 0 };
        let strong = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        let typed = Style::new().add_modifier(Modifier::DIM);
        line.push_span(Span::styled(code[..done].to_owned(), typed));
        line.push_span(Span::styled(code[done..].to_owned(), strong));
        line.push_span(Span::raw(" "));
    }
    let mark = if slide == app.at().slide { "● " } else { "" };
    let dim = Style::new().add_modifier(Modifier::DIM);
    line.push_span(Span::styled(format!("{mark}{} ", slide.human()), dim));
    line.push_span(Span::raw(visible_line(slide_title(app.deck(), slide)).into_owned()));
    line
}

/// Marks the selected miniature at its left edge.
fn mark(cell: Rect, selection: Style, base: Style, buffer: &mut Buffer) {
    for y in cell.y + 1..cell.bottom() {
        let color = selection.bg.or(selection.fg);
        buffer[(cell.x, y)].set_symbol("▐").set_style(Style { fg: color, ..base });
    }
}

fn copy(picture: &Buffer, (x, y): (u16, u16), buffer: &mut Buffer) {
    let to = Rect { x, y, ..picture.area }.intersection(buffer.area);
    for position in to.positions() {
        buffer[position] = picture[(position.x - x, position.y - y)].clone();
    }
}
