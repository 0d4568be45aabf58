//! Whether a slide surely fits the screen, found without laying it out: keys that are typed faster than
//! slides can be laid out mean the same on all such slides.

use super::footer;
use super::inputs::{Inputs, LargeText};
use super::placement::{ColumnRange, inside_margins};
use crate::deck::{Block, BlockKind, Inline, List, SlideKind, Table};
use crate::theme::Alignment;

/// How many times as tall as a cell enlarged text is at most, if it is drawn from block characters.
const MAX_DRAWN_SIZE: usize = 8;

/// Columns that the mark of a list item or quote, or the border of a table's cell, takes at most.
const MARK_COLUMNS: usize = 8;

/// Returns whether the slide has no cells and is not taller than the screen, whatever the step. False if this
/// is not clear at once.
pub fn surely_fits(inputs: &Inputs<'_>) -> bool {
    let slide = inputs.deck.slide(inputs.at.slide);
    let area = inputs.limits.area(inputs.size.columns, inputs.size.rows);
    if slide.kind == SlideKind::Intro || inputs.deck.cells_of(inputs.at.slide).next().is_some() {
        return false;
    }
    let (_, width) = inside_margins(inputs.theme.margin, area.width);
    let bound = RowBound { inputs, width };
    let rows = usize::from(area.height.saturating_sub(footer::height(inputs)));
    // The first row is empty.
    bound.blocks(&slide.blocks, 0).is_some_and(|height| height < rows)
}

/// Counts rows from above.
struct RowBound<'a> {
    inputs: &'a Inputs<'a>,
    /// Columns of the slide's body.
    width: u16,
}

impl RowBound<'_> {
    /// Returns the maximum of the rows of blocks, whose text is indented by `indent` columns at most; `None` if
    /// it depends on more than their text.
    fn blocks(&self, blocks: &[Block], indent: usize) -> Option<usize> {
        let mut rows: usize = 0;
        for block in blocks {
            let mut has_formulas = false;
            block.each_formula(&mut |_| has_formulas = true);
            if has_formulas {
                return None;
            }
            // With a blank row.
            rows += self.block(block, indent)? + 1;
        }
        Some(rows)
    }

    fn block(&self, block: &Block, indent: usize) -> Option<usize> {
        let theme = self.inputs.theme;
        let asked = usize::from(block.font_size.unwrap_or(1));
        let text = |text: &[Inline], alignment, size| self.text(text, alignment, (indent, size));
        Some(match &block.kind {
            BlockKind::Title(title) => {
                let style = &theme.slide_title;
                let size = self.title_size(asked, style.font_size.into());
                let padding = usize::from(style.padding_top) + usize::from(style.padding_bottom);
                text(title, style.alignment, size) + padding + 2
            }
            BlockKind::Heading(level, heading) => {
                let style = &theme.headings[usize::from((*level).clamp(1, 6)) - 1];
                let size = self.title_size(asked, style.font_size.into());
                text(heading, style.alignment, size)
            }
            BlockKind::Paragraph(paragraph) | BlockKind::Footnote(_, paragraph) => {
                text(paragraph, theme.alignment, asked)
            }
            BlockKind::List(list) => self.list(list, (indent, asked))?,
            BlockKind::Table(table) => self.table(table, (indent, asked)),
            BlockKind::Quote(blocks) if asked == 1 => {
                self.blocks(blocks, indent + MARK_COLUMNS)? + 2
            }
            BlockKind::Code(code) if code.cell.is_none() && code.render.is_none() && asked == 1 => {
                let columns = self.columns(theme.code.alignment, indent);
                let padding = usize::from(theme.code.padding.horizontal) * 2 + 2 * MARK_COLUMNS;
                let columns = columns.saturating_sub(padding).max(1);
                let rows = code.text.lines().map(|line| {
                    let tabs = line.bytes().filter(|&byte| byte == b'\t').count();
                    wrapped_rows(line.len() + MARK_COLUMNS * tabs, columns)
                });
                rows.sum::<usize>() + 2
            }
            BlockKind::Rule => asked,
            BlockKind::Space(rows) => (*rows).into(),
            _ => return None,
        })
    }

    fn list(&self, list: &List, (indent, size): (usize, usize)) -> Option<usize> {
        let between = usize::from(list.item_newlines) * size;
        let mut rows = 0;
        for item in &list.items {
            let indent = indent + MARK_COLUMNS * (usize::from(item.depth) + 1);
            let text = self.text(&item.text, self.inputs.theme.alignment, (indent, size));
            rows += text + between + self.blocks(&item.blocks, indent)?;
        }
        Some(rows)
    }

    fn table(&self, table: &Table, (indent, size): (usize, usize)) -> usize {
        let lines =
            || std::iter::once(&table.header).chain(table.rows.iter().map(|row| &row.cells));
        let count = lines().map(Vec::len).max().unwrap_or(0).max(1);
        let columns = self.columns(self.inputs.theme.alignment, indent) / size / count;
        let columns = columns.saturating_sub(MARK_COLUMNS).max(1);
        let height = |cells: &Vec<Vec<Inline>>| {
            let rows = cells.iter().map(|cell| wrapped_rows(bytes(cell), columns));
            rows.max().unwrap_or(1) + 1
        };
        (lines().map(height).sum::<usize>() + 2) * size
    }

    /// Returns the maximum of the rows of text that is enlarged `size` times.
    fn text(&self, text: &[Inline], alignment: Alignment, (indent, size): (usize, usize)) -> usize {
        let columns = (self.columns(alignment, indent) / size.max(1)).max(1);
        let lines = text.split(|part| matches!(part, Inline::Break | Inline::SoftBreak));
        let rows: usize = lines.map(|line| wrapped_rows(bytes(line), columns)).sum();
        rows * size
    }

    fn columns(&self, alignment: Alignment, indent: usize) -> usize {
        let range = ColumnRange::for_block(alignment, self.width, u16::MAX);
        usize::from(range.width).saturating_sub(indent)
    }

    /// Returns the maximum of the size of a title, from the sizes that the slide and the theme ask for.
    fn title_size(&self, asked: usize, themed: usize) -> usize {
        match self.inputs.size.large_text {
            LargeText::Protocol => asked.max(themed),
            // The theme's size is for terminals that can enlarge text.
            LargeText::Blocks if asked > 1 => MAX_DRAWN_SIZE,
            LargeText::Off | LargeText::Blocks => 1,
        }
    }
}

/// Returns a maximum of the columns of text: no character is wider than its bytes.
fn bytes(text: &[Inline]) -> usize {
    let part = |part: &Inline| match part {
        // With the mark of a link or a note.
        Inline::Text(text, _) => text.len() + 2,
        Inline::Break | Inline::SoftBreak => 1,
        Inline::Counter(..) | Inline::Formula(..) => 10,
    };
    text.iter().map(part).sum()
}

/// Returns the maximum of the rows of a text: of two rows one after the other, more than half is filled.
fn wrapped_rows(width: usize, columns: usize) -> usize {
    if width <= columns { 1 } else { 2 * width / columns + 1 }
}
