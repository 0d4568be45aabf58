//! Renders slides without a terminal, running their code on request. Used by exports.

use std::path::Path;

use super::driver::{Driver, SCREEN_TIMEOUT, run_limits};
use super::{code_colors, scene_builder};
use crate::app::{Action, App, AppOptions, Keymap, Msg, Policy, Trust, update};
use crate::deck::{Cursor, SlideNo, Step};
use crate::files::ReadError;
use crate::layout::{self, Highlighting, PictureContent, PictureKey, Scene, Size};
use crate::media::{DocumentPicture, Media};
use crate::project::{self, Execution, LoadedDeck, RequestOptions};

/// Maximum rows of the notes of a slide, in documents.
const MAX_NOTES_ROWS: u16 = 1_000;

/// Lays out the slides of a deck. Code runs only in [`run`](Self::run).
pub struct SlideRenderer {
    loaded: LoadedDeck,
    app: App,
    media: Media,
    /// Started by the first run. Dropping it deletes the pictures that runs made.
    driver: Option<Driver>,
}

impl SlideRenderer {
    /// Creates a renderer. Slides use the full page size, and all code may run.
    pub fn new(loaded: &LoadedDeck) -> Self {
        Self::with(loaded, Policy { exec: true, replace: true }, Keymap::default())
    }

    /// Creates a renderer for a document. Only code that the policy allows may run. Slides do not name keys,
    /// which a document does not have.
    pub fn for_document(loaded: &LoadedDeck, policy: Policy) -> Self {
        Self::with(loaded, policy, Keymap::default().only(&[]))
    }

    fn with(loaded: &LoadedDeck, policy: Policy, keymap: Keymap) -> Self {
        let loaded = LoadedDeck {
            limits: layout::SlideArea::default(),
            hides_masked: true,
            ..loaded.clone()
        };
        let media = Media::for_documents();
        let mut app = App::new(
            loaded.deck.clone(),
            AppOptions {
                policy,
                trust: if policy.allows_all() { Trust::Once } else { Trust::No },
                repeats_lost_runs: false,
                keymap,
                ..AppOptions::default()
            },
        );
        update(&mut app, Msg::Recorded(loaded.recorded.clone()));
        Self { loaded, app, media, driver: None }
    }

    /// Sets what fills the space of pictures, for a document of text.
    pub fn fill_pictures_with(&mut self, content: PictureContent) {
        self.media.fill_pictures_with(content);
    }

    /// Lays out a slide at a step.
    pub fn scene(&mut self, at: Cursor, size: Size) -> Scene {
        update(&mut self.app, Msg::GoTo(at));
        scene_builder::scene(
            &self.loaded,
            &mut self.app,
            (size, Highlighting::Full),
            &mut self.media,
        )
    }

    /// Lays out a slide as a presentation first shows it: code that is slow to highlight is plain.
    pub fn quick_scene(&mut self, at: Cursor, size: Size) -> Scene {
        update(&mut self.app, Msg::GoTo(at));
        let colours = code_colors::colors(
            &self.loaded.deck,
            &self.loaded.style(at.slide).highlighter,
            at.slide,
        );
        scene_builder::scene(&self.loaded, &mut self.app, (size, colours), &mut self.media)
    }

    /// Lays out the notes of a slide for paper of this many columns. `None` if it has no notes.
    pub fn notes(&mut self, slide: SlideNo, columns: u16) -> Option<Scene> {
        let notes = project::paper_notes(&self.loaded, slide)?;
        let app = App::new(notes.deck.clone(), AppOptions::default());
        let at = Cursor { slide: SlideNo::new(0), step: Step::LAST };
        let how = (Size::new(columns, MAX_NOTES_ROWS), Highlighting::Full);
        let scene = scene_builder::scene_at(&notes, &app, at, how, &mut self.media);
        Some(scene).filter(|scene| scene.height > 0)
    }

    /// Returns a picture of a slide that was laid out.
    ///
    /// # Errors
    /// Its file cannot be read.
    pub fn picture(&mut self, key: &PictureKey) -> Result<Option<DocumentPicture>, ReadError> {
        self.media.document_picture(key)
    }

    /// Shows the recorded output of the slide that was laid out last.
    pub fn show_recorded(&mut self) {
        let recorded = self.loaded.recorded.keys().copied();
        let recorded: Vec<_> = recorded.filter(|id| !self.app.runs().contains_key(id)).collect();
        if recorded.is_empty() {
            return;
        }
        update(&mut self.app, Msg::Act(Action::ToggleRecorded));
    }

    /// Runs the code of the slide that was laid out last, as far as the policy allows it, and waits for it
    /// to end. `path` is the deck's file. The pictures that it makes exist as long as `self`.
    pub fn run(&mut self, path: &Path, execution: &Execution) {
        if self.app.policy().allows_all() {
            update(&mut self.app, Msg::SetTrust(execution.trust()));
        }
        let Self { loaded, app, driver, .. } = self;
        let driver = driver.get_or_insert_with(|| Driver::new(loaded, path, execution));
        let options = RequestOptions {
            limits: run_limits(execution),
            screen_timeout: Some(SCREEN_TIMEOUT),
            ..RequestOptions::default()
        };
        // Without a block that may run, the key would ask.
        let can_run = app.visible_cells().any(|cell| app.may_run(cell));
        let execute = can_run.then_some(Msg::Act(Action::Execute));
        let messages = std::iter::once(Msg::Shown).chain(execute);
        driver.run(&loaded.deck, app, messages, &|cell| RequestOptions {
            figures: loaded.figure_colors(cell),
            ..options.clone()
        });
    }
}
