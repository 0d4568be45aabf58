//! Loads a deck from disk with everything needed to show it: theme, highlighter, footer, recording.
//! Used for the first load and for every reload.

#![expect(clippy::disallowed_methods, reason = "reading the deck has a deadline")]

use std::cell::Cell;
use std::path::Path;
use std::str::Utf8Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;

use super::gallery::gallery;
use super::loaded_deck::LoadedDeck;
use super::options::{FILES_TIMEOUT, LoadOptions};
use super::style::style;
use super::{markdown, notebook, recording_store};
use crate::deck::Deck;
use crate::diag::Diagnostic;
use crate::files::{self, DeadlineReader, FileKind, ReadError};
use crate::notebook::DeckBlock;
use crate::panics::contain;
use crate::parse;
use crate::recording::EntryMatch;
use crate::run::Runs;
use crate::source::{FileId, Files, SourceFile, Span};

/// Maximum total size of the files that a deck names. A file that is included several times counts
/// each time.
const MAX_DECK_BYTES: u64 = 64 << 20;

/// Loads a deck. `before` is the current version, whose highlighter is reused if possible.
///
/// # Errors
/// The deck's own file cannot be read. All other problems are diagnostics of the deck.
pub fn load(
    load_options: &LoadOptions,
    before: Option<&LoadedDeck>,
) -> Result<LoadedDeck, ReadError> {
    if load_options.gallery {
        return Ok(gallery(load_options));
    }
    let bytes = match before {
        // The pipe cannot be read again; the files that the deck names may have changed.
        Some(before) if load_options.is_pipe => return Ok(reload(load_options, before)),
        None if load_options.is_pipe => files::read_deck(&load_options.path)?,
        _ => files::read(&load_options.path, notebook::file_kind(&load_options.path))?,
    };
    contained(|| {
        if is_utf16(&bytes) {
            return Err(ReadError::NotText);
        }
        let pictures = load_options.notebook_pictures.as_deref();
        let notebook = notebook::deck(&load_options.path, &bytes, pictures)?;
        let (bytes, saved) = match notebook {
            Some(notebook) => (notebook.text.into_bytes(), notebook.blocks.into()),
            None => (bytes, Arc::default()),
        };
        let text = load_options.with_drafts(&load_options.path, bytes);
        let mut loaded = show(load_options, &String::from_utf8_lossy(&text), before, saved);
        if let Err(error) = std::str::from_utf8(&text) {
            Arc::make_mut(&mut loaded.deck).diagnostics.push(not_utf8(&text, error));
        }
        Ok(loaded)
    })
}

/// Whether a text starts as UTF-16 does.
fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// Returns the warning for the first byte of a deck that is not UTF-8. It is shown as U+FFFD.
fn not_utf8(text: &[u8], error: Utf8Error) -> Diagnostic {
    let start = error.valid_up_to();
    let span = Span::new(FileId::default(), start..start + '\u{fffd}'.len_utf8());
    let byte = text.get(start).copied().unwrap_or_default();
    let message = format!("the deck is not UTF-8: the byte `0x{byte:02x}` is no character");
    Diagnostic::warning(span, message).hint("save the file as UTF-8")
}

/// Like [`load`], on a separate thread with a time limit. A thread that hangs is abandoned.
///
/// # Errors
/// As for [`load`], or the time limit is exceeded.
pub(crate) fn load_within(
    timeout: Duration,
    load_options: &LoadOptions,
    before: &LoadedDeck,
) -> Result<LoadedDeck, ReadError> {
    let (load_options, before) = (load_options.clone(), before.clone());
    let (done, result) = bounded(1);
    let thread = std::thread::Builder::new().name("load".to_owned());
    let spawned =
        thread.spawn(move || drop(done.send(contained(|| load(&load_options, Some(&before))))));
    spawned?;
    result.recv_timeout(timeout).unwrap_or(Err(ReadError::TooSlow))
}

/// Returns the result of `read`, or an error if it panics.
pub(crate) fn contained(
    read: impl FnOnce() -> Result<LoadedDeck, ReadError>,
) -> Result<LoadedDeck, ReadError> {
    let read = contain("reading the deck", read);
    read.unwrap_or_else(|panicked| Err(ReadError::Other(panicked.to_string())))
}

/// Loads the deck again from the text that was read before.
pub(crate) fn reload(load_options: &LoadOptions, before: &LoadedDeck) -> LoadedDeck {
    if load_options.gallery {
        return gallery(load_options);
    }
    let text = before.deck.sources.iter().next().map(SourceFile::text).unwrap_or_default();
    show(load_options, text, Some(before), before.saved_outputs.clone())
}

