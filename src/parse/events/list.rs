//! Parses lists: nested lists become one sequence of items with depths, and each item keeps the
//! number its author wrote.

use std::ops::Range;

use super::BlockReader;
use crate::deck::Marker;
use crate::parse::tree::{Element, ElementKind, ItemDraft};

/// Parses the list that was just opened.
pub(super) fn list<'t>(
    reader: &mut BlockReader<'t, '_>,
    numbered: bool,
    range: Range<usize>,
) -> Element<'t> {
    let start = if reader.depth() == 1 { indent(reader.text, range.start) / 2 } else { 0 };
    let mut items = Vec::new();
    while let Some((item, blocks)) = reader.next_item() {
        let marker = marker(reader.text.get(item).unwrap_or_default(), numbered);
        flatten(&marker, blocks, start as u8, &mut items);
    }
    reader.element(ElementKind::List(items), range)
}

/// Adds an item's paragraphs as bullets of their own and nested lists one level deeper, and
/// attaches everything else to the bullet before it.
fn flatten<'t>(
    marker: &Marker,
    blocks: Vec<Element<'t>>,
    depth: u8,
    items: &mut Vec<ItemDraft<'t>>,
) {
    let mut bare = true;
    let item = |text| ItemDraft { depth, marker: marker.clone(), text, children: Vec::new() };
    for block in blocks {
        match block.kind {
            ElementKind::Paragraph(text) => items.push(item(text)),
            ElementKind::List(nested) => items.extend(
                nested
                    .into_iter()
                    .map(|item| ItemDraft { depth: item.depth.saturating_add(depth + 1), ..item }),
            ),
            _ => {
                if bare {
                    items.push(item(Vec::new()));
                }
                if let Some(last) = items.last_mut() {
                    last.children.push(block);
                }
            }
        }
        bare = false;
    }
    if bare {
        items.push(item(Vec::new()));
    }
}

/// Returns the marker at the start of an item's source.
fn marker(source: &str, numbered: bool) -> Marker {
    if !numbered {
        return Marker::Bullet;
    }
    let source = source.trim_start();
    let digits = source.bytes().take_while(u8::is_ascii_digit).count();
    Marker::Number(source.get(..=digits).unwrap_or(source).into())
}

/// Returns the number of columns before byte `at` on its line.
fn indent(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let rest = text[line..].trim_start_matches(' ');
    text.len() - line - rest.len()
}
