//! The pane: one cell's output alone on the whole screen, however long it is. Only the rows that show
//! are made; those above and below them are counted, and searched.

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
use super::scene::{Item, PlacedItem};
use super::{Inputs, Scene, Size};
use crate::deck::CellId;
use crate::run::{CellRun, Prompt};

/// Empty columns at both sides.
const MARGIN: u16 = 1;

/// What of an output is looked at.
#[derive(Clone, Copy, Debug)]
pub struct PaneView<'a> {
    /// Whose output.
    pub cell: CellId,
    /// The first row shown; none: the last one shows, whatever is written.
    pub top: Option<u32>,
    /// Columns of tables that are scrolled away.
    pub left: usize,
    /// What is searched for; nothing if it is empty.
    pub query: &'a str,
    /// Which match is the current one.
    pub current: Option<usize>,
    /// The line in which the search is being typed.
    pub typed: Option<&'a Prompt>,
}

/// The pane laid out, and what came of it.
#[derive(Clone, Debug)]
pub struct PaneScene {
    /// Its body has all rows; of them only those that show are made.
    pub scene: Scene,
    /// The first row that shows.
    pub top: u32,
    /// Columns of tables that are scrolled away: no more than there are.
    pub left: usize,
    /// The row of each match, in order.
    pub matches: Vec<u32>,
}

/// Lays out one cell's output over the whole screen.
pub fn pane(inputs: &Inputs<'_>, view: &PaneView<'_>) -> PaneScene {
    let Size { columns, rows, .. } = inputs.size;
    let viewport = Rect::new(0, 0, columns, rows - u16::from(rows > 1));
    let context = LayoutContext { inputs, rows: viewport.height.into() };
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
    let scene = Scene {
        size: inputs.size,
        background: base,
        viewport,
        height: stack.height,
        columns: stack.width,
        revealed: None,
        // The bar says how far it goes on.
        mark_row: u16::MAX,
        mark: base.add_modifier(Modifier::DIM),
        body,
        frame,
    };
    let matches = matches.iter().map(|found| found.row).collect();
    PaneScene { scene, top, left: stack.left, matches }
}

/// The parts of an output below each other, and the row that each begins at.
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

    /// Where a text is found.
    fn matches(&self, query: &str) -> Vec<Match> {
        let Some(wanted) = search::wanted(query) else { return Vec::new() };
        let all = self.sections.iter().enumerate();
        let found = all.flat_map(|(number, (start, section))| {
            search::matches((number, *start), section, &wanted)
        });
        found.collect()
    }

    /// What stands in these rows.
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
