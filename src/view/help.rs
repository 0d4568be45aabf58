//! The help panel: the key bindings.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::panel::Panel;
use crate::app::{App, readable_keys};
use crate::theme::Theme;

/// Columns of a row besides its two texts.
const PADDING_COLUMNS: usize = 7;

/// Draws the key bindings from `row` on.
pub fn draw(app: &App, row: u16, theme: &Theme, buffer: &mut Buffer) {
    let table = app.keymap().bindings().iter().filter(|binding| !binding.keys.is_empty());
    let longest = table.clone().map(|binding| binding.help.chars().count()).max().unwrap_or(0);
    let columns = usize::from(buffer.area.width).saturating_sub(longest + PADDING_COLUMNS);
    let table: Vec<(String, &str)> = table
        .map(|binding| {
            let keys = binding.keys.iter().map(|keys| readable_keys(keys));
            (join_keys(keys, columns), binding.help)
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

/// Joins as many keys as fit in a line, at least the first.
fn join_keys(keys: impl Iterator<Item = String>, columns: usize) -> String {
    let mut line = String::new();
    for key in keys {
        if line.is_empty() {
            line = key;
        } else if line.chars().count() + 2 + key.chars().count() <= columns {
            line = line + "  " + &key;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_fit_are_listed() {
        let shown =
            |columns| join_keys(["l", "j", "page down"].map(str::to_owned).into_iter(), columns);
        assert_eq!(shown(40), "l  j  page down");
        assert_eq!(shown(10), "l  j");
        assert_eq!(shown(0), "l");
    }
}
