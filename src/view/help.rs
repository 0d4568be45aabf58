//! The key bindings, made from the table that reads them.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::panel::Panel;
use crate::app::{App, spoken};
use crate::theme::Theme;

/// Draws the key bindings from `row` on.
pub(super) fn draw(app: &App, row: u16, theme: &Theme, buffer: &mut Buffer) {
    let table: Vec<(String, &str)> = app
        .keymap
        .bindings()
        .iter()
        .filter(|binding| !binding.keys.is_empty())
        .map(|binding| {
            let keys: Vec<String> = binding.keys.iter().map(|keys| spoken(keys)).collect();
            (keys.join("  "), binding.help)
        })
        .collect();
    let widest = table.iter().map(|(keys, _)| keys.chars().count()).max().unwrap_or(0);
    let rows = table
        .into_iter()
        .map(|(keys, help)| {
            let keys = format!("{keys:<widest$}   ");
            Line::from(vec![
                Span::styled(keys, Style::new().add_modifier(Modifier::BOLD)),
                Span::raw(help),
            ])
        })
        .collect();
    let middle = usize::from(buffer.area.height.saturating_sub(2)) / 2;
    let keep = usize::from(row) + middle;
    Panel { title: "Keys".to_owned(), keys: "esc", rows, keep, chosen: None }.draw(theme, buffer);
}
