//! Edits the deck during a presentation: a block's edited text is shown and run without being saved,
//! and can then be saved. Also opens the user's own editor.

use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Talk, terminal};
use crate::app::{AfterEdit, Edit, Msg, update};
use crate::files::{self, FileKind};
use crate::project::{self, DraftsGuard, folder};
use crate::source::Span;

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
            if !self.drafts().edit(file, saved, range.clone(), &edit.text) {
                return Err("this block cannot be edited: the deck includes it twice".to_owned());
            }
            Ok(target)
        });
        let Ok(target) = edited.map_err(|why| self.trouble(why)) else { return false };
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
    pub(super) fn revert(&mut self, span: Span) -> bool {
        match self.target(span) {
            Ok(EditTarget { file, saved, range }) => self.drafts().revert(&file, &saved, &range),
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
        let saved = files::read_text(&file, FileKind::Text)
            .map_err(|error| format!("{} cannot be edited: {error}", file.display()))?;
        if self.drafts().apply(&file, &saved) != source.text() {
            return Err(format!("{} has just changed; try again", file.display()));
        }
        Ok(EditTarget { file, saved, range: span.range() })
    }

    /// Saves the draft of a range to its file.
    fn save(&mut self, target: &EditTarget, range: &Range<usize>) {
        let EditTarget { file, saved, .. } = target;
        // Locked until both are done: the saved file must not be read with the draft applied again.
        let mut drafts = self.drafts();
        let said = match drafts.saved_with(file, saved, range).map(|text| write(file, &text)) {
            None => "nothing to save".to_owned(),
            Some(Err(error)) => format!("{} cannot be saved: {error}", file.display()),
            Some(Ok(())) => {
                drafts.revert(file, saved, range);
                format!("saved to {}", file.display())
            }
        };
        drop(drafts);
        self.remember_edit();
        self.trouble(said);
    }

    /// Reloads the deck and shows it. Returns true if the presentation ends.
    fn reload_edited(&mut self) -> bool {
        match project::load_within(EDIT_TIMEOUT, &self.settings.load_options, &self.loaded) {
            Ok(loaded) => {
                self.watch.shown(&loaded);
                self.replace(loaded);
                self.dispatch(Msg::Edited(self.loaded.deck.clone()))
            }
            Err(error) => {
                self.trouble(format!("{}: {error}", self.settings.load_options.path.display()));
                false
            }
        }
    }

    fn drafts(&self) -> DraftsGuard<'_> {
        self.settings.load_options.unsaved.drafts()
    }

    fn trouble(&mut self, why: String) {
        update(&mut self.app, Msg::Failed(why));
    }
}

/// Writes a file atomically.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let file = file.canonicalize()?;
    let mut new = tempfile::NamedTempFile::new_in(folder(&file))?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(file.metadata()?.permissions())?;
    new.persist(&file)?;
    Ok(())
}
