//! Code blocks: a padded box on the highlight theme's background, line numbers, and the group of
//! lines that is lit while the others are dimmed.

use std::sync::Arc;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::Highlighting;
use super::flow::Flow;
use super::limits::MOST_ROWS;
use super::overflow::OverflowKind;
use super::placement::ColumnRange;
use super::text::StyledText;
use crate::deck::{CodeBlock, LineGroup, Step};
use crate::theme::{Alignment, CodeStyle, Padding};

/// A box that code or output stands in: where it is, and the empty cells inside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodeBox {
    /// Its columns.
    pub(super) range: ColumnRange,
    /// The columns it could have at most.
    pub(super) most: u16,
    /// Empty columns at both sides, inside.
    pub(super) beside: u16,
    /// Empty rows above and below, inside; at most 1.
    pub(super) above: u32,
}

impl CodeBox {
    /// The box of a block whose longest line has `longest` cells.
    pub(super) fn aligned(
        flow: &Flow<'_>,
        alignment: Alignment,
        padding: Padding,
        longest: u16,
    ) -> Self {
        let beside = u16::from(padding.horizontal);
        let wanted = longest.saturating_add(beside.saturating_mul(2));
        let most = flow.text_range(alignment).width;
        let range = flow.block_range(alignment, wanted);
        let beside = if range.width > beside * 2 { beside } else { 0 };
        Self { range, most, beside, above: u32::from(padding.vertical.min(1)) }
    }

    /// The first column inside.
    pub(super) fn x(&self) -> u16 {
        self.range.x + self.beside
    }

    /// Columns inside.
    pub(super) fn inner(&self) -> u16 {
        self.range.width - self.beside * 2
    }

    /// The most columns that it could have inside.
    pub(super) fn inner_most(&self) -> u16 {
        self.most.saturating_sub(self.beside * 2).max(1)
    }
}

/// Lays out a block of code, and says in which box.
pub(super) fn lay_out(flow: &mut Flow<'_>, code: &CodeBlock) -> CodeBox {
    let listing = CodeListing::new(flow, code);
    let panel = listing.panel(flow);
    let top = flow.open();
    let at = flow.items.len();
    let mut y = top.saturating_add(panel.above);
    for number in 1..=listing.lines.len() {
        if y - top > MOST_ROWS {
            break;
        }
        let below = listing.line(flow, &panel, number, y);
        listing.reveal(flow, number, y..below);
        y = below;
    }
    let next = y.saturating_add(panel.above);
    if let Some(style) = listing.background(flow) {
        flow.fill(panel.range.x, top, (panel.range.width, next - top), style);
        flow.items[at..].rotate_right(1);
    }
    flow.close(next, 1);
    panel
}

/// The box that a block of code would stand in here.
pub(super) fn panel(flow: &Flow<'_>, code: &CodeBlock) -> CodeBox {
    CodeListing::new(flow, code).panel(flow)
}

/// The fewest columns of a room in which a block of code has no line wrapped, from so many on; none up
/// to so many.
pub(super) fn narrowest(
    flow: &Flow<'_>,
    code: &CodeBlock,
    (least, most): (u16, u16),
) -> Option<u16> {
    let CodeStyle { padding, alignment, .. } = &flow.context.theme().code;
    let wanted =
        CodeListing::new(flow, code).width().saturating_add(u16::from(padding.horizontal) * 2);
    let fits = |room: &u16| ColumnRange::for_block(*alignment, *room, wanted).width >= wanted;
    (least..=most).find(fits)
}

/// Columns that output can have, where nothing narrows it.
pub(super) fn columns(flow: &Flow<'_>) -> u16 {
    let padding = flow.context.theme().output.padding;
    let alignment = flow.context.theme().code.alignment;
    CodeBox::aligned(flow, alignment, padding, 0).inner_most()
}

/// The lines to show and how.
struct CodeListing<'a> {
    code: &'a CodeBlock,
    lines: Arc<[Line<'static>]>,
    group: Option<&'a LineGroup>,
    dimmed: Style,
    /// Columns of the line numbers, the space behind them included.
    gutter: u16,
}

impl<'a> CodeListing<'a> {
    fn new(flow: &Flow<'_>, code: &'a CodeBlock) -> Self {
        let highlighter = flow.context.inputs.highlighter;
        let text = visible_code(code);
        let lines = match flow.context.inputs.colours {
            Highlighting::Full => highlighter.lines(&code.language, text),
            Highlighting::Cached => highlighter.cached_lines(&code.language, text),
        };
        let numbered = code.line_numbers || flow.context.theme().code.line_numbers;
        let digits = lines.len().to_string().len() as u16;
        Self {
            code,
            lines,
            group: code.group_at(flow.context.step()),
            dimmed: highlighter.dimmed(),
            gutter: if numbered { digits + 1 } else { 0 },
        }
    }

