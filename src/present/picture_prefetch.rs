//! Has the pictures of neighbouring slides rendered ahead, once the loop is idle. A jump cancels what was
//! requested for the slides around the old position.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Talk;
use crate::app::Direction;
use crate::deck::{Cursor, SlideNo, Step};
use crate::headless;
use crate::layout::{Highlighting, Size};
use crate::media::ExpectedPicture;
use crate::view;

/// How far ahead pictures are rendered, in slides.
const SLIDES_AHEAD: usize = 2;

/// Where pictures were requested last.
#[derive(Debug, Default)]
pub(super) struct PicturePrefetch {
    done: Option<(Cursor, Direction, Size)>,
}

impl PicturePrefetch {
    /// Makes the next call request the pictures again, because they may have changed.
    pub(super) fn invalidate(&mut self) {
        self.done = None;
    }
}

impl Talk {
    /// Requests the pictures of the slides around the current one, unless that was done.
    pub(super) fn prefetch_pictures(&mut self) {
        let size = self.slide_size();
        let place = (self.app.at(), self.app.direction(), size);
        if self.picture_prefetch.done == Some(place) || self.app.layout().is_too_small() {
            return;
        }
        self.picture_prefetch.done = Some(place);
        let mut expected = Vec::new();
        for at in self.neighbours() {
            self.expect_pictures(at, &mut expected);
        }
        let screen = Rect::new(0, 0, size.columns, size.rows);
        self.media.prefetch(&expected, size.cell, screen);
    }

    /// Stops rendering pictures ahead if the speaker jumped to another slide.
    pub(super) fn cancel_distant_pictures(&mut self) {
        let at = self.app.at().slide.index();
        let is_distant =
            |(last, ..): &(Cursor, _, _)| last.slide.index().abs_diff(at) > SLIDES_AHEAD;
        if self.picture_prefetch.done.as_ref().is_some_and(is_distant) {
            self.media.cancel_prefetch();
        }
    }

    /// Returns the positions whose pictures may be shown soon, the most likely first: what remains of the
    /// slide, the slides in the speaker's direction, then the others.
    fn neighbours(&self) -> Vec<Cursor> {
        let deck = &self.loaded.deck;
        let at = self.app.at();
        let last_step = |slide: SlideNo| Step(deck.slide(slide).steps.max(1) - 1);
        let mut found = vec![Cursor { step: last_step(at.slide), ..at }];
        let is_back = self.app.direction() == Direction::Back;
        for distance in 1..=SLIDES_AHEAD {
            let next = at.slide.index() + distance;
            let next = (next < deck.slides.len()).then(|| SlideNo::new(next));
            let previous = at.slide.index().checked_sub(distance).map(SlideNo::new);
            let order = if is_back { [previous, next] } else { [next, previous] };
            for slide in order.into_iter().flatten() {
                found.push(Cursor { slide, step: Step(0) });
                found.extend(
                    (last_step(slide) > Step(0)).then(|| Cursor { slide, step: last_step(slide) }),
                );
            }
        }
        found
    }

    /// Adds the pictures of a position, at its start and its end.
    fn expect_pictures(&mut self, at: Cursor, expected: &mut Vec<ExpectedPicture>) {
        let size = self.slide_size();
        let Self { app, loaded, media, .. } = self;
        if !headless::has_pictures(loaded, at, app.runs(), media) {
            return;
        }
        let scene = headless::scene_at(loaded, app, at, (size, Highlighting::Cached), media);
        let background = loaded.style(at.slide).theme.base.bg.unwrap_or_default();
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
        let end = headless::stage(&scene).scroll_limit();
        for scroll in [Some(0), (end > 0).then_some(end)].into_iter().flatten() {
            let overlays = view::paint(&scene, scroll, &mut buffer);
            expected.extend(overlays.into_iter().map(|overlay| (overlay, background)));
        }
    }
}
