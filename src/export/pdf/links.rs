//! The links of a page.

use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::geom::Rect;
use krilla::page::Page;

use super::layout::PlacedContent;
use crate::export::shapes::{CELL_HEIGHT, CELL_WIDTH};
use crate::view::VisibleLink;

/// How many columns may be between a text and its address: a blank and a bracket.
const MAX_GAP: u16 = 2;

/// Adds the links of a part of a page.
pub(super) fn add(part: &PlacedContent<'_>, page: &mut Page<'_>) {
    let (left, top) = part.at;
    let (width, height) = (CELL_WIDTH * part.scale, CELL_HEIGHT * part.scale);
    for link in joined(&part.content.get().links) {
        let area = Rect::from_xywh(
            left + f32::from(link.cells.x) * width,
            top + f32::from(link.cells.y) * height,
            f32::from(link.cells.width) * width,
            height,
        );
        if let Some(area) = area {
            let target = Target::Action(Action::Link(LinkAction::new(link.address)));
            page.add_annotation(Annotation::new_link(LinkAnnotation::new(area, target), None));
        }
    }
}

/// Joins links that lead to the same address and are next to each other, such as a text and its address in
/// brackets: they are one link.
fn joined(links: &[VisibleLink]) -> Vec<VisibleLink> {
    let mut joined: Vec<VisibleLink> = Vec::new();
    for link in links {
        let next = link.cells;
        match joined.last_mut() {
            Some(VisibleLink { cells, address })
                if *address == link.address
                    && cells.y == next.y
                    && (cells.right()..=cells.right() + MAX_GAP).contains(&next.x) =>
            {
                cells.width = next.right() - cells.x;
            }
            _ => joined.push(link.clone()),
        }
    }
    joined
}
