//! A flow stacks blocks from top to bottom and handles vertical spacing. It has its own rows and
//! columns; lists, quotes and columns lay out their content in an inner flow that is then adopted.
//!
//! The gap after a block is only added before the next block, so nothing follows the last one.

use std::ops::Range;

use ratatui::style::Style;

use super::block_font;
use super::context::LayoutContext;
use super::inline::InlineStyle;
use super::inputs::LargeText;
use super::limits;
use super::placement::ColumnRange;
use super::role::Role;
use super::scene::{Item, PlacedItem};
use super::text::StyledText;
use super::text_row::{LinePicture, TextRow};
use crate::deck::Step;
use crate::source::Span as SourceSpan;
use crate::theme::{Alignment, Margin};

/// The enlargement of text that is drawn from block characters.
const BLOCKS: u16 = 4;

/// Text of this size and above is drawn twice as large.
const LARGEST_FROM: u8 = 5;

/// Blocks stacked so far.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    /// The context of the layout.
    pub(super) context: &'a LayoutContext<'a>,
    /// How running text is set.
    pub(super) style: FlowStyle,
    /// Columns to lay out in.
    pub(super) width: u16,
    /// Rows from the first row of this flow to the end of the page.
    pub(super) room: u32,
    /// What is laid out.
    pub(super) content: FlowContent,
    /// The block being laid out.
    pub(super) span: SourceSpan,
    /// The first free row.
    y: u32,
    /// Empty rows to add before the next block.
    gap: u32,
    /// Nesting depth of the blocks in this flow.
    pub(super) depth: u8,
}

/// How running text is set. Inner flows inherit it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlowStyle {
    /// The style of running text.
    pub(super) inline: InlineStyle,
    /// The alignment of running text and lists.
    pub(super) alignment: Alignment,
    /// The text size: the number of screen cells per cell of the flow, in each direction.
    pub(super) size: u16,
}

/// What a flow has laid out.
#[derive(Debug, Default)]
pub(super) struct FlowContent {
    /// The items, in painting order.
    pub(super) items: Vec<PlacedItem>,
    /// The first column to the right of all items.
    pub(super) right: u16,
    /// Rows that are new at this step.
    pub(super) revealed: Option<Range<u32>>,
    /// What did not fit, innermost blocks first.
    pub(super) overflows: Vec<OverflowingPart>,
}

impl FlowContent {
    /// Returns the content enlarged by a factor, to convert from a flow with larger cells.
    fn enlarged(self, by: u16) -> Self {
        let rows = |row: u32| row.saturating_mul(by.into());
        Self {
            items: self.items.into_iter().map(|placed| placed.enlarged(by)).collect(),
            right: self.right.saturating_mul(by),
            revealed: self.revealed.map(|seen| rows(seen.start)..rows(seen.end)),
            overflows: self.overflows,
        }
    }
}

impl<'a> Flow<'a> {
    /// Creates an empty flow, `width` columns wide.
    pub(super) fn new(context: &'a LayoutContext<'a>, width: u16) -> Self {
        Self {
            context,
            style: FlowStyle {
                inline: InlineStyle::default(),
                alignment: context.theme().alignment,
                size: 1,
            },
            width,
            room: context.rows,
            content: FlowContent::default(),
            span: SourceSpan::default(),
            y: 0,
            gap: 0,
            depth: 0,
        }
    }

    /// Creates an empty flow for the content of a block that starts at row `y`.
    pub(super) fn inner(&self, width: u16, y: u32) -> Self {
        Self {
            style: self.style,
            room: self.room.saturating_sub(y),
            depth: self.depth + 1,
            span: self.span,
            ..Self::new(self.context, width)
        }
    }

    /// Moves the items of an inner flow into this one, with its corner at `x`, `y`.
    pub(super) fn adopt(&mut self, inner: Flow<'_>, x: u16, y: u32) {
        for placed in inner.content.items {
            let (x, y) = (placed.x.saturating_add(x), placed.y.saturating_add(y));
            self.place(x, y, placed.item);
        }
        self.reach(inner.content.right.saturating_add(x));
        self.content.overflows.extend(inner.content.overflows);
        if let Some(rows) = inner.content.revealed {
            self.reveal(rows.start.saturating_add(y)..rows.end.saturating_add(y));
        }
    }

