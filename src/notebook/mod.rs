//! Notebooks as decks: Jupyter's `.ipynb` files (nbformat 4) and Python scripts whose cells start with
//! `# %%`. Pure: text in, text out.
//!
//! [`read`] converts a notebook to the markdown of a deck. Code cells become blocks that share a
//! session, RISE's slide types or headings separate the slides, and saved outputs are listed beside
//! their blocks. [`edit()`] carries an edit of that markdown back to the notebook and keeps every other
//! byte. `json` and `percent` read the two formats, `outputs` reads saved outputs, `markdown`
//! translates markdown cells, `deck_text` writes the deck.

mod deck_text;
mod edit;
mod json;
mod json_values;
mod markdown;
mod outputs;
mod percent;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::Path;

pub use deck_text::{DeckBlock, NotebookDeck};
pub use edit::edit;
pub use outputs::SavedOutput;

/// A format of notebooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotebookFormat {
    /// Jupyter's JSON: `.ipynb`.
    Jupyter,
    /// A Python script with cells: `.py`.
    Percent,
}

/// Why a notebook cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotebookError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A notebook of either format.
#[derive(Clone, Debug, Default, PartialEq)]
struct Notebook {
    /// The language of its code cells.
    language: String,
    /// The front matter of the deck, as names and values of YAML.
    front_matter: Vec<(String, String)>,
    /// Without slide types, a heading of at most this level starts a slide.
    slide_level: usize,
    cells: Vec<NotebookCell>,
}

/// A cell of a notebook.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "tags of a cell, each on its own")]
struct NotebookCell {
    kind: NotebookCellKind,
    text: String,
    /// The place of the text in the file: a JSON value, or lines of the script.
    place: Range<usize>,
    /// The role on the slides, if the notebook gives one.
    role: Option<CellRole>,
    hides_code: bool,
    hides_output: bool,
    /// Whether it is meant to fail.
    fails: bool,
    outputs: Vec<SavedOutput>,
    /// Whether the saved output ends with an error.
    failed: bool,
    /// The date of the saved output, if known: `2026-11-22`.
    date: String,
    /// The pictures that the text refers to, by name.
    attachments: Vec<(String, Vec<u8>)>,
}

/// The kind of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum NotebookCellKind {
    #[default]
    Code,
    Markdown,
    /// Text for other converters.
    Raw,
}

/// The role of a cell on the slides, as RISE has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CellRole {
    /// Starts a slide.
    Slide,
    /// Appears at a step of its own.
    Fragment,
    /// Belongs to the slide before.
    Continuation,
    /// Speaker notes.
    Notes,
    /// Runs, but is not shown.
    Skip,
}

impl NotebookFormat {
    /// Returns the format of a file. A `.py` file is a notebook if a line starts a cell.
    pub fn of(file: &Path, text: &str) -> Option<Self> {
        match file.extension()?.to_str()? {
            "ipynb" => Some(Self::Jupyter),
            "py" if percent::has_cells(text) => Some(Self::Percent),
            _ => None,
        }
    }
}

impl std::fmt::Display for NotebookError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// Converts a notebook to a deck, whose markdown looks for attached pictures in `picture_folder`.
///
/// # Errors
/// The text is not a notebook of this format.
pub fn read(
    format: NotebookFormat,
    text: &str,
    picture_folder: &str,
) -> Result<NotebookDeck, NotebookError> {
    Ok(deck_text::write(notebook(format, text)?, picture_folder))
}

/// Reads a notebook.
fn notebook(format: NotebookFormat, text: &str) -> Result<Notebook, NotebookError> {
    match format {
        NotebookFormat::Jupyter => json::read(text),
        NotebookFormat::Percent => Ok(percent::read(text)),
    }
}

impl CellRole {
    /// Returns the role of one of RISE's slide types.
    fn of(slide_type: &str) -> Option<Self> {
        Some(match slide_type {
            "slide" | "subslide" => Self::Slide,
            "fragment" => Self::Fragment,
            "-" => Self::Continuation,
            "notes" => Self::Notes,
            "skip" => Self::Skip,
            _ => return None,
        })
    }
}

impl NotebookCell {
    /// Applies the tags by which other tools hide parts of cells or expect errors.
    fn apply_tags<'t>(&mut self, tags: impl IntoIterator<Item = &'t str>) {
        for tag in tags {
            match tag.replace('-', "_").as_str() {
                "hide_input" | "remove_input" => self.hides_code = true,
                "hide_output" | "remove_output" => self.hides_output = true,
                "hide_cell" | "remove_cell" => self.role = Some(CellRole::Skip),
                "raises_exception" => self.fails = true,
                _ => {}
            }
        }
    }
}
