//! Lists: markers, nesting, hanging indents, and nested blocks.

use super::blocks;
use super::flow::Flow;
use super::inline::lines;
use super::limits::MAX_ROWS;
use super::placement::{ColumnRange, effective_alignment};
use super::role::Role;
use super::text::StyledText;
use crate::deck::{Align, List, ListItem, Marker};
use crate::theme::ListStyle;

/// Bullets by level; deeper levels use the last one.
const BULLETS: [&str; 3] = ["•", "◦", "▪"];

/// A list item, measured.
struct ItemLayout<'a> {
    item: &'a ListItem,
    marker: StyledText,
    lines: Vec<StyledText>,
}

/// Lays out the visible items as one block, which keeps the bullets of a centred list aligned.
pub(super) fn lay_out(flow: &mut Flow<'_>, list: &List, align: Option<Align>) {
    let written = |item: &&ListItem| !(item.text.is_empty() && item.blocks.is_empty());
    let items = list.items.iter().filter(written).take(MAX_ROWS as usize);
    let entries: Vec<_> = items.map(|item| ItemLayout::new(flow, item)).collect();
    let wanted = entries.iter().map(ItemLayout::width).max().unwrap_or(0);
    let alignment = effective_alignment(align, flow.style.alignment);
    let range = flow.block_range(alignment, wanted);
    for entry in entries.iter().filter(|entry| flow.context.shows(entry.item.step)) {
        if flow.is_full() {
            break;
        }
        let from = flow.open();
        flow.with_role(entry.role(), |flow| entry.lay_out(flow, range));
        flow.laid_out(entry.item.step, from);
        let free = u32::from(list.item_newlines.saturating_sub(1));
        let below = if entry.item.blocks.is_empty() { free } else { free.max(1) };
        flow.close(flow.height(), below);
    }
    let free = u32::from(list.item_newlines.saturating_sub(1));
    flow.close(flow.height().saturating_add(free), 1);
}

/// Returns the columns before the marker at a level. Large text is indented less because its
/// columns are wider.
fn indent(style: ListStyle, size: u16, depth: usize) -> usize {
    let (first, level) = (usize::from(style.indent), usize::from(style.gap) + 1);
    match (size, depth) {
        (1, _) => first + level * depth,
        (_, 0) => first.div_ceil(size.into()),
        _ => first.saturating_sub(1) + (level - 1) * depth,
    }
}

impl<'a> ItemLayout<'a> {
    fn new(flow: &Flow<'_>, item: &'a ListItem) -> Self {
        let depth = usize::from(item.depth);
        let quoted = flow.style.inline.keeps_line_breaks;
        let style = flow.context.theme().list;
        let before = if quoted { 2 * depth } else { indent(style, flow.style.size, depth) };
        let mut marker = " ".repeat(before);
        match &item.marker {
            // Quotes keep the source's own bullet style.
            Marker::Bullet if quoted => marker.push_str("* "),
            Marker::Bullet => {
                marker.push_str(BULLETS[depth.min(BULLETS.len() - 1)]);
                marker.push_str(&" ".repeat(style.gap.into()));
            }
            Marker::Number(number) => {
                marker.push_str(number);
                marker.push(' ');
            }
        }
        let marker = StyledText::plain(&marker, flow.style.inline.base.patch(style.marker));
        Self { item, marker, lines: lines(&item.text, flow.style.inline, flow.context) }
    }

    fn role(&self) -> Role {
        let is_numbered = matches!(self.item.marker, Marker::Number(_));
        Role::ListItem { depth: self.item.depth, is_numbered }
    }

    /// Returns the width of the item without wrapping.
    fn width(&self) -> u16 {
        let text = self.lines.iter().map(StyledText::width).max().unwrap_or(0);
        let marker = self.marker.width();
        if self.item.blocks.is_empty() { marker.saturating_add(text) } else { u16::MAX }
    }

    fn lay_out(&self, flow: &mut Flow<'_>, range: ColumnRange) {
        let indent = self.marker.width().min(range.width.saturating_sub(1));
        let mut y = flow.open();
        let hang = flow.hang();
        let rows = self.lines.iter().flat_map(|line| line.hanging_rows(range.width - indent, hang));
        let has_text = !self.item.text.is_empty() || self.item.blocks.is_empty();
        let mut rows = rows.filter(|_| has_text).peekable();
        // In the row of the text, below what is above that.
        let beside = y.saturating_add(rows.peek().map_or(0, |(row, _)| row.extent().0));
        let marker = (self.marker.cut(indent), indent);
        match self.item.marker {
            Marker::Bullet => {
                flow.with_role(Role::Decoration, |flow| flow.put(range.x, beside, marker));
            }
            Marker::Number(_) => flow.put(range.x, beside, marker),
        }
        if has_text {
            for row in rows {
                y = flow.put_next(range.x + indent, y, row);
            }
            flow.close(y, 1);
        }
        if !self.item.blocks.is_empty() {
            let y = flow.open();
            let mut inner = flow.inner(range.width - indent, y);
            inner.style.alignment = effective_alignment(Some(Align::Left), flow.style.alignment);
            blocks::lay_out(&mut inner, &self.item.blocks);
            let height = inner.height().max(1);
            flow.adopt(inner, range.x + indent, y);
            flow.close(y.saturating_add(height), 0);
        }
    }
}
