//! The placeholder of a diagram that a tool renders (mermaid, d2, LaTeX, typst): space for a
//! picture of typical size with the language and the start of the code in it.

use ratatui::style::Modifier;

use super::PixelSize;
use super::flow::Flow;
use super::picture::room_for;
use super::scene::{Item, PlacedItem};
use super::text::StyledText;
use crate::deck::{CodeBlock, RenderSpec};

/// The assumed size of a diagram.
const TYPICAL_SIZE: PixelSize = PixelSize { width: 640, height: 400 };

/// Reserves the space, centred.
pub(super) fn lay_out(flow: &mut Flow<'_>, code: &CodeBlock, drawing: RenderSpec) {
    let y = flow.open();
    let (width, height) = room_for(flow, TYPICAL_SIZE, drawing.width_percent, y);
    let x = flow.width.saturating_sub(width) / 2;
    let style = flow.context.theme().base.add_modifier(Modifier::DIM);
    let label = StyledText::plain(&format!("{} · not drawn yet", code.language), style);
    let lines = code.text.lines().map(|line| StyledText::plain(line, style));
    let rows = std::iter::once(label).chain(lines);
    let mut left: Vec<_> = rows.map(|text| text.cut(width)).take(height as usize + 1).collect();
    if left.len() > height as usize {
        left.truncate((height as usize).saturating_sub(1));
        left.push(StyledText::plain("…", style).cut(width));
    }
    for (line, y) in left.into_iter().zip(y..) {
        flow.put(x, y, (line, width));
    }
    flow.items.push(PlacedItem { x, y, item: Item::Diagram { width, height } });
    flow.close(y.saturating_add(height), 1);
}
