//! Jupyter's nbformat 4, by its public schema.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::json_values::{MultilineText, decode_base64};
use super::outputs::{self, JsonOutput};
use super::{CellRole, Notebook, NotebookCell, NotebookCellKind, NotebookError};

/// The format version that has been in use since 2014.
const MAJOR_VERSION: u64 = 4;

/// Without slide types, headings of the first two levels start slides.
const SLIDE_LEVEL: usize = 2;

#[derive(Deserialize)]
struct JsonNotebook<'j> {
    nbformat: u64,
    #[serde(default)]
    metadata: Value,
    #[serde(borrow, default)]
    cells: Vec<JsonCell<'j>>,
}

#[derive(Deserialize)]
struct JsonCell<'j> {
    cell_type: String,
    #[serde(default)]
    metadata: Value,
    #[serde(borrow)]
    source: &'j RawValue,
    #[serde(default)]
    outputs: Vec<JsonOutput>,
    #[serde(default)]
    attachments: Value,
}

/// Reads a notebook.
pub(super) fn read(text: &str) -> Result<Notebook, NotebookError> {
    let text_without_mark = text.trim_start_matches('\u{feff}');
    let read: JsonNotebook<'_> = serde_json::from_str(text_without_mark).map_err(|error| {
        let message = error.to_string();
        // The position is reported separately.
        let message = message.rsplit_once(" at line ").map_or(&*message, |(what, _)| what);
        NotebookError {
            line: error.line(),
            column: error.column().max(1),
            message: format!("not a Jupyter notebook: {message}"),
        }
    })?;
    if read.nbformat != MAJOR_VERSION {
        let message = format!(
            "the notebook has format {}, only format {MAJOR_VERSION} is supported; convert it with \
             `jupyter nbconvert --to notebook`",
            read.nbformat
        );
        return Err(NotebookError { line: 1, column: 1, message });
    }
    let language = language(&read.metadata);
    let (front_matter, slide_level) = front_matter(&read.metadata);
    let cells = read.cells.into_iter().map(|it| cell(text, it)).collect();
    Ok(Notebook { language, front_matter, slide_level, cells })
}

/// Returns the language of the code cells.
fn language(metadata: &Value) -> String {
    let language = metadata["kernelspec"]["language"]
        .as_str()
        .or_else(|| metadata["language_info"]["name"].as_str());
    language.unwrap_or("python").to_lowercase()
}

/// Returns the front matter and the level of headings that start slides. The notebook's metadata may
/// have both under `livedeck`; `title` and `authors` are Jupyter's own.
fn front_matter(metadata: &Value) -> (Vec<(String, String)>, usize) {
    let mut fields = serde_json::Map::new();
    if let Some(title) = metadata["title"].as_str() {
        fields.insert("title".to_owned(), title.into());
    }
    let authors = metadata["authors"].as_array().into_iter().flatten();
    let authors: Vec<&str> = authors.filter_map(|author| author["name"].as_str()).collect();
    if !authors.is_empty() {
        fields.insert("authors".to_owned(), authors.into());
    }
    let mut slide_level = SLIDE_LEVEL;
    for (name, value) in metadata["livedeck"].as_object().into_iter().flatten() {
        match (name.as_str(), value.as_u64()) {
            ("slide_level", Some(level)) => slide_level = usize::try_from(level).unwrap_or(6),
            _ => drop(fields.insert(name.clone(), value.clone())),
        }
    }
    // Values of JSON are values of YAML.
    let fields = fields.into_iter().map(|(name, value)| (name, value.to_string()));
    (fields.collect(), slide_level)
}

fn cell(file: &str, read: JsonCell<'_>) -> NotebookCell {
    let kind = match read.cell_type.as_str() {
        "code" => NotebookCellKind::Code,
        "markdown" => NotebookCellKind::Markdown,
        _ => NotebookCellKind::Raw,
    };
    let text: MultilineText = serde_json::from_str(read.source.get()).unwrap_or_default();
    let failed = read.outputs.last().is_some_and(JsonOutput::is_error);
    let metadata = &read.metadata;
    let mut cell = NotebookCell {
        kind,
        text: text.join(),
        place: place(file, read.source.get()),
        role: metadata["slideshow"]["slide_type"].as_str().and_then(CellRole::of),
        hides_code: metadata["jupyter"]["source_hidden"] == true || metadata["hide_input"] == true,
        hides_output: metadata["jupyter"]["outputs_hidden"] == true,
        fails: false,
        outputs: outputs::read(read.outputs),
        failed,
        date: date(metadata).unwrap_or_default(),
        attachments: attachments(&read.attachments),
    };
    cell.apply_tags(metadata["tags"].as_array().into_iter().flatten().filter_map(Value::as_str));
    cell
}

/// Returns the place of a part of a text, which borrows from it.
fn place(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

/// Returns the date on which a cell ended, which some front ends store.
fn date(metadata: &Value) -> Option<String> {
    let times = &metadata["execution"];
    let time =
        ["shell.execute_reply", "iopub.status.idle"].iter().find_map(|it| times[it].as_str());
    let date = time?.get(..10)?;
    date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-').then(|| date.to_owned())
}

/// Returns the pictures of a cell: each by name and format, in base64.
fn attachments(attachments: &Value) -> Vec<(String, Vec<u8>)> {
    let all = attachments.as_object().into_iter().flatten();
    let picture = |(name, formats): (&String, &Value)| {
        let encoded = formats.as_object()?.iter().find(|(kind, _)| kind.starts_with("image/"))?.1;
        let text: MultilineText = serde_json::from_value(encoded.clone()).ok()?;
        Some((name.clone(), decode_base64(&text.join())?))
    };
    all.filter_map(picture).collect()
}
