//! The scene in the size before the last change. A pane that is zoomed and unzoomed, or a window that goes
//! to another screen and back, has it again soon; then nothing has to be laid out.

use super::Talk;
use crate::app::{Msg, update};
use crate::deck::Cursor;
use crate::headless;
use crate::layout::Scene;

/// The scene that is kept while nothing but the size changes.
#[derive(Debug, Default)]
pub(super) struct LastSize {
    /// Where the talk is; `None` if something else may change the scene.
    at: Option<Cursor>,
    scene: Option<Scene>,
}

impl Talk {
    /// Takes notice of a changed size, before it is laid out.
    pub(super) fn note_new_size(&mut self) {
        let at = self.app.at();
        if self.last_size.at == Some(at) {
            return;
        }
        let is_current = self.app.is_plain() && !self.app.changes().scene;
        self.last_size = LastSize { at: is_current.then_some(at), scene: None };
    }

    /// Takes notice of an event that may change the scene.
    pub(super) fn forget_last_size(&mut self) {
        self.last_size = LastSize::default();
    }

    /// Shows the scene of the last size if it is that of the current one. Returns whether it does.
    pub(super) fn restore_last_size(&mut self) -> bool {
        let size = self.slide_size();
        if self.last_size.at != Some(self.app.at()) || self.app.is_running() {
            self.forget_last_size();
            return false;
        }
        let Some(scene) = self.last_size.scene.take_if(|scene| scene.size == size) else {
            return false;
        };
        update(&mut self.app, Msg::LaidOut(headless::stage(&scene)));
        self.replace_scene(scene);
        true
    }

    /// Sets the scene, and keeps the one before if only the size has changed.
    pub(super) fn replace_scene(&mut self, scene: Scene) {
        let before = std::mem::replace(&mut self.scene, scene);
        if self.last_size.at.is_some() && before.size != self.scene.size {
            self.last_size.scene = Some(before);
        }
    }
}
