//! Quotes and alerts: a prefix before every row, and a background as wide as the longest row.

use ratatui::style::Style;

use super::blocks;
use super::flow::Flow;
use super::inline::{InlineStyle, lines};
use super::placement::effective_alignment;
use super::text::StyledText;
use crate::deck::{AlertKind, Align, Block, Inline};
use crate::theme::Alignment;

/// Minimum columns of quoted text. Deeply nested quotes omit their prefix to keep this width.
const MIN_TEXT_WIDTH: u16 = 8;

/// The prefix and background of quoted blocks.
struct QuoteFrame<'a> {
    alignment: Alignment,
    prefix: &'a str,
    prefix_style: Style,
    style: Style,
}

/// Lays out a block quote.
pub(super) fn quote(flow: &mut Flow<'_>, blocks: &[Block]) {
    let theme = &flow.context.theme().quote;
    let frame = QuoteFrame {
        alignment: theme.alignment,
        prefix: &theme.prefix,
        prefix_style: theme.style.patch(theme.prefix_style),
        style: theme.style,
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
    let frame = QuoteFrame {
        alignment: theme.alignment,
        prefix: &theme.prefix,
        prefix_style: colored,
        style: theme.style,
    };
    frame.lay_out(flow, |inner| {
        let inline_style = InlineStyle::title(colored);
        let mut heading = StyledText::default();
        if !kind.icon.is_empty() {
            heading.push(&kind.icon, colored);
            heading.push(" ", colored);
        }
        match title {
            Some(title) => {
                for line in lines(title, inline_style, inner.context) {
                    heading.append(&line);
                }
            }
            None => heading.push(&kind.title, colored),
        }
        inner.rows(&heading, inner.alignment);
        inner.close(inner.height(), 1);
        blocks::lay_out(inner, blocks);
    });
}

impl QuoteFrame<'_> {
    /// Lays out the content with `fill`, then adds the prefix and the background.
    fn lay_out(&self, flow: &mut Flow<'_>, fill: impl FnOnce(&mut Flow<'_>)) {
        let y = flow.open();
        let prefix = StyledText::plain(self.prefix, self.prefix_style);
        let most = flow.text_range(self.alignment).width;
        let room = most.saturating_sub(prefix.width());
        let indent = if room < MIN_TEXT_WIDTH { 0 } else { prefix.width() };
        let mut inner = flow.inner(most - indent, y);
        inner.inline_style =
            InlineStyle { base: self.style, overrides_colors: false, keeps_line_breaks: true };
        inner.alignment = effective_alignment(Some(Align::Left), self.alignment);
        fill(&mut inner);
        let height = inner.height().max(1);
        let width = indent.saturating_add(inner.right).min(most);
        let x = flow.block_range(self.alignment, width).x;
        flow.fill(x, y, (width, height), self.style);
        for row in (y..y.saturating_add(height)).filter(|_| indent > 0) {
            flow.put(x, row, (prefix.cut(indent), indent));
        }
        flow.adopt(inner, x + indent, y);
        flow.close(y.saturating_add(height), 1);
    }
}