    fn panel(&self, flow: &Flow<'_>) -> CodeBox {
        let padding = flow.context.theme().code.padding;
        let alignment = flow.context.theme().code.alignment;
        CodeBox::aligned(flow, alignment, padding, self.width())
    }

    /// The longest line's cells, its number's included.
    fn width(&self) -> u16 {
        let longest = self.lines.iter().map(Line::width).max().unwrap_or(0);
        u16::try_from(longest).unwrap_or(u16::MAX).saturating_add(self.gutter)
    }

    /// Puts line `number` from row `y` on, and gives the row below it. What does not fit on one
    /// row goes on below the code, not below the number.
    fn line(&self, flow: &mut Flow<'_>, panel: &CodeBox, number: usize, y: u32) -> u32 {
        let gutter = self.gutter.min(panel.inner().saturating_sub(1));
        if gutter > 0 {
            let digits = usize::from(self.gutter) - 1;
            let text = StyledText::plain(&format!("{number:>digits$} "), self.dimmed);
            flow.put(panel.x(), y, (text.cut(gutter), gutter));
        }
        let line = &self.lines[number - 1];
        let (x, room) = (panel.x() + gutter, panel.inner() - gutter);
        let lit = self.group.is_none_or(|group| group.has(number));
        let text = if lit {
            StyledText::from_line(line)
        } else {
            StyledText::plain(&line.to_string(), self.dimmed)
        };
        if text.width() > room {
            flow.overflow(OverflowKind::code(&line.to_string(), text.width() - room));
        }
        let mut y = y;
        for (row, width) in text.hanging_rows(room, panel.beside) {
            flow.put(x, y, (quiet(row), width));
            y = y.saturating_add(1);
        }
        y
    }

    /// The box's colours; none where it has none.
    fn background(&self, flow: &Flow<'_>) -> Option<Style> {
        let code = &flow.context.theme().code;
        let wanted = code.background && !self.code.no_background;
        let color = code.fill.or_else(|| flow.context.inputs.highlighter.background());
        color.filter(|_| wanted).map(|color| Style::new().bg(color))
    }

    /// Notes the line's rows where its group is the one that has just been lit.
    fn reveal(&self, flow: &mut Flow<'_>, number: usize, rows: std::ops::Range<u32>) {
        let passed = flow.context.step().0.checked_sub(self.code.groups_from.0);
        let stepped = passed.is_some_and(|at| at > 0 && usize::from(at) < self.code.groups.len());
        let new = stepped && flow.context.is_new(Step(flow.context.step().0));
        if new && self.group.is_some_and(|group| group.has(number)) {
            flow.reveal(rows);
        }
    }
}

/// The text of a block as far as it is laid out.
pub fn visible_code(code: &CodeBlock) -> &str {
    let most = code.text.match_indices('\n').nth(MOST_ROWS as usize);
    most.map_or(&*code.text, |(end, _)| &code.text[..end])
}

/// A row whose blanks belong to a neighbour: their colour cannot be seen, and each change of colour
/// is bytes on the wire. (Lines are broken before that, between all that the highlighter tells
/// apart.)
fn quiet(row: Line<'static>) -> Line<'static> {
    let is_blank = |span: &Span<'_>| span.content.bytes().all(|byte| byte == b' ');
    let is_seen = |style: Style| style.add_modifier.contains(Modifier::UNDERLINED);
    let mut spans: Vec<Span<'static>> = Vec::with_capacity(row.spans.len());
    for span in row.spans {
        let Some(last) = spans.last_mut() else {
            spans.push(span);
            continue;
        };
        let is_plain = !is_seen(last.style) && !is_seen(span.style);
        if is_plain && is_blank(last) {
            last.style = span.style;
        }
        if last.style == span.style || is_plain && is_blank(&span) {
            last.content.to_mut().push_str(&span.content);
        } else {
            spans.push(span);
        }
    }
    Line { spans, ..row }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Stylize;

    use super::*;

    #[test]
    fn blanks_cost_no_colour_but_where_it_is_seen() {
        let row = Line::from(vec!["  ".blue(), "let".red(), " ".blue(), "x".red(), " ".blue()]);
        assert_eq!(quiet(row), Line::from("  let x ".red()));
        let underlined = Line::from(vec!["a".red(), " ".blue().underlined(), "b".red()]);
        assert_eq!(quiet(underlined.clone()), underlined);
    }
}
