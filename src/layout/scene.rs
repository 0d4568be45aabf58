//! The result of layout: items at absolute positions that the renderer only copies.
//!
//! The body may be taller than the viewport. Its items have rows of the body, starting at 0;
//! rendering subtracts the scroll offset. Items of the frame (footer, marks) have rows of the
//! screen.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::inputs::{PictureKey, Size};
use super::role::Role;
use super::text_row::TextRow;
use crate::deck::CellId;
use crate::theme::Gradient;

/// One step of one slide, laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The size that the scene was made for.
    pub size: Size,
    /// The background of the screen.
    pub background: Style,
    /// The gradient in place of the background's colour.
    pub gradient: Option<Gradient>,
    /// The area of the screen that shows the body.
    pub viewport: Rect,
    /// Rows of the body, which may exceed the viewport.
    pub height: u32,
    /// Columns available to a run's output.
    pub columns: u16,
    /// Rows of the body that are new at this step; `None` at the first step.
    pub revealed: Option<Range<u32>>,
    /// The place of the mark that the body continues above or below.
    pub mark_place: MarkPlace,
    /// The style of that mark.
    pub mark: Style,
    /// The items of the body, in painting order.
    pub body: Vec<PlacedItem>,
    /// The items of the frame, such as the footer, in painting order.
    pub frame: Vec<PlacedItem>,
}

/// The place of the mark of a body that scrolls. It never covers text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkPlace {
    /// The end of a screen row below the body.
    Row(u16),
    /// The last column of the body's rows.
    Margin,
    /// There is no mark.
    Nowhere,
}

/// An item and its position: columns of the screen, rows of the body or the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedItem {
    /// First column.
    pub x: u16,
    /// First row.
    pub y: u32,
    /// The item.
    pub item: Item,
}

/// What a scene consists of.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// One row of text, which covers only its own cells.
    Text(TextRow),
    /// One row of text enlarged to `size` rows, and `size` columns per cell.
    LargeText {
        /// The text.
        line: TextRow,
        /// The enlargement, from 2 to 7.
        size: u8,
    },
    /// An area filled with one style.
    Fill {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// Its style.
        style: Style,
    },
    /// A picture, scaled to these cells.
    Picture {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// Identifies the picture.
        key: PictureKey,
        /// The alternative text; may be empty.
        alt: Box<str>,
    },
    /// The area of a diagram that is not rendered yet. Other items explain it.
    Diagram {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
    },
    /// The area of a cell from code to output, for clicks.
    Cell {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// The cell.
        id: CellId,
        /// Columns available to the cell's output, regardless of its current width.
        columns: u16,
    },
    /// The area of the editor of a cell, in place of its code.
    Editor {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// The cell.
        id: CellId,
    },
    /// The area of one of several columns side by side.
    Column {
        /// Columns of the screen.
        width: u16,
        /// Rows.
        height: u32,
    },
    /// The rows of a cell's output that is not placed by its code.
    DetachedOutput {
        /// Rows.
        height: u32,
        /// The cell.
        id: CellId,
    },
    /// The area of a cell's terminal.
    Terminal {
        /// Columns of the terminal.
        width: u16,
        /// Rows of the terminal.
        height: u16,
        /// The cell.
        id: CellId,
    },
    /// The area of a part of a cell's output that scrolls on its own.
    Output {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// The cell.
        id: CellId,
        /// The index of the output part.
        part: usize,
        /// Whether it follows its end unless scrolled.
        follows: bool,
        /// First visible row, after wrapping.
        first: usize,
        /// Total rows, after wrapping.
        total: usize,
    },
    /// The items up to the matching [`Item::End`] have this meaning. Shows nothing.
    Begin(Role),
    /// Ends the innermost role that has begun.
    End,
}

impl PlacedItem {
    /// Returns the item enlarged by a factor, to convert from a flow with larger cells.
    pub(super) fn enlarged(self, by: u16) -> Self {
        let wide = |width: u16| width.saturating_mul(by);
        let high = |height: u32| height.saturating_mul(by.into());
        let larger = |size: u16| u8::try_from(size.saturating_mul(by)).unwrap_or(u8::MAX);
        let item = match self.item {
            Item::Text(line) => Item::LargeText { line, size: larger(1) },
            Item::LargeText { line, size } => Item::LargeText { line, size: larger(size.into()) },
            Item::Fill { width, height, style } => {
                Item::Fill { width: wide(width), height: high(height), style }
            }
            Item::Picture { width, height, key, alt } => {
                Item::Picture { width: wide(width), height: high(height), key, alt }
            }
            Item::Diagram { width, height } => {
                Item::Diagram { width: wide(width), height: high(height) }
            }
            Item::Cell { width, height, id, columns } => {
                Item::Cell { width: wide(width), height: high(height), id, columns }
            }
            Item::Editor { width, height, id } => {
                Item::Editor { width: wide(width), height: high(height), id }
            }
            Item::Column { width, height } => {
                Item::Column { width: wide(width), height: high(height) }
            }
            Item::DetachedOutput { height, id } => {
                Item::DetachedOutput { height: high(height), id }
            }
            // A terminal keeps its number of cells.
            screen @ Item::Terminal { .. } => screen,
            Item::Begin(role) => Item::Begin(role.enlarged(by)),
            Item::End => Item::End,
            Item::Output { width, height, id, part, follows, first, total } => {
                let (width, height) = (wide(width), high(height));
                Item::Output { width, height, id, part, follows, first, total }
            }
        };
        Self { x: wide(self.x), y: high(self.y), item }
    }
}

