//! Stacking blocks from top to bottom: the vertical rhythm, and what each kind of block is laid
//! out by. A flow has rows and columns of its own; lists, quotes and columns lay out what is in
//! them as a flow each and take it over at its place.
//!
//! Room between blocks is owed, not spent: a block that is the last leaves none behind it.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::Line;

use super::context::LayoutContext;
use super::inline::{InlineStyle, lines};
use super::overflow::{OverflowKind, OverflowingPart};
use super::placement::{ColumnRange, effective_alignment};
use super::scene::{Item, PlacedItem};
use super::text::StyledText;
use super::{
    cell, code, columns, diagram_placeholder, limits, list, picture, problem, quote, table,
};
use crate::deck::{Align, Block, BlockKind, Inline, Step, TextStyle};
use crate::source::Span as SourceSpan;
use crate::theme::{Alignment, HeadingStyle, Margin};

/// How deep blocks may stand in each other; what is deeper is left out, and a `…` says so.
const DEEPEST: u8 = 40;

/// Blocks stacked so far.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    /// What the layout is made from.
    pub(super) context: &'a LayoutContext<'a>,
    /// How running text looks here.
    pub(super) inline_style: InlineStyle,
    /// Where running text and lists stand.
    pub(super) alignment: Alignment,
    /// How many cells of the screen one of this flow's is wide and high: the size of its text.
    pub(super) size: u16,
    /// Columns to lay out in.
    pub(super) width: u16,
    /// Rows from this flow's first to the page's last.
    pub(super) room: u32,
    /// What stands in it, in painting order.
    pub(super) items: Vec<PlacedItem>,
    /// The first column right of everything.
    pub(super) right: u16,
    /// The rows that came with the step shown.
    pub(super) revealed: Option<Range<u32>>,
    /// What did not fit, the innermost block first.
    pub(super) overflows: Vec<OverflowingPart>,
    /// The block being laid out.
    span: SourceSpan,
    /// The first free row.
    y: u32,
    /// Empty rows owed before the next block.
    gap: u32,
    depth: u8,
}

impl<'a> Flow<'a> {
    /// An empty flow, `width` columns wide.
    pub(super) fn new(context: &'a LayoutContext<'a>, width: u16) -> Self {
        Self {
            context,
            inline_style: InlineStyle::default(),
            alignment: context.theme().alignment,
            size: 1,
            width,
            room: context.rows,
            items: Vec::new(),
            right: 0,
            revealed: None,
            overflows: Vec::new(),
            span: SourceSpan::default(),
            y: 0,
            gap: 0,
            depth: 0,
        }
    }

    /// An empty flow for what stands inside a block that begins at row `y` of this one.
    pub(super) fn inner(&self, width: u16, y: u32) -> Self {
        Self {
            inline_style: self.inline_style,
            alignment: self.alignment,
            size: self.size,
            room: self.room.saturating_sub(y),
            depth: self.depth + 1,
            span: self.span,
            ..Self::new(self.context, width)
        }
    }

    /// Takes over what an inner flow holds, with its corner at `x`, `y`.
    pub(super) fn adopt(&mut self, inner: Flow<'_>, x: u16, y: u32) {
        for placed in inner.items {
            let (x, y) = (placed.x.saturating_add(x), placed.y.saturating_add(y));
            self.items.push(PlacedItem { x, y, item: placed.item });
        }
        self.right = self.right.max(inner.right.saturating_add(x));
        self.overflows.extend(inner.overflows);
        if let Some(rows) = inner.revealed {
            self.reveal(rows.start.saturating_add(y)..rows.end.saturating_add(y));
        }
    }

    /// Lays out with text `by` times as large: in a flow of larger cells, taken over as large.
    pub(super) fn enlarged(&mut self, by: u16, fill: impl FnOnce(&mut Self)) {
        if by <= 1 {
            return fill(self);
        }
        let y = self.open();
        let mut inner = Flow {
            inline_style: self.inline_style,
            alignment: self.alignment,
            size: self.size * by,
            room: self.room.saturating_sub(y) / u32::from(by),
            depth: self.depth,
            span: self.span,
            ..Flow::new(self.context, (self.width / by).max(1))
        };
        fill(&mut inner);
        let rows = |row: u32| row.saturating_mul(by.into());
        let (next, gap) = (y.saturating_add(rows(inner.y)), inner.gap);
        inner.items = inner.items.into_iter().map(|placed| placed.enlarged(by)).collect();
        inner.right = inner.right.saturating_mul(by);
        inner.revealed = inner.revealed.map(|seen| rows(seen.start)..rows(seen.end));
        self.adopt(inner, 0, y);
        self.close(next, gap);
    }

    /// Where running text of this alignment may stand.
    pub(super) fn text_range(&self, alignment: Alignment) -> ColumnRange {
        self.block_range(alignment, self.width)
    }

