//! The help panel: the key bindings.

use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};

use super::panel::{BOLD, DIM, FRAME_COLUMNS, Panel};
use crate::app::{App, readable_keys};
use crate::theme::Theme;

/// Columns between keys and descriptions.
const GAP: usize = 3;

/// Draws the key bindings from `row` on.
pub fn draw(app: &App, row: u16, theme: &Theme, buffer: &mut Buffer) {
    let sections = app.keymap().sections();
    let all = || sections.iter().flat_map(|(_, bindings)| bindings);
    let longest = all().map(|binding| binding.help.chars().count()).max().unwrap_or(0);
    let columns = usize::from(buffer.area.width).saturating_sub(longest + FRAME_COLUMNS + GAP);
    let keys_of = |keys: &[String]| join_keys(keys.iter().map(|keys| readable_keys(keys)), columns);
    let widest =
        all().map(|binding| keys_of(&binding.keys).chars().count()).max().unwrap_or(0) + GAP;
    let mut rows = Vec::new();
    for (heading, bindings) in &sections {
        rows.push(Line::from(Span::styled(*heading, DIM)));
        rows.extend(bindings.iter().map(|binding| {
            let keys = format!("{:<widest$}", keys_of(&binding.keys));
            let keys = Span::styled(keys, theme.panel.accent.patch(BOLD));
            Line::from(vec![keys, Span::raw(binding.help)])
        }));
    }
    let middle = usize::from(buffer.area.height.saturating_sub(2)) / 2;
    let keep = usize::from(row) + middle;
    let keys = [("esc", "close"), ("↑ ↓", "scroll")];
    let (title, keys) = ("Keys".to_owned(), &keys[..]);
    Panel { title, keys, rows, keep, ..Panel::default() }.draw(theme, buffer);
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
