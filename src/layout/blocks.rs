//! Lays out blocks of every kind into a flow. Lists, quotes, columns and cells can contain blocks and
//! call back into this file; nothing else in `layout` is recursive.

use ratatui::style::Style;

use super::flow::{Flow, OverflowKind};
use super::inline::{InlineStyle, lines};
use super::inputs::LargeText;
use super::placement::effective_alignment;
use super::role::Role;
use super::text::StyledText;
use super::{
    cell, chart, code, columns, drawn_block, formula_problem, limits, list, picture, problem,
    qr_code, quote, table,
};
use crate::deck::{Align, Block, BlockKind, DrawingLanguage, Inline, RenderSpec, TextStyle};
use crate::theme::{Alignment, HeadingStyle};

/// Maximum nesting depth of blocks. Deeper blocks are replaced by `…`.
const MAX_DEPTH: u8 = 40;

/// The part of the page that a title drawn from block characters may take, as it has content below it: a third
/// in one line, a quarter in more.
const MAX_TITLE_PARTS: [u32; 2] = [3, 4];

/// Lays out all visible blocks.
pub(super) fn lay_out(flow: &mut Flow<'_>, blocks: &[Block]) {
    if flow.depth > MAX_DEPTH {
        return flow.rows(&StyledText::plain("…", flow.style.inline.base), Alignment::default());
    }
    let step = flow.context.step();
    let is_replaced = |block: &Block| match &block.kind {
        BlockKind::Code(code) => code.is_replaced(step),
        _ => false,
    };
    let shown = blocks.iter().filter(|block| block.step <= step && !is_replaced(block));
    for block in shown {
        if flow.is_full() {
            break;
        }
        if matches!(&block.kind, BlockKind::List(list) if list.continues) {
            flow.join();
        }
        let from = flow.next();
        flow.span = block.span;
        let by = enlargement(flow, block);
        match role(&block.kind) {
            Some(role) => flow.with_role(role, |flow| {
                flow.enlarged(by, |flow| self::block(flow, block));
            }),
            None => flow.enlarged(by, |flow| self::block(flow, block)),
        }
        if by > 1 && matches!(block.kind, BlockKind::Paragraph(_)) {
            flow.close(flow.height(), by.into());
        }
        formula_problem::lay_out(flow, block);
        flow.laid_out(block.step, from);
        if flow.height() > flow.room {
            flow.overflow(OverflowKind::Rows);
        }
    }
    if flow.is_full() {
        let rest = StyledText::plain(&limits::omission_note(), flow.context.theme().output.failure);
        flow.rows(&rest, Alignment::default());
    }
}

/// Returns the role of a block; `None` for those that have roles inside.
fn role(kind: &BlockKind) -> Option<Role> {
    match kind {
        BlockKind::Title(_) => Some(Role::Heading(1)),
        BlockKind::Heading(level, _) => Some(Role::Heading(level.saturating_add(1))),
        BlockKind::Paragraph(_) | BlockKind::Footnote(..) => Some(Role::Paragraph),
        BlockKind::List(_) => Some(Role::List),
        BlockKind::Quote(_) | BlockKind::Alert(..) => Some(Role::Quote),
        BlockKind::Rule => Some(Role::Rule),
        BlockKind::Chart(_) => Some(Role::Drawing),
        _ => None,
    }
}

/// Returns the enlargement of a block's text relative to this flow.
fn enlargement(flow: &Flow<'_>, block: &Block) -> u16 {
    let asked = block.font_size.unwrap_or(1);
    let size = match &block.kind {
        BlockKind::Heading(level, _) => asked.max(heading_style(flow, *level).font_size),
        BlockKind::Code(code) if code.render.is_some() => 1,
        BlockKind::Title(_)
        | BlockKind::Columns(_)
        | BlockKind::Picture(_)
        | BlockKind::Chart(_)
        | BlockKind::Problem(_)
        | BlockKind::JumpToMiddle => 1,
        _ => asked,
    };
    flow.sized(size)
}

fn heading_style<'a>(flow: &Flow<'a>, level: u8) -> &'a HeadingStyle {
    &flow.context.theme().headings[usize::from(level.clamp(1, 6)) - 1]
}

