//! The panel that lists the deck's problems: place, message, hints.

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::panel::{BOLD, DIM, FRAME_COLUMNS, Panel};
use crate::app::App;
use crate::diag::{Diagnostic, Severity};
use crate::theme::Theme;

/// The kind of alert that warns.
const WARNING: usize = 3;

/// Columns of the symbol before a message.
const INDENT: usize = 2;

/// Draws the deck's diagnostics with the selected one in view.
pub(super) fn draw(app: &App, chosen: u16, theme: &Theme, buffer: &mut Buffer) {
    let problems = app.problems_in_order();
    let chosen = usize::from(chosen).min(problems.len().saturating_sub(1));
    let width = usize::from(buffer.area.width).saturating_sub(FRAME_COLUMNS);
    let (mut rows, mut keep, mut marked) = (Vec::new(), 0, None);
    for (number, diagnostic) in problems.iter().enumerate() {
        let first = rows.len();
        rows.extend(entry(app, diagnostic, theme, width));
        if number == chosen {
            keep = rows.len() - 1;
            marked = Some((first, rows.len()));
        }
    }
    let count = problems.len();
    let title = match count {
        0 => "No problems".to_owned(),
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    let note = if count == 0 { String::new() } else { format!("{} of {count}", chosen + 1) };
    let keys = [("enter", "go there"), ("esc", "close"), ("↑ ↓", "select")];
    let keys = if count == 0 { &keys[1..2] } else { &keys[..] };
    Panel { title, note, keys, rows, keep, chosen: marked }.draw(theme, buffer);
}

/// Returns the rows of one diagnostic: place and message, then its hints.
fn entry(app: &App, diagnostic: &Diagnostic, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let place = app.deck().sources.place(diagnostic.span);
    let message = &diagnostic.message;
    let (symbol, message, style) = match diagnostic.severity {
        Severity::Error => ("✗ ", message.clone(), theme.output.failure),
        Severity::Warning => {
            let warning = Style { fg: theme.alerts.kinds[WARNING].color, ..Style::new() };
            ("⚠ ", format!("warning: {message}"), warning)
        }
    };
    let width = width.saturating_sub(INDENT);
    let mut lines = wrapped(&format!("{place}  {message}"), width, 0).into_iter();
    let first = lines.next().unwrap_or_default();
    let message = first.strip_prefix(&*place).unwrap_or_default().to_owned();
    let mut rows = vec![Line::from(vec![
        Span::styled(symbol, style.patch(BOLD)),
        Span::styled(place, BOLD),
        Span::raw(message),
    ])];
    rows.extend(lines.map(|line| Line::from(" ".repeat(INDENT) + &line)));
    for hint in &diagnostic.hints {
        let lines = wrapped(&format!("    hint: {hint}"), width, 4).into_iter();
        rows.extend(lines.map(|line| Line::from(Span::styled(" ".repeat(INDENT) + &line, DIM))));
    }
    rows
}

/// Wraps a text between words. Rows after the first are indented by four columns and `more`.
fn wrapped(text: &str, width: usize, more: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let row = rows.last().map_or("", String::as_str);
        if !row.trim().is_empty() && Line::from(format!("{row}{}", word.trim_end())).width() > width
        {
            rows.push(" ".repeat(4 + more));
        }
        if let Some(row) = rows.last_mut() {
            row.push_str(word);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_wraps() {
        assert_eq!(wrapped("a.md:1:2  one two", 20, 0), ["a.md:1:2  one two"]);
        assert_eq!(wrapped("a.md:1:2  one two", 13, 0), ["a.md:1:2  one ", "    two"]);
        assert_eq!(wrapped("    hint: one two", 13, 4), ["    hint: one ", "        two"]);
        assert_eq!(wrapped("toolong two", 3, 0), ["toolong ", "    two"]);
    }
}
