//! Renders the next frame in advance, while the loop is idle. The next step (or the previous one, if
//! the speaker last went back) is known, so its scene, its cells and the bytes that update the
//! terminal can be prepared before the key is pressed.
//!
//! The frame is discarded when anything but a key arrives, and used only if the key leads to exactly
//! this step. The result is identical to drawing on demand.

use super::Talk;
use super::terminal::{Frame, PaintedFrame};
use crate::app::{Direction, Mode, Msg, update};
use crate::deck::Cursor;
use crate::headless;
use crate::layout::{Highlighting, Scene};
use crate::view;

/// A frame rendered in advance.
#[derive(Debug)]
pub(super) struct Prerender {
    at: Cursor,
    scroll: u32,
    scene: Scene,
    frame: Frame,
}

impl Prerender {
    /// Renders the frame of the next step. Returns `None` if the next step is unknown, if pictures
    /// change, if notes are shown, if code is not highlighted yet, or if drawing fails (drawing on demand
    /// reports the error).
    pub(super) fn render(talk: &mut Talk) -> Option<Self> {
        let is_alone = talk.overlays.is_empty() && !talk.app.shows_notes();
        let at = talk.app.likely_next().filter(|_| is_alone)?;
        let other_slide = at.slide != talk.app.at().slide;
        let highlighter = &talk.loaded.style(at.slide).highlighter;
        if other_slide && headless::unknown(&talk.loaded.deck, highlighter, at.slide) > 0 {
            return None;
        }
        let Talk { app, loaded, media, screen, .. } = talk;
        let scene = headless::scene_at(loaded, app, at, (screen.size(), Highlighting::Full), media);
        let scroll = match app.direction() {
            Direction::Forward if other_slide => 0,
            Direction::Forward => app.scroll(),
            // Going back shows the end of a slide.
            Direction::Back => headless::stage(&scene).scroll_limit(),
        };
        let mut pictures = false;
        let has_links = screen.has_links();
        let frame = screen.compose(|buffer| {
            pictures =
                !view::draw(app, &scene, scroll, &loaded.style(at.slide).theme, buffer).is_empty();
            let links = if has_links { view::links(&scene, scroll, buffer) } else { Vec::new() };
            PaintedFrame { suffix: Vec::new(), links }
        });
        if pictures {
            screen.recycle(frame);
            return None;
        }
        Some(Self { at, scroll, scene, frame })
    }

    /// Makes this the current scene if the presentation is at this step. Returns the frame if nothing
    /// else has to be drawn.
    pub(super) fn take_frame(self, talk: &mut Talk) -> Option<Frame> {
        if self.at != talk.app.at() || !talk.screen.can_show(&self.frame) {
            self.discard(talk);
            return None;
        }
        update(&mut talk.app, Msg::LaidOut(headless::stage(&self.scene)));
        talk.scene = self.scene;
        let app = &talk.app;
        let plain =
            matches!(app.mode(), Mode::Slide) && app.notice().is_none() && app.focus().is_none();
        if plain && app.scroll() == self.scroll && !app.changes().scene {
            return Some(self.frame);
        }
        talk.screen.recycle(self.frame);
        None
    }

    /// Drops it, unused.
    pub(super) fn discard(self, talk: &mut Talk) {
        talk.screen.recycle(self.frame);
    }
}
