//! Text in the space of a picture, for output that has only text. It never takes more rows than the
//! picture, so everything else keeps its place.

use super::flow::Flow;
use super::inputs::PictureKey;
use super::text::StyledText;
use super::text_row::TextRow;
use crate::deck::DrawingLanguage;

/// Puts the text of a picture into its rows, from row `y` on: the alternative text, else the source of
/// a drawing or the name of a file. What does not fit is cut.
pub(super) fn put(flow: &mut Flow<'_>, (y, height): (u32, u32), key: &PictureKey, alt: &str) {
    let on_page = flow.room.saturating_sub(y).min(height);
    // Below the page is the footer. The picture ends below that.
    let (y, height) = match on_page {
        0 => (y.saturating_add(height.saturating_sub(1)), 1),
        _ => (y, on_page),
    };
    let rows = rows(flow, height, key, alt);
    let width = rows.iter().map(|(_, width)| *width).max().unwrap_or(0);
    let x = flow.width.saturating_sub(width) / 2;
    for (row, y) in rows.into_iter().zip(y..) {
        flow.put(x, y, row);
    }
}

/// Returns the text, wrapped, in at most `height` rows.
fn rows(flow: &Flow<'_>, height: u32, key: &PictureKey, alt: &str) -> Vec<(TextRow, u16)> {
    let style = flow.style.inline.base;
    let wrapped = |text: &str| -> Vec<(TextRow, u16)> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines = lines.map(|line| StyledText::plain(line.trim_end(), style));
        lines.flat_map(|line| line.rows(flow.width).collect::<Vec<_>>()).collect()
    };
    let height = height as usize;
    let mut rows = match key {
        PictureKey::Drawing(drawing) if alt.is_empty() => wrapped(&drawing.text),
        _ if alt.is_empty() => wrapped(key.name()),
        _ => wrapped(alt),
    };
    if let PictureKey::Drawing(drawing) = key
        && drawing.language == DrawingLanguage::Latex
        && rows.len() > height
    {
        // Line breaks mean nothing in a formula.
        rows = wrapped(&drawing.text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if rows.len() > height {
        rows.truncate(height);
        if let Some((last, width)) = rows.last_mut() {
            let text = StyledText::from_row(last).as_str().trim_end().to_owned() + " …";
            let text = StyledText::plain(&text, style);
            *width = text.width().min(flow.width);
            *last = text.cut(flow.width);
        }
    }
    rows
}
