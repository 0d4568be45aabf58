//! The next frame, made while the speaker talks: where the next step on (or back, for who goes back)
//! will lead is known, so its scene, its cells and even the bytes that turn this frame into it can
//! wait for the key.
//!
//! It is thrown away as soon as anything but a key happens, and used only if the key led just
//! there; what is drawn is the same either way.

use super::Talk;
use super::terminal::Frame;
use crate::app::{Direction, Mode, Msg, update};
use crate::deck::Cursor;
use crate::headless;
use crate::layout::{Highlighting, Scene};
use crate::view;

/// A frame that nobody has asked for yet.
#[derive(Debug)]
pub(super) struct Prerender {
    at: Cursor,
    scroll: u32,
    scene: Scene,
    frame: Frame,
}

impl Prerender {
    /// Makes the frame that the next step will show. None where that cannot be told, where pictures come or
    /// go, where code not highlighted yet would take its time, and where drawing fails: the frame
    /// itself will say so.
    pub(super) fn look(talk: &mut Talk) -> Option<Self> {
        let at = talk.app.ahead().filter(|_| !talk.pictures)?;
        let other_slide = at.slide != talk.app.at.slide;
        if other_slide && headless::has_code(&talk.loaded.deck.slide(at.slide).blocks) {
            return None;
        }
        let Talk { app, loaded, media, screen, .. } = talk;
        let scene = headless::scene_at(loaded, app, at, (screen.size(), Highlighting::Full), media);
        let scroll = match app.direction {
            Direction::Forward if other_slide => 0,
            Direction::Forward => app.scroll,
            // Gone back to, a slide shows its end.
            Direction::Back => headless::stage(&scene).scroll_limit(),
        };
        let mut pictures = false;
        let frame = screen.compose(|buffer| {
            pictures =
                !view::draw(app, &scene, scroll, &loaded.style(at.slide).theme, buffer).is_empty();
            Vec::new()
        });
        let frame = frame.ok().filter(|_| !pictures)?;
        Some(Self { at, scroll, scene, frame })
    }

    /// Makes this the talk's scene if the talk has come just here, and gives its frame if nothing
    /// else is to be drawn.
    pub(super) fn reach(self, talk: &mut Talk) -> Option<Frame> {
        if self.at != talk.app.at || !talk.screen.can_show(&self.frame) {
            return None;
        }
        talk.app.changed.scene = false;
        update(&mut talk.app, Msg::LaidOut(headless::stage(&self.scene)));
        talk.scene = self.scene;
        let app = &talk.app;
        let plain = matches!(app.mode, Mode::Slide) && app.notice.is_none() && app.focus.is_none();
        (plain && app.scroll == self.scroll && !app.changed.scene).then_some(self.frame)
    }
}
