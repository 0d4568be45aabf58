//! The panel that lists the variables of a session: name, type and value.

use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::panel::{BOLD, DIM, Panel};
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
        Some(Ok(found)) => table(found, theme),
    };
    let middle = usize::from(buffer.area.height.saturating_sub(2)) / 2;
    let keep = usize::from(variables.row) + middle;
    let (title, keys) = (format!("Variables{place}"), &[("esc", "close"), ("↑ ↓", "scroll")][..]);
    let note = match &variables.found {
        Some(Ok(found)) if !found.is_empty() => found.len().to_string(),
        _ => String::new(),
    };
    Panel { title, note, keys, rows, keep, chosen: None }.draw(theme, buffer);
}

fn table<'a>(found: &'a [Variable], theme: &Theme) -> Vec<Line<'a>> {
    let widest = |of: fn(&Variable) -> &str| {
        found.iter().map(|name| of(name).width()).max().unwrap_or(0).min(MAX_COLUMNS)
    };
    let (names, kinds) = (widest(|name| &name.name), widest(|name| &name.kind));
    found.iter().map(|name| row(name, theme, (names, kinds))).collect()
}

fn row<'a>(name: &'a Variable, theme: &Theme, (names, kinds): (usize, usize)) -> Line<'a> {
    let filled = |text: &str, to: usize| " ".repeat(to.saturating_sub(text.width()) + 2);
    Line::from(vec![
        Span::styled(visible_line(&name.name), theme.panel.accent.patch(BOLD)),
        Span::raw(filled(&name.name, names)),
        Span::styled(visible_line(&name.kind), DIM),
        Span::raw(filled(&name.kind, kinds)),
        Span::raw(visible_line(&name.value)),
    ])
}
