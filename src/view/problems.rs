//! The deck's mistakes: where, what, and what to try.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::panel::Panel;
use crate::app::App;
use crate::theme::Theme;

/// Columns of a panel that hold no text.
const FRAME: usize = 4;

/// Draws the deck's diagnostics from `row` on.
pub(super) fn draw(app: &App, row: u16, theme: &Theme, buffer: &mut Buffer) {
    let mut problems: Vec<_> = app.problems().collect();
    problems.sort_by_key(|diagnostic| (diagnostic.span.file, diagnostic.span.start));
    let width = usize::from(buffer.area.width).saturating_sub(FRAME);
    let mut rows = Vec::new();
    for diagnostic in problems {
        let place = app.deck.sources.place(diagnostic.span);
        let mut lines = wrapped(&format!("{place}  {}", diagnostic.message), width, 0).into_iter();
        let first = lines.next().unwrap_or_default();
        let message = first.strip_prefix(&*place).unwrap_or_default().to_owned();
        let bold = Style::new().add_modifier(Modifier::BOLD);
        rows.push(Line::from(vec![Span::styled(place, bold), Span::raw(message)]));
        rows.extend(lines.map(Line::from));
        let hints = diagnostic.hints.iter();
        rows.extend(
            hints.flat_map(|hint| wrapped(&format!("    hint: {hint}"), width, 4)).map(Line::from),
        );
    }
    let title = match app.problems().count() {
        0 => "No problems".to_owned(),
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    let middle = usize::from(buffer.area.height.saturating_sub(2)) / 2;
    let keep = usize::from(row) + middle;
    Panel { title, keys: "esc", rows, keep, chosen: None }.draw(theme, buffer);
}

/// A text on as many rows as it takes, broken between words; those behind the first have at least
/// four columns before them, and `more` of them.
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
    fn what_is_too_long_goes_on_in_the_next_row() {
        assert_eq!(wrapped("a.md:1:2  one two", 20, 0), ["a.md:1:2  one two"]);
        assert_eq!(wrapped("a.md:1:2  one two", 13, 0), ["a.md:1:2  one ", "    two"]);
        assert_eq!(wrapped("    hint: one two", 13, 4), ["    hint: one ", "        two"]);
        assert_eq!(wrapped("toolong two", 3, 0), ["toolong ", "    two"]);
    }
}
