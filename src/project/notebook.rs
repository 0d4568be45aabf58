//! Notebooks as decks: the markdown of a notebook, its saved outputs as recorded runs, and its pictures
//! as files in the user's cache.

use std::io;
use std::path::{Path, PathBuf};

use crate::deck::{CellId, Deck};
use crate::files::{self, FileKind, ReadError};
use crate::notebook::{self, DeckBlock, NotebookDeck, NotebookFormat, SavedOutput};
use crate::panics::contain;
use crate::run::{
    CellRun, Outcome, Output, OutputOrigin, OutputValue, Runs, State, html_table, html_text, latex,
    short_traceback,
};

/// Length of the hash in the names of pictures.
const NAME_LENGTH: usize = 32;

/// Returns the deck of a file: none if it is not a notebook.
///
/// # Errors
/// It is a notebook that cannot be read.
pub(super) fn deck(
    file: &Path,
    bytes: &[u8],
    pictures: Option<&Path>,
) -> Result<Option<NotebookDeck>, ReadError> {
    if file.extension().is_none_or(|it| it != "ipynb" && it != "py") {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(bytes);
    let Some(format) = NotebookFormat::of(file, &text) else { return Ok(None) };
    let read = notebook::read(format, &text, &folder_name(pictures));
    let deck = read.map_err(|error| ReadError::Other(error.to_string()))?;
    if let Some(folder) = pictures.filter(|_| !deck.pictures.is_empty()) {
        for (name, bytes) in &deck.pictures {
            // A picture that is missing is reported where it should be.
            let _ = store(folder, name, bytes);
        }
    }
    Ok(Some(deck))
}

/// Returns the size limit of a deck's file.
pub(super) fn file_kind(file: &Path) -> FileKind {
    if file.extension().is_some_and(|it| it == "ipynb") {
        FileKind::Recording
    } else {
        FileKind::Text
    }
}

/// Reads the text that is edited when a block of this file is: of a notebook, the text of its deck.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn editable_text(file: &Path, pictures: Option<&Path>) -> Result<String, ReadError> {
    let bytes = files::read(file, file_kind(file))?;
    match deck(file, &bytes, pictures)? {
        Some(deck) => Ok(deck.text),
        None => String::from_utf8(bytes).map_err(|_| ReadError::NotText),
    }
}

/// Returns the text to write to a file whose [`editable_text`] was edited.
///
/// # Errors
/// It is a notebook, and it cannot be read or the edit reaches beyond the code of a cell.
pub(crate) fn saved_text(
    file: &Path,
    edited: &str,
    pictures: Option<&Path>,
) -> Result<String, ReadError> {
    let bytes = files::read(file, file_kind(file))?;
    let text = String::from_utf8(bytes).map_err(|_| ReadError::NotText)?;
    let Some(format) = NotebookFormat::of(file, &text) else { return Ok(edited.to_owned()) };
    let why = "only the code of one cell at a time can be saved to a notebook";
    let saved = notebook::edit(format, &text, edited, &folder_name(pictures));
    saved.ok_or_else(|| ReadError::Other(why.to_owned()))
}

/// Returns the saved outputs of a notebook as runs of the deck's cells. An output whose code has
/// changed is stale.
pub(super) fn runs(blocks: &[DeckBlock], deck: &Deck, pictures: Option<&Path>) -> Runs {
    let code = |cell: CellId| deck.cell(cell).map(|cell| cell.code.trim_end()).unwrap_or_default();
    let mut cells = deck.cells.iter().map(|cell| cell.id).peekable();
    let in_order = deck.cells.len() == blocks.len();
    let mut runs = Runs::new();
    for block in blocks {
        let same = |id: &CellId| code(*id) == block.code.trim_end();
        // Blocks that markdown cells contain come between those of the notebook.
        while !in_order && cells.peek().is_some_and(|id| !same(id)) {
            cells.next();
        }
        let Some(id) = cells.next() else { break };
        if !block.outputs.is_empty() {
            let mut run = run(block, pictures);
            run.origin.is_stale = !same(&id);
            runs.insert(id, run);
        }
    }
    runs
}

/// Returns a saved output as a run.
fn run(block: &DeckBlock, pictures: Option<&Path>) -> CellRun {
    let outcome = if block.failed { Outcome::Raised } else { Outcome::Exited(0) };
    let mut run = CellRun {
        state: State::Ended(outcome),
        origin: OutputOrigin {
            recorded: Some(block.date.as_str().into()),
            ..OutputOrigin::default()
        },
        ..CellRun::default()
    };
    for output in &block.outputs {
        show(&mut run.output, output, pictures);
    }
    super::markdown::read_all(&mut run.output);
    run
}

/// Adds a saved output. HTML is shown if it is a table.
fn show(shown: &mut Output, output: &SavedOutput, pictures: Option<&Path>) {
    match output {
        SavedOutput::Text(text) => shown.feed(text.as_bytes()),
        SavedOutput::Error(text) => shown.feed(short_traceback(text).as_bytes()),
        SavedOutput::Unknown(format) => {
            if let Some(text) = html_text::not_for_terminals(format) {
                shown.feed(format!("{text}\n").as_bytes());
            }
        }
        SavedOutput::Markdown(text) => shown.show(OutputValue::Markdown(text.as_str().into())),
        SavedOutput::Picture(bytes) => {
            let stored = pictures.map(|folder| store(folder, &name(bytes), bytes));
            match stored {
                Some(Ok(file)) => shown.show(OutputValue::Picture(file)),
                _ => shown.feed(b"[picture]\n"),
            }
        }
        SavedOutput::Latex(text, other) => {
            let plain = if let SavedOutput::Text(plain) = &**other { plain } else { "" };
            let formula = latex::formula(text);
            match formula.and_then(|latex| super::markdown::formula(&latex, plain)) {
                Some(formula) => shown.show_markdown(formula, None),
                None => show(shown, other, pictures),
            }
        }
        SavedOutput::Html(html, other) => {
            let table =
                contain("reading a saved table", || html_table::data_table(html)).ok().flatten();
            match table {
                Some(table) => shown.show(OutputValue::Table(table)),
                None => match &**other {
                    SavedOutput::Text(plain) if html_text::is_type_only(plain) => {
                        let text = Some(html_text::text_of(html)).filter(|it| !it.is_empty());
                        if let Some(text) = text.or_else(|| html_text::without_text(html)) {
                            shown.feed(format!("{text}\n").as_bytes());
                        }
                    }
                    other => show(shown, other, pictures),
                },
            }
        }
    }
}

/// Returns the folder of pictures as the text of a deck names it.
fn folder_name(pictures: Option<&Path>) -> String {
    pictures.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Returns a file name for picture data: the same name for the same data.
fn name(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..NAME_LENGTH].to_owned()
}

/// Writes a picture to the folder, unless it is there already. Returns its file.
fn store(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let file = folder.join(name);
    let is_there = files::read(&file, FileKind::Picture).is_ok_and(|known| known == bytes);
    if !is_there {
        files::private_folder(folder)?;
        files::write_private(&file, bytes)?;
    }
    Ok(file)
}
