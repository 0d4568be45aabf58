//! Error boxes on a slide: what is wrong, where, and a hint, in place of what cannot be shown.

use ratatui::style::{Modifier, Style};

use super::flow::Flow;
use super::text::StyledText;

/// Lays out the deck's diagnostic with this index.
pub(super) fn diagnostic(flow: &mut Flow<'_>, index: usize) {
    let deck = flow.context.inputs.deck;
    let Some(found) = deck.diagnostics.get(index) else { return };
    let hints: Vec<_> = found.hints.iter().map(|hint| format!("hint: {hint}")).collect();
    let place = deck.sources.place(found.span);
    notice(flow, &found.message, std::iter::once(place.as_str()).chain(hints.iter().map(|h| &**h)));
}

/// Lays out a box of lines in the theme's failure style, with the first line bold.
pub(super) fn notice<'a>(
    flow: &mut Flow<'_>,
    title: &'a str,
    details: impl Iterator<Item = &'a str>,
) {
    let style = flow.context.theme().output.failure;
    let mut lines = vec![StyledText::plain(title, style.add_modifier(Modifier::BOLD))];
    lines.extend(
        details
            .filter(|line| !line.is_empty())
            .map(|line| StyledText::plain(line, flow.style.inline.base)),
    );
    let longest = lines.iter().map(StyledText::width).max().unwrap_or(0);
    let width = longest.saturating_add(4).min(flow.width);
    let inner = width.saturating_sub(4).max(1);
    let top = flow.open();
    let mut y = top.saturating_add(1);
    for row in lines.iter().flat_map(|line| line.rows(inner)) {
        flow.put(2, y, row);
        y = y.saturating_add(1);
    }
    frame(flow, top..y, width, style);
    flow.close(y.saturating_add(1), 1);
}

/// Draws the border around `rows`, which ends at the row of the lower border.
fn frame(flow: &mut Flow<'_>, rows: std::ops::Range<u32>, width: u16, style: Style) {
    let dashes = "─".repeat(usize::from(width.saturating_sub(2)));
    let edge = |flow: &mut Flow<'_>, x, y, text: &str| {
        let text = StyledText::plain(text, style);
        flow.put(x, y, (text.cut(width), text.width().min(width)));
    };
    edge(flow, 0, rows.start, &format!("┌{dashes}┐"));
    for y in rows.start.saturating_add(1)..rows.end {
        edge(flow, 0, y, "│");
        edge(flow, width.saturating_sub(1), y, "│");
    }
    edge(flow, 0, rows.end, &format!("└{dashes}┘"));
}
