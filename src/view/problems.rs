//! The deck's mistakes: where, what, and what to try.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::panel::Panel;
use crate::app::App;
use crate::theme::Theme;

/// Draws the deck's diagnostics from `row` on.
pub(super) fn draw(app: &App, row: u16, theme: &Theme, buffer: &mut Buffer) {
    let mut rows = Vec::new();
    for diagnostic in app.problems() {
        let place = app.deck.sources.place(diagnostic.span);
        rows.push(Line::from(vec![
            Span::styled(place, Style::new().add_modifier(Modifier::BOLD)),
            Span::raw(format!("  {}", diagnostic.message)),
        ]));
        rows.extend(diagnostic.hints.iter().map(|hint| Line::from(format!("    hint: {hint}"))));
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
