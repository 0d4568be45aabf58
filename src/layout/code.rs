//! Code blocks: a padded box with the highlight theme's background, line numbers, and a highlighted
//! group of lines with the others dimmed.

use std::cmp::Ordering;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::Highlighting;
use super::flow::{Flow, OverflowKind};
use super::frame;
use super::limits::MAX_ROWS;
use super::placement::ColumnRange;
use super::role::Role;
use super::scene::Item;
use super::text::StyledText;
use super::text_row::{TextRow, TextSpan};
use crate::deck::{CodeBlock, LineGroup, Step};
use crate::highlight::HighlightedCode;
use crate::theme::{Alignment, CodeStyle, FrameShape, Padding};

/// The mark of a row that continues a line.
pub(super) const WRAP_MARK: &str = "↳";

/// The mark of where the next character is typed.
const TYPING_MARK: &str = "▏";

/// Columns by which a row that continues a line is indented, for the mark.
const WRAP_INDENT: u16 = 2;

/// A box for code or output.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodeBox {
    /// The columns of the box.
    pub(super) range: ColumnRange,
    /// The maximum width of the box.
    pub(super) most: u16,
    /// Padding columns on each side.
    pub(super) beside: u16,
    /// Padding rows above and below; at most 1.
    pub(super) above: u32,
    /// Whether a frame is drawn on the padding.
    pub(super) is_framed: bool,
}

impl CodeBox {
    /// Returns the box for a block whose longest line has `longest` cells.
    pub(super) fn aligned(
        flow: &Flow<'_>,
        alignment: Alignment,
        padding: Padding,
        longest: u16,
    ) -> Self {
        let beside = u16::from(padding.horizontal);
        let is_full = flow.context.theme().code.is_full_width;
        let wanted = if is_full { u16::MAX } else { longest.saturating_add(beside * 2) };
        let most = flow.text_range(alignment).width;
        let range = flow.block_range(alignment, wanted);
        let beside = if range.width > beside * 2 { beside } else { 0 };
        let above = u32::from(padding.vertical.min(1));
        let is_framed =
            above > 0 && beside > 0 && flow.context.theme().code.frame != FrameShape::None;
        Self { range, most, beside, above, is_framed }
    }

    /// Returns the first column inside the padding.
    pub(super) fn x(&self) -> u16 {
        self.range.x + self.beside
    }

    /// Returns the columns inside the padding.
    pub(super) fn inner(&self) -> u16 {
        self.range.width - self.beside * 2
    }

    /// Returns the maximum columns inside the padding.
    pub(super) fn inner_most(&self) -> u16 {
        self.most.saturating_sub(self.beside * 2).max(1)
    }
}

/// Lays out a block of code and returns its box.
pub(super) fn lay_out(flow: &mut Flow<'_>, code: &CodeBlock) -> CodeBox {
    let listing = CodeListing::new(flow, code);
    let panel = listing.panel(flow);
    let top = flow.open();
    let at = flow.content.items.len();
    if let Some(height) = flow.context.edited_rows(code.cell) {
        return reserve(flow, &listing, &panel, height);
    }
    flow.begin(listing.role(), (panel.range.right(), top));
    let mut y = top.saturating_add(panel.above);
    for number in 1..=listing.highlighted.lines.len() {
        if y - top > MAX_ROWS {
            break;
        }
        let below = listing.line(flow, &panel, number, y);
        listing.reveal(flow, number, y..below);
        y = below;
    }
    flow.end(top);
    let next = y.saturating_add(panel.above);
    let text = flow.content.items.len() - at;
    if let Some(style) = listing.background(flow) {
        flow.fill(panel.range.x, top, (panel.range.width, next - top), style);
    }
    if panel.is_framed {
        draw_frame(flow, &panel, (top, next), code);
    }
    flow.content.items[at..].rotate_left(text);
    flow.close(next, 1);
    panel
}

/// Returns the language in the frame of a block.
pub(super) fn label(code: &CodeBlock) -> &str {
    if code.language.chars().any(char::is_control) { "" } else { &code.language }
}

/// Draws the frame of a box, with the language. It shows the focus.
fn draw_frame(flow: &mut Flow<'_>, panel: &CodeBox, (top, next): (u32, u32), code: &CodeBlock) {
    let (range, theme) = (panel.range, flow.context.theme());
    let is_focused = code.cell.is_some() && flow.context.inputs.focus == code.cell;
    let style = if is_focused { theme.output.running } else { theme.code.frame_style };
    frame::line(flow, (range, top), frame::TOP, (label(code), style));
    frame::sides(flow, range, top + 1..next.saturating_sub(1), (("│", style), style));
    frame::line(flow, (range, next.saturating_sub(1)), frame::BOTTOM, ("", style));
}