    /// Where a block of this alignment stands that would like to be `wanted` wide.
    pub(super) fn block_range(&self, alignment: Alignment, wanted: u16) -> ColumnRange {
        let real = |cells: u16| cells.saturating_mul(self.size);
        ColumnRange::for_block(alignment, real(self.width), real(wanted)).scaled_down(self.size)
    }

    /// Begins a block: pays the owed rows and gives the first row that is free.
    pub(super) fn open(&mut self) -> u32 {
        self.y = self.y.saturating_add(std::mem::take(&mut self.gap));
        self.y
    }

    /// The row on which the next block begins.
    pub(super) fn next(&self) -> u32 {
        self.y.saturating_add(self.gap)
    }

    /// Ends a block: the next free row, and how many empty rows the next block leaves.
    pub(super) fn close(&mut self, next: u32, gap: u32) {
        self.y = next;
        self.gap = gap;
    }

    /// Leaves rows empty, on top of what is owed.
    pub(super) fn skip(&mut self, rows: u32) {
        self.y = self.open().saturating_add(rows);
    }

    /// Takes back an empty row: one that is owed, or was left on purpose.
    pub(super) fn join(&mut self) {
        match self.gap.checked_sub(1) {
            Some(less) => self.gap = less,
            None => self.y = self.y.saturating_sub(1),
        }
    }

    /// Goes down to this row, if it is not passed yet.
    pub(super) fn go_down_to(&mut self, y: u32) {
        self.y = self.open().max(y);
    }

    /// Rows used, without what is owed.
    pub(super) fn height(&self) -> u32 {
        self.y
    }

    /// Puts one row of text somewhere.
    pub(super) fn put(&mut self, x: u16, y: u32, (line, width): (Line<'static>, u16)) {
        self.right = self.right.max(x.saturating_add(width));
        self.items.push(PlacedItem { x, y, item: Item::Text(line) });
    }

    /// Fills an area.
    pub(super) fn fill(&mut self, x: u16, y: u32, (width, height): (u16, u32), style: Style) {
        self.right = self.right.max(x.saturating_add(width));
        self.items.push(PlacedItem { x, y, item: Item::Fill { width, height, style } });
    }

    /// Notes rows that came with the step shown.
    pub(super) fn reveal(&mut self, rows: Range<u32>) {
        let seen = self.revealed.get_or_insert_with(|| rows.clone());
        *seen = seen.start.min(rows.start)..seen.end.max(rows.end);
    }

    /// Notes that what was laid out from row `from` on is of this step.
    pub(super) fn laid_out(&mut self, step: Step, from: u32) {
        if self.context.is_new(step) && self.y > from {
            self.reveal(from..self.y);
        }
    }

    /// Lays out every block that is visible.
    pub(super) fn blocks(&mut self, blocks: &[Block]) {
        if self.depth > DEEPEST {
            return self
                .rows(&StyledText::plain("…", self.inline_style.base), Alignment::default());
        }
        for block in blocks.iter().filter(|block| self.context.shows(block.step)) {
            if self.is_full() {
                break;
            }
            if matches!(&block.kind, BlockKind::List(list) if list.continues) {
                self.join();
            }
            let from = self.next();
            self.span = block.span;
            let by = self.enlargement(block);
            self.enlarged(by, |flow| flow.block(block));
            if by > 1 && matches!(block.kind, BlockKind::Paragraph(_)) {
                self.gap = by.into();
            }
            self.laid_out(block.step, from);
            if self.y > self.room {
                self.overflow(OverflowKind::Rows);
            }
        }
        if self.is_full() {
            let rest = StyledText::plain(&limits::rest(), self.context.theme().output.failure);
            self.rows(&rest, Alignment::default());
        }
    }

    /// Whether there are more rows than a slide may have.
    pub(super) fn is_full(&self) -> bool {
        self.y >= limits::MOST_ROWS
    }

    /// How many times as large as this flow's a block's text is.
    fn enlargement(&self, block: &Block) -> u16 {
        let asked = block.font_size.unwrap_or(1);
        let size = match &block.kind {
            BlockKind::Heading(level, _) => asked.max(self.heading_style(*level).font_size),
            BlockKind::Code(code) if code.render.is_some() => 1,
            BlockKind::Title(_)
            | BlockKind::Columns(_)
            | BlockKind::Picture(_)
            | BlockKind::Problem(_)
            | BlockKind::JumpToMiddle => 1,
            _ => asked,
        };
        self.sized(size)
    }

    /// How many times as large as this flow's text of this size is, where text can be.
    pub(super) fn sized(&self, size: u8) -> u16 {
        if self.context.inputs.size.large_text { u16::from(size) / self.size } else { 1 }
    }

    fn heading_style(&self, level: u8) -> &'a HeadingStyle {
        &self.context.theme().headings[usize::from(level.clamp(1, 6)) - 1]
    }

