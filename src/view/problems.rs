//! The panel that lists the deck's problems: place, message, hints.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::panel::Panel;
use crate::app::App;
use crate::diag::{Diagnostic, Severity};
use crate::theme::Theme;

/// Columns of a panel that hold no text.
const FRAME_COLUMNS: usize = 4;

/// Draws the deck's diagnostics with the selected one in view.
pub(super) fn draw(app: &App, chosen: u16, theme: &Theme, buffer: &mut Buffer) {
    let problems = app.problems_in_order();
    let chosen = usize::from(chosen).min(problems.len().saturating_sub(1));
    let width = usize::from(buffer.area.width).saturating_sub(FRAME_COLUMNS);
    let (mut rows, mut keep, mut marked) = (Vec::new(), 0, None);
    for (number, diagnostic) in problems.iter().enumerate() {
        if number == chosen {
            marked = Some(rows.len());
        }
        rows.extend(entry(app, diagnostic, width));
        if number == chosen {
            keep = rows.len() - 1;
        }
    }
    let count = problems.len();
    let title = match count {
        0 => "No problems".to_owned(),
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    let keys = if count == 0 { "esc" } else { "enter: go there · esc" };
    Panel { title, keys, rows, keep, chosen: marked }.draw(theme, buffer);
}

/// Returns the rows of one diagnostic: place and message, then its hints.
fn entry(app: &App, diagnostic: &Diagnostic, width: usize) -> Vec<Line<'static>> {
    let place = app.deck().sources.place(diagnostic.span);
    let message = match diagnostic.severity {
        Severity::Error => diagnostic.message.clone(),
        Severity::Warning => format!("warning: {}", diagnostic.message),
    };
    let mut lines = wrapped(&format!("{place}  {message}"), width, 0).into_iter();
    let first = lines.next().unwrap_or_default();
    let message = first.strip_prefix(&*place).unwrap_or_default().to_owned();
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut rows = vec![Line::from(vec![Span::styled(place, bold), Span::raw(message)])];
    rows.extend(lines.map(Line::from));
    let hints = diagnostic.hints.iter();
    rows.extend(
        hints.flat_map(|hint| wrapped(&format!("    hint: {hint}"), width, 4)).map(Line::from),
    );
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