fn show(
    load_options: &LoadOptions,
    text: &str,
    before: Option<&LoadedDeck>,
    saved_outputs: Arc<[DeckBlock]>,
) -> LoadedDeck {
    let reader = DeadlineReader::until(Instant::now() + FILES_TIMEOUT);
    let files = DeckFiles { load_options, reader: &reader, bytes: Cell::new(0) };
    let last_good = before.and_then(|loaded| loaded.deck.front_matter.text.as_deref());
    let options = load_options.options.clone();
    let mut deck = parse::parse_with(&load_options.path, text, &files, options, last_good);
    let style =
        style(load_options, &reader, &mut deck, before.and_then(|loaded| loaded.styles.last()));
    let recorded = if deck.cells.is_empty() {
        Runs::new()
    } else {
        let mut runs =
            notebook::runs(&saved_outputs, &deck, load_options.notebook_pictures.as_deref());
        runs.extend(recorded(load_options, &reader, &mut deck));
        runs
    };
    add_mistakes(load_options, &mut deck);
    let deck = if load_options.notes { deck.speaker_view() } else { deck };
    LoadedDeck {
        deck: Arc::new(deck),
        styles: Arc::new([style]),
        limits: load_options.limits,
        recorded,
        saved_outputs,
        hides_masked: false,
    }
}

/// Adds the problems of other files to the deck's diagnostics.
fn add_mistakes(load_options: &LoadOptions, deck: &mut Deck) {
    for (sources, mistakes) in &load_options.mistakes {
        let files: Vec<_> = sources.iter().map(|file| deck.sources.add(file.clone())).collect();
        deck.diagnostics.extend(mistakes.iter().map(|mistake| {
            let file = files.get(usize::from(mistake.span.file.0)).copied().unwrap_or_default();
            Diagnostic { span: Span { file, ..mistake.span }, ..mistake.clone() }
        }));
    }
}

/// Returns the recorded runs of the deck's cells. A damaged recording is a diagnostic of the deck.
fn recorded(load_options: &LoadOptions, reader: &DeadlineReader, deck: &mut Deck) -> Runs {
    let file = recording_store::recording_file(&load_options.path);
    let folder = recording_store::recording_folder(&load_options.path);
    deck.files.push(file.clone());
    let read = |file: &Path| reader.read(file, FileKind::Recording);
    match recording_store::read_recording_by(&load_options.path, read) {
        Ok(recording) => {
            let recording = recording.unwrap_or_default();
            let found = recording.find(deck).into_iter();
            let shown = |found: EntryMatch<'_>| {
                let mut run = found.entry.to_run(&folder, found.is_outdated);
                markdown::read_all(&mut run.output);
                run
            };
            found.map(|(id, found)| (id, shown(found))).collect()
        }
        Err(error) => {
            let file = deck.sources.add(SourceFile::new(file, error.text()));
            let mistake = Diagnostic::warning(error.span(file), error.message());
            deck.diagnostics.push(mistake.hint(error.hint()));
            Runs::new()
        }
    }
}

/// Reads the files that a deck names, with unsaved edits applied.
struct DeckFiles<'a> {
    load_options: &'a LoadOptions,
    reader: &'a DeadlineReader,
    /// Total bytes read.
    bytes: Cell<u64>,
}

impl Files for DeckFiles<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        let bytes = self.reader.read(path, FileKind::Text)?;
        let all = self.bytes.get() + bytes.len() as u64;
        if all > MAX_DECK_BYTES {
            return Err(ReadError::TooMuch { max_bytes: MAX_DECK_BYTES });
        }
        self.bytes.set(all);
        Ok(self.load_options.with_drafts(path, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let panicked = contained(|| std::panic::resume_unwind(Box::new("a bug")));
        assert_eq!(panicked.unwrap_err().to_string(), "reading the deck panicked: a bug");
    }

    #[test]
    fn total_size_of_deck_files_is_limited() {
        let folder = tempfile::tempdir().unwrap();
        let (deck, part) = (folder.path().join("talk.md"), folder.path().join("part.txt"));
        std::fs::write(&part, vec![b' '; 16 << 20]).unwrap();
        std::fs::write(&deck, "<!-- include: part.txt -->\n\n".repeat(5)).unwrap();
        let loaded = load(&LoadOptions::new(deck), None).unwrap();
        let found: Vec<_> = loaded.deck.diagnostics.iter().map(|it| &it.message).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("the files of the deck are larger than 64 MiB"), "{found:?}");
        assert_eq!(
            loaded.deck.sources.place(loaded.deck.diagnostics[0].span),
            format!("{}:9:6", loaded.deck.sources.iter().next().unwrap().name())
        );
    }
}
