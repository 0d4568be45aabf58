//! The pane: one cell's output on the whole screen. Only visible rows are created; the others are
//! just counted and searched.

mod bar;
mod search;
mod section;
#[cfg(test)]
mod tests;

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use self::search::{Match, MatchMarks};
use self::section::Section;
use super::context::LayoutContext;
use super::flow::Flow;
use super::scene::{Item, MarkPlace, PlacedItem};
use super::{Inputs, Scene, Size};
use crate::deck::CellId;
use crate::run::{CellRun, Prompt};

/// Empty columns on both sides.
const MARGIN: u16 = 1;

/// What the pane shows.
#[derive(Clone, Copy, Debug)]
pub struct PaneView<'a> {
    /// The cell.
    pub cell: CellId,
    /// The first visible row; `None` follows the end.
    pub top: Option<u32>,
    /// Number of table columns scrolled away.
    pub left: usize,
    /// The search query; may be empty.
    pub query: &'a str,
    /// The index of the current match.
    pub current: Option<usize>,
    /// The input line in which the query is being typed.
    pub typed: Option<&'a Prompt>,
}

/// The pane, laid out.
#[derive(Clone, Debug)]
pub struct PaneScene {
    /// The scene. Its height covers all rows, but only visible ones are present.
    pub scene: Scene,
    /// The first visible row.
    pub top: u32,
    /// Number of table columns scrolled away, limited to those that exist.
    pub left: usize,
    /// The row of each match, in order.
    pub matches: Vec<u32>,
}

/// Lays out one cell's output on the whole screen.
pub fn pane(inputs: &Inputs<'_>, view: &PaneView<'_>) -> PaneScene {
    let Size { columns, rows, .. } = inputs.size;
    let viewport = Rect::new(0, 0, columns, rows - u16::from(rows > 1));
    let context = LayoutContext::new(inputs, viewport.height.into());
    let none = CellRun::default();
    let run = context.run(view.cell).unwrap_or(&none);
    let stack = SectionStack::new(&context, view, run);
    let matches = stack.matches(view.query);
    let limit = stack.height.saturating_sub(viewport.height.into());
    let top = view.top.map_or(limit, |top| top.min(limit));
    let marks = MatchMarks::new(&matches, view.current, inputs.theme);
    let shown = top..top.saturating_add(viewport.height.into());
    let body = stack.place(view.cell, &shown, &marks);
    let frame = bar::lay_out(&context, view, run, (&stack, &shown, matches.len()));
    let base = inputs.theme.base;
    let matches = matches.iter().map(|found| found.row).collect();
    let left = stack.left;
    let scene = Scene {
        size: inputs.size,
        background: base,
        gradient: None,
        viewport,
        height: stack.height,
        columns: stack.width,
        revealed: None,
        // The bar shows the position instead.
        mark_place: MarkPlace::Nowhere,
        mark: base.add_modifier(Modifier::DIM),
        body,
        frame,
    };
    PaneScene { scene, top, left, matches }
}

/// The parts of an output and their first rows.
struct SectionStack<'a> {
    sections: Vec<(u32, Section<'a>)>,
    x: u16,
    width: u16,
    height: u32,
    left: usize,
}

impl<'a> SectionStack<'a> {
    fn new(context: &'a LayoutContext<'a>, view: &PaneView<'_>, run: &'a CellRun) -> Self {
        let columns = context.inputs.size.columns;
        let x = if columns > MARGIN * 2 { MARGIN } else { 0 };
        let width = columns - x * 2;
        let mut stack = Self { sections: Vec::new(), x, width, height: 0, left: 0 };
        let flow = || Flow::new(context, width);
        for section in section::all(flow, view, run) {
            let start = if stack.sections.is_empty() { 0 } else { stack.height.saturating_add(1) };
            stack.height = start.saturating_add(section.height());
            stack.left = stack.left.max(section.left());
            stack.sections.push((start, section));
        }
        stack
    }

    /// Returns all matches of a query.
    fn matches(&self, query: &str) -> Vec<Match> {
        let Some(wanted) = search::compile(query) else { return Vec::new() };
        let all = self.sections.iter().enumerate();
        let found = all.flat_map(|(number, (start, section))| {
            search::matches((number, *start), section, &wanted)
        });
        found.collect()
    }

    /// Places the visible rows.
    fn place(
        &self,
        cell: CellId,
        shown: &std::ops::Range<u32>,
        marks: &MatchMarks<'_>,
    ) -> Vec<PlacedItem> {
        let height = self.height.max(shown.end);
        let area = Item::Cell {
            width: self.x * 2 + self.width,
            height,
            id: cell,
            columns: self.width.max(1),
        };
        let mut items = vec![PlacedItem { x: 0, y: 0, item: area }];
        for (number, (start, section)) in self.sections.iter().enumerate() {
            let end = start.saturating_add(section.height());
            if end <= shown.start || *start >= shown.end {
                continue;
            }
            let rows = shown.start.saturating_sub(*start)..shown.end.min(end) - start;
            let first = items.len();
            section.place(&rows, cell, &|line, text| marks.on(number, line, text), &mut items);
            for placed in &mut items[first..] {
                placed.x = placed.x.saturating_add(self.x);
                placed.y = placed.y.saturating_add(*start);
            }
        }
        items
    }
}
