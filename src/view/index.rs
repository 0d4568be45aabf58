//! The slide index: a row for each slide with what matches the query, the letters of its title or a line
//! of its text; the query in the panel's title.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

use super::panel::{BOLD, DIM, FRAME_COLUMNS, Panel};
use crate::app::{App, Index, IndexEntry, IsTitle, slide_title};
use crate::source::visible_line;
use crate::theme::Theme;

/// Columns shown before the match in a cut line.
const HIT_CONTEXT_COLUMNS: usize = 12;

/// A matching line with less space than this beside the title is not shown.
const MIN_HIT_COLUMNS: usize = 10;

/// Draws the open index.
pub(super) fn draw(app: &App, index: &Index, theme: &Theme, buffer: &mut Buffer) {
    // Only visible rows are built: a deck may have ten thousand slides.
    let height = usize::from(buffer.area.height);
    let first = index.chosen.saturating_sub(height);
    let shown: Vec<_> = index.found.iter().skip(first).take(2 * height + 1).collect();
    let below = index.found.len() - first - shown.len();
    let width = usize::from(buffer.area.width).saturating_sub(FRAME_COLUMNS);
    let mut rows = rows(app, (index, &shown), theme, width);
    let chosen = (!rows.is_empty()).then_some((index.chosen - first, index.chosen - first + 1));
    if rows.is_empty() {
        rows.push(Line::from("no slide matches"));
    }
    let slides = app.deck().slides.len();
    let (title, note) = match index.query.as_str() {
        "" => ("Slides".to_owned(), format!("{slides}")),
        query => (format!("Slides: {query}▏"), format!("{} of {slides}", index.found.len())),
    };
    let keep = index.chosen - first;
    let keys = &[("enter", "go there"), ("esc", "close"), ("a–z", "search")][..];
    let panel = Panel { title, note, keys, rows, keep, chosen };
    panel.draw_part((first, below), theme, buffer);
}

fn rows(
    app: &App,
    (index, shown): (&Index, &[&IndexEntry]),
    theme: &Theme,
    width: usize,
) -> Vec<Line<'static>> {
    let text = |found: &&&IndexEntry| match &found.hit {
        Some(hit) => (visible_line(hit).into_owned(), IsTitle::No),
        None => (visible_line(slide_title(app.deck(), found.slide)).into_owned(), IsTitle::Yes),
    };
    let texts: Vec<_> = shown.iter().map(|found| text(&found)).collect();
    let marks = if index.query.trim().is_empty() {
        vec![Vec::new(); texts.len()]
    } else {
        let texts: Vec<_> = texts.iter().map(|(text, kind)| (text.as_str(), *kind)).collect();
        index.marks(&texts)
    };
    let digits = app.deck().slides.len().to_string().len();
    let found = shown.iter().zip(texts.iter().zip(marks));
    found
        .map(|(found, ((text, _), marks))| {
            let mark = if found.slide == app.at().slide { "●" } else { " " };
            let mut line = Line::from(vec![
                Span::styled(mark, theme.panel.accent),
                Span::styled(format!(" {:>digits$}  ", found.slide.human()), DIM),
            ]);
            if found.hit.is_some() {
                let title = visible_line(slide_title(app.deck(), found.slide)).into_owned();
                line.push_span(Span::raw(title));
                line.push_span(Span::styled("  › ", DIM));
                let left = width.saturating_sub(line.width());
                if left >= MIN_HIT_COLUMNS {
                    line.spans.extend(excerpt(text, &marks, left));
                }
            } else {
                line.spans.extend(marked(text.chars().enumerate(), &marks));
            }
            line
        })
        .collect()
}

/// Returns a line from shortly before its first match, cut to this many columns.
fn excerpt(text: &str, marks: &[u32], columns: usize) -> Vec<Span<'static>> {
    let first = marks.first().map_or(0, |mark| *mark as usize);
    let count = text.chars().count();
    let start = if count <= columns { 0 } else { first.saturating_sub(HIT_CONTEXT_COLUMNS) };
    let mut spans = Vec::new();
    let mut left = columns;
    if start > 0 {
        spans.push(Span::raw("…"));
        left = left.saturating_sub(1);
    }
    let fits = |&(_, c): &(usize, char)| {
        let wide = c.width().unwrap_or(0);
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    };
    spans.extend(marked(text.chars().enumerate().skip(start).take_while(fits), marks));
    spans
}

/// Returns characters as spans, with the marked ones underlined.
fn marked(characters: impl Iterator<Item = (usize, char)>, marks: &[u32]) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut last = None;
    let style = BOLD.add_modifier(Modifier::UNDERLINED);
    for (place, character) in characters {
        let is_marked = u32::try_from(place).is_ok_and(|place| marks.binary_search(&place).is_ok());
        match spans.last_mut() {
            Some(span) if last == Some(is_marked) => span.content.to_mut().push(character),
            _ => {
                let style = if is_marked { style } else { Style::new() };
                spans.push(Span::styled(character.to_string(), style));
            }
        }
        last = Some(is_marked);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, marks: &[u32], columns: usize) -> String {
        let mark = |span: &Span<'_>| {
            let is_marked = span.style.add_modifier.contains(Modifier::UNDERLINED);
            if is_marked { format!("[{}]", span.content) } else { span.content.to_string() }
        };
        excerpt(text, marks, columns).iter().map(mark).collect()
    }

    #[test]
    fn long_line_shows_its_match() {
        assert_eq!(shown("short line", &[6, 7], 20), "short [li]ne");
        let long = "a line that is so long that its end is cut";
        assert_eq!(shown(long, &[0], 12), "[a] line that ");
        assert_eq!(shown(long, &[32, 33, 34], 20), "…ng that its [end] is ");
        assert_eq!(shown("中文中文中文", &[2], 6), "中文[中]");
        assert_eq!(shown("", &[], 6), "");
    }
}