    /// Lays out text enlarged by a factor, using an inner flow with larger cells.
    pub(super) fn enlarged(&mut self, by: u16, fill: impl FnOnce(&mut Self)) {
        if by <= 1 {
            return fill(self);
        }
        let y = self.open();
        let mut inner = Flow {
            style: FlowStyle { size: self.style.size * by, ..self.style },
            room: self.room.saturating_sub(y) / u32::from(by),
            depth: self.depth,
            span: self.span,
            ..Flow::new(self.context, (self.width / by).max(1))
        };
        fill(&mut inner);
        let next = y.saturating_add(inner.y.saturating_mul(by.into()));
        let gap = inner.gap;
        inner.content = inner.content.enlarged(by);
        self.adopt(inner, 0, y);
        self.close(next, gap);
    }

    /// Returns the columns for running text with this alignment.
    pub(super) fn text_range(&self, alignment: Alignment) -> ColumnRange {
        self.block_range(alignment, self.width)
    }

    /// Returns the columns of a block with this alignment and preferred width.
    pub(super) fn block_range(&self, alignment: Alignment, wanted: u16) -> ColumnRange {
        let real = |cells: u16| cells.saturating_mul(self.style.size);
        ColumnRange::for_block(alignment, real(self.width), real(wanted))
            .scaled_down(self.style.size)
    }

    /// Starts a block: adds the pending gap and returns the first free row.
    pub(super) fn open(&mut self) -> u32 {
        self.y = self.y.saturating_add(std::mem::take(&mut self.gap));
        self.y
    }

    /// Returns the row on which the next block starts.
    pub(super) fn next(&self) -> u32 {
        self.y.saturating_add(self.gap)
    }

    /// Ends a block: sets the next free row and the gap before the next block.
    pub(super) fn close(&mut self, next: u32, gap: u32) {
        self.y = next;
        self.gap = gap;
    }

    /// Adds empty rows, in addition to the pending gap.
    pub(super) fn skip(&mut self, rows: u32) {
        self.y = self.open().saturating_add(rows);
    }

    /// Removes one empty row, from the pending gap if possible.
    pub(super) fn join(&mut self) {
        match self.gap.checked_sub(1) {
            Some(less) => self.gap = less,
            None => self.y = self.y.saturating_sub(1),
        }
    }

    /// Moves down to row `y`, unless already below it.
    pub(super) fn go_down_to(&mut self, y: u32) {
        self.y = self.open().max(y);
    }

    /// Returns the rows used, without the pending gap.
    pub(super) fn height(&self) -> u32 {
        self.y
    }

    /// Adds an item.
    pub(super) fn place(&mut self, x: u16, y: u32, item: Item) {
        self.content.items.push(PlacedItem { x, y, item });
    }

    /// Notes that an item extends to this column.
    pub(super) fn reach(&mut self, right: u16) {
        self.content.right = self.content.right.max(right);
    }

    /// Adds one row of text, with the pictures in it.
    pub(super) fn put(&mut self, x: u16, y: u32, (row, width): (impl Into<TextRow>, u16)) {
        self.reach(x.saturating_add(width));
        let row = row.into();
        if row.spans.iter().any(|span| span.format.picture.is_some()) {
            return self.put_with_pictures(x, y, row);
        }
        self.place(x, y, Item::Text(row));
    }

    /// Adds one row of text. Each picture follows the text before it, in reading order.
    fn put_with_pictures(&mut self, x: u16, y: u32, row: TextRow) {
        let (mut start, mut end) = (x, x);
        let mut text = TextRow::default();
        for mut span in row.spans {
            let at = end;
            end = end.saturating_add(u16::try_from(span.width()).unwrap_or(u16::MAX));
            let picture = span.format.picture.take();
            text.spans.push(span);
            let Some(picture) = picture else { continue };
            self.place(start, y, Item::Text(std::mem::take(&mut text)));
            start = end;
            let LinePicture { key, columns, above, alt, .. } = &*picture;
            let item = Item::Picture {
                width: *columns,
                height: picture.rows(),
                key: key.clone(),
                alt: alt.clone(),
            };
            self.place(at, y.saturating_sub((*above).into()), item);
        }
        if !text.spans.is_empty() {
            self.place(start, y, Item::Text(text));
        }
    }

    /// Adds one row of text whose first row is `y`, and returns the row below it: pictures in it may be
    /// higher than the text.
    pub(super) fn put_next(&mut self, x: u16, y: u32, row: (TextRow, u16)) -> u32 {
        let (above, below) = row.0.extent();
        self.put(x, y.saturating_add(above), row);
        y.saturating_add(above).saturating_add(1).saturating_add(below)
    }

    /// Adds a filled area.
    pub(super) fn fill(&mut self, x: u16, y: u32, (width, height): (u16, u32), style: Style) {
        self.reach(x.saturating_add(width));
        self.place(x, y, Item::Fill { width, height, style });
    }