impl Scene {
    /// Creates an empty scene.
    pub fn blank(size: Size, background: Style) -> Self {
        Self {
            size,
            background,
            gradient: None,
            viewport: Rect::new(0, 0, size.columns, size.rows),
            height: 0,
            columns: size.columns,
            revealed: None,
            mark_place: MarkPlace::Margin,
            mark: Style::new(),
            body: Vec::new(),
            frame: Vec::new(),
        }
    }

    /// Moves a scene made for `area` into a larger screen.
    pub(super) fn within(mut self, area: Rect, size: Size) -> Self {
        for placed in self.body.iter_mut().chain(&mut self.frame) {
            placed.x = placed.x.saturating_add(area.x);
        }
        for placed in &mut self.frame {
            placed.y = placed.y.saturating_add(area.y.into());
        }
        let Rect { x, y, .. } = self.viewport;
        let viewport = Rect { x: x + area.x, y: y + area.y, ..self.viewport };
        let mark_place = match self.mark_place {
            MarkPlace::Row(row) => MarkPlace::Row(row + area.y),
            place => place,
        };
        Self { size, viewport, mark_place, ..self }
    }

    /// Returns the maximum scroll offset of the body in rows.
    pub fn scroll_limit(&self) -> u32 {
        self.height.saturating_sub(u32::from(self.viewport.height))
    }

    /// Returns the cell at a position on the screen, with the body scrolled by `scroll` rows.
    pub fn cell_at(&self, column: u16, row: u16, scroll: u32) -> Option<CellId> {
        self.topmost(column, row, scroll, |item| match *item {
            Item::Cell { width, height, id, .. } => Some((width, height, id)),
            _ => None,
        })
    }

    /// Returns the scrollable output ([`Item::Output`]) at a position on the screen.
    pub fn output_at(&self, column: u16, row: u16, scroll: u32) -> Option<&Item> {
        self.topmost(column, row, scroll, |item| match *item {
            Item::Output { width, height, .. } => Some((width, height, item)),
            _ => None,
        })
    }

    /// Converts a position on the screen to a column and row of a cell's terminal, from 0.
    pub fn place_in_screen(
        &self,
        cell: CellId,
        (column, row): (u16, u16),
        scroll: u32,
    ) -> Option<(u16, u16)> {
        let within = |item: &Item| match *item {
            Item::Terminal { width, height, id } => Some((width, height.into(), id)),
            _ => None,
        };
        self.topmost(column, row, scroll, within).filter(|found| *found == cell)?;
        let is_it =
            |placed: &&PlacedItem| matches!(placed.item, Item::Terminal { id, .. } if id == cell);
        let placed = self.body.iter().rev().find(is_it)?;
        let y = u32::from(row - self.viewport.y).saturating_add(scroll) - placed.y;
        Some((column - placed.x, u16::try_from(y).ok()?))
    }

    /// Returns the rows of the body that a cell covers, including detached output.
    pub fn extent_of(&self, cell: CellId) -> Option<Range<u32>> {
        let parts = self.body.iter().filter_map(|placed| match placed.item {
            Item::Cell { height, id, .. } | Item::DetachedOutput { height, id } if id == cell => {
                Some(placed.y..placed.y.saturating_add(height))
            }
            _ => None,
        });
        parts.reduce(|all, part| all.start.min(part.start)..all.end.max(part.end))
    }

    /// Returns the result of `area` for the topmost item at a position on the screen. `area`
    /// returns an item's width, height and result.
    fn topmost<'s, T>(
        &'s self,
        column: u16,
        row: u16,
        scroll: u32,
        area: impl Fn(&'s Item) -> Option<(u16, u32, T)>,
    ) -> Option<T> {
        if !self.viewport.contains((column, row).into()) {
            return None;
        }
        let y = u32::from(row - self.viewport.y).saturating_add(scroll);
        self.body.iter().rev().find_map(|placed| {
            let (width, height, found) = area(&placed.item)?;
            let inside = (placed.x..placed.x.saturating_add(width)).contains(&column)
                && (placed.y..placed.y.saturating_add(height)).contains(&y);
            inside.then_some(found)
        })
    }
}
