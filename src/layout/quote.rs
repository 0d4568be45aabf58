//! Quotes and alerts: a prefix before every row, and a background as wide as the text of the slide.

use ratatui::style::{Modifier, Style};

use super::blocks;
use super::flow::Flow;
use super::inline::{InlineStyle, lines};
use super::placement::effective_alignment;
use super::text::StyledText;
use crate::deck::{AlertKind, Align, Block, Inline};
use crate::theme::{Alignment, Padding};

/// Minimum columns of quoted text. Deeply nested quotes omit their prefix to keep this width.
const MIN_TEXT_WIDTH: u16 = 8;

/// The prefix and background of quoted blocks.
struct QuoteFrame<'a> {
    alignment: Alignment,
    prefix: &'a str,
    prefix_style: Style,
    style: Style,
    padding: Padding,
}

/// Lays out a block quote.
pub(super) fn quote(flow: &mut Flow<'_>, blocks: &[Block]) {
    let theme = &flow.context.theme().quote;
    let frame = QuoteFrame {
        alignment: theme.alignment,
        prefix: &theme.prefix,
        prefix_style: theme.style.patch(theme.prefix_style),
        style: theme.style,
        padding: theme.padding,
    };
    frame.lay_out(flow, |inner| blocks::lay_out(inner, blocks));
}

/// Lays out an alert: its icon and title in the kind's colour, then its text.
pub(super) fn alert(
    flow: &mut Flow<'_>,
    kind: AlertKind,
    title: Option<&[Inline]>,
    blocks: &[Block],
) {
    let theme = &flow.context.theme().alerts;
    let kind = &theme.kinds[kind as usize];
    let colored = kind.color.map_or(theme.style, |color| theme.style.fg(color));
    let title_style = colored.add_modifier(Modifier::BOLD);
    let frame = QuoteFrame {
        alignment: theme.alignment,
        prefix: &theme.prefix,
        prefix_style: colored,
        style: theme.style,
        padding: theme.padding,
    };
    let is_open = frame.padding.vertical == 0;
    frame.lay_out(flow, |inner| {
        let inline_style = InlineStyle::title(title_style);
        let mut heading = StyledText::default();
        if !kind.icon.is_empty() {
            heading.push(&kind.icon, title_style);
            heading.push(" ", title_style);
        }
        match title {
            Some(title) => {
                for line in lines(title, inline_style, inner.context) {
                    heading.append(&line);
                }
            }
            None => heading.push(&kind.title, title_style),
        }
        inner.rows(&heading, inner.style.alignment);
        // A padded box needs no empty row.
        inner.close(inner.height(), u32::from(is_open));
        blocks::lay_out(inner, blocks);
    });
}

impl QuoteFrame<'_> {
    /// Lays out the content with `fill`, then adds the prefix and the background.
    fn lay_out(&self, flow: &mut Flow<'_>, fill: impl FnOnce(&mut Flow<'_>)) {
        let y = flow.open();
        let prefix = StyledText::plain(self.prefix, self.prefix_style);
        let range = flow.text_range(self.alignment);
        let most = range.width;
        let least = MIN_TEXT_WIDTH;
        let indent = if most.saturating_sub(prefix.width()) < least { 0 } else { prefix.width() };
        let beside = u16::from(self.padding.horizontal);
        let beside = if most < indent + beside * 2 + least { 0 } else { beside };
        let above = u32::from(self.padding.vertical.min(1));
        let mut inner = flow.inner(most - indent - beside * 2, y + above);
        inner.style.inline =
            InlineStyle { base: self.style, overrides_colors: false, keeps_line_breaks: true };
        inner.style.alignment = effective_alignment(Some(Align::Left), self.alignment);
        fill(&mut inner);
        let height = inner.height().max(1) + above * 2;
        // Boxes at the right or in the middle are as wide as their text.
        let is_left = matches!(self.alignment, Alignment::Left(_));
        let wanted =
            indent.saturating_add(inner.content.right).saturating_add(beside * 2).min(most);
        let width = if is_left { most } else { wanted };
        let x = if is_left { range.x } else { flow.block_range(self.alignment, width).x };
        flow.fill(x, y, (width, height), self.style);
        for row in (y..y.saturating_add(height)).filter(|_| indent > 0) {
            flow.put(x, row, (prefix.cut(indent), indent));
        }
        flow.adopt(inner, x + indent + beside, y + above);
        flow.close(y.saturating_add(height), 1);
    }
}
