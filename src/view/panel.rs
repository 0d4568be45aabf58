//! A panel in the middle of the screen: a frame with a title, and rows inside it.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Padding, Widget};

use crate::source::visible_line;
use crate::theme::Theme;

/// What a panel shows.
pub(super) struct Panel<'a> {
    /// Shown on the frame's upper edge.
    pub(super) title: String,
    /// The keys of the panel, shown on the frame's lower edge.
    pub(super) keys: &'a str,
    /// The rows.
    pub(super) rows: Vec<Line<'a>>,
    /// The row to keep in view.
    pub(super) keep: usize,
    /// The selected row.
    pub(super) chosen: Option<usize>,
}

impl Panel<'_> {
    /// Draws the panel as large as its rows need and the screen allows. Invisible characters are
    /// replaced.
    pub(super) fn draw(self, theme: &Theme, buffer: &mut Buffer) {
        self.draw_part((0, 0), theme, buffer);
    }

    /// Draws the panel like [`draw`](Self::draw) when `rows` are only a part: this many rows are above
    /// and below.
    pub(super) fn draw_part(
        mut self,
        (above, below): (usize, usize),
        theme: &Theme,
        buffer: &mut Buffer,
    ) {
        self.title = visible_line(&self.title).into_owned();
        for span in self.rows.iter_mut().flat_map(|row| &mut row.spans) {
            if let Cow::Owned(visible) = visible_line(&span.content) {
                span.content = visible.into();
            }
        }
        let widest = self.rows.iter().map(Line::width).max().unwrap_or(0);
        let wanted = widest.max(self.title.chars().count() + 2).max(self.keys.chars().count() + 2);
        let area = centred(buffer.area, wanted, self.rows.len());
        Clear.render(area, buffer);
        let frame = Block::bordered()
            .border_type(BorderType::Rounded)
            .padding(Padding::horizontal(1))
            .title(format!(" {} ", self.title))
            .title_bottom(Line::from(format!(" {} ", self.keys)).right_aligned())
            .style(theme.modal);
        let inside = frame.inner(area);
        frame.render(area, buffer);
        let first = first_row(self.keep, self.rows.len(), usize::from(inside.height));
        let all = above + self.rows.len() + below;
        scroll_bar(area, above + first, all, buffer);
        let shown = self.rows.into_iter().enumerate().skip(first);
        for (place, (number, row)) in inside.rows().zip(shown) {
            if self.chosen == Some(number) {
                buffer.set_style(place, chosen(theme));
            }
            row.render(place, buffer);
        }
    }
}

/// Draws a scroll bar on the frame's right edge if not all rows are shown.
fn scroll_bar(area: Rect, first: usize, rows: usize, buffer: &mut Buffer) {
    let height = usize::from(area.height.saturating_sub(2));
    if rows <= height || height == 0 || area.width == 0 {
        return;
    }
    let x = area.right() - 1;
    let mut put = |row: usize, symbol: &str| {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        buffer[(x, y)].set_symbol(symbol);
    };
    let length = (height * height / rows).max(1);
    let max_start = height - length;
    let start = (first * max_start).checked_div(rows - height).unwrap_or(0).min(max_start);
    (start..start + length).for_each(|row| put(row, "┃"));
    if first > 0 {
        put(0, "▲");
    }
    if first + height < rows {
        put(height - 1, "▼");
    }
}

fn chosen(theme: &Theme) -> Style {
    theme.modal_selection.add_modifier(Modifier::BOLD)
}

/// Returns the first row to show so that `keep` is in view, in the middle if possible.
fn first_row(keep: usize, rows: usize, height: usize) -> usize {
    keep.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

/// Returns a centred area for content of this many columns and rows, cut to the screen.
fn centred(screen: Rect, columns: usize, rows: usize) -> Rect {
    let width = u16::try_from(columns + 4).unwrap_or(u16::MAX).min(screen.width);
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX).min(screen.height);
    Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the right edge of a panel of `height` rows that shows `rows` rows from `first` on.
    fn edge(height: u16, first: usize, rows: usize) -> String {
        let area = Rect::new(0, 0, 3, height + 2);
        let mut buffer = Buffer::empty(area);
        (0..area.height).for_each(|y| _ = buffer[(2, y)].set_symbol("│"));
        scroll_bar(area, first, rows, &mut buffer);
        (1..=height).map(|y| buffer[(2, y)].symbol()).collect()
    }

    #[test]
    fn long_panel_has_a_scroll_bar() {
        assert_eq!(edge(6, 0, 6), "││││││");
        assert_eq!(edge(6, 0, 12), "┃┃┃││▼");
        assert_eq!(edge(6, 3, 12), "▲┃┃┃│▼");
        assert_eq!(edge(6, 6, 12), "▲││┃┃┃");
        assert_eq!(edge(4, 5_000, 10_000), "▲┃│▼");
        assert_eq!(edge(1, 1, 3), "▼");
        assert_eq!(edge(0, 0, 3), "");
    }
}
