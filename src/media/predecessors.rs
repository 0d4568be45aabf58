//! What a place shows while its new picture is being made: the newest one before it. An animation replaces
//! pictures faster than some can be made, and would flicker otherwise.

use super::cache::RenditionCache;
use super::rendition::{PicturePlacement, RenditionSpec};
use crate::deck::SlideNo;

/// The most pictures that are remembered.
const MAX_RECENT: usize = 16;

/// How many rows the pictures of one place may differ in: the labels of a figure change.
const MAX_ROWS_APART: u16 = 2;

/// The recent pictures of a slide.
#[derive(Debug, Default)]
pub(super) struct Predecessors {
    slide: Option<SlideNo>,
    /// The newest last.
    recent: Vec<(PicturePlacement, RenditionSpec)>,
}

impl Predecessors {
    /// Sets the slide that is painted. Pictures of another are forgotten.
    pub(super) fn at(&mut self, slide: SlideNo) {
        if self.slide != Some(slide) {
            self.slide = Some(slide);
            self.recent.clear();
        }
    }

    /// Remembers the picture of a place.
    pub(super) fn note(&mut self, place: PicturePlacement, spec: &RenditionSpec) {
        if self.slide.is_none() || self.recent.last().is_some_and(|(_, last)| last == spec) {
            return;
        }
        self.recent.retain(|(_, known)| known != spec);
        self.recent.push((place, spec.clone()));
        if self.recent.len() > MAX_RECENT {
            self.recent.remove(0);
        }
    }

    /// Returns the newest picture that was in this place before and can be shown.
    pub(super) fn of(
        &self,
        place: PicturePlacement,
        cache: &RenditionCache,
    ) -> Option<(PicturePlacement, RenditionSpec)> {
        let mut newest = self.recent.iter().rev();
        newest.find(|(before, spec)| is_same_place(*before, place) && cache.has(spec)).cloned()
    }

    /// Whether a picture would be shown until a newer one of its place is made.
    pub(super) fn include(&self, spec: &RenditionSpec) -> bool {
        self.recent.iter().any(|(_, known)| known == spec)
    }
}

fn is_same_place(one: PicturePlacement, other: PicturePlacement) -> bool {
    let (a, b) = (one.area, other.area);
    a.y == b.y
        && a.height.abs_diff(b.height) <= MAX_ROWS_APART
        && a.x < b.right()
        && b.x < a.right()
        && one.skipped == other.skipped
}
