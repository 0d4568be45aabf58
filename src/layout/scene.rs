//! A scene: what layout makes and everything after it only copies. Absolute and inert: places,
//! styled lines and fills; no closures, no cursor, nothing left to decide.
//!
//! The body may be taller than its room. Its items stand in the body's own rows, from 0; painting
//! takes the scroll offset away. Items of the frame (footer, marks) stand in rows of the screen.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::PictureKey;
use crate::deck::CellId;

/// The terminal's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
    /// One cell in pixels, width and height: the terminal's own, or 10 by 20.
    pub cell: (u16, u16),
    /// Whether it shows text larger than a cell; where not, all text has size 1.
    pub large_text: bool,
}

impl Size {
    /// A size in cells, of cells of 10 by 20 pixels, with text of one size.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self { columns, rows, cell: (10, 20), large_text: false }
    }
}

/// One slide at one step, laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The size it was made for.
    pub size: Size,
    /// Fills the screen.
    pub background: Style,
    /// Where the body shows on the screen; what scrolls out of it is cut.
    pub viewport: Rect,
    /// Rows of the body, which may be more than the viewport has.
    pub height: u32,
    /// Columns that a run's output can have, where nothing narrows it.
    pub columns: u16,
    /// The rows of the body that came with the step shown; none at the first step.
    pub revealed: Option<Range<u32>>,
    /// The row of the screen at whose end a mark says that the body goes on above or below.
    pub mark_row: u16,
    /// How that mark looks.
    pub mark: Style,
    /// The body, in painting order.
    pub body: Vec<PlacedItem>,
    /// Footer and the like, in painting order, in rows of the screen.
    pub frame: Vec<PlacedItem>,
}

/// Something at its place: columns of the screen, rows of the body or the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedItem {
    /// First column.
    pub x: u16,
    /// First row.
    pub y: u32,
    /// What stands there.
    pub item: Item,
}

/// Marks text that is half as high as others, at the top of its row: superscript. (A modifier that
/// no theme and no output can ask for; painting takes it off.)
pub const RAISED: Modifier = Modifier::RAPID_BLINK;

/// What can stand somewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// One row of styled text; cells it does not cover keep what is there.
    Text(Line<'static>),
    /// One row of text that takes `size` rows, and `size` columns for each of a cell.
    LargeText {
        /// The text.
        line: Line<'static>,
        /// How many times a cell's size, from 2 to 7.
        size: u8,
    },
    /// An area in one style, blanked.
    Fill {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// Its style.
        style: Style,
    },
    /// A picture scaled to these cells.
    Picture {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// Which picture.
        key: PictureKey,
    },
    /// The room of a picture that is still to be made, by a tool; what stands in it meanwhile
    /// explains it.
    Diagram {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
    },
    /// The area of a cell, code to output: what a click on it means.
    Cell {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// Which cell.
        id: CellId,
        /// Columns that a row of its output can have, however wide the output's box is now.
        columns: u16,
    },
    /// The rows of a cell's output that stands elsewhere than by its code.
    DetachedOutput {
        /// Rows.
        height: u32,
        /// Which cell.
        id: CellId,
    },
    /// The area of a terminal that a cell's program draws on.
    Terminal {
        /// Columns that the program has.
        width: u16,
        /// Rows that the program has.
        height: u16,
        /// Which cell.
        id: CellId,
    },
    /// The area of a part of a cell's output that has its own scroll.
    Output {
        /// Columns.
        width: u16,
        /// Rows.
        height: u32,
        /// Which cell.
        id: CellId,
        /// Which part of its output.
        part: usize,
        /// Whether it follows its end, where it is not scrolled.
        follows: bool,
        /// First row shown, after wrapping.
        first: usize,
        /// All rows, after wrapping.
        total: usize,
    },
}

impl PlacedItem {
    /// The same `by` times as large: what was laid out in larger cells, as the screen counts.
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
            Item::Picture { width, height, key } => {
                Item::Picture { width: wide(width), height: high(height), key }
            }
            Item::Diagram { width, height } => {
                Item::Diagram { width: wide(width), height: high(height) }
            }
            Item::Cell { width, height, id, columns } => {
                Item::Cell { width: wide(width), height: high(height), id, columns }
            }
            Item::DetachedOutput { height, id } => {
                Item::DetachedOutput { height: high(height), id }
            }
            // As many cells of the program's, whatever their size.
            screen @ Item::Terminal { .. } => screen,
            Item::Output { width, height, id, part, follows, first, total } => {
                let (width, height) = (wide(width), high(height));
                Item::Output { width, height, id, part, follows, first, total }
            }
        };
        Self { x: wide(self.x), y: high(self.y), item }
    }
}

impl Scene {
    /// An empty slide.
    pub fn blank(size: Size, background: Style) -> Self {
        Self {
            size,
            background,
            viewport: Rect::new(0, 0, size.columns, size.rows),
            height: 0,
            columns: size.columns,
            revealed: None,
            mark_row: size.rows.saturating_sub(1),
            mark: Style::new(),
            body: Vec::new(),
            frame: Vec::new(),
        }
    }

    /// The same slide, made for `area`, on a screen that is larger.
    pub(super) fn within(mut self, area: Rect, size: Size) -> Self {
        for placed in self.body.iter_mut().chain(&mut self.frame) {
            placed.x = placed.x.saturating_add(area.x);
        }
        for placed in &mut self.frame {
            placed.y = placed.y.saturating_add(area.y.into());
        }
        let Rect { x, y, .. } = self.viewport;
        let viewport = Rect { x: x + area.x, y: y + area.y, ..self.viewport };
        Self { size, viewport, mark_row: self.mark_row + area.y, ..self }
    }

    /// How far the body can be scrolled, in rows.
    pub fn scroll_limit(&self) -> u32 {
        self.height.saturating_sub(u32::from(self.viewport.height))
    }

    /// The cell at a place on the screen, when the body is scrolled down by `scroll` rows.
    pub fn cell_at(&self, column: u16, row: u16, scroll: u32) -> Option<CellId> {
        self.topmost(column, row, scroll, |item| match *item {
            Item::Cell { width, height, id, .. } => Some((width, height, id)),
            _ => None,
        })
    }

    /// The output with a scroll of its own that is at a place on the screen: an [`Item::Output`].
    pub fn output_at(&self, column: u16, row: u16, scroll: u32) -> Option<&Item> {
        self.topmost(column, row, scroll, |item| match *item {
            Item::Output { width, height, .. } => Some((width, height, item)),
            _ => None,
        })
    }

    /// Where a place on the screen lies in a cell's terminal, in columns and rows from 0.
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

    /// The rows of the body that a cell takes, code to output, wherever its output stands.
    pub fn extent_of(&self, cell: CellId) -> Option<Range<u32>> {
        let parts = self.body.iter().filter_map(|placed| match placed.item {
            Item::Cell { height, id, .. } | Item::DetachedOutput { height, id } if id == cell => {
                Some(placed.y..placed.y.saturating_add(height))
            }
            _ => None,
        });
        parts.reduce(|all, part| all.start.min(part.start)..all.end.max(part.end))
    }

    /// What is known of the last item of a kind at a place on the screen; `area` gives its width, its
    /// height, and that.
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