/// Reserves rows for the editor of a block in place of its lines.
fn reserve(
    flow: &mut Flow<'_>,
    listing: &CodeListing<'_>,
    panel: &CodeBox,
    height: u32,
) -> CodeBox {
    let top = flow.open();
    let y = top.saturating_add(panel.above);
    let next = y.saturating_add(height).saturating_add(panel.above);
    if let Some(style) = listing.background(flow) {
        flow.fill(panel.range.x, top, (panel.range.width, next - top), style);
    }
    if panel.is_framed {
        draw_frame(flow, panel, (top, next), listing.code);
    }
    if let Some(id) = listing.code.cell {
        let item = Item::Editor { width: panel.inner(), height, id };
        flow.place(panel.x(), y, item);
    }
    flow.close(next, 1);
    *panel
}

/// Returns the box of a block of code without laying it out.
pub(super) fn panel(flow: &Flow<'_>, code: &CodeBlock) -> CodeBox {
    CodeListing::new(flow, code).panel(flow)
}

/// Returns the fewest columns, from `least` to `most`, in which no line of a code block wraps.
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

/// Returns the columns available to output.
pub(super) fn columns(flow: &Flow<'_>) -> u16 {
    let padding = flow.context.theme().output.padding;
    let alignment = flow.context.theme().code.alignment;
    CodeBox::aligned(flow, alignment, padding, 0).inner_most()
}

/// The lines of a block and how to show them.
struct CodeListing<'a> {
    code: &'a CodeBlock,
    highlighted: HighlightedCode,
    group: Option<&'a LineGroup>,
    dimmed: Style,
    /// Where a typed block ends so far: line, from 0, and characters.
    typed: Option<(usize, usize)>,
    /// Columns of line numbers, including the space after them.
    gutter: u16,
}

impl<'a> CodeListing<'a> {
    fn new(flow: &Flow<'_>, code: &'a CodeBlock) -> Self {
        let highlighter = flow.context.inputs.highlighter;
        let text = visible_code(code);
        let painted = match flow.context.inputs.colours {
            Highlighting::Full => highlighter.code(&code.language, text),
            Highlighting::Cached => highlighter.cached_code(&code.language, text),
        };
        let numbered = code.line_numbers || flow.context.theme().code.line_numbers;
        let digits = painted.lines.len().to_string().len() as u16;
        Self {
            code,
            highlighted: painted,
            group: code.group_at(flow.context.step()),
            dimmed: highlighter.dimmed(),
            typed: typed_end(flow, code),
            gutter: if numbered { digits + 1 } else { 0 },
        }
    }

    fn role(&self) -> Role {
        let text = visible_code(self.code);
        // What is not typed yet must not be copied out of a document.
        let text = self.typed.map_or(text, |end| until(text, end)).into();
        Role::Code { language: self.code.language.clone(), text }
    }

    fn panel(&self, flow: &Flow<'_>) -> CodeBox {
        let padding = flow.context.theme().code.padding;
        let alignment = flow.context.theme().code.alignment;
        CodeBox::aligned(flow, alignment, padding, self.width())
    }

    /// Returns the width of the longest line, including line numbers.
    fn width(&self) -> u16 {
        let longest = self.highlighted.lines.iter().map(Line::width).max().unwrap_or(0);
        u16::try_from(longest).unwrap_or(u16::MAX).saturating_add(self.gutter)
    }

    /// Places line `number` from row `y` on and returns the row after it. Continuation rows are
    /// aligned with the code, not with the line number.
    fn line(&self, flow: &mut Flow<'_>, panel: &CodeBox, number: usize, y: u32) -> u32 {
        let gutter = self.gutter.min(panel.inner().saturating_sub(1));
        if gutter > 0 {
            let digits = usize::from(self.gutter) - 1;
            let text = StyledText::plain(&format!("{number:>digits$} "), self.dimmed);
            let number = (text.cut(gutter), gutter);
            flow.with_role(Role::Decoration, |flow| flow.put(panel.x(), y, number));
        }
        let line = &self.highlighted.lines[number - 1];
        let (x, room) = (panel.x() + gutter, panel.inner() - gutter);
        let lit = self.group.is_none_or(|group| group.has(number));
        let part = self.typed.map(|end| self.typed_part(line, number, end));
        let line = part.as_ref().unwrap_or(line);
        let text = if lit {
            StyledText::from_line(line)
        } else {
            StyledText::plain(&line.to_string(), self.dimmed)
        };
        if text.width() > room {
            flow.overflow(OverflowKind::code(&line.to_string(), text.width() - room));
        }
        let breaks = self.highlighted.breaks_of(number - 1).filter(|_| lit);
        let hang = panel.beside - u16::from(panel.is_framed);
        let indent = if flow.context.theme().code.has_wrap_marks && text.width() > room {
            let own = text.as_str().len() - text.as_str().trim_start_matches(' ').len();
            u16::try_from(own).unwrap_or(u16::MAX).min(room / 2) + WRAP_INDENT
        } else {
            0
        };
        flow.with_role(Role::CodeLine, |flow| {
            let mut y = y;
            for (number, (row, width)) in
                text.indented_rows(breaks, (room, hang), indent).into_iter().enumerate()
            {
                let indent = if number > 0 { indent } else { 0 };
                if indent > 0 {
                    let (mark, x) =
                        (Line::styled(WRAP_MARK, self.dimmed), x + indent - WRAP_INDENT);
                    flow.begin(Role::Decoration, (x, y));
                    flow.put(x, y, (mark, 1));
                    flow.end(y);
                }
                flow.put(x + indent, y, (merge_blank_styles(row), width));
                y = y.saturating_add(1);
            }
            y
        })
    }

