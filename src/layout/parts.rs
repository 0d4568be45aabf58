//! The parts of a scene that a spotlight lights: its blocks, the lines of those, its columns.

use std::ops::Range;

use super::role::Role;
use super::scene::{Item, PlacedItem, Scene};

/// A part of the body: columns of the screen, rows of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenePart {
    /// Its columns.
    pub columns: Range<u16>,
    /// Its rows.
    pub rows: Range<u32>,
}

impl ScenePart {
    fn overlaps(&self, other: &Self) -> bool {
        self.shares_columns(other) && self.shares_rows(other)
    }

    fn shares_columns(&self, other: &Self) -> bool {
        self.columns.start < other.columns.end && other.columns.start < self.columns.end
    }

    fn shares_rows(&self, other: &Self) -> bool {
        self.rows.start < other.rows.end && other.rows.start < self.rows.end
    }

    /// Returns whether a line is at an edge, which may have padding.
    fn is_framed_by(&self, line: &Self) -> bool {
        let around = Self {
            columns: self.columns.start.saturating_sub(2)..self.columns.end.saturating_add(2),
            rows: self.rows.start.saturating_sub(1)..self.rows.end.saturating_add(1),
        };
        around.overlaps(line)
    }

    fn grow(&mut self, other: &Self) {
        self.columns =
            self.columns.start.min(other.columns.start)..self.columns.end.max(other.columns.end);
        self.rows = self.rows.start.min(other.rows.start)..self.rows.end.max(other.rows.end);
    }
}

impl Scene {
    /// Returns the blocks below the title, in reading order; the title, too, if there is nothing else.
    pub fn blocks(&self) -> Vec<ScenePart> {
        let (titles, others): (Vec<_>, Vec<_>) =
            all_blocks(&self.body).into_iter().partition(|(_, is_title)| *is_title);
        let chosen = if others.is_empty() { titles } else { others };
        chosen.into_iter().map(|(part, _)| part).collect()
    }

    /// Returns the lines of code, list items, table rows and other rows of the blocks. A line is as wide as
    /// its block.
    pub fn lines(&self) -> Vec<ScenePart> {
        let is_line = |role: &Role| {
            matches!(role, Role::CodeLine | Role::ListItem { .. } | Role::TableRow { .. })
        };
        let (groups, loose) = groups(&self.body, is_line);
        let rows = groups.into_iter().map(|(part, _)| part).chain(loose);
        let mut lines: Vec<ScenePart> = Vec::new();
        for block in self.blocks() {
            let mut inside: Vec<ScenePart> =
                rows.clone().filter(|row| row.overlaps(&block)).collect();
            inside.sort_by_key(|row| (row.rows.start, std::cmp::Reverse(row.rows.end)));
            let first = lines.len();
            for row in inside {
                let line = ScenePart { columns: block.columns.clone(), rows: row.rows };
                if !lines[first..].iter().any(|known| known.shares_rows(&line)) {
                    lines.push(line);
                }
            }
        }
        lines
    }

    /// Returns the columns that are side by side; none if there are none.
    pub fn side_by_side(&self) -> Vec<ScenePart> {
        let column = |placed: &PlacedItem| match placed.item {
            Item::Column { width, height } => Some(area(placed, width, height)),
            _ => None,
        };
        self.body.iter().filter_map(column).collect()
    }
}

/// Returns all blocks, and whether each is the title. What overlaps is one block, such as code, its ground
/// and its output.
fn all_blocks(items: &[PlacedItem]) -> Vec<(ScenePart, bool)> {
    let (groups, loose) = groups(items, |_| true);
    let (frames, groups): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|(_, role)| **role == Role::Decoration);
    let mut blocks: Vec<(ScenePart, bool)> =
        groups.into_iter().map(|(part, role)| (part, *role == Role::Heading(1))).collect();
    for part in loose {
        // The rows of a chart have no role.
        let touches = |last: &&mut (ScenePart, bool)| {
            last.0.rows.end == part.rows.start && last.0.shares_columns(&part) && !last.1
        };
        match blocks.last_mut().filter(touches) {
            Some((last, _)) => last.grow(&part),
            None => blocks.push((part, false)),
        }
    }
    let areas = items.iter().filter_map(|placed| match placed.item {
        Item::Fill { width, height, .. }
        | Item::Cell { width, height, .. }
        | Item::Picture { width, height, .. }
        | Item::Diagram { width, height } => Some(area(placed, width, height)),
        _ => None,
    });
    blocks.extend(areas.map(|part| (part, false)));
    let mut merged: Vec<(ScenePart, bool)> = Vec::new();
    for (mut part, mut is_title) in blocks {
        while let Some(at) = merged.iter().position(|(known, _)| known.overlaps(&part)) {
            let (known, was_title) = merged.remove(at);
            part.grow(&known);
            is_title |= was_title;
        }
        merged.push((part, is_title));
    }
    for (frame, _) in frames {
        if let Some((block, _)) = merged.iter_mut().find(|(block, _)| block.is_framed_by(&frame)) {
            block.grow(&frame);
        }
    }
    merged.sort_by_key(|(part, _)| (part.rows.start, part.columns.start));
    merged
}

/// Returns the areas of the outermost items with a role that `is_group` accepts, and those of all text
/// outside them, row by row.
fn groups(
    items: &[PlacedItem],
    is_group: impl Fn(&Role) -> bool,
) -> (Vec<(ScenePart, &Role)>, Vec<ScenePart>) {
    let (mut groups, mut loose) = (Vec::new(), Vec::new());
    let mut open: Option<(&Role, u32, Option<ScenePart>)> = None;
    for placed in items {
        match (&placed.item, &mut open) {
            (Item::Begin(_), Some((_, depth, _))) => *depth += 1,
            (Item::Begin(role), None) if is_group(role) => open = Some((role, 0, None)),
            (Item::End, Some((_, depth @ 1.., _))) => *depth -= 1,
            (Item::End, Some((role, _, part))) => {
                groups.extend(part.take().map(|part| (part, *role)));
                open = None;
            }
            (Item::Text(line), open) => {
                let part = area(placed, width(line.width()), 1);
                add(part, open.as_mut().map(|(_, _, part)| part), &mut loose);
            }
            (Item::LargeText { line, size }, open) => {
                let columns = line.width().saturating_mul(usize::from(*size));
                let part = area(placed, width(columns), u32::from(*size));
                add(part, open.as_mut().map(|(_, _, part)| part), &mut loose);
            }
            _ => {}
        }
    }
    (groups, loose)
}

/// Adds an area to the open group, or to those outside groups.
fn add(part: ScenePart, group: Option<&mut Option<ScenePart>>, loose: &mut Vec<ScenePart>) {
    match group {
        Some(Some(group)) => group.grow(&part),
        Some(group) => *group = Some(part),
        None => loose.push(part),
    }
}

fn width(columns: usize) -> u16 {
    u16::try_from(columns).unwrap_or(u16::MAX)
}

fn area(placed: &PlacedItem, width: u16, height: u32) -> ScenePart {
    ScenePart {
        columns: placed.x..placed.x.saturating_add(width),
        rows: placed.y..placed.y.saturating_add(height),
    }
}
