//! Renders the next frame in advance, while the loop is idle. The next step (or the previous one, if
//! the speaker last went back) is known, so its scene, its cells and the bytes that update the
//! terminal can be prepared before the key is pressed. After a jump, so is the frame it came from.
//!
//! The frames are discarded when anything but a key arrives, and used only if the key leads to exactly
//! their step. The result is identical to drawing on demand.

use super::Talk;
use super::terminal::{Frame, PaintedFrame};
use crate::app::{Direction, Msg, update};
use crate::deck::Cursor;
use crate::headless;
use crate::layout::{Highlighting, Scene};
use crate::media::PreparedPictures;
use crate::view::{self, Overlay};

/// Frames rendered in advance.
#[derive(Debug)]
pub(super) struct Prerender {
    frames: Vec<PreparedFrame>,
}

/// One frame.
#[derive(Debug)]
struct PreparedFrame {
    at: Cursor,
    scroll: u32,
    scene: Scene,
    ready: ReadyFrame,
}

/// A frame to show, and its pictures.
#[derive(Debug)]
pub(super) struct ReadyFrame {
    pub(super) frame: Frame,
    pub(super) overlays: Vec<Overlay>,
    pub(super) pictures: PreparedPictures,
}

impl Prerender {
    /// Renders the frames of the next step and of the way back. Returns `None` if neither is known, or if
    /// notes are shown.
    pub(super) fn render(talk: &mut Talk) -> Option<Self> {
        if talk.app.shows_notes() {
            return None;
        }
        let next = talk.app.likely_next();
        let back = talk.app.way_back().map(|at| (at, Direction::Forward));
        let back = back.filter(|(at, _)| next.is_none_or(|(next, _)| next != *at));
        let frames = next.into_iter().chain(back).filter_map(|to| PreparedFrame::render(talk, to));
        let frames: Vec<_> = frames.collect();
        (!frames.is_empty()).then_some(Self { frames })
    }

    /// Makes the frame of the current step the current scene, if there is one. Returns it if nothing else has
    /// to be drawn.
    pub(super) fn take_frame(mut self, talk: &mut Talk) -> Option<ReadyFrame> {
        let at = talk.app.at();
        let is_wanted = |it: &PreparedFrame| it.at == at && talk.screen.can_show(&it.ready.frame);
        let found = self.frames.iter().position(is_wanted);
        let found = found.map(|place| self.frames.swap_remove(place));
        self.discard(talk);
        found.and_then(|found| found.take(talk))
    }

    /// Drops the frames, unused.
    pub(super) fn discard(self, talk: &mut Talk) {
        for frame in self.frames {
            talk.screen.recycle(frame.ready.frame);
        }
    }
}

impl PreparedFrame {
    /// Renders the frame of a step. Returns `None` if its pictures or its highlighted code are not ready yet,
    /// if it has another background, or if drawing fails (drawing on demand reports the error).
    fn render(talk: &mut Talk, (at, direction): (Cursor, Direction)) -> Option<Self> {
        let other_slide = at.slide != talk.app.at().slide;
        let look = talk.loaded.style(at.slide);
        let base = look.theme.base;
        if base.bg != talk.loaded.style(talk.app.at().slide).theme.base.bg
            || other_slide && headless::unknown(&talk.loaded.deck, &look.highlighter, at.slide) > 0
        {
            return None;
        }
        let Talk { app, loaded, media, screen, .. } = talk;
        let size = screen.size();
        let scene = headless::scene_at(loaded, app, at, (size, Highlighting::Full), media);
        let scroll = match direction {
            Direction::Forward if other_slide => 0,
            Direction::Forward => app.scroll(),
            // Going back shows the end of a slide.
            Direction::Back => headless::stage(&scene).scroll_limit(),
        };
        let (mut overlays, mut pictures) = (Vec::new(), None);
        let has_links = screen.has_links();
        let frame = screen.compose(|buffer| {
            overlays = view::draw(app, &scene, scroll, &loaded.style(at.slide).theme, buffer);
            let background = base.bg.unwrap_or_default();
            pictures = media.paint_ahead(&overlays, background, size.cell, buffer);
            let links = if has_links { view::links(&scene, scroll, buffer) } else { Vec::new() };
            PaintedFrame { suffix: Vec::new(), links }
        });
        let Some(pictures) = pictures else {
            screen.recycle(frame);
            return None;
        };
        Some(Self { at, scroll, scene, ready: ReadyFrame { frame, overlays, pictures } })
    }

    /// Makes this the current scene. Returns the frame if nothing else has to be drawn.
    fn take(self, talk: &mut Talk) -> Option<ReadyFrame> {
        update(&mut talk.app, Msg::LaidOut(headless::stage(&self.scene)));
        talk.scene = self.scene;
        let app = &talk.app;
        if app.is_plain() && app.scroll() == self.scroll && !app.changes().scene {
            return Some(self.ready);
        }
        talk.screen.recycle(self.ready.frame);
        None
    }
}
