//! Parts of a page whose cells keep their places in the flowing text, because some of them are drawn: boxes,
//! charts, QR codes.

use std::collections::HashSet;

use ratatui::buffer::Cell;

use super::HtmlPage;
use crate::export::shapes::shapes;
use crate::layout::{Item, PlacedItem, Role};

/// A part of a page that keeps the places of its cells in the flowing text.
pub(super) struct PlacedDrawing {
    /// Where it is, as properties.
    pub(super) style: String,
    /// Its drawn characters: a part of the page's picture.
    pub(super) picture: String,
}

impl PlacedDrawing {
    /// Returns what the flowing text shows of these cells, by column and row, if some of them are drawn. The
    /// page's picture is named by its number.
    pub(super) fn of(page: &HtmlPage, number: usize, cells: &[(usize, usize)]) -> Option<Self> {
        let width = usize::from(page.buffer.area.width);
        let cell = |&(column, row): &(usize, usize)| page.buffer.content.get(row * width + column);
        let background =
            |at: &(usize, usize)| cell(at).map(|cell| page.colors.cell_style(cell).background);
        let ground = cells.first().and_then(background);
        let is_drawn = |at: &(usize, usize)| {
            let symbol = cell(at).map_or("", Cell::symbol);
            let is_shape = || symbol.starts_with(|c| c >= '\u{2500}') && shapes(symbol).is_some();
            // Programs draw with blanks, too.
            let is_area = || symbol == " " && background(at) != ground;
            is_shape() || is_area()
        };
        if !cells.iter().any(is_drawn) {
            return None;
        }
        let (x, wide) = extent(cells.iter().map(|at| at.0))?;
        let (y, high) = extent(cells.iter().map(|at| at.1))?;
        let style = format!("--X:{x};--Y:{y};--w:{wide};--h:{high}");
        let picture = format!(
            "<svg aria-hidden=\"true\" viewBox=\"{} {} {} {}\" preserveAspectRatio=\"none\" \
             shape-rendering=\"crispEdges\"><use href=\"#d{number}\"/></svg>",
            x * 10,
            y * 20,
            wide * 10,
            high * 20,
        );
        Some(Self { style, picture })
    }
}

/// Returns the first of some numbers, and how many there are up to the last.
fn extent(numbers: impl Iterator<Item = usize> + Clone) -> Option<(usize, usize)> {
    let first = numbers.clone().min()?;
    Some((first, numbers.max()? + 1 - first))
}

/// Returns the numbers of the items, counted from 1, between the one that begins something and its end.
/// Decoration is left out.
pub(super) fn items_within(body: &[PlacedItem], begin: u32) -> HashSet<u32> {
    let mut open = Vec::new();
    let mut found = HashSet::new();
    for (number, placed) in (begin..).zip(body.iter().skip(begin.saturating_sub(1) as usize)) {
        match &placed.item {
            Item::Begin(role) => open.push(*role == Role::Decoration),
            Item::End => {
                open.pop();
                if open.is_empty() {
                    break;
                }
            }
            _ if !open.contains(&true) => {
                found.insert(number);
            }
            _ => {}
        }
    }
    found
}
