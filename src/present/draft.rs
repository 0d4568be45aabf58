//! Edits the deck during a presentation: a block's edited text is shown and run without being saved,
//! and can then be saved. Also opens the user's own editor.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Talk, save, terminal};
use crate::app::{AfterEdit, Edit, Msg, UnsavedEdits, update};
use crate::project::{self, DraftsGuard};
use crate::source::{FileId, Span};

/// Time limit for reloading the deck after an edit; the loop waits for it.
const EDIT_TIMEOUT: Duration = Duration::from_secs(1);

/// A range of a file: the saved file content, and the range in the text that the deck was read from.
struct EditTarget {
    file: PathBuf,
    saved: String,
    range: Range<usize>,
}

impl Talk {
    /// Replaces a range of the deck's text and reloads. Returns true if the presentation ends.
    pub(super) fn edit(&mut self, edit: &Edit) -> bool {
        let edited = self.target(edit.span).and_then(|target| {
            let EditTarget { file, saved, range } = &target;
            let mut drafts = self.drafts();
            if !drafts.edit(file, saved, range.clone(), &edit.text) {
                return Err("this block cannot be edited: the deck includes it twice".to_owned());
            }
            for previous in &edit.previous {
                drafts.forget_lost(file, saved, previous);
            }
            drop(drafts);
            Ok(target)
        });
        let target = match edited {
            Ok(target) => target,
            Err(why) => {
                let previous = edit.previous.clone();
                update(&mut self.app, Msg::EditFailed { previous, why });
                return false;
            }
        };
        if self.reload_edited() {
            return true;
        }
        let start = target.range.start;
        match edit.then {
            AfterEdit::Keep => false,
            AfterEdit::Run => self.dispatch(Msg::RunFocused),
            AfterEdit::Save => {
                self.save(&target, &(start..start + edit.text.len()));
                false
            }
        }
    }

    /// Discards the edit of a range and reloads. Returns true if the presentation ends.
    pub(super) fn revert(&mut self, span: Span, previous: &[String]) -> bool {
        match self.target(span) {
            Ok(EditTarget { file, saved, range }) => {
                let mut drafts = self.drafts();
                drafts.revert(&file, &saved, &range);
                for previous in previous {
                    drafts.forget_lost(&file, &saved, previous);
                }
            }
            Err(why) => self.trouble(why),
        }
        self.reload_edited()
    }

    /// Opens a position of the deck in the user's editor.
    pub(super) fn open_editor(&mut self, span: Span) {
        let Some(source) = self.loaded.deck.sources.get(span.file) else { return };
        let line = source.line(span.start);
        let Ok(file) = std::path::absolute(source.path()) else { return };
        self.clear_pictures();
        let executor = &self.executor;
        let ended = terminal::lend(|terminal| executor.edit(terminal, &file, line));
        self.media.repaint();
        self.retake();
        if let Err(why) = ended.map_err(|error| error.to_string()).and_then(|ended| ended) {
            self.trouble(why);
        }
        update(&mut self.app, Msg::Resumed);
    }

    /// Returns the file and range of a span.
    fn target(&self, span: Span) -> Result<EditTarget, String> {
        let source = self.loaded.deck.sources.get(span.file).ok_or("the block is not in a file")?;
        let file = source.path().to_owned();
        let saved = project::editable_text(&file, self.notebook_pictures())
            .map_err(|error| format!("{} cannot be edited: {error}", file.display()))?;
        if self.drafts().apply(&file, &saved) != source.text() {
            self.watch.reload();
            return Err(just_changed(&file));
        }
        Ok(EditTarget { file, saved, range: span.range() })
    }

    /// Returns the folder for the pictures of a notebook.
    fn notebook_pictures(&self) -> Option<&Path> {
        self.settings.load_options.notebook_pictures.as_deref()
    }

    /// Saves the draft of a range to its file.
    fn save(&mut self, target: &EditTarget, range: &Range<usize>) {
        let EditTarget { file, saved, .. } = target;
        // Locked until both are done: the saved file must not be read with the draft applied again.
        let mut drafts = self.drafts();
        let is_current =
            project::editable_text(file, self.notebook_pictures()).is_ok_and(|text| text == *saved);
        let done = match drafts.saved_with(file, saved, range) {
            None => Ok("nothing to save".to_owned()),
            Some(_) if !is_current => {
                self.watch.reload();
                Err(just_changed(file))
            }
            Some(text) => {
                let pictures = self.notebook_pictures();
                let saving = project::saved_text(file, &text, pictures)
                    .map_err(io::Error::from)
                    .and_then(|text| save::write(file, &text));
                if saving.is_ok() {
                    drafts.revert(file, saved, range);
                }
                saving
                    .map(|()| format!("saved to {}", file.display()))
                    .map_err(|error| format!("{} cannot be saved: {error}", file.display()))
            }
        };
        drop(drafts);
        self.report_unsaved();
        self.remember_edit();
        match done {
            Ok(notice) => drop(update(&mut self.app, Msg::Notice(notice))),
            Err(why) => self.trouble(why),
        }
    }

    /// Reloads the deck and shows it. Returns true if the presentation ends.
    fn reload_edited(&mut self) -> bool {
        match project::load_within(EDIT_TIMEOUT, &self.settings.load_options, &self.loaded) {
            Ok(loaded) => {
                self.watch.shown(&loaded);
                self.replace(loaded);
                let is_over = self.dispatch(Msg::Edited(self.loaded.deck.clone()));
                self.report_unsaved();
                is_over
            }
            Err(error) => {
                self.trouble(format!("{}: {error}", self.settings.load_options.path.display()));
                false
            }
        }
    }

    /// Tells the app which edits are not saved.
    pub(super) fn report_unsaved(&mut self) {
        let mut unsaved = UnsavedEdits::default();
        let drafts = self.drafts();
        for file in drafts.files() {
            // Drafts of an unreadable file count as lost.
            let saved = project::editable_text(file, self.notebook_pictures()).unwrap_or_default();
            let (parts, lost) = drafts.parts(file, &saved);
            unsaved.lost += lost;
            let sources = self.loaded.deck.sources.iter().enumerate();
            for (id, _) in sources.filter(|(_, source)| source.path() == file) {
                let id = FileId(u16::try_from(id).unwrap_or(u16::MAX));
                unsaved.spans.extend(parts.iter().map(|part| Span::new(id, part.clone())));
            }
        }
        drop(drafts);
        update(&mut self.app, Msg::Unsaved(unsaved));
    }

    fn drafts(&self) -> DraftsGuard<'_> {
        self.settings.load_options.unsaved.drafts()
    }

    fn trouble(&mut self, why: String) {
        update(&mut self.app, Msg::Failed(why));
    }
}

fn just_changed(file: &Path) -> String {
    format!("{} has just changed; try again", file.display())
}