    /// Adds what `fill` adds, as something with this role.
    pub(super) fn with_role<T>(&mut self, role: Role, fill: impl FnOnce(&mut Self) -> T) -> T {
        let y = self.next();
        self.begin(role, (0, y));
        let filled = fill(self);
        self.end(y);
        filled
    }

    /// Begins something with a role, with its marker at a position.
    pub(super) fn begin(&mut self, role: Role, (x, y): (u16, u32)) {
        self.place(x, y, Item::Begin(role));
    }

    /// Ends what began last, with a marker in row `y`.
    pub(super) fn end(&mut self, y: u32) {
        self.place(0, y, Item::End);
    }

    /// Adds rows to those that are new at this step.
    pub(super) fn reveal(&mut self, rows: Range<u32>) {
        let seen = self.content.revealed.get_or_insert_with(|| rows.clone());
        *seen = seen.start.min(rows.start)..seen.end.max(rows.end);
    }

    /// Marks the rows from `from` on as new if they appear at this step.
    pub(super) fn laid_out(&mut self, step: Step, from: u32) {
        if self.context.is_new(step) && self.y > from {
            self.reveal(from..self.y);
        }
    }

    /// Returns whether the maximum number of rows is reached.
    pub(super) fn is_full(&self) -> bool {
        self.y >= limits::MAX_ROWS
    }

    /// Returns the enlargement of text of this size relative to this flow; 1 if the terminal does
    /// not support it.
    pub(super) fn sized(&self, size: u8) -> u16 {
        match self.context.inputs.size.large_text {
            LargeText::Protocol => u16::from(size) / self.style.size,
            LargeText::Off | LargeText::Blocks => 1,
        }
    }

    /// Returns the enlargement of a title of this size relative to this flow. From block characters,
    /// it is drawn if it was `asked` for, and only so large that no word is broken and it takes no
    /// more than this part of the page: a title of one line, and a longer one.
    pub(super) fn title_sized(
        &self,
        (size, asked): (u8, bool),
        (lines, parts): (&[StyledText], [u32; 2]),
    ) -> u16 {
        let is_drawn = self.context.inputs.size.large_text == LargeText::Blocks;
        if !is_drawn || !asked || size < 2 || self.style.size > 1 {
            return self.sized(size);
        }
        let fits = |&by: &u16| {
            let width = self.width / by;
            let rows = lines.iter().map(|line| line.rows(width).count()).sum::<usize>();
            let most = self.context.rows / parts[usize::from(rows > 1)];
            let rows = u32::try_from(rows).unwrap_or(u32::MAX).saturating_mul(by.into());
            let longest = lines.iter().map(StyledText::longest_word).max().unwrap_or(0);
            width > 0 && longest <= width && rows <= most
        };
        let can_be_drawn = lines.iter().all(|line| block_font::has_all(line.as_str()));
        let sizes: &[u16] = if size < LARGEST_FROM { &[BLOCKS] } else { &[BLOCKS * 2, BLOCKS] };
        sizes.iter().copied().filter(|_| can_be_drawn).find(fits).unwrap_or(1)
    }

    /// Notes that part of the current block does not fit.
    pub(super) fn overflow(&mut self, kind: OverflowKind) {
        self.content.overflows.push(OverflowingPart { span: self.span, kind });
    }

    /// Wraps one line of text and aligns its rows.
    pub(super) fn rows(&mut self, text: &StyledText, alignment: Alignment) {
        let range = self.text_range(alignment);
        let mut y = self.open();
        for (row, width) in text.hanging_rows(range.width, self.hang()) {
            y = self.put_next(range.row_start(width), y, (row, width));
        }
        self.close(y, 0);
    }

    /// Returns the columns by which the end of a line may extend into the margin.
    pub(super) fn hang(&self) -> u16 {
        let LayoutContext { inputs, .. } = self.context;
        let margin = |margin: Margin| margin.cells(inputs.size.columns) >= self.style.size;
        u16::from(margin(inputs.theme.margin) && margin(inputs.theme.column_margin))
    }
}

/// A block, or part of one, that does not fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OverflowingPart {
    /// The block.
    pub(super) span: SourceSpan,
    /// How it does not fit.
    pub(super) kind: OverflowKind,
}

/// How something does not fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OverflowKind {
    /// The block ends below the page.
    Rows,
    /// A line of code is too long for its box.
    Code {
        /// The start of the line.
        start: Box<str>,
        /// Excess columns.
        columns: u16,
    },
    /// A word is wider than its table column.
    Words,
}

impl OverflowKind {
    /// Creates the overflow of a line of code by `columns` columns.
    pub(super) fn code(line: &str, columns: u16) -> Self {
        let start = line.trim().chars().take(80).collect::<String>().into();
        Self::Code { start, columns }
    }
}
