//! Checks the trust store. Presentations report its problems, because no deck is remembered then.

use std::path::Path;

use serde_json::{Map, Value};

use super::store;
use crate::diag::Diagnostic;
use crate::files::{self, FileKind, ReadError};
use crate::source::{SourceFile, Sources, Span};

/// A file and its diagnostics.
pub type FileDiagnostics = (Sources, Vec<Diagnostic>);

/// Returns the problems of the trust store, if any.
pub fn trust_store_mistakes() -> Option<FileDiagnostics> {
    mistakes(&store::store()?)
}

fn mistakes(file: &Path) -> Option<FileDiagnostics> {
    let (text, at, message, hint) = match files::read_text(file, FileKind::Text) {
        Err(ReadError::Missing) => return None,
        Err(error) => {
            let hint = error.hint().unwrap_or("remove the file");
            (String::new(), 0, format!("the trust store cannot be read: {error}"), hint)
        }
        Ok(text) if !files::is_ours(file) => {
            let message = "the trust store is ignored: other users can write to it";
            (text, 0, message.to_owned(), "remove the file and allow the decks again")
        }
        Ok(text) => {
            let error = serde_json::from_str::<Map<String, Value>>(&text).err()?;
            let at = offset(&text, error.line(), error.column());
            let message = format!("the trust store is damaged: {error}");
            (text, at, message, "remove the file and allow the decks again")
        }
    };
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new(file, text));
    let mistake = Diagnostic::warning(Span::new(id, at..at), message).hint(hint);
    Some((sources, vec![mistake]))
}

/// Returns the byte offset of a line and column, both counted from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text.floor_char_boundary(before + column.saturating_sub(1))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write files")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn ignored_store_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trusted.json");
        let said = || {
            let (sources, mistakes) = mistakes(&file)?;
            let place = sources.place(mistakes[0].span);
            let place = place.rsplit('/').next().unwrap_or_default().to_owned();
            Some(format!("{place}: {}", mistakes[0].message))
        };
        assert_eq!(said(), None);
        fs::write(&file, "{\"/talk.md\": 1,\n \"/talk.md\" 2}").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let damaged = said().unwrap();
        assert!(damaged.starts_with("trusted.json:2:13: the trust store is damaged"), "{damaged}");
        fs::write(&file, "{\"/talk.md\": 1}").unwrap();
        assert_eq!(said(), None);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(said().unwrap().contains("other users can write to it"));
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert_eq!(
            said().unwrap(),
            "trusted.json:1:1: the trust store cannot be read: it is a folder"
        );
    }
}
