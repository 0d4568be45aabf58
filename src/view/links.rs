//! Finds the addresses that are visible on a screen or page.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::slide::{VisibleLink, text_links};
use crate::layout::Scene;

/// How close to the right edge of the page a row's last address may end to be taken for whole, in
/// columns: it may go on in the next row.
const WRAP_MARGIN: u16 = 8;

/// Returns the links of a painted scene, its body scrolled down by `scroll` rows: links of the deck's text,
/// and the addresses that are visible elsewhere, such as in code and output.
pub fn links(scene: &Scene, scroll: u32, buffer: &Buffer) -> Vec<VisibleLink> {
    let mut links = text_links(scene, scroll, buffer);
    let mut others = visible_links(buffer);
    others.retain(|other| !links.iter().any(|link| link.cells.intersects(other.cells)));
    links.extend(others);
    links
}

/// Returns the addresses in a buffer that are whole.
pub fn visible_links(buffer: &Buffer) -> Vec<VisibleLink> {
    (0..buffer.area.height)
        .filter(|&row| may_have_links(buffer, row))
        .flat_map(|row| links_in_row(buffer, row))
        .collect()
}

/// Returns whether a row contains `://`, without building its text.
fn may_have_links(buffer: &Buffer, row: u16) -> bool {
    let width = usize::from(buffer.area.width);
    let cells = buffer.content.get(usize::from(row) * width..).unwrap_or_default();
    let cells = &cells[..width.min(cells.len())];
    cells.windows(3).any(|cells| {
        cells[0].symbol() == ":" && cells[1].symbol() == "/" && cells[2].symbol() == "/"
    })
}

fn links_in_row(buffer: &Buffer, row: u16) -> Vec<VisibleLink> {
    let mut text = String::new();
    // The column of each byte.
    let mut columns = Vec::new();
    let mut column = 0;
    while column < buffer.area.width {
        let Some(cell) = buffer.cell((buffer.area.x + column, buffer.area.y + row)) else { break };
        let symbol = cell.symbol();
        columns.resize(columns.len() + symbol.len(), column);
        text.push_str(symbol);
        column += u16::try_from(symbol.width()).unwrap_or(1).max(1);
    }
    let column_at = |byte: usize| columns.get(byte).copied().unwrap_or(column);
    let starts = text.match_indices("https://").chain(text.match_indices("http://"));
    let link = |(start, _): (usize, &str)| {
        let address = address(&text[start..]);
        let (from, to) = (column_at(start), column_at(start + address.len()));
        let is_whole = !text[start + address.len()..].trim().is_empty()
            || to + WRAP_MARGIN <= buffer.area.width;
        let has_host = address.len() > "https://".len();
        (is_whole && has_host).then(|| VisibleLink {
            cells: Rect::new(from, row, to - from, 1),
            address: address.to_owned(),
        })
    };
    starts.filter_map(link).collect()
}

/// The address that text starts with, without the punctuation of the sentence around it.
fn address(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || "<>\"'`│|".contains(c));
    let mut address = &text[..end.unwrap_or(text.len())];
    while let Some(last) = address.chars().last() {
        let is_closing = last == ')' && address.matches(')').count() > address.matches('(').count();
        if !is_closing && !".,;:!?".contains(last) {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;
    use crate::layout::{Item, PlacedItem, Size, TextFormat, TextRow};

    fn links(row: &str) -> Vec<(u16, u16, String)> {
        let buffer = Buffer::with_lines([format!("{row:60}")]);
        let links = visible_links(&buffer).into_iter();
        links.map(|it| (it.cells.x, it.cells.width, it.address)).collect()
    }

    #[test]
    fn address_ends_before_punctuation() {
        let found = links("see PyO3 (https://pyo3.rs), or 中 http://a.b/c_(d).");
        let pyo3 = (10, 15, "https://pyo3.rs".to_owned());
        assert_eq!(found, [pyo3, (34, 16, "http://a.b/c_(d)".to_owned())]);
    }

    /// A scene with a link in a row of text, and the buffer that shows it.
    fn linked() -> (Scene, Buffer) {
        let link = |style| TextFormat {
            style,
            link: Some("https://a.example".into()),
            ..TextFormat::default()
        };
        let mut row = TextRow::default();
        row.push("see ", Style::new());
        row.push("the ", link(Style::new()));
        row.push("中 docs", link(Style::new().bold()));
        let item = Item::Text(row);
        let mut scene = Scene::blank(Size::new(30, 3), Style::new());
        scene.body = vec![PlacedItem { x: 2, y: 1, item }];
        let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 3));
        crate::view::paint(&scene, 0, &mut buffer);
        (scene, buffer)
    }

    #[test]
    fn label_of_a_link_is_a_link() {
        let (scene, buffer) = linked();
        let cells = Rect::new(6, 1, 11, 1);
        let link = VisibleLink { cells, address: "https://a.example".to_owned() };
        assert_eq!(super::links(&scene, 0, &buffer), [link]);
    }

    #[test]
    fn covered_label_is_no_link() {
        let (scene, mut buffer) = linked();
        buffer.set_string(0, 1, "a panel is open here        ", Style::new());
        assert_eq!(super::links(&scene, 0, &buffer), []);
    }

    #[test]
    fn address_that_may_be_wrapped_is_no_link() {
        assert_eq!(links(&format!("{:>60}", "https://example.com/a/long")), []);
        assert_eq!(links("https:// is no address"), []);
    }
}