    fn block(&mut self, block: &Block) {
        match &block.kind {
            BlockKind::Title(text) => self.title(text, block.align, block.font_size),
            BlockKind::Heading(level, text) => self.heading(*level, text, block.align),
            BlockKind::Paragraph(text) => self.paragraph(text, block.align),
            BlockKind::List(list) => list::lay_out(self, list, block.align),
            BlockKind::Table(table) => table::lay_out(self, table, block.align),
            BlockKind::Quote(blocks) => quote::quote(self, blocks),
            BlockKind::Alert(kind, title, blocks) => {
                quote::alert(self, *kind, title.as_deref(), blocks);
            }
            BlockKind::Rule => self.rule(),
            BlockKind::Code(block) => match (block.cell, block.render) {
                (Some(id), _) => cell::lay_out(self, block, id),
                (None, Some(drawing)) => diagram_placeholder::lay_out(self, block, drawing),
                (None, None) => {
                    code::lay_out(self, block);
                }
            },
            BlockKind::Output(id) => cell::detached(self, *id),
            BlockKind::Picture(picture) => picture::lay_out(self, picture, block.span),
            BlockKind::Columns(columns) => columns::lay_out(self, columns),
            BlockKind::Footnote(name, text) => self.footnote(name, text, block.align),
            BlockKind::Space(rows) => self.skip(u32::from(*rows)),
            BlockKind::JumpToMiddle => self.go_down_to(self.room / 2),
            BlockKind::Problem(index) => problem::diagnostic(self, *index),
        }
    }

    /// Notes that something of the block being laid out does not fit.
    pub(super) fn overflow(&mut self, kind: OverflowKind) {
        self.overflows.push(OverflowingPart { span: self.span, kind });
    }

    fn title(&mut self, text: &[Inline], align: Option<Align>, size: Option<u8>) {
        let style = &self.context.theme().slide_title;
        let size = self.sized(size.unwrap_or(style.font_size));
        let top = self.open().saturating_add(style.padding_top.into());
        self.close(top, 0);
        self.enlarged(size, |flow| {
            flow.prefixed(
                &style.prefix,
                text,
                style.style,
                effective_alignment(align, style.alignment),
            );
        });
        self.skip(u32::from(style.padding_bottom));
        if style.separator {
            self.enlarged(size, Self::rule);
        }
        self.gap = 1;
    }

    fn heading(&mut self, level: u8, text: &[Inline], align: Option<Align>) {
        let HeadingStyle { alignment, style, prefix, .. } = self.heading_style(level);
        self.prefixed(prefix, text, *style, effective_alignment(align, *alignment));
        self.gap = 1;
    }

    /// Text behind a prefix and a space, where there is one.
    fn prefixed(&mut self, prefix: &str, text: &[Inline], style: Style, alignment: Alignment) {
        let mut lines = lines(text, InlineStyle::title(style), self.context);
        if !prefix.is_empty()
            && let Some(first) = lines.first_mut()
        {
            let text = std::mem::take(first);
            first.push(prefix, style);
            first.push(" ", style);
            first.append(&text);
        }
        for line in &lines {
            self.rows(line, alignment);
        }
    }

    fn paragraph(&mut self, text: &[Inline], align: Option<Align>) {
        let alignment = effective_alignment(align, self.alignment);
        for line in &lines(text, self.inline_style, self.context) {
            self.rows(line, alignment);
        }
        self.gap = 1;
    }

    fn footnote(&mut self, name: &str, text: &[Inline], align: Option<Align>) {
        let alignment = effective_alignment(align, self.alignment);
        let mut note = vec![Inline::Text(name.into(), TextStyle::new(TextStyle::SUPERSCRIPT))];
        note.extend_from_slice(text);
        for line in &lines(&note, self.inline_style, self.context) {
            self.rows(line, alignment);
        }
    }

    /// One line of text, wrapped; each of its rows leans to its side.
    pub(super) fn rows(&mut self, text: &StyledText, alignment: Alignment) {
        let range = self.text_range(alignment);
        let mut y = self.open();
        for (row, width) in text.hanging_rows(range.width, self.hang()) {
            self.put(range.row_start(width), y, (row, width));
            y = y.saturating_add(1);
        }
        self.close(y, 0);
    }

    /// How many columns the last of a line may stand out of its room: one where margins let it.
    pub(super) fn hang(&self) -> u16 {
        let LayoutContext { inputs, .. } = self.context;
        let margin = |margin: Margin| margin.cells(inputs.size.columns) >= self.size;
        u16::from(margin(inputs.theme.margin) && margin(inputs.theme.column_margin))
    }

    /// A thematic break.
    fn rule(&mut self) {
        let y = self.open();
        let dashes =
            StyledText::plain(&"—".repeat(usize::from(self.width)), self.inline_style.base);
        self.put(0, y, (dashes.cut(self.width), self.width));
        self.close(y.saturating_add(1), 1);
    }
}