    /// Replaces what is not typed yet by blanks, with a cursor before them.
    fn typed_part(
        &self,
        line: &Line<'static>,
        number: usize,
        (last, columns): (usize, usize),
    ) -> Line<'static> {
        let shown = match (number - 1).cmp(&last) {
            Ordering::Less => return line.clone(),
            Ordering::Equal => columns,
            Ordering::Greater => 0,
        };
        let (mut part, mut left) = (Vec::new(), shown);
        for span in &line.spans {
            let text: String = span.content.chars().take(left).collect();
            left -= text.chars().count();
            part.push(Span::styled(text, span.style));
        }
        let mut blanks = line.width().saturating_sub(part.iter().map(Span::width).sum());
        if number - 1 == last {
            part.push(Span::styled(TYPING_MARK, self.dimmed));
            blanks = blanks.saturating_sub(1);
        }
        part.push(Span::styled(" ".repeat(blanks), self.dimmed));
        Line { spans: part, ..line.clone() }
    }

    /// Returns the background of the box, if it has one.
    fn background(&self, flow: &Flow<'_>) -> Option<Style> {
        let code = &flow.context.theme().code;
        let wanted = code.background && !self.code.no_background;
        let color = code.fill.or_else(|| flow.context.inputs.highlighter.background());
        color.filter(|_| wanted).map(|color| Style::new().bg(color))
    }

    /// Marks the line's rows as revealed if its group has just been highlighted.
    fn reveal(&self, flow: &mut Flow<'_>, number: usize, rows: std::ops::Range<u32>) {
        let passed = flow.context.step().0.checked_sub(self.code.groups_from.0);
        let stepped = passed.is_some_and(|at| at > 0 && usize::from(at) < self.code.groups.len());
        let new = stepped && flow.context.is_new(Step(flow.context.step().0));
        if new && self.group.is_some_and(|group| group.has(number)) {
            flow.reveal(rows);
        }
    }
}

/// Returns the line and the characters of it up to which a block is typed; `None` if it is whole.
fn typed_end(flow: &Flow<'_>, code: &CodeBlock) -> Option<(usize, usize)> {
    let bytes = *flow.context.inputs.typed.get(&code.typed?.key)?;
    let typed = code.text.get(..bytes)?;
    let line = typed.rsplit('\n').next().unwrap_or_default();
    Some((typed.matches('\n').count(), line.chars().count()))
}

/// Returns a text up to a line, from 0, and a number of its characters.
fn until(text: &str, (line, characters): (usize, usize)) -> &str {
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.char_indices().nth(characters).map_or(rest.len(), |(at, _)| at);
    &text[..start + end]
}

/// Returns the part of a block's text that is laid out.
pub fn visible_code(code: &CodeBlock) -> &str {
    let most = code.text.match_indices('\n').nth(MAX_ROWS as usize);
    most.map_or(&*code.text, |(end, _)| &code.text[..end])
}

/// Gives blanks the style of their neighbours, where the difference is not visible: each style
/// change costs bytes on the wire. (Lines have been broken before that, at the highlighter's token
/// boundaries.)
fn merge_blank_styles(row: TextRow) -> TextRow {
    let is_blank = |span: &TextSpan| span.content.bytes().all(|byte| byte == b' ');
    let is_seen = |style: Style| style.add_modifier.contains(Modifier::UNDERLINED);
    let mut spans: Vec<TextSpan> = Vec::with_capacity(row.spans.len());
    for span in row.spans {
        let Some(last) = spans.last_mut() else {
            spans.push(span);
            continue;
        };
        let is_plain = !is_seen(last.format.style) && !is_seen(span.format.style);
        if is_plain && is_blank(last) {
            last.format = span.format.clone();
        }
        if last.format == span.format || is_plain && is_blank(&span) {
            last.content.to_mut().push_str(&span.content);
        } else {
            spans.push(span);
        }
    }
    TextRow { spans }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Stylize;

    use super::*;

    #[test]
    fn invisible_styles_of_blanks_are_merged() {
        let row = Line::from(vec!["  ".blue(), "let".red(), " ".blue(), "x".red(), " ".blue()]);
        assert_eq!(merge_blank_styles(row.into()), Line::from("  let x ".red()).into());
        let underlined = Line::from(vec!["a".red(), " ".blue().underlined(), "b".red()]);
        assert_eq!(merge_blank_styles(underlined.clone().into()), underlined.into());
    }
}
