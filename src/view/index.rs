//! The slide index: a row a slide, the chosen one marked, what was typed in the title.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use super::panel::Panel;
use crate::app::{App, Index, slide_title};
use crate::theme::Theme;

/// Draws the open index.
pub(super) fn draw(app: &App, index: &Index, theme: &Theme, buffer: &mut Buffer) {
    let digits = app.deck.slides.len().to_string().len();
    // Only what can be seen is made: a deck may have ten thousand slides.
    let room = usize::from(buffer.area.height);
    let first = index.chosen.saturating_sub(room);
    let mut rows: Vec<Line<'_>> = index
        .found
        .iter()
        .skip(first)
        .take(2 * room + 1)
        .map(|&slide| {
            let mark = if slide == app.at.slide { "●" } else { " " };
            let number = slide.human();
            Line::from(format!("{mark} {number:>digits$}  {}", slide_title(&app.deck, slide)))
        })
        .collect();
    let chosen = (!rows.is_empty()).then_some(index.chosen - first);
    if rows.is_empty() {
        rows.push(Line::from("no slide matches"));
    }
    let title = match index.query.as_str() {
        "" => format!("Slides: {}", index.found.len()),
        query => format!("Slides: {query}▏"),
    };
    let keep = index.chosen - first;
    Panel { title, keys: "type to search · enter · esc", rows, keep, chosen }.draw(theme, buffer);
}
