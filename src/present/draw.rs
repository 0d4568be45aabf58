//! Draws the app's state, or starts the transition to it.

use std::io;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::prerender::ReadyFrame;
use super::terminal::PaintedFrame;
use super::{SpeakerSync, Talk, effects, notes_pane};
use crate::app::{App, BlockEditor, Mode, Msg, update};
use crate::deck::SlideNo;
use crate::headless;
use crate::highlight::EditedCode;
use crate::layout::{Highlighting, Scene, Size};
use crate::project::SlideStyle;
use crate::view;

impl Talk {
    /// Returns the size of the slide: the screen without the notes under the slide.
    pub(super) fn slide_size(&self) -> Size {
        let size = self.screen.size();
        Size { rows: size.rows - notes_pane::rows(&self.app, size.rows), ..size }
    }

    /// Lays out the app's state.
    pub(super) fn lay_out(&mut self) {
        if self.restore_last_size() {
            return;
        }
        let at = self.app.at().slide;
        let highlighter = &self.loaded.style(at).highlighter;
        let colours = self.prefetch.colours(&self.loaded.deck, highlighter, at);
        let how = (self.slide_size(), colours);
        let scene = headless::scene(&self.loaded, &mut self.app, how, &mut self.media);
        self.replace_scene(scene);
    }

    /// Lays out the scene that the next pending event refers to. The scene is never shown, so this does not
    /// wait for highlighting, and the scene stays marked as changed.
    pub(super) fn lay_out_unseen(&mut self) {
        let how = (self.slide_size(), Highlighting::Cached);
        self.scene = headless::scene(&self.loaded, &mut self.app, how, &mut self.media);
        update(&mut self.app, Msg::Redraw);
    }

    /// Like [`Talk::lay_out_unseen`], for a key, which needs no scene if the slide surely fits.
    pub(super) fn settle_unseen(&mut self) {
        let size = self.slide_size();
        if headless::settle_fitting(&self.loaded, &mut self.app, size) {
            update(&mut self.app, Msg::Redraw);
        } else {
            self.lay_out_unseen();
        }
    }

    /// Draws the app's state, or starts the transition to it.
    pub(super) fn draw(&mut self) -> io::Result<()> {
        self.log_runs();
        if let Some(direction) = self.app.take_transition()
            && self.begin_transition(direction)?
        {
            self.publish();
            return Ok(());
        }
        if let Some(step) = self.app.take_step()
            && self.begin_fade(step)?
        {
            self.publish();
            return Ok(());
        }
        if !self.app.changes().scene {
            self.discard_prerender();
        }
        let ready = self.prerender.take().and_then(|prerender| prerender.take_frame(self));
        if let Some(ReadyFrame { frame, overlays, pictures }) = ready {
            self.media.at_slide(self.app.at().slide);
            let suffix = self.media.show_prepared(pictures);
            self.show(frame.followed_by(&suffix), overlays)?;
            update(&mut self.app, Msg::Painted);
            self.on_shown();
        } else {
            self.paint()?;
            update(&mut self.app, Msg::Painted);
        }
        self.publish();
        self.auto_advance.shown(self.app.at(), self.app.scroll());
        self.cancel_distant_pictures();
        let at = self.app.at().slide;
        self.prefetch.at(&self.loaded.deck, &self.loaded.style(at).highlighter, at);
        self.draw_ahead(at);
        self.watch.pictures(self.media.watched_files());
        self.review.request(&self.loaded, self.screen.size());
        if let Some(validation) = &mut self.validation {
            validation.request(&self.loaded);
        }
        Ok(())
    }

    /// Drops the frames that were rendered in advance.
    pub(super) fn discard_prerender(&mut self) {
        if let Some(prerender) = self.prerender.take() {
            prerender.discard(self);
        }
    }

    /// Tells other windows and programs where the talk is. The start of a transition counts: they do not wait
    /// for its end.
    fn publish(&mut self) {
        if let Some(publisher) = &self.publisher {
            publisher.publish(&self.loaded.deck, self.app.at());
        }
        self.timer.moved(self.app.at());
        self.time_rehearsal();
        self.publish_state(false);
        self.publish_served();
    }

    /// Starts the drawings of neighbouring slides.
    fn draw_ahead(&mut self, at: SlideNo) {
        let count = self.loaded.deck.slides.len();
        for near in [at.index() + 1, at.index().wrapping_sub(1)] {
            if near < count {
                headless::draw_ahead(&self.loaded, SlideNo::new(near), &mut self.media);
            }
        }
    }

    /// Lays out the app's state and shows it.
    pub(super) fn paint(&mut self) -> io::Result<()> {
        if self.app.changes().scene {
            self.lay_out();
        }
        self.on_shown();
        // Autorun blocks that just started change the scene.
        if self.app.changes().scene {
            self.lay_out();
        }
        self.make_miniatures();
        let Self { app, scene, loaded, media, screen, miniatures, edited, notes, .. } = self;
        let size = screen.size();
        let look = loaded.style(app.at().slide);
        let theme = &look.theme;
        let base = theme.base;
        screen.surround(view::blank_color(app).or(base.bg));
        let has_links = screen.has_links();
        let mut shown = Vec::new();
        let frame = screen.compose(|buffer| {
            let draw = |buffer: &mut Buffer| {
                let overlays = view::draw(app, scene, app.rows_above(), theme, buffer);
                match app.mode() {
                    Mode::Edit(editing) => draw_editor(app, (editing, edited), scene, look, buffer),
                    Mode::Overview(overview) if !app.layout().is_too_small() => {
                        let miniature = |slide| miniatures.as_ref()?.get(slide);
                        view::draw_overview(app, overview, miniature, theme, buffer);
                    }
                    _ => {}
                }
                overlays
            };
            let overlays = notes.draw_page((app, loaded), (size.cell, media), buffer, draw);
            media.at_slide(app.at().slide);
            let suffix = media.paint(&overlays, base.bg.unwrap_or_default(), size.cell, buffer);
            shown = overlays;
            let links =
                if has_links { view::links(scene, app.rows_above(), buffer) } else { Vec::new() };
            PaintedFrame { suffix, links }
        });
        self.show(frame, shown)
    }

    /// Starts the autorun blocks of the current slide. Not in a speaker-notes window: code runs in the
    /// main window.
    fn on_shown(&mut self) {
        if matches!(self.settings.speaker_sync, Some(SpeakerSync::Listen(_))) {
            return;
        }
        for effect in update(&mut self.app, Msg::Shown) {
            effects::apply(self, &effect);
        }
    }
}

/// Draws the editor over the slide, with highlighted code. Draws nothing if the window is too
/// small.
pub(super) fn draw_editor(
    app: &App,
    (editing, edited): (&BlockEditor, &mut EditedCode),
    scene: &Scene,
    look: &SlideStyle,
    buffer: &mut Buffer,
) {
    if app.layout().is_too_small() {
        return;
    }
    let language = app.deck().cell(editing.cell).map_or("", |cell| &cell.language);
    let highlighter = &look.highlighter;
    let mut lines = |shown| edited.lines(highlighter, language, (editing.lines(), shown));
    let ground = look.highlighter.ground_in(&look.theme);
    let base = ground.map_or(Style::new(), |color| look.highlighter.foreground().bg(color));
    view::edit(app, editing, &mut lines, (scene, app.scroll()), (&look.theme, base), buffer);
}
