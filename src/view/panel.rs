//! A panel in the middle of the screen: a frame with a title, rows inside it, and key help at its lower
//! edge. All panels look alike.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Widget};
use unicode_width::UnicodeWidthStr;

use crate::source::visible_line;
use crate::theme::{PanelBorder, PanelStyle, Theme};

/// Columns of a panel that hold no text: frame, padding, and the mark of the selected row.
pub(super) const FRAME_COLUMNS: usize = 6;

/// Rows of a panel that hold no text.
pub(super) const FRAME_ROWS: usize = 2;

/// The mark of the selected row, which shows without colours.
const SELECTION_MARK: &str = "▌";

/// Dimmed text: labels, hints, remarks.
pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);

/// Important text: keys, names, places.
pub(super) const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// A key and what it does.
pub(super) type KeyHelp<'a> = (&'a str, &'a str);

/// What a panel shows.
#[derive(Default)]
pub(super) struct Panel<'a> {
    /// Shown at the left of the frame's upper edge.
    pub(super) title: String,
    /// Shown at the right of the frame's upper edge: a number of rows.
    pub(super) note: String,
    /// The keys of the panel, the most important first, shown on the frame's lower edge.
    pub(super) keys: &'a [KeyHelp<'a>],
    /// The rows.
    pub(super) rows: Vec<Line<'a>>,
    /// The row to keep in view.
    pub(super) keep: usize,
    /// The selected rows.
    pub(super) chosen: Option<(usize, usize)>,
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
        let style = &theme.panel;
        let widest = self.rows.iter().map(Line::width).max().unwrap_or(0);
        let head = self.title.width() + self.note.width() + 4;
        let wanted = widest.max(head).max(key_line(self.keys, style, usize::MAX).width());
        let area = centred(buffer.area, wanted, self.rows.len());
        Clear.render(area, buffer);
        let inside = frame(area, (&self.title, &self.note, self.keys), style, buffer);
        let first = first_row(self.keep, self.rows.len(), usize::from(inside.height));
        let all = above + self.rows.len() + below;
        scroll_bar(area, above + first, all, style, buffer);
        let shown = self.rows.into_iter().enumerate().skip(first);
        for (place, (number, mut row)) in inside.rows().zip(shown) {
            let is_chosen =
                self.chosen.is_some_and(|(from, to)| (from..to.max(from + 1)).contains(&number));
            let text = Rect {
                x: place.x + 2.min(place.width),
                width: place.width.saturating_sub(3),
                ..place
            };
            if is_chosen {
                buffer.set_style(place, style.selection);
                Span::styled(SELECTION_MARK, style.on_selection(style.accent))
                    .render(place, buffer);
                for span in &mut row.spans {
                    span.style = style.on_selection(span.style);
                }
            }
            row.render(text, buffer);
        }
    }
}

/// Draws a frame with its texts, and returns the area inside it.
fn frame(
    area: Rect,
    (title, note, keys): (&str, &str, &[KeyHelp<'_>]),
    style: &PanelStyle,
    buffer: &mut Buffer,
) -> Rect {
    let border = match style.border {
        PanelBorder::Rounded => BorderType::Rounded,
        PanelBorder::Plain => BorderType::Plain,
    };
    let mut frame = Block::bordered().border_type(border).style(style.text);
    frame = frame.border_style(style.frame);
    let title = Span::styled(format!(" {title} "), style.accent.patch(BOLD));
    frame = frame.title(Line::from(title));
    if !note.is_empty() {
        let note = Span::styled(format!(" {note} "), style.text.patch(DIM));
        frame = frame.title(Line::from(note).right_aligned());
    }
    let most = usize::from(area.width.saturating_sub(4));
    frame = frame.title_bottom(key_line(keys, style, most).right_aligned());
    let inside = frame.inner(area);
    frame.render(area, buffer);
    inside
}

/// Returns keys and what they do, the first ones that fit in `most` columns.
pub(super) fn key_line(keys: &[KeyHelp<'_>], style: &PanelStyle, most: usize) -> Line<'static> {
    let mut line = Line::default();
    for (key, meaning) in keys {
        let between = if line.spans.is_empty() { " " } else { "· " };
        let spans = [
            Span::styled(between, style.frame),
            Span::styled((*key).to_owned(), style.accent.patch(BOLD)),
            Span::styled(format!(" {meaning} "), style.text),
        ];
        let width: usize = spans.iter().map(Span::width).sum();
        if line.width() + width > most {
            break;
        }
        line.spans.extend(spans);
    }
    line
}

/// Draws a scroll bar on the frame's right edge if not all rows are shown.
fn scroll_bar(area: Rect, first: usize, rows: usize, style: &PanelStyle, buffer: &mut Buffer) {
    let height = usize::from(area.height.saturating_sub(2));
    if rows <= height || height == 0 || area.width == 0 {
        return;
    }
    let x = area.right() - 1;
    let mut put = |row: usize, symbol: &str| {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        buffer[(x, y)].set_symbol(symbol).set_style(style.accent);
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

/// Returns the first row to show so that `keep` is in view, in the middle if possible.
fn first_row(keep: usize, rows: usize, height: usize) -> usize {
    keep.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

/// Returns a centred area for content of this many columns and rows, cut to the screen.
fn centred(screen: Rect, columns: usize, rows: usize) -> Rect {
    let width = u16::try_from(columns + FRAME_COLUMNS - 1).unwrap_or(u16::MAX).min(screen.width);
    let height = u16::try_from(rows + FRAME_ROWS).unwrap_or(u16::MAX).min(screen.height);
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
        scroll_bar(area, first, rows, &PanelStyle::default(), &mut buffer);
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

    #[test]
    fn keys_that_do_not_fit_are_left_out() {
        let keys = [("enter", "go there"), ("esc", "close")];
        let line = |most| key_line(&keys, &PanelStyle::default(), most).to_string();
        assert_eq!(line(40), " enter go there · esc close ");
        assert_eq!(line(27), " enter go there ");
        assert_eq!(line(5), "");
    }

    #[test]
    fn selection_shows_without_colours() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 4));
        let rows = vec![Line::from("one"), Line::from("two")];
        let panel = Panel { title: "Title".into(), rows, chosen: Some((1, 2)), ..Panel::default() };
        let theme = crate::theme::resolve(&crate::theme::Choice {
            forced: None,
            name: None,
            file: None,
            default: "terminal-dark",
            overrides: None,
        });
        panel.draw(&theme.0, &mut buffer);
        let row = |y| (0..20).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        assert!(row(1).contains("│  one"), "{}", row(1));
        assert!(row(2).contains("│▌ two"), "{}", row(2));
    }
}
