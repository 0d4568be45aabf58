//! The panel that lists the variables of a session: name, type and value.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::panel::Panel;
use crate::app::{App, Variables};
use crate::run::Variable;
use crate::source::visible_line;
use crate::theme::Theme;

/// The maximum columns reserved for names and types; wider ones shift the next column.
const MAX_COLUMNS: usize = 24;

/// Draws the panel.
pub(super) fn draw(app: &App, variables: &Variables, theme: &Theme, buffer: &mut Buffer) {
    let place = app.deck().cell(variables.cell).map_or_else(String::new, |cell| {
        format!(" after slide {}, line {}", cell.slide.human(), cell.first_line)
    });
    let rows = match &variables.found {
        None => vec![Line::from("loading …")],
        Some(Err(why)) => vec![Line::from(why.as_str())],
        Some(Ok(found)) if found.is_empty() => {
            vec![Line::from("no variables (modules and _names are not listed)")]
        }
        Some(Ok(found)) => table(found),
    };
    let middle = usize::from(buffer.area.height.saturating_sub(2)) / 2;
    let keep = usize::from(variables.row) + middle;
    Panel { title: format!("Variables{place}"), keys: "esc", rows, keep, chosen: None }
        .draw(theme, buffer);
}

fn table(found: &[Variable]) -> Vec<Line<'_>> {
    let widest = |of: fn(&Variable) -> &str| {
        found.iter().map(|name| of(name).width()).max().unwrap_or(0).min(MAX_COLUMNS)
    };
    let (names, kinds) = (widest(|name| &name.name), widest(|name| &name.kind));
    found.iter().map(|name| row(name, (names, kinds))).collect()
}

fn row(name: &Variable, (names, kinds): (usize, usize)) -> Line<'_> {
    let filled = |text: &str, to: usize| " ".repeat(to.saturating_sub(text.width()) + 2);
    Line::from(vec![
        Span::styled(visible_line(&name.name), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(filled(&name.name, names)),
        Span::styled(visible_line(&name.kind), Style::new().add_modifier(Modifier::DIM)),
        Span::raw(filled(&name.kind, kinds)),
        Span::raw(visible_line(&name.value)),
    ])
}
