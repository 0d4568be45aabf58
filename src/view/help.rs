//! The key bindings, made from the table that reads them.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::panel::Panel;
use crate::app::{App, readable_keys};
use crate::theme::Theme;

/// Columns of a row beside its two texts.
const AROUND: usize = 7;

/// Draws the key bindings from `row` on.
pub(super) fn draw(app: &App, row: u16, theme: &Theme, buffer: &mut Buffer) {
    let table = app.keymap().bindings().iter().filter(|binding| !binding.keys.is_empty());
    let longest = table.clone().map(|binding| binding.help.chars().count()).max().unwrap_or(0);
    let room = usize::from(buffer.area.width).saturating_sub(longest + AROUND);
    let table: Vec<(String, &str)> = table
        .map(|binding| {
            let keys = binding.keys.iter().map(|keys| readable_keys(keys));
            (as_many_as_fit(keys, room), binding.help)
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

/// The keys in one line: all of them, or the first ones, so that what they do is still told.
fn as_many_as_fit(keys: impl Iterator<Item = String>, room: usize) -> String {
    let mut line = String::new();
    for key in keys {
        if line.is_empty() {
            line = key;
        } else if line.chars().count() + 2 + key.chars().count() <= room {
            line = line + "  " + &key;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_no_room_for_all_keys_the_first_stand_for_them() {
        let shown =
            |room| as_many_as_fit(["l", "j", "page down"].map(str::to_owned).into_iter(), room);
        assert_eq!(shown(40), "l  j  page down");
        assert_eq!(shown(10), "l  j");
        assert_eq!(shown(0), "l");
    }
}
