//! BlockEditor the deck from the stage: a block's text as the speaker changes it, which is shown and run
//! unsaved; saving it; and the speaker's own editor.

use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Talk, terminal};
use crate::app::{AfterEdit, Edit, Msg, update};
use crate::files::{self, FileKind};
use crate::project::{self, DraftsGuard, folder};
use crate::source::Span;

/// How long the deck may take to be read with an edit in it, while the speaker waits.
const EDIT_TIMEOUT: Duration = Duration::from_secs(1);

/// A piece of a file: what is saved of the file, and the bytes of the piece as the deck reads it.
struct EditTarget {
    file: PathBuf,
    saved: String,
    range: Range<usize>,
}

impl Talk {
    /// Has a piece of the deck read otherwise, and does what else is wanted. True when the talk is
    /// over.
    pub(super) fn edit(&mut self, edit: &Edit) -> bool {
        let edited = self.target(edit.span).and_then(|target| {
            let EditTarget { file, saved, range } = &target;
            if !self.drafts().edit(file, saved, range.clone(), &edit.text) {
                return Err("this cannot be edited: the deck reads it twice".to_owned());
            }
            Ok(target)
        });
        let Ok(target) = edited.map_err(|why| self.trouble(why)) else { return false };
        if self.read_again() {
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

    /// Has a piece of the deck read as it is saved. True when the talk is over.
    pub(super) fn revert(&mut self, span: Span) -> bool {
        match self.target(span) {
            Ok(EditTarget { file, saved, range }) => self.drafts().revert(&file, &saved, &range),
            Err(why) => self.trouble(why),
        }
        self.read_again()
    }

    /// Opens a place of the deck in the user's editor.
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

    /// Where a piece of the deck is saved.
    fn target(&self, span: Span) -> Result<EditTarget, String> {
        let source = self.loaded.deck.sources.get(span.file).ok_or("no file holds it")?;
        let file = source.path().to_owned();
        let saved = files::read_text(&file, FileKind::Text)
            .map_err(|error| format!("{} cannot be edited here: {error}", file.display()))?;
        if self.drafts().apply(&file, &saved) != source.text() {
            return Err(format!("{} has just changed: try again", file.display()));
        }
        Ok(EditTarget { file, saved, range: span.range() })
    }

    /// Writes the draft that reads these bytes into its file, and forgets it.
    fn save(&mut self, target: &EditTarget, range: &Range<usize>) {
        let EditTarget { file, saved, .. } = target;
        // Held until both are done: nobody may read the new file with the draft in it once more.
        let mut drafts = self.drafts();
        let said = match drafts.saved_with(file, saved, range).map(|text| write(file, &text)) {
            None => "it is saved as it stands".to_owned(),
            Some(Err(error)) => format!("{} cannot be saved: {error}", file.display()),
            Some(Ok(())) => {
                drafts.revert(file, saved, range);
                format!("saved in {}", file.display())
            }
        };
        drop(drafts);
        self.remember_edit();
        self.trouble(said);
    }

    /// Shows the deck as it reads now. True when the talk is over.
    fn read_again(&mut self) -> bool {
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

/// Writes a whole file: it is the old one or the new one, never a part.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let file = file.canonicalize()?;
    let mut new = tempfile::NamedTempFile::new_in(folder(&file))?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(file.metadata()?.permissions())?;
    new.persist(&file)?;
    Ok(())
}