fn block(flow: &mut Flow<'_>, block: &Block) {
    match &block.kind {
        BlockKind::Title(text) => title(flow, text, block.align, block.font_size),
        BlockKind::Heading(level, text) => {
            // What the terminal enlarges is enlarged already.
            let is_drawn = flow.context.inputs.size.large_text == LargeText::Blocks;
            let size = block.font_size.filter(|_| is_drawn).unwrap_or(1);
            heading(flow, (*level, size), text, block.align);
        }
        BlockKind::Paragraph(text) => paragraph(flow, text, block.align),
        BlockKind::List(list) => list::lay_out(flow, list, block.align),
        BlockKind::Table(table) => table::lay_out(flow, table, block.align),
        BlockKind::Quote(blocks) => quote::quote(flow, blocks),
        BlockKind::Alert(kind, title, blocks) => {
            quote::alert(flow, *kind, title.as_deref(), blocks);
        }
        BlockKind::Rule => rule(flow),
        BlockKind::Code(code) => match (code.cell, code.render) {
            (Some(id), _) => cell::lay_out(flow, code, id),
            (None, Some(RenderSpec { language: DrawingLanguage::Qr, .. })) => {
                qr_code::lay_out(flow, code, block.span);
            }
            (None, Some(_)) => drawn_block::lay_out(flow, code, block.span),
            (None, None) => {
                code::lay_out(flow, code);
            }
        },
        BlockKind::Output(id) => cell::detached(flow, *id),
        BlockKind::Picture(picture) => picture::lay_out(flow, picture, block.span),
        BlockKind::Chart(chart) => chart::lay_out(flow, chart, block.span),
        BlockKind::Columns(columns) => columns::lay_out(flow, columns),
        BlockKind::Footnote(name, text) => footnote(flow, name, text, block.align),
        BlockKind::Space(rows) => flow.skip(u32::from(*rows)),
        BlockKind::JumpToMiddle => flow.go_down_to(flow.room / 2),
        BlockKind::Problem(index) => problem::diagnostic(flow, *index),
    }
}

fn title(flow: &mut Flow<'_>, text: &[Inline], align: Option<Align>, size: Option<u8>) {
    let style = &flow.context.theme().slide_title;
    let asked = (size.unwrap_or(style.font_size), size.is_some() || style.is_size_asked);
    let top = flow.open().saturating_add(style.padding_top.into());
    flow.close(top, 0);
    let lines = prefixed(flow, &style.prefix, text, style.style);
    let size = flow.title_sized(asked, (&lines, MAX_TITLE_PARTS));
    let alignment = effective_alignment(align, style.alignment);
    flow.enlarged(size, |flow| lines.iter().for_each(|line| flow.rows(line, alignment)));
    flow.skip(u32::from(style.padding_bottom));
    if style.separator {
        flow.with_role(Role::Decoration, |flow| match style.separator_color {
            None => flow.enlarged(flow.sized(asked.0), rule),
            Some(color) => line(flow, "─", flow.style.inline.base.fg(color)),
        });
    }
    flow.close(flow.height(), 1);
}

fn heading(flow: &mut Flow<'_>, (level, size): (u8, u8), text: &[Inline], align: Option<Align>) {
    let HeadingStyle { alignment, style, prefix, .. } = heading_style(flow, level);
    let alignment = effective_alignment(align, *alignment);
    let (size, lines) = drawn_heading(flow, size, text, *style)
        .unwrap_or_else(|| (1, prefixed(flow, prefix, text, *style)));
    flow.enlarged(size, |flow| lines.iter().for_each(|line| flow.rows(line, alignment)));
    flow.close(flow.height(), 1);
}

/// Returns the size of a heading that is drawn from block characters, and its lines, which have no prefix.
/// Below the title of the slide it would be larger than the title, so it is not drawn.
fn drawn_heading(
    flow: &Flow<'_>,
    size: u8,
    text: &[Inline],
    style: Style,
) -> Option<(u16, Vec<StyledText>)> {
    let is_title = |block: &Block| matches!(block.kind, BlockKind::Title(_));
    if size < 2 || flow.style.size > 1 || flow.context.slide().blocks.iter().any(is_title) {
        return None;
    }
    let lines = lines(text, InlineStyle::title(style), flow.context);
    let drawn = flow.title_sized((size, true), (&lines, MAX_TITLE_PARTS));
    (drawn > 1).then_some((drawn, lines))
}

/// Returns the lines of text after a prefix and a space, if there is a prefix.
fn prefixed(flow: &Flow<'_>, prefix: &str, text: &[Inline], style: Style) -> Vec<StyledText> {
    let mut lines = lines(text, InlineStyle::title(style), flow.context);
    if !prefix.is_empty()
        && let Some(first) = lines.first_mut()
    {
        let text = std::mem::take(first);
        first.push(prefix, style);
        first.push(" ", style);
        first.append(&text);
    }
    lines
}

fn paragraph(flow: &mut Flow<'_>, text: &[Inline], align: Option<Align>) {
    let alignment = effective_alignment(align, flow.style.alignment);
    for line in &lines(text, flow.style.inline, flow.context) {
        flow.rows(line, alignment);
    }
    flow.close(flow.height(), 1);
}

fn footnote(flow: &mut Flow<'_>, name: &str, text: &[Inline], align: Option<Align>) {
    let alignment = effective_alignment(align, flow.style.alignment);
    let mut note = vec![Inline::Text(name.into(), TextStyle::new(TextStyle::SUPERSCRIPT))];
    note.extend_from_slice(text);
    for line in &lines(&note, flow.style.inline, flow.context) {
        flow.rows(line, alignment);
    }
}

/// Lays out a thematic break.
fn rule(flow: &mut Flow<'_>) {
    line(flow, "—", flow.style.inline.base);
}

/// Lays out a row of one character.
fn line(flow: &mut Flow<'_>, dash: &str, style: Style) {
    let y = flow.open();
    let dashes = StyledText::plain(&dash.repeat(usize::from(flow.width)), style);
    flow.put(0, y, (dashes.cut(flow.width), flow.width));
    flow.close(y.saturating_add(1), 1);
}
