//! What the speaker sees: the app's state laid out, painted and shown, or a turn towards it begun.

use std::io;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::{SpeakerSync, Talk, effects};
use crate::app::{App, BlockEditor, Mode, Msg, update};
use crate::headless;
use crate::layout::{Highlighting, Scene};
use crate::project::SlideStyle;
use crate::view;

impl Talk {
    /// Makes the scene what the app's state says.
    pub(super) fn lay_out(&mut self) {
        let at = self.app.at.slide;
        let highlighter = &self.loaded.style(at).highlighter;
        let colours = self.prefetch.colours(&self.loaded.deck, highlighter, at);
        let how = (self.screen.size(), colours);
        self.scene = headless::scene(&self.loaded, &mut self.app, how, &mut self.media);
    }

    /// Makes the scene that the next of several waiting keys refers to. It is never shown, so it does
    /// not wait for colours: the scene that is drawn is still to be made.
    pub(super) fn lay_out_unseen(&mut self) {
        let how = (self.screen.size(), Highlighting::Cached);
        self.scene = headless::scene(&self.loaded, &mut self.app, how, &mut self.media);
        self.app.changed.scene = true;
    }

    /// Draws the app's state, or begins the turn that leads to it.
    pub(super) fn draw(&mut self) -> io::Result<()> {
        if let Some(direction) = self.app.changed.transition.take()
            && self.begin_transition(direction)?
        {
            return Ok(());
        }
        let ready = self.prerender.take().filter(|_| self.app.changed.scene);
        let ready = ready.and_then(|ahead| ahead.reach(self));
        if let Some(frame) = ready {
            self.screen.show(frame)?;
            self.app.changed.paint = false;
            self.shown();
        } else {
            self.paint()?;
            self.app.changed.paint = false;
        }
        if let Some(publisher) = &self.publisher {
            publisher.dispatch(&self.loaded.deck, self.app.at);
        }
        let at = self.app.at.slide;
        self.prefetch.at(&self.loaded.deck, &self.loaded.style(at).highlighter, at);
        self.watch.pictures(self.media.watched_files());
        self.review.look(&self.loaded, self.screen.size());
        if let Some(validation) = &mut self.validation {
            validation.look(&self.loaded);
        }
        Ok(())
    }

    /// Lays out what the app's state says, and shows it.
    fn paint(&mut self) -> io::Result<()> {
        if self.app.changed.scene {
            self.lay_out();
        }
        self.shown();
        // What has started by itself shows so.
        if self.app.changed.scene {
            self.lay_out();
        }
        let Self { app, scene, loaded, media, screen, pictures, .. } = self;
        let size = screen.size();
        let look = loaded.style(app.at.slide);
        let theme = &look.theme;
        let base = theme.base;
        screen.surround(base.bg);
        let frame = screen.compose(|buffer| {
            let overlays = view::draw(app, scene, app.rows_above(), theme, buffer);
            if let Mode::Edit(editing) = &app.mode {
                draw_editor(app, editing, scene, look, buffer);
            }
            *pictures = !overlays.is_empty();
            media.paint(&overlays, base.bg.unwrap_or_default(), size.cell, buffer)
        })?;
        screen.show(frame)
    }

    /// Starts what runs by itself where the talk is now. In the window that follows another one,
    /// nothing does: the other one's runs are the talk's.
    fn shown(&mut self) {
        if matches!(self.settings.speaker_sync, Some(SpeakerSync::Listen(_))) {
            return;
        }
        for effect in update(&mut self.app, Msg::Shown) {
            effects::perform(self, &effect);
        }
    }
}

/// Draws the editor on the slide, its code in colour; nothing where the window is too small for
/// anything.
pub(super) fn draw_editor(
    app: &App,
    editing: &BlockEditor,
    scene: &Scene,
    look: &SlideStyle,
    buffer: &mut Buffer,
) {
    if app.layout.is_too_small() {
        return;
    }
    let language = app.deck.cell(editing.cell).map_or("", |cell| &cell.language);
    let lines = look.highlighter.lines(language, &editing.lines().join("\n"));
    let background = look.highlighter.background();
    let base = background.map_or(Style::new(), |color| look.highlighter.foreground().bg(color));
    view::edit(editing, &lines, (scene, app.scroll), (&look.theme, base), buffer);
}
